package oracle

import (
	"cmp"
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// Instant is microseconds since 1970; Forever is never.
type Instant = int64

// Forever is later than every instant.
const Forever Instant = 1<<63 - 1

// day is one of 24 hours.
const day = 86400 * second

const second = int64(time.Second / time.Microsecond)

// clock answers calendar questions in one zone. Days are numbered from 1970-01-01.
type clock struct {
	loc    *time.Location
	sunday bool
	starts map[int]Instant
	firsts map[string]map[int]int // of periods
	weeks  bool                   // some were asked for
}

// locations are zones that have been read: of the engine's data, by package time.
var locations sync.Map

func newClock(zone string, sundayWeeks bool) *clock {
	loc, known := locations.Load(zone)
	if !known {
		read, err := time.LoadLocationFromTZData(zone, calendar.Embedded().Content(cmp.Or(zone, "UTC")))
		if err != nil {
			panic("oracle: " + err.Error())
		}
		loc, _ = locations.LoadOrStore(zone, read)
	}
	return &clock{loc: loc.(*time.Location), sunday: sundayWeeks, starts: map[int]Instant{}, firsts: map[string]map[int]int{}}
}

func dayNumber(y int, m time.Month, d int) int {
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func civil(day int) (int, time.Month, int) {
	return time.Unix(int64(day)*86400, 0).UTC().Date()
}

func (c *clock) day(at Instant) int {
	return dayNumber(time.UnixMicro(at).In(c.loc).Date())
}

// start is the first instant of a day: every zone of today changes its clocks on a quarter of an hour, so those are tried
// one after the other.
func (c *clock) start(day int) Instant {
	if at, ok := c.starts[day]; ok {
		return at
	}
	at := (int64(day)*86400 - 15*3600) * second
	for c.day(at) < day {
		at += 15 * 60 * second
	}
	c.starts[day] = at
	return at
}

// periodStart is the first day of the period that a day lies in; nextPeriod that of the one after.
func (c *clock) periodStart(period string, day int) int {
	if period == "" || period == "ever" {
		return 0
	}
	known := c.firsts[period]
	if known == nil {
		known = map[int]int{}
		c.firsts[period] = known
	}
	start, ok := known[day]
	if !ok {
		start = c.findStart(period, day)
		known[day] = start
	}
	return start
}

func (c *clock) findStart(period string, day int) int {
	y, m, _ := civil(day)
	switch period {
	case "day":
		return day
	case "week":
		weekday := int(time.Unix(int64(day)*86400, 0).UTC().Weekday())
		if c.weeks = true; c.sunday {
			return day - weekday
		}
		return day - (weekday+6)%7
	case "month":
		return dayNumber(y, m, 1)
	case "quarter":
		return dayNumber(y, (m-1)/3*3+1, 1)
	case "year":
		return dayNumber(y, 1, 1)
	}
	panic("oracle: no period " + period)
}

func (c *clock) nextPeriod(period string, day int) int {
	start := c.periodStart(period, day)
	y, m, _ := civil(start)
	switch period {
	case "day":
		return start + 1
	case "week":
		return start + 7
	case "month":
		return dayNumber(y, m+1, 1)
	case "quarter":
		return dayNumber(y, m+3, 1)
	case "year":
		return dayNumber(y+1, 1, 1)
	}
	panic("oracle: ever does not end")
}

// plus moves a day by a span of days or longer; months clamp to the month's end.
func plus(day int, s Span) int {
	y, m, d := civil(day)
	switch s.Unit {
	case "day":
		return day + s.N
	case "week":
		return day + 7*s.N
	case "month":
		m += time.Month(s.N)
	case "year":
		y += s.N
	}
	last := dayNumber(y, m+1, 1) - 1
	return min(dayNumber(y, m, 1)+d-1, last)
}

// after is when a span from an instant is over: hours are exact, longer ones end with their last day.
func (c *clock) after(at Instant, s Span) Instant {
	if s.N == 0 {
		return at
	}
	if s.Unit == "hour" {
		return at + int64(s.N)*3600*second
	}
	return c.start(plus(c.day(at), s) + 1)
}

// later is a span after an instant at the same time of day: one that a change of clocks leaves out is the instant of the change,
// one that comes twice is the first.
func (c *clock) later(at Instant, s Span) Instant {
	if s.Unit == "hour" {
		return at + int64(s.N)*3600*second
	}
	const quarter = 15 * 60 * second
	day, time := plus(c.day(at), s), c.timeOfDay(at)
	for t := c.start(day); ; t += quarter {
		switch left := time - c.timeOfDay(t); {
		case left <= 0 || c.day(t) > day:
			return t
		case left < quarter:
			return t + left
		}
	}
}

// timeOfDay is what a clock on the wall shows.
func (c *clock) timeOfDay(at Instant) int64 {
	h, m, s := time.UnixMicro(at).In(c.loc).Clock()
	return int64(h*3600+m*60+s)*second + at%second
}

// first is the first day of the rolling time of a span that ends with a day.
func first(day int, s Span) int {
	return plus(day, Span{-s.N, s.Unit}) + 1
}
