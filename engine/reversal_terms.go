package engine

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/wire"
)

// Terms are those of a lot that is opened later than what it belongs to.
type Terms struct {
	Granted   calendar.Instant `json:"granted"`
	Available calendar.Instant `json:"available"`
	Expires   calendar.Instant `json:"expires"`         // as far as no event moves it
	Zone      string           `json:"zone"`            // by which the receiver counted what came first, "" where nothing did
	Fixed     bool             `json:"fixed,omitempty"` // no event moves it
	After     uint64           `json:"after"`           // seq of what came first, which it is as old as; 0 where nothing did
}

// open opens a lot on the terms of the event's first ones, or lets another member have one. It reports false where it would have
// expired by now.
func (j *recomputation) open(r *Rule, x *rising, to *Member) bool {
	a, b := j.a, j.was.b
	acc, cal, seq := to.copied(x.id), b.current.CalendarOf(b.m), j.r.target.Seq
	zone := ""
	if x.member != "" {
		cal, seq = b.current.CalendarOf(to), j.firstAt(x.line)
		if seq > 0 && b.current.MemberClock {
			zone = cmp.Or(j.past(to).zone(seq), b.current.Calendar.Zone.Name())
			cal.Zone = b.current.zones.Known(zone)
		}
	}
	if !acc.takesIn(x.amount) {
		a.out.note("overflow", r.Path, "with this the member's "+x.id+" would be more than can be counted: nothing was given")
		return false
	}
	lot := j.termed(r, x, acc, cal, seq)
	if lot.Available <= a.now {
		lot.Granted = lot.Available // it is released
		cal, idle := a.current.CalendarOf(to), idleEnds{}
		to.idleEnds(cal, acc, &idle)
		if acc.expiry(cal, &lot, &idle) <= a.now || lot.Idle != 0 && j.past(to).lapsed(cal, acc, &lot) != 0 {
			a.out.note("expired", r.Path, "the points would have expired by now: they were not given")
			return false
		}
	}
	if x.member == "" {
		j.apply(Raise{Kind: PointsEffect, ID: x.id, Source: r.Source, Amount: x.amount, Boosts: x.now.boosts, Granted: lot.Granted,
			Available: lot.Available, Expires: lot.Expires, Idle: acc.idleRules(&lot)})
		return true
	}
	a.queueFor(to.ID, commandGrant, r, x.id, granted{Points: x.id, Source: r.Source, Amount: x.amount, Wanted: x.wanted, Boosts: x.now.boosts,
		Terms: &Terms{Granted: lot.Granted, Available: lot.Available, Expires: lot.Expires, Zone: zone, After: seq}})
	return true
}

// termed is a lot of an account on the terms of the event's first ones there, which have a seq: those that they have while they are
// pending, those of their release, or else those with which they were born.
func (j *recomputation) termed(r *Rule, x *rising, acc *Account, cal calendar.Calendar, seq uint64) Lot {
	a, target := j.a, j.r.target
	then := applier{seq: target.Seq, event: &target.Event, clock: clock{now: target.Event.Arrived}}
	lot := then.openLot(acc, x.grant.Points, cal, x.amount, r.Pending)
	first := acc.lots.first(seq, func(l *Lot) bool { return l.Available > a.now && l.Remaining > 0 })
	if first == nil {
		first = acc.lots.first(seq, func(l *Lot) bool { return l.Source == x.source })
	}
	if first != nil {
		lot.Available, lot.Expires = first.Available, first.Expires
		return lot
	}
	if lot.Available <= a.now {
		return lot
	}
	releases := j.r.revisions() // what the event gave first may have been released
	if x.member != "" && seq > 0 {
		releases = j.past(j.member(x.member)).records
	}
	for _, rec := range releases {
		if rec.Event.Type != commandRelease || rec.Outcome.Revision == nil {
			continue
		}
		for _, r := range rec.Outcome.Revision.Released {
			if r.Points == x.id && r.Seq == seq {
				lot.Available, lot.Expires = rec.Event.Arrived, r.Expires
			}
		}
	}
	return lot
}

// idleRules are those that a lot was born with.
func (a *Account) idleRules(lot *Lot) (list []IdleRule) {
	for i, rule := range a.Idle {
		if lot.Idle&(1<<i) != 0 {
			list = append(list, rule)
		}
	}
	return list
}

