package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// hold pins points of the member at hand for a claim, in spending order; the caller knows that they suffice.
func (a *applier) hold(c *Claim, p *Points, amount decimal.Decimal, from Source) {
	acc := a.m.needAccount(p.ID)
	a.draw(acc, p, amount, func(lot *Lot, part decimal.Decimal) {
		lot.Held += part
		c.Parts = append(c.Parts, ClaimPart{TakenPart: lot.part(p.ID, part)})
		a.entry(acc, Entry{Kind: EntryHeld, Amount: part, At: a.now, Lot: lot.Seq, Source: from})
	})
}

// part is some of a lot with what it takes to find the lot again.
func (l *Lot) part(points string, amount decimal.Decimal) TakenPart {
	return TakenPart{Points: points, Lot: l.Seq, LotSource: l.Source, Amount: amount, Granted: l.Granted,
		Available: l.Available, Expires: l.Expires, Idle: l.Idle}
}

// of reports whether a part was taken from this lot, or from one on the same terms.
func (p *TakenPart) of(l *Lot) bool {
	return l.Seq == p.Lot && l.Source == p.LotSource && l.Available == p.Available && l.Expires == p.Expires && l.Idle == p.Idle
}

func (p *TakenPart) sameLot(o *TakenPart) bool {
	return o.of(&Lot{Seq: p.Lot, Source: p.LotSource, Available: p.Available, Expires: p.Expires, Idle: p.Idle})
}

// unhold takes points out of the hold of the lots that a part pins, and calls yield for each of those lots. Held lots are
// never merged or forgotten, so that they are found.
func (a *Account) unhold(p *TakenPart, amount decimal.Decimal, yield func(lot *Lot, amount decimal.Decimal)) {
	for lot := range a.lots.of(p.Lot, func(l *Lot) bool { return l.Held != 0 && p.of(l) }) {
		part := min(amount, lot.Held)
		lot.Held -= part
		yield(lot, part)
		if amount -= part; amount == 0 {
			return
		}
	}
	if amount > 0 {
		panic("engine: a claim holds points that no lot has")
	}
}

// spend spends of what a claim holds of some points, its first lots first, and gives the rest back.
func (a *applier) spend(c *Claim, points string, amount decimal.Decimal, from Source) {
	time := a.settlement(a.m.needAccount(points))
	left := amount
	var rest []ClaimPart
	for i := range c.Parts {
		p := &c.Parts[i]
		if p.Points != points {
			continue
		}
		part := min(left, p.Amount)
		left -= part
		time.acc.unhold(&p.TakenPart, part, func(lot *Lot, n decimal.Decimal) {
			lot.Spent += n
			time.acc.Spent += n
			time.entry(Entry{Kind: EntrySpent, Amount: -n, At: a.now, Lot: lot.Seq, Source: from})
		})
		if part < p.Amount {
			back := *p
			back.Amount -= part
			rest = append(rest, back)
			p.Amount = part
		}
	}
	c.Parts = slices.DeleteFunc(c.Parts, func(p ClaimPart) bool { return p.Amount == 0 })
	for i := range rest {
		time.free(&rest[i], a.now, from)
	}
	time.makeGood()
	a.tellAllExpired(time)
}

// pay spends points at once, in spending order; the caller knows that they suffice.
func (a *applier) pay(costs []Cost, from Source) {
	for _, cost := range costs {
		acc := a.m.needAccount(cost.Points.ID)
		left := a.draw(acc, cost.Points, cost.Amount, func(lot *Lot, part decimal.Decimal) {
			lot.Spent += part
			acc.Spent += part
			a.entry(acc, Entry{Kind: EntrySpent, Amount: -part, At: a.now, Lot: lot.Seq, Source: from})
		})
		a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: cost.Points.ID, Source: from, Amount: left - cost.Amount,
			Wanted: -cost.Amount, Available: a.now, Expires: calendar.Forever})
	}
}

