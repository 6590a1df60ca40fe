package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/decimal"
)

// claw takes points back, in this order: what is left of the lots of the event that gave them, what of those had expired
// (which is forgiven), other lots in spending order; what nothing is left for is debt, or is let go, as the points say.
// Held points are not touched (semantics: Reversal). It reports false where points refuse to be taken that far.
func (a *applier) claw(rev *Revision) bool {
	deciding := a.told == nil
	left := make([]decimal.Decimal, len(rev.Claws))
	taken := make([]decimal.Decimal, len(rev.Claws))
	balances := map[string]decimal.Decimal{}
	for i := range rev.Claws {
		c := &rev.Claws[i]
		if c.Kind != PointsEffect {
			continue
		}
		acc := a.m.needAccount(c.ID)
		if _, known := balances[c.ID]; !known {
			balances[c.ID] = acc.total()
		}
		taken[i] = acc.reverseOwn(c.Seq, c.Amount)
		left[i] = c.Amount - taken[i]
		if deciding {
			c.Forgiven = min(left[i], c.expired-rev.forgiven(c, i))
		}
		acc.forgive(c.Seq, c.Forgiven)
		left[i] -= c.Forgiven
	}
	for i := range rev.Claws {
		c := &rev.Claws[i]
		if c.Kind != PointsEffect {
			continue
		}
		acc := a.m.needAccount(c.ID)
		other := a.reverseOthers(acc, left[i])
		taken[i], left[i] = taken[i]+other, left[i]-other
		if deciding && left[i] > 0 {
			switch c.policy {
			case NegativeRefuse:
				return false
			case NegativeDebt:
				c.Debt = left[i]
			}
		}
		acc.Debt += c.Debt
		taken[i] += c.Debt
		acc.Reversed += taken[i]
	}
	for i := range rev.Claws {
		a.tellClaw(&rev.Claws[i], taken[i], balances)
	}
	return true
}

// forgiven is what the claws before one have forgiven of the same lots.
func (v *Revision) forgiven(c *Claw, before int) (sum decimal.Decimal) {
	for i := range v.Claws[:before] {
		if o := &v.Claws[i]; o.Kind == PointsEffect && o.Seq == c.Seq && o.ID == c.ID {
			sum += o.Forgiven
		}
	}
	return sum
}

// tellClaw writes the ledger's line and the effect of points taken back. balances are those before the line.
func (a *applier) tellClaw(c *Claw, taken decimal.Decimal, balances map[string]decimal.Decimal) {
	if c.Kind != PointsEffect {
		return
	}
	if taken > 0 {
		balances[c.ID] -= taken
		a.out.Entries = append(a.out.Entries, Entry{Points: c.ID, Kind: EntryReversed, Amount: -taken, At: a.now, Lot: c.Seq,
			Source: c.Source, Balance: balances[c.ID]})
	}
	a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: c.ID, Source: c.Source, Goal: c.Goal, Amount: -taken, Wanted: -c.Amount})
}

// reverseOwn takes what is left, pending or not, of the lots of one event.
func (a *Account) reverseOwn(seq uint64, amount decimal.Decimal) (taken decimal.Decimal) {
	for i := range a.Lots {
		lot := &a.Lots[i]
		if lot.Seq == seq {
			taken += lot.reverse(amount - taken)
		}
	}
	return taken
}

func (l *Lot) reverse(amount decimal.Decimal) decimal.Decimal {
	part := min(amount, l.Remaining)
	l.Remaining -= part
	l.Reversed += part
	return part
}

