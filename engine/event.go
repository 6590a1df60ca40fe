package engine

import "github.com/laurel-engine/laurel/engine/calendar"

// Event is something that happened to a member, or that someone asked for: the one door through which state changes.
// Types without a dot come from the ruleset; those with a dot ("member.put", "member.enroll") are the commands of
// this package.
type Event struct {
	ID      string // unique in its program, for ever; the idempotency key
	Kind    EventKind
	Key     string // that the sender of a command gave it, and that its id is made of; "" without one. A claim's id is its key
	Type    string
	Member  string           // the brand's own id of the member
	Time    calendar.Instant // when it happened
	Arrived calendar.Instant // when it was accepted, never before an earlier acceptance
	// Clock is what the machine's clock showed when it came, where that is ahead of its acceptance: what takes is held, because
	// nobody vouches for that clock. 0: it is not. It is asked on arrival alone, and is not part of the record.
	Clock calendar.Instant
	// Timed is false when the sender left the time out and the server filled it in; such a time is no part of the body.
	Timed  bool
	Data   []byte  // the data object as received
	Fields []Value // Data in the slots of the type's schema
	// Past marks imported history: judged as if it had arrived at its time, with no notices.
	Past bool
	// cause is its number among the causes of the recorded event, 0 for that event itself.
	cause uint32
	// Depth counts the events that caused this one, at most MaxDepth.
	Depth int
}

// EventKind says who an event is of.
type EventKind uint8

// The kinds of events, as records number them. New ones come at the end.
const (
	EventSent     EventKind = iota // somebody's own
	EventCommand                   // what a call asks for
	EventTick                      // writes down what time has done to a member
	EventNews                      // a tick that tells a member of news: what the ruleset, or a call, has changed
	EventDerived                   // what another event, or a season that closed, has led to
	EventRedacted                  // what is left of an erased member's
)
