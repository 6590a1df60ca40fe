package oracle

import (
	"cmp"
	"slices"
)

// gains are what definitions gave, in the order in which it was earned, net of what was reversed: what the first n gave is
// sums[n].
type gains struct {
	list []*happened // as events of the type earned
	at   []Instant
	sums []int64
}

// earned is the type of event as which a counter of points sees what was given.
const earned = "earned"

func (m *member) earnings(points string) *gains {
	if g := m.gains[points]; g != nil {
		return g
	}
	g := &gains{sums: []int64{0}}
	add := func(seq int, at Instant, day int, amount int64) {
		if amount > 0 {
			g.list = append(g.list, &happened{Event: Event{Member: m.id, Type: earned, At: at, Amount: amount}, seq: seq, day: day})
		}
	}
	for _, h := range m.counted {
		for _, given := range h.gave {
			if given.points == points {
				add(h.seq, h.At, h.day, given.kept)
			}
		}
	}
	for _, x := range m.gifts {
		if x.grant.points == points {
			add(x.of.seq, x.of.At, x.day, x.grant.kept)
		}
	}
	for _, x := range m.prizes {
		if x.points == points {
			add(x.seq, x.at, x.day, x.amount)
		}
	}
	for _, a := range m.awards {
		for _, a := range append(a.also, a) {
			if points == "gems" && a.given > 0 {
				add(a.seq, a.at, a.day, a.given)
			}
		}
	}
	slices.SortStableFunc(g.list, func(x, y *happened) int { return cmp.Compare(x.At, y.At) })
	for i, x := range g.list {
		g.at, g.sums = append(g.at, x.At), append(g.sums, g.sums[i]+x.Amount)
	}
	if m.gains == nil {
		m.gains = map[string]*gains{}
	}
	m.gains[points] = g
	return g
}

// before is what was earned before an instant.
func (g *gains) before(at Instant) int64 {
	n, _ := slices.BinarySearch(g.at, at)
	return g.sums[n]
}

// window is when what counts for a tier at an instant begins.
func (t Tier) window(m *member, at Instant) Instant {
	day := m.clock.day(at)
	switch {
	case t.Last.N > 0:
		return m.clock.start(first(day, t.Last))
	case t.Every != "":
		return m.clock.start(m.clock.periodStart(t.Every, day))
	}
	return -Forever
}

// kept is until when a level reached at an instant is kept whatever happens.
func (t Tier) kept(c *clock, at Instant) Instant {
	if t.KeepEnd != "" {
		return c.start(c.nextPeriod(t.KeepEnd, c.nextPeriod(t.KeepEnd, c.day(at))))
	}
	return c.after(at, t.Keep)
}

// rung is one level of a member's tier: from when its keep counts, when it was reached, since when it is not met.
type rung struct {
	held                 bool
	from, reached, unmet Instant
}

// Tier is the level a member has at an instant: time is walked from the first event on, stopping at every event and every
// midnight. Each level is followed for itself.
func (w *World) Tier(id string, t Tier, now Instant) int {
	m := w.members[id]
	stops := []Instant{now}
	begin := now
	for _, h := range m.events {
		if h.At <= now {
			stops = append(stops, h.At)
			begin = min(begin, h.At)
		}
	}
	earned := m.earnings(t.Points)
	for _, at := range earned.at {
		if at <= now {
			stops = append(stops, at)
			begin = min(begin, at)
		}
	}
	for d := m.clock.day(begin) + 1; m.clock.start(d) <= now; d++ {
		stops = append(stops, m.clock.start(d))
	}
	slices.Sort(stops)
	rungs := make([]rung, len(t.Levels))
	rungs[0] = rung{held: true, unmet: Forever}
	level := 0
	for _, at := range slices.Compact(stops) {
		window := earned.before(t.window(m, at))
		before, value := earned.before(at)-window, earned.before(at+1)-window
		for k := range rungs {
			if before < t.Levels[k]*million && rungs[k].held {
				rungs[k].unmet = min(rungs[k].unmet, at)
			}
		}
		for level > 0 && t.ends(m.clock, rungs[level]) <= at {
			w.reach("tier fell")
			level = t.fall(m.clock, rungs, level, before)
		}
		if value == before {
			continue
		}
		top := 0
		for k := 1; k < len(rungs) && value >= t.Levels[k]*million; k++ {
			if t.reached(m, rungs[k], before, earned.before(at+1)-max(window, earned.before(rungs[k].reached+1)), t.Levels[k]*million, at) {
				top = k
			}
			rungs[k].unmet = Forever
		}
		for k := 1; k <= top; k++ {
			if k < level && rungs[k].held {
				w.reach("lower level kept anew")
			}
			rungs[k] = rung{held: true, from: at, reached: at, unmet: Forever}
		}
		level = max(level, top)
	}
	if level > 0 {
		w.reach("tier reached")
	}
	return level
}

// fall is the level after one has ended: softly the one below, kept again; else the highest that is met or has not ended itself.
func (t Tier) fall(c *clock, rungs []rung, level int, value int64) int {
	fell := t.ends(c, rungs[level])
	rungs[level].held = false
	level--
	for !t.OneLevel && level > 0 && value < t.Levels[level]*million && (!rungs[level].held || t.ends(c, rungs[level]) <= fell) {
		rungs[level].held = false
		level--
	}
	if level == 0 {
		return 0
	}
	r := &rungs[level]
	if !r.held || t.ends(c, *r) <= fell {
		*r = rung{held: true, from: fell, reached: r.reached, unmet: Forever}
	}
	if t.OneLevel {
		r.from = fell
	}
	if value < t.Levels[level]*million {
		r.unmet = min(r.unmet, fell)
	}
	return level
}

// reached reports whether something earned makes a level that is now met reached: it was not held; or it had not been met
// right before, in a period for the first time; or what came since it was reached last is enough alone.
func (t Tier) reached(m *member, r rung, before, since, needs int64, at Instant) bool {
	switch {
	case !r.held || t.ends(m.clock, r) <= at:
		return true
	case t.Every != "":
		return m.clock.periodStart(t.Every, m.clock.day(r.reached)) != m.clock.periodStart(t.Every, m.clock.day(at))
	}
	return before < needs || t.Last.N > 0 && since >= needs
}

// ends is when a level is lost: its last day is the one before it is unmet or kept no more, and grace counts from that.
func (t Tier) ends(c *clock, r rung) Instant {
	if r.unmet == Forever {
		return Forever
	}
	end := max(r.unmet, t.kept(c, r.from))
	if t.Grace.N == 0 {
		return end
	}
	return c.after(end-1, t.Grace)
}
