package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/lint"
)

func newCheck() *cobra.Command {
	var asJSON, strict bool
	var on string
	cmd := &cobra.Command{
		Use:   "check RULESET…",
		Short: "Say everything that is wrong with a ruleset, what is hardly meant, and what in it is not yet active",
		Long: "Checks rulesets: each argument is a file, or a directory whose files make up one program. Every error is shown\n" +
			"with its line and what to write instead. Where there is none, lints follow: warnings about what is hardly meant, and\n" +
			"notes on what is worth a thought. `# lint:ignore NAME because REASON` in or above a line silences one.\n" +
			"Exit code 1 when there is an error, with --strict also when there is a lint.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			day, err := lookedAt(on)
			if err != nil {
				return err
			}
			failed := false
			reports := make([]checkReport, 0, len(args))
			for _, path := range args {
				r := check(path, day)
				failed = failed || !r.OK || strict && len(r.Diagnostics) > 0
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
	cmd.Flags().BoolVar(&strict, "strict", false, "fail on lints too")
	cmd.Flags().StringVar(&on, "on", "", "the `day` whose coming windows are looked at, such as 2026-12-01 (today)")
	return cmd
}

// lookedAt is the moment from which lints look ahead: the start of a day, or now.
func lookedAt(day string) (calendar.Instant, error) {
	if day == "" {
		return calendar.FromTime(time.Now()), nil
	}
	d, err := calendar.ParseDate(day)
	if err != nil {
		return 0, fmt.Errorf("--on takes a day such as 2026-12-01: %w", err)
	}
	return calendar.UTC.Start(d), nil
}

// checkReport is what check found in one ruleset.
type checkReport struct {
	Ruleset string `json:"ruleset"`
	lint.Report
}

func check(path string, now calendar.Instant) checkReport {
	program, diagnostics := rulesets.LoadPath(path)
	return checkReport{path, lint.Check(program, diagnostics, now)}
}

func (r *checkReport) print(cmd *cobra.Command) {
	out := cmd.OutOrStdout()
	fmt.Fprint(out, r.Diagnostics.Error())
	for _, n := range r.NotYet {
		fmt.Fprintf(out, "%s:%d: not yet active: %s: %s\n", n.File, n.Line, n.Definition, n.Why)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", r.Ruleset, summary(r.Diagnostics))
}

// summary counts what was said: "no errors, 1 warning".
func summary(diagnostics rulesets.Diagnostics) string {
	counts := map[rulesets.Severity]int{}
	for _, d := range diagnostics {
		counts[d.Severity]++
	}
	text := "no errors"
	if n := counts[rulesets.SeverityError]; n > 0 {
		text = fmt.Sprintf("%d %s", n, plural(n, "error"))
	}
	for _, s := range []rulesets.Severity{rulesets.SeverityWarning, rulesets.SeverityNote} {
		if n := counts[s]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, plural(n, string(s)))
		}
	}
	return text
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
