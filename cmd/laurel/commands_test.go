package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/examples"
)

func TestInitWritesEveryExampleAndOverwritesNothing(t *testing.T) {
	for _, name := range examples.Names {
		dir := filepath.Join(t.TempDir(), "mine")
		out, _, exit := laurel(t, "init", name, dir)
		require.Zero(t, exit)
		require.Contains(t, out, "ruleset.yaml")
		_, stderr, exit := laurel(t, "check", dir)
		require.Zero(t, exit, stderr)

		_, stderr, exit = laurel(t, "init", name, dir)
		require.Equal(t, exitUsage, exit)
		require.Contains(t, stderr, "already there; nothing was written")
	}
	_, stderr, exit := laurel(t, "init", "cofee", t.TempDir())
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "did you mean coffee?")
}

func TestCheckTellsEverythingAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ruleset.yaml")
	require.NoError(t, os.WriteFile(file, []byte("program: p\nevents: {buy: {amount: number}}\npoints: {stars: {}}\nrules:\n  a: {when: by, give: {stars: 1}}\n"+
		"  b: {when: buy, give: {star: 1}}\n"), 0o600))
	out, stderr, exit := laurel(t, "check", file)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, out, "ruleset.yaml:5:13: error: ")
	require.Contains(t, out, "did you mean buy?")
	require.Contains(t, out, "did you mean stars?")
	require.Contains(t, stderr, "2 errors")

	var reports []checkReport
	out, _, exit = laurel(t, "check", "--json", file)
	require.Equal(t, exitFailed, exit)
	require.NoError(t, json.Unmarshal([]byte(out), &reports))
	require.Len(t, reports[0].Diagnostics, 2)

	out, stderr, exit = laurel(t, "check", "--strict", "../../rulesets/examples/coffee")
	require.Zero(t, exit, "what is shipped has no lints")
	require.Contains(t, stderr, "coffee: no errors\n")
	require.NotContains(t, out, "not yet active")
	out, _, exit = laurel(t, "check", "../../rulesets/examples/fitness")
	require.Zero(t, exit)
	require.Contains(t, out, "not yet active: leaderboards/weekly_league.leagues")
}

func TestCheckPrintsLints(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ruleset.yaml")
	text := "program: p\nevents: {buy: {amount: number}}\npoints: {stars: {}}\nrules:\n  a: {when: buy, give: {stars: 1}}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	out, stderr, exit := laurel(t, "check", file)
	require.Zero(t, exit, "a lint is no error")
	require.Contains(t, out, "ruleset.yaml:5:3: warning: a gives for every buy, however many there are [unbounded]\n")
	require.Contains(t, stderr, "no errors, 1 warning\n")

	out, _, exit = laurel(t, "check", "--json", "--strict", file)
	require.Equal(t, exitFailed, exit)
	var reports []checkReport
	require.NoError(t, json.Unmarshal([]byte(out), &reports))
	require.True(t, reports[0].OK)
	require.Equal(t, "unbounded", reports[0].Diagnostics[0].Lint)

	dated := strings.Replace(text, "give:", "during: 2026-12-01 to 2026-12-07, limit: 1 per day, give:", 1)
	require.NoError(t, os.WriteFile(file, []byte(dated), 0o600))
	_, _, exit = laurel(t, "check", "--strict", "--on", "2026-11-01", file)
	require.Zero(t, exit)
	out, _, exit = laurel(t, "check", "--strict", "--on", "2027-01-01", file)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, out, "this window closed on 2026-12-07 [expired_window]")
	_, _, exit = laurel(t, "check", "--on", "someday", file)
	require.Equal(t, exitUsage, exit)

	require.NoError(t, os.WriteFile(file, []byte(text+"  # lint:ignore unbound because\n"), 0o600))
	out, stderr, exit = laurel(t, "check", file)
	require.Equal(t, exitFailed, exit)
	require.Less(t, strings.Index(out, "error: there is no lint"), strings.Index(out, "warning: "), "errors come first")
	require.Contains(t, stderr, "1 error, 1 warning\n")
}