// forgive lets expired points of an event be: they become a lot of their own that no late event brings back.
func (a *Account) forgive(seq uint64, amount decimal.Decimal) {
	for i := 0; amount > 0 && i < len(a.Lots); i++ {
		lot := &a.Lots[i]
		part := min(amount, lot.Expired)
		if lot.Seq != seq || part == 0 || lot.Idle == 0 {
			continue
		}
		amount -= part
		gone := Lot{Seq: seq, Source: lot.Source, Granted: lot.Granted, Amount: part, Expired: part, Available: lot.Available,
			Expires: lot.Expires, Until: lot.Until}
		lot.Amount, lot.Expired = lot.Amount-part, lot.Expired-part
		a.Lots = slices.Insert(a.Lots, i, gone)
		i++
	}
}

// reverseOthers takes what is spendable, in spending order.
func (a *applier) reverseOthers(acc *Account, amount decimal.Decimal) (taken decimal.Decimal) {
	if amount == 0 {
		return 0
	}
	for _, i := range a.spendingOrder(acc, a.pointsOf(acc)) {
		taken += acc.Lots[i].reverse(amount - taken)
	}
	return taken
}

// pointsOf is the definition of an account's points; those that the ruleset no longer has are spent in the usual order.
func (a *applier) pointsOf(acc *Account) *Points {
	if p := a.rules.PointsType(acc.Points); p != nil {
		return p
	}
	return &Points{Definition: Definition{ID: acc.Points}}
}

// giveBack returns what a reversed event had taken, to the lots it came from; debt is paid first, and what comes back after
// its expiry is expired.
func (a *applier) giveBack(parts []TakenPart) {
	for i := range parts {
		p := &parts[i]
		acc := a.m.needAccount(p.Points)
		lot := acc.lotOf(p, forfeitedOf)
		lot.Forfeited -= p.Amount
		lot.Remaining += p.Amount
		acc.Forfeited -= p.Amount
		acc.payDebt(lot)
		a.entry(acc, Entry{Kind: EntryReturned, Amount: p.Amount, At: a.now, Lot: lot.Seq, Source: p.Source, Available: lot.Available, Expires: lot.Expires})
		a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: p.Points, Source: p.Source, Amount: p.Amount, Wanted: p.Amount,
			Available: lot.Available, Expires: lot.Expires})
	}
}

// lotOf finds the lot that something was taken from, or opens it again as far as that. what is the part of a lot that has
// it, such as what was spent.
func (a *Account) lotOf(p *TakenPart, what func(*Lot) *decimal.Decimal) *Lot {
	for i := range a.Lots {
		if l := &a.Lots[i]; p.of(l) && *what(l) >= p.Amount {
			return l
		}
	}
	i, _ := slices.BinarySearchFunc(a.Lots, p.Lot, func(l Lot, seq uint64) int {
		if l.Seq <= seq {
			return -1
		}
		return 1
	})
	a.Lots = slices.Insert(a.Lots, i, Lot{Seq: p.Lot, Source: p.LotSource, Granted: p.Granted, Amount: p.Amount,
		Available: p.Available, Expires: p.Expires, Idle: p.Idle})
	*what(&a.Lots[i]) = p.Amount
	return &a.Lots[i]
}

// releaseLots makes an event's pending lots available from now on.
func (a *applier) releaseLots(seq uint64, releases []Release) {
	for _, r := range releases {
		acc := a.m.needAccount(r.Points)
		for i := range acc.Lots {
			if lot := &acc.Lots[i]; lot.Seq == seq && lot.Available > a.now && lot.Remaining > 0 {
				lot.Available, lot.Expires = a.now, r.Expires
				a.passage(acc).release(lot)
			}
		}
	}
}

// lapse expires what a reversal has let expire, because the event that had prolonged it never was; never before the
// reversal itself (semantics: Points).
func (a *applier) lapse() {
	for _, acc := range a.m.Accounts {
		time := a.passage(acc)
		for i := range acc.Lots {
			lot := &acc.Lots[i]
			if lot.Remaining > 0 && lot.Available <= a.now && acc.expiry(time.cal, lot, time.idle) <= a.now {
				time.expire(lot, a.now)
			}
		}
		a.lapseParts(time, a.now)
		a.tellAllExpired(time)
	}
}
