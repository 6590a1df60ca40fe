package oracle

import (
	"cmp"
	"slices"
)

// lot is points that came together. What expired of it stays in it: a late event may bring it back.
type lot struct {
	seq       int
	goal      bool
	available Instant
	expires   Instant
	fixed     Instant // an expiry of its own, which nothing moves
	alive     Instant // until when it was known to live: what happened before that has put off its expiry
	notBefore Instant // a void does not move the expiry to before itself
	remaining int64
	expired   int64
	forgiven  int64
}

// missing is what reversals could not take from the lots of an event, because it was out: other lots gave it, or it is owed, or
// it was let go. What comes back to those lots is not theirs until that is settled.
type missing struct {
	debt, let int64
	from      []*part
}

type account struct {
	points  Points
	lots    []*lot
	missing map[int]*missing // by the event's seq
	forgave map[int]bool     // something of the event
	owing   []int            // seqs of those that owe something, oldest first
	debt    int64
	claims  []*claim
	issued  int64
	spent   int64
	reach   func(situation string)
}

// Balance is an account at an instant, in millionths.
type Balance struct {
	Spendable, Pending, Held, Debt, Issued, Spent, Expired int64
	Expiring                                               []Expiring
}

// Expiring is what expires at an instant.
type Expiring struct {
	At     Instant
	Amount int64
}

// expiry is when a lot expires, as far as the member's events tell.
func (a *account) expiry(m *member, l *lot) Instant { return a.expiryBy(m.clock, m, l) }

func (a *account) expiryBy(clock *clock, m *member, l *lot) Instant {
	e := a.points.Expire
	switch {
	case l.fixed > 0:
		return l.fixed
	case l.available == Forever:
	case e.Idle != "":
		until := clock.after(l.available, e.After)
		for _, h := range m.counted {
			if h.Type == e.Idle && h.At > l.available && h.At < max(until, l.alive) {
				until = max(until, clock.after(h.At, e.After))
			}
		}
		return max(until, l.notBefore)
	case e.After.N > 0:
		return clock.after(l.available, e.After)
	case e.Period != "":
		end := clock.nextPeriod(e.Period, clock.day(l.available))
		if e.Next {
			end = clock.nextPeriod(e.Period, end)
		}
		return clock.start(end)
	}
	return Forever
}

// open adds what was given by an event, or else at once.
func (a *account) open(w *World, m *member, seq int, now Instant, amount int64, atOnce bool) *lot {
	l := &lot{seq: seq, available: now, remaining: amount}
	switch {
	case atOnce:
	case a.points.ByHand:
		l.available = Forever
	default:
		l.available = m.clock.after(now, a.points.Pending)
	}
	l.expires = a.expiry(m, l)
	l.alive = l.expires
	a.issued += amount
	a.lots = append(a.lots, l)
	if l.available > now {
		w.reach("pending")
	} else {
		a.pay(l)
	}
	a.settle(now)
	return l
}

// pay settles debt with a lot that has become spendable.
func (a *account) pay(l *lot) {
	paid := min(a.debt, l.remaining)
	a.debt -= paid
	if paid > 0 && a.reach != nil {
		a.reach("debt repaid")
	}
	l.remaining -= paid
	for _, seq := range a.owing {
		m := a.missing[seq]
		n := min(m.debt, paid)
		m.debt -= n
		paid -= n
		if seq != l.seq {
			m.gave(l, n)
		}
	}
}

// gave notes that a lot gave something in place of what is missing.
func (m *missing) gave(l *lot, amount int64) {
	for _, p := range m.from {
		if p.lot == l {
			p.amount += amount
			return
		}
	}
	if amount > 0 {
		m.from = append(m.from, &part{l, amount})
	}
}

// settled is how much of what has come back to a lot is its own, and what other lots must get back of the rest.
func (a *account) settled(l *lot, amount int64) (rest int64, back []part) {
	m := a.missing[l.seq]
	if m == nil {
		return amount, nil
	}
	owed := min(m.debt, amount)
	m.debt -= owed
	a.debt -= owed
	amount -= owed
	let := min(m.let, amount)
	m.let -= let
	amount -= let
	for i := len(m.from) - 1; i >= 0; i-- {
		n := min(m.from[i].amount, amount)
		m.from[i].amount -= n
		amount -= n
		back = append(back, part{m.from[i].lot, n})
	}
	m.from = slices.DeleteFunc(m.from, func(p *part) bool { return p.amount == 0 })
	if a.reach != nil && owed+let > 0 {
		a.reach("came back to what was reversed")
	}
	if a.reach != nil && len(back) > 0 && back[0].amount > 0 {
		a.reach("made good")
	}
	return amount, back
}

// settle lets time pass, one instant after the other: what has become available pays debt, what has expired is gone, and
// what is held too long is given back.
func (a *account) settle(now Instant) {
	type turn struct {
		at Instant
		do func()
	}
	var turns []turn
	for _, l := range a.lots {
		if l.available <= now {
			turns = append(turns, turn{l.available, func() { a.pay(l) }})
		}
		if l.expires <= now {
			turns = append(turns, turn{l.expires, func() {
				l.expired += l.remaining
				l.remaining = 0
			}})
		}
	}
	for _, c := range a.claims {
		if c.state == "open" && c.until <= now {
			turns = append(turns, turn{c.until, func() {
				c.state = "timed_out"
				for _, p := range c.parts {
					a.giveBack(p.lot, p.amount, c.until)
				}
			}})
		}
	}
	slices.SortStableFunc(turns, func(x, y turn) int { return cmp.Compare(x.at, y.at) })
	for _, t := range turns {
		t.do()
	}
}

