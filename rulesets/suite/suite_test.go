package suite_test

import (
	"bytes"
	"encoding/json"
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

// unfired are the definitions that no test of a shipped ruleset can make fire, because what they need is not yet active.
var unfired = map[string][]string{
	"coffee":  {"boosts/rainy_day_double", "promotions/rainy_day", "rewards/free_drink", "rules/birthday_treat", "rules/happy_hour_gift"},
	"fashion": {"counters/threads_donated", "rewards/comeback_10", "rewards/donate", "rewards/free_shipping", "rules/we_miss_you"},
	"fitness": {},
	"sales":   {"rewards/gift_card_50", "rewards/team_dinner"},
	// Only the anniversary, a timer, makes a neighbour.
	"stampcard": {"badges/neighbour", "boosts/loyal_neighbour", "rewards/free_coffee", "rules/anniversary"},
}

// TestExamples runs the tests of every shipped ruleset. They pass, and together make everything fire that can.
func TestExamples(t *testing.T) {
	for _, name := range examples.Names {
		t.Run(name, func(t *testing.T) {
			report, diagnostics := suite.RunFile(filepath.Join("..", "examples", name, "ruleset_test.yaml"))
			require.Empty(t, diagnostics.Error())
			var text bytes.Buffer
			report.Write(&text)
			require.True(t, report.OK(), text.String())
			require.Positive(t, report.Tests)
			never := []string{}
			for _, u := range report.NeverFired {
				never = append(never, u.Definition)
			}
			require.Equal(t, unfired[name], never)
			_, err := examples.FS.ReadFile(name + "/ruleset_test.yaml")
			require.NoError(t, err, "laurel init copies it")
		})
	}
}

// TestGood runs each testdata/CASE.good.yaml: how steps, time and expectations work, told in tests that pass.
func TestGood(t *testing.T) {
	for name, file := range cases(t, "good") {
		t.Run(name, func(t *testing.T) {
			report, diagnostics := suite.RunFile(file)
			require.Empty(t, diagnostics.Error())
			var text bytes.Buffer
			report.Write(&text)
			require.True(t, report.OK(), text.String())
		})
	}
}

// TestFails compares what is printed about each testdata/CASE.fails.yaml with CASE.fails.txt, twice: a run leaves nothing
// behind that the next could see.
func TestFails(t *testing.T) {
	for name, file := range cases(t, "fails") {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				report, diagnostics := suite.RunFile(file)
				require.Empty(t, diagnostics.Error())
				report.File = filepath.Base(file)
				var text bytes.Buffer
				report.Write(&text)
				compareGolden(t, strings.TrimSuffix(file, ".yaml")+".txt", text.String()+report.Summary()+"\n")
			}
		})
	}
}

// TestBad compares all that is said about each testdata/CASE.bad.yaml, which cannot be run, with CASE.bad.txt.
func TestBad(t *testing.T) {
	for name, file := range cases(t, "bad") {
		t.Run(name, func(t *testing.T) {
			report, diagnostics := suite.RunFile(file)
			require.Nil(t, report)
			require.True(t, diagnostics.HasErrors())
			compareGolden(t, strings.TrimSuffix(file, ".yaml")+".txt", diagnostics.Error())
		})
	}
}

func TestReportAsJSON(t *testing.T) {
	report, _ := suite.RunFile("testdata/gifts.fails.yaml")
	text, err := json.MarshalIndent(report, "", "  ")
	require.NoError(t, err)
	compareGolden(t, "testdata/gifts.json", string(text)+"\n")
}

func cases(t *testing.T, kind string) map[string]string {
	files, err := filepath.Glob("testdata/*." + kind + ".yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out := map[string]string{}
	for _, file := range files {
		out[strings.TrimSuffix(filepath.Base(file), "."+kind+".yaml")] = file
	}
	return out
}

func compareGolden(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
