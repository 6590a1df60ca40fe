package rulesets_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestBadRulesets compares all that is said about each testdata/CASE.bad.yaml, or the files of CASE.bad, with CASE.bad.txt. The
// file name is the case.
func TestBadRulesets(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	require.NoError(t, err)
	dirs, err := filepath.Glob("testdata/*.bad")
	require.NoError(t, err)
	for _, file := range append(files, dirs...) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".bad.yaml"), func(t *testing.T) {
			p, diagnostics := rulesets.LoadPathIn(nil, file)
			require.Nil(t, p)
			require.True(t, diagnostics.HasErrors())
			for _, d := range diagnostics {
				require.Positive(t, d.Line)
				require.Positive(t, d.Column)
				require.Positive(t, d.Width)
			}
			compareGolden(t, strings.TrimSuffix(file, ".yaml")+".txt", diagnostics.Error())
		})
	}
}

func compareGolden(t *testing.T, golden, got string) {
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

// TestGoodRulesets compiles each testdata/CASE.good.yaml without a word.
func TestGoodRulesets(t *testing.T) {
	files, err := filepath.Glob("testdata/*.good.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".good.yaml"), func(t *testing.T) {
			p, diagnostics := rulesets.LoadPathIn(nil, file)
			require.Empty(t, diagnostics.Error())
			require.NotEmpty(t, p.Ruleset.Hash)
		})
	}
}
