package oracle

import (
	"fmt"
	"slices"
)

// window is the window of a challenge that an instant lies in for a member: its name, what lies inside, and false where the
// instant does not.
func (c Challenge) window(m *member, at Instant) (name int, in inside, open bool) {
	from, to := -Forever, Forever
	if c.From != 0 {
		from, to = m.clock.start(c.From), m.clock.start(c.Until+1)
	}
	if c.Every != "" {
		name = m.clock.periodStart(c.Every, m.clock.day(at))
		from, to = m.clock.start(name), m.clock.start(m.clock.nextPeriod(c.Every, name))
	}
	if c.OptIn {
		enrolled, ok := m.enrolled[c.ID]
		if !ok {
			return name, func(*happened) bool { return false }, false
		}
		from = max(from, enrolled)
	}
	if c.Within.N > 0 {
		if !c.OptIn {
			from = max(from, m.joined)
		}
		to = min(to, m.clock.after(from, c.Within))
	}
	return name, func(h *happened) bool { return from <= h.At && h.At < to }, from <= at && at < to
}

// ranOut reports whether the time that a member had from joining is over.
func (c Challenge) ranOut(m *member, at Instant) bool {
	from := m.enrolled[c.ID]
	if from == 0 || c.Within.N == 0 {
		return false
	}
	if c.From != 0 {
		if at < m.clock.start(c.From) {
			return false
		}
		from = max(from, m.clock.start(c.From))
	}
	if c.Every != "" {
		from = max(from, m.clock.start(m.clock.periodStart(c.Every, m.clock.day(at))))
	}
	return at >= m.clock.after(from, c.Within)
}

// completions are the goals that a value reaches: each goal once, or the only one again and again.
func (c Challenge) completions(v int64) (names []string) {
	if c.Again {
		for i := range v / (c.Goals[0] * million) {
			names = append(names, fmt.Sprint(i))
		}
		return names
	}
	for i, g := range c.Goals {
		if v >= g*million {
			names = append(names, fmt.Sprint(i))
		}
	}
	return names
}

// reached are the goals of a challenge that the member reached, by window.
func (w *World) reachedGoals(c Challenge, m *member) map[int][]string {
	all, stale := m.reached[c.ID], m.stale[c.ID]
	if all == nil {
		all, stale = map[int][]string{}, nil
		m.reached[c.ID] = all
		for _, h := range m.counted {
			stale = append(stale, h.At)
		}
	}
	m.stale[c.ID] = nil
	known := map[int]bool{}
	for _, at := range stale {
		name, in, ok := c.window(m, at)
		if !ok || known[name] {
			continue
		}
		known[name] = true
		all[name] = []string{}
		in = w.afterNeeds(c, m, name, in)
		if len(c.Steps) > 0 {
			if w.stepsDone(c, m, in) == len(c.Steps) {
				all[name] = []string{"0"}
			}
		} else if list := c.readings(m.counted, in); len(list) > 0 {
			best := slices.MaxFunc(list, func(x, y reading) int { return int(x.value - y.value) })
			all[name] = c.completions(best.value)
		}
	}
	return all
}

// afterNeeds leaves what came before the challenges that a challenge needs were completed.
func (w *World) afterNeeds(c Challenge, m *member, name int, in inside) inside {
	if len(c.Needs) == 0 {
		return in
	}
	since := -Forever
	for _, id := range c.Needs {
		i := slices.IndexFunc(w.Program.Challenges, func(c Challenge) bool { return c.ID == id })
		needed := w.Program.Challenges[i]
		if c.Every != "" && needed.Every == c.Every {
			since = max(since, w.completedIn(needed, m, name))
		} else {
			since = max(since, w.completed(needed, m))
		}
	}
	return func(h *happened) bool { return h.At > since && in(h) }
}

// completed is when a challenge was completed for the first time.
func (w *World) completed(c Challenge, m *member) (first Instant) {
	if at, known := m.done[c.ID]; known {
		return at
	}
	first = Forever
	defer func() { m.done[c.ID] = first }()
	done := map[int]bool{}
	for _, h := range m.counted {
		name, in, ok := c.window(m, h.At)
		if !ok || done[name] {
			continue
		}
		done[name] = true
		first = min(first, w.finished(c, m, name, in))
	}
	return first
}

// completedIn is when a challenge that repeats was completed in a period.
func (w *World) completedIn(c Challenge, m *member, period int) Instant {
	for _, h := range m.counted {
		if name, in, ok := c.window(m, h.At); ok && name == period {
			return w.finished(c, m, name, in)
		}
	}
	return Forever
}

// finished is when a challenge was completed in a window.
func (w *World) finished(c Challenge, m *member, name int, in inside) Instant {
	in = w.afterNeeds(c, m, name, in)
	if len(c.Steps) == 0 {
		return c.passed(m, c.Goals[len(c.Goals)-1], in)
	}
	last := -Forever
	for _, s := range c.Steps {
		last = max(last, c.stepDone(s, m, in))
	}
	return last
}

// passed is when a fold first reached a goal.
func (f Fold) passed(m *member, goal int64, in inside) Instant {
	counted := f.counted(m.counted, in)
	for i, r := range f.readings(m.counted, in) {
		if r.value >= goal*million {
			return counted[i].At
		}
	}
	return Forever
}

