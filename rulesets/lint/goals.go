package lint

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// unreachableGoals finds thresholds above what a member can reach within the caps and the time that there are.
func (l *linter) unreachableGoals() {
	l.each(l.unreachableGoal, "challenges")
	l.each(l.unreachableLevels, "badges", "tiers")
}

func (l *linter) unreachableGoal(_ string, rec *document.Record) {
	own := shorter(inPeriod(l.every(rec)), inDuration(durationOf(rec, "within")))
	own = shorter(own, l.dates(rec))
	if steps := rec.Values["steps"]; steps != nil {
		for _, p := range steps.Pairs {
			if goal := p.Value.Find("goal"); goal != nil {
				l.compareGoal(goal, l.reaches(p.Value, own))
			}
		}
		return
	}
	counter := rec.Node
	if n := rec.Values["counter"]; n != nil {
		c := l.Record("counters", n.Text)
		if c == nil {
			return
		}
		counter = c.Node
	}
	for _, g := range goalsOf(rec) {
		if g.node != nil {
			l.compareGoal(g.node, l.reaches(counter, shorter(own, inDuration(g.within))))
		}
	}
}

func (l *linter) compareGoal(n *document.Node, most bound) {
	at, err := decimal.Parse(n.Text)
	if err == nil && most != nil && exact(at).Cmp(most) > 0 {
		l.say(n, "", "nobody can reach %s: it comes to %s at most", n.Text, shown(most))
	}
}

func durationOf(rec *document.Record, field string) calendar.Duration {
	d, _ := calendar.ParseDuration(rec.Text(field))
	return d
}

// dates is the stretch from the first to the last day of a challenge's window, nil where it has no end.
func (l *linter) dates(rec *document.Record) *stretch {
	windows := rec.List("during")
	if len(windows) != 1 {
		return nil
	}
	w := l.Windows[windows[0]]
	if promotion := l.Record("promotions", windows[0].Text); w == nil && promotion != nil {
		w = l.Windows[promotion.Values["during"]]
	}
	if w == nil || !w.HasFrom || !w.HasUntil {
		return nil
	}
	return &stretch{days: int64(w.Until-w.From) + 1}
}

// reaches is what a count amounts to in a stretch at most, as far as one member's events tell. The count is a counter, or a
// challenge or step with its own.
func (l *linter) reaches(n *document.Node, s *stretch) bound {
	if by := n.Find("by"); by != nil && by.Text != "member" {
		return nil
	}
	if points := n.Find("earned"); points != nil {
		return l.earnings(points.Text, s, l.onlyIn(n))
	}
	var times bound
	if at := n.Find("at_most"); at != nil {
		g := document.Allowance.Match(at.Text)
		per, _ := calendar.ParsePeriod(g.Get(2))
		d, _ := decimal.Parse(g.Get(1))
		times = product(exact(d), s.periods(per))
	}
	switch {
	case n.Find("distinct") != nil:
		return lower(l.distinct(n.Find("distinct")), l.distinctTimes(n.Find("distinct"), times))
	case n.Find("highest") != nil:
		return l.most(n, n.Find("highest"))
	case n.Find("latest") != nil:
		return l.most(n, n.Find("latest"))
	case n.Find("lowest") != nil:
		return nil
	case n.Find("add") != nil:
		return product(times, l.most(n, n.Find("add")))
	default:
		return times
	}
}

// most is the largest amount that an event adds to a count, under the condition of the count.
func (l *linter) most(n, amount *document.Node) bound {
	e := l.Expressions[amount]
	if e == nil {
		return nil
	}
	var out bound
	for _, way := range l.holds(l.Expressions[n.Find("if")]) {
		high := l.reason(e).of(e.Tree, way).high
		if high == nil {
			return nil
		}
		if out == nil || high.Cmp(out) > 0 {
			out = high
		}
	}
	return out
}

