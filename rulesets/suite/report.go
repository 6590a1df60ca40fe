package suite

import (
	"fmt"
	"io"
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
		return fmt.Sprintf("%s: %s passed", r.File, counted(passed, "test"))
	}
	return fmt.Sprintf("%s: %d of %s failed", r.File, len(r.Failed), counted(r.Tests, "test"))
}

func counted(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

func (r *Report) failure(out io.Writer, f *Failure) {
	fmt.Fprintf(out, "%s:%d: %s\n", r.File, f.Line, f.Test)
	for i := range f.Steps {
		s := &f.Steps[i]
		fmt.Fprintf(out, "  line %d, %s, %s\n", s.Line, s.At, s.Step)
		for _, d := range s.Differences {
			fmt.Fprintf(out, "    %s\n", d.title(s))
			lines(out, "wanted", d.Want)
			lines(out, "came", d.Came)
		}
		explain(out, s.Differences)
	}
	fmt.Fprintln(out)
}

// title names what differs, and whose it is where the step does not say so.
func (d *Difference) title(s *FailedStep) string {
	if d.Member == "" || strings.HasSuffix(s.Step, " of "+d.Member) || strings.HasPrefix(s.Step, d.Member+" ") {
		return d.Subject
	}
	return d.Subject + " of " + d.Member
}

func lines(out io.Writer, word string, values []string) {
	if len(values) == 0 {
		values = []string{"nothing"}
	}
	for _, v := range values {
		fmt.Fprintf(out, "      %-7s %s\n", word, v)
		word = ""
	}
}

// explain writes the explanations of all differences of a step, each sentence once.
func explain(out io.Writer, differences []Difference) {
	var all []Why
	width := 0
	for _, d := range differences {
		for _, w := range d.Why {
			before := len(all)
			if all = appendOnce(all, w); len(all) > before && w.Line > 0 {
				width = max(width, len(w.Said))
			}
		}
	}
	word := "why"
	for _, w := range all {
		if w.Line > 0 {
			fmt.Fprintf(out, "    %-3s %-*s  %s:%d\n", word, width, w.Said, w.File, w.Line)
		} else {
			fmt.Fprintf(out, "    %-3s %s\n", word, w.Said)
		}
		word = ""
	}
}

func (r *Report) unfired(out io.Writer) {
	if len(r.NeverFired) == 0 {
		return
	}
	fmt.Fprintf(out, "%s: never fired in any test:\n", r.File)
	width := 0
	for _, u := range r.NeverFired {
		width = max(width, len(u.Definition))
	}
	for _, u := range r.NeverFired {
		place := fmt.Sprintf("%s:%d", u.File, u.Line)
		if u.NotYet != "" {
			place += "  not yet active: " + u.NotYet
		}
		fmt.Fprintf(out, "  %-*s  %s\n", width, u.Definition, place)
	}
}