// stepDone is when a step was done: only what comes after the steps that it needs counts.
func (c Challenge) stepDone(s Step, m *member, in inside) Instant {
	since := -Forever
	for _, id := range s.Needs {
		i := slices.IndexFunc(c.Steps, func(s Step) bool { return s.ID == id })
		since = max(since, c.stepDone(c.Steps[i], m, in))
	}
	return s.passed(m, s.Goal, func(h *happened) bool { return h.At > since && in(h) })
}

func (w *World) stepsDone(c Challenge, m *member, in inside) (n int) {
	for _, s := range c.Steps {
		if c.stepDone(s, m, in) < Forever {
			n++
		}
	}
	return n
}

func (c Challenge) key(window int, goal string) string {
	return fmt.Sprint("challenge ", c.ID, "/", window, "/", goal)
}

// payGoals pays what an event brought the member to reach.
func (w *World) payGoals(m *member, h *happened) {
	for _, c := range w.Program.Challenges {
		if c.By != "" {
			continue
		}
		for name, goals := range w.reachedGoals(c, m) {
			for _, g := range goals {
				key := c.key(name, g)
				a := award{mark: c.Mark}
				if c.Winners > 0 {
					a.place = key
				}
				w.payWinner(m, h, key, c, a)
			}
		}
	}
	for _, s := range w.Program.Streaks {
		if s.Goal == 0 || h.Type != "visit" {
			continue
		}
		for _, r := range s.runs(m, m.clock.day(h.Arrived)) {
			if len(r.qualified) < s.Goal {
				continue
			}
			at := r.qualified[s.Goal-1]
			switch r.marks(m, s) {
			case 0:
				w.pay(m, h.seq, h, fmt.Sprint("streak ", s.ID, "/", at), s.Give, award{streak: s.ID, goal: s.Goal, period: at})
			case 1:
			default:
				w.reach("paid runs joined by a late event")
			}
		}
	}
}

// payWinner pays a goal, unless all its places are taken.
func (w *World) payWinner(m *member, h *happened, key string, c Challenge, a award) {
	switch {
	case m.awards[key] != nil:
	case a.place != "" && w.won[a.place] >= c.Winners:
		m.awards[key] = &award{}
		w.reach("no winner's place left")
	default:
		w.reachGoal(c)
		if a.place != "" {
			w.won[a.place]++
		}
		w.pay(m, h.seq, h, key, c.Give, a)
	}
}

// reachGoal notes what kind of challenge it is of which a goal is paid.
func (w *World) reachGoal(c Challenge) {
	w.reach("goal of a member")
	if c.Within.N > 0 {
		w.reach("goal reached in time")
	}
	if len(c.Needs) > 0 {
		w.reach("goal after what it needs")
	}
	if len(c.Steps) > 0 {
		w.reach("all steps done")
	}
	for _, s := range c.Steps {
		if len(s.Needs) > 0 {
			w.reach("step after what it needs")
		}
	}
	if c.Winners > 0 {
		w.reach("winner")
	}
}

func (w *World) pay(m *member, seq int, h *happened, key string, amount int64, a award) {
	if m.awards[key] != nil {
		return
	}
	a.given, a.at, m.gains = amount*million, h.At, nil
	if account := m.accounts["gems"]; account != nil {
		a.lot = account.open(w, m, seq, h.Arrived, a.given, true)
		a.lot.goal = true
	}
	m.awards[key] = &a
	w.reach("goal paid")
}

// revokeGoals takes back what was given for goals that are no longer reached.
func (w *World) revokeGoals(m *member, now Instant) {
	held := map[string]bool{}
	for _, c := range w.Program.Challenges {
		if c.By != "" {
			continue
		}
		for name, goals := range w.reachedGoals(c, m) {
			for _, g := range goals {
				held[c.key(name, g)] = true
			}
		}
	}
	var gone []string
	for key, a := range m.awards {
		if a.goal == 0 && !held[key] && (a.group == nil || !a.group.suffices(w, m)) {
			gone = append(gone, key)
		}
	}
	slices.Sort(gone)
	for _, key := range gone {
		a := m.awards[key]
		delete(m.awards, key)
		m.gains = nil
		if a.place != "" {
			w.won[a.place]--
			w.reach("winner revoked")
		}
		if a.group != nil {
			w.reach("share revoked")
		}
		m.accounts["gems"].clawBack(w, now, a.lot, a.given)
		w.reach("goal revoked")
	}
}

// ChallengeStanding is where a member stands in a challenge.
type ChallengeStanding struct {
	Progress, Mine int64
	Done           bool
	Times          int
}

// Challenge is a member's standing at an instant, in the window of that instant.
func (w *World) Challenge(id string, c Challenge, now Instant) ChallengeStanding {
	m := w.members[id]
	if c.By != "" {
		return w.groupStanding(m, c, now)
	}
	var s ChallengeStanding
	all := w.reachedGoals(c, m)
	for _, goals := range all {
		switch {
		case c.Again:
			s.Times += len(goals)
		case len(goals) == max(len(c.Goals), 1):
			s.Times++
		}
	}
	name, in, _ := c.window(m, now)
	in = w.afterNeeds(c, m, name, in)
	goals := all[name]
	if len(c.Steps) > 0 {
		s.Progress, s.Done = int64(w.stepsDone(c, m, in))*million, len(goals) > 0
		if s.Progress > 0 && !s.Done {
			w.reach("some steps done")
		}
		return s
	}
	last := c.Goals[len(c.Goals)-1] * million
	r, _ := c.last(m.counted, in)
	if c.Again {
		s.Progress, s.Done = r.value%last, len(goals) > 0
		return s
	}
	s.Progress, s.Done = r.value, len(goals) == len(c.Goals)
	return s
}