// distinct is how many values a field can have.
func (l *linter) distinct(n *document.Node) bound {
	e := l.Expressions[n]
	if e == nil {
		return nil
	}
	switch d := l.reason(e).of(e.Tree, nil); {
	case d.texts != nil:
		return number(int64(len(d.texts)))
	case d.whole && d.low != nil && d.high != nil:
		return new(big.Rat).Add(new(big.Rat).Sub(d.high, d.low), number(1))
	default:
		return nil
	}
}

// distinctTimes is the number of events that count where each adds one value at most.
func (l *linter) distinctTimes(n *document.Node, times bound) bound {
	e := l.Expressions[n]
	if e == nil || l.reason(e).field(e.Tree.String()) == nil || l.reason(e).field(e.Tree.String()).Items != nil {
		return nil
	}
	return times
}

// onlyIn is onlyOf for a definition that is not decoded.
func (l *linter) onlyIn(n *document.Node) map[string]bool {
	only := n.Find("only")
	if only == nil {
		return nil
	}
	items := only.Items
	if only.Kind == document.Scalar {
		items = []*document.Node{only}
	}
	out := map[string]bool{}
	for _, item := range items {
		for _, section := range givers {
			if l.Record(section, item.Text) != nil {
				out[section+"/"+item.Text] = true
			}
		}
	}
	return out
}

// givers are the sections whose definitions give points.
var givers = []string{"rules", "challenges", "streaks", "leaderboards"}

// unreachableLevels is unreachableGoal for the levels of a badge or a tier.
func (l *linter) unreachableLevels(_ string, rec *document.Record) {
	s := shorter(inPeriod(l.every(rec)), inDuration(durationOf(rec, "last")))
	var count *document.Node
	switch {
	case rec.Has("earned"):
		count = rec.Node
	case rec.Has("counter"):
		if c := l.Record("counters", rec.Text("counter")); c != nil {
			count = c.Node
			s = shorter(s, inDuration(durationOf(c, "last")))
		}
	}
	levels := rec.Values["levels"]
	if count == nil || levels == nil {
		return
	}
	most := l.reaches(count, s)
	for _, p := range levels.Pairs {
		l.compareGoal(p.Value, most)
	}
}

// endlessOptIns finds challenges that members join and that never end.
func (l *linter) endlessOptIns() {
	l.each(func(_ string, rec *document.Record) {
		if rec.Text("join") == "opt_in" && !rec.Has("during") && !rec.Has("within") && l.every(rec) == calendar.Always {
			l.say(rec.Values["join"], "", "whoever joins %s has for ever: it has neither a window nor a time limit", rec.ID)
		}
	}, "challenges")
}

// unforgivingStreaks finds streaks of days that one missed day ends.
func (l *linter) unforgivingStreaks() {
	l.each(func(_ string, rec *document.Record) {
		if rec.Text("every") == "day" && !rec.Has("freeze") {
			l.say(rec.Values["every"], "", "one missed day ends %s: it has no freeze", rec.ID)
		}
	}, "streaks")
}

// groupPrizes finds challenges that pay all of a group for what a few of it did.
func (l *linter) groupPrizes() {
	l.each(func(_ string, rec *document.Record) {
		by := rec.Values["by"]
		if n := rec.Values["counter"]; n != nil {
			if c := l.Record("counters", n.Text); c != nil {
				by = c.Values["by"]
			}
		}
		if by == nil || by.Text == "member" || rec.Has("each_needs") {
			return
		}
		for _, g := range goalsOf(rec) {
			if g.give != nil && (by.Text != "everyone" || pays(g.give)) {
				l.say(g.give, "", "a member who has contributed next to nothing is paid like all others")
			}
		}
	}, "challenges")
}

// pays reports whether a `give` has anything of worth: points or a reward, not only badges.
func pays(give *document.Node) bool {
	return slices.ContainsFunc(give.Pairs, func(p document.Pair) bool { return p.Key.Text != "badge" && p.Key.Text != "tier" })
}

