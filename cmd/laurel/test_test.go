package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/examples"
)

// runTest runs `laurel test` and returns what it wrote and its exit code.
func runTest(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, problems bytes.Buffer
	root := newRoot()
	root.SetArgs(append([]string{"test"}, args...))
	root.SetOut(&out)
	root.SetErr(&problems)
	if err := root.Execute(); err != nil {
		var f *failure
		require.True(t, errors.As(err, &f), "%v", err)
		code = f.code
	}
	return out.String(), problems.String(), code
}

const visits = `ruleset:
  program: cafe
  events: {visit: {}}
  points: {stars: {}}
  rules: {visit: {when: visit, give: {stars: 5}}}
tests:
  a_visit_gives_stars:
    members: {ann: {}}
    timeline:
      - {at: 2026-12-01 09:00, event: visit, expect: {points: {stars: 5}}}
`

func TestTestCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	good := write("a_test.yaml", visits)

	out, summary, code := runTest(t, dir)
	require.Equal(t, exitDone, code)
	require.Empty(t, out)
	require.Equal(t, good+": 1 test passed\n", summary)

	differs := write("b_test.yaml", string(bytes.Replace([]byte(visits), []byte("points: {stars: 5}}}"), []byte("points: {stars: 6}}}"), 1)))
	out, summary, code = runTest(t, dir)
	require.Equal(t, exitFailed, code)
	require.Contains(t, out, "points.stars: wanted 6, came 5")
	require.Equal(t, good+": 1 test passed\n"+differs+": 1 of 1 test failed\n", summary)

	wrong := write("c.yaml", "tests: {}\n")
	out, summary, code = runTest(t, good, wrong, differs)
	require.Equal(t, exitUsage, code, "a file that cannot be run weighs more than one that differs")
	require.Contains(t, out, "c.yaml:1:1: error: a test file needs ruleset")
	require.Contains(t, summary, wrong+": cannot be run")

	out, _, code = runTest(t, "--json", good, differs, wrong)
	require.Equal(t, exitUsage, code)
	var reports []testReport
	require.NoError(t, json.Unmarshal([]byte(out), &reports))
	require.Len(t, reports, 3)
	require.True(t, reports[0].OK)
	require.Equal(t, "a_visit_gives_stars", reports[1].Failed[0].Test)
	require.False(t, reports[2].OK)
	require.NotEmpty(t, reports[2].Diagnostics)

	_, _, code = runTest(t, filepath.Join(dir, "missing_test.yaml"))
	require.Equal(t, exitUsage, code)
	_, _, code = runTest(t, t.TempDir())
	require.Equal(t, exitUsage, code)
}

// TestInitWritesTestsThatPass makes what a newcomer makes: an example, and its tests run where they were written.
func TestInitWritesTestsThatPass(t *testing.T) {
	for _, name := range examples.Names {
		dir := filepath.Join(t.TempDir(), name)
		written, err := writeExample(name, dir)
		require.NoError(t, err)
		require.Contains(t, written, filepath.Join(dir, "ruleset_test.yaml"))
		out, summary, code := runTest(t, dir)
		require.Equal(t, exitDone, code, out)
		require.Contains(t, summary, "passed")
	}
}
