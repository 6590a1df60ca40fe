package oracle

import (
	"fmt"
)

// share is a member's part of a group's challenge in one window.
type share struct {
	challenge Challenge
	window    int
	team      string // "" for everyone
}

func (s share) key() string { return fmt.Sprint("group ", s.challenge.ID, "/", s.window, "/", s.team) }

// inside is what lies in the window, each event by the clock of whose it is.
func (s share) inside(w *World) inside {
	return func(h *happened) bool {
		name, _, ok := s.challenge.windowOf(w.members[h.Member], h, whole[0])
		return ok && name == s.window && (s.team == "" || h.team == s.team)
	}
}

func (s share) suffices(w *World, m *member) bool {
	r, any := s.challenge.last(m.counted, s.inside(w))
	return any && r.value >= s.challenge.EachNeeds*million
}

func (s share) total(w *World) int64 {
	r, _ := s.challenge.last(w.counted, s.inside(w))
	return r.value
}

// payGroups pays the goals of groups: to all who brought enough when it is reached, to others when they bring it.
func (w *World) payGroups(m *member, h *happened) {
	for _, c := range w.Program.Challenges {
		name, _, open := c.windowOf(m, h, whole[0])
		if c.By == "" || !open || h.Type != c.When || h.Amount < c.Min {
			continue
		}
		s := share{c, name, ""}
		if c.By == "team" {
			if s.team = h.team; s.team == "" {
				continue
			}
		}
		if w.groups[s.key()] {
			if s.suffices(w, m) && m.awards[s.key()] == nil {
				w.reach("share brought after the group's goal")
				w.pay(m, h.seq, h, s.key(), c.Give, &award{group: &s})
			}
			continue
		}
		if s.total(w) < c.Goals[0]*million {
			continue
		}
		w.groups[s.key()] = true
		w.reach("group's goal reached")
		for _, other := range w.members {
			if !s.suffices(w, other) {
				if len(other.counted) > 0 {
					w.reach("share too small")
				}
				continue
			}
			w.seq++
			other.settle(h.Arrived)
			w.pay(other, w.seq, h, s.key(), c.Give, &award{group: &s})
		}
	}
}

func (w *World) groupStanding(m *member, c Challenge, now Instant) ChallengeStanding {
	name, _ := c.window(m, now)
	s := share{c, name, ""}
	if c.By == "team" {
		s.team = m.team
	}
	mine, _ := c.last(m.counted, s.inside(w))
	st := ChallengeStanding{Progress: s.total(w), Mine: mine.value, Done: m.awards[s.key()] != nil}
	for _, a := range m.awards {
		if a.group != nil && a.group.challenge.ID == c.ID {
			st.Times++
		}
	}
	return st
}
