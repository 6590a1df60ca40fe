package engine

import (
	"slices"
	"time"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/integer"
)

// Travel is what a change of a member's time zone leaves behind where each member's own midnight counts (semantics:
// Streaks). Of several changes on one day the first counts.
type Travel struct {
	At   calendar.Instant // of the last change, 0 for none
	Left *calendar.Zone   // the zone that it was from
	// Excused are local dates that the member lived for under twelve hours: they cannot break a streak.
	Excused []calendar.Date
}

// livedEnough is how much of a local date a member must have lived for a streak to ask for it.
const livedEnough = 12 * time.Hour

// maxExcused bounds the dates that are kept: the last ones.
const maxExcused = 32

// travel notes that the member goes from one zone to another at an instant. The first zone ever told is no journey: the member
// was there all along, only days were called otherwise.
func (m *Member) travel(rules *Ruleset, from, to *calendar.Zone, at calendar.Instant) {
	if from.Name() == to.Name() || m.leaving(at) != nil {
		return
	}
	m.Travel.At, m.Travel.Left = at, from
	if m.Zone == nil {
		m.relabel(rules, to, at)
		return
	}
	first, last := from.Date(at), to.Date(at)
	if first > last {
		first, last = last, first
	}
	for d := first; d <= last; d++ {
		if lived(from, d, calendar.Beginning, at)+lived(to, d, at, calendar.Forever) < livedEnough && !slices.Contains(m.Travel.Excused, d) {
			m.Travel.Excused = append(m.Travel.Excused, d)
		}
	}
	if n := len(m.Travel.Excused) - maxExcused; n > 0 {
		m.Travel.Excused = slices.Delete(m.Travel.Excused, 0, n)
	}
	m.excuse()
}

// relabel keeps runs of days unbroken where the first zone told calls days otherwise: what qualified the last day of a run may
// have been on the next one by that zone, which then cannot break it. A day of which no late event can be any more stays as it is.
func (m *Member) relabel(rules *Ruleset, to *calendar.Zone, at calendar.Instant) {
	oldest := rules.lastCalendar().Key(calendar.Day, rules.Calendar.Before(at, rules.Late))
	for _, rec := range m.Streaks {
		s := rules.streakOf(rec)
		if s == nil || s.Run.Every != calendar.Day || len(rec.Spans) == 0 {
			continue
		}
		last := rec.Spans[len(rec.Spans)-1].Last
		t := m.count(s.Counter.Name).period(last)
		if last < oldest || t == nil {
			continue
		}
		for d := integer.Exact[calendar.Date](last) + 1; d <= to.Date(t.At); d++ {
			if !slices.Contains(m.Travel.Excused, d) {
				m.Travel.Excused = append(m.Travel.Excused, d)
			}
		}
	}
	m.excuse()
}

// lived is how much of a local date in a zone lies within [from, to).
func lived(z *calendar.Zone, d calendar.Date, from, to calendar.Instant) time.Duration {
	start, end := max(z.Start(d), from), min(z.Start(d+1), to)
	return max(0, end.Time().Sub(start.Time()))
}

// leaving is the zone that the member has left, until its next midnight, and for events of before: a change of zone
// does not open a new day for limits. nil where no zone was left that recently.
func (m *Member) leaving(at calendar.Instant) *calendar.Zone {
	if z := m.Travel.Left; z != nil && at < z.Start(z.Date(m.Travel.At)+1) {
		return z
	}
	return nil
}

// excuse gathers the dates that cannot break a streak, as streaks ask for them.
func (m *Member) excuse() {
	m.excused = nil
	for _, d := range m.Travel.Excused {
		m.excused = append(m.excused, challenges.Span{First: calendar.Key(d), Last: calendar.Key(d)})
	}
}

// history is what a streak knows of the member.
func (m *Member) history(rec *StreakRecord) *challenges.History {
	rec.Excused = m.excused
	return &rec.History
}

// dayOfLimits is the calendar by which limits count an instant for the member at hand: of an event that is amended, as they did.
func (a *applier) dayOfLimits(at calendar.Instant) calendar.Calendar {
	cal, m := a.facts.calendar, a.m
	if a.then != nil {
		m = a.then
	}
	if a.current.MemberClock && m != nil {
		if z := m.leaving(at); z != nil {
			cal.Zone = z
		}
	}
	return cal
}
