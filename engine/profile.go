package engine

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Profile is what member.put changes: built-in fields and declared ones. A field that is absent stays; a null one is cleared.
type Profile struct {
	Name     *string                    `json:"name,omitempty"`
	Timezone *string                    `json:"timezone,omitempty"`
	Fields   map[string]json.RawMessage `json:"fields,omitempty"`
	// Joined is when a member who is created with it joined: a day, or an instant. Of an earlier day, the member is taken over from elsewhere: then
	// nothing happens because of the joining.
	Joined *string `json:"joined,omitempty"`
}

// NewProfile is a member.put event. Its id, like that of every command, is told apart from those of senders.
func NewProfile(id, member string, p Profile) *event.Event {
	return &event.Event{ID: event.Own + "put/" + id, Kind: event.Command, Type: commandPut, Member: member, Data: encodeJSON(p)}
}

// put changes the profile. The data has passed check.
func (a *applier) put(e *event.Event) {
	var p Profile
	if json.Unmarshal(e.Data, &p) != nil {
		return
	}
	if p.Name != nil {
		a.m.Name = *p.Name
	}
	if p.Timezone != nil {
		if zone, err := a.current.zones.Load(*p.Timezone); err == nil {
			if before := a.current.CalendarOf(a.m).Zone; a.current.MemberClock && (a.m.Zone != nil || a.m.hasSent(a.current)) {
				a.m.travel(a.current, before, zone, e.Time)
			}
			a.m.Zone = zone
			a.breakElsewhere()
		}
	}
	values, errs := a.current.Member.DecodeFields(p.Fields)
	if len(errs) > 0 {
		return
	}
	for _, v := range values {
		a.changeField(a.current.Member.Field(v.Name).Slot, v.Value, e.Time)
	}
}

// JoinedAt is when somebody joined of whom a profile says so; a day is one of the program's time zone. ok is false for a text that is no day and no
// instant.
func (r *Ruleset) JoinedAt(p *Profile) (at calendar.Instant, ok bool) {
	at, _, ok = dated(*p.Joined, r.Calendar)
	return at, ok
}

// checkJoined judges when a member joined.
func checkJoined(rules *Ruleset, p *Profile, m *Member, now calendar.Instant) []event.FieldError {
	if p.Joined == nil {
		return nil
	}
	at, ok := rules.JoinedAt(p)
	wrong := func(message string) []event.FieldError {
		return []event.FieldError{{Location: "joined", Code: "wrong_time", Message: message}}
	}
	switch {
	case !ok:
		return []event.FieldError{undated("joined")}
	case m != nil && at != m.Joined:
		return wrong("the member joined " + m.Joined.String() + ", which is said when a member is created and never changes")
	case at > now:
		return wrong("nobody joins in the future")
	case at < 0:
		return wrong("a time since 1970 is expected")
	}
	return nil
}

// takenOver sets when a new member has joined, where the event that creates it says so, and reports whether that was on an earlier day.
func (a *applier) takenOver(e *event.Event) bool {
	var p Profile
	if e.Type != commandPut || json.Unmarshal(e.Data, &p) != nil || p.Joined == nil {
		return false
	}
	at, ok := a.current.JoinedAt(&p)
	if !ok {
		return false
	}
	a.m.Joined = at
	zone := a.current.Calendar.Zone
	return at < zone.Start(zone.Date(e.Time))
}

// breakElsewhere finds when running streaks break by the midnights of the member's new zone.
func (a *applier) breakElsewhere() {
	for _, rec := range a.m.Streaks {
		if s := a.current.streakOf(rec); s != nil && rec.Breaks > 0 {
			if at := a.m.StreakAt(a.current, s, a.now).BreaksAt; at > 0 {
				rec.Breaks = at
			}
		}
	}
}
