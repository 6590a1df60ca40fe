package lint

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// expiredWindows finds windows that nothing can fall into any more, not even what arrives late.
func (l *linter) expiredWindows() {
	rules := l.program.Ruleset
	oldest := rules.Calendar.Zone.Date(rules.Calendar.Before(l.now, rules.Late))
	for n, w := range l.Windows {
		if w.HasUntil && w.Until.AddDays(1) < oldest {
			l.say(n, "", "this window closed on %s", w.Until)
		}
	}
	l.each(func(_ string, rec *document.Record) {
		n := rec.Values["if"]
		if n == nil {
			return
		}
		ways := l.holds(l.condition(rec, "if"), l.condition(rec, "for"))
		coming := must("event.date", domain{low: number(int64(oldest))})
		if len(ways) > 0 && len(joined(ways, coming)) == 0 {
			l.say(n, "", "this holds only on days that have passed")
		}
	}, "rules", "boosts", "counters", "streaks", "challenges")
}

// closedWindows finds schedules that never fire and windows that never open.
func (l *linter) closedWindows() {
	for n, w := range l.Windows {
		from := l.now
		if w.HasFrom {
			from = l.program.Ruleset.Calendar.Zone.Start(w.From).Add(-time.Microsecond)
		}
		switch {
		case w.HasUntil && !w.HasFrom:
			continue // it may have been open before
		case w.Cron != nil:
			if _, ok := w.Cron.Next(l.program.Ruleset.Calendar, from); !ok {
				l.say(l.schedule(n), "", "no day fits this schedule in eight years")
				continue
			}
			if w.OpenFor.IsZero() {
				continue
			}
		}
		if _, _, ok := w.Next(l.program.Ruleset.Calendar, from); !ok && !w.Contains(l.program.Ruleset.Calendar, from) {
			l.say(n, "write days that lie inside the window's dates", "no day fits all that this window asks for")
		}
	}
}

// schedule is where a window's cron is written: in its map, or it is the trigger itself.
func (l *linter) schedule(n *document.Node) *document.Node {
	if c := n.Find("cron"); c != nil {
		return c
	}
	return n
}

// gapYears is how far ahead clock changes are looked for.
const gapYears = 5

// gaps finds windows and schedules that begin at a time of day that does not exist on a day they are open.
func (l *linter) gaps() {
	for n, w := range l.Windows {
		_, promotion := l.promotionOf(n)
		switch {
		case w.Cron != nil:
			for _, clock := range clocks(w.Cron) {
				if l.gap(w, l.schedule(n), clock, "it begins at %s") {
					break
				}
			}
		case w.Hours != nil && (promotion || !l.program.Ruleset.MemberClock):
			l.gap(w, n.Find("hours"), w.Hours.From, "it opens at %s")
		}
	}
}

// promotionOf is the promotion that a window is written in.
func (l *linter) promotionOf(n *document.Node) (id string, ok bool) {
	for _, rec := range l.Records["promotions"] {
		if rec.Node == n || rec.Values["during"] == n {
			return rec.ID, true
		}
	}
	return "", false
}

// clocks are the times of day of a schedule; none of one that fires so often that a gap does no harm.
func clocks(c *calendar.Cron) (out []time.Duration) {
	const few = 4
	if bits.OnesCount64(c.Hour)*bits.OnesCount64(c.Minute) > few {
		return nil
	}
	for h := range 24 {
		for m := range 60 {
			if c.Hour>>h&1 == 1 && c.Minute>>m&1 == 1 {
				out = append(out, time.Duration(h)*time.Hour+time.Duration(m)*time.Minute)
			}
		}
	}
	return out
}

// gap speaks of the first day on which the clock jumps over a time of day at which w begins.
func (l *linter) gap(w *calendar.Window, at *document.Node, clock time.Duration, instead string) bool {
	cal := l.program.Ruleset.Calendar
	first := cal.Zone.Date(l.now)
	for day := first; day < first.AddDays(gapYears*366); day++ {
		i := cal.Zone.At(day, clock)
		if cal.Zone.Clock(i) == clock || !begins(w, cal, day, i) {
			continue
		}
		means := fmt.Sprintf(instead, hourOf(cal.Zone.Clock(i)))
		if w.Hours != nil && cal.Zone.At(day, w.Hours.To) <= i {
			means = "it does not open"
		}
		l.say(at, "", "on %s the clock jumps over %s: %s", day, hourOf(clock), means)
		return true
	}
	return false
}

// begins reports whether a window opens on a day, at an instant of it.
func begins(w *calendar.Window, cal calendar.Calendar, day calendar.Date, at calendar.Instant) bool {
	if w.Cron != nil {
		next, ok := w.Cron.Next(cal, at.Add(-time.Microsecond))
		return ok && next == at
	}
	whole := *w
	whole.Hours = nil
	return whole.Contains(cal, cal.Zone.At(day, 12*time.Hour))
}

func hourOf(clock time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(clock.Hours()), int(clock.Minutes())%60)
}
