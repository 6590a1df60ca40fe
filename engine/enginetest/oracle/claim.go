package oracle

import (
	"cmp"
	"slices"
)

// claim holds points for a reward, or has spent them.
type claim struct {
	account *account
	member  *member
	reward  Reward
	until   Instant
	state   string // open, confirmed, returned, cancelled, timed_out
	parts   []*part
	atOnce  bool // what it bought was handed over as it was confirmed
	holding *holding
}

// part is what a claim holds or has spent of one lot.
type part struct {
	lot    *lot
	amount int64
}

func (c *claim) left() (sum int64) {
	for _, p := range c.parts {
		sum += p.amount
	}
	return sum
}

// Claim holds what a reward costs, amount or its price for 0, or is refused.
func (w *World) Claim(id, of, reward string, amount int64, now Instant) bool {
	m := w.members[of]
	w.seq++
	m.settle(now)
	i := slices.IndexFunc(w.Program.Rewards, func(r Reward) bool { return r.ID == reward })
	r := w.Program.Rewards[i]
	if amount == 0 {
		amount = r.Cost * million
	}
	if r.Stock > 0 && w.taken(r, now) >= r.Stock {
		w.reach("sold out")
		return false
	}
	a := m.accounts[r.Points]
	if a.balance(now).Spendable < amount {
		w.reach("too little to claim")
		return false
	}
	c := &claim{account: a, member: m, reward: r, until: m.clock.after(now, r.Hold), state: "open"}
	for _, l := range a.order() {
		if n := min(l.remaining, amount); n > 0 && l.available <= now {
			l.remaining -= n
			amount -= n
			c.parts = append(c.parts, &part{l, n})
		}
	}
	if len(c.parts) > 1 {
		w.reach("hold of several lots")
	}
	a.claims = append(a.claims, c)
	w.claims[id] = c
	w.reach("claim")
	return true
}

// taken is how many of a reward are claimed and not given back.
func (w *World) taken(r Reward, now Instant) (n int) {
	for _, c := range w.claims {
		if c.reward.ID == r.ID && (c.state == "confirmed" || c.state == "open" && c.until > now) {
			n++
		}
	}
	return n
}

// Confirm spends what a claim holds, its first lots first, or amount of it; the rest is given back.
func (w *World) Confirm(id string, amount int64, atOnce bool, now Instant) bool {
	c := w.settling(id, now)
	if c.state != "open" || amount > c.left() || amount > 0 && amount < c.left() && (!c.reward.OrMore || amount < c.reward.Cost*million) {
		w.reach("settling refused")
		return false
	}
	if amount == 0 {
		amount = c.left()
	}
	if amount < c.left() {
		w.reach("partial confirm")
	}
	for _, p := range c.parts {
		if p.lot.expires <= now {
			w.reach("hold over expiry")
		}
	}
	c.state, c.atOnce = "confirmed", atOnce
	if atOnce {
		c.member.handedOver++
		w.reach("handed over at once")
	} else {
		c.holding = &holding{reward: c.reward.ID, claim: c, at: now, seq: w.seq, expires: Forever}
		if c.reward.Valid.N > 0 {
			c.holding.expires = c.member.clock.after(now, c.reward.Valid)
		}
		c.member.holdings = append(c.member.holdings, c.holding)
	}
	c.account.spent += amount
	for _, p := range c.parts {
		n := min(p.amount, amount)
		amount -= n
		w.giveBack(c, p, p.amount-n, now)
		p.amount = n
	}
	return true
}

// Cancel gives back what a claim holds.
func (w *World) Cancel(id string, now Instant) bool {
	c := w.settling(id, now)
	if c.state != "open" {
		w.reach("settling refused")
		return false
	}
	c.state = "cancelled"
	for _, p := range c.parts {
		w.giveBack(c, p, p.amount, now)
	}
	w.reach("cancel")
	return true
}

// Return gives back what a confirmed claim has spent, or amount of it, to the lots that expire last first.
func (w *World) Return(id string, amount int64, now Instant) bool {
	c := w.settling(id, now)
	if c.state != "confirmed" || amount > c.left() {
		w.reach("settling refused")
		return false
	}
	if amount == 0 {
		amount = c.left()
	}
	if x := c.holding; x != nil {
		x.settleUse(now)
		if amount == c.left() && x.use != nil {
			w.reach("return of what is used")
			return false
		}
	}
	w.reach("return")
	c.account.spent -= amount
	order := slices.Clone(c.parts)
	slices.Reverse(order)
	slices.SortStableFunc(order, func(x, y *part) int { return cmp.Compare(y.lot.expires, x.lot.expires) })
	for _, p := range order {
		n := min(p.amount, amount)
		amount -= n
		p.amount -= n
		w.giveBack(c, p, n, now)
	}
	if c.left() == 0 {
		c.state = "returned"
		if c.holding != nil {
			c.holding.gone = true
		}
	}
	return true
}

