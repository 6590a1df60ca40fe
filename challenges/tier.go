package challenges

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// NoLevel is the level of a tier below its lowest.
const NoLevel = -1

// TierState is a member's place on a Ladder. Every level has a keep of its own, which runs on while a higher one is held.
type TierState struct {
	Level   int              // index into Ladder.Levels, or NoLevel
	Reached calendar.Instant // when the level was reached last, going up, once more, or falling
	// Settled is up to when time has been taken into account.
	Settled calendar.Instant
	Held    []Held // by level
	// lacks is when the level was last found not to be met any more, by time alone: it mostly still is then.
	lacks calendar.Instant
}

// Held is what is known of one level.
type Held struct {
	// From is from when its keep counts: when it was reached, or landed on by a fall. 0: it is not held.
	From calendar.Instant
	// Reached is when a contribution reached it last, 0 for never.
	Reached calendar.Instant
	// Unmet is since when it is no longer met; calendar.Forever while it is.
	Unmet calendar.Instant
	// Came is what came of each metric since it was reached, as far as Gain was told.
	Came []decimal.Decimal
}

// NewTierState is the place of a member below all levels, at an instant.
func NewTierState(at calendar.Instant) TierState { return TierState{Level: NoLevel, Settled: at} }

// Clone is a copy that shares nothing with s.
func (s *TierState) Clone() TierState {
	c := *s
	c.Held = slices.Clone(s.Held)
	for i := range c.Held {
		c.Held[i].Came = slices.Clone(c.Held[i].Came)
	}
	return c
}

// Changed is the last instant at which anything of s has changed.
func (s *TierState) Changed() calendar.Instant {
	last := s.Reached
	for i := range s.Held {
		h := &s.Held[i]
		if last = max(last, h.From); h.Unmet != calendar.Forever {
			last = max(last, h.Unmet)
		}
	}
	return last
}

// Gain adds what came of a metric at an instant to what came since each level was reached.
func (s *TierState) Gain(metric int, value decimal.Decimal, at calendar.Instant) {
	for i := range s.Held {
		h := &s.Held[i]
		if h.From == 0 || h.Reached > at {
			continue
		}
		for len(h.Came) <= metric {
			h.Came = append(h.Came, 0)
		}
		h.Came[metric] += value
	}
}

// Metrics gives a tier's counts as they were, or will be by time alone, at an instant.
type Metrics interface {
	// Metric is the value of the metric with this index.
	Metric(index int, at calendar.Instant) decimal.Decimal
	// Falls is the first instant after the given one at which time alone lowers a metric, calendar.Forever for none.
	Falls(after calendar.Instant) calendar.Instant
	// OnlyFalls reports whether time alone, after an instant, can lower metrics and never raises one.
	OnlyFalls(after calendar.Instant) bool
	// Periodic reports whether counting begins again with calendar periods.
	Periodic() bool
	// Turned reports whether it did between two instants.
	Turned(since, at calendar.Instant) bool
	// Since is how much of a rolling metric came after an instant, of which came was counted since; 0 for other metrics.
	Since(index int, came decimal.Decimal, since, at calendar.Instant) decimal.Decimal
}

// LevelChange is one step up or down.
type LevelChange struct {
	From, To int
	At       calendar.Instant
}

// met is the highest level whose needs hold at an instant.
func (l *Ladder) met(m Metrics, at calendar.Instant) int {
	for i := len(l.Levels) - 1; i >= 0; i-- {
		if l.Levels[i].met(func(metric int) decimal.Decimal { return m.Metric(metric, at) }) {
			return i
		}
	}
	return NoLevel
}

func (r *Rung) met(value func(metric int) decimal.Decimal) bool {
	for _, n := range r.All {
		if value(n.Metric) < n.At {
			return false
		}
	}
	for _, n := range r.Any {
		if value(n.Metric) >= n.At {
			return true
		}
	}
	return len(r.Any) == 0
}

// until is when a term that began at an instant ends.
func (k *Keep) until(cal calendar.Calendar, from calendar.Instant) calendar.Instant {
	switch {
	case k.EndOf != calendar.Always && !k.For.IsZero():
		return cal.EndOf(k.EndOf, k.Next, cal.EndOfDayAfter(from, k.For)-1)
	case k.EndOf != calendar.Always:
		return cal.EndOf(k.EndOf, k.Next, from)
	case !k.For.IsZero():
		return cal.EndOfDayAfter(from, k.For)
	default:
		return from
	}
}

// ends is when a level is lost, calendar.Forever while it is met.
func (l *Ladder) ends(cal calendar.Calendar, level int, h *Held) calendar.Instant {
	if h.Unmet == calendar.Forever || l.free(level) {
		return calendar.Forever
	}
	end := max(h.Unmet, l.Keep.until(cal, h.From))
	switch {
	case l.Grace.EndOf != calendar.Always: // counted from the reaching
		return max(end, l.Grace.until(cal, h.From))
	case !l.Grace.For.IsZero():
		return cal.EndOfDayAfter(end-1, l.Grace.For)
	}
	return end
}

