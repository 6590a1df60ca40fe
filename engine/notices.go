package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Notices tell a member's app ahead of what time will take: points that expire, a level that falls, a streak that breaks
// (api: Webhooks). They change nothing, so that nothing but the outcome keeps them: one is told when the instant for it is
// passed over, which the due index sees to.

// evening is when notices are told that are due on a day: at the member's own evening.
const evening = 18 * time.Hour

// ownZone is where the member's evening is: the member's own zone, whoever's midnight counts.
func (a *applier) ownZone() *calendar.Zone {
	if a.m.Zone != nil {
		return a.m.Zone
	}
	return a.current.Calendar.Zone
}

// daysBefore is the day that lies a duration of days or longer before another one.
func daysBefore(d calendar.Date, lead calendar.Duration) calendar.Date {
	switch lead.Unit {
	case calendar.Week:
		return d.AddDays(-7 * lead.N)
	case calendar.Month:
		return d.AddMonths(-lead.N)
	case calendar.Year:
		return d.AddMonths(-12 * lead.N)
	default:
		return d.AddDays(-lead.N)
	}
}

// ahead is when a notice is told of what happens at an end, which is the first instant after a local day.
func (a *applier) ahead(cal calendar.Calendar, end calendar.Instant, lead calendar.Duration) calendar.Instant {
	if lead.IsExact() {
		return cal.Before(end, lead)
	}
	return a.ownZone().At(daysBefore(cal.Zone.Date(end-1), lead), evening)
}

// aheadOfBreak is ahead for a streak: so many hours before midnight, by the member's own clock.
func (a *applier) aheadOfBreak(cal calendar.Calendar, start, end calendar.Instant, lead calendar.Duration) calendar.Instant {
	zone := a.ownZone()
	if !lead.IsExact() || zone == cal.Zone {
		return max(start, a.ahead(cal, end, lead))
	}
	clock := 24*time.Hour - end.Time().Sub(cal.Before(end, lead).Time())
	at := zone.At(zone.Date(end-1), clock)
	if at >= end {
		at = zone.At(zone.Date(end-1)-1, clock)
	}
	return max(start, at)
}

// nextNotice is the first instant after one at which a notice is to be told, or at which that must be looked at again;
// Forever when none is.
func (a *applier) nextNotice(after calendar.Instant) calendar.Instant {
	due := a.nextStanding(after)
	for _, acc := range a.m.Accounts {
		due = min(due, a.nextExpiring(a.current.CalendarOf(a.m), acc, after))
	}
	return due
}

// nextStanding is nextNotice for levels and streaks.
func (a *applier) nextStanding(after calendar.Instant) calendar.Instant {
	cal, due := a.current.CalendarOf(a.m), calendar.Forever
	for _, rec := range a.m.Tiers {
		if t := a.current.tierOf(rec); t != nil {
			due = min(due, a.nextDrop(cal, t, rec, after))
		}
	}
	for _, rec := range a.m.Streaks {
		if s := a.current.streakOf(rec); s != nil && rec.Breaks > 0 {
			for _, lead := range s.Notices {
				if at, _ := a.nextRisk(cal, s, rec, lead, after); at < due {
					due = at
				}
			}
		}
	}
	return due
}

// nextExpiring is the first notice after an instant that is to be told of an account's lots.
func (a *applier) nextExpiring(cal calendar.Calendar, acc *Account, after calendar.Instant) calendar.Instant {
	a.m.idleEnds(cal, acc, &a.idle)
	return a.nextNoticed(endings{cal, acc, &a.idle}, after)
}

