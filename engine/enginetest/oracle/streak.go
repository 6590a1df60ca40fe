package oracle

import (
	"cmp"
	"fmt"
	"slices"
)

// run is a streak's unbroken run: its qualified periods, each named by its first day, and the missed ones bridged.
type run struct {
	qualified []int
	frozen    int
	missed    int // the period that broke it, when broken
	broken    bool
}

func (r *run) holds(period int) bool {
	return r.qualified[0] <= period && period <= r.qualified[len(r.qualified)-1]
}

// mended is what a member has done for a streak.
type mended struct {
	bought []Instant    // stored freezes
	repair map[int]bool // missed periods that were repaired
	paid   []*award     // of goals, in the order in which they were paid
}

func (m *member) mendedOf(s Streak) *mended {
	if m.mended[s.ID] == nil {
		m.mended[s.ID] = &mended{repair: map[int]bool{}}
	}
	return m.mended[s.ID]
}

// when is the type of event that a streak counts.
func (s Streak) when() string {
	if s.Sum {
		return "log"
	}
	return "visit"
}

// counts is how much something that happened counts for a period.
func (s Streak) counts(h *happened) int64 {
	switch {
	case h.Type != s.when():
		return 0
	case s.Sum:
		return h.Amount
	}
	return million
}

// qualifiedBy reports whether a period did not count before something that happened in it, or before it was amended: then the
// goals of its run are paid.
func (s Streak) qualifiedBy(m *member, h *happened, before int64) bool {
	for _, x := range m.counted {
		if x.ID != h.ID && m.clock.periodStart(s.Every, x.day) == m.clock.periodStart(s.Every, h.day) {
			before += s.counts(x)
		}
	}
	return before < int64(s.AtLeast)*million
}

// runs walks a streak's periods, from the first qualified one to that of a day, and tells how many stored freezes were used. A
// missed period is bridged by its repair, a free freeze of its month, or a stored one that was bought by its end.
func (w *World) runs(s Streak, m *member, today int) (list []*run, stored int) {
	sums := map[int]int64{}
	for _, h := range m.counted {
		sums[m.clock.periodStart(s.Every, h.day)] += s.counts(h)
	}
	begin, last, enough := -1, -1, int64(s.AtLeast)*million
	for p, sum := range sums {
		if sum >= enough && (begin < 0 || p < begin) {
			begin = p
		}
		if sum >= enough {
			last = max(last, p) // of a traveller perhaps the day of tomorrow
		}
	}
	if begin < 0 {
		return nil, 0
	}
	mine, relabelled := m.mendedOf(s), w.relabelled(m)
	var open *run
	used := map[int]int{} // free freezes, by the first day of their month
	for p := begin; p <= max(last, m.clock.periodStart(s.Every, today)); p = m.clock.nextPeriod(s.Every, p) {
		next := m.clock.nextPeriod(s.Every, p)
		month := m.clock.periodStart("month", next-1)
		switch {
		case sums[p] >= enough:
			if open == nil {
				open = &run{}
				list = append(list, open)
			}
			open.qualified = append(open.qualified, p)
		case open == nil || next > today && p > last: // the present period is not over
		case s.Every == "day" && (m.hardly[p] || relabelled[p]):
			w.reach("day hardly lived")
		case mine.repair[p]:
			open.frozen++
		case used[month] < s.Free:
			used[month]++
			open.frozen++
		case stored < len(mine.bought) && mine.bought[stored] < m.clock.start(next):
			stored++
			open.frozen++
		default:
			open.broken, open.missed = true, p
			open = nil
		}
	}
	return list, stored
}

// StreakStanding is where a streak stands.
type StreakStanding struct {
	State           string // none, active, at_risk, broken, repairable
	Length, Longest int
	Stored          int
}

// Streak is a member's standing in a streak at an instant.
func (w *World) Streak(id string, s Streak, now Instant) StreakStanding {
	m := w.members[id]
	today := m.clock.day(now)
	runs, stored := w.runs(s, m, today)
	st := StreakStanding{State: "none", Stored: len(m.mendedOf(s).bought) - stored}
	if stored > 0 {
		w.reach("stored freeze used")
	}
	for _, r := range runs {
		st.State, st.Length = "at_risk", len(r.qualified)
		st.Longest = max(st.Longest, len(r.qualified))
		if st.Longest > 1 {
			w.reach("run of several")
		}
		if r.frozen > 0 {
			w.reach("freeze used")
		}
		if r.qualified[len(r.qualified)-1] >= m.clock.periodStart(s.Every, today) {
			st.State = "active"
		}
		if r.broken {
			st.State, st.Length = "broken", 0
			if s.mayRepair(m, r, now) {
				st.State = "repairable"
			}
		}
	}
	return st
}