// held reports whether a level is held at an instant, be it beneath a higher one.
func (l *Ladder) held(cal calendar.Calendar, s *TierState, level int, at calendar.Instant) bool {
	h := &s.Held[level]
	return h.From != 0 && l.ends(cal, level, h) > at
}

// fit makes room for every level: a version of the ruleset may have added some.
func (l *Ladder) fit(s *TierState) {
	for len(s.Held) < len(l.Levels) {
		s.Held = append(s.Held, Held{Unmet: calendar.Forever})
	}
	s.Level = min(s.Level, len(l.Levels)-1)
}

// Settle lets time pass up to now: it finds when levels stopped being met and lets the member fall, appending each fall to
// changes. The contributions known are those that m gives.
func (l *Ladder) Settle(cal calendar.Calendar, s *TierState, m Metrics, now calendar.Instant, changes []LevelChange) []LevelChange {
	l.fit(s)
	l.unmeet(s, m, s.Settled, now)
	for s.Level != NoLevel {
		fall := l.ends(cal, s.Level, &s.Held[s.Level])
		if fall > now {
			break
		}
		from := s.Level
		l.land(cal, s, m, fall)
		changes = append(changes, LevelChange{From: from, To: s.Level, At: fall})
		l.unmeet(s, m, fall, now)
	}
	s.Settled = max(s.Settled, now)
	return changes
}

// Settled reports whether Settle would change nothing: time has passed up to an instant already, no level is to fall by then, and
// nothing was counted since.
func (l *Ladder) Settled(cal calendar.Calendar, s *TierState, now calendar.Instant) bool {
	return now <= s.Settled && len(s.Held) >= len(l.Levels) && s.Level < len(l.Levels) &&
		(s.Level == NoLevel || l.ends(cal, s.Level, &s.Held[s.Level]) > now)
}

// unmeet finds since when the levels up to the one held are no longer met.
func (l *Ladder) unmeet(s *TierState, m Metrics, from, now calendar.Instant) {
	for at := from; at <= now && l.watched(s); at = m.Falls(at) {
		l.lacking(s, l.met(m, at), at)
	}
}

// watched reports whether any level that is held can stop being met.
func (l *Ladder) watched(s *TierState) bool {
	for k := s.Level; k >= 0; k-- {
		if h := &s.Held[k]; h.From != 0 && h.Unmet == calendar.Forever && !l.free(k) {
			return true
		}
	}
	return false
}

// lacking notes the held levels above the one that is met.
func (l *Ladder) lacking(s *TierState, met int, at calendar.Instant) {
	for k := met + 1; k <= s.Level; k++ {
		if h := &s.Held[k]; h.Unmet == calendar.Forever {
			h.Unmet = at
		}
	}
}

// land lets the level that is held end at an instant: the member falls to the highest one that is met or still held in its own
// right, or with the soft landing to the one below, which is kept again.
func (l *Ladder) land(cal calendar.Calendar, s *TierState, m Metrics, fall calendar.Instant) {
	met := l.met(m, fall)
	s.Held[s.Level].From = 0
	s.Level--
	for !l.OneLevel && s.Level > met && !l.held(cal, s, s.Level, fall) {
		s.Held[s.Level].From = 0
		s.Level--
	}
	s.Reached = fall
	if s.Level == NoLevel {
		return
	}
	h := &s.Held[s.Level]
	if !l.held(cal, s, s.Level, fall) {
		*h = Held{From: fall, Reached: h.Reached, Unmet: calendar.Forever}
	}
	if l.OneLevel {
		h.From = fall
	}
	l.lacking(s, met, fall)
}

// Rise judges the levels after new contributions of an instant, up to which s is settled: up is immediate, a level met again
// is no longer about to end, and one that is reached is kept again.
func (l *Ladder) Rise(cal calendar.Calendar, s *TierState, m Metrics, at calendar.Instant, changes []LevelChange) []LevelChange {
	l.fit(s)
	met, reached := l.met(m, at), NoLevel
	for k := 0; k <= met; k++ {
		if l.reaches(cal, s, k, m, at) {
			reached = k
		}
		s.Held[k].Unmet = calendar.Forever
	}
	changes = l.raise(s, reached, at, changes)
	l.lacking(s, met, at)
	s.Settled = at
	return changes
}

// reaches reports whether a level that is met is reached by a contribution: it was not held, or the contribution brings the
// value to it from below, for the first time in a calendar period; of a rolling metric also when what came since it was
// reached last meets it alone.
func (l *Ladder) reaches(cal calendar.Calendar, s *TierState, level int, m Metrics, at calendar.Instant) bool {
	h := &s.Held[level]
	switch {
	case !l.held(cal, s, level, at):
		return true
	case l.free(level):
		return false
	case m.Periodic():
		return m.Turned(h.Reached, at)
	case h.Unmet <= at:
		return true
	}
	return l.Levels[level].met(func(metric int) decimal.Decimal {
		came := decimal.Decimal(0)
		if metric < len(h.Came) {
			came = h.Came[metric]
		}
		return m.Since(metric, came, h.Reached, at)
	})
}

