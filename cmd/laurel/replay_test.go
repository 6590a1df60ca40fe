package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplayProvesTheStore(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ruleset.yaml")
	require.NoError(t, os.WriteFile(file, []byte(planRuleset), 0o600))
	data := filepath.Join(dir, "data")
	s := serveBinary(t, "--data", data, file)
	for _, id := range []string{"a", "b", "c"} {
		require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"`+id+`","type":"buy","member":"`+id+`","data":{"amount":15}}`, nil))
	}
	_, stderr, exit := laurel(t, "replay", "--data", data)
	require.Equal(t, exitUsage, exit, "the server is running")
	require.Contains(t, stderr, "in use")
	s.kill()

	out, stderr, exit := laurel(t, "replay", "--data", data)
	require.Zero(t, exit, stderr)
	require.Regexp(t, `^planned: 3 events applied again, [0-9]+ subjects, state [0-9a-f]{16}\n  as stored\n$`, out)
	var reports []replayReport
	out, _, exit = laurel(t, "replay", "--json", "--data", data, "planned")
	require.Zero(t, exit)
	require.NoError(t, json.Unmarshal([]byte(out), &reports))
	require.True(t, reports[0].OK)
	require.EqualValues(t, 3, reports[0].Events)
	out, _, exit = laurel(t, "replay", "--stats", "--data", data)
	require.Zero(t, exit)
	require.Equal(t, "planned: statistics of 3 events\n", out)
	_, stderr, exit = laurel(t, "replay", "--data", data, "other")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "no program other ever ran")
}
