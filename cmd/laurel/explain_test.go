package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExplainTellsWhy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ruleset.yaml")
	require.NoError(t, os.WriteFile(file, []byte(planRuleset+"challenges: {dash: {when: buy, add: event.amount, goal: 500, give: {stars: 1}}}\n"), 0o600))
	s := serveBinary(t, "--data", filepath.Join(t.TempDir(), "data"), file)
	for _, id := range []string{"first", "second"} {
		require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"`+id+`","type":"buy","member":"ann","data":{"amount":150}}`, nil))
	}
	t.Setenv("LAUREL_KEY", s.key)
	out, stderr, exit := laurel(t, "explain", "--url", s.base, "second")
	require.Zero(t, exit, stderr)
	require.Regexp(t, `^second: buy of ann at .*, by ruleset [0-9a-f]{16}\n`, out)
	require.Contains(t, out, "  + challenges/dash fired  ruleset.yaml:6\n")
	require.Contains(t, out, "  - rules/each did nothing: its limit was used up  ruleset.yaml:5\n"+
		"      limit 100 stars per day: 100 used; it last gave for first\n")
	require.Contains(t, out, "  challenges/dash: 300 of 500, 200 short\n")
	out, _, exit = laurel(t, "explain", "--url", s.base, "first")
	require.Zero(t, exit)
	require.Contains(t, out, "  = 100 stars given, by rules/each\n")
	require.Equal(t, 200, s.do("POST", "/v1/events/first/void", "", nil))
	out, _, exit = laurel(t, "explain", "--url", s.base, "laurel:void/first")
	require.Zero(t, exit)
	require.Contains(t, out, "  about or because of first\n")
	require.Contains(t, out, "  = -100 stars taken back, by rules/each, of first\n")

	out, _, exit = laurel(t, "explain", "--json", "--url", s.base, "second")
	require.Zero(t, exit)
	require.True(t, json.Valid([]byte(out)))
	_, stderr, exit = laurel(t, "explain", "--url", s.base, "third")
	require.Equal(t, exitFailed, exit)
	require.Contains(t, stderr, "404 not_found")
	_, stderr, exit = laurel(t, "explain", "second")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "LAUREL_URL")
	s.interrupt()
}
