package oracle

import (
	"fmt"
	"slices"
)

// window is the days of a challenge's window that a day lies in, false when it lies in none.
func (c Challenge) window(m *member, day int) (name int, inside func(day int) bool, ok bool) {
	switch {
	case c.From != 0:
		return 0, func(d int) bool { return c.From <= d && d <= c.Until }, c.From <= day && day <= c.Until
	case c.Every != "":
		start := m.clock.periodStart(c.Every, day)
		return start, func(d int) bool { return m.clock.periodStart(c.Every, d) == start }, true
	}
	return 0, always, true
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

// reached are the keys of all goals of a challenge that the member reached, by window.
func (c Challenge) reached(m *member) map[int][]string {
	if all := m.reached[c.ID]; all != nil {
		return all
	}
	all := map[int][]string{}
	m.reached[c.ID] = all
	for _, h := range m.events {
		name, inside, ok := c.window(m, h.day)
		if !ok || h.voided || h.Type != c.When || all[name] != nil {
			continue
		}
		all[name] = []string{}
		if values := c.values(m, inside); len(values) > 0 {
			all[name] = c.completions(slices.Max(values))
		}
	}
	return all
}

func (c Challenge) key(window int, goal string) string {
	return fmt.Sprint("challenge ", c.ID, "/", window, "/", goal)
}

// payGoals pays what an event brought the member to reach.
func (w *World) payGoals(m *member, h *happened) {
	for _, c := range w.Program.Challenges {
		for name, goals := range c.reached(m) {
			for _, g := range goals {
				w.pay(m, h, c.key(name, g), c.Give, award{})
			}
		}
	}
	for _, s := range w.Program.Streaks {
		if s.Goal == 0 {
			continue
		}
		for _, r := range s.runs(m, m.clock.day(h.Arrived)) {
			if len(r.qualified) < s.Goal {
				continue
			}
			at := r.qualified[s.Goal-1]
			switch r.marks(m, s) {
			case 0:
				w.pay(m, h, fmt.Sprint("streak ", s.ID, "/", at), s.Give, award{streak: s.ID, goal: s.Goal, period: at})
			case 1:
			default:
				w.reach("paid runs joined by a late event")
			}
		}
	}
}

func (w *World) pay(m *member, h *happened, key string, amount int64, a award) {
	if m.awards[key] != nil {
		return
	}
	a.given = amount * million
	if account := m.accounts["gems"]; account != nil {
		a.lot = account.open(w, m, h, a.given)
		a.lot.goal = true
	}
	m.awards[key] = &a
	w.reach("goal paid")
}

// revokeGoals takes back what was given for goals of challenges that are no longer reached.
func (w *World) revokeGoals(m *member, now Instant) {
	held := map[string]bool{}
	for _, c := range w.Program.Challenges {
		for name, goals := range c.reached(m) {
			for _, g := range goals {
				held[c.key(name, g)] = true
			}
		}
	}
	var gone []string
	for key, a := range m.awards {
		if a.goal == 0 && !held[key] {
			gone = append(gone, key)
		}
	}
	slices.Sort(gone)
	for _, key := range gone {
		a := m.awards[key]
		delete(m.awards, key)
		m.accounts["gems"].clawBack(w, now, a.lot, a.given)
		w.reach("goal revoked")
	}
}

// ChallengeStanding is where a member stands in a challenge.
type ChallengeStanding struct {
	Progress int64
	Done     bool
	Times    int
}

// Challenge is a member's standing at an instant, in the window of that instant.
func (w *World) Challenge(id string, c Challenge, now Instant) ChallengeStanding {
	m := w.members[id]
	var s ChallengeStanding
	for _, goals := range c.reached(m) {
		switch {
		case c.Again:
			s.Times += len(goals)
		case len(goals) == len(c.Goals):
			s.Times++
		}
	}
	name, inside, _ := c.window(m, m.clock.day(now))
	last := c.Goals[len(c.Goals)-1] * million
	s.Progress = c.value(m, inside)
	goals := c.reached(m)[name]
	if c.Again {
		s.Progress %= last
		s.Done = len(goals) > 0
		return s
	}
	s.Progress = min(s.Progress, last)
	s.Done = len(goals) == len(c.Goals)
	return s
}
