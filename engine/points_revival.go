package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// bridge keeps the times of a type's recent events, because a late one can fill a gap and bring expired points back: of types after
// whose last event points expire so soon that this can happen within the late window. An event between two others that lie close
// enough to one another changes nothing and is left out, so that few are kept.
func (a *applier) bridge(owner *Member, e *event.Event) {
	cal := a.current.CalendarOf(a.m)
	after, longest, short := a.shortest(owner, cal, e)
	if !short {
		return
	}
	s := a.m.seenOf(e.Type, about(e.Type, e.Fields))
	i, known := slices.BinarySearch(s.Recent, e.Time)
	if known {
		return
	}
	s.Recent = slices.Insert(s.Recent, i, e.Time)
	horizon := a.current.Calendar.Before(a.now, a.current.Late)
	s.Recent = slices.DeleteFunc(s.Recent, func(at calendar.Instant) bool { // what lived on by it had expired when any event can come
		return at < horizon && cal.EndOfDayAfter(at, longest) <= horizon
	})
	for i := len(s.Recent) - 2; i > 0; i-- {
		if s.Recent[i+1] < cal.EndOfDayAfter(s.Recent[i-1], after) {
			s.Recent = slices.Delete(s.Recent, i, i+1)
		}
	}
}

// shortest is the shortest time that lots of a member outlive events of this type, if it ends within the late window, and the
// longest one that does.
func (a *applier) shortest(owner *Member, cal calendar.Calendar, e *event.Event) (after, longest calendar.Duration, short bool) {
	const day = 24 * 3600 * 1_000_000 // a local day more or less must not matter
	window := cal.After(e.Time, a.current.Late) + day
	soonest, last := window, calendar.Beginning
	of := about(e.Type, e.Fields)
	for _, acc := range owner.Accounts {
		if of != "" && of != acc.Points {
			continue
		}
		for _, rule := range acc.Idle {
			end := cal.EndOfDayAfter(e.Time, rule.After)
			if rule.Event != e.Type || end >= window {
				continue
			}
			if short = true; end < soonest {
				after, soonest = rule.After, end
			}
			if end > last {
				longest, last = rule.After, end
			}
		}
	}
	return after, longest, short
}

// revived reports whether a lot that was expired at an instant would have lived until now, had the event at hand come in
// time: every event prolongs what is alive at its own time, and nothing else.
func (a *applier) revived(time *settlement, lot *Lot, over calendar.Instant) bool {
	if lot.Expires <= a.now {
		return false
	}
	helped := false
	for i, rule := range time.acc.Idle {
		if lot.Idle&(1<<i) == 0 {
			continue
		}
		end := max(over, time.cal.EndOfDayAfter(lot.Available, rule.After))
		prolong := func(at calendar.Instant) {
			if at <= lot.Available || at >= end {
				return
			}
			if until := time.cal.EndOfDayAfter(at, rule.After); until > end {
				end, helped = until, helped || at == a.event.Time && rule.Event == a.event.Type
			}
		}
		if s := a.m.lastFor(rule.Event, time.acc.Points); s != nil {
			for _, at := range s.Recent {
				if rule.Event == a.event.Type && a.event.Time < at {
					prolong(a.event.Time)
				}
				prolong(at)
			}
			if rule.Event == a.event.Type {
				prolong(a.event.Time)
			}
			prolong(s.Last)
		}
		if end <= a.now {
			return false
		}
	}
	return helped
}

// revive brings back lots that had expired because no event of a type was known, when a late one turns out to have been in
// time (semantics: Points).
func (a *applier) revive(e *event.Event) {
	of := about(e.Type, e.Fields)
	for _, acc := range a.m.Accounts {
		if !acc.dependsOn(e.Type) || of != "" && of != acc.Points {
			continue
		}
		time := a.settlement(acc)
		a.reviveParts(time)
		if !acc.lots.some((*summary).mayRevive) {
			continue
		}
		for lot := range acc.lots.those((*summary).mayRevive, func(l *Lot) bool { return l.revivable() && a.revived(time, l, l.Until) }) {
			back := lot.Expired - lot.Forgiven
			lot.Expired, lot.Remaining = lot.Forgiven, lot.Remaining+back
			acc.Expired -= back
			acc.payDebt(lot)
			a.entry(acc, Entry{Kind: EntryRestored, Amount: back, At: lot.Until, Lot: lot.Seq, Source: lot.Source, Expires: lot.Expires})
		}
	}
}
