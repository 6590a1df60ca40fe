package engine

import (
	"iter"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// endings tell when the lots of an account expire, as far as is known.
type endings struct {
	cal  calendar.Calendar
	acc  *Account
	idle *idleEnds
}

// of is when a lot expires.
func (x *endings) of(lot *Lot) calendar.Instant { return x.acc.expiry(x.cal, lot, x.idle) }

// spendable reports whether something of a lot can be spent at an instant.
func (x *endings) spendable(lot *Lot, at calendar.Instant) bool {
	return lot.Remaining > 0 && lot.Available <= at && x.of(lot) > at
}

// soonest is when the first lot of a class expires. Where its lots go by different rules, exact is false and none expires before.
func (x *endings) soonest(k *class) (at calendar.Instant, exact bool) {
	switch {
	case k.n == 0:
		return calendar.Forever, true
	case k.idling == 0:
		return k.firstEnd, true
	}
	return min(k.firstEnd, x.acc.idleEnd(x.cal, k.idle, k.firstIdling, x.idle)), k.idle == k.common
}

// latest is an instant after which no lot of a class expires.
func (x *endings) latest(k *class) calendar.Instant {
	switch {
	case k.n == 0:
		return calendar.Beginning
	case k.idling < k.n:
		return k.lastEnd
	}
	return min(k.lastEnd, x.acc.idleEnd(x.cal, k.common, k.lastIdling, x.idle))
}

// mayEnd reports whether lots of a class may expire between two instants.
func (x *endings) mayEnd(k *class, first, last calendar.Instant) bool {
	soonest, _ := x.soonest(k)
	return k.n > 0 && soonest <= last && x.latest(k) >= first
}

// least is the first instant of any lot in the chunks from one to before another. of tells that of a summary's lots; where it is not
// exact, none has an earlier one.
func (l *lots) least(from, end int, of func(*summary) (at calendar.Instant, exact bool), lot func(*Lot) calendar.Instant) calendar.Instant {
	least := calendar.Forever
	may := func(s *summary) bool {
		at, exact := of(s)
		if exact {
			least = min(least, at)
		}
		return at < least
	}
	for _, c := range l.between(from, end, may) {
		for k := range c.lots {
			least = min(least, lot(&c.lots[k]))
		}
	}
	return least
}

// nextTurn is when the next lot becomes available or, of those that are, expires.
func (x *endings) nextTurn(now calendar.Instant) calendar.Instant {
	return x.acc.lots.least(0, len(x.acc.lots.chunks), func(s *summary) (calendar.Instant, bool) {
		if !s.holds(now) {
			return calendar.Beginning, false
		}
		at, exact := x.soonest(&s.ready)
		if s.waiting.n > 0 {
			at = min(at, s.waiting.firstReady)
		}
		return at, exact
	}, func(lot *Lot) calendar.Instant {
		switch {
		case lot.Remaining == 0:
			return calendar.Forever
		case lot.Available > now:
			return lot.Available
		}
		return x.of(lot)
	})
}

// firstBeyond is the first expiry after an instant, of lots with something left. That of fixed ends is noted: it is asked at every
// event for the same instants all day.
func (x *endings) firstBeyond(told calendar.Instant) calendar.Instant {
	l, from := &x.acc.lots, 0
	first := calendar.Forever
	if end, even := x.even(); even {
		from = len(l.chunks) - 1
		if end > told {
			first = min(end, l.firstFixed(told))
		}
	}
	return min(first, l.least(from, len(l.chunks), func(s *summary) (calendar.Instant, bool) {
		ready, exact := x.soonest(&s.ready)
		waiting, also := x.soonest(&s.waiting)
		switch first := min(ready, waiting); {
		case first > told:
			return first, exact && also
		case x.latest(&s.ready) <= told && x.latest(&s.waiting) <= told:
			return calendar.Forever, true
		}
		return told, false
	}, func(lot *Lot) calendar.Instant {
		if end := x.of(lot); lot.Remaining > 0 && end > told {
			return end
		}
		return calendar.Forever
	}))
}

// even reports whether all older lots with something left have the same end but for their fixed ones, and which.
func (x *endings) even() (end calendar.Instant, even bool) {
	l := &x.acc.lots
	if len(l.chunks) < 2 || !l.older.fresh {
		return 0, false
	}
	k := l.older.sum.ready
	k.merge(&l.older.sum.waiting)
	switch {
	case k.idling == 0:
		return calendar.Forever, true
	case k.idling < k.n || k.idle != k.common:
		return 0, false
	}
	for i, last := range x.idle.last {
		if k.idle&(1<<i) != 0 && last < k.lastIdling {
			return 0, false
		}
	}
	return x.acc.idleEnd(x.cal, k.idle, k.lastIdling, x.idle), true
}

// firstFixed is the first fixed expiry after an instant of all older lots with something left. Their summary must be fresh.
func (l *lots) firstFixed(after calendar.Instant) calendar.Instant {
	for _, n := range l.noted {
		if n.after == after && n.first > after {
			return n.first
		}
	}
	first := l.least(0, len(l.chunks)-1, func(s *summary) (calendar.Instant, bool) {
		at, latest := calendar.Forever, calendar.Beginning
		for _, k := range [...]*class{&s.ready, &s.waiting} {
			if k.n > 0 {
				at, latest = min(at, k.firstEnd), max(latest, k.lastEnd)
			}
		}
		if at <= after && latest <= after {
			at = calendar.Forever
		}
		return at, at > after
	}, func(lot *Lot) calendar.Instant {
		if lot.Remaining > 0 && lot.Expires > after {
			return lot.Expires
		}
		return calendar.Forever
	})
	l.noted[0], l.noted[1] = l.noted[1], beyond{after, first}
	return first
}

// passing are the chunks in which lots become available or expire by now, without those of which that is known to be written down.
func (x *endings) passing(now calendar.Instant) iter.Seq2[int, *chunk] {
	return x.acc.lots.look(func(s *summary) bool { return !x.stays(s, now) })
}

// stays reports whether no lot becomes available or expires by now.
func (x *endings) stays(s *summary, now calendar.Instant) bool {
	if !s.holds(now) || s.unreleased > 0 {
		return false
	}
	for _, k := range [...]*class{&s.ready, &s.waiting, &s.pinned} {
		if at, _ := x.soonest(k); at <= now {
			return false
		}
	}
	return true
}

// ready is what can be spent of an account's lots at an instant.
func (a *Account) ready(cal calendar.Calendar, idle *idleEnds, at calendar.Instant) (sum decimal.Decimal) {
	x := endings{cal, a, idle}
	may := func(s *summary) bool {
		if end, _ := x.soonest(&s.ready); !s.holds(at) || end <= at {
			return true
		}
		sum += s.ready.left
		return false
	}
	for _, c := range a.lots.look(may) {
		for k := range c.lots {
			if lot := &c.lots[k]; x.spendable(lot, at) {
				sum += lot.Remaining
			}
		}
	}
	return sum
}

// next is the place of the chunk with the lot that is spent next, and when that expires: the one that expires soonest and of those the
// oldest, or just the oldest one; below 0 when nothing is left. The summaries must be fresh, but for those of chunks that were touched.
func (x *endings) next(now calendar.Instant, oldest bool) (in int, end calendar.Instant) {
	in, end = -1, calendar.Forever
	may := func(s *summary) bool {
		at, _ := x.soonest(&s.ready)
		return s.ready.n > 0 && (in < 0 || at < end)
	}
	for i, c := range x.acc.lots.look(may) {
		for k := range c.lots {
			lot := &c.lots[k]
			if !x.spendable(lot, now) {
				continue
			}
			if at := x.of(lot); in < 0 || at < end {
				in, end = i, at
			}
		}
		if oldest && in >= 0 {
			break
		}
	}
	return in, end
}
