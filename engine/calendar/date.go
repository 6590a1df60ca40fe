package calendar

import (
	"errors"
	"time"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Date is a day of the Gregorian calendar, without a zone: days since 1970-01-01. Dates compare and subtract with the
// operators of int32.
type Date int32

var errDate = errors.New("not a date, such as 2026-12-01")

// The first and last Date that lie wholly within the range of Instant.
const (
	minDate Date = -106_751_990
	maxDate Date = +106_751_990
)

// NewDate returns the date of a year 1 to 9999, month and day, or false when the calendar has no such day.
func NewDate(year, month, dayOfMonth int) (Date, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysIn(year, month) {
		return 0, false
	}
	return civil(year, month, dayOfMonth), true
}

// ParseDate reads "2026-12-01", the years 0001 to 9999.
func ParseDate(s string) (Date, error) { return parseDate(s) }

func parseDate[T string | []byte](s T) (Date, error) {
	if len(s) != len("2026-12-01") || s[4] != '-' || s[7] != '-' {
		return 0, errDate
	}
	century, year := twoDigits(s, 0), twoDigits(s, 2)
	if century < 0 || year < 0 {
		return 0, errDate
	}
	d, ok := NewDate(century*100+year, twoDigits(s, 5), twoDigits(s, 8))
	if !ok {
		return 0, errDate
	}
	return d, nil
}

// Civil returns the year, the month (1 to 12) and the day of the month (1 to 31).
func (d Date) Civil() (year, month, dayOfMonth int) {
	y, m, dom := time.Unix(int64(d)*(day/second), 0).UTC().Date()
	return y, int(m), dom
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday {
	_, weekday := floorDiv(int64(d)+int64(time.Thursday), 7)
	return time.Weekday(weekday)
}

// AddDays returns the date n days later, or earlier for a negative n.
func (d Date) AddDays(n int) Date { return d + integer.Exact[Date](n) }

// AddMonths returns the same day n months later, or the last day of that month if it is shorter: 31 January and one month
// is 28 February.
func (d Date) AddMonths(n int) Date {
	year, month, dayOfMonth := d.Civil()
	y, m := floorDiv(int64(year)*12+int64(month-1)+int64(n), 12)
	year, month = int(y), int(m)+1
	return civil(year, month, min(dayOfMonth, daysIn(year, month)))
}

// Anniversary returns the day in another year on which d is remembered: the same month and day, 28 February for a
// 29 February in a common year.
func (d Date) Anniversary(year int) Date {
	_, month, dayOfMonth := d.Civil()
	return civil(year, month, min(dayOfMonth, daysIn(year, month)))
}

// String returns "2026-12-01".
func (d Date) String() string {
	var buffer [16]byte
	return string(d.Append(buffer[:0]))
}

// Append appends the text of String to dst.
func (d Date) Append(dst []byte) []byte {
	year, month, dayOfMonth := d.Civil()
	dst = appendDigits(dst, int64(year), 4)
	dst = appendDigits(append(dst, '-'), int64(month), 2)
	return appendDigits(append(dst, '-'), int64(dayOfMonth), 2)
}

// MarshalText writes the text of String, so that a Date is a string in JSON.
func (d Date) MarshalText() ([]byte, error) { return d.Append(nil), nil }

// UnmarshalText reads a date as ParseDate does.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := parseDate(text)
	if err == nil {
		*d = parsed
	}
	return err
}

// civil returns the date of a year, month and day that exist.
func civil(year, month, dayOfMonth int) Date {
	days, _ := floorDiv(time.Date(year, time.Month(month), dayOfMonth, 0, 0, 0, 0, time.UTC).Unix(), day/second)
	return integer.Exact[Date](days)
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
