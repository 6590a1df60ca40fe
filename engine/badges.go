package engine

import (
	"github.com/laurel-engine/laurel/engine/event"
)

// earnBadge gives a badge at a level and reports true, unless it is held at that level or a higher one.
func (a *applier) earnBadge(b *Badge, level string, by Source, e *event.Event) bool {
	if a.m.holds(b, level) {
		return false
	}
	held := a.m.badge(b.ID)
	if held == nil {
		a.m.Badges = append(a.m.Badges, BadgeRecord{ID: b.ID})
		held = &a.m.Badges[len(a.m.Badges)-1]
	}
	held.Level, held.At = level, e.Time
	if by == b.Source && !a.awarding.reaches(a, Cause{Event: BadgeEarned, ID: b.ID, Goal: level, At: e.Time}) {
		return true
	}
	a.out.Effects = append(a.out.Effects, Effect{Kind: BadgeEffect, Cause: a.cause, ID: b.ID, Level: level, Source: by})
	a.follow(Cause{Event: BadgeEarned, ID: b.ID, Goal: level, At: e.Time}, e.Depth,
		[]event.Value{event.TextValue(b.ID), event.TextValue(level)}, e.ID, b.ID, level)
	return true
}

// holds reports whether a member has a badge at a level or a higher one.
func (m *Member) holds(b *Badge, level string) bool {
	held := m.badge(b.ID)
	return held != nil && b.rank(level) <= b.rank(held.Level)
}

// rank orders a badge's levels; a badge without levels has the one level "".
func (b *Badge) rank(level string) int {
	for i := range b.Levels {
		if b.Levels[i].Name == level {
			return i
		}
	}
	return -1
}
