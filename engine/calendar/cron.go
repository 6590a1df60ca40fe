package calendar

import (
	"math/bits"
	"time"
)

// Cron is a schedule of five fields as bit masks: bit n of a field is set when n matches. Minutes are 0 to 59, hours 0 to
// 23, days of the month 1 to 31, months 1 to 12, weekdays 0 (Sunday) to 6. CronStar in Dom or Dow says that the field was
// a star. When neither was, a day matches by either of them, as cron has it.
//
// A schedule is a set of local times. Each occurs once: those in a DST gap together at the instant of the transition,
// those in an overlap the first time the clock shows them.
type Cron struct{ Minute, Hour, Dom, Month, Dow uint64 }

// CronStar marks a Dom or Dow that matches every day.
const CronStar uint64 = 1 << 63

// cronHorizon bounds a search: 29 February comes at the latest after 8 years, over a common 2100.
const cronHorizon = 8 * 366

// Next returns the first occurrence after an instant, or false if there is none within eight years.
func (x *Cron) Next(c Calendar, after Instant) (Instant, bool) {
	// An occurrence lies after `after` exactly when its local time is later than the wall time there.
	w := c.Zone.wall(after)
	date := w.date()
	from := int(w-midnight(date))/minute + 1
	for range cronHorizon {
		if x.matches(date) {
			if m, ok := x.firstTime(from); ok {
				return c.Zone.At(date, time.Duration(m)*time.Minute), true
			}
		}
		date, from = date+1, 0
	}
	return 0, false
}

// Last returns the last occurrence at or before an instant, or false if there is none within eight years.
func (x *Cron) Last(c Calendar, atOrBefore Instant) (Instant, bool) {
	w := c.Zone.wall(atOrBefore)
	date := w.date()
	until := int(w-midnight(date)) / minute
	for range cronHorizon {
		if x.matches(date) {
			if m, ok := x.lastTime(until); ok {
				return c.Zone.At(date, time.Duration(m)*time.Minute), true
			}
		}
		date, until = date-1, 24*60-1
	}
	return 0, false
}

func (x *Cron) matches(d Date) bool {
	_, month, dayOfMonth := d.Civil()
	if x.Month>>month&1 == 0 {
		return false
	}
	byMonth := x.Dom>>dayOfMonth&1 == 1
	byWeek := x.Dow>>d.Weekday()&1 == 1
	switch {
	case x.Dom&CronStar != 0 && x.Dow&CronStar != 0:
		return true
	case x.Dom&CronStar != 0:
		return byWeek
	case x.Dow&CronStar != 0:
		return byMonth
	}
	return byMonth || byWeek
}

// firstTime returns the first matching minute of the day that is not before from.
func (x *Cron) firstTime(from int) (int, bool) {
	hours, minutes := x.Hour&(1<<24-1), x.Minute&(1<<60-1)
	if minutes == 0 {
		return 0, false
	}
	h := from / 60
	if left := minutes >> (from % 60) << (from % 60); hours>>h&1 == 1 && left != 0 {
		return h*60 + bits.TrailingZeros64(left), true
	}
	if hours = hours >> (h + 1) << (h + 1); hours == 0 {
		return 0, false
	}
	return bits.TrailingZeros64(hours)*60 + bits.TrailingZeros64(minutes), true
}

// lastTime returns the last matching minute of the day that is not after until.
func (x *Cron) lastTime(until int) (int, bool) {
	hours, minutes := x.Hour&(1<<24-1), x.Minute&(1<<60-1)
	if minutes == 0 {
		return 0, false
	}
	h := until / 60
	if left := minutes & (2<<(until%60) - 1); hours>>h&1 == 1 && left != 0 {
		return h*60 + bits.Len64(left) - 1, true
	}
	if hours &= 1<<h - 1; hours == 0 {
		return 0, false
	}
	return (bits.Len64(hours)-1)*60 + bits.Len64(minutes) - 1, true
}
