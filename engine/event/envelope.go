package event

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/spelling"
)

// envelopeNames are the members of an event's envelope (api: Events).
var envelopeNames = []string{"id", "type", "member", "time", "data"}

// noData stands for a data object that was left out. Nothing ever writes to an event's data.
var noData = []byte("{}")

// Parse reads an event's envelope in one pass: id, type and member are required, time is RFC 3339 with an offset, data
// an object that the type's schema judges later. Nothing of body is kept. Errors have the codes unknown_field,
// duplicate_field, missing_field, wrong_type, wrong_id and wrong_time, or are the single one invalid_json, located by byte.
// An event with errors holds what could be read, for the sender to recognize it by its id.
func Parse(body []byte) (*Event, []FieldError) {
	d := decoder{scanner: scanner{src: body}}
	e := new(Event)
	d.envelope(e)
	return e, d.finish()
}

// ParseArray reads a JSON array of events and calls yield for each, in order, until it returns false. The result is not
// nil when body is not a well-formed array; what yield was given must be thrown away then.
func ParseArray(body []byte, yield func(e *Event, errs []FieldError) bool) []FieldError {
	d := decoder{scanner: scanner{src: body}}
	if d.peek() != '[' {
		d.fail("an array of events is expected")
	}
	stopped := false
	d.array(func(int) {
		if stopped {
			d.skip(0)
			return
		}
		e := new(Event)
		d.errs = nil
		if d.envelope(e); d.fault == "" {
			stopped = !yield(e, d.errs)
		}
	})
	d.errs = nil
	return d.finish()
}

// ParseValues reads a JSON array and calls yield for the JSON of each of its values, which is part of body, until it returns false. As with
// ParseArray, all of it must be thrown away where the result is not nil.
func ParseValues(body []byte, yield func(value []byte) bool) []FieldError {
	d := decoder{scanner: scanner{src: body}}
	if d.peek() != '[' {
		d.fail("an array of events is expected")
	}
	stopped := false
	d.array(func(int) {
		if value := d.value(); d.fault == "" && !stopped {
			stopped = !yield(value)
		}
	})
	return d.finish()
}

// ParseObject reads a JSON object strictly and calls member with each of its names and the JSON of the value, which is part
// of body. Names that are not among the known ones, or that come twice, are errors, located under prefix.
func ParseObject(body []byte, prefix string, known []string, member func(name string, value []byte)) []FieldError {
	d := decoder{scanner: scanner{src: body}, path: []byte(prefix)}
	var seen []string
	ok := d.object(func(key []byte) {
		name := string(key)
		value := d.value()
		switch {
		case d.fault != "":
		case !slices.Contains(known, name):
			d.wrong(name, "unknown_field", "there is no such field", spelling.Suggest(name, known))
		case slices.Contains(seen, name):
			d.wrong(name, "duplicate_field", "this field is given twice", "")
		default:
			seen = append(seen, name)
			member(name, value)
		}
	})
	if !ok && d.fault == "" {
		d.notAnObject()
	}
	return d.finish()
}

// finish is what was wrong with a whole body.
func (d *decoder) finish() []FieldError {
	if d.fault == "" && !d.end() {
		d.fail("nothing is expected after the value")
	}
	if d.fault != "" {
		return []FieldError{d.syntax()}
	}
	return d.errs
}

// value passes over one value and returns its JSON.
func (d *decoder) value() []byte {
	d.space()
	start := d.pos
	d.skip(0)
	return d.src[start:d.pos]
}

func (d *decoder) notAnObject() {
	location := "body"
	if len(d.path) > 0 {
		location = string(d.path[:len(d.path)-1])
	}
	d.errs = append(d.errs, FieldError{Location: location, Code: "wrong_type", Message: "an object is expected"})
	d.skip(0)
}

// envelope reads one event. Each name has a bit in seen, in the order of envelopeNames.
func (d *decoder) envelope(e *Event) {
	var seen uint
	e.Data = noData
	ok := d.object(func(key []byte) {
		i := envelopeIndex(key)
		if i < 0 {
			name := string(key)
			hint := spelling.Suggest(strings.ToLower(name), envelopeNames)
			if name == "specversion" {
				hint = "send CloudEvents as application/cloudevents+json, or many as application/cloudevents-batch+json"
			}
			d.wrong(name, "unknown_field", "an event has no such field", hint)
			d.skip(0)
			return
		}
		if seen&(1<<i) != 0 {
			d.wrong(envelopeNames[i], "duplicate_field", "this field is given twice", "")
			d.skip(0)
			return
		}
		seen |= 1 << i
		d.envelopeField(e, i)
	})
	switch {
	case ok:
		for i, name := range envelopeNames[:3] {
			if seen&(1<<i) == 0 {
				d.wrong(name, "missing_field", "this field is required", "")
			}
		}
	case d.fault == "":
		d.notAnObject()
	}
}

func envelopeIndex(key []byte) int {
	switch string(key) {
	case "id":
		return 0
	case "type":
		return 1
	case "member":
		return 2
	case "time":
		return 3
	case "data":
		return 4
	}
	return -1
}

func (d *decoder) envelopeField(e *Event, i int) {
	if i == 4 {
		d.data(e)
		return
	}
	name := envelopeNames[i]
	if d.peek() != '"' {
		d.wrong(name, "wrong_type", "a text is expected", "write it in quotes")
		d.skip(0)
		return
	}
	text, ok := d.text()
	if !ok {
		return
	}
	switch i {
	case 0:
		e.ID = d.id(name, text)
	case 1:
		e.Type = string(text)
	case 2:
		e.Member = d.id(name, text)
	case 3:
		at, err := calendar.ParseInstant(string(text))
		if err != nil {
			d.wrong(name, "wrong_time", "a time with its offset is expected", `write it like "2026-12-01T09:00:00+01:00"`)
			return
		}
		if at < calendar.Earliest || at >= calendar.Latest {
			d.wrong(name, "wrong_time", "nothing is counted that lies before 1900, or thousands of years ahead", "")
			return
		}
		e.Time, e.Timed = at, true
	}
}

func (d *decoder) id(name string, text []byte) string {
	why, id := badID(text), string(text)
	if why == "" && Reserved(id) {
		why = OwnIDs
	}
	if why != "" {
		d.wrong(name, "wrong_id", why, "")
		return ""
	}
	return id
}

// OwnIDs is why a reserved id is refused.
const OwnIDs = "ids that begin with " + Own + " are Laurel's own"

// Reserved reports whether no sender may use an id.
func Reserved(id string) bool { return strings.HasPrefix(id, Own) }

func (d *decoder) data(e *Event) {
	if d.peek() != '{' {
		d.wrong("data", "wrong_type", "an object is expected", "")
		d.skip(0)
		return
	}
	if value := d.value(); d.fault == "" {
		e.Data = bytes.Clone(value)
	}
}

// ValidID reports whether an id that came by another way than JSON, such as a path, is one.
func ValidID(id string) bool { return utf8.ValidString(id) && CheckID(id) == "" }
