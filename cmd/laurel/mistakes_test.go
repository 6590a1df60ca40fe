package main

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/examples"
)

// What people get wrong at the command line is said, and nothing is lost or made by it.

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestTheFirstKeyIsNotLostWhereAPortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	dir := t.TempDir()
	ruleset, data := write(t, dir, "ruleset.yaml", pingRuleset), filepath.Join(dir, "data")
	for _, listener := range []string{"--listen", "--operators"} {
		args := []string{"serve", ruleset, "--data", data, "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0", listener, taken.Addr().String()}
		out, stderr, exit := laurel(t, args...)
		require.Equal(t, exitUsage, exit)
		require.Contains(t, stderr, "cannot listen on "+taken.Addr().String())
		require.NotContains(t, out, "lk_")
	}
	s := serveBinary(t, ruleset, "--data", data)
	require.Contains(t, s.key, "lk_live_")
	require.Equal(t, 404, s.do("GET", "/v1/members/nobody", "", nil), "the key works")
}

func TestAMistypedDirectoryIsNotMade(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "mistyped")
	for _, args := range [][]string{
		{"replay", "--data", missing},
		{"keys", "list", "--data", missing, "--program", "killed"},
		{"keys", "create", "till", "--data", missing, "--program", "killed"},
	} {
		out, stderr, exit := laurel(t, args...)
		require.Equal(t, exitUsage, exit, args)
		require.Empty(t, out)
		require.Contains(t, stderr, "there is no data of Laurel in this directory: "+missing)
		require.NoDirExists(t, missing)
	}
	ruleset, data := write(t, dir, "ruleset.yaml", pingRuleset), filepath.Join(dir, "data")
	serveBinary(t, ruleset, "--data", data).interrupt()
	for _, args := range [][]string{
		{"replay", "kiled", "--data", data},
		{"keys", "create", "till", "--data", data, "--program", "kiled"},
	} {
		_, stderr, exit := laurel(t, args...)
		require.Equal(t, exitUsage, exit, args)
		require.Contains(t, stderr, "no program kiled ever ran on this data; there is killed")
	}
}

func TestACommandSaysWhichArgumentIsMissing(t *testing.T) {
	for said, args := range map[string][]string{
		"NAME is missing: laurel keys create NAME":              {"keys", "create", "--scopes", "cards:read"},
		"ID is missing: laurel keys revoke ID":                  {"keys", "revoke"},
		"NEW is missing: laurel plan [OLD] NEW":                 {"plan"},
		"RULESET is missing: laurel check RULESET…":             {"check"},
		"EVENT is missing: laurel explain EVENT":                {"explain"},
		"till is one argument too many: laurel keys list":       {"keys", "list", "till"},
		"two is one argument too many: laurel keys create NAME": {"keys", "create", "one", "two"},
	} {
		_, stderr, exit := laurel(t, args...)
		require.Equal(t, exitUsage, exit, args)
		require.Equal(t, "laurel: "+said+"\n", stderr)
	}
}

func TestScopesAreListed(t *testing.T) {
	help, _, _ := laurel(t, "keys", "create", "--help")
	require.Contains(t, help, "\n  members:merge\n")
	dir := t.TempDir()
	ruleset, data := write(t, dir, "ruleset.yaml", pingRuleset), filepath.Join(dir, "data")
	serveBinary(t, ruleset, "--data", data).interrupt()
	for scope, said := range map[string]string{"members:reed": "(did you mean members:read?)", "everything": "(one of events:write, events:read,"} {
		_, stderr, exit := laurel(t, "keys", "create", "till", "--data", data, "--program", "killed", "--scopes", scope)
		require.Equal(t, exitUsage, exit)
		require.Contains(t, stderr, "scopes[0]: there is no such scope "+said)
	}
}

func TestSwitchesInTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	ruleset := write(t, dir, "ruleset.yaml", pingRuleset)
	t.Setenv("LAUREL_SANDBOX", "1")
	s := serveBinary(t, ruleset, "--data", filepath.Join(dir, "sandbox"))
	require.Contains(t, s.key, "lk_test_", "1 is true")
	t.Setenv("LAUREL_SANDBOX", "0")
	s = serveBinary(t, ruleset, "--data", filepath.Join(dir, "live"))
	require.Contains(t, s.key, "lk_live_")
	t.Setenv("LAUREL_SANDBOX", "yes")
	_, stderr, exit := laurel(t, "serve", ruleset, "--data", filepath.Join(dir, "neither"))
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, `LAUREL_SANDBOX is "yes": write true or false`)
}

func TestAnAddressHasAScheme(t *testing.T) {
	t.Setenv("LAUREL_KEY", "lk_test_x")
	for _, url := range []string{"127.0.0.1:8080", "localhost", "ftp://localhost", "http://", "://"} {
		_, stderr, exit := laurel(t, "keys", "list", "--url", url)
		require.Equal(t, exitUsage, exit, url)
		require.Contains(t, stderr, "--url must begin with http:// or https://")
	}
}

func TestAnImportMayBeginWithAByteOrderMark(t *testing.T) {
	dir := t.TempDir()
	ruleset := write(t, dir, "ruleset.yaml", pingRuleset)
	file := write(t, dir, "history.ndjson", "\ufeff"+`{"id":"1","type":"ping","member":"ann","time":"2020-01-01T00:00:00Z","data":{"order":"a"}}`)
	out, stderr, exit := laurel(t, "import", file, "--data", filepath.Join(dir, "data"), "--ruleset", ruleset)
	require.Zero(t, exit, stderr)
	require.JSONEq(t, `{"lines":1,"accepted":1,"duplicates":0,"refused":0}`, out)
}

func TestFilesInSubdirectoriesAreNotLeftOutInSilence(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "ruleset.yaml", pingRuleset)
	write(t, dir, ".git/hook.yaml", "not: read")
	write(t, dir, "tests/more_test.yaml", "not: read")
	_, stderr, exit := laurel(t, "check", dir)
	require.Zero(t, exit, stderr)
	write(t, dir, "more/deeper/boosts.yaml", "boosts: {}")
	out, stderr, exit := laurel(t, "check", dir)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, out+stderr, "more/deeper/boosts.yaml lies in a directory of its own, which is not read")
}

func TestTheDemoKeepsToItself(t *testing.T) {
	dir := t.TempDir()
	ruleset, data := write(t, dir, "ruleset.yaml", pingRuleset), filepath.Join(dir, "data")
	serveBinary(t, "--demo", "--data", data).interrupt()
	_, stderr, exit := laurel(t, "serve", ruleset, "--data", data)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "this data directory holds the demo")
	serveBinary(t, "--demo", "--data", data).interrupt()

	own := filepath.Join(dir, "own")
	serveBinary(t, ruleset, "--data", own).interrupt()
	_, stderr, exit = laurel(t, "serve", "--demo", "--data", own)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "this data directory holds killed")
}

func TestTheDemosBoardOfTheWeekIsNeverEmpty(t *testing.T) {
	p, diagnostics := rulesets.LoadFS(examples.FS, "coffee")
	require.False(t, diagnostics.HasErrors())
	cal := p.Ruleset.Calendar
	monday := cal.Zone.Start(cal.Zone.Date(calendar.FromTime(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))))
	for _, after := range []time.Duration{time.Second, time.Minute, 9 * time.Hour, 6 * 24 * time.Hour} {
		now, week := monday.Add(after), 0
		for _, e := range demoEvents(now, cal) {
			require.LessOrEqual(t, e.Time, now)
			if e.Type == "visit" && e.Time >= monday {
				week++
			}
		}
		require.Greater(t, week, 20, after)
	}
}
