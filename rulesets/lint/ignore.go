package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// ignore is one comment `lint:ignore NAME because REASON`.
type ignore struct {
	comment *document.Node
	lint    string
	file    string
	line    int // the line whose findings it silences
	used    bool
}

var ignoreForm = regexp.MustCompile(`^lint:ignore(?:\s+([^\s]+))?(?:\s+because\s+(\S.*))?`)

const ignoreAdvice = "write: # lint:ignore NAME because REASON"

// ignores reads the comments that silence lints, and says which of them are wrong.
func (l *linter) ignores() (ignores []*ignore, wrong rulesets.Diagnostics) {
	for _, n := range l.Comments {
		m := ignoreForm.FindStringSubmatch(n.Text)
		refuse := func(from, to int, advice, format string, args ...any) {
			wrong = append(wrong, rulesets.Diagnostic{Severity: rulesets.SeverityError, Message: fmt.Sprintf(format, args...), Suggestion: advice}.At(n, from, to))
		}
		from := strings.Index(n.Text, m[1])
		switch {
		case m[1] == "" || m[1] == "because":
			refuse(0, len("lint:ignore"), ignoreAdvice, "this comment does not say which lint it silences")
		case Named(m[1]) == nil:
			refuse(from, from+len(m[1]), expression.DidYouMean(m[1], names()), "there is no lint %q", m[1])
		case m[2] == "":
			refuse(from, from+len(m[1]), "write: # lint:ignore "+m[1]+" because REASON", "this comment does not say why it silences %s", m[1])
		default:
			at := n.Position()
			ignores = append(ignores, &ignore{comment: n, lint: m[1], file: at.File, line: l.silences(n)})
		}
	}
	return ignores, wrong
}

// silences is the line that a comment speaks of: its own, or the next one that is no comment where it stands alone.
func (l *linter) silences(n *document.Node) int {
	at := n.Position()
	if !n.Alone() {
		return at.Line
	}
	lines := strings.Split(l.program.Sources[at.File], "\n")
	line := at.Line + 1
	for line <= len(lines) && (strings.HasPrefix(strings.TrimSpace(lines[line-1]), "#") || strings.TrimSpace(lines[line-1]) == "") {
		line++
	}
	return line
}

// silenced reports whether a comment silences a finding.
func silenced(ignores []*ignore, f finding) bool {
	found := false
	for _, i := range ignores {
		if i.lint == f.Lint && i.file == f.File && slices.Contains(f.lines, i.line) {
			i.used, found = true, true
		}
	}
	return found
}

// unused are notes on comments that silence nothing.
func (l *linter) unused(ignores []*ignore) (out rulesets.Diagnostics) {
	lint := Named("unused_ignore")
	for _, i := range ignores {
		if !i.used {
			out = append(out, rulesets.Diagnostic{Severity: lint.Severity, Lint: lint.Name, Suggestion: lint.Instead,
				Message: i.lint + " has nothing to say here"}.At(i.comment, 0, 0))
		}
	}
	return out
}
