// Package event is what comes in: an Event with its typed values, and the one strict reading of its JSON.
//
// Parse and ParseArray read the envelope (id, type, member, time, data); a Schema, compiled from the ruleset, reads the data
// object straight into slots, one Value a field. Whatever does not fit is a FieldError with its location, a stable code and
// what to write instead; values are not echoed. No map is made on the way, and nothing of a sender's buffer is kept.
//
// The package is a leaf: what an event means for a member is decided by package engine.
package event
