package lint

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// A bound is what something amounts to at most: nil where there is no bound.
type bound = *big.Rat

func exact(d decimal.Decimal) *big.Rat { return big.NewRat(int64(d), int64(decimal.One)) }

// lower is the smaller of two bounds.
func lower(a, b bound) bound {
	if a == nil || b != nil && b.Cmp(a) < 0 {
		return b
	}
	return a
}

// stretch is a piece of time in which something is counted: a period of the calendar, or any so many days. Nil: all of time.
type stretch struct {
	days   int64
	period calendar.Period // Always for one that begins on any day
}

var aYear = &stretch{366, calendar.Year}

// lengths are how many days a period has at least, and at most.
var lengths = map[calendar.Period]struct{ least, most int64 }{
	calendar.Day: {1, 1}, calendar.Week: {7, 7}, calendar.Month: {28, 31}, calendar.Quarter: {90, 92}, calendar.Year: {365, 366},
}

// aligned are how many periods fit into a longer one that begins with one of them, or nearly so.
var aligned = map[[2]calendar.Period]int64{
	{calendar.Year, calendar.Quarter}: 4, {calendar.Year, calendar.Month}: 12, {calendar.Quarter, calendar.Month}: 3, {calendar.Year, calendar.Week}: 53,
}

// inPeriod is the stretch of `every`, nil for none.
func inPeriod(p calendar.Period) *stretch {
	if p == calendar.Always {
		return nil
	}
	return &stretch{max(1, lengths[p].most), p}
}

// inDuration is the stretch of `within` and `last`: with the day it begins on.
func inDuration(d calendar.Duration) *stretch {
	if d.IsZero() {
		return nil
	}
	return &stretch{durationDays(d) + 1, calendar.Always}
}

// durationDays is the days of a duration, rounded up.
func durationDays(d calendar.Duration) int64 {
	n := int64(d.N)
	switch d.Unit {
	case calendar.Minute:
		return (n + 1439) / 1440
	case calendar.Hour:
		return (n + 23) / 24
	default:
		return n * lengths[d.Unit].most
	}
}

// shorter is the shorter of two stretches.
func shorter(a, b *stretch) *stretch {
	if a == nil || b != nil && b.days < a.days {
		return b
	}
	return a
}

// periods is how many periods of the calendar a stretch touches at most.
func (s *stretch) periods(p calendar.Period) bound {
	switch {
	case p == calendar.Always || s != nil && s.period == p:
		return number(1)
	case s == nil:
		return nil
	case p == calendar.Hour:
		return number(24 * s.days)
	case aligned[[2]calendar.Period{s.period, p}] > 0:
		return number(aligned[[2]calendar.Period{s.period, p}])
	case s.days <= 1:
		return number(1)
	case p == calendar.Day:
		return number(s.days)
	default:
		return number((s.days-2)/lengths[p].least + 2)
	}
}

// rolls is how many stretches of `in last D` fit into s at most.
func (s *stretch) rolls(d calendar.Duration) bound {
	if s == nil {
		return nil
	}
	switch d.Unit {
	case calendar.Minute:
		return number(s.days*1440/int64(d.N) + 1)
	case calendar.Hour:
		return number(s.days*24/int64(d.N) + 1)
	default:
		return number((s.days-1)/(int64(d.N)*lengths[d.Unit].least) + 1)
	}
}

// ceiling is one line of `limit`.
type ceiling struct {
	n        *big.Rat
	points   string // "" for a cap on times
	per      calendar.Period
	last     calendar.Duration
	personal bool // it bounds what one member gets, whatever is sent
}

func ceilings(rec *document.Record) (out []ceiling) {
	for _, n := range rec.List("limit") {
		g := document.Limit.Match(n.Text)
		amount, _ := decimal.Parse(g.Get(1))
		c := ceiling{n: exact(amount), points: g.Get(2), personal: !strings.Contains(g.Get(6), "event.")}
		c.per, _ = calendar.ParsePeriod(g.Get(3))
		c.last, _ = calendar.ParseDuration(g.Get(4))
		out = append(out, c)
	}
	return out
}

