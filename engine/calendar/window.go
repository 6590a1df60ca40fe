package calendar

import "time"

// Window says when something is open. All the parts that are given must hold; the zero Window is always open.
//
// Days, dates and hours describe stretches of local days: a stretch belongs to the day it starts on, and that day is asked
// for Days, From and Until. Cron describes stretches of the length OpenFor that begin at each occurrence.
type Window struct {
	From, Until       Date // both days included
	HasFrom, HasUntil bool
	Days              []DayRule // any of them
	Hours             *Hours
	Cron              *Cron
	OpenFor           Duration
}

// DayRule is a weekday, every one (Nth 0), the first to fifth of a month (1 to 5) or the last (-1).
type DayRule struct {
	Weekday time.Weekday
	Nth     int
}

// Hours is a stretch of the local clock, From included and To not. A To that is not after From is on the next day. In a
// DST gap the stretch can be empty; in an overlap it runs from the first From to the first To.
type Hours struct{ From, To time.Duration }

const (
	// windowDays bounds a search for an opening to eight years, over a common 2100. A stretch that goes on for longer is
	// taken to be without beginning or end.
	windowDays = 8 * 366
	// windowSteps bounds how many lengths of OpenFor may join into one stretch, likewise: half-hourly ones to over a year.
	windowSteps = 20_000
)

// Contains says whether the window is open at i.
func (w *Window) Contains(c Calendar, i Instant) bool {
	if _, ok := w.dayOf(c.Zone.wall(i)); !ok {
		return false
	}
	if w.Cron == nil {
		return true
	}
	// A later occurrence never closes before an earlier one, so the last one decides.
	last, ok := w.Cron.Last(c, i)
	return ok && i < c.After(last, w.OpenFor)
}

// At returns the stretch [start, end) around i in which the window is open without a break, or false when it is closed at
// i. A stretch that has no beginning starts at Beginning, one that has no end ends at Forever.
func (w *Window) At(c Calendar, i Instant) (start, end Instant, open bool) {
	if !w.Contains(c, i) {
		return 0, 0, false
	}
	d, _ := w.dayOf(c.Zone.wall(i))
	start, end = w.openDays(c.Zone, d)
	if w.Cron != nil {
		from, until := w.openSchedule(c, i)
		start, end = max(start, from), min(end, until)
	}
	return start, end, true
}

// Next returns the first stretch [start, end) that starts after an instant, or false when none does within eight years.
func (w *Window) Next(c Calendar, after Instant) (start, end Instant, ok bool) {
	horizon := c.Zone.Start(c.Zone.Date(after) + windowDays)
	for {
		opening, ok := w.nextOpening(c, after)
		if !ok || opening > horizon {
			return 0, 0, false
		}
		start, end, open := w.At(c, opening)
		switch {
		case open && start == opening:
			return start, end, true
		case open && end == Forever:
			return 0, 0, false
		case open:
			after = end - 1
		default:
			after = opening
		}
	}
}

// nextOpening returns the next instant after `after` at which the days or the schedule opens and the days are open.
func (w *Window) nextOpening(c Calendar, after Instant) (Instant, bool) {
	days, daysOpen := w.nextDay(c.Zone, after)
	if w.Cron == nil {
		return days, daysOpen
	}
	next, ok := w.Cron.Next(c, after)
	if ok && (!daysOpen || next < days) {
		if _, inside := w.dayOf(c.Zone.wall(next)); inside {
			return next, true
		}
	}
	return days, daysOpen
}

// nextDay returns the next instant after `after` at which the stretch of a day starts.
func (w *Window) nextDay(z *Zone, after Instant) (Instant, bool) {
	if w.everyDay() && !w.HasFrom {
		return 0, false
	}
	d := z.Date(after)
	if w.HasFrom {
		d = max(d, w.From)
	}
	for range windowDays {
		if w.on(d) {
			if start, end := w.stretch(z, d); start > after && start < end {
				return start, true
			}
		}
		d++
	}
	return 0, false
}

// dayOf returns the day whose stretch contains the wall time, and false if there is none that is open.
func (w *Window) dayOf(now wall) (Date, bool) {
	d := now.date()
	clock := time.Duration(now-midnight(d)) * time.Microsecond
	from, to := w.clock()
	if from <= clock && clock < to && w.on(d) {
		return d, true
	}
	return d - 1, clock+24*time.Hour < to && w.on(d-1)
}

