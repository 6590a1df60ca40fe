package challenges

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// NoLevel is the level of a tier below its lowest.
const NoLevel = -1

// TierState is a member's place on a Ladder.
type TierState struct {
	Level   int              // index into Ladder.Levels, or NoLevel
	Reached calendar.Instant // when the level was reached, going up or falling
	// Unmet is since when the level is no longer met; calendar.Forever while it is.
	Unmet calendar.Instant
	// Settled is up to when time has been taken into account.
	Settled calendar.Instant
	// Beneath is set while a level whose reaching was undone is only held for the grace that runs from the reversal,
	// which is Unmet then: it is where the member stands without it.
	Beneath *TierState
}

// Metrics gives a tier's counts as they were, or will be by time alone, at an instant.
type Metrics interface {
	// Metric is the value of the metric with this index.
	Metric(index int, at calendar.Instant) decimal.Decimal
	// Falls is the first instant after the given one at which time alone lowers a metric, calendar.Forever for none.
	Falls(after calendar.Instant) calendar.Instant
	// Turned reports whether counting began anew between two instants, because a calendar period ended.
	Turned(since, at calendar.Instant) bool
}

// LevelChange is one step up or down.
type LevelChange struct {
	From, To int
	At       calendar.Instant
}

// met is the highest level whose needs hold at an instant.
func (l *Ladder) met(m Metrics, at calendar.Instant) int {
	for i := len(l.Levels) - 1; i >= 0; i-- {
		if l.Levels[i].met(m, at) {
			return i
		}
	}
	return NoLevel
}

// holds reports whether level or one above it is met.
func (l *Ladder) holds(level int, m Metrics, at calendar.Instant) bool {
	return level == NoLevel || l.met(m, at) >= level
}

func (r *Rung) met(m Metrics, at calendar.Instant) bool {
	for _, n := range r.All {
		if m.Metric(n.Metric, at) < n.At {
			return false
		}
	}
	for _, n := range r.Any {
		if m.Metric(n.Metric, at) >= n.At {
			return true
		}
	}
	return len(r.Any) == 0
}

// kept is until when a level reached at an instant is held, met or not.
func (l *Ladder) kept(cal calendar.Calendar, reached calendar.Instant) calendar.Instant {
	switch {
	case !l.Keep.For.IsZero():
		return cal.EndOfDayAfter(reached, l.Keep.For)
	case l.Keep.EndOf != calendar.Always:
		return cal.EndOf(l.Keep.EndOf, l.Keep.Next, reached)
	default:
		return reached
	}
}

// falls is when a level that is unmet since an instant is lost.
func (l *Ladder) falls(cal calendar.Calendar, s *TierState) calendar.Instant {
	if s.Level == NoLevel || s.Unmet == calendar.Forever {
		return calendar.Forever
	}
	end := max(s.Unmet, l.kept(cal, s.Reached))
	if s.Beneath != nil {
		end = s.Unmet // an undone reaching keeps nothing
	}
	if !l.Grace.IsZero() {
		end = cal.EndOfDayAfter(end-1, l.Grace)
	}
	return end
}

// Settle lets time pass up to now: it finds when the level stopped being met and lets it fall, one level at a time or
// at once, appending each fall to changes. The contributions known are those that m gives.
func (l *Ladder) Settle(cal calendar.Calendar, s *TierState, m Metrics, now calendar.Instant, changes []LevelChange) []LevelChange {
	if s.Beneath != nil {
		end := l.falls(cal, s)
		beneath := *s.Beneath                          // which may be shared with a copy of s
		l.Settle(cal, &beneath, m, min(now, end), nil) // nobody is told of falls below the level that is held
		if end > now {
			s.Settled, s.Beneath = max(s.Settled, now), &beneath
			return changes
		}
		changes = append(changes, LevelChange{From: s.Level, To: beneath.Level, At: end})
		*s = beneath
	}
	for at := s.Settled; s.Level != NoLevel; {
		if s.Unmet == calendar.Forever {
			for ; at <= now && l.holds(s.Level, m, at); at = m.Falls(at) {
			}
			if at > now {
				break
			}
			s.Unmet = at
		}
		fall := l.falls(cal, s)
		if fall > now {
			break
		}
		to := s.Level - 1
		if l.AtOnce {
			to = min(to, l.met(m, fall))
		}
		changes = append(changes, LevelChange{From: s.Level, To: to, At: fall})
		s.Level, s.Reached, s.Unmet, at = to, fall, calendar.Forever, fall
	}
	s.Settled = max(s.Settled, now)
	return changes
}

