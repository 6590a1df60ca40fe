package oracle

import (
	"cmp"
	"slices"
)

// gains are what definitions gave, in the order in which it was earned, net of what was reversed: what the first n gave is
// sums[n].
type gains struct {
	at   []Instant
	sums []int64
}

func (m *member) earnings(points string) *gains {
	if g := m.gains[points]; g != nil {
		return g
	}
	type gain struct {
		at     Instant
		amount int64
	}
	var list []gain
	for _, h := range m.counted {
		for _, given := range h.gave {
			if given.points == points {
				list = append(list, gain{h.At, given.kept})
			}
		}
	}
	if len(m.gifts) > 0 {
		for _, g := range m.gifts {
			if g.grant.points == points {
				list = append(list, gain{g.of.At, g.grant.kept})
			}
		}
		slices.SortStableFunc(list, func(x, y gain) int { return cmp.Compare(x.at, y.at) })
	}
	g := &gains{sums: []int64{0}}
	for i, x := range list {
		g.at, g.sums = append(g.at, x.at), append(g.sums, g.sums[i]+x.amount)
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

// metric is what counts for a tier at an instant: what was earned since its window began.
func (t Tier) metric(m *member, at Instant) int64 {
	day, g := m.clock.day(at), m.earnings(t.Points)
	switch {
	case t.Last.N > 0:
		return g.before(at+1) - g.before(m.clock.start(first(day, t.Last)))
	case t.Every != "":
		return g.before(at+1) - g.before(m.clock.start(m.clock.periodStart(t.Every, day)))
	}
	return g.before(at + 1)
}

// kept is until when a level reached at an instant is kept whatever happens.
func (t Tier) kept(c *clock, at Instant) Instant {
	if t.KeepEnd != "" {
		return c.start(c.nextPeriod(t.KeepEnd, c.nextPeriod(t.KeepEnd, c.day(at))))
	}
	return c.after(at, t.Keep)
}

// Tier is the level a member has at an instant: time is walked from the first event on, stopping at every event and every
// midnight.
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
	for _, g := range m.gifts {
		if g.of.At <= now {
			stops = append(stops, g.of.At)
			begin = min(begin, g.of.At)
		}
	}
	for d := m.clock.day(begin) + 1; m.clock.start(d) <= now; d++ {
		stops = append(stops, m.clock.start(d))
	}
	slices.Sort(stops)
	level, reached, unmet := 0, begin, Forever
	period := 0
	for _, at := range stops {
		v := t.metric(m, at)
		met := 0
		for i, needs := range t.Levels {
			if v >= needs*million {
				met = i
			}
		}
		p := m.clock.periodStart(t.Every, m.clock.day(at))
		switch {
		case met > level:
			level, reached, unmet, period = met, at, Forever, p
		case met == level:
			if p != period { // met again in another period: reached again
				reached, period = at, p
			}
			unmet = Forever
		default:
			unmet = min(unmet, at)
		}
		for level > met && t.falls(m.clock, reached, unmet) <= at {
			w.reach("tier fell")
			fell := t.falls(m.clock, reached, unmet)
			if level--; t.ToMet {
				level = met
			}
			reached, period, unmet = fell, p, Forever
			if level > met {
				unmet = fell
			}
		}
	}
	return level
}

// falls is when a level is lost: its last day is the one before it is unmet or kept no more, and grace counts from that.
func (t Tier) falls(c *clock, reached, unmet Instant) Instant {
	end := max(unmet, t.kept(c, reached))
	if t.Grace.N == 0 {
		return end
	}
	return c.after(end-1, t.Grace)
}
