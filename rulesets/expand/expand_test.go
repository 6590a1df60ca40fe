package expand_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/examples"
	"github.com/laurel-engine/laurel/rulesets/expand"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

const local = `program: cafe
member: {country?: text}
events: {visit: {}}
points: {stars: {}}
audiences: {locals: (member.country ?? "") == "DE"}
challenges: {tour: {for: locals, when: visit, goal: 3, give: {stars: 5}}}
`

// TestExpand compares what the examples come to with testdata/NAME.expanded.yaml, and reads it as YAML.
func TestExpand(t *testing.T) {
	for _, name := range examples.Names {
		t.Run(name, func(t *testing.T) {
			p, diagnostics := rulesets.LoadFS(examples.FS, name)
			require.False(t, diagnostics.HasErrors())
			got := expand.YAML(p)
			var read map[string]map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(got), &read))
			for section := range read["counters"] {
				kind, _, _ := strings.Cut(section, "/")
				require.Contains(t, []string{"counters", "challenges", "streaks", "tiers", "leaderboards"}, kind)
			}
			golden := "testdata/" + name + ".expanded.yaml"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// TestExpandWritesAudiencesOut holds that nothing is left that only another section explains.
func TestExpandWritesAudiencesOut(t *testing.T) {
	p := mustLoad(t, local)
	text := expand.YAML(p)
	require.Contains(t, text, `for: (member.country ?? "") == "DE"`)
	require.NotContains(t, text, "locals")
	require.Equal(t, text, expand.YAML(mustLoad(t, "# a comment\n"+local)))
}

func mustLoad(t *testing.T, text string) *rulesets.Program {
	t.Helper()
	p, diagnostics := rulesets.Parse("cafe.yaml", []byte(text))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	return p
}
