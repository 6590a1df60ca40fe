package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/rulesets/suite"
)

func newTest() *cobra.Command {
	r := &testRun{}
	var again bool
	cmd := &cobra.Command{
		Use:   "test [FILE…]",
		Short: "Run the tests of a ruleset and show what came out differently, and why",
		Long: "Runs files of tests on the engine itself, in memory. Each argument is a file, or a directory whose *_test.yaml are\n" +
			"run; without one, those of this directory. Only differences are printed, each with what was wanted, what came and\n" +
			"the rule and line that made it so, and which definitions no test has made fire.\n" +
			"Exit code 1 when a test came out differently, 3 when a file cannot be run.",
		Example: "  laurel test\n  laurel test my-program --run tuesday\n  laurel test my-program --junit report.xml\n  laurel test my-program --watch",
		RunE: func(cmd *cobra.Command, args []string) error {
			r.cmd, r.args = cmd, args
			if len(args) == 0 {
				r.args = []string{"."}
			}
			if again {
				return watch(cmd.Context(), r.dirs, r.again)
			}
			return r.once()
		},
	}
	cmd.Flags().Func("run", "run only the tests whose names match `PATTERN`, a regular expression", func(text string) (err error) {
		r.only, err = regexp.Compile(text)
		return err
	})
	cmd.Flags().StringVar(&r.junit, "junit", "", "also write the results to `FILE`, as JUnit XML")
	cmd.Flags().BoolVar(&r.asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&again, "watch", false, "run again whenever a ruleset or a test changes")
	return cmd
}

// testRun is one use of `laurel test`.
type testRun struct {
	cmd    *cobra.Command
	args   []string
	only   *regexp.Regexp
	junit  string
	asJSON bool
}

// once runs the tests and tells what came of them, in its output and in the exit code of the error.
func (r *testRun) once() error {
	files, err := testFiles(r.args)
	if err != nil {
		return &failure{code: exitUsage, message: err.Error()}
	}
	results := suite.RunFiles(files, r.only)
	if err := r.write(results); err != nil {
		return &failure{code: exitUsage, message: err.Error()}
	}
	switch {
	case results.CannotRun():
		return &failure{code: exitUsage}
	case r.only != nil && results.Ran() == 0:
		return &failure{code: exitUsage, message: fmt.Sprintf("no test has a name that matches %q", r.only)}
	case !results.OK:
		return &failure{code: exitFailed}
	}
	return nil
}

func (r *testRun) write(results *suite.Results) error {
	if r.junit != "" {
		if err := writeJUnit(r.junit, results); err != nil {
			return err
		}
	}
	out := r.cmd.OutOrStdout()
	if r.asJSON {
		return json.NewEncoder(out).Encode(results)
	}
	for _, f := range results.Files {
		f.Write(out)
		if r.only == nil || f.Tests() > 0 || f.Diagnostics.HasErrors() {
			fmt.Fprintln(r.cmd.ErrOrStderr(), f.Summary())
		}
	}
	for _, c := range results.Coverage {
		c.Write(out)
	}
	return nil
}

func writeJUnit(name string, results *suite.Results) error {
	file, err := os.Create(name) //nolint:gosec // whoever runs the tests says where
	if err != nil {
		return err
	}
	if err := results.JUnit(file); err != nil {
		return err
	}
	return file.Close()
}

// again is once for a watcher: what is wrong is printed, and waits for the next change.
func (r *testRun) again() {
	if err := r.once(); err != nil && err.Error() != "" {
		fmt.Fprintln(r.cmd.ErrOrStderr(), "laurel: "+err.Error())
	}
	fmt.Fprintln(r.cmd.ErrOrStderr(), "waiting for changes; end with Ctrl-C")
}

// dirs are the directories of the files of tests and of the rulesets that they name.
func (r *testRun) dirs() []string {
	paths := slices.Clone(r.args)
	if files, err := testFiles(r.args); err == nil { // else the run will say why
		paths = append(paths, suite.Rulesets(files)...)
	}
	for i, path := range paths {
		paths[i] = directory(path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// directory is a path, or the directory that it is in where it is none itself.
func directory(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Clean(path)
	}
	return filepath.Dir(path)
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
		found, err := filepath.Glob(filepath.Join(arg, "*_test.y*ml"))
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
