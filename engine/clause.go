package engine

import (
	"math"
	"slices"
	"time"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Test is one thing that must hold before a definition looks at an event: a value of the facts is one of some, or lies in
// a range.
type Test struct {
	// Path names what is asked, "event.sku"; tests of one path have picks that agree. The pick must not fail.
	Path string
	Pick Pick
	// In are the values of which it must be one. Where it is nil, the value must lie between Low and High, both
	// included, which are numbers, dates or times; an absent bound is none. An absent value meets no test.
	In        []event.Value
	Low, High event.Value
}

// Clause holds when all of its tests do; one without tests always holds.
type Clause []Test

// Clauses is a condition as far as it can be judged without evaluating it, in disjunctive normal form: where no clause
// holds, the condition is false and does not fail. Where one holds, the condition must be asked. Nil stands for a
// condition of which nothing is known; one that can never be true has no clauses, but is not nil.
type Clauses []Clause

// maxClauses bounds a disjunctive normal form, which grows by multiplication. What would be larger is judged by a part.
const maxClauses = 16

// And is the condition that both hold.
func (c Clauses) And(d Clauses) Clauses {
	switch {
	case c == nil:
		return d
	case d == nil:
		return c
	case len(c)*len(d) > maxClauses: // the more selective one is enough
		if len(c) <= len(d) {
			return c
		}
		return d
	}
	out := Clauses{}
	for _, x := range c {
		for _, y := range d {
			if both, possible := x.and(y); possible {
				out = append(out, both)
			}
		}
	}
	return out
}

// Or is the condition that one of them holds.
func (c Clauses) Or(d Clauses) Clauses {
	if c == nil || d == nil || len(c)+len(d) > maxClauses {
		return nil
	}
	return append(slices.Clip(c), d...)
}

// and joins the tests of two clauses, at most one range and one list of values a path. It is not possible when they
// contradict one another.
func (c Clause) and(d Clause) (both Clause, possible bool) {
	both = slices.Clone(c)
	for _, t := range d {
		i := slices.IndexFunc(both, func(o Test) bool { return o.Path == t.Path && (o.In == nil) == (t.In == nil) })
		if i < 0 {
			both = append(both, t)
			continue
		}
		if both[i], possible = both[i].and(t); !possible {
			return nil, false
		}
	}
	return both, true
}

// and joins two tests of one path and form.
func (t Test) and(u Test) (both Test, possible bool) {
	if t.In != nil {
		t.In = slices.DeleteFunc(slices.Clone(t.In), func(v event.Value) bool { return !slices.Contains(u.In, v) })
		return t, len(t.In) > 0
	}
	if t.Low.Kind == event.Absent || u.Low.Kind != event.Absent && u.Low.Bits() > t.Low.Bits() {
		t.Low = u.Low
	}
	if t.High.Kind == event.Absent || u.High.Kind != event.Absent && u.High.Bits() < t.High.Bits() {
		t.High = u.High
	}
	return t, t.Low.Kind == event.Absent || t.High.Kind == event.Absent || t.Low.Bits() <= t.High.Bits()
}

// bounds are the ends of a range as numbers.
func (t *Test) bounds() (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if t.Low.Kind != event.Absent {
		low = t.Low.Bits()
	}
	if t.High.Kind != event.Absent {
		high = t.High.Bits()
	}
	return low, high
}

// The paths of the tests that windows make, which are those of the language.
const (
	pathDate = "event.date"
	pathDay  = "event.day"
	pathHour = "event.hour"
)

func pickDate(f *Facts) event.Value { return event.DateValue(f.Date()) }
func pickDay(f *Facts) event.Value  { return event.TextValue(f.Weekday()) }
func pickHour(f *Facts) event.Value {
	return event.NumberValue(decimal.Decimal(f.Hour()) * decimal.One)
}

// within are the clauses of a definition that is open during d.
func (c Clauses) within(d *During, memberClock bool) Clauses {
	if d == nil {
		return c
	}
	fails := slices.ContainsFunc(d.Any, func(w Window) bool { return w.Promotion != nil && w.Promotion.Fails })
	if fails { // that is told, whatever else does not hold
		return d.clauses(memberClock)
	}
	return d.clauses(memberClock).And(c)
}

// clauses are the windows as far as the date, the weekday and the hour of an event tell.
func (d *During) clauses(memberClock bool) Clauses {
	out := Clauses{}
	for i := range d.Any {
		if out = out.Or(d.Any[i].clauses(memberClock)); out == nil {
			return nil
		}
	}
	return out
}

func (w *Window) clauses(memberClock bool) Clauses {
	c := w.Calendar
	if w.Promotion != nil {
		c = w.Promotion.Window
	}
	if c == nil || w.Promotion != nil && memberClock { // the days of a promotion are the program's, those of the facts the member's
		return nil
	}
	overnight := c.Hours != nil && c.Hours.To <= c.Hours.From
	var clause Clause
	if c.HasFrom || c.HasUntil {
		t := Test{Path: pathDate, Pick: pickDate}
		if c.HasFrom {
			t.Low = event.DateValue(c.From)
		}
		if c.HasUntil {
			t.High = event.DateValue(c.Until)
			if overnight { // the last stretch ends on the day after
				t.High = event.DateValue(c.Until + 1)
			}
		}
		clause = append(clause, t)
	}
	if len(c.Days) > 0 && !overnight {
		t := Test{Path: pathDay, Pick: pickDay}
		for _, rule := range c.Days {
			if day := event.TextValue(weekdayNames[rule.Weekday]); !slices.Contains(t.In, day) {
				t.In = append(t.In, day)
			}
		}
		clause = append(clause, t)
	}
	if c.Hours != nil && !overnight {
		first, last := c.Hours.From/time.Hour, (c.Hours.To-1)/time.Hour
		clause = append(clause, Test{Path: pathHour, Pick: pickHour,
			Low: event.NumberValue(decimal.Decimal(first) * decimal.One), High: event.NumberValue(decimal.Decimal(last) * decimal.One)})
	}
	return Clauses{clause}
}