// order is the order of spending.
func (a *account) order() []*lot {
	list := slices.Clone(a.lots)
	slices.SortStableFunc(list, func(x, y *lot) int {
		if a.points.Oldest {
			return cmp.Compare(x.seq, y.seq)
		}
		return cmp.Or(cmp.Compare(x.expires, y.expires), cmp.Compare(x.seq, y.seq))
	})
	return list
}

// take forfeits an amount in spending order, or nothing.
func (a *account) take(now Instant, amount int64) (parts []*part, ok bool) {
	if a.balance(now).Spendable < amount {
		return nil, false
	}
	for _, l := range a.order() {
		if n := min(l.remaining, amount); n > 0 && l.available <= now {
			l.remaining -= n
			amount -= n
			parts = append(parts, &part{l, n})
		}
	}
	return parts, true
}

// moveExpiry lets an event that idle points wait for bring back what had expired meanwhile.
func (a *account) moveExpiry(w *World, m *member, h *happened) {
	if a.points.Expire.Idle != h.Type {
		return
	}
	for _, l := range a.lots {
		l.expires = a.expiry(m, l)
		l.alive = max(l.alive, l.expires)
		if l.expires > h.Arrived && l.expired > l.forgiven {
			w.reach("brought back by a late event")
			l.remaining += l.expired - l.forgiven
			l.expired = l.forgiven
		}
	}
	a.settle(h.Arrived)
}

// expiryBack moves the expiry back where a voided event had put it off.
func (a *account) expiryBack(w *World, m *member, h *happened, now Instant) {
	if a.points.Expire.Idle != h.Type {
		return
	}
	for _, l := range a.lots {
		if l.expires <= now {
			continue
		}
		before := l.expires
		l.expires = a.expiry(m, l)
		if l.expires <= now {
			l.notBefore, l.expires = now, now
		}
		l.alive = l.expires
		if l.expires < before {
			w.reach("expiry moved back")
		}
	}
	a.settle(now)
}

func (a *account) lotOf(seq int, goal bool) *lot {
	i := slices.IndexFunc(a.lots, func(l *lot) bool { return l.seq == seq && l.goal == goal })
	if i < 0 {
		return nil
	}
	return a.lots[i]
}

// clawBack takes from the event's own lots, pending ones first, forgives what of them expired, then takes from
// others that are available, and the rest is debt.
func (a *account) clawBack(w *World, now Instant, own *lot, amount int64) {
	from := func(l *lot) {
		part := min(l.remaining, amount)
		l.remaining -= part
		amount -= part
	}
	if amount == 0 {
		return
	}
	for _, pending := range []bool{true, false} {
		for _, l := range a.lots {
			if l.seq == own.seq && (l.available > now) == pending {
				from(l)
			}
		}
	}
	for _, l := range a.lots {
		if l.seq == own.seq {
			forgiven := min(l.expired-l.forgiven, amount)
			l.forgiven += forgiven
			amount -= forgiven
			if forgiven > 0 {
				a.forgave[own.seq] = true
				w.reach("refund after expiry")
			}
		}
	}
	if amount == 0 {
		return
	}
	m := a.missing[own.seq]
	if m == nil {
		m = &missing{}
		a.missing[own.seq] = m
	}
	for _, l := range a.order() {
		if before := amount; l.available <= now {
			from(l)
			m.gave(l, before-amount)
		}
	}
	if amount > 0 && a.points.Floor {
		w.reach("floor")
		a.forgave[own.seq] = true
		m.let += amount
	} else if amount > 0 {
		w.reach("debt")
		a.debt += amount
		if m.debt += amount; !slices.Contains(a.owing, own.seq) {
			a.owing = append(a.owing, own.seq)
		}
	}
}

// balance is the account at an instant, which it does not change.
func (a *account) balance(now Instant) Balance {
	c := *a
	c.lots, c.claims, c.reach = nil, nil, nil // nothing of this happens
	copies := map[*lot]*lot{}
	for _, l := range a.lots {
		copied := *l
		copies[l] = &copied
		c.lots = append(c.lots, &copied)
	}
	c.missing = map[int]*missing{}
	for seq, m := range a.missing {
		of := &missing{debt: m.debt, let: m.let}
		for _, p := range m.from {
			of.from = append(of.from, &part{copies[p.lot], p.amount})
		}
		c.missing[seq] = of
	}
	for _, x := range a.claims {
		if x.state != "open" {
			continue
		}
		copied := *x
		copied.parts = nil
		for _, p := range x.parts {
			copied.parts = append(copied.parts, &part{copies[p.lot], p.amount})
		}
		c.claims = append(c.claims, &copied)
	}
	c.settle(now)
	b := Balance{Debt: c.debt, Issued: c.issued, Spent: c.spent}
	for _, x := range c.claims {
		if x.state == "open" {
			b.Held += x.left()
		}
	}
	for _, l := range c.order() {
		b.Expired += l.expired
		switch {
		case l.remaining == 0:
		case l.available > now:
			b.Pending += l.remaining
		default:
			b.Spendable += l.remaining
			b.expires(l)
		}
	}
	slices.SortFunc(b.Expiring, func(x, y Expiring) int { return cmp.Compare(x.At, y.At) })
	return b
}

func (b *Balance) expires(l *lot) {
	if l.expires == Forever {
		return
	}
	for i := range b.Expiring {
		if b.Expiring[i].At == l.expires {
			b.Expiring[i].Amount += l.remaining
			return
		}
	}
	b.Expiring = append(b.Expiring, Expiring{l.expires, l.remaining})
}

// Balance is a member's balance of some points.
func (w *World) Balance(id, points string, now Instant) Balance {
	m := w.members[id]
	return m.accounts[points].balance(now)
}
