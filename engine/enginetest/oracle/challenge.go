package oracle

import (
	"fmt"
	"slices"
)

// spell is a time for which a member takes part in a challenge: what was accepted in it counts.
type spell struct {
	from     Instant // what happened before does not count
	began    Instant // since when the time to try runs
	seq, end int     // what was accepted after the one, and not after the other
}

// whole is the spell of those who take part without joining.
var whole = []*spell{{from: -Forever, began: -Forever, end: 1<<63 - 1}}

// spells are all in which a member takes or took part.
func (c Challenge) spells(m *member) []*spell {
	if !c.OptIn {
		return whole
	}
	return m.spells[c.ID]
}

// present is the spell that has not ended, nil for none.
func (c Challenge) present(m *member) *spell {
	if list := c.spells(m); len(list) > 0 && list[len(list)-1].end == whole[0].end {
		return list[len(list)-1]
	}
	return nil
}

// dates are the window of a challenge that an instant lies in for a member, by its name, without what joining does to it.
func (c Challenge) dates(clock *clock, at Instant) (name int, from, to Instant) {
	from, to = -Forever, Forever
	if c.From != 0 {
		from, to = clock.start(c.From), clock.start(c.Until+1)
	}
	if c.Every != "" {
		name = clock.periodStart(c.Every, clock.day(at))
		from, to = clock.start(name), clock.start(clock.nextPeriod(c.Every, name))
	}
	return name, from, to
}

// windowIn is the window of a challenge that an instant lies in for a member in a spell: its name, what lies inside, and false
// where the instant does not. What happened lies where it did by the clock by which it was counted.
func (c Challenge) windowIn(m *member, at Instant, s *spell) (name int, in inside, open bool) {
	return c.windowOf(m, &happened{Event: Event{At: at}, day: m.clock.day(at), clock: m.clock}, s)
}

// windowOf is the window that something that happened lies in.
func (c Challenge) windowOf(m *member, h *happened, s *spell) (name int, in inside, open bool) {
	name = c.name(m, h.day)
	during := func(h *happened) bool {
		from, to := -Forever, Forever
		if c.Within.N > 0 {
			_, from, to = c.dates(h.clock, h.At)
			began := max(from, s.began)
			if !c.OptIn {
				began = max(from, m.joined)
			}
			from, to = max(from, began), min(to, h.clock.after(began, c.Within))
		}
		return max(from, s.from) <= h.At && h.At < to && (c.From == 0 || c.From <= h.day && h.day <= c.Until) && c.name(m, h.day) == name
	}
	return name, func(h *happened) bool { return s.seq < h.seq && h.seq <= s.end && during(h) }, during(h)
}

// name is that of the window that a day lies in.
func (c Challenge) name(m *member, day int) int {
	if c.Every == "" {
		return 0
	}
	return m.clock.periodStart(c.Every, day)
}

// window is that of the present spell.
func (c Challenge) window(m *member, at Instant) (name int, in inside) {
	if s := c.present(m); s != nil {
		name, in, _ = c.windowIn(m, at, s)
		return name, in
	}
	name, _, _ = c.dates(m.clock, at)
	return name, func(*happened) bool { return false }
}

// ranOut reports whether the time that a member had from joining is over, also for one who has left.
func (c Challenge) ranOut(m *member, at Instant) bool {
	list := c.spells(m)
	if !c.OptIn || len(list) == 0 || c.Within.N == 0 || c.From != 0 && at < m.clock.start(c.From) {
		return false
	}
	_, from, _ := c.dates(m.clock, at)
	return at >= m.clock.after(max(from, list[len(list)-1].began), c.Within)
}

