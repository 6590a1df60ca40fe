package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// examined is what the doctor has printed as JSON.
type examined struct {
	OK       bool
	Settings []valued
	Checks   []finding
}

// doctor runs it, and returns the findings by name, each with its state.
func doctor(t *testing.T, want int, args ...string) (e examined, states map[string]string, text string) {
	t.Helper()
	out, stderr, exit := laurel(t, append([]string{"doctor", "--json", "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0"}, args...)...)
	require.Equal(t, want, exit, out+stderr)
	require.NoError(t, json.Unmarshal([]byte(out), &e), out+stderr)
	require.Equal(t, want == exitDone, e.OK)
	states = map[string]string{}
	for _, f := range e.Checks {
		if states[f.Name] != "failed" {
			states[f.Name] = f.State
		}
	}
	return e, states, out + stderr
}

// The doctor looks at a server that does not run, one that does, and all that settings point at; it tells where each value was said, and no secret.
func TestDoctor(t *testing.T) {
	dir := t.TempDir()
	ruleset, data, key := write(t, dir, "ruleset.yaml", pingRuleset), filepath.Join(dir, "data"), filepath.Join(dir, "key")
	e, states, _ := doctor(t, exitDone, ruleset, "--data", data, "--keep-free", "1MiB")
	require.Equal(t, "ok", states["data"], "not there yet")
	require.Equal(t, "ok", states["ruleset"])
	require.Contains(t, e.Settings, valued{"keep-free", "1MiB", "--keep-free"})
	require.Contains(t, e.Settings, valued{"drain", "0s", "default"})
	_, err := os.Stat(data)
	require.ErrorIs(t, err, os.ErrNotExist, "it makes nothing")

	_, _, exit := laurel(t, "secrets", "new-key", key)
	require.Equal(t, exitDone, exit)
	s := serveBinary(t, ruleset, "--data", data, "--key-file", key)
	require.Equal(t, 201, s.do("POST", "/v1/admin/webhooks", `{"url":"https://shop.example/hook"}`, nil))
	_, states, text := doctor(t, exitDone, "--data", data, "--keep-free", "1MiB")
	require.Contains(t, text, "in use by a server that runs")
	require.Equal(t, "ok", states["port"])
	t.Setenv("LAUREL_KEY", s.key)
	_, states, text = doctor(t, exitDone, "--data", data, "--keep-free", "1MiB", "--url", s.base)
	require.Equal(t, "ok", states["server"], text)
	t.Setenv("LAUREL_KEY", "lk_live_"+strings.Repeat("x", 43))
	_, stderr, exit := laurel(t, "doctor", "--data", data, "--keep-free", "1MiB", "--url", s.base)
	require.Equal(t, exitNotAuthorised, exit, stderr)
	s.interrupt()

	_, states, text = doctor(t, exitDone, "--data", data, "--keep-free", "1MiB", "--key-file", key)
	require.Equal(t, "ok", states["secrets"], text)
	require.Equal(t, "ok", states["keys"])
	require.Contains(t, text, "program killed has 1 that work")
	_, states, text = doctor(t, exitFailed, "--data", data, "--keep-free", "1MiB")
	require.Equal(t, "failed", states["secrets"], text)

	write(t, dir, "bad.yaml", "program: x\n")
	cert, private := signed(t, dir, "one", time.Now().Add(24*time.Hour))
	t.Setenv("LAUREL_REDIS", "redis://user:hunter2@127.0.0.1:1")
	t.Setenv("LAUREL_DRAN", "1s")
	e, states, text = doctor(t, exitFailed, filepath.Join(dir, "bad.yaml"), "--data", data, "--key-file", key, "--keep-free", "1000TiB",
		"--tls-cert", cert, "--tls-key", private)
	for _, name := range []string{"ruleset", "disk", "certificate", "redis"} {
		require.Equal(t, "failed", states[name], "%s: %s", name, text)
	}
	require.Equal(t, "warning", states["environment"])
	require.Contains(t, text, "did you mean LAUREL_DRAIN?")
	require.NotContains(t, text, "hunter2")
	require.Contains(t, e.Settings, valued{"redis", "redis://hidden@127.0.0.1:1", "LAUREL_REDIS"})

	_, stderr, exit = laurel(t, "doctor", "--drain", "soon")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, `--drain is "soon"`)
	out, _, _ := laurel(t, "doctor", "--data", data, "--key-file", key)
	require.Contains(t, out, "SETTING")
	require.NotContains(t, out, "hunter2")
}