// mayRepair reports whether the break of a run can still be repaired: days are whole ones after that of the break.
func (s Streak) mayRepair(m *member, r *run, now Instant) bool {
	if s.Repair.N == 0 {
		return false
	}
	broken := m.clock.start(m.clock.nextPeriod(s.Every, r.missed))
	if s.Repair.Unit == "hour" {
		return now < m.clock.after(broken, s.Repair)
	}
	return now < m.clock.after(broken-1, s.Repair)
}

// Freeze stores a freeze for a streak, or is refused.
func (w *World) Freeze(id string, s Streak, now Instant) bool {
	m := w.members[id]
	w.seq++
	m.settle(now)
	mine := m.mendedOf(s)
	if _, stored := w.runs(s, m, m.clock.day(now)); len(mine.bought)-stored >= s.Hold {
		w.reach("freezes full")
		return false
	}
	if !m.spend("gems", s.Cost*million, now) {
		return false
	}
	mine.bought = append(mine.bought, now)
	w.reach("freeze stored")
	return true
}

// Repair bridges what was missed since the last break, also where another run has begun since; or it is refused.
func (w *World) Repair(id string, s Streak, now Instant) bool {
	m := w.members[id]
	w.seq++
	m.settle(now)
	today := m.clock.day(now)
	runs, _ := w.runs(s, m, today)
	if len(runs) == 0 {
		return false
	}
	last := runs[len(runs)-1]
	next := m.clock.periodStart(s.Every, today)
	if !last.broken {
		if next = last.qualified[0]; len(runs) == 1 {
			return false
		}
		last = runs[len(runs)-2]
	}
	if !s.mayRepair(m, last, now) || !m.spend("gems", s.Cost*million, now) {
		w.reach("repair refused")
		return false
	}
	for p := last.missed; p < next; p = m.clock.nextPeriod(s.Every, p) {
		m.mendedOf(s).repair[p] = true
	}
	w.reach("repaired")
	w.payStreak(m, s, &happened{Event: Event{At: now, Arrived: now}, seq: w.seq}, last.qualified[0])
	return true
}

// spend pays a price, or nothing where there is too little.
func (m *member) spend(points string, amount int64, now Instant) bool {
	a := m.accounts[points]
	if _, ok := a.take(now, amount); !ok {
		return false
	}
	a.spent += amount
	return true
}

// due is how often a run of a length reaches a goal.
func (g StreakGoal) due(r *run) int {
	n := len(r.qualified) / g.At
	if !g.Again {
		n = min(n, 1)
	}
	return n
}

// inTime reports whether a run reached a goal for the nth time within what it allows.
func (s Streak) inTime(m *member, r *run, g StreakGoal, n int) bool {
	if g.Within.N == 0 {
		return true
	}
	until := m.clock.after(m.clock.start(r.qualified[0]), g.Within)
	return m.clock.start(r.qualified[n*g.At-1]) < until
}

// marks are the payments of a goal that lie within a run, by the periods in which it was reached.
func (r *run) marks(m *member, s Streak, goal int) (list []*award) {
	for _, a := range m.mendedOf(s).paid {
		if a.goal == goal && r.holds(a.period) {
			list = append(list, a)
		}
	}
	slices.SortStableFunc(list, func(x, y *award) int { return x.period - y.period })
	return list
}

// payStreak pays the goals that the run of a period has reached more often than was paid within it.
func (w *World) payStreak(m *member, s Streak, h *happened, period int) {
	runs, _ := w.runs(s, m, m.clock.day(h.Arrived))
	for _, r := range runs {
		if !r.holds(period) {
			continue
		}
		for i, g := range s.Goals {
			paid := len(r.marks(m, s, i))
			if paid > g.due(r) {
				w.reach("paid runs joined by a late event")
			}
			for n := paid + 1; n <= g.due(r) && s.inTime(m, r, g, n); n++ {
				mine := m.mendedOf(s)
				a := &award{streak: s.ID, goal: i, period: r.qualified[n*g.At-1]}
				w.paid++
				w.pay(m, h.seq, h, fmt.Sprint("streak ", w.paid), g.Give, a)
				mine.paid = append(mine.paid, a)
				w.reach("goal of a streak")
				if n > 1 {
					w.reach("goal of a streak again")
				}
				if g.Within.N > 0 {
					w.reach("goal of a streak in time")
				}
			}
		}
	}
}

