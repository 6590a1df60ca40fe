package calendar

import (
	"time"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Period is a stretch of the calendar: what counters, limits and seasons are cut into.
type Period uint8

// The periods of the calendar.
const (
	// Always is all of time: one period that never ends.
	Always Period = iota
	Hour
	Day
	Week
	Month
	Quarter
	Year
	// Minute is a unit of Duration only; nothing is counted by the minute.
	Minute
)

var periodNames = [...]string{
	Always: "always", Hour: "hour", Day: "day", Week: "week", Month: "month", Quarter: "quarter", Year: "year", Minute: "minute",
}

// ParsePeriod reads the word after `every`: hour, day, week, month, quarter or year.
func ParsePeriod(word string) (Period, bool) {
	for p := Hour; p <= Year; p++ {
		if periodNames[p] == word {
			return p, true
		}
	}
	return Always, false
}

// String returns the word that ParsePeriod reads, and "always".
func (p Period) String() string { return periodNames[p] }

// Calendar is a zone and the day on which its weeks start. The zero Calendar is UTC with weeks that start on Sunday.
type Calendar struct {
	Zone      *Zone
	WeekStart time.Weekday
}

// Key numbers the periods of one kind: consecutive periods have consecutive keys. Keys of weeks depend on WeekStart; keys
// do not depend on the zone.
//
// An hour's key is date × 24 + hour of the clock, so that an hour which the clock shows twice is one hour, and one that
// it skips is empty.
type Key int64

// Key returns the key of the period that contains i.
func (c Calendar) Key(p Period, i Instant) Key {
	w := c.Zone.wall(i)
	if p == Hour {
		key, _ := floorDiv(int64(w), hour)
		return Key(key)
	}
	return c.KeyOfDate(p, w.date())
}

// KeyOfDate returns the key of the period that contains the date; for Hour, of the date's first hour.
func (c Calendar) KeyOfDate(p Period, d Date) Key {
	switch p {
	case Hour:
		return Key(d) * 24
	case Day:
		return Key(d)
	case Week:
		key, _ := floorDiv(int64(d)+c.weekShift(), 7)
		return Key(key)
	case Month, Quarter, Year:
		year, month, _ := d.Civil()
		months := monthsOf(p)
		return Key(year*(12/months) + (month-1)/months)
	}
	return 0
}

// Start returns the first instant of a period; of Always, Beginning.
func (c Calendar) Start(p Period, k Key) Instant {
	switch p {
	case Always:
		return Beginning
	case Hour:
		date, clock := floorDiv(int64(k), 24)
		return c.Zone.At(integer.Exact[Date](date), time.Duration(clock)*time.Hour)
	}
	return c.Zone.Start(c.FirstDate(p, k))
}

// End returns the first instant after a period, which is the start of the next; of Always, Forever.
func (c Calendar) End(p Period, k Key) Instant {
	if p == Always {
		return Forever
	}
	return c.Start(p, k+1)
}

// EndOf returns the end of the period that contains i, or of the one after it (`end of this month`, `end of next month`).
func (c Calendar) EndOf(p Period, next bool, i Instant) Instant {
	k := c.Key(p, i)
	if next {
		k++
	}
	return c.End(p, k)
}

// FirstDate returns the first date of a period; of an hour, its date.
func (c Calendar) FirstDate(p Period, k Key) Date {
	switch p {
	case Hour:
		date, _ := floorDiv(int64(k), 24)
		return integer.Exact[Date](date)
	case Day:
		return integer.Exact[Date](k)
	case Week:
		return integer.Exact[Date](int64(k)*7 - c.weekShift())
	case Month, Quarter, Year:
		months := monthsOf(p)
		year, index := floorDiv(int64(k), int64(12/months))
		return civil(int(year), int(index)*months+1, 1)
	}
	return minDate
}

// LastDate returns the last date of a period; of an hour, its date.
func (c Calendar) LastDate(p Period, k Key) Date {
	switch p {
	case Always:
		return maxDate
	case Hour:
		return c.FirstDate(p, k)
	}
	return c.FirstDate(p, k+1) - 1
}

// weekShift is how many days of the week of 1970-01-01, a Thursday, lie before that day.
func (c Calendar) weekShift() int64 {
	return int64(time.Thursday-c.WeekStart+7) % 7
}

// monthsOf returns the length of a period of whole months.
func monthsOf(p Period) int {
	switch p {
	case Quarter:
		return 3
	case Year:
		return 12
	}
	return 1
}
