package engine

import "github.com/laurel-engine/laurel/engine/calendar"

// Event is something that happened to a member, or that someone asked for: the one door through which state changes.
// Types without a dot come from the ruleset; those with a dot ("member.put", "member.enroll") are the commands of
// this package.
type Event struct {
	ID      string // unique in its program, for ever; the idempotency key
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
