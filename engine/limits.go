package engine

import (
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// use finds the use that a limit counts for a receiving member, and the period of the event in it.
func (a *applier) use(l *Limit, to *Member) (*Use, calendar.Key) {
	key := a.facts.calendar.Key(l.Per, a.event.Time)
	if !l.Last.IsZero() {
		key = calendar.Key(a.event.Time)
	}
	if !l.shared() {
		return to.use(l.Key), key
	}
	return a.subjects.Use(a.useKey(l, to)), key
}

// shared reports whether a limit counts more than the receiving member.
func (l *Limit) shared() bool { return l.Everyone || len(l.By) > 0 }

// useKey names the shared count of a limit: its key and the values it counts by. No text holds a NUL (the decoder
// refuses it), so no two combinations can be mistaken for one another.
func (a *applier) useKey(l *Limit, to *Member) string {
	var b strings.Builder
	b.WriteString(l.Key)
	for i := range l.By {
		part := to.ID
		if !l.By[i].Receiver {
			part = a.pick(l.By[i].Value, l.Key).Key()
		}
		b.WriteByte(0)
		b.WriteString(part)
	}
	return b.String()
}

// used is what a limit has used in the event's period, or in the rolling time up to it.
func (a *applier) used(l *Limit, u *Use, key calendar.Key) decimal.Decimal {
	if l.Last.IsZero() {
		for i := range u.Periods {
			if u.Periods[i].Key == key {
				return u.Periods[i].Used
			}
		}
		return 0
	}
	start := calendar.Key(a.facts.calendar.WindowStart(a.event.Time, l.Last))
	var sum decimal.Decimal
	for i := range u.Periods {
		if u.Periods[i].Key >= start && u.Periods[i].Key <= key {
			sum += u.Periods[i].Used
		}
	}
	return sum
}

// refusingLimit is the first limit in times that leaves no further time, nil when all hold.
func (a *applier) refusingLimit(limits []*Limit, to *Member) *Limit {
	for _, l := range limits {
		if l.Points != nil || a.recorded != nil && l.shared() {
			continue
		}
		u, key := a.use(l, to)
		if a.used(l, u, key)+decimal.One > l.N {
			return l
		}
	}
	return nil
}

// cap trims an amount to what the limits in points leave, or refuses it whole.
func (a *applier) cap(limits []*Limit, points *Points, amount decimal.Decimal, to *Member) decimal.Decimal {
	for _, l := range limits {
		if l.Points != points || l.Points == nil {
			continue
		}
		u, key := a.use(l, to)
		left := max(0, l.N-a.used(l, u, key))
		if left >= amount {
			continue
		}
		if l.OrNothing {
			return 0
		}
		amount = left
	}
	return amount
}

// countUse counts one time in every limit in times.
func (a *applier) countUse(limits []*Limit, to *Member) {
	for _, l := range limits {
		if l.Points == nil {
			a.addUse(l, to, decimal.One)
		}
	}
}

// usePoints counts points in every limit in these points.
func (a *applier) usePoints(limits []*Limit, points *Points, amount decimal.Decimal, to *Member) {
	for _, l := range limits {
		if l.Points == points && l.Points != nil && amount > 0 {
			a.addUse(l, to, amount)
		}
	}
}

func (a *applier) addUse(l *Limit, to *Member, amount decimal.Decimal) {
	u, key := a.use(l, to)
	a.forgetUses(l, u)
	u.period(key).Used += amount
	if l.shared() {
		a.subjects.touchUse(u, a.seq)
	}
}

// forgetUses drops the use of periods that no event can reach any more.
func (a *applier) forgetUses(l *Limit, u *Use) {
	if l.Per == calendar.Always && l.Last.IsZero() || len(u.Periods) == 0 {
		return
	}
	horizon := a.rules.Calendar.Before(a.now, a.rules.Late)
	var oldest calendar.Key
	if l.Last.IsZero() {
		oldest = a.facts.calendar.Key(l.Per, horizon)
	} else {
		oldest = calendar.Key(a.facts.calendar.WindowStart(horizon, l.Last))
	}
	kept := u.Periods[:0]
	for _, p := range u.Periods {
		if p.Key >= oldest {
			kept = append(kept, p)
		}
	}
	u.Periods = kept
}
