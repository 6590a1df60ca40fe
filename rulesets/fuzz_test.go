package rulesets_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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

// TestMutatedRulesets swaps, drops and repeats the words and lines of a ruleset that has everything: most of what comes out
// is still YAML, and wrong in the ways in which people are wrong.
func TestMutatedRulesets(t *testing.T) {
	text, err := os.ReadFile("testdata/everything.good.yaml")
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	words := regexp.MustCompile(`[\w.]+|"[^"]*"`).FindAllString(string(text), -1)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	bad := 0
	for range 500 {
		mutated := slices.Clone(lines)
		for range 1 + r.IntN(3) {
			i, j := r.IntN(len(mutated)), r.IntN(len(mutated))
			switch r.IntN(5) {
			case 0:
				mutated = slices.Delete(mutated, i, i+1)
			case 1:
				mutated[i], mutated[j] = mutated[j], mutated[i]
			default:
				places := regexp.MustCompile(`[\w.]+|"[^"]*"`).FindAllStringIndex(mutated[i], -1)
				if len(places) > 0 {
					p := places[r.IntN(len(places))]
					mutated[i] = mutated[i][:p[0]] + words[r.IntN(len(words))] + mutated[i][p[1]:]
				}
			}
		}
		p, diagnostics := rulesets.Parse("ruleset.yaml", []byte(strings.Join(mutated, "\n")))
		require.Equal(t, p == nil, diagnostics.HasErrors())
		if p == nil {
			bad++
		}
		for _, d := range diagnostics {
			require.NotContains(t, d.Message, "invalid operation", "expr's checker found what the compiler did not: %s", d)
		}
	}
	require.Greater(t, bad, 100)
}
