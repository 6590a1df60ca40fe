package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// laurel runs a command with the key of a server.
func (s *server) laurel(args ...string) (stdout, stderr string, exit int) {
	s.t.Helper()
	cmd := exec.Command(binary, append(args, "--url", checked(s.t, s.base))...)
	cmd.Env = append(os.Environ(), "LAUREL_KEY="+s.key)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run()
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// gives sends an event, and tells what it gave.
func (s *server) gives(n int) (stars string) {
	s.t.Helper()
	var out struct {
		Effects []struct{ Amount json.Number }
	}
	require.Equal(s.t, 200, s.do("POST", "/v1/events", fmt.Sprintf(`{"id":"p%d","type":"ping","member":"ann","data":{"order":"o%d"}}`, n, n), &out))
	return out.Effects[0].Amount.String()
}

// A ruleset is put into force from a pipeline, rolled back, and stays so over a restart with the files as they were.
func TestApply(t *testing.T) {
	dir := t.TempDir()
	data, served := filepath.Join(dir, "data"), write(t, dir, "served.yaml", pingRuleset)
	s := serveBinary(t, "--data", data, served)
	require.Equal(t, "1", s.gives(1))

	var definition struct {
		Paused bool
		Text   string
	}
	draft := filepath.Join(dir, "draft")
	require.NoError(t, os.Mkdir(draft, 0o750))
	write(t, draft, "ruleset.yaml", strings.Replace(pingRuleset, "stars: 1}, limit", "stars: 2}, limit", 1))
	tests := `ruleset: ruleset.yaml
tests:
  two:
    members: {ann: {}}
    timeline:
      - {at: 2026-12-01 09:00, event: ping, with: {order: o}, expect: {points: {stars: %d}}}
`
	write(t, draft, "ruleset_test.yaml", fmt.Sprintf(tests, 3))
	out, errs, exit := s.laurel("apply", draft)
	require.Equal(t, exitFailed, exit, out)
	require.Contains(t, errs, "tests_failed")
	require.Contains(t, errs, "two")
	_, errs, exit = s.laurel("apply", draft, "--dry-run")
	require.Equal(t, exitFailed, exit)
	require.Contains(t, errs, "its tests fail")
	write(t, draft, "ruleset_test.yaml", fmt.Sprintf(tests, 2))
	out, _, exit = s.laurel("apply", draft, "--dry-run")
	require.Equal(t, exitChanges, exit)
	require.Contains(t, out, "rules/one")
	require.Equal(t, "1", s.gives(2), "nothing was changed")
	out, errs, exit = s.laurel("apply", draft, "--note", "twice as much", "--by", "Ann")
	require.Equal(t, exitDone, exit, errs)
	require.Contains(t, out, "rules/one")
	require.Contains(t, out, "version 2 is in force")
	require.Equal(t, "2", s.gives(3))
	out, _, _ = s.laurel("activate", draft)
	require.Contains(t, out, "version 2 is in force already")

	s.kill()
	again := serveBinary(t, "--data", data, served)
	again.key = s.key
	require.Equal(t, "2", again.gives(4), "the files have not changed, so what was put into force is in force")
	out, errs, exit = again.laurel("rollback", "1", "--note", "once is enough")
	require.Equal(t, exitDone, exit, errs)
	require.Contains(t, out, "version 3 is in force")
	require.Equal(t, "1", again.gives(5))

	out, errs, exit = again.laurel("apply", draft, "--at", "2100-01-01T00:00:00Z")
	require.Equal(t, exitDone, exit, errs)
	require.Contains(t, out, "planned for 2100-01-01T00:00:00Z")
	_, errs, exit = again.laurel("apply", draft)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, errs, "version_planned")
	again.kill()
	again = serveBinary(t, "--data", data, served)
	again.key = s.key
	out, errs, exit = again.laurel("apply", "--cancel")
	require.Equal(t, exitDone, exit, errs)
	require.Contains(t, out, "will not come into force")

	for _, wrong := range [][]string{{"apply"}, {"apply", "nowhere"}, {"apply", draft, "--at", "noon"}, {"rollback", "first"}} {
		_, errs, exit = again.laurel(wrong...)
		require.Equal(t, exitUsage, exit, "%v: %s", wrong, errs)
	}
	_, errs, exit = again.laurel("rollback", "99")
	require.Equal(t, exitFailed, exit)
	require.Contains(t, errs, "version of the ruleset")

	out, errs, exit = again.laurel("pause", "rules/one", "--note", "it pays too much")
	require.Equal(t, exitDone, exit, errs)
	require.Contains(t, out, "paused rules/one")
	write(t, dir, "served.yaml", strings.Replace(pingRuleset, "stars: 1}, limit", "stars: 5}, limit", 1))
	for range 2 {
		again.kill()
		again = serveBinary(t, "--data", data, served)
		again.key = s.key
		require.Equal(t, 200, again.do("GET", "/v1/definitions/rules/one", "", &definition))
		require.True(t, definition.Paused, "what is paused stays so")
		require.Contains(t, definition.Text, "stars: 5")
	}
	out, errs, exit = again.laurel("resume", "rules/one")
	require.Equal(t, exitDone, exit, errs)
	require.Contains(t, out, "resumed rules/one")
	require.Equal(t, "5", again.gives(6), "who changes the files means them")
	_, errs, exit = again.laurel("pause", "one")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, errs, "rules/happy_hour")
}

// SIGHUP reloads files that have changed. One with errors leaves the version that is in force, and readiness names it.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "served.yaml", pingRuleset)
	s := serveBinary(t, "--data", filepath.Join(dir, "data"), path)
	n := 0
	reload := func(text, gives, ready string) {
		t.Helper()
		write(t, dir, "served.yaml", text)
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGHUP))
		require.Eventually(t, func() bool {
			resp, err := http.Get(s.health + "/readyz")
			require.NoError(t, err)
			defer resp.Body.Close()
			var b strings.Builder
			require.NoError(t, resp.Write(&b))
			n++
			return resp.StatusCode == 200 && strings.Contains(b.String(), ready) && s.gives(n) == gives
		}, time.Minute, 10*time.Millisecond)
	}
	reload(strings.Replace(pingRuleset, "stars: 1}, limit", "stars: 2}, limit", 1), "2", `{"name":"rulesets","ok":true}`)
	reload("program: killed\nrules: 3\n", "2", "served.yaml was not reloaded")
	reload(strings.Replace(pingRuleset, "order: text", "order: integer", 1), "2", "cannot follow")
	reload(strings.Replace(pingRuleset, "stars: 1}, limit", "stars: 3}, limit", 1), "3", `{"name":"rulesets","ok":true}`)
	s.interrupt()
	require.Contains(t, s.log(), "a ruleset was reloaded")
	require.Contains(t, s.log(), "was not reloaded")
}
