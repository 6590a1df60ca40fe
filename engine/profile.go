package engine

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine/event"
)

// Profile is what member.put changes: built-in fields and declared ones. A field that is absent stays; a null one is cleared.
type Profile struct {
	Name     *string                    `json:"name,omitempty"`
	Timezone *string                    `json:"timezone,omitempty"`
	Fields   map[string]json.RawMessage `json:"fields,omitempty"`
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