// within is what a cap lets through in a stretch.
func (c ceiling) within(s *stretch) bound {
	if !c.personal {
		return nil
	}
	times := s.periods(c.per)
	if !c.last.IsZero() {
		times = s.rolls(c.last)
	}
	return product(c.n, times)
}

// earnings is how many points one member can be given in a stretch at best: by the definitions of only ("rules/spend"), by
// all where that is nil.
func (l *linter) earnings(points string, s *stretch, only map[string]bool) bound {
	total := number(0)
	if only != nil {
		for _, source := range ids(only) {
			section, id, _ := strings.Cut(source, "/")
			if rec := l.Record(section, id); rec != nil {
				total = sum(total, l.earningsOf(section, rec, points, s))
			}
		}
		return total
	}
	key := points
	if s != nil {
		key = fmt.Sprint(points, " ", *s)
	}
	if best, known := l.earned[key]; known {
		return best
	}
	l.each(func(section string, rec *document.Record) {
		if total != nil {
			total = sum(total, l.earningsOf(section, rec, points, s))
		}
	}, givers...)
	l.earned[key] = total
	return total
}

func (l *linter) earningsOf(section string, rec *document.Record, points string, s *stretch) bound {
	switch section {
	case "rules":
		return l.ruleEarnings(rec, points, s)
	case "leaderboards":
		return l.prizeEarnings(rec, points, s)
	default:
		return l.goalEarnings(section, rec, points, s)
	}
}

func (l *linter) ruleEarnings(rec *document.Record, points string, s *stretch) bound {
	n := given(rec.Values["give"], points)
	if n == nil {
		return number(0)
	}
	times := l.triggerTimes(rec, s)
	var most bound
	for _, c := range ceilings(rec) {
		switch c.points {
		case "":
			times = lower(times, c.within(s))
		case points:
			most = lower(most, c.within(s))
		}
	}
	return lower(most, product(times, l.largest(rec, n, points)))
}

// triggerTimes is how often a rule's trigger comes in a stretch at most.
func (l *linter) triggerTimes(rec *document.Record, s *stretch) bound {
	when := rec.List("when")
	if len(when) != 1 {
		return nil
	}
	text := when[0].Text
	switch {
	case text == engine.Joined || strings.Contains(text, " after first ") || strings.HasSuffix(text, " after joined"):
		return number(1)
	case strings.HasPrefix(text, "every year on"):
		return s.periods(calendar.Year)
	default:
		return nil
	}
}

// largest is the largest amount of points that a rule gives at once, boosts included.
func (l *linter) largest(rec *document.Record, amount *document.Node, points string) bound {
	e := l.Expressions[amount]
	if e == nil {
		return nil
	}
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
	if r := l.rules[rec.ID]; r != nil {
		for _, g := range r.Give {
			if g.Points != nil && g.Points.ID == points {
				return ceilOf(l.withBoosts(most, g.Boosts))
			}
		}
	}
	return ceilOf(most)
}

func ceilOf(b bound) bound {
	if b == nil {
		return nil
	}
	return ceil(b)
}

// withBoosts is a base amount with all that may apply to it.
func (l *linter) withBoosts(base *big.Rat, boosts []*engine.Boost) bound {
	factor, best, plus, bestPlus := number(1), number(1), number(0), number(0)
	for _, b := range boosts {
		rec := l.Record("boosts", b.ID)
		times, add := l.highest(rec.Values["times"]), l.highest(rec.Values["plus"])
		switch {
		case rec.Has("times") && times == nil || rec.Has("plus") && add == nil:
			return nil
		case rec.Has("times") && b.Stacks:
			factor = product(factor, times)
		case rec.Has("times") && times.Cmp(best) > 0:
			best = times
		case rec.Has("plus") && b.Stacks:
			plus = sum(plus, add)
		case rec.Has("plus") && add.Cmp(bestPlus) > 0:
			bestPlus = add
		}
	}
	return sum(product(product(base, factor), best), sum(plus, bestPlus))
}

