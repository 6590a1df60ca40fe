package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// open reports whether any window of d is open at the event's time; no windows at all are always open. Per-member
// windows see the member as before the event.
func (f *Facts) open(d *During) bool {
	if d == nil {
		return true
	}
	for i := range d.Any {
		if f.openWindow(&d.Any[i]) {
			return true
		}
	}
	return false
}

func (f *Facts) openWindow(w *Window) bool {
	switch {
	case w.Calendar != nil:
		return w.Calendar.Contains(f.calendar, f.Event.Time)
	case w.Promotion != nil:
		p := w.Promotion
		// A promotion's cron is in the program's zone.
		return p.contains(f.Rules.Calendar, f.subjects, f.Event.Time) && (p.For == nil || p.For(f))
	case w.OfField != nil:
		return f.openAround(w)
	default:
		start, ok := f.anchor(w.Anchor)
		return ok && f.Event.Time >= start && f.Event.Time < f.calendar.After(start, w.First)
	}
}

// anchor is the instant a per-member window counts from.
func (f *Facts) anchor(a Anchor) (calendar.Instant, bool) {
	switch {
	case a.Joined:
		return f.Member.Joined, true
	case a.Last != "":
		if s := f.Member.seen(a.Last); s != nil {
			return s.Last, true
		}
	case a.First != "":
		if s := f.Member.seen(a.First); s != nil {
			return s.First, true
		}
	case a.Field == JoinedField:
		return f.Member.Joined, true
	case a.Field != nil:
		switch v := f.Profile(a.Field.Slot); v.Kind {
		case event.Date:
			return f.calendar.Zone.Start(v.Date()), true
		case event.Time:
			return v.Time(), true
		}
	}
	return 0, false
}

// JoinedField stands for the date of joining where a phrase names a date of the member. It has no slot.
var JoinedField = &event.Field{Name: "joined", Type: event.TypeDate, Slot: -1}

// dateOf is a date of the member: of a time, the day that it lies in.
func (m *Member) dateOf(f *event.Field, cal calendar.Calendar) (d calendar.Date, ok bool) {
	if f == JoinedField {
		return cal.Zone.Date(m.Joined), true
	}
	switch v := m.Profile[f.Slot]; v.Kind {
	case event.Date:
		return v.Date(), true
	case event.Time:
		return cal.Zone.Date(v.Time()), true
	}
	return 0, false
}

// openAround reports whether the event falls in the day, week or month of the yearly return of a date of the member's.
func (f *Facts) openAround(w *Window) bool {
	of, ok := f.Member.dateOf(w.OfField, f.calendar)
	if !ok {
		return false
	}
	today := f.Date()
	year, _, _ := today.Civil()
	for _, y := range [...]int{year - 1, year, year + 1} { // a week can reach into another year
		if f.calendar.KeyOfDate(w.Of, of.Anniversary(y)) == f.calendar.KeyOfDate(w.Of, today) {
			return true
		}
	}
	return false
}
