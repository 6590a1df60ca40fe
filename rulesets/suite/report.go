package suite

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/rulesets"
)

// Report is what came of the tests of one file, or the errors that keep it from being run.
type Report struct {
	File        string               `json:"file"`
	Program     string               `json:"program,omitempty"`
	Ruleset     string               `json:"ruleset,omitempty"`
	OK          bool                 `json:"ok"`
	Passed      []Passed             `json:"passed"`
	Failed      []Failure            `json:"failed"`
	Diagnostics rulesets.Diagnostics `json:"diagnostics,omitempty"`
}

// Passed is a test that came out as it says.
type Passed struct {
	Test string `json:"test"`
	Line int    `json:"line"`
}

// Failure is a test that did not come out as it says.
type Failure struct {
	Test  string       `json:"test"`
	Line  int          `json:"line"`
	Steps []FailedStep `json:"steps"`
}

// FailedStep is a step of a test with what differs after it.
type FailedStep struct {
	Line        int          `json:"line"`
	At          string       `json:"at"` // in the program's time zone
	Step        string       `json:"step"`
	Differences []Difference `json:"differences"`
}

// Difference is one thing that is not what was wanted. Of a list, Want is what is missing and Came what is too much.
type Difference struct {
	Line    int      `json:"line"`
	Member  string   `json:"member,omitempty"`
	Subject string   `json:"subject"`
	Want    []string `json:"want"`
	Came    []string `json:"came"`
	List    bool     `json:"-"`
	Why     []Why    `json:"why"`
}

// Tests is the number of tests that were run.
func (r *Report) Tests() int { return len(r.Passed) + len(r.Failed) }

// Write writes what is wrong and what differs, for people. It writes nothing for a file without either.
func (r *Report) Write(out io.Writer) {
	fmt.Fprint(out, r.Diagnostics.Error())
	for i := range r.Failed {
		r.Failed[i].write(out, r.File)
	}
}

// Summary is one line: how many tests passed.
func (r *Report) Summary() string {
	switch {
	case r.Diagnostics.HasErrors():
		return r.File + ": cannot be run"
	case r.OK:
		return fmt.Sprintf("%s: %s passed", r.File, counts(len(r.Passed), "test", "tests"))
	default:
		return fmt.Sprintf("%s: %d of %s failed", r.File, len(r.Failed), counts(r.Tests(), "test", "tests"))
	}
}

func (f *Failure) write(out io.Writer, file string) {
	fmt.Fprintf(out, "%s:%d: %s\n", file, f.Line, f.Test)
	f.steps(out)
	fmt.Fprintln(out)
}

// steps writes what differs after each step.
func (f *Failure) steps(out io.Writer) {
	for i := range f.Steps {
		s := &f.Steps[i]
		fmt.Fprintf(out, "  %s  %s (line %d)\n", s.At, s.Step, s.Line)
		for i := range s.Differences {
			s.Differences[i].write(out, s)
		}
		explain(out, s.Differences)
	}
}

func (d *Difference) write(out io.Writer, s *FailedStep) {
	title := "    " + d.title(s) + ": "
	switch {
	case !d.List && len(d.Came) == 0:
		fmt.Fprintf(out, "%swanted %s\n", title, strings.Join(d.Want, ", "))
	case !d.List:
		fmt.Fprintf(out, "%swanted %s, came %s\n", title, strings.Join(d.Want, ", "), strings.Join(d.Came, ", "))
	case d.Subject == "gave" || d.Subject == "expires" || d.Subject == "badges":
		items(out, title, "missing ", d.Want)
		if len(d.Want) > 0 {
			title = strings.Repeat(" ", len(title))
		}
		items(out, title, "extra ", d.Came)
	default:
		fmt.Fprintf(out, "%swanted %s\n", title, orNothing(d.Want))
		fmt.Fprintf(out, "%scame   %s\n", strings.Repeat(" ", len(title)), orNothing(d.Came))
	}
}

func orNothing(rows []string) string {
	if len(rows) == 0 {
		return "nobody"
	}
	return strings.Join(rows, ", ")
}

func items(out io.Writer, title, word string, list []string) {
	for _, item := range list {
		fmt.Fprintf(out, "%s%-8s%s\n", title, word, item)
		title, word = strings.Repeat(" ", len(title)), ""
	}
}

// title names what differs, and whose it is where the step does not say so.
func (d *Difference) title(s *FailedStep) string {
	if d.Member == "" || strings.HasSuffix(s.Step, " of "+d.Member) || strings.HasPrefix(s.Step, d.Member+" ") {
		return d.Subject
	}
	return d.Subject + " of " + d.Member
}

// explain writes the explanations of all differences of a step, each sentence once.
func explain(out io.Writer, differences []Difference) {
	var all []Why
	width := 0
	for _, d := range differences {
		for _, w := range d.Why {
			all = appendOnce(all, w)
			if w.Line > 0 {
				width = max(width, len(w.text()))
			}
		}
	}
	if len(all) > 0 {
		fmt.Fprintln(out, "    why:")
	}
	slices.SortStableFunc(all, func(a, b Why) int { return -cmp.Compare(min(len(a.Ledger), 1), min(len(b.Ledger), 1)) })
	ledger := ""
	for _, w := range all {
		if w.Ledger != ledger && w.Ledger != "" {
			fmt.Fprintf(out, "      %s\n", w.Ledger)
		}
		ledger = w.Ledger
		if w.Line > 0 {
			fmt.Fprintf(out, "      %-*s  %s:%d\n", width, w.text(), w.File, w.Line)
		} else {
			fmt.Fprintf(out, "      %s\n", w.text())
		}
		if w.Detail != "" {
			fmt.Fprintf(out, "        %s\n", w.Detail)
		}
	}
}

// text is the sentence, indented under the name of its ledger.
func (w *Why) text() string {
	if w.Ledger != "" {
		return "  " + w.Said
	}
	return w.Said
}

// Write lists what no test made fire, for people. Of what cannot fire yet only the names: laurel check says why.
func (c *Coverage) Write(out io.Writer) {
	width := 0
	for _, u := range c.NeverFired {
		width = max(width, len(u.Definition))
	}
	if len(c.NeverFired) > 0 {
		fmt.Fprintf(out, "%s: never fired in any test:\n", c.Ruleset)
	}
	for _, u := range c.NeverFired {
		fmt.Fprintf(out, "  %-*s  %s:%d\n", width, u.Definition, u.File, u.Line)
	}
	var idle []string
	for _, u := range c.NotYetActive {
		idle = append(idle, u.Definition)
	}
	if len(idle) > 0 {
		fmt.Fprintf(out, "%s: not yet active: %s\n", c.Ruleset, strings.Join(idle, ", "))
	}
}
