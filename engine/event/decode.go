package event

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/spelling"
)

// MaxList is how many items a list in an event may have (architecture: Bounds).
const MaxList = 200

// MaxBytes is the largest body of an event, in bytes (architecture: Bounds).
const MaxBytes = 64 << 10

// MaxID is the longest id of an event or member, in bytes.
const MaxID = 200

// FieldError is one thing wrong with a body: where, a stable code, and what to write instead. Values are not echoed.
type FieldError struct {
	Location   string `json:"location"`
	Code       string `json:"code"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"`
}

// decoder fills slots from JSON and collects what does not fit.
type decoder struct {
	scanner
	errs []FieldError
	path []byte // where the scanner is: "data.items[2]."
	unit string // "EUR", for messages about money
}

func (d *decoder) wrong(name, code, message, suggestion string) {
	if len(d.errs) < 100 {
		d.errs = append(d.errs, FieldError{Location: string(d.path) + name, Code: code, Message: message, Suggestion: suggestion})
	}
}

// record reads an object into the slots of s, under the path prefix of a nested record.
func (d *decoder) record(s *Schema, prefix string, slots []Value) {
	ok := d.object(func(key []byte) {
		if prefix == "" {
			if f := s.byName[string(key)]; f != nil {
				d.field(f, slots)
				return
			}
		}
		name := prefix + string(key)
		switch f := s.byName[name]; {
		case f != nil:
			d.field(f, slots)
		case s.records[name]:
			d.record(s, name+".", slots)
		default:
			d.wrong(name, "unknown_field", "there is no such field", spelling.Suggest(name, s.Names()))
			d.skip(0)
		}
	})
	if !ok && d.fault == "" {
		d.wrong(strings.TrimSuffix(prefix, "."), "wrong_type", "an object is expected", "")
		d.skip(0)
	}
}

// missing reports the required fields of s that were not sent.
func (d *decoder) missing(s *Schema, slots []Value) {
	for _, f := range s.Fields {
		if !f.Optional && slots[f.Slot].Kind == Absent && !d.blamed(f.Name) {
			d.wrong(f.Name, "missing_field", "this field is required", "")
		}
	}
}

// blamed reports whether a field has an error already, so that it is not called missing as well.
func (d *decoder) blamed(name string) bool {
	at := string(d.path) + name
	return slices.ContainsFunc(d.errs, func(e FieldError) bool { return strings.HasPrefix(e.Location, at) })
}

// field reads one value into its slot. A null is an absent value, and fits an optional field only.
func (d *decoder) field(f *Field, slots []Value) {
	if slots[f.Slot].Kind != Absent {
		d.wrong(f.Name, "duplicate_field", "this field is given twice", "")
		d.skip(0)
		return
	}
	if d.peek() == 'n' && d.word("null") {
		if !f.Optional {
			d.wrong(f.Name, "missing_field", "this field is required and cannot be null", "")
		}
		return
	}
	if f.Type == TypeList {
		slots[f.Slot] = d.list(f)
		return
	}
	slots[f.Slot] = d.scalar(f)
}

func (d *decoder) scalar(f *Field) Value {
	switch c := d.peek(); f.Type {
	case TypeNumber, TypeMoney, TypeInteger:
		if c == '-' || c >= '0' && c <= '9' {
			return d.decimal(f, d.number())
		}
	case TypeBoolean:
		if d.word("true") {
			return BooleanValue(true)
		}
		if d.word("false") {
			return BooleanValue(false)
		}
	default:
		if c == '"' {
			text, ok := d.text()
			if !ok {
				return Value{}
			}
			return d.worded(f, text)
		}
	}
	d.mismatch(f)
	return Value{}
}

// mismatch reports a value of another JSON type than the field's.
func (d *decoder) mismatch(f *Field) {
	c := d.peek()
	at := d.pos
	d.skip(0)
	if d.fault != "" {
		if f.Type.Kind() == Number && d.pos == at {
			d.fault = "a number is expected, and JSON has none that is not finite"
		}
		return
	}
	hint := ""
	if c == '"' && f.Type.Kind() == Number {
		hint = "write the number without quotes"
	}
	if c != '"' && f.Type.Kind() == Text {
		hint = "write it in quotes"
	}
	d.wrong(f.Name, "wrong_type", f.Type.article()+" is expected", hint)
}

func (t FieldType) article() string {
	switch t {
	case TypeInteger:
		return "an integer"
	case TypeMoney:
		return "an amount of money"
	default:
		return "a " + t.String()
	}
}

func (d *decoder) decimal(f *Field, digits []byte) Value {
	if !wellFormed(digits) {
		d.fail("this is not a number of JSON")
		return Value{}
	}
	v, err := decimal.ParseBytes(digits)
	switch {
	case errors.Is(err, decimal.ErrDigits):
		d.wrong(f.Name, "too_many_digits", "a number has at most six fractional digits", "")
	case errors.Is(err, decimal.ErrRange):
		d.wrong(f.Name, "out_of_range", "a number lies between -9223372036854.775808 and 9223372036854.775807", "")
	case err != nil:
		d.wrong(f.Name, "wrong_number", "a number is written in digits, without exponent or a minus before zero", "write 100, not 1e2")
	case f.Type == TypeInteger && !v.IsInt():
		d.wrong(f.Name, "wrong_type", "an integer is expected", "")
	case f.Type == TypeMoney && v.Fraction() > f.Digits:
		d.wrong(f.Name, "too_many_digits", "an amount in "+d.unit+" has at most "+strconv.Itoa(f.Digits)+" fractional digits",
			"round the amount before sending it")
	default:
		return NumberValue(v)
	}
	return Value{}
}

