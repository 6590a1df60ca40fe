package suite_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/rulesets/examples"
	"github.com/laurel-engine/laurel/rulesets/suite"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestExamples runs the tests of every shipped ruleset. They pass, and together make every definition fire that the engine
// runs.
func TestExamples(t *testing.T) {
	for _, name := range examples.Names {
		t.Run(name, func(t *testing.T) {
			results := suite.RunFiles([]string{filepath.Join("..", "examples", name, "ruleset_test.yaml")}, nil)
			require.True(t, results.OK, text(results))
			require.Positive(t, results.Ran())
			require.Len(t, results.Coverage, 1)
			require.Positive(t, results.Coverage[0].Definitions)
			require.Empty(t, results.Coverage[0].NeverFired)
			_, err := examples.FS.ReadFile(name + "/ruleset_test.yaml")
			require.NoError(t, err, "laurel init copies it")
		})
	}
}

// text is all that is printed about results.
func text(results *suite.Results) string {
	var out bytes.Buffer
	for _, f := range results.Files {
		f.Write(&out)
	}
	for _, c := range results.Coverage {
		c.Write(&out)
	}
	for _, f := range results.Files {
		out.WriteString(f.Summary() + "\n")
	}
	return out.String()
}

// run runs one file of testdata, from there: paths in reports are as they were asked for.
func run(t *testing.T, file string) *suite.Results {
	t.Chdir("testdata")
	return suite.RunFiles([]string{file}, nil)
}

// TestGood runs each testdata/CASE.good.yaml: how steps, time and expectations work, told in tests that pass.
func TestGood(t *testing.T) {
	for _, name := range cases(t, "good") {
		t.Run(name, func(t *testing.T) {
			results := run(t, name+".good.yaml")
			require.True(t, results.OK, text(results))
		})
	}
}

// TestFails compares what is printed about each testdata/CASE.fails.yaml with CASE.fails.txt, twice: a run leaves nothing
// behind that the next could see.
func TestFails(t *testing.T) {
	for _, name := range cases(t, "fails") {
		t.Run(name, func(t *testing.T) {
			first := text(run(t, name+".fails.yaml"))
			require.Equal(t, first, text(suite.RunFiles([]string{name + ".fails.yaml"}, nil)))
			compareGolden(t, name+".fails.txt", first)
		})
	}
}

// TestBad compares all that is said about each testdata/CASE.bad.yaml, which cannot be run, with CASE.bad.txt.
func TestBad(t *testing.T) {
	for _, name := range cases(t, "bad") {
		t.Run(name, func(t *testing.T) {
			results := run(t, name+".bad.yaml")
			require.True(t, results.CannotRun())
			require.Zero(t, results.Ran())
			compareGolden(t, name+".bad.txt", results.Files[0].Diagnostics.Error())
		})
	}
}

func TestReportAsJSON(t *testing.T) {
	out, err := json.MarshalIndent(run(t, "gifts.fails.yaml"), "", "  ")
	require.NoError(t, err)
	compareGolden(t, "gifts.json", string(out)+"\n")
}

// TestJUnit compares the document about files that pass, differ and cannot be run. Its counts are those of its cases.
func TestJUnit(t *testing.T) {
	t.Chdir("testdata")
	var out bytes.Buffer
	require.NoError(t, suite.RunFiles([]string{"members.good.yaml", "gifts.fails.yaml", "missing_ruleset.bad.yaml"}, nil).JUnit(&out))
	compareGolden(t, "junit.xml", out.String())
	var read struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Cases []struct {
				Failure *string `xml:"failure"`
				Error   *string `xml:"error"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	require.NoError(t, xml.Unmarshal(out.Bytes(), &read))
	cases, failures, errors := 0, 0, 0
	for _, s := range read.Suites {
		for _, c := range s.Cases {
			cases++
			if c.Failure != nil {
				failures++
			}
			if c.Error != nil {
				errors++
			}
		}
	}
	require.Equal(t, []int{cases, failures, errors}, []int{read.Tests, read.Failures, read.Errors})
	require.Positive(t, failures)
	require.Equal(t, 1, errors)
}

// cases are the names of the files testdata/NAME.KIND.yaml.
func cases(t *testing.T, kind string) []string {
	files, err := filepath.Glob("testdata/*." + kind + ".yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), "."+kind+".yaml")
	}
	return files
}

// compareGolden compares with a file of the working directory.
func compareGolden(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
