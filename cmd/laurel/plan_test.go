package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets"
)

const planRuleset = `program: planned
events: {buy: {amount: number}}
points: {stars: {}}
counters: {bought: {when: buy, add: event.amount}}
rules: {each: {when: buy, give: {stars: event.amount}, limit: 100 stars per day}}
`

func TestPlanTellsWhatChanges(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	old := write("old.yaml", planRuleset)
	same := write("same.yaml", "# the same\n"+planRuleset)
	higher := write("higher.yaml", strings.Replace(planRuleset, "100 stars", "200 stars", 1))
	other := write("other.yaml", strings.Replace(planRuleset, "add: event.amount", "highest: event.amount", 1))
	wrong := write("wrong.yaml", "program: planned\n")

	out, stderr, exit := laurel(t, "plan", old, same)
	require.Zero(t, exit, stderr)
	require.Empty(t, out)
	require.Contains(t, stderr, "nothing changes")

	out, _, exit = laurel(t, "plan", old, higher)
	require.Equal(t, exitChanges, exit)
	require.Contains(t, out, "~ rules/each\n    limit: 100 stars per day -> 200 stars per day\n")

	out, stderr, exit = laurel(t, "plan", old, other)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, out, "  ! what it counts changes (add, highest): write version: 2 to start afresh, or give it another id")
	require.Contains(t, stderr, "must not be activated")

	var plan rulesets.Plan
	out, _, exit = laurel(t, "plan", "--json", old, other)
	require.Equal(t, exitFailed, exit)
	require.NoError(t, json.Unmarshal([]byte(out), &plan))
	require.Equal(t, "counters/bought", plan.Changes[0].Definition)

	_, stderr, exit = laurel(t, "plan", old, wrong)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "a ruleset needs events")
	_, stderr, exit = laurel(t, "plan", old)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "laurel plan OLD NEW")

	// Against a running server, which afterwards refuses to go on with what the plan forbids.
	data := filepath.Join(dir, "data")
	s := serveBinary(t, "--data", data, old)
	t.Setenv("LAUREL_KEY", s.key)
	out, _, exit = laurel(t, "plan", "--url", s.base, higher)
	require.Equal(t, exitChanges, exit)
	require.Contains(t, out, "~ rules/each")
	t.Setenv("LAUREL_KEY", "lk_live_nobody")
	_, _, exit = laurel(t, "plan", "--url", s.base, higher)
	require.Equal(t, exitNotAuthorised, exit)
	s.interrupt()

	_, stderr, exit = laurel(t, "serve", other, "--data", data, "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "cannot follow the one that was served before")
	require.Contains(t, stderr, "! what it counts changes")
	s = serveBinary(t, "--data", data, higher)
	s.interrupt()
}

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
	require.Contains(t, out, "  - rules/each did nothing: its limit was used up  ruleset.yaml:5\n      limit 100 stars per day: 100 used; it last gave for first\n")
	require.Contains(t, out, "  challenges/dash: 300 of 500, 200 short\n")

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
