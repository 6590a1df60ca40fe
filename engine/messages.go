package engine

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"

	"github.com/laurel-engine/laurel/engine/event"
)

// Message is one of the things that a committed event raised, as the world outside is told of it (api: Webhooks).
type Message struct {
	Program string
	Seq     uint64 // of the event that raised it
	Index   int    // among those that the event raised
	Event   string // id of the event
	Member  string // "" where it is about the program
	// Number counts what was raised about the member, from 1 without gaps, in the order in which it became known; 0 without
	// a member. It is the same for every receiver.
	Number uint64
	Notification

	id string
}

// Messages calls yield for what was raised after a record of the journal, in its order, until yield returns false or most
// records were looked at. It returns the last record of which everything was yielded: that is where to go on. Records of
// erased members raise nothing once they are redacted.
func Messages(store Store, program string, after uint64, most int, yield func(of []Message) bool) (through uint64, err error) {
	through = after
	var failed error
	err = store.Records(after+1, func(seq uint64, b []byte) bool {
		if raises(b) {
			var rec *Record
			if rec, failed = DecodeRecord(b); failed != nil || !yield(rec.Messages(program)) {
				return false
			}
		}
		through = seq
		most--
		return most > 0
	})
	if err == nil {
		err = failed
	}
	return through, err
}

// MessagesOf are those of one record, none when there is no such record or it was redacted.
func MessagesOf(store Store, program string, seq uint64) ([]Message, error) {
	b, err := store.Record(seq)
	if err != nil || b == nil || !raises(b) {
		return nil, err
	}
	rec, err := DecodeRecord(b)
	if err != nil {
		return nil, err
	}
	return rec.Messages(program), nil
}

// raises reports whether a record raised anything, without reading it to its end.
func raises(record []byte) bool {
	r := newReader(record)
	return r.uint() == recordFormat && r.uint()&markRaised != 0
}

// Messages are what the record raised, none of a record of an erased member.
func (rec *Record) Messages(program string) []Message {
	e, o := &rec.Event, &rec.Outcome
	list := make([]Message, len(o.Notifications))
	for i := range list {
		m := Message{Program: program, Seq: rec.Seq, Index: i, Event: e.ID, Member: e.Member, Notification: o.Notifications[i]}
		if o.Number > 0 {
			m.Number = o.Number + uint64(i)
		}
		m.id = messageID(rec, program, i)
		list[i] = m
	}
	return list
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// messageID follows from the record alone, so that it is the same whenever and however often the message is sent. The event's
// id and arrival are part of it, so that a program that begins again, with an empty journal, does not use ids again that its
// receivers have seen.
func messageID(rec *Record, program string, index int) string {
	var w writer
	w.text(program)
	w.uint(rec.Seq)
	w.len(index)
	w.text(rec.Event.ID)
	w.at(rec.Event.Arrived)
	sum := sha256.Sum256(w.B)
	return "msg_" + idEncoding.EncodeToString(sum[:16])
}

// ID names the message for ever.
func (m *Message) ID() string { return m.id }

// messageFields are the names of the fields of each type, by slot.
var messageFields = func() map[string][]string {
	names := map[string][]string{}
	for _, t := range MessageTypes() {
		list := make([]string, len(t.Schema.Fields))
		for i, f := range t.Schema.Fields {
			list[i] = f.Name
		}
		names[t.Name] = list
	}
	return names
}()

// Body is the message as receivers get it: type, timestamp, and data with the member, the number, the event and the type's
// own fields. Fields without a value are left out. The bytes are the same each time.
func (m *Message) Body() []byte {
	var b strings.Builder
	b.WriteString(`{"type":` + quoted(m.Type) + `,"timestamp":` + quoted(m.At.String()) + `,"data":{`)
	if m.Member != "" {
		b.WriteString(`"member":` + quoted(m.Member) + `,"number":`)
		b.Write(encodeJSON(m.Number))
		b.WriteString(`,`)
	}
	b.WriteString(`"event":` + quoted(m.Event))
	names := messageFields[m.Type]
	for i, v := range m.Fields {
		if v.Kind != event.Absent && i < len(names) {
			b.WriteString(`,` + quoted(names[i]) + `:`)
			b.Write(encodeJSON(v.JSON()))
		}
	}
	b.WriteString(`}}`)
	return []byte(b.String())
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("engine: a text must be writable as JSON: " + err.Error())
	}
	return string(b)
}
