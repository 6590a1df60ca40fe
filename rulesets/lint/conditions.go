package lint

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// constantConditions finds conditions, and parts of them, that always come out as outcome.
func (l *linter) constantConditions(outcome bool) {
	for n, e := range l.Expressions {
		if e.Cond != nil || e.Amount != nil {
			v := &visitor{l, l.reason(e), n, outcome}
			v.visit(e.Tree, e.Cond != nil)
		}
	}
	if !outcome {
		l.each(l.contradictions, "rules", "boosts", "counters", "streaks", "challenges")
	}
}

// visitor goes through an expression and speaks of the smallest parts that always come out as outcome.
type visitor struct {
	*linter
	reasoner
	node    *document.Node
	outcome bool
}

// visit looks at n, which is a condition or something else, and reports whether it has spoken.
func (v *visitor) visit(n ast.Node, condition bool) bool {
	said := false
	switch n := n.(type) {
	case *ast.UnaryNode:
		return v.visit(n.Node, condition && n.Operator != "-")
	case *ast.ConditionalNode:
		said = v.visit(n.Cond, true)
		for _, part := range []ast.Node{n.Exp1, n.Exp2} {
			if _, literal := part.(*ast.BoolNode); !literal {
				said = v.visit(part, condition) || said
			}
		}
		return said
	case *ast.BinaryNode:
		logic := slices.Contains([]string{"and", "&&", "or", "||"}, n.Operator)
		said = v.visit(n.Left, logic)
		said = v.visit(n.Right, logic) || said
	case *ast.BuiltinNode:
		for _, a := range n.Arguments {
			if p, ok := a.(*ast.PredicateNode); ok {
				said = v.visit(p.Node, n.Name != "sum") || said
				continue
			}
			said = v.visit(a, false) || said
		}
	default:
		for _, c := range expression.Children(n) {
			said = v.visit(c, false) || said
		}
	}
	if said || !condition || !v.never(n, !v.outcome) || v.never(n, v.outcome) {
		return said
	}
	v.speak(n)
	return true
}

func (v *visitor) speak(n ast.Node) {
	from, to := expression.Span(n)
	word := map[bool]string{true: "always", false: "never"}[v.outcome]
	v.sayOf(v.node, from, to, "", "%s", v.because(n)+"this is "+word+" true")
}

// because says what makes n constant, as the beginning of a sentence; "" where that is plain to see or hard to say.
func (v *visitor) because(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallNode:
		if n.Callee.String() == "has" {
			return n.Arguments[0].String() + " is not optional: "
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			if a, b := v.exclusive(n); a != nil {
				return fmt.Sprintf("%s and %s exclude each other: ", a, b)
			}
		case "or", "||":
			return "one or the other always holds: "
		default:
			for _, side := range []ast.Node{n.Left, n.Right} {
				if _, constant := v.constant(side, true); constant {
					continue
				}
				if d := v.of(side, nil); d.lower {
					return side.String() + " has no capitals: "
				} else if d.String() != "" {
					return side.String() + " is " + d.String() + ": "
				}
			}
		}
	}
	return ""
}

// exclusive are two parts of what n joins by and that cannot hold together.
func (v *visitor) exclusive(n ast.Node) (a, b ast.Node) {
	parts := conjuncts(n)
	for i, a := range parts {
		for _, b := range parts[:i] {
			if len(joined(v.clauses(a, true), v.clauses(b, true))) == 0 {
				return b, a
			}
		}
	}
	return nil, nil
}

// conjuncts are the conditions that n joins by and.
func conjuncts(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "and" || b.Operator == "&&") {
		return append(conjuncts(b.Left), conjuncts(b.Right)...)
	}
	return []ast.Node{n}
}

// contradictions finds definitions whose `if`, `for` and `during` each can hold, but not together.
func (l *linter) contradictions(_ string, rec *document.Record) {
	condition, who := l.condition(rec, "if"), l.condition(rec, "for")
	if len(l.holds(condition)) == 0 || len(l.holds(who)) == 0 {
		return
	}
	both := l.holds(condition, who)
	if len(both) == 0 {
		l.say(rec.Values["if"], "", "this is never true for members of `for`")
		return
	}
	windows := l.windowClauses(rec)
	if len(windows) > 0 && len(joined(both, windows)) == 0 {
		at := rec.Values["if"]
		if at == nil {
			at = rec.Values["for"]
		}
		l.say(at, "", "this is never true while `during` is open")
	}
}

