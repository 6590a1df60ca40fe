package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// settlement lets time pass over an account: lots become available or expire, holds are over. It serves those who write that
// down and those who only ask what a balance is, so that both always agree.
type settlement struct {
	cal  calendar.Calendar
	acc  *Account
	idle *idleEnds
	out  *Outcome // nil: nobody is told
	// expired is what has expired since, by instant.
	expired []Expiring
	// repay is what other lots are still to get back.
	repay []repayment
}

// settlement is the account's, as far as the member at hand is settled.
func (a *applier) settlement(acc *Account) *settlement {
	p := &settlement{cal: a.current.CalendarOf(a.m), acc: acc, idle: &a.idle, out: a.out}
	a.m.idleEnds(p.cal, acc, p.idle)
	return p
}

// entry adds a line to the ledger, with the balance after it.
func (p *settlement) entry(e Entry) {
	if p.out != nil {
		e.Points, e.Balance = p.acc.Points, p.acc.total()
		p.out.Entries = append(p.out.Entries, e)
	}
}

// turn is one thing that time does to an account.
type turn struct {
	at    calendar.Instant
	lot   *Lot
	in    int    // its chunk
	claim *Claim // whose hold is over, nil for a lot's turn
	part  int
	free  bool // the lot becomes available, instead of expiring
}

// turns are what time does by now, in order of instants.
func (p *settlement) turns(claims []*Claim, now calendar.Instant) []turn {
	var turns []turn
	x := endings{p.cal, p.acc, p.idle}
	for at, c := range x.passing(now) {
		for i := range c.lots {
			lot := &c.lots[i]
			if lot.over() {
				continue
			}
			if lot.unreleased() && lot.Available <= now {
				turns = append(turns, turn{at: lot.Available, lot: lot, in: at, free: true})
			}
			if end := x.of(lot); end <= now {
				turns = append(turns, turn{at: end, lot: lot, in: at})
			}
		}
	}
	for _, c := range claims {
		if c.State != ClaimOpen || c.Until > now {
			continue
		}
		for i := range c.Parts {
			if c.Parts[i].Points == p.acc.Points {
				turns = append(turns, turn{at: c.Until, claim: c, part: i})
			}
		}
	}
	slices.SortStableFunc(turns, func(x, y turn) int { return cmpInstant(x.at, y.at) })
	return turns
}

// settle carries out what time does by now.
func (p *settlement) settle(claims []*Claim, now calendar.Instant) {
	for _, t := range p.turns(claims, now) {
		switch {
		case t.claim != nil:
			p.free(&t.claim.Parts[t.part], t.at, rewardSource(t.claim.Reward))
		case t.free:
			p.acc.lots.touched(t.in)
			p.release(t.lot)
		case t.lot.Remaining > 0:
			p.acc.lots.touched(t.in)
			p.expire(t.lot, t.at)
		}
	}
	if len(p.repay) > 0 {
		p.makeGood()
		p.settle(nil, now)
	}
}

// release writes down that a pending lot has become spendable, and pays debt from it. Granted is set to Available, so that the lot
// is not released twice.
func (p *settlement) release(lot *Lot) {
	lot.Granted = lot.Available
	amount := lot.Remaining
	p.acc.payDebt(lot)
	p.entry(Entry{Kind: EntryReleased, Amount: amount, At: lot.Available, Lot: lot.Seq, Source: lot.Source, Expires: lot.Expires})
}

func (p *settlement) expire(lot *Lot, at calendar.Instant) {
	p.lose(lot, lot.Remaining, at, at)
}

// lose expires points of a lot that expired at an instant, with an entry of another one where they come back later.
func (p *settlement) lose(lot *Lot, amount decimal.Decimal, over, at calendar.Instant) {
	lot.Remaining -= amount
	lot.Expired += amount
	lot.Until = over
	p.acc.Expired += amount
	p.expired = append(p.expired, Expiring{At: at, Amount: amount})
	p.entry(Entry{Kind: EntryExpired, Amount: -amount, At: at, Lot: lot.Seq, Source: lot.Source})
}

// free gives held points back at an instant.
func (p *settlement) free(part *ClaimPart, at calendar.Instant, from Source) {
	over := p.over(part, at)
	p.acc.unhold(&part.TakenPart, part.Amount, func(lot *Lot, n decimal.Decimal) {
		p.back(lot, n, over, Entry{Kind: EntryFreed, Amount: n, At: at, Lot: lot.Seq, Source: from})
	})
}

// back puts points back into the lot they came from, where they first settle what is missing of its event and pay debt; what
// comes back after its expiry is expired (semantics: Points). What other lots are to get back waits for makeGood.
func (p *settlement) back(lot *Lot, amount decimal.Decimal, over calendar.Instant, e Entry) (kept decimal.Decimal) {
	lot.Remaining += amount
	p.entry(e)
	rest := p.settleMissing(lot, amount, &e)
	switch {
	case over == 0:
		p.acc.payDebt(lot)
		return amount
	case rest > 0:
		p.lose(lot, rest, over, e.At)
	}
	return amount - rest
}

// end is when a part's lot expires, as far as is known now.
func (p *settlement) end(part *ClaimPart) calendar.Instant {
	if part.Over != 0 {
		return part.Over
	}
	return p.acc.expiry(p.cal, part.lot(), p.idle)
}

// over is when a part's lot expired, 0 when it has not by an instant.
func (p *settlement) over(part *ClaimPart, at calendar.Instant) calendar.Instant {
	if end := p.end(part); end <= at {
		return end
	}
	return 0
}

// settled is the account as it is at an instant not before the member's last event: itself, or a copy for which time has
// passed.
func (m *Member) settled(cal calendar.Calendar, a *Account, idle *idleEnds, at calendar.Instant) *Account {
	if m.Due == 0 || m.Due > at {
		return a
	}
	p := &settlement{cal: cal, acc: a, idle: idle}
	if len(p.turns(m.Claims, at)) == 0 {
		return a
	}
	acc := *a
	acc.lots, acc.Missing = a.lots.clone(), a.copyOfMissing()
	p.acc = &acc
	p.settle(m.Claims, at)
	return p.acc
}