// Enroll opts a member in to a challenge: for the first time, after leaving, or to try again; or it is over.
func (w *World) Enroll(id string, c Challenge, now Instant) bool {
	m := w.members[id]
	if c.From != 0 && now >= m.clock.start(c.Until+1) {
		w.reach("enrolled too late")
		return false
	}
	name, _, _ := c.dates(m.clock, now)
	ranOut, done := c.ranOut(m, now), false
	if ranOut {
		goals := w.reachedGoals(c, m)[name]
		done = slices.Contains(goals, fmt.Sprint(max(len(c.Goals), 1)-1)) || c.Again && len(goals) > 0
	}
	if ranOut && (!c.Retry || done) {
		w.reach("time to try is over")
		return false
	}
	present := c.present(m)
	if present != nil && !ranOut {
		return true
	}
	next := &spell{from: now, began: now, seq: w.seq, end: whole[0].end}
	if list := c.spells(m); len(list) > 0 {
		w.reach(map[bool]string{true: "joined again", false: "tried again"}[present == nil])
		if last := list[len(list)-1]; !c.Retry {
			next.began = last.began
		}
	}
	if present != nil {
		present.end = w.seq
	}
	m.spells[c.ID] = append(m.spells[c.ID], next)
	clear(m.reached)
	clear(m.done)
	w.reach("enrolled")
	return true
}

// Leave takes a member out of a challenge: progress is dropped, what was paid stays.
func (w *World) Leave(id string, c Challenge) bool {
	m := w.members[id]
	if len(c.spells(m)) == 0 {
		return false
	}
	if present := c.present(m); present != nil {
		present.end = w.seq
		w.reach("left")
	}
	return true
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
		all = map[int][]string{}
		m.reached[c.ID] = all
		stale = slices.Clone(m.counted)
	}
	m.stale[c.ID] = nil
	known := map[int]bool{}
	for _, h := range stale {
		name := c.name(m, h.day)
		if known[name] {
			continue
		}
		known[name] = true
		all[name] = []string{}
		for _, s := range c.spells(m) {
			_, in, _ := c.windowOf(m, h, s)
			for _, goal := range w.reachedIn(c, m, w.afterNeeds(c, m, name, in)) {
				if !slices.Contains(all[name], goal) {
					all[name] = append(all[name], goal)
				}
			}
		}
	}
	return all
}

// reachedIn are the goals that what lies inside reaches.
func (w *World) reachedIn(c Challenge, m *member, in inside) []string {
	if len(c.Steps) > 0 {
		if w.stepsDone(c, m, in) == len(c.Steps) {
			return []string{"0"}
		}
	} else if list := c.readings(m.counted, in); len(list) > 0 {
		best := slices.MaxFunc(list, func(x, y reading) int { return int(x.value - y.value) })
		return c.completions(best.value)
	}
	return nil
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
		if name := c.name(m, h.day); !done[name] {
			done[name] = true
			first = min(first, w.completedIn(c, m, name))
		}
	}
	return first
}

// completedIn is when a challenge was completed in a window.
func (w *World) completedIn(c Challenge, m *member, window int) (first Instant) {
	first = Forever
	for _, h := range m.counted {
		if c.name(m, h.day) == window {
			for _, s := range c.spells(m) {
				_, in, _ := c.windowOf(m, h, s)
				first = min(first, w.finished(c, m, window, in))
			}
			return first
		}
	}
	return first
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

// payGoals pays what an event, which counted so much before, brought the member to reach.
func (w *World) payGoals(m *member, h *happened, before int64) {
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
		if h.Type == s.when() && s.qualifiedBy(m, h, before) {
			w.payStreak(m, s, h, m.clock.periodStart(s.Every, h.day))
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
		w.pay(m, h.seq, h, key, c.Give, &a)
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

func (w *World) pay(m *member, seq int, h *happened, key string, amount int64, a *award) {
	if m.awards[key] != nil {
		return
	}
	a.given, a.seq, a.at, a.day, m.gains = amount*million, seq, h.At, m.clock.day(h.At), nil
	if account := m.accounts["gems"]; account != nil {
		a.lot = account.open(w, m, seq, h.Arrived, a.given, true)
		a.lot.goal = true
	}
	m.awards[key] = a
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
	gone := w.revokeStreaks(m, now)
	for key, a := range m.awards {
		if a.streak == "" && !held[key] && (a.group == nil || !a.group.suffices(w, m)) {
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
		for _, a := range append(a.also, a) {
			m.accounts["gems"].clawBack(w, now, a.lot, a.given)
		}
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
	name, in := c.window(m, now)
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