// nextNoticed is nextExpiring. A notice is the earlier the earlier its lot expires, so it is enough to find, for each, the first
// expiry beyond those whose notices have been told.
func (a *applier) nextNoticed(x endings, after calendar.Instant) calendar.Instant {
	due := calendar.Forever
	p := a.current.PointsType(x.acc.Points)
	if p == nil || len(p.Expire) == 0 {
		return due
	}
	for _, lead := range p.Notices {
		if first := x.firstBeyond(a.toldUntil(x.cal, lead, after)); first < calendar.Forever {
			if at := a.ahead(x.cal, first, lead); at > after {
				due = min(due, at)
			}
		}
	}
	return due
}

// toldUntil is the last end whose notice is not after an instant.
func (a *applier) toldUntil(cal calendar.Calendar, lead calendar.Duration, after calendar.Instant) calendar.Instant {
	if lead.IsExact() {
		return cal.After(after, lead)
	}
	zone := a.ownZone()
	day := zone.Date(after)
	if zone.At(day, evening) > after {
		day--
	}
	lead.N = -lead.N
	last := daysBefore(day, lead)
	for lead.N = -lead.N; daysBefore(last+1, lead) <= day; { // the ends of several days may be one month later than one day
		last++
	}
	return cal.Zone.Start(last + 1)
}

// nextDrop is when a notice of the fall of a level is due. As long as it is far off, that is not found out: it is looked at
// again ahead of the first instant at which the level can fall.
func (a *applier) nextDrop(cal calendar.Calendar, t *Tier, rec *TierRecord, after calendar.Instant) calendar.Instant {
	if len(t.Notices) == 0 {
		return calendar.Forever
	}
	due, near := calendar.Forever, false
	first := t.Ladder.NextFall(cal, &rec.TierState, a.metricsOf(t))
	if first == calendar.Forever {
		return first
	}
	for _, lead := range t.Notices {
		if at := a.ahead(cal, first, lead); at > after {
			due = min(due, at)
		} else {
			near = true
		}
	}
	if !near {
		return due
	}
	end := t.Ladder.FallsAt(cal, &rec.TierState, a.metricsOf(t))
	if end == calendar.Forever {
		return due
	}
	for _, lead := range t.Notices {
		if at := a.ahead(cal, end, lead); at > after {
			due = min(due, at)
		}
	}
	return due
}

// metricsOf are the counts of a tier of the member at hand, until they are asked for again.
func (a *applier) metricsOf(t *Tier) *tierMetrics {
	a.metrics = tierMetrics{rules: a.current, member: a.m, tier: t}
	return &a.metrics
}

// nextRisk is when a notice of a streak is due that is at risk unless its present period, or the next one, qualifies, and the
// end of that period.
func (a *applier) nextRisk(cal calendar.Calendar, s *Streak, rec *StreakRecord, lead calendar.Duration, after calendar.Instant) (at, end calendar.Instant) {
	if len(rec.Spans) == 0 {
		return calendar.Forever, 0
	}
	k := max(cal.Key(s.Run.Every, after), rec.Spans[len(rec.Spans)-1].Last+1)
	for range 2 * 7 {
		start := cal.Start(s.Run.Every, k)
		end = cal.End(s.Run.Every, k)
		if start >= rec.Breaks {
			break
		}
		counts := s.Run.Every != calendar.Day || s.Run.Counts(cal.FirstDate(calendar.Day, k).Weekday())
		if at = a.aheadOfBreak(cal, start, end, lead); counts && at > after && at < end {
			return at, end
		}
		k++
	}
	return calendar.Forever, 0
}

// notify tells the notices that are due at an instant.
func (a *applier) notify(due calendar.Instant) {
	cal := a.current.CalendarOf(a.m)
	for _, acc := range a.m.Accounts {
		if p := a.current.PointsType(acc.Points); p != nil {
			a.notifyExpiring(cal, p, acc, due)
		}
	}
	for _, rec := range a.m.Tiers {
		if t := a.current.tierOf(rec); t != nil {
			a.notifyDrop(cal, t, rec, due)
		}
	}
	for _, rec := range a.m.Streaks {
		s := a.current.streakOf(rec)
		if s == nil || rec.Breaks == 0 || s.hiddenFrom(rec) {
			continue
		}
		for _, lead := range s.Notices {
			if at, end := a.nextRisk(cal, s, rec, lead, due-1); at == due {
				if st := a.m.StreakAt(a.current, s, due); st.State == challenges.StreakAtRisk {
					n, _ := decimal.FromInt(int64(st.Length))
					a.raise(StreakAtRisk, due, event.TextValue(s.ID), event.NumberValue(n), event.TimeValue(end))
				}
				break
			}
		}
	}
}

