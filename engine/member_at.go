package engine

import (
	"errors"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// MemberAt is a member as it was when everything accepted up to an instant had been applied, nil when it was not known
// then. It applies the member's events again, with what they gave as recorded; groups are not rebuilt.
func MemberAt(store Store, versions []Version, id string, at calendar.Instant) (*Member, error) {
	var failed error
	scratch := NewSubjects(versions[len(versions)-1].Rules, calls(store, &failed))
	err := Events(store, id, 0, func(rec *Record) bool {
		if rec.Event.Arrived > at {
			return rec.Event.Past // an import brings in what arrived earlier
		}
		replay(versions, scratch, rec)
		return true
	})
	return scratch.Member(id), errors.Join(err, failed)
}

// replay applies a recorded event to other subjects, with what it gave as recorded.
func replay(versions []Version, subjects *Subjects, rec *Record) {
	present, asOf := versionByNumber(versions, rec.Present), versionByNumber(versions, rec.Version)
	if present == nil || asOf == nil {
		return
	}
	e := rec.Event
	if t := asOf.EventType(e.Type); t != nil {
		e.Read(t.Schema)
	}
	a := newApplier(asRecorded(&rec.Outcome))
	a.run(present, asOf, subjects, &e, rec.Seq, nil)
}
