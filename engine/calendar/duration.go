package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Unit is what a Duration counts: Minute, Hour, Day, Week, Month or Year.
type Unit = Period

// Duration is a length of time as people say it: `15 minutes`, `30 days`, `12 months`. Minutes and hours are exact; days
// and longer follow the local calendar. The zero Duration is none.
type Duration struct {
	N    int
	Unit Unit
}

// maxDuration bounds each unit to 100 years, which keeps every sum far inside the range of Instant.
var maxDuration = [...]int{Minute: 52_596_000, Hour: 876_600, Day: 36_525, Week: 5_217, Month: 1_200, Year: 100}

// ParseDuration reads `30 days` or `1 day`: a positive whole number, one space, and minute, hour, day, week, month or year
// with or without an s; at most 100 years (language: Phrases).
func ParseDuration(phrase string) (Duration, error) {
	number, word, _ := strings.Cut(phrase, " ")
	n, err := strconv.Atoi(number)
	if err != nil || strconv.Itoa(n) != number || n < 1 {
		return Duration{}, fmt.Errorf("%q is not a duration such as 15 minutes, 30 days or 12 months", phrase)
	}
	unit, ok := parseUnit(strings.TrimSuffix(word, "s"))
	if !ok {
		return Duration{}, fmt.Errorf("%q is not a duration: its unit must be minutes, hours, days, weeks, months or years", phrase)
	}
	if n > maxDuration[unit] {
		return Duration{}, fmt.Errorf("%q is longer than 100 years", phrase)
	}
	return Duration{N: n, Unit: unit}, nil
}

func parseUnit(word string) (Unit, bool) {
	for _, unit := range [...]Unit{Minute, Hour, Day, Week, Month, Year} {
		if unit.String() == word {
			return unit, true
		}
	}
	return 0, false
}

// String returns the phrase that ParseDuration reads, in the singular for 1; "none" for the zero Duration.
func (d Duration) String() string {
	if d.IsZero() {
		return "none"
	}
	plural := "s"
	if d.N == 1 {
		plural = ""
	}
	return strconv.Itoa(d.N) + " " + d.Unit.String() + plural
}

// IsZero says whether there is no duration.
func (d Duration) IsZero() bool { return d.N == 0 }

// IsExact says whether the duration is elapsed time, of minutes or hours, and not one of whole days.
func (d Duration) IsExact() bool { return d.Unit == Minute || d.Unit == Hour }

// After returns the instant d after i. Days and longer keep what the clock shows: 2:30 and one day is 2:30, or on a
// morning without 2:30 the instant of the transition (timers; semantics: Time).
func (c Calendar) After(i Instant, d Duration) Instant { return c.shift(i, d, 1) }

// Before returns the instant d before i, as After does.
func (c Calendar) Before(i Instant, d Duration) Instant { return c.shift(i, d, -1) }

// EndOfDayAfter returns when something ends that began at i and lasts d: exactly d later for minutes and hours, and at the
// end of the local day d after i's local day for days and longer. The instant is the first one after it (expiry, keep,
// grace, valid, pending, within; semantics: Time).
func (c Calendar) EndOfDayAfter(i Instant, d Duration) Instant {
	if exact, ok := d.exact(); ok {
		return i.Add(exact)
	}
	return c.Zone.Start(d.from(c.Zone.Date(i), 1) + 1)
}

// WindowStart returns the first instant inside the rolling window `last d` that ends with now. Days and longer are whole
// local days including today: `12 months` is (today - 12 months, today]. Minutes and hours are exact: what happened at t
// is inside for [t, t + d), so the first instant is one microsecond after now - d.
func (c Calendar) WindowStart(now Instant, d Duration) Instant {
	if exact, ok := d.exact(); ok {
		return now.Add(-exact + time.Microsecond)
	}
	return c.Zone.Start(d.First(c.Zone.Date(now)))
}

// First returns the first date of the rolling window `last d`, of days or longer, whose last date is given.
func (d Duration) First(last Date) Date { return d.from(last, -1) + 1 }

func (c Calendar) shift(i Instant, d Duration, sign int) Instant {
	if exact, ok := d.exact(); ok {
		return i.Add(exact * time.Duration(sign))
	}
	if i == Forever || i == Beginning {
		return i
	}
	shown := c.Zone.shown(i)
	clock := time.Duration(shown-midnight(shown.date())) * time.Microsecond
	return c.Zone.At(d.from(shown.date(), sign), clock)
}

// exact returns a duration of minutes or hours, or the zero Duration, as elapsed time.
func (d Duration) exact() (time.Duration, bool) {
	switch {
	case d.IsZero():
		return 0, true
	case d.Unit == Minute:
		return time.Duration(d.N) * time.Minute, true
	case d.Unit == Hour:
		return time.Duration(d.N) * time.Hour, true
	}
	return 0, false
}

// from returns the date d after a date, or before it for the sign -1.
func (d Duration) from(date Date, sign int) Date {
	n := d.N * sign
	switch d.Unit {
	case Day:
		return date.AddDays(n)
	case Week:
		return date.AddDays(7 * n)
	}
	return date.AddMonths(n * monthsOf(d.Unit))
}