// MayVoid reports whether every run was paid as often as it reaches its goals, and is so without an event, or with another amount,
// but for what is taken back: whether what a joined run was paid too much, or in a period that counts no more, stands for the rest
// of it is nowhere said.
func (w *World) MayVoid(id, of string, amount *int64, now Instant) bool {
	m := w.members[of]
	return !w.overpaid(m, now) && m.with(m.event(id), amount, func() bool { return !w.underpaid(m, now) && !w.wavers(m) })
}

// with asks something of a member as if an event had not been, or had been of another amount.
func (m *member) with(h *happened, amount *int64, ask func() bool) bool {
	all := m.counted
	defer func() { m.counted = all }()
	m.counted = slices.DeleteFunc(slices.Clone(all), func(x *happened) bool { return x == h })
	if amount != nil {
		x := *h
		x.Amount = *amount
		m.counted = slices.Insert(m.counted, place(m.counted, &x), &x)
	}
	return ask()
}

// underpaid reports whether a run reaches a goal that was not paid.
func (w *World) underpaid(m *member, now Instant) bool {
	for _, s := range w.Program.Streaks {
		runs, _ := w.runs(s, m, m.clock.day(now))
		for _, r := range runs {
			for i, g := range s.Goals {
				if n := len(r.marks(m, s, i)); n < g.due(r) && s.inTime(m, r, g, n+1) {
					return true
				}
			}
		}
	}
	return false
}

// overpaid reports whether goals of streaks were paid that may be reached no more: a late event joined two runs, or something below
// zero took a period out of one, perhaps for a while.
func (w *World) overpaid(m *member, now Instant) bool {
	for _, s := range w.Program.Streaks {
		held := 0
		runs, _ := w.runs(s, m, m.clock.day(now))
		for _, r := range runs {
			for i, g := range s.Goals {
				marks := len(r.marks(m, s, i))
				if held += marks; marks > g.due(r) {
					return true
				}
			}
		}
		if held < len(m.mendedOf(s).paid) {
			return true
		}
	}
	return w.wavers(m)
}

// wavers reports whether a period of a streak with goals counted and then, for something below zero, did no more.
func (w *World) wavers(m *member) bool {
	inOrder := slices.SortedFunc(slices.Values(m.counted), func(x, y *happened) int { return cmp.Compare(x.seq, y.seq) })
	for _, s := range w.Program.Streaks {
		sums, enough := map[int]int64{}, int64(s.AtLeast)*million
		for _, h := range inOrder {
			p := m.clock.periodStart(s.Every, h.day)
			before := sums[p]
			if sums[p] += s.counts(h); len(s.Goals) > 0 && before >= enough && sums[p] < enough {
				return true
			}
		}
	}
	return false
}

// revokeStreaks takes back what was given for goals of streaks that are not reached as often any more, the last ones first.
func (w *World) revokeStreaks(m *member, now Instant) (gone []string) {
	for _, s := range w.Program.Streaks {
		runs, _ := w.runs(s, m, m.clock.day(now))
		stands := map[*award]bool{}
		for _, r := range runs {
			for i, g := range s.Goals {
				for n, a := range r.marks(m, s, i) {
					stands[a] = n < g.due(r)
				}
			}
		}
		mine := m.mendedOf(s)
		for key, a := range m.awards {
			if a.streak == s.ID && !stands[a] && !w.ranThen(m, s, a) {
				gone = append(gone, key)
				mine.paid = slices.DeleteFunc(mine.paid, func(x *award) bool { return x == a })
				w.reach("goal of a streak revoked")
			}
		}
	}
	return gone
}

// ranThen reports whether a goal that was paid was reached by a clock of before, in a run that a journey has ended earlier.
func (w *World) ranThen(m *member, s Streak, a *award) (ran bool) {
	g := s.Goals[a.goal]
	for _, st := range m.stays {
		m.asOf(st, s, func() {
			runs, _ := w.runs(s, m, m.clock.day(st.until))
			for _, r := range runs {
				if !r.holds(a.period) {
					continue
				}
				n := 1 + slices.Index(r.marks(m, s, a.goal), a)
				ran = ran || n <= g.due(r) && s.inTime(m, r, g, n)
			}
		})
	}
	return ran
}

// qualified is how many periods count for streaks of sums.
func (w *World) qualified(m *member) (n int) {
	for _, s := range w.Program.Streaks {
		if s.Sum {
			runs, _ := w.runs(s, m, m.clock.day(m.events[len(m.events)-1].Arrived))
			for _, r := range runs {
				n += len(r.qualified)
			}
		}
	}
	return n
}
