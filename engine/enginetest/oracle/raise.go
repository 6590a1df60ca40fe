package oracle

import "slices"

// MayRaise reports whether a larger amount of an event is simple enough for this model: soon after the event, by rules that only
// give, of points that nothing was forgiven of and that were not released or refused by hand; and no raise of it was refused
// before.
func (w *World) MayRaise(id, of string, amount int64, now Instant) bool {
	m := w.members[of]
	h := m.event(id)
	rules, _ := w.Program.at(h.At)
	if h.voided || amount <= h.Amount || h.byHand || h.refused || now-h.At > 72*3600*second {
		return false
	}
	if h.Type == "log" && (w.overpaid(m, now) || m.with(h, &amount, func() bool { return w.wavers(m) })) {
		return false
	}
	if slices.ContainsFunc(rules, func(r Rule) bool { return r.When == h.Type && (r.Take || r.Gems > 0) }) {
		return false
	}
	for _, c := range w.Program.Challenges {
		if list := c.spells(m); c.OptIn && len(list) > 0 && (len(list) > 1 || c.present(m) == nil) {
			return false // what was dropped is not reached any more
		}
	}
	for _, a := range m.accounts {
		if a.forgave[h.seq] {
			return false
		}
	}
	return true
}

// Amount is that of an event as it is amended, false for a voided one.
func (w *World) Amount(id, of string) (amount int64, ok bool) {
	h := w.members[of].event(id)
	return h.Amount, !h.voided
}

// RaiseRefused reports whether a raise of an event was refused whole.
func (w *World) RaiseRefused(id, of string) bool { return w.members[of].event(id).refused }

// Raise makes an event what it would have been with a larger amount: each rule gives the difference, as its limits allow, and
// what the progress reaches with it is reached.
func (w *World) Raise(id, of string, amount int64, now Instant) {
	w.reach("raise")
	if w.members[of].event(id).revisions++; w.members[of].event(id).revisions > 2 {
		w.reach("several revisions")
	}
	w.closeTables(now)
	m := w.members[of]
	w.seq++
	m.settle(now)
	h := m.event(id)
	w.miss(h.clock, h.day, now)
	rules, _ := w.Program.at(h.At)
	before := h.Amount
	h.Amount = amount
	w.changed(m, h)
	w.present(m, h, now)
	for i := range rules {
		if r := &rules[i]; r.matches(h) {
			w.raiseRule(m, h, r, now)
		}
	}
	m.gains = nil
	later := *h
	later.seq, later.Arrived = w.seq, now
	w.payGoals(m, &later, before)
	w.payGroups(m, &later)
}

// raiseRule gives what one rule wants more than before.
func (w *World) raiseRule(m *member, h *happened, r *Rule, now Instant) {
	if r.To {
		w.raiseGift(m, h, r, now)
		return
	}
	i := slices.IndexFunc(h.gave, func(g *grant) bool { return g.rule.ID == r.ID })
	g := &grant{rule: r, points: r.Points}
	if i >= 0 {
		g = h.gave[i]
	}
	next := w.revised(m, h, r)
	rise := min(next.wanted-h.line(r).wanted, next.wanted-g.kept)
	if rise <= 0 {
		h.line(r).follow(next)
		return
	}
	given, a := w.fits(m, h, r, g, rise), m.accounts[r.Points]
	first := a.lotOf(h.seq, false)
	if given == 0 || !a.raise(w, m, h.clock, &first, h, given, now) {
		h.refused = true
		w.reach("raise refused")
		return
	}
	w.raiseLine(m, h, r, next)
	if given < rise {
		w.reach("raise trimmed")
	}
	if g.kept += given; i < 0 {
		h.gave = append(h.gave, g)
	}
	w.useMore(m, h, r, g)
}

