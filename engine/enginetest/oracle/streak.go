package oracle

// run is a streak's unbroken run: its qualified periods, each named by its first day, and the missed ones frozen.
type run struct {
	qualified []int
	frozen    int
	broken    bool
}

// runs walks a streak's periods, from the first qualified one to that of a day.
func (s Streak) runs(m *member, today int) []*run {
	visits := map[int]int{}
	begin := -1
	for _, h := range m.counted {
		if h.Type != "visit" {
			continue
		}
		p := m.clock.periodStart(s.Every, h.day)
		if visits[p]++; visits[p] == s.AtLeast && (begin < 0 || p < begin) {
			begin = p
		}
	}
	if begin < 0 {
		return nil
	}
	var list []*run
	var open *run
	used := map[int]int{} // free freezes, by the first day of their month
	for p := begin; p <= m.clock.periodStart(s.Every, today); p = m.clock.nextPeriod(s.Every, p) {
		next := m.clock.nextPeriod(s.Every, p)
		month := m.clock.periodStart("month", next-1)
		switch {
		case visits[p] >= s.AtLeast:
			if open == nil {
				open = &run{}
				list = append(list, open)
			}
			open.qualified = append(open.qualified, p)
		case open == nil || next > today: // the present period is not over
		case used[month] < s.Free:
			used[month]++
			open.frozen++
		default:
			open.broken = true
			open = nil
		}
	}
	return list
}

// StreakStanding is where a streak stands.
type StreakStanding struct {
	State           string // none, active, at_risk, broken
	Length, Longest int
}

// Streak is a member's standing in a streak at an instant.
func (w *World) Streak(id string, s Streak, now Instant) StreakStanding {
	m := w.members[id]
	today := m.clock.day(now)
	st := StreakStanding{State: "none"}
	for _, r := range s.runs(m, today) {
		st.State, st.Length = "at_risk", len(r.qualified)
		st.Longest = max(st.Longest, len(r.qualified))
		if st.Longest > 1 {
			w.reach("run of several")
		}
		if r.frozen > 0 {
			w.reach("freeze used")
		}
		if r.qualified[len(r.qualified)-1] == m.clock.periodStart(s.Every, today) {
			st.State = "active"
		}
		if r.broken {
			st.State, st.Length = "broken", 0
		}
	}
	return st
}

// marks counts the payments of a goal that lie in the span of a run.
func (r *run) marks(m *member, s Streak) (n int) {
	for _, a := range m.awards {
		if a.goal > 0 && a.streak == s.ID && r.qualified[0] <= a.period && a.period <= r.qualified[len(r.qualified)-1] {
			n++
		}
	}
	return n
}
