package event

import "github.com/laurel-engine/laurel/engine/calendar"

// Event is something that happened to a member, or that someone asked for: the one door through which state changes.
// Types without a dot come from the ruleset; those with a dot ("member.put", "member.enroll") are the commands of
// package engine.
type Event struct {
	ID      string // unique in its program, for ever; the idempotency key
	Kind    Kind
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
	Fields []Value // Data in the slots of the type's schema, by Decode
	// Past marks imported history: judged as if it had arrived at its time, with no notices.
	Past bool
	// Cause is its number among the causes of the recorded event, 0 for that event itself.
	Cause uint32
	// By is who caused it, nil where that is nobody in particular.
	By *By
	// Depth counts the events that caused this one, at most engine.MaxDepth.
	Depth int

	decoded *Schema // by which Fields were read
	unfit   []FieldError
}

// Decode reads Data into Fields by a schema, and tells what does not fit; then there are no fields. By the same schema it reads
// once: whoever takes an event in can decode it beforehand, by the version in force, and who decides decodes it again where another
// version does.
func (e *Event) Decode(s *Schema) []FieldError {
	if e.decoded != s {
		e.Fields, e.unfit = s.Decode(e.Data, "data.")
		e.decoded = s
	}
	return e.unfit
}

// Read reads Data into Fields by a schema, whatever was read before; what does not fit is left out.
func (e *Event) Read(s *Schema) {
	e.decoded, e.unfit = nil, nil
	e.Fields, _ = s.Decode(e.Data, "data.")
}

// Kind says who an event is of.
type Kind uint8

// The kinds of events, as records number them. New ones come at the end.
const (
	Sent     Kind = iota // somebody's own
	Command              // what a call asks for
	Tick                 // writes down what time has done to a member
	News                 // a tick that tells a member of news: what the ruleset, or a call, has changed
	Derived              // what another event, or a season that closed, has led to
	Redacted             // what is left of an erased member's
)

// Own is what the ids of events begin with that Laurel itself makes: no sender may use such an id, or it could take the
// place of an event that is still to come.
const Own = "laurel:"

// keyNames is what the ids of commands begin with that their sender gave a key: one key, one command, whatever it does. The id
// of a claim is its key.
const keyNames = Own + "key/"

// Keyed gives a command a key as its id; with an empty one it stays as it is.
func (e *Event) Keyed(key string) *Event {
	if key != "" {
		e.ID = KeyedID(key)
		e.Key = KeyOf(e.ID)
	}
	return e
}

// KeyedID is the id of a command with a key.
func KeyedID(key string) string { return keyNames + key }

// KeyOf is the key of such an id, whose record says that it has one.
func KeyOf(id string) string { return id[min(len(keyNames), len(id)):] }