// affords reports whether the member can pay.
func (a *applier) affords(costs []Cost) bool {
	return !slices.ContainsFunc(costs, func(c Cost) bool { return a.m.spendable(a.current, c.Points, a.now) < c.Amount })
}

// freeAll gives back all that a claim holds, at an instant.
func (a *applier) freeAll(c *Claim) {
	for _, points := range c.points() {
		time := a.settlement(a.m.needAccount(points))
		for i := range c.Parts {
			if p := &c.Parts[i]; p.Points == points {
				time.free(p, a.now, rewardSource(c.Reward))
			}
		}
		time.makeGood()
		a.tellAllExpired(time)
	}
}

// refund returns spent points to the lots they came from, latest expiry first (semantics: Points), and tells how much of
// it has not expired meanwhile.
func (a *applier) refund(c *Claim, points string, amount decimal.Decimal, from Source) (restored decimal.Decimal) {
	time := a.settlement(a.m.needAccount(points))
	var order []*ClaimPart
	for i := range c.Parts {
		if p := &c.Parts[i]; p.Points == points && p.left() > 0 {
			order = append(order, p)
		}
	}
	slices.Reverse(order) // of those that expire together the last one spent comes back first
	slices.SortStableFunc(order, func(x, y *ClaimPart) int { return -cmpInstant(time.end(x), time.end(y)) })
	for _, p := range order {
		n := min(amount, p.left())
		if n == 0 {
			break
		}
		amount -= n
		p.Returned += n
		terms := p.TakenPart
		terms.Amount = n
		lot := time.acc.lotOf(&terms, spentOf)
		lot.Spent -= n
		time.acc.Spent -= n
		restored += time.back(lot, n, time.over(p, a.now),
			Entry{Kind: EntryRefunded, Amount: n, At: a.now, Lot: lot.Seq, Source: from, Available: lot.Available, Expires: lot.Expires})
	}
	time.makeGood()
	a.tellAllExpired(time)
	return restored
}

func spentOf(l *Lot) *decimal.Decimal { return &l.Spent }

func forfeitedOf(l *Lot) *decimal.Decimal { return &l.Forfeited }

// lapseParts writes the expiry of lots that claims hold or have spent into the claims, not before an instant: of those that expire after
// the last event of a type, since after a later event that can no longer be computed.
func (a *applier) lapseParts(time *settlement, from calendar.Instant) {
	a.m.partsOf(time.acc, func(p *ClaimPart) {
		if p.Idle != 0 && p.Over == 0 && p.left() > 0 {
			if over := time.over(p, a.now); over != 0 {
				p.Over = max(over, from)
			}
		}
	})
}

// reviveParts takes that back where a late event shows that a lot had not expired.
func (a *applier) reviveParts(time *settlement) {
	a.m.partsOf(time.acc, func(p *ClaimPart) {
		if p.Over != 0 && a.revived(time, p.lot(), p.Over) {
			p.Over = 0
		}
	})
}

// closeHolds times out the claims whose holds are over by now; what they held has been given back.
func (a *applier) closeHolds(now calendar.Instant) {
	for _, c := range a.m.Claims {
		if c.State == ClaimOpen && c.Until <= now {
			c.State, c.Settled = ClaimTimedOut, c.Until
			a.giveUpUses(c)
			a.unpin(c, c.Until)
			a.raiseCancelled(c, c.Until)
		}
	}
}

// claimsDue is the next instant at which time changes something about the member's claims, or about what may come back.
func (a *applier) claimsDue() calendar.Instant {
	due := calendar.Forever
	for _, c := range a.m.Claims {
		if c.State == ClaimOpen {
			due = min(due, c.Until)
		}
	}
	for _, acc := range a.m.Accounts {
		if len(acc.Idle) == 0 {
			continue
		}
		time := a.settlement(acc)
		a.m.partsOf(acc, func(p *ClaimPart) {
			if p.Idle != 0 && p.Over == 0 && p.left() > 0 {
				due = min(due, time.end(p))
			}
		})
	}
	return due
}
