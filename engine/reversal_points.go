package engine

import "github.com/laurel-engine/laurel/engine/decimal"

// claw takes points back, in this order: what is left of the lots of the event that gave them, what is pending of those first;
// what of those had expired (which is forgiven); other lots in spending order; what nothing is left for is debt, or is let go,
// as the points say. What others give, or nobody, is missing of the event: whatever comes back settles that. Held points are not
// touched (semantics: Reversal). It reports false where points refuse to be taken that far.
func (a *applier) claw(rev *Revision) bool {
	claws := make([]clawing, 0, len(rev.Clawbacks))
	for i := range rev.Clawbacks {
		if rev.Clawbacks[i].Kind == PointsEffect {
			claws = append(claws, clawing{Clawback: &rev.Clawbacks[i], acc: a.m.needAccount(rev.Clawbacks[i].ID)})
		}
	}
	for i := range claws {
		a.clawOwn(&claws[i], rev)
	}
	for i := range claws {
		if !a.clawOthers(&claws[i]) {
			return false
		}
	}
	return true
}

// clawing is a claw of points at work.
type clawing struct {
	*Clawback
	acc  *Account
	took Takings
}

// left is what is still to be taken.
func (c *clawing) left() decimal.Decimal {
	return c.Amount - c.took.Own - c.took.Others - c.Debt - c.Forgiven
}

// tookFrom tells the ledger what was taken from a lot, 0 for what is owed.
func (a *applier) tookFrom(c *clawing, lot uint64, amount decimal.Decimal) {
	c.acc.Reversed += amount
	a.entry(c.acc, Entry{Kind: EntryReversed, Amount: -amount, At: a.now, Lot: lot, Source: c.Source})
}

// clawOwn takes from the lots of the event itself, those of the same definition first, and forgives what of them has expired.
func (a *applier) clawOwn(c *clawing, rev *Revision) {
	for _, turn := range []struct{ pending, mine bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		own := func(l *Lot) bool {
			return (l.Available > a.now) == turn.pending && (l.Source == c.Source) == turn.mine && min(c.left(), l.Remaining) > 0
		}
		for lot := range c.acc.lots.of(c.Seq, own) {
			part := min(c.left(), lot.Remaining)
			lot.Remaining, lot.Reversed = lot.Remaining-part, lot.Reversed+part
			c.took.Own += part
			a.tookFrom(c, lot.Seq, part)
		}
	}
	if c.open != nil {
		c.Forgiven = max(0, min(c.Amount-c.took.Own, c.open.expired-rev.forgiven(c.Clawback)))
	}
	c.acc.forgive(c.Seq, c.Forgiven)
}

// clawOthers takes what is missing from other lots, or makes it a debt, or lets it go. It reports false where the points refuse
// that.
func (a *applier) clawOthers(c *clawing) bool {
	left := a.draw(c.acc, a.pointsOf(c.acc), c.left(), func(lot *Lot, part decimal.Decimal) {
		lot.Reversed += part
		c.took.Others += part
		c.acc.needMissing(c.Seq).cover(lot.part(c.ID, part))
		a.tookFrom(c, lot.Seq, part)
	})
	if c.open != nil && left > 0 {
		switch c.open.policy {
		case NegativeRefuse:
			return false
		case NegativeDebt:
			c.Debt = left
		}
	}
	if c.Debt > 0 {
		c.acc.Debt += c.Debt
		c.acc.needMissing(c.Seq).Debt += c.Debt
		a.tookFrom(c, 0, c.Debt)
	}
	if let := left - c.Debt; let > 0 {
		c.acc.needMissing(c.Seq).Let += let
		c.Let = let
	}
	took := c.took.Own + c.took.Others + c.Debt
	c.took.Debt, c.took.Forgiven = c.Debt, c.Forgiven+c.Let
	a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: c.ID, Source: c.Source, Goal: c.Goal, Amount: -took, Wanted: -c.Amount, Took: &c.took})
	return true
}

// forgiven is what the claws before one have forgiven of the same lots.
func (v *Revision) forgiven(until *Clawback) (sum decimal.Decimal) {
	for i := range v.Clawbacks {
		o := &v.Clawbacks[i]
		if o == until {
			break
		}
		if o.Kind == PointsEffect && o.Seq == until.Seq && o.ID == until.ID {
			sum += o.Forgiven
		}
	}
	return sum
}

// forgive lets expired points of an event be: no late event brings them back.
func (a *Account) forgive(seq uint64, amount decimal.Decimal) {
	for lot := range a.lots.of(seq, func(l *Lot) bool { return min(amount, l.Expired-l.Forgiven) > 0 }) {
		part := min(amount, lot.Expired-lot.Forgiven)
		lot.Forgiven += part
		amount -= part
	}
}

// pointsOf is the definition of an account's points; those that the ruleset no longer has are spent in the usual order.
func (a *applier) pointsOf(acc *Account) *Points {
	if p := a.current.PointsType(acc.Points); p != nil {
		return p
	}
	return &Points{Definition: Definition{ID: acc.Points}}
}

// giveBack returns what a reversed event had taken, to the lots it came from; what comes back after its expiry is expired.
func (a *applier) giveBack(parts []ClaimPart) {
	for i := range parts {
		p := &parts[i]
		acc := a.m.needAccount(p.Points)
		time := a.settlement(acc)
		lot := acc.lotOf(&p.TakenPart, forfeitedOf)
		lot.Forfeited -= p.Amount
		acc.Forfeited -= p.Amount
		kept := time.back(lot, p.Amount, time.over(p, a.now), Entry{Kind: EntryReturned, Amount: p.Amount, At: a.now, Lot: lot.Seq,
			Source: p.Source, Available: lot.Available, Expires: lot.Expires})
		a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: p.Points, Source: p.Source, Amount: kept, Wanted: p.Amount,
			Available: p.Available, Expires: p.Expires})
		time.makeGood()
		a.tellAllExpired(time)
	}
}

// lotOf finds the lot that something was taken from, or opens it again as far as that. what is the part of a lot that has
// it, such as what was spent.
func (a *Account) lotOf(p *TakenPart, what func(*Lot) *decimal.Decimal) *Lot {
	for lot := range a.lots.of(p.Lot, func(l *Lot) bool { return p.of(l) && *what(l) >= p.Amount }) {
		return lot
	}
	lot := a.lots.insert(Lot{Seq: p.Lot, Source: p.LotSource, Granted: p.Granted, Amount: p.Amount,
		Available: p.Available, Expires: p.Expires, Idle: p.Idle})
	*what(lot) = p.Amount
	return lot
}

// lapse expires what a reversal has let expire, because the event that had prolonged it never was; never before the
// reversal itself (semantics: Points).
func (a *applier) lapse() {
	for _, acc := range a.m.Accounts {
		time := a.settlement(acc)
		over := func(l *Lot) bool {
			return l.Remaining > 0 && l.Available <= a.now && acc.expiry(time.cal, l, time.idle) <= a.now
		}
		for lot := range acc.lots.those(everywhere, over) {
			time.expire(lot, a.now)
		}
		a.lapseParts(time, a.now)
		a.tellAllExpired(time)
	}
}