// raiseGift gives another member what one rule wants more than before.
func (w *World) raiseGift(m *member, h *happened, r *Rule, now Instant) {
	to := w.members[h.Friend]
	if to == nil || to == m {
		return
	}
	i := slices.IndexFunc(h.gifts, func(g *gift) bool { return g.grant.rule.ID == r.ID })
	g := &gift{grant: &grant{rule: r, points: r.Points}, of: h, to: to, day: to.clock.day(h.At), clock: to.clock}
	if i >= 0 {
		g = h.gifts[i]
	}
	next := w.revised(m, h, r)
	rise := min(next.wanted-h.line(r).wanted, next.wanted-g.grant.kept)
	if rise <= 0 {
		h.line(r).follow(next)
		return
	}
	given := w.fits(to, h, r, g.grant, rise)
	if g.lot == nil { // nothing has been given so far: the receiver has no other clock than that of now
		g.clock, g.day = to.clock, to.clock.day(h.At)
	}
	w.miss(g.clock, g.day, now)
	to.settle(now)
	w.seq++
	if given == 0 || !to.accounts[r.Points].raise(w, to, g.clock, &g.lot, h, given, now) {
		h.refused = true
		w.reach("raise refused")
		return
	}
	w.raiseLine(m, h, r, next)
	if i < 0 {
		h.gifts = append(h.gifts, g)
		to.gifts = append(to.gifts, g)
	}
	to.gains = nil
	g.grant.kept += given
	w.useMore(to, h, r, g.grant)
	w.reach("gift raised")
}

// useMore lets limits count an event once, with the most that it ever got.
func (w *World) useMore(to *member, h *happened, r *Rule, g *grant) {
	g.given = max(g.given, g.kept)
	for k := range w.uses {
		u := &w.uses[k]
		if u.event == h.ID && u.of == r.ID && !u.takenBack {
			u.given += max(0, g.kept-w.most(h, r))
			return
		}
	}
	w.uses = append(w.uses, use{r.ID, r.Called, to.id, h.Key, h.capDay, h.ID, max(0, g.kept-w.most(h, r)), false})
}

// most is what limits have counted of an event for a rule.
func (w *World) most(h *happened, r *Rule) (sum int64) {
	for _, u := range w.uses {
		if u.event == h.ID && u.of == r.ID {
			sum += u.given
		}
	}
	return sum
}

// fits is what limits leave of a rise: an event counts once, with the most that it ever got.
func (w *World) fits(m *member, h *happened, r *Rule, g *grant, rise int64) int64 {
	used := slices.ContainsFunc(w.uses, func(u use) bool { return u.event == h.ID && u.of == r.ID && !u.takenBack })
	unused := w.most(h, r) - g.kept
	for _, l := range r.Limits {
		switch room := w.room(m, h, r.ID, l); {
		case !l.Points && !used && room < 1:
			return 0
		case l.Points && !l.OrNothing:
			rise = min(rise, max(room, 0)+unused)
		}
	}
	for _, l := range r.Limits {
		if l.OrNothing && rise > max(w.room(m, h, r.ID, l), 0)+unused {
			return 0
		}
	}
	return rise
}

// raise adds to the lot that an event gave first, or opens it, on the terms of then; false where that would have expired by now.
func (a *account) raise(w *World, m *member, then *clock, first **lot, h *happened, amount int64, now Instant) bool {
	l := &lot{seq: w.seq, available: then.after(h.Arrived, a.points.Pending)}
	if a.points.ByHand {
		l.available = Forever
	}
	if l.expires = a.expiryBy(then, m, l); l.expires <= now {
		return false
	}
	if *first == nil {
		if *first = l; m.id == h.Member {
			l.seq = h.seq
		}
		a.lots = append(a.lots, l)
		slices.SortStableFunc(a.lots, func(x, y *lot) int { return x.seq - y.seq })
	}
	l = *first
	l.alive = l.expires
	a.issued += amount
	if l.available > now {
		l.remaining += amount
		return true
	}
	rest, back := a.settled(l, amount)
	l.remaining += rest
	a.pay(l)
	for _, p := range back {
		if p.amount > 0 {
			a.giveBack(p.lot, p.amount, now)
		}
	}
	return true
}
