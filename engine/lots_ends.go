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

// least is the first instant of any lot. of tells that of a summary's lots; where it is not exact, none has an earlier one.
func (l *lots) least(of func(*summary) (at calendar.Instant, exact bool), lot func(*Lot) calendar.Instant) calendar.Instant {
	if s := l.known(); s != nil {
		if at, exact := of(s); exact {
			return at
		}
	}
	least := calendar.Forever
	for i := range l.chunks {
		c := &l.chunks[i]
		if s := c.known(); s != nil {
			if at, exact := of(s); exact || at >= least {
				least = min(least, at)
				continue
			}
		}
		for k := range c.lots {
			least = min(least, lot(&c.lots[k]))
		}
	}
	return least
}

// nextTurn is when the next lot becomes available or, of those that are, expires.
func (x *endings) nextTurn(now calendar.Instant) calendar.Instant {
	return x.acc.lots.least(func(s *summary) (calendar.Instant, bool) {
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

// firstBeyond is the first expiry after an instant, of lots with something left.
func (x *endings) firstBeyond(told calendar.Instant) calendar.Instant {
	return x.acc.lots.least(func(s *summary) (calendar.Instant, bool) {
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
	})
}

// passing are the chunks in which lots become available or expire by now, without those of which that is known to be written down.
func (x *endings) passing(now calendar.Instant) iter.Seq[*chunk] {
	return func(yield func(*chunk) bool) {
		l := &x.acc.lots
		if s := l.known(); s != nil && x.stays(s, now) {
			return
		}
		for i := range l.chunks {
			c := &l.chunks[i]
			if s := c.known(); (s == nil || !x.stays(s, now)) && !yield(c) {
				return
			}
		}
	}
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
	all := func(s *summary) bool {
		end, _ := x.soonest(&s.ready)
		return s.holds(at) && end > at
	}
	if s := a.lots.known(); s != nil && all(s) {
		return s.ready.left
	}
	for i := range a.lots.chunks {
		c := &a.lots.chunks[i]
		if s := c.known(); s != nil && all(s) {
			sum += s.ready.left
			continue
		}
		for k := range c.lots {
			if lot := &c.lots[k]; x.spendable(lot, at) {
				sum += lot.Remaining
			}
		}
	}
	return sum
}

// next is the chunk with the lot that is spent next, and when that expires: the one that expires soonest and of those the oldest, or
// just the oldest one; nil when nothing is left. The summaries of all chunks must be fresh.
func (x *endings) next(now calendar.Instant, oldest bool) (in *chunk, end calendar.Instant) {
	end = calendar.Forever
	for i := range x.acc.lots.chunks {
		c := &x.acc.lots.chunks[i]
		if c.sum.ready.n == 0 {
			continue
		}
		if at, _ := x.soonest(&c.sum.ready); in != nil && at >= end {
			continue
		}
		for k := range c.lots {
			lot := &c.lots[k]
			if !x.spendable(lot, now) {
				continue
			}
			if at := x.of(lot); in == nil || at < end {
				in, end = c, at
			}
		}
		if oldest && in != nil {
			return in, end
		}
	}
	return in, end
}
