package suite

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
)

// The elements of a JUnit document that GitLab, GitHub's actions and Jenkins read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitProblem `xml:"failure"`
		Error   *junitProblem `xml:"error"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",innerxml"`
	}
)

// JUnit writes the results as a JUnit document: a suite for each file, a case for each test, and an error for a file that
// cannot be run.
func (r *Results) JUnit(out io.Writer) error {
	all := junitSuites{}
	for _, f := range r.Files {
		s := f.junit()
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
		all.Suites = append(all.Suites, s)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, xml.Header+string(text)+"\n")
	return err
}

func (r *Report) junit() junitSuite {
	s := junitSuite{Name: r.File, Tests: r.Tests(), Failures: len(r.Failed)}
	for _, p := range r.Passed {
		s.Cases = append(s.Cases, junitCase{Class: r.File, Name: p.Test, File: r.File, Line: p.Line})
	}
	for i := range r.Failed {
		f := &r.Failed[i]
		var text strings.Builder
		f.steps(&text)
		s.Cases = append(s.Cases, junitCase{Class: r.File, Name: f.Test, File: r.File, Line: f.Line,
			Failure: &junitProblem{Message: f.first(), Type: "difference", Text: lines(text.String())}})
	}
	slices.SortFunc(s.Cases, func(a, b junitCase) int { return a.Line - b.Line })
	if r.Diagnostics.HasErrors() {
		s.Tests, s.Errors = s.Tests+1, 1
		s.Cases = append(s.Cases, junitCase{Class: r.File, Name: "cannot be run", File: r.File, Line: 1,
			Error: &junitProblem{Message: r.Diagnostics[0].Message, Type: "ruleset", Text: lines(r.Diagnostics.Error())}})
	}
	return s
}

// first is the first difference of a test, in one line.
func (f *Failure) first() string {
	s := &f.Steps[0]
	var text strings.Builder
	s.Differences[0].write(&text, s)
	line, _, more := strings.Cut(strings.TrimSpace(text.String()), "\n")
	if more || len(f.Steps) > 1 || len(s.Differences) > 1 {
		line += " …"
	}
	return line
}

// lines escapes a text, and leaves it in lines for those who read the document itself.
func lines(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder takes all
	return "\n" + strings.ReplaceAll(out.String(), "&#xA;", "\n")
}