// raise makes a level reached, and with it those below.
func (l *Ladder) raise(s *TierState, to int, at calendar.Instant, changes []LevelChange) []LevelChange {
	for k := 0; k <= to; k++ {
		if h := &s.Held[k]; h.From == 0 || !l.free(k) {
			h.From, h.Reached, h.Unmet = at, at, calendar.Forever
			clear(h.Came)
		}
	}
	if to >= s.Level && to != NoLevel {
		s.Reached = at
	}
	for ; s.Level < to; s.Level++ {
		changes = append(changes, LevelChange{From: s.Level, To: s.Level + 1, At: at})
	}
	return changes
}

// Lift gives a level outright: it is reached as if it had been met, and kept so.
func (l *Ladder) Lift(cal calendar.Calendar, s *TierState, to int, m Metrics, at calendar.Instant, changes []LevelChange) []LevelChange {
	l.fit(s)
	changes = l.raise(s, min(to, len(l.Levels)-1), at, changes)
	return l.Rise(cal, s, m, at, changes)
}

// Keeps lets a level be held as it was held by somebody else, as far as that lasts longer, and reports whether it does.
func (l *Ladder) Keeps(cal calendar.Calendar, s *TierState, level int, as Held, now calendar.Instant) bool {
	if as.From == 0 || level >= len(l.Levels) || l.free(level) {
		return false
	}
	l.fit(s)
	h := &s.Held[level]
	longer := Held{From: as.From, Reached: max(h.Reached, as.Reached), Unmet: min(as.Unmet, now)}
	if h.From != 0 {
		longer.Unmet = h.Unmet
	}
	if h.From >= as.From || l.ends(cal, level, &longer) <= now {
		return false
	}
	*h, s.Level = longer, max(s.Level, level)
	return true
}

// NextFall is when the level falls by time alone, or an earlier instant at which that must be looked at again;
// calendar.Forever when it never does.
func (l *Ladder) NextFall(cal calendar.Calendar, s *TierState, m Metrics) calendar.Instant {
	if s.Level < 0 || s.Level >= len(s.Held) || l.free(s.Level) {
		return calendar.Forever
	}
	h := &s.Held[s.Level]
	if h.Unmet != calendar.Forever {
		return l.ends(cal, s.Level, h)
	}
	if kept := l.Keep.until(cal, h.From); kept > s.Settled {
		return kept
	}
	return l.FallsAt(cal, s, m)
}

// FallsAt is when the level falls unless more is done, calendar.Forever when it does not.
func (l *Ladder) FallsAt(cal calendar.Calendar, s *TierState, m Metrics) calendar.Instant {
	if s.Level < 0 || s.Level >= len(s.Held) || l.free(s.Level) {
		return calendar.Forever
	}
	h := s.Held[s.Level]
	if h.Unmet == calendar.Forever {
		h.Unmet = l.lacks(s, m)
	}
	return l.ends(cal, s.Level, &h)
}

// lacks is the first instant at which the level is not met any more, calendar.Forever for none.
func (l *Ladder) lacks(s *TierState, m Metrics) calendar.Instant {
	from, level := s.Settled, s.Level
	if l.met(m, from) < level {
		return from
	}
	if m.OnlyFalls(from) {
		if at := s.lacks; at > from && l.met(m, at) < level && l.met(m, at-1) >= level {
			return at // as before
		}
		from = l.nearLack(level, m, from)
	}
	s.lacks = m.Falls(from)
	for s.lacks < calendar.Forever && l.met(m, s.lacks) >= level {
		s.lacks = m.Falls(s.lacks)
	}
	return s.lacks
}

// nearLack is an instant at which a level still is met, not long before it is not any more, for metrics that only fall. A year of days
// is so found in some steps.
func (l *Ladder) nearLack(level int, m Metrics, from calendar.Instant) calendar.Instant {
	const hour = calendar.Instant(3600 * 1_000_000)
	step := 24 * hour
	for l.met(m, from+step) >= level {
		if from, step = from+step, 2*step; m.Falls(from) == calendar.Forever {
			return from
		}
	}
	for to := from + step; to-from > hour; {
		if middle := from + (to-from)/2; l.met(m, middle) >= level {
			from = middle
		} else {
			to = middle
		}
	}
	return from
}

// FreeLevel reports whether the lowest level asks for nothing, so that everybody has it.
func (l *Ladder) FreeLevel() bool { return len(l.Levels) > 0 && l.free(0) }

// free reports whether a level asks for nothing, so that time cannot take it.
func (l *Ladder) free(level int) bool {
	if level >= len(l.Levels) {
		return false
	}
	r := &l.Levels[level]
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
