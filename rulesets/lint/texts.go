package lint

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// mention is a text in quotes that a field is compared with, and where.
type mention struct {
	field, text string
	node        *document.Node
	from, to    int
	reason      reasoner
}

// unknownTexts finds texts that are compared with a field and cannot be meant: those that are not in the table that the field
// is looked up in, that are no level, goal or time zone, and those that are all but another text that the same field is
// compared with.
func (l *linter) unknownTexts() {
	mentions, declared := l.texts()
	uses := map[string]map[string]int{}
	for _, m := range mentions {
		if uses[m.field] == nil {
			uses[m.field] = map[string]int{}
		}
		uses[m.field][m.text]++
	}
	for _, m := range mentions {
		known, what := declared[m.field], "in the table that "+m.field+" is looked up in"
		if known == nil {
			known, what = l.builtinTexts(m)
		}
		switch {
		case known != nil && !slices.Contains(known, m.text):
			l.sayOf(m.node, m.from, m.to, expression.DidYouMean(m.text, known), "there is no %q %s", m.text, what)
		case known == nil && len(uses[m.field]) <= maxTexts:
			if near := likelier(m.text, uses[m.field]); near != "" {
				l.sayOf(m.node, m.from, m.to, "did you mean "+near+"?", "%s is compared with %q only here, elsewhere with %q", m.field, m.text, near)
			}
		}
	}
}

// maxTexts is how many different texts a field is compared with that has a few values; one with more holds ids.
const maxTexts = 100

func ids[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// texts are the texts that fields are compared with, and the keys of the tables that fields are looked up in.
func (l *linter) texts() (mentions []mention, declared map[string][]string) {
	declared = map[string][]string{}
	for n, e := range l.Expressions {
		r := l.reason(e)
		add := func(of, constant ast.Node) {
			s, ok := constant.(*ast.StringNode)
			if field := fieldOf(of); ok && field != "" && !r.isDate(of) {
				from, to := expression.Span(s)
				mentions = append(mentions, mention{field, s.Value, n, from, to, r})
			}
		}
		expression.Walk(e.Tree, func(part ast.Node) {
			switch part := part.(type) {
			case *ast.BinaryNode:
				switch part.Operator {
				case "==", "!=":
					add(part.Left, part.Right)
					add(part.Right, part.Left)
				case "in":
					if list, ok := part.Right.(*ast.ArrayNode); ok {
						for _, item := range list.Nodes {
							add(part.Left, item)
						}
					}
				}
			case *ast.MemberNode:
				if table, ok := strings.CutPrefix(part.Node.String(), "table."); ok {
					if field := fieldOf(part.Property); field != "" {
						declared[field] = append(declared[field], ids(e.Scope.Names.Tables[table])...)
					}
				}
			}
		})
	}
	return mentions, declared
}

// fieldOf is the field of the event or member that n is, or is the value of where that is present; "" for all else. A text
// in lower case is compared otherwise.
func fieldOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BinaryNode:
		if n.Operator == "??" {
			return fieldOf(n.Left)
		}
	case *ast.MemberNode:
		path := n.String()
		if _, constant := n.Property.(*ast.StringNode); constant && (strings.HasPrefix(path, "event.") || strings.HasPrefix(path, "member.")) {
			return path
		}
	}
	return ""
}

// builtinTexts are all texts that a field of Laurel's own can hold; nil where any can be.
func (l *linter) builtinTexts(m mention) (known []string, what string) {
	builtin := len(m.reason.scope.Events) > 0 && m.reason.scope.Events[0].Builtin
	rules := l.program.Ruleset
	switch {
	case m.field == "member.timezone":
		return calendar.ZoneNames(), "among the time zones"
	case builtin && (m.field == "event.level" || m.field == "event.from" || m.field == "event.to"):
		known = []string{""}
		for _, t := range rules.Tiers {
			for _, level := range t.Ladder.Levels {
				known = append(known, level.Name)
			}
		}
		for _, b := range rules.Badges {
			for _, level := range b.Levels {
				known = append(known, level.Name)
			}
		}
		return known, "among the levels of tiers and badges"
	case builtin && m.field == "event.goal":
		for _, c := range rules.Challenges {
			for _, g := range c.Goals {
				known = append(known, g.ID)
			}
		}
		return known, "among the goals of challenges"
	default:
		return nil, ""
	}
}

// likelier is the text that is used more often than word and was probably meant by it, "" where there is none: one that
// differs in capitals only, or in one letter of a word of five and more.
func likelier(word string, uses map[string]int) string {
	for _, other := range ids(uses) {
		if other == word || uses[other] < uses[word] {
			continue
		}
		more := uses[other] > uses[word]
		switch {
		case strings.EqualFold(other, word) && (more || other < word):
			return other
		case more && len(word) >= 5 && spelling.Distance(word, other) == 1 && letters(word) != letters(other):
			return other
		}
	}
	return ""
}

// letters is a word without its digits: level_1 and level_2 are no misspellings of one another.
func letters(word string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, word)
}
