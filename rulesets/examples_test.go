package rulesets_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/examples"
)

func TestExamplesCompile(t *testing.T) {
	for _, name := range examples.Names {
		t.Run(name, func(t *testing.T) {
			text, err := examples.FS.ReadFile(name + "/ruleset.yaml")
			require.NoError(t, err)
			p, diagnostics := rulesets.Parse(name+".yaml", text)
			require.Empty(t, diagnostics.Error())
			require.NotNil(t, p)
			for _, i := range p.Inactive {
				t.Log(i.Definition, i.Position.Line, i.Why)
			}
		})
	}
}
