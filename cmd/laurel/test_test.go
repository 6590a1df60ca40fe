package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/examples"
	"github.com/laurel-engine/laurel/rulesets/suite"
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
	require.Contains(t, out, wrong+":1:1: error: a test file needs ruleset")
	require.Contains(t, summary, wrong+": cannot be run")

	out, _, code = runTest(t, "--json", good, differs, wrong)
	require.Equal(t, exitUsage, code)
	var results suite.Results
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.False(t, results.OK)
	require.Len(t, results.Files, 3)
	require.True(t, results.Files[0].OK)
	require.Equal(t, "a_visit_gives_stars", results.Files[0].Passed[0].Test)
	require.Equal(t, "a_visit_gives_stars", results.Files[1].Failed[0].Test)
	require.False(t, results.Files[2].OK)
	require.NotEmpty(t, results.Files[2].Diagnostics)
	require.Len(t, results.Coverage, 2, "of the two rulesets that could be compiled")

	_, _, code = runTest(t, filepath.Join(dir, "missing_test.yaml"))
	require.Equal(t, exitUsage, code)
	_, _, code = runTest(t, t.TempDir())
	require.Equal(t, exitUsage, code)
}

func TestOneRulesetWithSeveralFilesOfTests(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ruleset.yaml": "program: cafe\nevents: {visit: {}, order: {}}\npoints: {stars: {}}\nrules:\n" +
			"  visit: {when: visit, give: {stars: 5}}\n  order: {when: order, give: {stars: 1}}\n",
		"visit_test.yaml": "ruleset: .\ntests:\n  a_visit_gives_5: {timeline: [{at: 2026-12-01, as: ann, event: visit, expect: {points: {stars: 5}}}]}\n",
		"order_test.yml": "ruleset: ruleset.yaml\ntests:\n  an_order_gives_1: {timeline: [{at: 2026-12-01, as: ann, event: order, expect: {points: {stars: 1}}}]}\n" +
			"  nobody_pays: {timeline: [{at: 2026-12-01, as: ann, event: order, expect: {debt: {stars: 0}}}]}\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	out, _, code := runTest(t, dir, "--run", "^a_visit|^nobody")
	require.Equal(t, exitDone, code)
	require.Empty(t, out, "what some of the tests do not make fire is no news")
	_, summary, code := runTest(t, dir, "--run", "visit")
	require.Equal(t, exitDone, code)
	require.Equal(t, filepath.Join(dir, "visit_test.yaml")+": 1 test passed\n", summary)
	_, _, code = runTest(t, dir, "--run", "visits")
	require.Equal(t, exitUsage, code, "a pattern that no test matches is a mistake")

	out, _, code = runTest(t, dir, "--json")
	require.Equal(t, exitDone, code)
	var results suite.Results
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.Equal(t, dir, results.Files[1].Ruleset)
	require.Len(t, results.Coverage, 2, "a directory and a file in it are two rulesets")

	visits := filepath.Join(dir, "visit_test.yaml")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "more_test.yaml"), []byte(
		"ruleset: .\ntests:\n  an_order_gives_1: {timeline: [{at: 2026-12-01, as: ann, event: order, expect: {points: {stars: 1}}}]}\n"), 0o600))
	out, _, code = runTest(t, visits)
	require.Equal(t, exitDone, code)
	require.Contains(t, out, dir+": never fired in any test:\n  rules/order  "+filepath.Join(dir, "ruleset.yaml")+":6")
	out, _, code = runTest(t, visits, filepath.Join(dir, "more_test.yaml"))
	require.Equal(t, exitDone, code)
	require.Empty(t, out, "together the two files make everything fire")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "ruleset.yaml"), []byte("program: cafe\nevents: {visit: {}}\nrule: {}\n"), 0o600))
	out, _, code = runTest(t, visits, filepath.Join(dir, "more_test.yaml"))
	require.Equal(t, exitUsage, code)
	require.Equal(t, 1, strings.Count(out, `a ruleset has no field "rule"`), "the errors of a ruleset are told once")
	require.Equal(t, 2, strings.Count(out, "this ruleset cannot be tested"))
}

func TestJUnitFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a_test.yaml")
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(visits, "points: {stars: 5}}}", "points: {stars: 6}}}", 1)), 0o600))
	report := filepath.Join(dir, "report.xml")
	_, _, code := runTest(t, dir, "--junit", report)
	require.Equal(t, exitFailed, code)
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	require.Contains(t, string(text), `name="a_visit_gives_stars"`)
	require.Contains(t, string(text), "wanted 6, came 5")
	_, _, code = runTest(t, dir, "--junit", filepath.Join(dir, "nowhere", "report.xml"))
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
