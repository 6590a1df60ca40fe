package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Was is what a field of the profile held until an instant. A late event is counted for the group that the member was in at its
// own time, and by conditions on the member of then: so what has changed is kept for as long as events may be late.
type Was struct {
	Name  string
	Until calendar.Instant
	Value event.Value // absent before the field was first told
}

// changeField gives a field of the profile another value from an instant on.
func (a *applier) changeField(slot int, v event.Value, at calendar.Instant) {
	old := a.m.Profile[slot]
	a.m.Profile[slot] = v
	if old.Equal(v) {
		return
	}
	horizon := a.current.Calendar.Before(a.now, a.current.Late)
	a.m.Was = slices.DeleteFunc(a.m.Was, func(w Was) bool { return w.Until < horizon })
	if at < horizon { // of imported history: no late event can be older
		return
	}
	i := len(a.m.Was)
	for i > 0 && a.m.Was[i-1].Until > at {
		i--
	}
	a.m.Was = slices.Insert(a.m.Was, i, Was{Name: a.m.schema.Fields[slot].Name, Until: at, Value: old})
}

// profileAt is the profile as it was at an instant within the late window, nil where it is that of now.
func (m *Member) profileAt(at calendar.Instant) (profile []event.Value) {
	for i := len(m.Was) - 1; i >= 0 && m.Was[i].Until > at; i-- {
		f := m.schema.Field(m.Was[i].Name)
		if f == nil {
			continue
		}
		if profile == nil {
			profile = slices.Clone(m.Profile)
		}
		profile[f.Slot] = m.Was[i].Value
	}
	return profile
}

// goBack puts the profile of the event's own time in the place of that of now, which it returns. What is imported comes in order,
// and finds the profile that was imported with it.
func (a *applier) goBack() (now []event.Value) {
	now = a.m.Profile
	if n := len(a.m.Was); n > 0 && a.m.Was[n-1].Until > a.event.Time && !a.event.Past {
		if then := a.m.profileAt(a.event.Time); then != nil {
			a.m.Profile = then
		}
	}
	return now
}
