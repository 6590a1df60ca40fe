package lint

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// unboundedRules finds rules that give for every event that an app sends.
func (l *linter) unboundedRules() {
	l.each(func(_ string, rec *document.Record) {
		if l.unbounded(rec) {
			event := l.sent(rec)
			l.say(rec.Place(), l.limitAdvice(event), "%s gives for every %s, however many there are", rec.ID, event.Name)
		}
	}, "rules")
}

// unbounded reports whether nothing bounds how often a rule gives something of worth.
func (l *linter) unbounded(rec *document.Record) bool {
	give := rec.Values["give"]
	return give != nil && pays(give) && l.sent(rec) != nil && !rec.Has("limit") && !rec.Has("take") && !l.rare(rec) && !l.budgeted(rec)
}

// sent is the first event of `when` that apps send, nil for one of Laurel's own or a timer.
func (l *linter) sent(rec *document.Record) *engine.EventType {
	for _, n := range rec.List("when") {
		if t := l.program.Ruleset.EventType(n.Text); t != nil && !t.Builtin {
			return t
		}
	}
	return nil
}

// rare reports whether a rule's condition lets only the first event pass, or asks for time since the last one.
func (l *linter) rare(rec *document.Record) bool {
	e := l.condition(rec, "if")
	if e == nil {
		return false
	}
	return slices.ContainsFunc(conjuncts(e.Tree), func(n ast.Node) bool {
		return n.String() == "event.is_first" || strings.Contains(n.String(), "event.days_since_last")
	})
}

// budgeted reports whether all windows of a rule are promotions with a limit.
func (l *linter) budgeted(rec *document.Record) bool {
	windows := rec.List("during")
	return len(windows) > 0 && !slices.ContainsFunc(windows, func(n *document.Node) bool {
		p := l.Record("promotions", n.Text)
		return p == nil || !p.Has("limit")
	})
}

// limitAdvice names the field that tells one event from another, where there is one.
func (l *linter) limitAdvice(t *engine.EventType) string {
	for _, f := range t.Schema.Fields {
		if !f.Optional && f.Type == event.TypeText && strings.HasSuffix(f.Name, "_id") {
			return "write limit: 1 ever by everyone and event." + f.Name + ", so that nothing is paid twice"
		}
	}
	return ""
}

// uncappedAmounts finds amounts that grow with the event without a bound.
func (l *linter) uncappedAmounts() {
	l.each(func(_ string, rec *document.Record) {
		give := rec.Values["give"]
		if give == nil || rec.Has("take") || l.sent(rec) == nil || l.unbounded(rec) {
			return
		}
		for _, p := range give.Pairs {
			e := l.Expressions[p.Value]
			capped := slices.ContainsFunc(ceilings(rec), func(c ceiling) bool { return c.points == p.Key.Text })
			if e == nil || e.Amount == nil || len(e.EventFields) == 0 || capped || paid(e) || l.amountBound(rec, e) != nil {
				continue
			}
			l.say(p.Value, "write limit: 500 "+p.Key.Text+" per day, or "+bounded(strings.TrimSpace(p.Value.Text)),
				"one %s can give any number of %s: they grow with event.%s", l.eventName(rec), p.Key.Text, e.EventFields[0])
		}
	}, "rules")
}

// paid reports whether an amount is computed from money only, its own or that of the lines of a list: who sends a large
// one has taken it.
func paid(e *expression.Expression) bool {
	schema := e.Scope.Events[0].Schema
	return !slices.ContainsFunc(e.EventFields, func(name string) bool {
		f := schema.Field(name)
		money := func(f *event.Field) bool { return f.Type == event.TypeMoney }
		return f == nil || !money(f) && (f.Items == nil || !slices.ContainsFunc(f.Items.Fields, money))
	})
}

// bounded is an amount with a bound, written out where it is short.
func bounded(amount string) string {
	if len(amount) > 40 || strings.HasPrefix(amount, "if") {
		amount = "…"
	}
	return "min(" + amount + ", 500)"
}

func (l *linter) eventName(rec *document.Record) string {
	if n := rec.List("when"); len(n) > 0 && document.ID.Matches(n[0].Text) {
		return n[0].Text
	}
	return "event"
}

// amountBound is the largest amount under a rule's conditions, nil where there is none.
func (l *linter) amountBound(rec *document.Record, e *expression.Expression) bound {
	most := number(0)
	for _, way := range l.holds(l.condition(rec, "if"), l.condition(rec, "for")) {
		high := l.reason(e).of(e.Tree, way).high
		if high == nil {
			return nil
		}
		if high.Cmp(most) > 0 {
			most = high
		}
	}
	return most
}