func (w *World) settling(id string, now Instant) *claim {
	c := w.claims[id]
	w.seq++
	c.member.settle(now)
	return c
}

func (w *World) giveBack(c *claim, p *part, amount int64, now Instant) {
	if amount > 0 && p.lot.expires <= now {
		w.reach("given back after its expiry")
	}
	c.account.giveBack(p.lot, amount, now)
}

// giveBack puts points back into their lot, where they settle what is missing of it and pay debt first; what comes back too
// late is expired.
func (a *account) giveBack(l *lot, amount int64, at Instant) {
	rest, back := a.settled(l, amount)
	if l.expires <= at {
		l.expired += rest
	} else {
		l.remaining += rest
		a.pay(l)
	}
	for _, p := range back {
		if p.amount > 0 {
			a.giveBack(p.lot, p.amount, at)
		}
	}
}

// State is what has become of a claim by an instant.
func (w *World) State(id string, now Instant) string {
	c := w.claims[id]
	if c.state == "open" && c.until <= now {
		w.reach("hold timed out")
		return "timed_out"
	}
	return c.state
}

// Adjust changes a balance by hand, or is refused where there is too little. What is given may expire at an instant of its own, 0 for none.
func (w *World) Adjust(of, points string, amount int64, expires, now Instant) bool {
	m := w.members[of]
	w.seq++
	m.settle(now)
	a := m.accounts[points]
	if amount < 0 {
		_, ok := a.take(now, -amount)
		if !ok {
			w.reach("adjustment refused")
		}
		return ok
	}
	w.reach("adjustment")
	l := a.open(w, m, w.seq, now, amount, true)
	if expires > 0 {
		w.reach("expiry of its own")
		l.fixed, l.expires, l.alive = expires, expires, expires
	}
	return true
}

// heldBack reports whether anything that an event gave is still held back.
func (h *happened) heldBack(m *member, now Instant) bool {
	for _, a := range m.accounts {
		for _, l := range a.lots {
			if l.seq == h.seq && l.available > now && l.remaining > 0 {
				return true
			}
		}
	}
	return slices.ContainsFunc(h.gifts, func(g *gift) bool { return g.lot != nil && g.lot.available > now && g.lot.remaining > 0 })
}

// Release makes what an event gave and is held back available.
func (w *World) Release(id, of string, now Instant) bool {
	m := w.members[of]
	h := m.event(id)
	if !h.heldBack(m, now) {
		return false
	}
	h.byHand = true
	w.seq++
	m.settle(now)
	for _, a := range m.accounts {
		for _, l := range a.lots {
			if l.seq == h.seq && l.available > now && l.remaining > 0 {
				l.available, l.alive = now, 0
				l.expires = a.expiry(m, l)
				l.alive = l.expires
				a.pay(l)
				w.reach("released")
			}
		}
		a.settle(now)
	}
	for _, g := range h.gifts {
		g.to.settle(now)
		if l := g.lot; l != nil && l.available > now && l.remaining > 0 {
			a := g.to.accounts[g.grant.points]
			l.available, l.alive = now, 0
			l.expires = a.expiry(g.to, l)
			l.alive = l.expires
			a.pay(l)
			a.settle(now)
			w.reach("gift released")
		}
	}
	return true
}

// Refuse takes what an event gave and is held back away.
func (w *World) Refuse(id, of string, now Instant) bool {
	w.closeTables(now)
	m := w.members[of]
	h := m.event(id)
	if !h.heldBack(m, now) {
		return false
	}
	h.byHand = true
	w.seq++
	m.settle(now)
	for _, a := range m.accounts {
		l := a.lotOf(h.seq, false)
		if l == nil || l.available <= now || l.remaining == 0 {
			continue
		}
		w.reach("refused")
		back := int64(0)
		for _, g := range h.gave {
			if g.points == a.points.ID {
				back += g.kept
				g.kept = 0
			}
		}
		m.gains = nil
		a.clawBack(w, now, l, back)
	}
	for _, g := range h.gifts {
		g.to.settle(now)
		if l := g.lot; l != nil && l.available > now && l.remaining > 0 {
			g.to.gains = nil
			g.to.accounts[g.grant.points].clawBack(w, now, l, g.grant.kept)
			g.grant.kept = 0
			w.reach("gift refused")
		}
	}
	return true
}