// highest is the largest value of an amount, nil where it has none.
func (l *linter) highest(n *document.Node) bound {
	e := l.Expressions[n]
	if e == nil {
		return nil
	}
	return l.reason(e).of(e.Tree, nil).high
}

// goalEarnings is what a challenge or a streak gives.
func (l *linter) goalEarnings(section string, rec *document.Record, points string, s *stretch) bound {
	total := number(0)
	for _, g := range goalsOf(rec) {
		n := given(g.give, points)
		if n == nil {
			continue
		}
		times := s.periods(l.every(rec))
		if section == "streaks" {
			times = nil
			if n := s.periods(l.every(rec)); n != nil && g.at.Sign() > 0 {
				times = sum(floor(new(big.Rat).Quo(n, g.at)), number(1))
			}
		} else if g.again {
			times = nil
		}
		total = sum(total, product(times, l.highest(n)))
	}
	return total
}

// prizeEarnings is what the best row of a board gives each season. With several boards a member may win on each.
func (l *linter) prizeEarnings(rec *document.Record, points string, s *stretch) bound {
	most := number(0)
	for _, prize := range rec.List("prizes") {
		if n := given(prize.Find("give"), points); n != nil {
			amount := l.highest(n)
			if amount == nil || rec.Has("split") {
				return nil
			}
			if amount.Cmp(most) > 0 {
				most = amount
			}
		}
	}
	if most.Sign() == 0 {
		return most
	}
	return product(most, s.periods(l.every(rec)))
}

// given is the amount of points in a `give`, nil where there is none.
func given(give *document.Node, points string) *document.Node {
	if give == nil {
		return nil
	}
	return give.Find(points)
}

// every is the period of a definition, its own or that of its counter.
func (l *linter) every(rec *document.Record) calendar.Period {
	if rec.Has("every") {
		p, _ := calendar.ParsePeriod(rec.Text("every"))
		return p
	}
	if n := rec.Values["counter"]; n != nil {
		if counter := l.Record("counters", n.Text); counter != nil {
			return l.every(counter)
		}
	}
	return calendar.Always
}

// goal is one goal of a challenge or a streak as it is written.
type goal struct {
	at     *big.Rat
	node   *document.Node // of the threshold; nil for a challenge of steps
	give   *document.Node
	within calendar.Duration
	again  bool
}

func goalsOf(rec *document.Record) (out []goal) {
	add := func(n *document.Node, at, again string) {
		g := goal{node: n.Find(at), give: n.Find("give"), at: number(1), again: again == "true"}
		if g.node != nil {
			d, _ := decimal.Parse(g.node.Text)
			g.at = exact(d)
		}
		if w := n.Find("within"); w != nil && at == "at" {
			g.within, _ = calendar.ParseDuration(w.Text)
		}
		out = append(out, g)
	}
	if rec.Has("goal") || rec.Has("steps") {
		add(rec.Node, "goal", rec.Text("again"))
	}
	for _, n := range rec.List("goals") {
		again := ""
		if a := n.Find("again"); a != nil {
			again = a.Text
		}
		add(n, "at", again)
	}
	return out
}

// dearRewards finds rewards that cost more than anybody can earn in a year.
func (l *linter) dearRewards() {
	l.each(func(_ string, rec *document.Record) {
		n := rec.Values["cost"]
		if n == nil {
			return
		}
		for _, p := range n.Pairs {
			g := document.Cost.Match(p.Value.Text)
			cost, _ := decimal.Parse(g.Get(1))
			best := l.earnings(p.Key.Text, aYear, nil)
			if best != nil && best.Sign() > 0 && exact(cost).Cmp(best) > 0 {
				l.say(p.Value, "", "%s costs %s %s, but nobody can earn more than %s in a year", rec.ID, cost, p.Key.Text, shown(best))
			}
		}
	}, "rewards")
}
