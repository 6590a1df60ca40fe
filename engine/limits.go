package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// uses finds the uses among which those of a limit are, for a receiving member: the member's own, or those of a subject
// of their own where the limit counts more than the member.
func (a *applier) uses(l *Limit, to *Member) (list *[]UsePeriod, shared *Usage) {
	if !l.shared() {
		return &to.Uses, nil
	}
	u := a.subjects.Usage(a.useKey(l, to))
	return &u.Periods, u
}

// period is the period of the event in which a limit counts.
func (a *applier) period(l *Limit) calendar.Key {
	return periodKey(a.dayOfLimits(a.event.Time), l.Per, l.Last, a.event.Time)
}

// shared reports whether a limit counts more than the receiving member.
func (l *Limit) shared() bool { return l.Everyone || len(l.By) > 0 }

// useKey names the shared count of a limit: its key and a hash of the values it counts by, which may tell of a member and
// outlive it. No text holds a NUL (the decoder refuses it), so no two combinations can be mistaken for one another.
func (l *Limit) useKey(to string, value func(Pick) event.Value) string {
	if len(l.By) == 0 {
		return l.Key
	}
	var b strings.Builder
	for i := range l.By {
		part := to
		if !l.By[i].Receiver {
			part = value(l.By[i].Value).Key()
		}
		b.WriteByte(0)
		b.WriteString(part)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return useOf(l.Key, hex.EncodeToString(sum[:16]))
}

// useKey is the shared count of a limit for a receiving member.
func (a *applier) useKey(l *Limit, to *Member) string { return a.useKeyAs(l, to.ID) }

func (a *applier) useKeyAs(l *Limit, id string) string {
	return l.useKey(id, func(p Pick) event.Value { return a.pick(p, l.Key) })
}

// useKeys are all shared counts of a limit for a receiving member: of a limit by member, one for each member that was merged into it,
// too, as counts by values of events are known by a hash of these alone.
func (a *applier) useKeys(l *Limit, to *Member) []string {
	keys := []string{a.useKey(l, to)}
	if slices.ContainsFunc(l.By, func(by LimitKey) bool { return by.Receiver }) {
		for _, id := range to.Merged {
			keys = append(keys, a.useKeyAs(l, id))
		}
	}
	return keys
}

// merged adds to the uses of a limit those of the members that were merged into the receiving one.
func (a *applier) mergedUses(l *Limit, to *Member, list []UsePeriod) []UsePeriod {
	if len(to.Merged) == 0 || !l.shared() {
		return list
	}
	for _, key := range a.useKeys(l, to)[1:] {
		list = slices.Concat(list, a.subjects.Usage(key).Periods)
	}
	return list
}

// used is what a limit has used in the event's period, or in the rolling time up to it. A late event also lies in the rolling
// time of later uses: the fullest of them decides, so that no stretch of that length ever holds more than the limit.
func (a *applier) used(l *Limit, to *Member) decimal.Decimal {
	list, _ := a.uses(l, to)
	return a.usedOf(l, a.mergedUses(l, to, *list))
}

// usedOf is used for a list of uses.
func (a *applier) usedOf(l *Limit, list []UsePeriod) decimal.Decimal {
	at := a.period(l)
	if l.Last.IsZero() {
		return sumUses(list, l.id, at, at)
	}
	most := sumUses(list, l.id, l.windowStart(at), at)
	for _, u := range list {
		if u.Limit != l.id || u.Key <= at {
			continue
		}
		if start := l.windowStart(u.Key); start <= at {
			most = max(most, sumUses(list, l.id, start, u.Key))
		}
	}
	return most
}

// windowStart is the first key in the rolling time that ends with one: days are those that members were told, whatever zones
// they lived in, hours are exact.
func (l *Limit) windowStart(last calendar.Key) calendar.Key {
	if l.Last.IsExact() {
		return calendar.Key(calendar.Calendar{}.WindowStart(calendar.Instant(last), l.Last))
	}
	return calendar.Key(l.Last.First(calendar.Calendar{}.FirstDate(calendar.Day, last)))
}

func sumUses(list []UsePeriod, limit uint64, first, last calendar.Key) (sum decimal.Decimal) {
	for i := range list {
		if u := &list[i]; u.Limit == limit && u.Key >= first && u.Key <= last {
			sum += u.Used
		}
	}
	return sum
}

// refusingLimit is the first limit in times that leaves no further time, nil when all hold.
func (a *applier) refusingLimit(limits []*Limit, to *Member) *Limit {
	for _, l := range limits {
		if l.Points == nil && a.decides.refuses(a, l, to) {
			return l
		}
	}
	return nil
}

// cap trims an amount to what the limits in points leave, or refuses it whole. "or nothing" is asked of what the other limits
// leave, so that the order in which limits are written means nothing.
func (a *applier) cap(limits []*Limit, points *Points, amount decimal.Decimal, to *Member) decimal.Decimal {
	for _, l := range limits {
		if l.Points == points && l.Points != nil && !l.OrNothing {
			amount = min(amount, max(0, l.N-a.used(l, to)))
		}
	}
	for _, l := range limits {
		if l.Points == points && l.Points != nil && l.OrNothing && l.N-a.used(l, to) < amount {
			return 0
		}
	}
	return amount
}

// countUse counts one time in every limit in times.
func (a *applier) countUse(limits []*Limit, rule Source, to *Member) {
	for _, l := range limits {
		if l.Points != nil {
			continue
		}
		mark := UsageMark{Limit: l.id, Rule: rule, Period: a.period(l), Cause: a.cause}
		if shared := a.addUse(l, to, decimal.One); shared != nil {
			mark.Shared = shared.Key
		} else if to != a.m {
			mark.Member = to.ID
		}
		a.provenance.Uses = append(a.provenance.Uses, mark)
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

// addUse counts a use, and returns the shared count where it is one.
func (a *applier) addUse(l *Limit, to *Member, amount decimal.Decimal) *Usage {
	list, shared := a.uses(l, to)
	*list = a.forgetUses(l, *list)
	*list = addUse(*list, l.id, a.period(l), amount)
	if shared != nil {
		a.subjects.touchUse(shared, a.seq)
	}
	return shared
}

func addUse(list []UsePeriod, limit uint64, key calendar.Key, amount decimal.Decimal) []UsePeriod {
	for i := range list {
		if list[i].Limit == limit && list[i].Key == key {
			list[i].Used += amount
			return list
		}
	}
	return append(list, UsePeriod{Limit: limit, Key: key, Used: amount})
}

// oldestUse is the first period of a limit that an event can still reach, wherever its member lives.
func (a *applier) oldestUse(l *Limit) calendar.Key {
	horizon, cal := a.current.Calendar.Before(a.now, a.current.Late), a.current.lastCalendar()
	if !l.Last.IsZero() {
		horizon = cal.WindowStart(horizon, l.Last)
	}
	return periodKey(cal, l.Per, l.Last, horizon)
}

// usesForgotten reports whether the uses of a limit in the event's period are known no more.
func (a *applier) usesForgotten(l *Limit) bool {
	return (l.Per != calendar.Always || !l.Last.IsZero()) && a.period(l) < a.oldestUse(l)
}

// forgetUses drops the uses of a limit in periods that no event can reach any more.
func (a *applier) forgetUses(l *Limit, list []UsePeriod) []UsePeriod {
	if l.Per == calendar.Always && l.Last.IsZero() {
		return list
	}
	oldest := a.oldestUse(l)
	return slices.DeleteFunc(list, func(u UsePeriod) bool { return u.Limit == l.id && u.Key < oldest })
}

// tightest is the limit in points that leaves a receiving member least, nil where none limits points.
func (a *applier) tightest(limits []*Limit, to *Member) (least *Limit) {
	left := decimal.Decimal(0)
	for _, l := range limits {
		if l.Points == nil {
			continue
		}
		if n := l.N - a.used(l, to); least == nil || n < left {
			least, left = l, n
		}
	}
	return least
}
