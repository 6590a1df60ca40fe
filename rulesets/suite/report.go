package suite

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Report is what a run of a file of tests found. Its JSON form is what `laurel test --json` prints.
type Report struct {
	File       string    `json:"file"`
	Program    string    `json:"program"`
	Tests      int       `json:"tests"`
	Failed     []Failure `json:"failed"`
	NeverFired []Unfired `json:"never_fired"`
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

// OK reports whether all tests came out as they say.
func (r *Report) OK() bool { return len(r.Failed) == 0 }

// Write writes the differences and what never fired, for people. It writes nothing for a file without either.
func (r *Report) Write(out io.Writer) {
	for i := range r.Failed {
		r.failure(out, &r.Failed[i])
	}
	r.unfired(out)
}

// Summary is one line: how many tests passed.
func (r *Report) Summary() string {
	passed := r.Tests - len(r.Failed)
	if r.OK() {
		return fmt.Sprintf("%s: %s passed", r.File, counts(passed, "test", "tests"))
	}
	return fmt.Sprintf("%s: %d of %s failed", r.File, len(r.Failed), counts(r.Tests, "test", "tests"))
}

func (r *Report) failure(out io.Writer, f *Failure) {
	fmt.Fprintf(out, "%s:%d: %s\n", r.File, f.Line, f.Test)
	for i := range f.Steps {
		s := &f.Steps[i]
		fmt.Fprintf(out, "  %s  %s (line %d)\n", s.At, s.Step, s.Line)
		for i := range s.Differences {
			s.Differences[i].write(out, s)
		}
		explain(out, s.Differences)
	}
	fmt.Fprintln(out)
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
	}
}

// text is the sentence, indented under the name of its ledger.
func (w *Why) text() string {
	if w.Ledger != "" {
		return "  " + w.Said
	}
	return w.Said
}

// unfired lists what no test makes fire. Of what cannot fire yet only the names: laurel check says why.
func (r *Report) unfired(out io.Writer) {
	var idle []string
	width := 0
	for _, u := range r.NeverFired {
		if u.NotYet != "" {
			idle = append(idle, u.Definition)
		} else {
			width = max(width, len(u.Definition))
		}
	}
	if len(idle) < len(r.NeverFired) {
		fmt.Fprintf(out, "%s: never fired in any test:\n", r.File)
	}
	for _, u := range r.NeverFired {
		if u.NotYet == "" {
			fmt.Fprintf(out, "  %-*s  %s:%d\n", width, u.Definition, u.File, u.Line)
		}
	}
	if len(idle) > 0 {
		fmt.Fprintf(out, "%s: not yet active: %s\n", r.File, strings.Join(idle, ", "))
	}
}
