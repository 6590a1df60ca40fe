package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Expiring is an amount that expires at an instant.
type Expiring struct {
	At     calendar.Instant
	Amount decimal.Decimal
}

// idleEnds are the instants at which an account's idle rules expire lots, given the last events; the per-lot part (a lot
// available after the last event) is Account.expiry's.
type idleEnds struct {
	last []calendar.Instant
	ends []calendar.Instant
}

// idleEnds finds the ends of a's idle rules into buf.
func (m *Member) idleEnds(cal calendar.Calendar, a *Account, buf *idleEnds) {
	buf.last, buf.ends = buf.last[:0], buf.ends[:0]
	for _, rule := range a.Idle {
		last := calendar.Beginning
		end := calendar.Forever
		if s := m.lastFor(rule.Event, a.Points); s != nil {
			last = s.Last
			end = cal.EndOfDayAfter(last, rule.After)
		}
		buf.last, buf.ends = append(buf.last, last), append(buf.ends, end)
	}
}

// expiry is when lot expires: the first of its fixed expiry and its idle rules.
func (a *Account) expiry(cal calendar.Calendar, lot *Lot, idle *idleEnds) calendar.Instant {
	if !lot.idles() {
		return lot.Expires
	}
	return min(lot.Expires, a.idleEnd(cal, lot.Idle, lot.Available, idle))
}

// idleEnd is when the first of some idle rules expires a lot that became available at an instant: the later that was, the later.
func (a *Account) idleEnd(cal calendar.Calendar, rules uint64, available calendar.Instant, idle *idleEnds) calendar.Instant {
	end := calendar.Forever
	for i := range a.Idle {
		if rules&(1<<i) == 0 {
			continue
		}
		if idle.last[i] >= available {
			end = min(end, idle.ends[i])
		} else {
			end = min(end, cal.EndOfDayAfter(available, a.Idle[i].After))
		}
	}
	return end
}

// mergeExpiring sorts by instant and adds up what expires together.
func mergeExpiring(list []Expiring) []Expiring {
	slices.SortFunc(list, func(x, y Expiring) int { return cmpInstant(x.At, y.At) })
	merged := list[:0]
	for _, e := range list {
		if n := len(merged); n > 0 && merged[n-1].At == e.At {
			merged[n-1].Amount += e.Amount
			continue
		}
		merged = append(merged, e)
	}
	return merged
}

// fixedExpiry is the first of the expiry phrases that do not depend on later events, for a lot available from an instant.
func fixedExpiry(cal calendar.Calendar, p *Points, from calendar.Instant) calendar.Instant {
	end := calendar.Forever
	for _, x := range p.Expire {
		switch {
		case x.Event != "":
		case x.EndOf != calendar.Always && !x.After.IsZero():
			end = min(end, cal.EndOf(x.EndOf, x.Next, cal.EndOfDayAfter(from, x.After)-1))
		case x.EndOf != calendar.Always:
			end = min(end, cal.EndOf(x.EndOf, x.Next, from))
		default:
			end = min(end, cal.EndOfDayAfter(from, x.After))
		}
	}
	return end
}

// idleRule is the index of an expiry phrase in the account, which keeps every phrase that one of its lots was born with.
func (a *Account) idleRule(rule IdleRule) int {
	if i := slices.Index(a.Idle, rule); i >= 0 {
		return i
	}
	a.Idle = append(a.Idle, rule)
	return len(a.Idle) - 1
}

func (a *Account) dependsOn(eventType string) bool {
	return slices.ContainsFunc(a.Idle, func(r IdleRule) bool { return r.Event == eventType })
}