// giftsToOneself finds `to` and `from` that the sender of an event fills in, and may fill in with the member itself.
func (l *linter) giftsToOneself() {
	l.each(func(_ string, rec *document.Record) {
		for _, field := range []string{"to", "from"} {
			n := rec.Values[field]
			if n == nil || !strings.HasPrefix(n.Text, "event.") || l.excludes(rec, n.Text) {
				continue
			}
			l.say(n, "add to `if`: "+n.Text+" != member.id", "%s may be the event's own member, and nobody can give to oneself: then nothing is given", n.Text)
		}
	}, "rules")
}

// excludes reports whether a rule's condition asks that a field is not the member.
func (l *linter) excludes(rec *document.Record, field string) bool {
	e := l.condition(rec, "if")
	return e != nil && slices.ContainsFunc(conjuncts(e.Tree), func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryNode)
		if !ok || b.Operator != "!=" {
			return false
		}
		sides := []string{fieldOf(b.Left), fieldOf(b.Right)}
		return slices.Contains(sides, field) && slices.Contains(sides, "member.id")
	})
}

// yearlyGifts finds gifts on a date of the profile, which may be changed, that nothing bounds.
func (l *linter) yearlyGifts() {
	l.each(func(_ string, rec *document.Record) {
		if n := rec.Values["when"]; n != nil && strings.HasPrefix(n.Text, "every year on") && !rec.Has("limit") {
			l.say(n, "", "%s gives again to whoever changes the date", rec.ID)
		}
	}, "rules")
}

// farmingLoops finds points that give points of their own kind without end.
func (l *linter) farmingLoops() {
	l.each(l.interest, "rules", "challenges", "streaks")
	l.each(l.selfFeedingChallenge, "challenges")
	l.each(l.returningPoints, "rules")
}

// interest finds amounts that grow with the points held or earned.
func (l *linter) interest(_ string, rec *document.Record) {
	for _, give := range gives(rec) {
		for _, p := range give.Pairs {
			e := l.Expressions[p.Value]
			if e == nil || e.Amount == nil {
				continue
			}
			expression.Walk(e.Tree, func(n ast.Node) {
				if l.isPoints(n.String(), p.Key.Text) {
					from, to := expression.Span(n)
					l.sayOf(p.Value, from, to, "", "the more %s a member has, the more it gives: %s grow by themselves", p.Key.Text, p.Key.Text)
				}
			})
		}
	}
}

// isPoints reports whether a path is a balance of points, or a count of those earned.
func (l *linter) isPoints(path, points string) bool {
	if path == "member.points."+points {
		return true
	}
	id, ok := strings.CutPrefix(path, "member.counter.")
	if !ok {
		return false
	}
	rec := l.Record("counters", id)
	return rec != nil && rec.Text("earned") == points
}

// gives are all that a definition gives.
func gives(rec *document.Record) (out []*document.Node) {
	if n := rec.Values["give"]; n != nil {
		out = append(out, n)
	}
	for _, name := range []string{"goals", "prizes"} {
		for _, n := range rec.List(name) {
			if g := n.Find("give"); g != nil {
				out = append(out, g)
			}
		}
	}
	return out
}

// selfFeedingChallenge finds challenges on points earned that give such points.
func (l *linter) selfFeedingChallenge(_ string, rec *document.Record) {
	counter := rec.Node
	if c := l.Record("counters", rec.Text("counter")); c != nil {
		counter = c.Node
	}
	earned := counter.Find("earned")
	if earned == nil {
		return
	}
	if only := l.onlyIn(counter); only != nil && !only["challenges/"+rec.ID] {
		return
	}
	for _, give := range gives(rec) {
		if n := give.Find(earned.Text); n != nil {
			l.say(n, "", "%s counts the %s that members earn, and these are counted too", rec.ID, earned.Text)
		}
	}
}

// returningPoints finds points that come back when they expire, and rewards whose points come back when they are claimed.
func (l *linter) returningPoints(_ string, rec *document.Record) {
	give := rec.Values["give"]
	if give == nil {
		return
	}
	for _, p := range give.Pairs {
		points := p.Key.Text
		switch rec.Text("when") {
		case engine.PointsExpired:
			if l.concerns(rec, "event.points", points) {
				l.say(p.Value, "", "%s that expire are given anew, to expire again", points)
			}
		case engine.RewardClaimed, engine.RewardConfirmed:
			l.refunded(rec, p)
		}
	}
}

func (l *linter) refunded(rule *document.Record, p document.Pair) {
	e := l.Expressions[p.Value]
	l.each(func(_ string, reward *document.Record) {
		n := given(reward.Values["cost"], p.Key.Text)
		if n == nil || e == nil || e.Amount == nil {
			return
		}
		cost, _ := decimal.Parse(document.Cost.Match(n.Text).Get(1))
		back := l.reason(e).of(e.Tree, clause{"event.amount": point(exact(cost))})
		if back.low != nil && back.low.Cmp(exact(cost)) >= 0 && l.concerns(rule, "event.reward", reward.ID) {
			l.say(p.Value, "", "%s costs %s %s, and spending them gives %s back", reward.ID, cost, p.Key.Text, shown(back.low))
		}
	}, "rewards")
}
