package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// BadgeMissing is one way to a badge, or to its next level, and what is still to do. Exactly one of Counter, Challenge and Streak says what
// counts.
type BadgeMissing struct {
	Level     string          `json:"level,omitempty"` // that it leads to
	Counter   string          `json:"counter,omitempty"`
	Challenge string          `json:"challenge,omitempty"`
	Streak    string          `json:"streak,omitempty"`
	Goal      string          `json:"goal,omitempty"` // of the challenge or streak
	Progress  decimal.Decimal `json:"progress"`
	At        decimal.Decimal `json:"at"`
	Missing   decimal.Decimal `json:"missing"`
}

// BadgesMissing tells, by the ids of badges, the ways to those that the member does not have, or has at a lower level: by a count of its own, or
// by the goals of challenges and streaks that the member can see. What a rule gives has no way that could be told.
func (p *Processor) BadgesMissing(m *Member, at, taken calendar.Instant) map[string][]BadgeMissing {
	rules := p.current()
	progress := m.ProgressHeld(rules, at, taken, p.Group)
	found := map[string][]BadgeMissing{}
	add := func(b *Badge, way BadgeMissing) {
		if way.Missing = way.At - way.Progress; way.Missing > 0 && m.lacks(b, way.Level) {
			found[b.ID] = append(found[b.ID], way)
		}
	}
	for _, b := range rules.Badges {
		if b.Counter == nil {
			continue
		}
		for _, l := range b.Levels {
			if m.lacks(b, l.Name) { // the next one
				add(b, BadgeMissing{Level: l.Name, Counter: b.Counter.ID, Progress: m.Count(rules, b.Counter, at), At: l.At})
				break
			}
		}
	}
	for _, c := range rules.Challenges {
		if of, seen := progress.Challenges[c.ID]; seen {
			eachBadge(c.Goals, func(g *Goal, b *Badge, level string) {
				add(b, BadgeMissing{Level: level, Challenge: c.ID, Goal: g.ID, Progress: of.Progress, At: g.At})
			})
		}
	}
	for _, s := range rules.Streaks {
		if of, seen := progress.Streaks[s.ID]; seen {
			eachBadge(s.Goals, func(g *Goal, b *Badge, level string) {
				length, _ := decimal.FromInt(int64(of.Length))
				add(b, BadgeMissing{Level: level, Streak: s.ID, Goal: g.ID, Progress: length, At: g.At})
			})
		}
	}
	return found
}

// eachBadge calls yield for the badges that goals give.
func eachBadge(goals []*Goal, yield func(g *Goal, b *Badge, level string)) {
	for _, g := range goals {
		for i := range g.Give {
			if b := g.Give[i].Badge; b != nil {
				yield(g, b, g.Give[i].Level)
			}
		}
	}
}

// lacks reports whether the member has a badge at a lower level than one, or not at all.
func (m *Member) lacks(b *Badge, level string) bool {
	held := m.badge(b.ID)
	place := func(name string) int {
		return slices.IndexFunc(b.Levels, func(l challenges.Level) bool { return l.Name == name })
	}
	return held == nil || place(held.Level) < place(level)
}