// worded reads what is written as text: text itself, a member's id, a date or a time.
func (d *decoder) worded(f *Field, text []byte) Value {
	switch f.Type {
	case TypeDate:
		date, err := calendar.ParseDate(string(text))
		if err != nil {
			d.wrong(f.Name, "wrong_date", "a date is expected", `write it like "2026-12-01"`)
			return Value{}
		}
		return DateValue(date)
	case TypeTime:
		at, err := calendar.ParseInstant(string(text))
		if err != nil {
			d.wrong(f.Name, "wrong_time", "a time with its offset is expected", `write it like "2026-12-01T09:00:00+01:00"`)
			return Value{}
		}
		return TimeValue(at)
	case TypeMember:
		if why := badID(text); why != "" {
			d.wrong(f.Name, "wrong_id", why, "")
			return Value{}
		}
	}
	return TextValue(string(text))
}

// list reads a list field: of records into rows of cells, of scalars into rows of one.
func (d *decoder) list(f *Field) Value {
	l := &List{Width: max(1, len(f.Items.Fields))}
	scalar := len(f.Items.Fields) == 1 && f.Items.Fields[0].Name == ""
	outer := len(d.path)
	ok := d.array(func(i int) {
		if i == MaxList {
			d.wrong(f.Name, "list_too_long", "a list has at most "+strconv.Itoa(MaxList)+" items", "")
		}
		if i >= MaxList {
			d.skip(0)
			return
		}
		d.path = append(d.path, f.Name...)
		d.path = append(strconv.AppendInt(append(d.path, '['), int64(i), 10), ']')
		l.Cells = append(l.Cells, make([]Value, l.Width)...)
		row := l.Cells[l.Rows*l.Width:]
		if l.Rows++; scalar {
			d.field(f.Items.Fields[0], row)
		} else {
			d.path = append(d.path, '.')
			d.record(f.Items, "", row)
			if d.fault == "" {
				d.missing(f.Items, row)
			}
		}
		d.path = d.path[:outer]
	})
	if !ok && d.fault == "" {
		d.wrong(f.Name, "wrong_type", "a list is expected", "")
		d.skip(0)
	}
	return ListValue(l)
}

// badID says what is wrong with an id, "" when nothing is.
func badID(id []byte) string {
	if len(id) == 0 || len(id) > MaxID {
		return "an id has 1 to " + strconv.Itoa(MaxID) + " bytes"
	}
	for i, r := range string(id) {
		switch {
		case Invisible(r):
			return "an id has no control or invisible characters"
		case r == ' ' && (i == 0 || i == len(id)-1):
			return "an id neither begins nor ends with a space"
		}
	}
	return ""
}

// Invisible reports whether a character cannot be seen, or looks like a space: two ids that differ in such a one look the same.
func Invisible(r rune) bool {
	if r < utf8.RuneSelf {
		return r < 0x20 || r == 0x7f
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0: // joiners and fillers that are letters or signs by name
		return true
	}
	return unicode.IsControl(r) || unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector)
}

// CheckID says what is wrong with the id of a member or event, "" when nothing is.
func CheckID(id string) string { return badID([]byte(id)) }

// Decode reads an event's data object into the slots of s. Errors of fields are all reported, with locations that start
// with prefix ("data."); a fault of the JSON itself ends the reading and is the only error, with code invalid_json.
func (s *Schema) Decode(data []byte, prefix string) ([]Value, []FieldError) {
	var path [96]byte
	d := decoder{scanner: scanner{src: data}, path: append(path[:0], prefix...), unit: s.Currency}
	slots := make([]Value, len(s.Fields))
	d.record(s, "", slots)
	if d.fault == "" && !d.end() {
		d.fail("nothing is expected after the object")
	}
	if d.fault != "" {
		return nil, []FieldError{d.syntax()}
	}
	d.missing(s, slots)
	return slots, d.errs
}

// syntax is the error for JSON that is not well-formed.
func (s *scanner) syntax() FieldError {
	return FieldError{Location: "byte " + strconv.Itoa(s.at+1), Code: "invalid_json", Message: s.fault}
}

// CheckFields says what is wrong with single fields of a profile.
func (s *Schema) CheckFields(fields map[string]json.RawMessage) []FieldError {
	_, errs := s.DecodeFields(fields)
	return errs
}

// DecodeFields reads single fields of a profile; those set to null come back absent.
func (s *Schema) DecodeFields(fields map[string]json.RawMessage) ([]NamedValue, []FieldError) {
	var values []NamedValue
	d := decoder{path: []byte("fields."), unit: s.Currency}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		slots := make([]Value, len(s.Fields))
		f := s.Field(name)
		if s.records[name] {
			d.scanner = scanner{src: fields[name]}
			values = append(values, d.part(s, name, slots)...)
			continue
		}
		if f == nil {
			d.wrong(name, "unknown_field", "there is no such field", spelling.Suggest(name, s.Names()))
			continue
		}
		d.scanner = scanner{src: fields[name]}
		d.field(f, slots)
		if d.fault != "" {
			d.wrong(name, "invalid_json", d.fault, "")
			continue
		}
		values = append(values, NamedValue{Name: name, Value: slots[f.Slot]})
	}
	return values, d.errs
}

// part reads a nested record of a profile: the fields of it that are given.
func (d *decoder) part(s *Schema, name string, slots []Value) (values []NamedValue) {
	d.record(s, name+".", slots)
	if d.fault != "" {
		d.wrong(name, "invalid_json", d.fault, "")
		return nil
	}
	for _, f := range s.Fields {
		if strings.HasPrefix(f.Name, name+".") && slots[f.Slot].Kind != Absent {
			values = append(values, NamedValue{Name: f.Name, Value: slots[f.Slot]})
		}
	}
	return values
}
