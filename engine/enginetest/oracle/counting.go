package oracle

import "slices"

// inside says whether an event lies within what is looked at.
type inside func(h *happened) bool

func always(*happened) bool { return true }

// counted picks the events that a fold counts, of those inside, in the order in which they happened. At most so many a day
// count of each member, also where several members count together.
func (f Fold) counted(events []*happened, in inside) []*happened {
	var list []*happened
	type memberDay struct {
		member string
		day    int
	}
	days := map[memberDay]int{}
	for _, h := range events {
		if !f.counts(h) || !in(h) {
			continue
		}
		at := memberDay{h.Member, h.day}
		if days[at]++; f.AtMost == 0 || days[at] <= f.AtMost {
			list = append(list, h)
		}
	}
	return list
}

// counts reports whether an event is of those that a fold counts.
func (f Fold) counts(h *happened) bool {
	return h.Type == f.When && h.Amount >= f.Min && (!f.Called || h.called)
}

// reading is a fold's value after an event.
type reading struct {
	value   int64
	reached Instant // since when it is what it is, as boards see it
	zero    Instant // of the last contribution of zero since, 0 for none
}

// readings are the fold's values after each of the events it counts.
func (f Fold) readings(events []*happened, in inside) []reading {
	var list []reading
	var r reading
	seen := map[string]bool{}
	for i, h := range f.counted(events, in) {
		before := r.value
		switch {
		case f.Kind == "add" && f.Amount:
			r.value += h.Amount
		case f.Kind == "add":
			r.value += million
		case f.Kind == "highest":
			r.value = max(r.value, h.Amount)
		case f.Kind == "lowest" && (i == 0 || h.Amount < r.value), f.Kind == "latest":
			r.value = h.Amount
		case f.Kind == "distinct" && !seen[h.Key]:
			seen[h.Key] = true
			r.value += million
		}
		zero := f.Kind == "add" && f.Amount && h.Amount == 0 // changes no tie
		switch {
		case i == 0 || r.value != before || f.Kind == "add" && !zero || f.Kind == "latest":
			r.reached, r.zero = h.At, 0
		case zero:
			r.zero = h.At
		}
		list = append(list, r)
	}
	return list
}

// last is the fold's value after all events, false when there are none.
func (f Fold) last(events []*happened, in inside) (r reading, ok bool) {
	list := f.readings(events, in)
	if len(list) == 0 {
		return reading{}, false
	}
	return list[len(list)-1], true
}

// window is what a counter counts at an instant, as a member's clock has it.
func (c Counter) window(m *member, at Instant) inside { return c.windowOn(m, m.clock.day(at)) }

func (c Counter) windowOn(m *member, day int) inside {
	switch {
	case c.Last.N > 0:
		from := first(day, c.Last)
		return func(h *happened) bool { return from <= h.day && h.day <= day }
	case c.Every != "":
		start := m.clock.periodStart(c.Every, day)
		return func(h *happened) bool { return m.clock.periodStart(c.Every, h.day) == start }
	}
	return always
}

// ofMember is what a counter may count of a member.
func (w *World) ofMember(c Counter, m *member) []*happened {
	if c.Earned != "" {
		return m.earnings(c.Earned).list
	}
	return m.counted
}

// contributions are what a counter may count, of all for whom it counts.
func (w *World) contributions(c Counter, team string, m *member) []*happened {
	switch c.By {
	case "team":
		var list []*happened
		for _, h := range w.counted {
			if h.team == team {
				list = append(list, h)
			}
		}
		return list
	case "everyone":
		return w.counted
	}
	return w.ofMember(c, m)
}

// Counter is a counter's value at an instant.
func (w *World) Counter(id string, c Counter, now Instant) int64 {
	m := w.members[id]
	r, _ := c.last(w.contributions(c, m.team, m), c.window(m, now))
	if c.Earned != "" && r.value > 0 {
		w.reach("points counted")
	}
	if c.By != "" && r.value > 0 {
		w.reach("group's count")
	}
	return r.value
}

// Marked reports whether a member has the badge mark: an event whose rule gives it, or a goal that does, still stands.
func (w *World) Marked(id string) bool {
	m := w.members[id]
	for _, h := range m.counted {
		rules, _ := w.Program.at(h.At)
		for i := range rules {
			if r := &rules[i]; r.Mark && r.matches(h) {
				w.reach("badge of a rule")
				return true
			}
		}
	}
	for _, a := range m.awards {
		if a.mark {
			w.reach("badge of a goal")
			return true
		}
	}
	return false
}

// Badge is the level that a member has reached, -1 for none: the counter is looked at after every event that it counts.
func (w *World) Badge(id string, b Badge) int {
	m, level := w.members[id], -1
	for _, c := range w.Program.Counters {
		if c.ID != b.Counter {
			continue
		}
		if c.Every == "" && c.Last.N == 0 {
			for _, r := range c.readings(w.ofMember(c, m), always) {
				for level+1 < len(b.Levels) && r.value >= b.Levels[level+1]*million {
					level++
					w.reach("badge level")
				}
			}
			return level
		}
		list := w.ofMember(c, m)
		for i, h := range list {
			if !c.counts(h) {
				continue
			}
			known := slices.DeleteFunc(slices.Clone(list), func(x *happened) bool { return x.seq > h.seq })
			for _, by := range [][]*happened{list[:i+1], known} { // what came later may be of an earlier day of a traveller
				r, ok := c.last(by, c.windowOn(m, h.day))
				for level+1 < len(b.Levels) && ok && r.value >= b.Levels[level+1]*million {
					level++
					w.reach("badge level")
				}
			}
		}
	}
	return level
}