func TestImportKeepsWhatWasRefused(t *testing.T) {
	dir := t.TempDir()
	ruleset := filepath.Join(dir, "ruleset.yaml")
	require.NoError(t, os.WriteFile(ruleset, []byte(pingRuleset), 0o600))
	file := filepath.Join(dir, "history.ndjson")
	future := time.Now().Add(time.Hour).Format(time.RFC3339)
	lines := []string{
		`{"id":"2","type":"ping","member":"ann","time":"2020-01-02T00:00:00Z","data":{"order":"b"}}`,
		`{"id":"1","type":"ping","member":"ann","time":"2020-01-01T00:00:00Z","data":{"order":"a"}}`,
		`{"id":"3","type":"pong","member":"ann","time":"2020-01-03T00:00:00Z","data":{}}`,
		`{"id":"4","type":"ping","member":"ann","data":{"order":"c"}}`,
		`not JSON`,
		fmt.Sprintf(`{"id":"5","type":"ping","member":"ann","time":%q,"data":{"order":"d"}}`, future),
	}
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
	args := []string{"import", file, "--data", filepath.Join(dir, "data"), "--ruleset", ruleset}

	out, stderr, exit := laurel(t, args...)
	require.Equal(t, exitFailed, exit, stderr)
	require.JSONEq(t, `{"lines":6,"accepted":2,"duplicates":0,"refused":4}`, out)
	refused, err := os.ReadFile(file + ".refused.ndjson")
	require.NoError(t, err)
	codes := map[int]string{}
	for line := range strings.Lines(string(refused)) {
		var r refusedLine
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		codes[r.Line] = r.Code
		require.True(t, len(r.Event) > 0 || r.Text != "", "the line itself is kept")
	}
	require.Equal(t, map[int]string{3: "unknown_event_type", 4: "missing_field", 5: "invalid_json", 6: "event_in_future"}, codes)

	// Into a running server, the same history is known already.
	s := serveBinary(t, ruleset, "--data", filepath.Join(dir, "data"))
	t.Setenv("LAUREL_KEY", s.key)
	out, stderr, exit = laurel(t, "import", file, "--url", s.base)
	require.Equal(t, exitFailed, exit, stderr)
	require.JSONEq(t, `{"lines":6,"accepted":0,"duplicates":2,"refused":4}`, out)
	var p struct {
		Points map[string]struct{ Issued int }
	}
	require.Equal(t, 200, s.do("GET", "/v1/members/ann/progress", "", &p))
	require.Equal(t, 3, p.Points["stars"].Issued, "two pings, and a streak of two days")
}

func TestKeysOfAStoppedAndOfARunningServer(t *testing.T) {
	dir := t.TempDir()
	ruleset, data := filepath.Join(dir, "ruleset.yaml"), filepath.Join(dir, "data")
	require.NoError(t, os.WriteFile(ruleset, []byte(pingRuleset), 0o600))
	s := serveBinary(t, ruleset, "--data", data)
	first := s.key
	t.Setenv("LAUREL_KEY", first)
	secret, stderr, exit := laurel(t, "keys", "create", "till", "--url", s.base, "--scopes", "events:write")
	require.Zero(t, exit, stderr)
	s.key = strings.TrimSpace(secret)
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"1","type":"ping","member":"ann","data":{"order":"a"}}`, nil))
	require.Equal(t, 403, s.do("GET", "/v1/members/ann/progress", "", nil))
	_, stderr, exit = laurel(t, "keys", "list", "--data", data, "--program", "killed")
	require.Equal(t, exitUsage, exit, "the directory belongs to the server while it runs")
	require.NotEmpty(t, stderr)
	s.interrupt()

	out, stderr, exit := laurel(t, "keys", "list", "--data", data, "--program", "killed")
	require.Zero(t, exit, stderr)
	require.Contains(t, out, "till")
	require.NotContains(t, out, strings.TrimSpace(secret))
	id := ""
	for line := range strings.Lines(out) {
		if fields := strings.Fields(line); fields[1] == "till" {
			id = fields[0]
		}
	}
	_, stderr, exit = laurel(t, "keys", "revoke", id, "--data", data, "--program", "killed")
	require.Zero(t, exit, stderr)

	s = serveBinary(t, ruleset, "--data", data)
	require.Empty(t, s.key, "a program that has keys is given none")
	s.key = strings.TrimSpace(secret)
	require.Equal(t, 401, s.do("POST", "/v1/events", `{"id":"2","type":"ping","member":"ann","data":{"order":"b"}}`, nil))
	s.key = first
	require.Equal(t, 200, s.do("GET", "/v1/members/ann/progress", "", nil))
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("program: 1x\n"), 0o600))
	good := filepath.Join(dir, "good.yaml")
	require.NoError(t, os.WriteFile(good, []byte(pingRuleset), 0o600))
	for _, c := range []struct {
		says string
		args []string
	}{
		{"name the ruleset to serve", []string{"serve"}},
		{"has errors; nothing is served", []string{"serve", good, bad}},
		{"are both program killed", []string{"serve", good, good}},
		{"leave the RULESET out", []string{"serve", "--demo", good}},
		{"--redis", []string{"serve", good, "--redis", "nonsense", "--data", filepath.Join(dir, "d1")}},
		{"cannot listen on", []string{"serve", good, "--listen", "256.0.0.1:1", "--data", filepath.Join(dir, "d2")}},
	} {
		_, stderr, exit := laurel(t, c.args...)
		require.Equal(t, exitUsage, exit, stderr)
		require.Contains(t, stderr, c.says)
	}
}
