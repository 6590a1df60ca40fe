package oracle

// counted picks the events that a fold counts, of those inside, in the order in which they happened.
func (f Fold) counted(m *member, inside func(day int) bool) []*happened {
	var list []*happened
	days := map[int]int{}
	for _, h := range m.counted() {
		if h.Type != f.When || h.Amount < f.Min || !inside(h.day) {
			continue
		}
		if days[h.day]++; f.AtMost == 0 || days[h.day] <= f.AtMost {
			list = append(list, h)
		}
	}
	return list
}

// values are the fold's values after each of the events it counts.
func (f Fold) values(m *member, inside func(day int) bool) []int64 {
	var list []int64
	var v int64
	seen := map[string]bool{}
	for i, h := range f.counted(m, inside) {
		switch {
		case f.Kind == "add" && f.Amount:
			v += h.Amount
		case f.Kind == "add":
			v += million
		case f.Kind == "highest":
			v = max(v, h.Amount)
		case f.Kind == "lowest" && (i == 0 || h.Amount < v), f.Kind == "latest":
			v = h.Amount
		case f.Kind == "distinct" && !seen[h.Key]:
			seen[h.Key] = true
			v += million
		}
		list = append(list, v)
	}
	return list
}

func (f Fold) value(m *member, inside func(day int) bool) int64 {
	if list := f.values(m, inside); len(list) > 0 {
		return list[len(list)-1]
	}
	return 0
}

func always(int) bool { return true }

// Counter is a counter's value at an instant.
func (w *World) Counter(id string, c Counter, now Instant) int64 {
	m := w.members[id]
	day := m.clock.day(now)
	switch {
	case c.Last.N > 0:
		from := first(day, c.Last)
		return c.value(m, func(d int) bool { return from <= d && d <= day })
	case c.Every != "":
		start := m.clock.periodStart(c.Every, day)
		return c.value(m, func(d int) bool { return m.clock.periodStart(c.Every, d) == start })
	}
	return c.value(m, always)
}
