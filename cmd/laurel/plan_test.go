package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/plan"
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

	var changes plan.Plan
	out, _, exit = laurel(t, "plan", "--json", old, other)
	require.Equal(t, exitFailed, exit)
	require.NoError(t, json.Unmarshal([]byte(out), &changes))
	require.Equal(t, "counters/bought", changes.Changes[0].Definition)

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
