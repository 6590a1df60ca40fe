package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/suite"
)

func newTest() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test [FILE…]",
		Short: "Run the tests of a ruleset and show what came out differently, and why",
		Long: "Runs files of tests on the engine itself, in memory. Each argument is a file, or a directory whose *_test.yaml are\n" +
			"run; without one, those of this directory. Only differences are printed, each with what was wanted, what came and\n" +
			"the rule and line that made it so, and which definitions no test has made fire.\n" +
			"Exit code 1 when a test came out differently, 3 when a file cannot be run.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			files, err := testFiles(args)
			if err != nil {
				return &failure{code: exitUsage, message: err.Error()}
			}
			return runTests(cmd, files, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// testFiles are the files that arguments stand for, directories replaced by the tests in them.
func testFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err != nil:
			return nil, err
		case !info.IsDir():
			files = append(files, arg)
			continue
		}
		found, err := filepath.Glob(filepath.Join(arg, "*_test.yaml"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("there is no *_test.yaml in %s; laurel init writes an example with its tests", arg)
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// testReport is what came of one file: a report, or what keeps it from being run.
type testReport struct {
	*suite.Report
	Path        string               `json:"path"`
	OK          bool                 `json:"ok"`
	Diagnostics rulesets.Diagnostics `json:"diagnostics,omitempty"`
}

func runTests(cmd *cobra.Command, files []string, asJSON bool) error {
	code := exitDone
	reports := make([]testReport, 0, len(files))
	for _, file := range files {
		report, diagnostics := suite.RunFile(file)
		r := testReport{Report: report, Path: file, OK: report != nil && report.OK(), Diagnostics: diagnostics}
		reports = append(reports, r)
		switch {
		case report == nil:
			code = exitUsage
		case !r.OK:
			code = max(code, exitFailed)
		}
		if !asJSON {
			r.print(cmd)
		}
	}
	if asJSON {
		if err := json.NewEncoder(cmd.OutOrStdout()).Encode(reports); err != nil {
			return err
		}
	}
	if code != exitDone {
		return &failure{code: code}
	}
	return nil
}

func (r *testReport) print(cmd *cobra.Command) {
	fmt.Fprint(cmd.OutOrStdout(), r.Diagnostics.Error())
	if r.Report == nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: cannot be run\n", r.Path)
		return
	}
	r.Write(cmd.OutOrStdout())
	fmt.Fprintln(cmd.ErrOrStderr(), r.Summary())
}