// notifyExpiring tells once of all points that expire at the end of one day.
func (a *applier) notifyExpiring(cal calendar.Calendar, p *Points, acc *Account, due calendar.Instant) {
	a.m.idleEnds(cal, acc, &a.idle)
	var all []Expiring
	x := endings{cal, acc, &a.idle}
	for lot := range acc.lots.within(a.noticed(&x, p, due)) {
		if lot.Remaining == 0 {
			continue
		}
		end := acc.expiry(cal, lot, &a.idle)
		if end == calendar.Forever {
			continue
		}
		if slices.ContainsFunc(p.Notices, func(lead calendar.Duration) bool { return a.ahead(cal, end, lead) == due }) {
			all = append(all, Expiring{At: end, Amount: lot.Remaining})
		}
	}
	for _, e := range mergeExpiring(all) {
		a.raise(PointsExpiring, due, event.TextValue(p.ID), event.NumberValue(e.Amount), event.TimeValue(e.At))
	}
}

// noticed tells in which chunks of an account there may be lots of whose expiry a notice is due at an instant.
func (a *applier) noticed(x *endings, p *Points, due calendar.Instant) func(*summary) bool {
	type ends struct{ first, last calendar.Instant }
	var of []ends
	for _, lead := range p.Notices {
		of = append(of, ends{a.toldUntil(x.cal, lead, due-1) + 1, a.toldUntil(x.cal, lead, due)})
	}
	return func(s *summary) bool {
		return slices.ContainsFunc(of, func(e ends) bool {
			return x.mayEnd(&s.ready, e.first, e.last) || x.mayEnd(&s.waiting, e.first, e.last)
		})
	}
}

func (a *applier) notifyDrop(cal calendar.Calendar, t *Tier, rec *TierRecord, due calendar.Instant) {
	if len(t.Notices) == 0 {
		return
	}
	metrics := a.metricsOf(t)
	end := t.Ladder.FallsAt(cal, &rec.TierState, metrics)
	for _, lead := range t.Notices {
		if end == calendar.Forever || a.ahead(cal, end, lead) != due {
			continue
		}
		state := rec.Clone()
		changes := t.Ladder.Settle(cal, &state, metrics, end, nil)
		if len(changes) == 0 || state.Level >= rec.Level {
			return
		}
		a.raise(TierWillDrop, due, event.TextValue(t.ID), event.TextValue(t.name(rec.Level)), event.TextValue(t.name(state.Level)), event.TimeValue(end))
		return
	}
}

// leads are how far ahead each definition is told of, by its name; of a ruleset without notices there are none.
func (r *Ruleset) leads() map[string][]calendar.Duration {
	all := map[string][]calendar.Duration{}
	add := func(name string, leads []calendar.Duration) {
		if len(leads) > 0 {
			all[name] = leads
		}
	}
	for _, p := range r.Points {
		if len(p.Expire) > 0 {
			add("points/"+p.ID, p.Notices)
		}
	}
	for _, t := range r.Tiers {
		add("tiers/"+t.Key, t.Notices)
	}
	for _, s := range r.Streaks {
		add("streaks/"+s.Key, s.Notices)
	}
	return all
}

// sameNotices reports whether two versions tell the same ahead.
func sameNotices(a, b *Ruleset) bool { return maps.EqualFunc(a.leads(), b.leads(), slices.Equal) }
