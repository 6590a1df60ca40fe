package event

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/integer"
)

// ValueKind is the type of a Value (language: Types). Money and integers are numbers that their Field narrows;
// a field declared as member holds a member's id as text.
type ValueKind uint8

// The kinds of a Value.
const (
	Absent ValueKind = iota // an optional field that was not sent
	Text
	Number
	Boolean
	Date
	Time
	ListOf
)

// Value is one typed value of an event or a profile. The zero Value is absent.
type Value struct {
	Kind ValueKind
	num  int64 // millionths, 0 or 1, days or microseconds, as Kind says
	str  string
	list *List
}

// List is the value of a list field: Rows rows of Width cells each, row after row. A list of scalars has width 1.
type List struct {
	Rows, Width int
	Cells       []Value
}

// Cell is the value in column col of row.
func (l *List) Cell(row, col int) Value { return l.Cells[row*l.Width+col] }

// TextValue is s as a Value.
func TextValue(s string) Value { return Value{Kind: Text, str: s} }

// NumberValue is d as a Value.
func NumberValue(d decimal.Decimal) Value { return Value{Kind: Number, num: int64(d)} }

// BooleanValue is b as a Value.
func BooleanValue(b bool) Value {
	v := Value{Kind: Boolean}
	if b {
		v.num = 1
	}
	return v
}

// DateValue is d as a Value.
func DateValue(d calendar.Date) Value { return Value{Kind: Date, num: int64(d)} }

// TimeValue is i as a Value.
func TimeValue(i calendar.Instant) Value { return Value{Kind: Time, num: int64(i)} }

// ListValue is l as a Value.
func ListValue(l *List) Value { return Value{Kind: ListOf, list: l} }

// BitsValue is a number, boolean, date or time by its Bits.
func BitsValue(kind ValueKind, bits int64) Value { return Value{Kind: kind, num: bits} }

// Bits is what holds a number, boolean, date or time: values of one kind are in the order of their bits.
func (v Value) Bits() int64 { return v.num }

// Text is the text held, "" for other kinds.
func (v Value) Text() string { return v.str }

// Number is the decimal held, 0 for other kinds.
func (v Value) Number() decimal.Decimal {
	if v.Kind != Number {
		return 0
	}
	return decimal.Decimal(v.num)
}

// Boolean is the truth value held, false for other kinds.
func (v Value) Boolean() bool { return v.Kind == Boolean && v.num == 1 }

// Date is the date held; the caller knows that it is one.
func (v Value) Date() calendar.Date { return integer.Exact[calendar.Date](v.num) }

// Time is the instant held; the caller knows that it is one.
func (v Value) Time() calendar.Instant { return calendar.Instant(v.num) }

// List is the list held, nil for other kinds.
func (v Value) List() *List { return v.list }

// Equal reports whether v and w are the same value of the same kind.
func (v Value) Equal(w Value) bool {
	if v.Kind != w.Kind || v.num != w.num || v.str != w.str {
		return false
	}
	if v.list == nil || w.list == nil {
		return v.list == w.list
	}
	if v.list.Rows != w.list.Rows || v.list.Width != w.list.Width {
		return false
	}
	for i := range v.list.Cells {
		if !v.list.Cells[i].Equal(w.list.Cells[i]) {
			return false
		}
	}
	return true
}

// Key is the canonical text of v where it counts as a key (by, split, distinct, a limit's by): the text itself, or the
// shortest writing of a number, date or time. An absent value has the key "".
func (v Value) Key() string {
	switch v.Kind {
	case Text:
		return v.str
	case Number:
		return decimal.Decimal(v.num).String()
	case Boolean:
		if v.num == 1 {
			return "true"
		}
		return "false"
	case Date:
		return v.Date().String()
	case Time:
		return v.Time().String()
	default:
		return ""
	}
}

// JSON is v as encoding/json writes it: text, a number, a boolean, or a list of them. Records in lists are rows of cells.
func (v Value) JSON() any {
	switch v.Kind {
	case Absent:
		return nil
	case Number:
		return v.Number()
	case Boolean:
		return v.Boolean()
	case ListOf:
		rows := make([]any, v.list.Rows)
		for i := range rows {
			rows[i] = v.list.Cell(i, 0).JSON()
		}
		return rows
	default:
		return v.Key()
	}
}

// NamedValue is a value with the name of its field.
type NamedValue struct {
	Name  string
	Value Value
}
