package document

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// trap is a way in which YAML takes text for something else: what its parser says, what the line looks like, and what to do
// (language: YAML traps the loader explains).
type trap struct {
	said       string         // a part of the parser's message
	line       *regexp.Regexp // of the whole line; nil for any
	here       string         // what stands where the parser stopped, one of these characters; "" for anything
	message    string
	suggestion string
}

const quoteIt = "put the text into single quotes, or write the map over several lines"

var traps = []trap{
	{"cannot start any token", regexp.MustCompile(`^\s*\t|^ *\t`), "", "a tab cannot indent", "indent with spaces"},
	{"cannot start any token", regexp.MustCompile("[:-] +[@`%]"), "", "YAML reserves this character at the start of a text", "put the text into single quotes"},
	{"mapping values are not allowed", regexp.MustCompile(`\?.* : `), "", "YAML reads `: ` as the start of a map", "write: if c { a } else { b }, or put the text into single quotes"},
	{"mapping values are not allowed", regexp.MustCompile(`: .*: `), "", "YAML reads `: ` as the start of a map", "put the whole text into single quotes"},
	{"mapping values are not allowed", nil, "", "this line is indented more than the map it belongs to", "or the text above it must stand in quotes"},
	{"mapping keys are not allowed", regexp.MustCompile(`[\]}]\?`), "", "? cannot follow a bracket", "mark the field's name: items?: [{sku: text}]"},
	{"expected key", regexp.MustCompile(`: +"[^"]*" +\S|: +'[^']*' +\S`), "", "after the closing quote YAML expects the end of the line", `turn it round: x == "gold", or put the whole text into single quotes`},
	{"expected key", nil, "", "this line does not continue the map it stands in", "indent it like the other keys"},
	{"expected ',' or '}'", nil, "[", "inside { } YAML reads [ as its own", quoteIt},
	{"expected ',' or '}'", regexp.MustCompile(`\bif\b.*\{`), "{", "inside { } YAML reads the braces of `if` as its own", quoteIt},
	{"expected ',' or '}'", nil, "{", "inside { } YAML reads { as its own", quoteIt},
	{"expected ',' or '}'", regexp.MustCompile(`\?.* : `), ":", "inside { } YAML reads ` : ` as its own", "write: if c { a } else { b } over several lines, or put the text into single quotes"},
	{"expected ',' or '}'", nil, "=<>!", "after the closing quote YAML expects a comma or }", `turn it round: x == "gold", or put the whole text into single quotes`},
	{"expected ',' or '}'", nil, "", "a } is missing", "inside { } a text with , or { } stands in quotes"},
	{"expected ',' or ']'", nil, "[{", "inside [ ] YAML reads the brackets of a text as its own", "put the text into single quotes, or write the list over several lines"},
	{"expected ',' or ']'", nil, "", "a ] is missing", "inside [ ] a text with , or [ ] stands in quotes"},
	{"unexpected end of stream", nil, "", "a quote is not closed", "close it where the text ends; a quote inside of quotes is written twice: 'it''s'"},
	{"exceeded max depth", nil, "", "this is nested too deeply", "a ruleset needs at most a dozen levels"},
	{"block sequence entries", nil, "", "a list starts on its own line", "or write it in one: [a, b]"},
}

// fits reports whether what the parser said of a place in a line is this trap.
func (t *trap) fits(said, line string, column int) bool {
	if !strings.Contains(said, t.said) || t.line != nil && !t.line.MatchString(line) {
		return false
	}
	runes := []rune(line)
	return t.here == "" || column <= len(runes) && strings.ContainsRune(t.here, runes[column-1])
}

// reportYAML says in our words what YAML's parser refuses.
func reportYAML(src *source, err error, report *Reporter) {
	at, said := place{1, 1}, err.Error()
	var le *yaml.LoadError
	if errors.As(err, &le) {
		said = le.Message
		if le.Mark.Line > 0 {
			at = place{le.Mark.Line, max(1, le.Mark.Column)}
		}
		if opened := le.ContextMark.Line; opened > 0 && opened < at.line && !strings.Contains(said, "expected key") {
			at = place{le.ContextMark.Line, le.ContextMark.Column}
		}
	}
	line := src.line(at.line)
	for i := range traps {
		if t := &traps[i]; t.fits(said, line, at.column) {
			report.at(src, at, 1, t.suggestion, "%s", t.message)
			return
		}
	}
	report.at(src, at, 1, "", "this is not YAML: %s", said)
}

// limitKey is what can follow a comma in a limit.
var limitKey = regexp.MustCompile(`^(?:everyone|member|(?:event|member)\.[a-z0-9_.]+)$`)

// cutByComma explains a key, or an item of a list, that makes no sense because it is the rest of a text which YAML cut:
// {limit: 1 per day by member, event.sku}. Likely says that it may be one.
func cutByComma(n *Node, likely bool) string {
	if !n.flow || !likely || !strings.ContainsAny(n.Text, ". ") && !limitKey.MatchString(n.Text) {
		return ""
	}
	return "inside { } and [ ] YAML ends a text at the comma: put the whole text into quotes"
}

// CommentHint explains an expression that ends too early because ` #` starts a comment.
func (n *Node) CommentHint() string {
	if n.Kind != Scalar || n.style != plain {
		return ""
	}
	p := n.at(utf8.RuneCountInString(n.Text))
	runes := []rune(n.src.line(p.line))
	if p.column-1 > len(runes) || !strings.HasPrefix(strings.TrimLeft(string(runes[p.column-1:]), " "), "#") {
		return ""
	}
	return "YAML starts a comment at ` #`: put the whole text into quotes"
}