// windowClauses are what the windows of a definition ask of an event: its date, weekday and hour, as far as they tell.
func (l *linter) windowClauses(rec *document.Record) []clause {
	out := []clause{}
	for _, n := range rec.List("during") {
		w := l.Windows[n]
		if w == nil {
			w = l.promotionWindow(n.Text)
		}
		if w == nil {
			return unknown
		}
		out = anyOf(out, []clause{windowClause(w)})
	}
	return out
}

// promotionWindow is the window of a promotion; nil where the calendar does not tell, or tells it in another zone than the
// member's.
func (l *linter) promotionWindow(id string) *calendar.Window {
	rec := l.Record("promotions", id)
	if rec == nil || l.program.Ruleset.MemberClock {
		return nil
	}
	if rec.Has("cron") {
		return l.Windows[rec.Node]
	}
	return l.Windows[rec.Values["during"]]
}

func windowClause(w *calendar.Window) clause {
	c := clause{}
	overnight := w.Hours != nil && w.Hours.To <= w.Hours.From
	dates := domain{whole: true}
	if w.HasFrom {
		dates.low = number(int64(w.From))
	}
	if w.HasUntil {
		dates.high = number(int64(w.Until))
	}
	if overnight && w.HasUntil { // the last stretch ends on the day after
		dates.high = number(int64(w.Until) + 1)
	}
	c["event.date"] = dates
	if w.Days != nil && !overnight {
		var days []string
		for _, d := range w.Days {
			days = append(days, strings.ToLower(d.Weekday.String()))
		}
		c["event.day"] = text(days...)
	}
	if w.Hours != nil && !overnight {
		c["event.hour"] = between(number(int64(w.Hours.From/time.Hour)), number(int64((w.Hours.To-1)/time.Hour)))
	}
	return c
}

// countersBefore finds conditions on a count that the same event advances.
func (l *linter) countersBefore() {
	l.each(func(_ string, rec *document.Record) {
		for _, field := range []string{"if", "for"} {
			if n := rec.Values[field]; l.Expressions[n] != nil {
				l.countedAlready(n, l.Expressions[n], l.triggers(rec))
			}
		}
	}, "rules", "boosts")
}

// triggers are the events that a rule looks at, and those of the rules that a boost applies to.
func (l *linter) triggers(rec *document.Record) map[string]bool {
	events := map[string]bool{}
	for _, n := range rec.List("when") {
		events[n.Text] = true
	}
	if rec.Has("when") {
		return events
	}
	for _, i := range l.boosted[rec.ID] {
		if i < len(l.events) {
			events[l.events[i].Name] = true
		}
	}
	return events
}

// countSections are the definitions that count, by what expressions call them.
var countSections = map[string]string{"counter": "counters", "streak": "streaks", "challenge": "challenges"}

func (l *linter) countedAlready(n *document.Node, e *expression.Expression, events map[string]bool) {
	expression.Walk(e.Tree, func(part ast.Node) {
		if _, ok := part.(*ast.MemberNode); !ok {
			return
		}
		path := strings.Split(part.String(), ".")
		if len(path) < 3 || path[0] != "member" || countSections[path[1]] == "" {
			return
		}
		if path[1] == "challenge" && len(path) < 4 {
			return
		}
		if event := l.counts(countSections[path[1]], path[2], events); event != "" {
			from, to := expression.Span(part)
			l.sayOf(n, from, to, "", "%s is what it was before this %s, which is not in it yet", part, event)
		}
	})
}

// counts is one of the events that a definition counts, "" where it counts none of them.
func (l *linter) counts(section, id string, events map[string]bool) string {
	rec := l.Record(section, id)
	if rec == nil {
		return ""
	}
	for _, n := range rec.List("when") {
		if events[n.Text] {
			return n.Text
		}
	}
	if n := rec.Values["counter"]; n != nil {
		return l.counts("counters", n.Text, events)
	}
	if n := rec.Values["steps"]; n != nil {
		for _, step := range n.Pairs {
			if when := step.Value.Find("when"); when != nil && events[when.Text] {
				return when.Text
			}
		}
	}
	return ""
}
