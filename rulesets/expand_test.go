package rulesets_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/examples"
)

// TestExpand compares what the examples come to with testdata/NAME.expanded.yaml, and reads it as YAML.
func TestExpand(t *testing.T) {
	for _, name := range examples.Names {
		t.Run(name, func(t *testing.T) {
			p, diagnostics := rulesets.LoadFS(examples.FS, name)
			require.False(t, diagnostics.HasErrors())
			got := p.Expand()
			var read map[string]map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(got), &read))
			for section := range read["counters"] {
				kind, _, _ := strings.Cut(section, "/")
				require.Contains(t, []string{"counters", "challenges", "streaks", "tiers", "leaderboards"}, kind)
			}
			compareGolden(t, "testdata/"+name+".expanded.yaml", got)
		})
	}
}

// TestExpandWritesAudiencesOut holds that nothing is left that only another section explains.
func TestExpandWritesAudiencesOut(t *testing.T) {
	p := mustLoad(t, planned)
	text := p.Expand()
	require.Contains(t, text, `for: (member.country ?? "") == "DE"`)
	require.NotContains(t, text, "locals")
	require.Equal(t, text, mustLoad(t, "# a comment\n"+planned).Expand())
}