// firstAt is the seq of what the event, or an amendment of it, gave first to another member for a line, 0 where nothing was given.
func (j *recomputation) firstAt(l line) uint64 {
	for _, g := range j.gifts(CauseRef{Seq: j.r.target.Seq}, j.r.target) {
		if g.Kind != QueuedEffect {
			continue
		}
		if of, _ := j.queued(g.Effect); of == l {
			return j.r.known(g.ID).Seq
		}
	}
	return 0
}

// copied is an account of a member, empty where there is none, that may be changed without changing the member.
func (m *Member) copied(points string) *Account {
	acc := Account{Points: points}
	if of := m.account(points); of != nil {
		acc = *of
		acc.Idle = slices.Clone(of.Idle)
	}
	return &acc
}

// past is what a member did: what was known of it before some of its records, and these.
type past struct {
	before  *Member // nil for nothing
	records []*Record
}

// past is that of the event's member, or of another one, since some time before the event.
func (j *recomputation) past(m *Member) past {
	snapshot, records := j.r.snapshot, j.r.records
	if m.ID != j.r.target.Event.Member {
		snapshot, records = j.r.history(m.ID, j.r.target.Seq)
	}
	before := NewSubjects(j.a.current, func(key string) []byte {
		if kind, name := subjectOf(key); kind == memberPrefix && name == m.ID {
			return snapshot
		}
		return nil
	})
	return past{before.Member(m.ID), records}
}

// zone is that in which the member lived when a record was accepted, "" where none had been told.
func (l past) zone(seq uint64) (name string) {
	if l.before != nil && l.before.Zone != nil {
		name = l.before.Zone.Name()
	}
	for _, rec := range l.records {
		var p Profile
		if rec.Seq < seq && rec.Event.Type == commandPut && json.Unmarshal(rec.Event.Data, &p) == nil && p.Timezone != nil {
			name = *p.Timezone
		}
	}
	return name
}

// voided is the index of the record that voids an event, -1 where it was not voided.
func (l past) voided(seq uint64) int {
	return slices.IndexFunc(l.records, func(rec *Record) bool {
		return (rec.Event.Type == commandVoid || rec.Event.Type == commandUndo) && rec.Outcome.Revision != nil && rec.Outcome.Revision.Seq == seq
	})
}

// lapsed is when a lot expired for want of the events that prolong it, before the last of them came; 0 where it did not.
func (l past) lapsed(cal calendar.Calendar, acc *Account, lot *Lot) (over calendar.Instant) {
	for i, rule := range acc.Idle {
		if lot.Idle&(1<<i) == 0 {
			continue
		}
		alive := lot.Available
		if l.before != nil { // when the lot was still alive, or else nothing would have been taken from it since
			if s := l.before.lastFor(rule.Event, acc.Points); s != nil {
				alive = max(alive, s.Last)
			}
		}
		var times []calendar.Instant
		for _, rec := range l.records {
			if rec.Event.Type == rule.Event && rec.Event.Time > lot.Available && (l.voided(rec.Seq) < 0 || l.bridged(cal, rule, rec, alive)) {
				times = append(times, rec.Event.Time)
			}
		}
		slices.Sort(times)
		until := cal.EndOfDayAfter(alive, rule.After)
		for _, at := range times {
			if at >= until && (over == 0 || until < over) {
				over = until
			}
			if at >= until {
				break
			}
			until = max(until, cal.EndOfDayAfter(at, rule.After))
		}
	}
	return over
}

// bridged reports whether a lot lived on when an event that had prolonged it was voided: by a later event, which was known by
// then. A void lets expire what nothing keeps alive any more, and does not ask by which events the rest came to live until then.
func (l past) bridged(cal calendar.Calendar, rule IdleRule, voided *Record, alive calendar.Instant) bool {
	i := l.voided(voided.Seq)
	for _, rec := range l.records[:i] {
		if at := l.voided(rec.Seq); rec.Event.Type == rule.Event && rec.Seq != voided.Seq && (at < 0 || at >= i) {
			alive = max(alive, rec.Event.Time)
		}
	}
	return alive > voided.Event.Time && cal.EndOfDayAfter(alive, rule.After) > l.records[i].Event.Arrived
}

func (c *codec) idleRules(list *[]IdleRule) {
	wire.Room(&c.Codec, list)
	for i := range *list {
		c.Duration(&(*list)[i].After)
		c.Name(&(*list)[i].Event)
	}
}
