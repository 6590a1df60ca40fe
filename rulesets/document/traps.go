package document

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// trap is a way in which YAML takes text for something else: what its parser says, what the lines look like, and what to
// do.
type trap struct {
	said       string // a part of the parser's message
	where      looks
	message    string
	suggestion string
}

// looks are conditions on the place where the parser stopped; the zero value holds everywhere.
type looks struct {
	line   *regexp.Regexp // the whole line
	before *regexp.Regexp // the line up to the place
	above  *regexp.Regexp // the line above
	here   string         // the character at the place is one of these
}

const quoteIt = "put the text into single quotes, or write the map over several lines"

func line(pattern string) looks { return looks{line: regexp.MustCompile(pattern)} }

func here(characters string) looks { return looks{here: characters} }

var traps = []trap{
	{"cannot start any token", line(`^\s*\t|^ *\t`), "a tab cannot indent", "indent with spaces"},
	{"cannot start any token", line("[:-] +[@`%]"), "YAML reserves this character at the start of a text", "put the text into single quotes"},
	{"mapping values are not allowed", looks{before: regexp.MustCompile(`^ *\w+$`)}, "this line is indented more than the map it belongs to",
		"indent it like the key above it, or put the text above it into quotes"},
	{"mapping values are not allowed", line(`\?.* : `), "YAML reads `: ` as the start of a map",
		"write: if c { a } else { b }, or put the text into single quotes"},
	{"mapping values are not allowed", looks{}, "YAML reads `: ` as the start of a map", "put the whole text into single quotes"},
	{"mapping keys are not allowed", line(`[\]}]\?`), "? cannot follow a bracket", "mark the field's name: items?: [{sku: text}]"},
	{"expected key", here("]}"), "a bracket is closed that was not opened", "leave it out"},
	{"expected key", line(`: +"[^"]*" +\S|: +'[^']*' +\S`), "after the closing quote YAML expects the end of the line",
		`turn it round: x == "gold", or put the whole text into single quotes`},
	{"expected key", looks{above: regexp.MustCompile(`\S +#`)}, "the text that this line continues has ended at its comment",
		"write the comment on a line of its own, before the text"},
	{"expected key", looks{}, "this line does not continue the map it stands in", "indent it like the other keys"},
	{"expected ',' or '}'", here("["), "inside { } YAML reads [ as its own", quoteIt},
	{"expected ',' or '}'", looks{line: regexp.MustCompile(`\bif\b.*\{`), here: "{"}, "inside { } YAML reads the braces of `if` as its own", quoteIt},
	{"expected ',' or '}'", here("{"), "inside { } YAML reads { as its own", quoteIt},
	{"expected ',' or '}'", looks{line: regexp.MustCompile(`\?.* : `), here: ":"}, "inside { } YAML reads ` : ` as its own",
		"write: if c { a } else { b } over several lines, or put the text into single quotes"},
	{"expected ',' or '}'", here("=<>!"), "after the closing quote YAML expects a comma or }",
		`turn it round: x == "gold", or put the whole text into single quotes`},
	{"expected ',' or '}'", looks{}, "a } is missing", "inside { } a text with , or { } stands in quotes"},
	{"expected ',' or ']'", here("[{"), "inside [ ] YAML reads the brackets of a text as its own",
		"put the text into single quotes, or write the list over several lines"},
	{"expected ',' or ']'", looks{}, "a ] is missing", "inside [ ] a text with , or [ ] stands in quotes"},
	{"unexpected end of stream", looks{}, "a quote is not closed", "close it where the text ends; a quote inside of quotes is written twice: 'it''s'"},
	{"unknown escape character", looks{}, `in double quotes a \ starts an escape`, `write it twice, or put the text into single quotes`},
	{"exceeded max depth", looks{}, "this is nested too deeply", "a ruleset needs at most a dozen levels"},
	{"block sequence entries", looks{}, "a list starts on its own line", "or write it in one: [a, b]"},
}

// fit reports whether a place looks so.
func (l *looks) fit(src *source, at place) bool {
	text := src.line(at.line)
	runes := []rune(text)
	column := min(at.column-1, len(runes))
	switch {
	case l.line != nil && !l.line.MatchString(text),
		l.before != nil && !l.before.MatchString(string(runes[:column])),
		l.above != nil && !l.above.MatchString(src.line(at.line-1)):
		return false
	default:
		return l.here == "" || column < len(runes) && strings.ContainsRune(l.here, runes[column])
	}
}

// reportYAML says in our words what YAML's parser refuses.
func reportYAML(src *source, err error, report *Reporter) {
	at, said := place{1, 1}, err.Error()
	shown := at
	var le *yaml.LoadError
	if errors.As(err, &le) {
		said = le.Message
		if le.Mark.Line > 0 {
			at = place{le.Mark.Line, max(1, le.Mark.Column)}
		}
		shown = at
		if opened := le.ContextMark.Line; opened > 0 && opened < at.line && !strings.Contains(said, "expected key") {
			shown = place{le.ContextMark.Line, le.ContextMark.Column} // what has been opened and not closed
		}
	}
	for i := range traps {
		if t := &traps[i]; strings.Contains(said, t.said) && t.where.fit(src, at) {
			report.at(src, shown, 1, t.suggestion, "%s", t.message)
			return
		}
	}
	report.at(src, shown, 1, "texts with characters that YAML gives a meaning stand in quotes", "this is not YAML: %s", said)
}

// limitKey is what can follow a comma in a limit.
var limitKey = regexp.MustCompile(`^(?:everyone|member|(?:event|member)\.[a-z0-9_.]+)$`)

// cutByComma explains a key, or an item of a list, that makes no sense because it is the rest of a text which YAML cut:
// {limit: 1 per day by member, event.sku}. Likely says that it may be one.
func cutByComma(n *Node, likely bool) string {
	if !n.flow || !likely || !strings.ContainsAny(n.Text, ". ") && !limitKey.MatchString(n.Text) {
		return ""
	}
	if limitKey.MatchString(n.Text) {
		return "inside { } and [ ] YAML ends a text at the comma: write `and` in its place, by member and " + n.Text
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
