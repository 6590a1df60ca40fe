package engine

import (
	"strconv"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// issue is an amount of points that is given. given is what caps left of wanted.
type issue struct {
	points        *Points
	given, wanted decimal.Decimal
	pending       Pending
	terms         *Terms
	by            Source
	goal          string
	boosts        []Boosted
	quiet         bool // it is no gift that is told, but moved from another member, or what an amendment gives more
}

// issue opens a lot for the member at hand, tells of it, and counts it as earned.
func (a *applier) issue(x issue) {
	if a.give(x.points, x.given, x.wanted, x.pending, x.terms, x.by, x.goal, x.boosts) {
		a.foldEarned(x.points, x.given, x.by)
		a.tellGiven(&x)
	}
}

// tellGiven raises the event that points were given, once a cause, definition and points. As nearly every event gives points, it is no
// event at all where neither a definition looks at it nor anybody listens. Of imported history it is none (amendments are quiet).
func (a *applier) tellGiven(x *issue) {
	looked, heard := a.awarding.looksAt(a, PointsGiven), a.hears(PointsGiven)
	if x.quiet || a.top.Past || x.given <= 0 || !looked && !heard {
		return
	}
	by := x.by.String()
	fields := []event.Value{event.TextValue(by), event.TextValue(x.points.ID), event.NumberValue(x.given)}
	a.raise(PointsGiven, a.event.Time, fields...)
	if looked {
		a.leadGiven(Cause{Event: PointsGiven, ID: x.points.ID, Goal: by, Key: calendar.Key(a.cause), Times: a.event.Depth, At: a.event.Time}, fields)
	}
}

// leadGiven queues the event that points were given. Its id is made of what led to the gift, which is in the record, as is how deep it
// was.
func (a *applier) leadGiven(c Cause, fields []event.Value) {
	a.lead(c, c.Times, fields, a.top.ID, strconv.FormatInt(int64(c.Key), 10), c.Goal, c.ID)
}

// give opens a lot without counting it as earned. It reports false, with a note, where the account cannot take it in.
func (a *applier) give(p *Points, given, wanted decimal.Decimal, pending Pending, terms *Terms, by Source, goal string, boosts []Boosted) bool {
	acc := a.m.needAccount(p.ID)
	if !acc.takesIn(given) {
		a.out.note("overflow", by.String(), "with this the member's "+p.ID+" would be more than can be counted: nothing was given")
		return false
	}
	cal := a.current.CalendarOf(a.m)
	lot := a.openLot(acc, p, cal, given, pending)
	lot.Source = by
	if terms != nil {
		lot.Granted, lot.Available, lot.Expires = terms.Granted, terms.Available, terms.Expires
		if terms.Fixed {
			lot.Idle = 0
		}
	}
	if acc.Debt > 0 && lot.Available <= a.now {
		acc.payDebt(&lot)
	}
	if terms != nil && terms.After > 0 {
		acc.lots.put(lot, func(o *Lot) bool { return o.Seq > terms.After && !o.alike(&lot) })
	} else {
		acc.add(lot, a.now)
	}
	acc.Issued += given
	if acc.lots.n > MaxLots {
		acc.lots.set(byDay(acc.lots.list(), cal))
	}
	a.m.idleEnds(cal, acc, &a.idle)
	expires := acc.expiry(cal, &lot, &a.idle) // as far as is known now: a later event can move an idle expiry
	a.entry(acc, Entry{Kind: EntryIssued, Amount: given, At: a.now, Lot: a.seq, Source: by, Available: lot.Available, Expires: expires})
	a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, Cause: a.cause, ID: p.ID, Source: by, Goal: goal, Amount: given, Wanted: wanted,
		Boosts: boosts, Available: lot.Available, Expires: expires})
	return true
}

// add opens a lot. What a definition gives for one event on the same terms is one lot.
func (a *Account) add(lot Lot, now calendar.Instant) {
	if last := a.lots.last(); last != nil && last.Seq == lot.Seq && last.Source == lot.Source && last.Available == lot.Available &&
		last.Expires == lot.Expires && last.Idle == lot.Idle {
		a.lots.touched(len(a.lots.chunks) - 1)
		last.Amount += lot.Amount
		last.Remaining += lot.Remaining
		last.Reversed += lot.Reversed
		return
	}
	a.lots.add(lot, now)
}

// alike reports whether lots are of one definition, and on the same terms.
func (l *Lot) alike(o *Lot) bool {
	return l.Source == o.Source && l.Granted == o.Granted && l.Available == o.Available && l.Expires == o.Expires && l.Idle == o.Idle
}

// openLot is a new lot with its availability and expiry. "After earning" counts from the day it becomes available.
func (a *applier) openLot(acc *Account, p *Points, cal calendar.Calendar, amount decimal.Decimal, pending Pending) Lot {
	if !pending.Set {
		pending = p.Pending
	}
	lot := Lot{Seq: a.seq, Granted: a.now, Amount: amount, Remaining: amount, Available: a.now, Expires: calendar.Forever}
	switch {
	case pending.UntilConfirmed:
		lot.Available = calendar.Forever
	case !pending.For.IsZero():
		lot.Available = cal.EndOfDayAfter(a.since(), pending.For)
	}
	for _, x := range p.Expire {
		if x.Event != "" {
			lot.Idle |= 1 << acc.idleRule(IdleRule{After: x.After, Event: x.Event})
		}
	}
	if lot.Available != calendar.Forever {
		lot.Expires = fixedExpiry(cal, p, max(lot.Available, a.since()))
	}
	return lot
}

