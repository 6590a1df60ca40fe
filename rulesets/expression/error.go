package expression

import (
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"

	"github.com/laurel-engine/laurel/engine/spelling"
)

// Error is one thing wrong with an expression, with its place in runes of the source.
type Error struct {
	From, To   int
	Message    string
	Suggestion string
}

func (e Error) Error() string { return e.Message }

// maxCandidates bounds the search for what a misspelt word was meant to be, which looks at each.
const maxCandidates = 1000

// Nearest is the candidate most like word in any case, else the only one that it begins, "" when none is near enough to be
// what was meant.
func Nearest(word string, candidates []string) string {
	if len(candidates) > maxCandidates {
		return ""
	}
	lower := strings.ToLower(word)
	if best := spelling.Nearest(word, candidates); best != "" {
		return best
	}
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if spelling.Nearest(lower, []string{strings.ToLower(c)}) != "" {
			return c
		}
	}
	if len(word) >= 3 {
		return completed(lower, candidates)
	}
	return ""
}

// completed is the only candidate that begins with word, "" where there is none or more than one.
func completed(word string, candidates []string) string {
	only := ""
	for _, c := range candidates {
		if strings.HasPrefix(strings.ToLower(c), word) {
			if only != "" {
				return ""
			}
			only = c
		}
	}
	return only
}

// DidYouMean suggests the candidate most like word, or lists them when they are few.
func DidYouMean(word string, candidates []string) string {
	if best := Nearest(word, candidates); best != "" {
		return "did you mean " + best + "?"
	}
	if n := len(candidates); n > 0 && n <= 12 {
		return "there is: " + strings.Join(slices.Sorted(slices.Values(candidates)), ", ")
	}
	return ""
}

// syntaxHints explain what expr's parser says, in the order they are tried.
var syntaxHints = []struct {
	found               *regexp.Regexp
	message, suggestion string
}{
	{regexp.MustCompile(`Operator\("="\)`), "one = does not compare", "write =="},
	{regexp.MustCompile(`token EOF|unexpected end`), "the expression ends too early", "a bracket or a value is missing at the end"},
	{regexp.MustCompile(`literal not terminated`), "the text is not closed by a quote", "text stands in quotes of one kind: \"gold\" or 'gold'"},
	{regexp.MustCompile(`coalesce expressions`), "?? cannot be mixed with other operators", "put it into parentheses: (x ?? 0)"},
	{regexp.MustCompile(`maximum allowed nodes`), "the expression has more than 200 parts", "move a part of it into an audience or a table"},
	{regexp.MustCompile(`unexpected token Operator\("if"\)`), "inside an expression `if` stands in parentheses", "write: x + (if c { a } else { b })"},
	{regexp.MustCompile(`unexpected token \w+\("[#.]"\)`), "# and . stand for an item, only inside a predicate", "such as any(event.items, .qty > 1)"},
	{regexp.MustCompile(`unexpected token Identifier\("([^"]*)"\)`), `$1 is not expected here`, "an operator or a comma is missing before it"},
	{regexp.MustCompile(`unexpected token \w+\((".*")\)`), `$1 is not expected here`,
		"an operator, a comma or a bracket is missing before it, or it is one too many"},
	{regexp.MustCompile(`invalid (?:integer|float|hex|binary|octal) literal|literal is too large|bad number syntax`), "this number cannot be read",
		"write digits and at most one point"},
	{regexp.MustCompile(`expected at least (\d) arguments`), "a predicate is missing", "write it after a comma: any(event.items, .qty > 1)"},
	{regexp.MustCompile(`expected name`), "a name is missing after the point", "such as event.amount"},
	{regexp.MustCompile(`unrecognized character: U\+(?:201[89A-F]|00AB|00BB) '(.*)'`), "$1 is a typographic quote", `write straight ones: "gold"`},
	{regexp.MustCompile(`unrecognized character: U\+\w+ ('.*')`), "$1 cannot stand here", "text stands in quotes"},
}

// syntaxError turns an error of expr's parser into one of ours.
func syntaxError(err *file.Error) Error {
	for _, h := range syntaxHints {
		if m := h.found.FindStringSubmatchIndex(err.Message); m != nil {
			message := h.found.ExpandString(nil, h.message, err.Message, m)
			return Error{err.From, err.To, string(message), h.suggestion}
		}
	}
	return Error{err.From, err.To, err.Message, ""}
}