// anyLevels finds rules on tiers that look at no level.
func (l *linter) anyLevels() {
	l.each(func(_ string, rec *document.Record) {
		for _, n := range rec.List("when") {
			if n.Text == engine.TierReached && !asksLevel(rec.Node) {
				l.say(n, "", "this fires for every level, the lowest one with joining")
			}
		}
	}, "rules")
}

// asksLevel reports whether any text of a definition looks at the level that was reached, or the one from which.
func asksLevel(n *document.Node) bool {
	if n.Kind == document.Scalar {
		return strings.Contains(n.Text, "event.level") || strings.Contains(n.Text, "event.from")
	}
	return slices.ContainsFunc(n.Items, asksLevel) || slices.ContainsFunc(n.Pairs, func(p document.Pair) bool { return asksLevel(p.Value) })
}

// selfFeedingBoards finds boards that rank points earned, and whose prizes are such points.
func (l *linter) selfFeedingBoards() {
	l.each(func(_ string, rec *document.Record) {
		counter := l.Record("counters", rec.Text("counter"))
		if counter == nil || !counter.Has("earned") {
			return
		}
		only, points := l.onlyIn(counter.Node), counter.Text("earned")
		if only == nil || only["leaderboards/"+rec.ID] {
			for _, prize := range rec.List("prizes") {
				if n := given(prize.Find("give"), points); n != nil {
					l.say(n, "", "the board ranks the %s that members earn, and this prize is such %s: last season's winners begin the next one ahead", points, points)
				}
			}
		}
		l.each(func(_ string, rule *document.Record) {
			n := given(rule.Values["give"], points)
			if n != nil && rule.Text("when") == "season_closed" && (only == nil || only["rules/"+rule.ID]) && l.concerns(rule, "event.leaderboard", rec.ID) {
				l.say(n, "", "leaderboard %s ranks the %s that members earn, and this prize is such %s", rec.ID, points, points)
			}
		}, "rules")
	}, "leaderboards")
}

// concerns reports whether a rule on a built-in event can hold where a field of it is an id.
func (l *linter) concerns(rule *document.Record, field, id string) bool {
	return len(joined(l.holds(l.condition(rule, "if")), must(field, text(id)))) > 0
}

// overlappingPrizes finds places that two rows pay. A place is paid by its narrowest row; shares of a board ("top 10%") lie
// around the places that they hold on purpose.
func (l *linter) overlappingPrizes() {
	l.each(func(_ string, rec *document.Record) {
		var rows []row
		shares := map[string]row{}
		for _, prize := range rec.List("prizes") {
			n := prize.Find("ranks")
			if n == nil {
				continue
			}
			if share := n.Text; strings.HasPrefix(share, "top") {
				if other, twice := shares[share]; twice {
					l.overlap(row{node: n}, other)
				}
				shares[share] = row{node: n}
				continue
			}
			g := document.Rank.Match(n.Text)
			r := row{node: n}
			r.first, _ = decimal.Parse(g.Get(1))
			if r.last = r.first; g.Has(2) {
				r.last, _ = decimal.Parse(g.Get(2))
			}
			rows = append(rows, r)
		}
		slices.SortStableFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last)) })
		for i := 1; i < len(rows); i++ {
			if rows[i].first <= rows[i-1].last {
				l.overlap(rows[i], rows[i-1])
			}
			if rows[i].last < rows[i-1].last {
				rows[i].last = rows[i-1].last
			}
		}
	}, "leaderboards")
}

// row is one row of prizes.
type row struct {
	node        *document.Node
	first, last decimal.Decimal
}

func (l *linter) overlap(r, other row) {
	l.say(r.node, "", "ranks %s overlap ranks %s in line %d: a place is paid by one row only, its narrowest", r.node.Text,
		other.node.Text, other.node.Position().Line)
}
