package expression

import (
	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Type is the type of a value inside an expression.
type Type uint8

// The types. Unknown is that of something wrong, which has been said; nothing further is said about it.
const (
	Unknown Type = iota
	Boolean
	Number
	Text
	Date
	Time
	List
	Record // `event`, `member.points`: a name that needs another one after it
)

var typeNames = [...]string{"something unknown", "true or false", "a number", "text", "a date", "a time", "a list", "a group of fields"}

// String is the type as diagnostics name it.
func (t Type) String() string { return typeNames[t] }

func typeOf(t event.FieldType) Type {
	switch t.Kind() {
	case event.Text:
		return Text
	case event.Number:
		return Number
	case event.Boolean:
		return Boolean
	case event.Date:
		return Date
	case event.Time:
		return Time
	default:
		return List
	}
}

// The closures a compiled part consists of, one type each.
type (
	cond    = engine.Cond
	number  = engine.Amount
	pick    = engine.Pick
	text    func(*engine.Facts) string
	date    func(*engine.Facts) calendar.Date
	instant func(*engine.Facts) calendar.Instant
	list    func(*engine.Facts) *event.List
)

// operand is a compiled part of an expression: the closure of its type, and what the parts around it need to know.
type operand struct {
	typ  Type
	node ast.Node

	cond    cond
	number  number
	text    text
	lowered text // of lower(x): x, so that it can be compared without being made
	date    date
	instant instant
	list    list

	path     string        // of a reference: "event.coupon"
	optional bool          // of a reference: it may be absent
	value    pick          // of a reference: also when it is absent
	items    *event.Schema // of a list: its rows
	field    *event.Field  // of a declared field
	constant *event.Value
	literal  *decimal.Wide  // of a constant number
	safe     bool           // evaluating it cannot fail
	clauses  engine.Clauses // of a condition: what it asks at least
	// options are the only texts that this can be, and optionsOf says what they are called.
	options   []string
	optionsOf string
}

// reference is the operand of a value that is picked from the facts.
func reference(t Type, p pick, items *event.Schema) operand {
	o := operand{typ: t, value: p, items: items, safe: true}
	switch t {
	case Boolean:
		o.cond = func(f *engine.Facts) bool { return p(f).Boolean() }
	case Number:
		o.number = func(f *engine.Facts) decimal.Wide { return p(f).Number().Wide() }
	case Text:
		o.text = func(f *engine.Facts) string { return p(f).Text() }
	case Date:
		o.date = func(f *engine.Facts) calendar.Date { return p(f).Date() }
	case Time:
		o.instant = func(f *engine.Facts) calendar.Instant { return p(f).Time() }
	case List:
		o.list = func(f *engine.Facts) *event.List { return p(f).List() }
	}
	return o
}

// textReference is the operand of a text that every event or member has.
func textReference(t text) operand {
	o := reference(Text, func(f *engine.Facts) event.Value { return event.TextValue(t(f)) }, nil)
	o.text = t
	return o
}

// condReference is the operand of a truth that every event or member has.
func condReference(c cond) operand {
	o := reference(Boolean, func(f *engine.Facts) event.Value { return event.BooleanValue(c(f)) }, nil)
	o.cond = c
	return o
}

// dateReference is the operand of a date that every event has.
func dateReference(d date) operand {
	o := reference(Date, func(f *engine.Facts) event.Value { return event.DateValue(d(f)) }, nil)
	o.date = d
	return o
}

func numberConstant(w decimal.Wide) operand {
	o := operand{typ: Number, safe: true, literal: &w, number: func(*engine.Facts) decimal.Wide { return w }}
	if d, err := w.Decimal(); err == nil && d.Wide() == w {
		v := event.NumberValue(d)
		o.constant = &v
	}
	return o
}

func textConstant(s string) operand {
	v := event.TextValue(s)
	return operand{typ: Text, safe: true, constant: &v, text: func(*engine.Facts) string { return s }}
}

func booleanConstant(b bool) operand {
	v := event.BooleanValue(b)
	return operand{typ: Boolean, safe: true, constant: &v, cond: func(*engine.Facts) bool { return b }}
}

func dateConstant(d calendar.Date) operand {
	v := event.DateValue(d)
	return operand{typ: Date, safe: true, constant: &v, date: func(*engine.Facts) calendar.Date { return d }}
}

func textOperand(t text) operand     { return operand{typ: Text, text: t} }
func numberOperand(n number) operand { return operand{typ: Number, number: n} }
func condOperand(c cond) operand     { return operand{typ: Boolean, cond: c} }

// either is a where choose holds and b elsewhere; both are of one type.
func either(choose cond, a, b operand) operand {
	o := operand{typ: a.typ, items: a.items}
	switch a.typ {
	case Boolean:
		o.cond = choice(choose, a.cond, b.cond)
	case Number:
		o.number = choice(choose, a.number, b.number)
	case Text:
		o.text = choice(choose, a.text, b.text)
	case Date:
		o.date = choice(choose, a.date, b.date)
	case Time:
		o.instant = choice(choose, a.instant, b.instant)
	case List:
		o.list = choice(choose, a.list, b.list)
	}
	return o
}

func choice[T any, F ~func(*engine.Facts) T](choose cond, a, b F) F {
	return func(f *engine.Facts) T {
		if choose(f) {
			return a(f)
		}
		return b(f)
	}
}
