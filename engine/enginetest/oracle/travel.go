package oracle

import "slices"

// Travel is a member who lives in another zone from now on, by which days are told of all that arrives then. What limits count goes
// on by the zone left until its next midnight; of several journeys until then the first counts. Days that were hardly lived break
// no streak.
func (w *World) Travel(id, zone string, now Instant) {
	m := w.members[id]
	if !w.Program.MemberClock {
		return
	}
	to := w.clock(zone)
	if (m.zoned || len(m.events) > 0) && to != m.clock && m.leaving(now) == nil {
		m.left, m.leftAt = m.clock, now
		w.reach("journey")
		if m.zoned {
			m.skip(to, now)
		} else {
			w.reach("first zone")
			m.told = &told{to, w.seq, now}
		}
	}
	if to != m.clock {
		m.stays = append(m.stays, stay{m.clock, now, w.seq})
	}
	m.zoned, m.clock = true, to
}

// skip notes the days of which less than half a day was lived.
func (m *member) skip(to *clock, now Instant) {
	from := m.clock
	for d := min(from.day(now), to.day(now)); d <= max(from.day(now), to.day(now)); d++ {
		before := max(0, min(from.start(d+1), now)-from.start(d))
		after := max(0, to.start(d+1)-max(to.start(d), now))
		if before+after < day/2 {
			m.hardly[d] = true
		}
	}
}

// stay is a time in a zone that a member has left.
type stay struct {
	clock *clock
	until Instant
	seq   int // of the last event
}

// asOf asks something of a member as things stood at the end of a stay, but for what has been reversed since.
func (m *member) asOf(st stay, s Streak, ask func()) {
	clock, told, all, mine := m.clock, m.told, m.counted, m.mendedOf(s)
	bought := mine.bought
	defer func() { m.clock, m.told, m.counted, mine.bought = clock, told, all, bought }()
	m.clock = st.clock
	m.counted = slices.DeleteFunc(slices.Clone(all), func(h *happened) bool { return h.seq > st.seq })
	mine.bought = slices.DeleteFunc(slices.Clone(bought), func(at Instant) bool { return at > st.until })
	if told != nil && told.seq >= st.seq {
		m.told = nil
	}
	ask()
}

// told is that the first zone was told.
type told struct {
	to  *clock
	seq int // of the last event before
	at  Instant
}

// relabelled are the days that what qualified the last day of a run may have been on by the first zone told: of the events before
// that, as far as they count.
func (w *World) relabelled(m *member) map[int]bool {
	if m.told == nil {
		return nil
	}
	days := map[int]bool{}
	for _, s := range w.Program.Streaks {
		sums, lasts, last := map[int]int64{}, map[int]int{}, -1
		for _, h := range m.counted {
			if s.counts(h) != 0 && h.seq <= m.told.seq {
				sums[h.day] += s.counts(h)
				lasts[h.day] = max(lasts[h.day], m.told.to.day(h.At))
			}
		}
		for d, sum := range sums {
			if sum >= int64(s.AtLeast)*million {
				last = max(last, d)
			}
		}
		if last < w.clock("Etc/GMT+12").day(m.told.at-72*3600*second) {
			continue // no late event can be of that day any more
		}
		for d := last + 1; s.Every == "day" && last >= 0 && d <= lasts[last]; d++ {
			days[d] = true
		}
	}
	return days
}

// leaving is the clock of the zone that was left, until its next midnight, and for what was before.
func (m *member) leaving(at Instant) *clock {
	if m.left != nil && at < m.left.start(m.left.day(m.leftAt)+1) {
		return m.left
	}
	return nil
}

// clockOfLimits is the clock by which limits tell the day of an instant.
func (m *member) clockOfLimits(at Instant) *clock {
	if left := m.leaving(at); left != nil {
		return left
	}
	return m.clock
}
