package lint

import (
	"fmt"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Run is what the lints say of a program at a moment, sorted by place. Its only errors are comments that silence nothing
// because they name no lint or give no reason.
func Run(p *rulesets.Program, now calendar.Instant) rulesets.Diagnostics {
	l := newLinter(p, now)
	for i := range lints {
		l.current = &lints[i]
		if l.current.check != nil {
			l.current.check(l)
		}
	}
	ignores, out := l.ignores()
	for _, f := range l.found {
		if !silenced(ignores, f) {
			out = append(out, f.Diagnostic)
		}
	}
	return append(out, l.unused(ignores)...).Sorted()
}

// linter collects findings.
type linter struct {
	*rulesets.Written
	program   *rulesets.Program
	now       calendar.Instant
	current   *Lint
	parents   map[*document.Node]parent
	audiences map[string]*expression.Expression
	rules     map[string]*engine.Rule // by id, that of the first event
	grants    []engine.Grant          // all that boosts may apply to, those of rules first
	events    []*engine.EventType     // of the grants of rules
	boosted   map[string][]int        // indices of grants, by boost
	earned    map[string]bound        // earnings, by points and stretch
	found     []finding
}

func newLinter(p *rulesets.Program, now calendar.Instant) *linter {
	l := &linter{Written: p.Written, program: p, now: now, parents: map[*document.Node]parent{}, rules: map[string]*engine.Rule{},
		audiences: map[string]*expression.Expression{},
		boosted:   map[string][]int{}, earned: map[string]bound{}}
	l.adopt(p.Written.Root.Node)
	if n := l.Root.Values["audiences"]; n != nil {
		for _, p := range n.Pairs {
			l.audiences[p.Key.Text] = l.Expressions[p.Value]
		}
	}
	for _, r := range p.Ruleset.Rules {
		if l.rules[r.ID] == nil {
			l.rules[r.ID] = r
		}
		for _, g := range r.Give {
			l.grants, l.events = append(l.grants, g), append(l.events, r.When)
		}
	}
	for _, c := range p.Ruleset.Challenges {
		for _, g := range c.Goals {
			l.grants = append(l.grants, g.Give...)
		}
	}
	for _, s := range p.Ruleset.Streaks {
		for _, g := range s.Goals {
			l.grants = append(l.grants, g.Give...)
		}
	}
	for i, g := range l.grants {
		for _, b := range g.Boosts {
			l.boosted[b.ID] = append(l.boosted[b.ID], i)
		}
	}
	return l
}

// parent is the map or list that a node stands in, and its key.
type parent struct{ key, in *document.Node }

// finding is a diagnostic with the lines whose comments can silence it: those of its place and of all it stands in.
type finding struct {
	rulesets.Diagnostic
	lines []int
}

// adopt remembers the parents of all below n.
func (l *linter) adopt(n *document.Node) {
	for _, p := range n.Pairs {
		l.parents[p.Key], l.parents[p.Value] = parent{p.Key, n}, parent{p.Key, n}
		l.adopt(p.Value)
	}
	for _, item := range n.Items {
		l.parents[item] = parent{item, n}
		l.adopt(item)
	}
}

// lines are those of n and of the keys and items that it stands in, up to its definition.
func (l *linter) lines(n *document.Node) []int {
	out := []int{n.Position().Line}
	for p, ok := l.parents[n]; ok && p.in != l.Root.Node; p, ok = l.parents[p.in] {
		out = append(out, p.key.Position().Line)
	}
	return out
}

// say reports the current lint about all of n. What to do is the lint's own advice where advice is "".
func (l *linter) say(n *document.Node, advice, format string, args ...any) {
	l.sayOf(n, 0, 0, advice, format, args...)
}

// sayOf is say about the characters from..to of a scalar.
func (l *linter) sayOf(n *document.Node, from, to int, advice, format string, args ...any) {
	if advice == "" {
		advice = l.current.Instead
	}
	d := rulesets.Diagnostic{Severity: l.current.Severity, Lint: l.current.Name, Message: fmt.Sprintf(format, args...), Suggestion: advice}.At(n, from, to)
	l.found = append(l.found, finding{d, append(l.lines(n), d.Line)})
}

// each calls visit for every definition of some sections.
func (l *linter) each(visit func(section string, rec *document.Record), sections ...string) {
	for _, section := range sections {
		for _, rec := range l.Records[section] {
			visit(section, rec)
		}
	}
}

// condition is a field's compiled condition; of an audience named in `for`, the audience's. It is nil without one.
func (l *linter) condition(rec *document.Record, field string) *expression.Expression {
	n := rec.Values[field]
	if n == nil {
		return nil
	}
	if e := l.Expressions[n]; e != nil {
		return e
	}
	return l.audience(n.Text)
}

// audience is the compiled condition of an audience, nil without one.
func (l *linter) audience(id string) *expression.Expression {
	return l.audiences[id]
}

// reason is the reasoner for a compiled expression.
func (l *linter) reason(e *expression.Expression) reasoner {
	return reasoner{scope: e.Scope, audience: l.audience, answers: map[question][]clause{}}
}

// holds are the ways in which some conditions can hold together; those that are nil always do.
func (l *linter) holds(conditions ...*expression.Expression) []clause {
	out := unknown
	for _, e := range conditions {
		if e != nil {
			out = joined(out, l.reason(e).clauses(e.Tree, true))
		}
	}
	return out
}
