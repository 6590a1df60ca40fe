package rulesets_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
)

// FuzzLoad reads any bytes as a ruleset: nothing panics, there is a program or an error, and every error has a place.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/*.yaml", "examples/*/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, diagnostics := rulesets.Parse("ruleset.yaml", text)
		if (p == nil) != diagnostics.HasErrors() {
			t.Fatalf("a program and errors, or neither:\n%s", diagnostics.Error())
		}
		for _, d := range diagnostics {
			if d.Line < 1 || d.Column < 1 || d.Width < 1 || d.Message == "" {
				t.Fatalf("no place: %#v", d)
			}
		}
		if p != nil {
			again, _ := rulesets.Parse("ruleset.yaml", text)
			if again.Ruleset.Hash != p.Ruleset.Hash {
				t.Fatal("two hashes of one text")
			}
		}
	})
}
