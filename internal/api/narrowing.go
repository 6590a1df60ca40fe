package api

import (
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/keys"
)

// A key can be narrowed to types of events, and be a partner's: then it sends, reads and reverses events of those types alone, and of
// all events those alone that keys of the partner have sent. Others are not there for it.

// stamp says of an event whose it is, and refuses one that the key may not send.
func (c call) stamp(e *event.Event) *problem {
	if !c.key.Narrowed() {
		return nil
	}
	if !c.key.Sends(e.Type) {
		return refuse("key_narrowed", "this key is for events of these types alone: "+strings.Join(c.key.EventTypes, ", "))
	}
	if c.key.Partner != "" {
		e.By = &event.By{Partner: c.key.Partner}
	}
	return nil
}

// sees reports whether an event of the journal is there for the key. What a partner has reversed is its own, whatever the types.
func sees(key *keys.Key, rec *engine.Record) bool {
	if !key.Narrowed() {
		return true
	}
	if key.Partner == "" {
		return key.Sends(rec.Event.Type)
	}
	own := rec.Event.By != nil && rec.Event.By.Partner == key.Partner
	return own && (rec.Event.Kind == event.Command || key.Sends(rec.Event.Type))
}

// reversible refuses to reverse an event that is not there for the key.
func (c call) reversible(id string) error {
	if !c.key.Narrowed() {
		return nil
	}
	rec, err := findRecord(c.program.Store(), id)
	if err == nil && (rec == nil || !sees(c.key, rec)) {
		return refuse(engine.CodeUnknownEvent, "no event was accepted under this id")
	}
	return err
}