// openDays returns the stretch of the day d, joined with those of the days around it that touch.
func (w *Window) openDays(z *Zone, d Date) (start, end Instant) {
	if w.everyDay() {
		return w.openDates(z)
	}
	start, end = w.stretch(z, d)
	var k Date
	for k = d - 1; k > d-windowDays; k-- {
		from, to := w.stretch(z, k)
		if to < start {
			break
		}
		if w.on(k) {
			start = min(start, from)
		}
	}
	if k == d-windowDays {
		start = Beginning
	}
	for k = d + 1; k < d+windowDays; k++ {
		from, to := w.stretch(z, k)
		if from > end {
			break
		}
		if w.on(k) {
			end = max(end, to)
		}
	}
	if k == d+windowDays {
		end = Forever
	}
	return start, end
}

// openDates returns the stretch of a window that is open around the clock from its first to its last date.
func (w *Window) openDates(z *Zone) (start, end Instant) {
	start, end = Beginning, Forever
	if w.HasFrom {
		start, _ = w.stretch(z, w.From)
	}
	if w.HasUntil {
		_, end = w.stretch(z, w.Until)
	}
	return start, end
}

// openSchedule returns the stretch around i, which is open, in which occurrences follow one another without a break.
//
// It grows by the last occurrence inside and by the first one that can reach it, so that a step is about OpenFor long
// however often the schedule fires.
func (w *Window) openSchedule(c Calendar, i Instant) (start, end Instant) {
	today := c.Zone.Date(i)
	latest, earliest := c.Zone.Start(today+windowDays), c.Zone.Start(today-windowDays)
	start, _ = w.Cron.Last(c, i)
	end = c.After(start, w.OpenFor)
	for steps := 0; end != Forever; steps++ {
		last, _ := w.Cron.Last(c, end)
		later := c.After(last, w.OpenFor)
		if later <= end {
			break
		}
		if end = later; end > latest || steps == windowSteps {
			end = Forever
		}
	}
	for steps := 0; start != Beginning; steps++ {
		earlier, ok := w.reaching(c, start)
		if !ok {
			break
		}
		if start = earlier; start < earliest || steps == windowSteps {
			start = Beginning
		}
	}
	return start, end
}

// reaching returns an occurrence before start that is open until start at least: an early one if that is easily found,
// else the one right before, which decides, because a later occurrence never closes before an earlier one.
func (w *Window) reaching(c Calendar, start Instant) (Instant, bool) {
	early, ok := w.Cron.Next(c, c.Before(start, w.OpenFor)-1)
	if !ok || early >= start || c.After(early, w.OpenFor) < start {
		early, ok = w.Cron.Last(c, start-1)
	}
	return early, ok && c.After(early, w.OpenFor) >= start
}

// on says whether the dates and days allow a stretch to start on d.
func (w *Window) on(d Date) bool {
	if w.HasFrom && d < w.From || w.HasUntil && d > w.Until {
		return false
	}
	if len(w.Days) == 0 {
		return true
	}
	weekday := d.Weekday()
	for _, rule := range w.Days {
		if rule.Weekday == weekday && rule.matches(d) {
			return true
		}
	}
	return false
}

// matches says whether d, which has the rule's weekday, is the rule's one of its month.
func (r DayRule) matches(d Date) bool {
	if r.Nth == 0 {
		return true
	}
	year, month, dayOfMonth := d.Civil()
	if r.Nth < 0 {
		return dayOfMonth+7 > daysIn(year, month)
	}
	return (dayOfMonth-1)/7+1 == r.Nth
}

// clock returns when a stretch begins and ends, after midnight of the day it starts on.
func (w *Window) clock() (from, to time.Duration) {
	switch {
	case w.Hours == nil:
		return 0, 24 * time.Hour
	case w.Hours.To <= w.Hours.From:
		return w.Hours.From, w.Hours.To + 24*time.Hour
	}
	return w.Hours.From, w.Hours.To
}

// stretch returns the open part of the day d, if d is open at all.
func (w *Window) stretch(z *Zone, d Date) (start, end Instant) {
	from, to := w.clock()
	return z.At(d, from), z.At(d, to)
}

// everyDay says whether the stretches cover every day between From and Until without a break.
func (w *Window) everyDay() bool {
	from, to := w.clock()
	if to-from < 24*time.Hour {
		return false
	}
	var weekdays uint8
	for _, rule := range w.Days {
		if rule.Nth == 0 {
			weekdays |= 1 << rule.Weekday
		}
	}
	return len(w.Days) == 0 || weekdays == 1<<7-1
}
