package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Severity tells what stops a ruleset from what only informs.
type Severity string

// The severities of a Diagnostic.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning" // it compiles, and is hardly meant
	SeverityNote    Severity = "note"    // it compiles, and is worth a thought
)

// Diagnostic is one thing said about a place in a ruleset. Line and Column count from 1, Column and Width in characters.
type Diagnostic struct {
	Severity   Severity `json:"severity"`
	File       string   `json:"file"`
	Line       int      `json:"line"`
	Column     int      `json:"column"`
	Width      int      `json:"width"`
	Message    string   `json:"message"`
	Suggestion string   `json:"suggestion,omitempty"`
	Lint       string   `json:"lint,omitempty"` // the name of the lint that says it; "" for the compiler

	source string // the text of the line
	cut    int    // characters of it that are left out before what is shown
}

// Of a long line only what stands around the place is shown.
const (
	maxLine    = 240
	beforeCut  = 100
	ellipsis   = "…"
	widestMark = maxLine - beforeCut
)

// maxMessage bounds a message in bytes: it may quote a name of any length.
const maxMessage = 600

func shortened(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage], "") + ellipsis
}

// excerpt is a line as it is shown for a column, and how many characters are left out before it.
func excerpt(line string, column int) (shown string, cut int) {
	if len(line) <= maxLine {
		return line, 0
	}
	runes := []rune(line)
	if cut = min(column-1, len(runes)) - beforeCut; cut <= 0 {
		cut = 0
	} else {
		shown = ellipsis
		cut--
	}
	first := cut + utf8.RuneCountInString(shown)
	end := min(len(runes), first+maxLine)
	shown += string(runes[first:end])
	if end < len(runes) {
		shown += ellipsis
	}
	return shown, cut
}

// At is d with the place of the characters from..to of n; of all of n where to is 0.
func (d Diagnostic) At(n *Node, from, to int) Diagnostic {
	at, width := n.whole()
	if to > 0 {
		at, width = n.span(from, to)
	}
	d.File, d.Line, d.Column, d.Width = n.src.name, at.line, at.column, width
	d.source, d.cut = excerpt(n.src.line(at.line), at.column)
	return d
}

// String shows the diagnostic with its source line, a caret and the suggestion.
func (d Diagnostic) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s: %s", d.File, d.Line, d.Column, d.Severity, d.Message)
	if d.Lint != "" {
		fmt.Fprintf(&b, " [%s]", d.Lint)
	}
	b.WriteByte('\n')
	if d.source != "" {
		fmt.Fprintf(&b, "%5d | %s\n", d.Line, d.source)
		fmt.Fprintf(&b, "      | %s%s\n", indentLike(d.source, d.Column-1-d.cut), strings.Repeat("^", min(max(1, d.Width), widestMark)))
	}
	if d.Suggestion != "" {
		fmt.Fprintf(&b, "      = %s\n", d.Suggestion)
	}
	return b.String()
}

// indentLike is blank space as wide as the first n characters of line, with its tabs, so that the caret stands right.
func indentLike(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if b.Len() >= n {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
	}
	for b.Len() < n {
		b.WriteByte(' ')
	}
	return b.String()
}

// Diagnostics is all that was said about a ruleset, sorted by place.
type Diagnostics []Diagnostic

// Error is the text of all diagnostics.
func (ds Diagnostics) Error() string {
	var b strings.Builder
	for _, d := range ds {
		b.WriteString(d.String())
	}
	return b.String()
}

// HasErrors reports whether any of them stops the ruleset.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == SeverityError })
}

// Sorted is ds by file and place, with what was said twice of one place said once.
func (ds Diagnostics) Sorted() Diagnostics {
	out := slices.Clone(ds)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.File == b.File && a.Line == b.Line && a.Column == b.Column && a.Message == b.Message
	})
}

// Reporter collects what is said about documents while they are parsed, decoded and compiled. The zero value is ready.
type Reporter struct {
	List  Diagnostics // in the order said
	Quiet bool        // while the same text is read once more

	size int // bytes of all that was parsed
}

// Full reports whether nothing more is taken, so that looking for more is of no use.
func (r *Reporter) Full() bool { return len(r.List) > MaxErrors }

func (r *Reporter) at(src *source, p place, width int, suggestion, format string, args ...any) {
	if r.Quiet || r.Full() {
		return
	}
	if len(r.List) == MaxErrors {
		suggestion, format, args = "mend the errors before this one first", "there are more errors than can be shown", nil
	}
	shown, cut := excerpt(src.line(p.line), p.column)
	r.List = append(r.List, Diagnostic{Severity: SeverityError, File: src.name, Line: p.line, Column: p.column, Width: width,
		Message: shortened(fmt.Sprintf(format, args...)), Suggestion: shortened(suggestion), source: shown, cut: cut})
}

// Node reports an error about all of n.
func (r *Reporter) Node(n *Node, suggestion, format string, args ...any) {
	if r.Quiet || r.Full() {
		return
	}
	p, width := n.whole()
	r.at(n.src, p, width, suggestion, format, args...)
}

// Span reports an error about the characters from..to of a scalar.
func (r *Reporter) Span(n *Node, from, to int, suggestion, format string, args ...any) {
	if r.Quiet || r.Full() {
		return
	}
	p, width := n.span(from, to)
	r.at(n.src, p, width, suggestion, format, args...)
}
