package cases

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/suite"
)

// TestReports runs what was reported of numbers that came out wrong, each a ruleset with its tests in testdata/reports. One that
// cannot pass is listed among the exceptions like any other case, and has to leave the list once it passes.
func TestReports(t *testing.T) {
	listed := readExceptions(t, "reports")
	files, err := filepath.Glob("testdata/reports/*/*.test.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	known, passed := map[string]bool{}, 0
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.ToSlash(file), "testdata/reports/"), ".test.yaml")
		known[name] = true
		t.Run(name, func(t *testing.T) {
			results := suite.RunFiles([]string{file}, nil)
			x, excepted := listed[name]
			switch {
			case excepted && results.OK:
				t.Errorf("this report passes, and is listed all the same (%s: %s): take it off the list", x.heading, x.reason)
			case excepted:
				t.Logf("%s: %s\n%s", x.heading, x.reason, said(results))
			case !results.OK:
				t.Error(said(results))
			default:
				require.Positive(t, results.Ran())
				passed++
			}
		})
	}
	for name := range listed {
		require.True(t, known[name], "the list of exceptions has %s, which is no report", name)
	}
	t.Logf("%d reports: %d passed, %d listed", len(files), passed, len(listed))
}

// said is what a run of tests prints.
func said(results *suite.Results) string {
	var out bytes.Buffer
	for _, f := range results.Files {
		f.Write(&out)
	}
	return out.String()
}
