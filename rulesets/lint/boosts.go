package lint

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// boost is a factor with what says when it holds.
type boost struct {
	rec    *document.Record
	times  *big.Rat
	stacks bool
	open   []interval
	dated  bool // open is exact, not just possible
}

// interval is a piece of time [start, end).
type interval struct{ start, end calendar.Instant }

// Bounds on the search for boosts that meet.
const (
	boostDays   = 400  // how far ahead it goes
	maxOpen     = 1000 // how many times one boost is open in it
	maxTogether = 16   // boosts on one amount
)

// overlappingBoosts finds factors that multiply, and those that never count because a larger one always holds.
func (l *linter) overlappingBoosts() {
	boosts, said, seen := map[string]*boost{}, map[string]bool{}, map[string]bool{}
	for _, g := range l.grants {
		key := boostIDs(g)
		if seen[key] {
			continue
		}
		seen[key] = true
		var on []*boost
		for _, b := range g.Boosts {
			if boosts[b.ID] == nil {
				boosts[b.ID] = l.boost(b)
			}
			if boosts[b.ID].times != nil {
				on = append(on, boosts[b.ID])
			}
		}
		slices.SortStableFunc(on, func(a, b *boost) int { return b.times.Cmp(a.times) })
		l.multiplying(on[:min(len(on), maxTogether)], said)
	}
	constant := l.constantBoosts(boosts)
	for _, id := range ids(boosts) {
		l.neverCounting(boosts[id], constant)
	}
}

// boostIDs names the boosts that apply to an amount: amounts with the same ones are looked at once.
func boostIDs(g engine.Grant) string {
	var b strings.Builder
	for _, boost := range g.Boosts {
		b.WriteString(boost.ID + ",")
	}
	return b.String()
}

func (l *linter) boost(b *engine.Boost) *boost {
	out := &boost{rec: l.Record("boosts", b.ID), stacks: b.Stacks, dated: b.During != nil}
	if e := l.Expressions[out.rec.Values["times"]]; e != nil && e.Constant != nil {
		if d, err := e.Constant.Decimal(); err == nil {
			out.times = exact(d)
		}
	}
	end := l.now.Add(boostDays * 24 * 60 * 60 * 1e9)
	if b.During == nil {
		out.open = []interval{{l.now, end}}
		return out
	}
	for _, w := range b.During.Any {
		c := w.Calendar
		if w.Promotion != nil {
			c = w.Promotion.Window
		}
		if c == nil {
			out.open, out.dated = []interval{{l.now, end}}, false
			return out
		}
		out.open = append(out.open, l.opens(c, end)...)
	}
	slices.SortFunc(out.open, func(a, b interval) int { return int(max(-1, min(1, a.start-b.start))) })
	return out
}

// opens is when a window is open from now to end.
func (l *linter) opens(w *calendar.Window, end calendar.Instant) (out []interval) {
	cal := l.program.Ruleset.Calendar
	start, until, ok := w.At(cal, l.now)
	if !ok {
		start, until, ok = w.Next(cal, l.now)
	}
	for ok && start < end && len(out) < maxOpen {
		out = append(out, interval{max(start, l.now), min(until, end)})
		start, until, ok = w.Next(cal, max(start, until-1))
	}
	return out
}

// multiplying speaks of the largest product of a boost that stacks and others that can hold with it.
func (l *linter) multiplying(on []*boost, said map[string]bool) {
	for _, seed := range on {
		if !seed.stacks {
			continue
		}
		group, when, single := []*boost{seed}, seed.open, false
		for _, b := range on {
			if b == seed || !b.stacks && single {
				continue
			}
			if both := l.together(append(slices.Clip(group), b), common(when, b.open)); len(both) > 0 {
				group, when, single = append(group, b), both, single || !b.stacks
			}
		}
		l.speakOf(group, when, said)
	}
}

func (l *linter) speakOf(group []*boost, when []interval, said map[string]bool) {
	product, dated := number(1), false
	var names []string
	for _, b := range group {
		product.Mul(product, b.times)
		names = append(names, b.rec.ID)
		dated = dated || b.dated
	}
	slices.Sort(names)
	key := strings.Join(names, ",")
	if len(group) == 1 || said[key] {
		return
	}
	said[key] = true
	day := ""
	if dated {
		day = fmt.Sprintf(" on %s", l.program.Ruleset.Calendar.Zone.Date(when[0].start))
	}
	both := "both"
	if len(names) > 2 {
		both = "all"
	}
	last := len(names) - 1
	l.say(group[0].rec.Values["stacks"], "", "%s and %s can %s hold%s: together %sx", strings.Join(names[:last], ", "), names[last], both, day, shown(product))
}

// together are the intervals in which the conditions of all boosts of a group can hold.
func (l *linter) together(group []*boost, when []interval) (out []interval) {
	ways := unknown
	for _, b := range group {
		ways = joined(ways, l.holds(l.condition(b.rec, "if"), l.condition(b.rec, "for")))
	}
	if len(ways) == 0 {
		return nil
	}
	for _, i := range when {
		day := l.program.Ruleset.Calendar.Zone.Date(i.start)
		asked := clause{}
		if i.end-i.start <= 25*60*60*1e6 { // within one day its name and date are known
			asked = clause{"event.date": point(number(int64(day))), "event.day": text(strings.ToLower(day.Weekday().String()))}
		}
		if len(joined(ways, []clause{asked})) > 0 {
			out = append(out, i)
		}
	}
	return out
}

// common is when both are open.
func common(a, b []interval) (out []interval) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		both := interval{max(a[i].start, b[j].start), min(a[i].end, b[j].end)}
		if both.start < both.end {
			out = append(out, both)
		}
		if a[i].end < b[j].end {
			i++
		} else {
			j++
		}
	}
	return out
}

// constantBoosts are the largest boosts that always hold and do not stack.
func (l *linter) constantBoosts(all map[string]*boost) (out []*boost) {
	for _, id := range ids(all) {
		rec := all[id].rec
		if all[id].times != nil && !all[id].stacks && !rec.Has("if") && !rec.Has("for") && !rec.Has("during") && !rec.Has("limit") {
			out = append(out, all[id])
		}
	}
	slices.SortStableFunc(out, func(a, b *boost) int { return b.times.Cmp(a.times) })
	return out[:min(len(out), maxTogether)]
}

// neverCounting speaks of a boost that does not stack where a larger one that does not either always holds.
func (l *linter) neverCounting(b *boost, constant []*boost) {
	if b.times == nil || b.stacks {
		return
	}
	for _, o := range constant {
		if c := o.times.Cmp(b.times); o == b || c < 0 || c == 0 && o.rec.ID > b.rec.ID || !l.covers(o, b) {
			continue
		}
		l.say(b.rec.Values["times"], "write stacks: true if they are to multiply", "%s never counts: %s always holds with %sx, and only the best of them counts",
			b.rec.ID, o.rec.ID, shown(o.times))
		return
	}
}

// covers reports whether o applies wherever b does.
func (l *linter) covers(o, b *boost) bool {
	for _, i := range l.boosted[b.rec.ID] {
		if _, found := slices.BinarySearch(l.boosted[o.rec.ID], i); !found {
			return false
		}
	}
	return true
}