// since is the instant from which what an event brings lasts: its acceptance. While nobody vouches for the machine's clock
// acceptance lags behind it, and then it is the event's own time, so that nothing is over as soon as the clock is believed.
func (a *applier) since() calendar.Instant {
	if a.event != nil && a.event.Time > a.now.Add(MaxAhead) {
		return a.event.Time
	}
	return a.now
}

// entry adds a line to the ledger, with the balance after it.
func (a *applier) entry(acc *Account, e Entry) {
	e.Points, e.Balance = acc.Points, acc.total()
	a.out.Entries = append(a.out.Entries, e)
}

// take forfeits points of the member at hand, all of them or none: it never makes debt.
func (a *applier) take(takes []plannedGrant, by Source) bool {
	amounts := make([]decimal.Decimal, len(takes))
	for i := range takes {
		p := takes[i].grant.Points
		d, err := takes[i].base.RoundTo(p.Decimals, p.Rounding)
		if err != nil || a.m.spendable(a.current, p, a.now) < d {
			return false
		}
		amounts[i] = d
	}
	for i := range takes {
		a.forfeit(takes[i].grant.Points, amounts[i], by)
	}
	return true
}

// forfeit takes points from lots in spending order; the caller knows that they suffice.
func (a *applier) forfeit(p *Points, amount decimal.Decimal, by Source) {
	if amount == 0 {
		return
	}
	acc := a.m.needAccount(p.ID)
	left := a.draw(acc, p, amount, func(lot *Lot, part decimal.Decimal) {
		lot.Forfeited += part
		acc.Forfeited += part
		taken := lot.part(p.ID, part)
		taken.Source, taken.Cause = by, a.cause
		a.provenance.Taken = append(a.provenance.Taken, taken)
		a.entry(acc, Entry{Kind: EntryForfeited, Amount: -part, At: a.now, Lot: lot.Seq, Source: by})
	})
	a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, Cause: a.cause, ID: p.ID, Source: by, Amount: -(amount - left), Wanted: -amount,
		Available: a.now, Expires: calendar.Forever})
}

// draw takes points out of what is left of the lots, in spending order, and calls yield for each lot. What is not there is
// left.
func (a *applier) draw(acc *Account, p *Points, amount decimal.Decimal, yield func(lot *Lot, part decimal.Decimal)) (left decimal.Decimal) {
	if amount == 0 {
		return 0
	}
	x := endings{a.current.CalendarOf(a.m), acc, &a.idle}
	a.m.idleEnds(x.cal, acc, x.idle)
	acc.lots.refresh(a.now)
	for amount > 0 {
		at, end := x.next(a.now, p.Oldest)
		if at < 0 {
			break
		}
		c := &acc.lots.chunks[at]
		acc.lots.touched(at)
		for i := range c.lots {
			lot := &c.lots[i]
			if !x.spendable(lot, a.now) || !p.Oldest && x.of(lot) != end {
				continue
			}
			part := min(amount, lot.Remaining)
			lot.Remaining -= part
			yield(lot, part)
			if amount -= part; amount == 0 {
				break
			}
		}
		c.refresh(a.now)
	}
	return amount
}

// byDay joins the older half of an account's lots by day of expiry, so that its size stays bounded.
func byDay(lots []Lot, cal calendar.Calendar) []Lot {
	type day struct {
		expires calendar.Date
		idle    uint64
		source  Source
		pending calendar.Instant // what is held back stays apart from what is spendable
	}
	half := len(lots) / 2
	at := map[day]int{}
	var merged []Lot
	for i := range lots {
		lot := lots[i]
		if lot.Held > 0 { // a claim knows it by its terms
			merged = append(merged, lot)
			continue
		}
		d := day{idle: lot.Idle, source: lot.Source}
		if lot.Available > lot.Granted {
			d.pending = lot.Available
		}
		if lot.Expires != calendar.Forever {
			d.expires = cal.Zone.Date(lot.Expires)
		}
		j, known := at[d]
		if i >= half || !known {
			at[d] = len(merged)
			merged = append(merged, lot)
			continue
		}
		into := &merged[j]
		into.Amount += lot.Amount
		into.Remaining += lot.Remaining
		into.Spent += lot.Spent
		into.Expired += lot.Expired
		into.Forfeited += lot.Forfeited
		into.Reversed += lot.Reversed
		into.Forgiven += lot.Forgiven
		into.Granted, into.Available = max(into.Granted, lot.Granted), max(into.Available, lot.Available)
		into.Expires, into.Until = max(into.Expires, lot.Expires), max(into.Until, lot.Until)
	}
	return merged
}
