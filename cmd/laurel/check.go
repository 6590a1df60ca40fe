package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/rulesets"
)

func newCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check RULESET…",
		Short: "Say everything that is wrong with a ruleset, and what in it is not yet active",
		Long: "Checks rulesets: each argument is a file, or a directory whose files make up one program. Every error is shown\n" +
			"with its line and what to write instead. Exit code 1 when there is an error.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			failed := false
			reports := make([]checkReport, 0, len(args))
			for _, path := range args {
				r := check(path)
				failed = failed || !r.OK
				reports = append(reports, r)
				if !asJSON {
					r.print(cmd)
				}
			}
			if asJSON {
				if err := json.NewEncoder(cmd.OutOrStdout()).Encode(reports); err != nil {
					return err
				}
			}
			if failed {
				return &failure{code: exitFailed}
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// checkReport is what check found in one ruleset.
type checkReport struct {
	Ruleset     string               `json:"ruleset"`
	OK          bool                 `json:"ok"`
	Hash        string               `json:"hash,omitempty"`
	Diagnostics rulesets.Diagnostics `json:"diagnostics"`
	NotYet      []notYet             `json:"not_yet_active"`
}

type notYet struct {
	Definition string `json:"definition"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Why        string `json:"why"`
}

func check(path string) checkReport {
	program, diagnostics := rulesets.LoadPath(path)
	r := checkReport{Ruleset: path, OK: !diagnostics.HasErrors(), Diagnostics: diagnostics, NotYet: []notYet{}}
	if program == nil {
		return r
	}
	r.Hash = program.Ruleset.Hash
	for _, i := range program.Inactive {
		r.NotYet = append(r.NotYet, notYet{Definition: i.Definition, File: i.Position.File, Line: i.Position.Line, Why: i.Why})
	}
	return r
}

func (r *checkReport) print(cmd *cobra.Command) {
	out := cmd.OutOrStdout()
	fmt.Fprint(out, r.Diagnostics.Error())
	for _, n := range r.NotYet {
		fmt.Fprintf(out, "%s:%d: not yet active: %s: %s\n", n.File, n.Line, n.Definition, n.Why)
	}
	if r.OK {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: no errors\n", r.Ruleset)
		return
	}
	n := 0
	for _, d := range r.Diagnostics {
		if d.Severity == rulesets.SeverityError {
			n++
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d %s\n", r.Ruleset, n, plural(n, "error"))
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// loadRuleset compiles a file, or a directory of files.
func loadRuleset(path string) (*rulesets.Program, rulesets.Diagnostics) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return rulesets.LoadDir(path)
	}
	return rulesets.LoadFile(path)
}