// Rise judges the level after new contributions of an instant that are known now: up is immediate, and a level met
// again is no longer about to fall. A late contribution reaches the level of its own time, unless the level has changed
// since: then it is judged now.
func (l *Ladder) Rise(s *TierState, m Metrics, at, now calendar.Instant, changes []LevelChange) []LevelChange {
	if s.Beneath != nil {
		beneath := *s.Beneath
		changes = l.Rise(&beneath, m, at, now, changes)
		s.surface(beneath)
		return changes
	}
	if s.Reached > at {
		at = max(now, s.Settled)
	}
	s.Settled = min(s.Settled, at)
	met := l.met(m, at)
	if met >= s.Level && met != NoLevel {
		// What was not met before no longer counts: the search for a fall starts here.
		s.Unmet, s.Settled = calendar.Forever, max(s.Settled, at)
		if s.Reached < at && m.Turned(s.Reached, at) { // met once more in another period: it is reached again
			s.Reached = at
		}
	}
	for s.Level < met {
		changes = append(changes, LevelChange{From: s.Level, To: s.Level + 1, At: at})
		s.Level, s.Reached, s.Unmet = s.Level+1, at, calendar.Forever
	}
	return changes
}

// Resume puts s where a recomputation has come to; a level that is only held for its grace after a reversal is held on.
func (s *TierState) Resume(recomputed TierState) {
	if s.Beneath != nil {
		s.surface(recomputed)
		return
	}
	*s = recomputed
}

// Lift gives a level outright; it is kept like one that was met.
func (s *TierState) Lift(to int, at calendar.Instant, changes []LevelChange) []LevelChange {
	if s.Beneath != nil {
		beneath := *s.Beneath
		changes = beneath.Lift(to, at, changes)
		s.surface(beneath)
		return changes
	}
	for s.Level < to {
		changes = append(changes, LevelChange{From: s.Level, To: s.Level + 1, At: at})
		s.Level, s.Reached, s.Unmet = s.Level+1, at, calendar.Forever
	}
	return changes
}

// surface ends the grace of an undone level that has been reached again.
func (s *TierState) surface(beneath TierState) {
	if beneath.Level >= s.Level {
		*s = beneath
	} else {
		s.Beneath = &beneath
	}
}

// Revise puts s where a recomputation without what was reversed at an instant has come to. A level that it has not reached
// is held until the grace is over, which runs from the first reversal that undid it.
func (l *Ladder) Revise(s *TierState, without TierState, now calendar.Instant) {
	if without.Level >= s.Level || l.Grace.IsZero() { // higher where the level was reached later than with it, and so is kept for longer
		*s = without
		return
	}
	if s.Beneath == nil {
		s.Unmet = now
	}
	s.Settled, s.Beneath = now, &without
}

// NextFall is when the level falls by time alone, or an earlier instant at which that must be looked at again;
// calendar.Forever when it never does.
func (l *Ladder) NextFall(cal calendar.Calendar, s TierState, m Metrics) calendar.Instant {
	if s.Level == NoLevel || l.Levels[s.Level].free() {
		return calendar.Forever
	}
	if s.Unmet != calendar.Forever {
		return l.falls(cal, &s)
	}
	if kept := l.kept(cal, s.Reached); kept > s.Settled {
		return kept
	}
	return l.FallsAt(cal, s, m)
}

// FallsAt is when the level falls unless more is done, calendar.Forever when it does not.
func (l *Ladder) FallsAt(cal calendar.Calendar, s TierState, m Metrics) calendar.Instant {
	if s.Level == NoLevel || l.Levels[s.Level].free() {
		return calendar.Forever
	}
	if s.Unmet != calendar.Forever {
		return l.falls(cal, &s)
	}
	at := s.Settled
	for at < calendar.Forever && l.holds(s.Level, m, at) {
		at = m.Falls(at)
	}
	if at == calendar.Forever {
		return at
	}
	s.Unmet = at
	return l.falls(cal, &s)
}

// free reports whether a level asks for nothing, so that time cannot take it.
func (r *Rung) free() bool {
	for _, n := range r.All {
		if n.At > 0 {
			return false
		}
	}
	for _, n := range r.Any {
		if n.At <= 0 {
			return true
		}
	}
	return len(r.Any) == 0
}
