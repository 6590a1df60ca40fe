package challenges

import (
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Fold says what a counter makes of its contributions.
type Fold uint8

// The folds of a counter (language: counters).
const (
	Add Fold = iota
	Highest
	Lowest
	Latest
	Distinct
)

// Level is a named threshold of a badge.
type Level struct {
	Name string
	At   decimal.Decimal
}

// Streak is the meaning of a run of periods: which periods count, what qualifies one, and what bridges a missed one.
type Streak struct {
	Every   calendar.Period // Day, Week or Month
	AtLeast decimal.Decimal // of the counter in a period, to qualify it
	// Days are the weekdays that count, for Every Day; the zero value means all of them.
	Days [7]bool
	// Free freezes are given each FreePer period and do not carry over; bought ones are held up to Hold.
	Free    int
	FreePer calendar.Period
	Hold    int
	// Repair is how long a broken run can be repaired; zero: not at all.
	Repair calendar.Duration
}

// AllDays reports whether every weekday counts.
func (s *Streak) AllDays() bool { return s.Days == [7]bool{} }

// Counts reports whether the weekday takes part in a daily streak.
func (s *Streak) Counts(d time.Weekday) bool { return s.AllDays() || s.Days[d] }

// Ladder is a tier's levels, lowest first, and how one falls.
type Ladder struct {
	Levels []Rung
	Keep   Keep // how long a level is held after it was reached, met or not
	// Grace is how much longer; one that ends with a calendar period counts from the reaching too, and the later of both holds.
	Grace Keep
	// OneLevel is the soft landing: a fall is one level deep, and that one is kept again. Otherwise one falls to the highest
	// level that is met or still kept in its own right.
	OneLevel bool
}

// Rung is one level of a tier. It is met when every one of All and, if there are any, at least one of Any is.
type Rung struct {
	Name string
	All  []Need
	Any  []Need
}

// Need is a threshold on one of a tier's metrics, by index.
type Need struct {
	Metric int
	At     decimal.Decimal
}

// Keep is a duration, or the end of this or the next calendar period, or of that in which a duration ends. The zero Keep is
// none.
type Keep struct {
	For   calendar.Duration
	EndOf calendar.Period
	Next  bool
}
