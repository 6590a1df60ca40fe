package oracle

import "slices"

// MayRaise reports whether a larger amount of an event is simple enough for this model: soon after the event, by rules that only
// give and only to the member, of points that nothing was forgiven of, that do not expire by what else is done, and that were not
// released or refused by hand; and no raise of it was refused before.
func (w *World) MayRaise(id, of string, amount int64, now Instant) bool {
	m := w.members[of]
	h := m.event(id)
	rules, _ := w.Program.at(h.At)
	if h.voided || amount <= h.Amount || h.byHand || len(h.wanted) > 0 || now-h.At > 72*3600*second {
		return false
	}
	if slices.ContainsFunc(rules, func(r Rule) bool { return r.When == h.Type && (r.Take || r.To && h.Friend != "" || r.Gems > 0) }) {
		return false
	}
	for _, a := range m.accounts {
		if a.forgave[h.seq] || a.points.Expire.Idle != "" {
			return false
		}
	}
	return true
}

// RaiseRefused reports whether a raise of an event was refused whole.
func (w *World) RaiseRefused(id, of string) bool { return len(w.members[of].event(id).wanted) > 0 }

// Raise makes an event what it would have been with a larger amount: each rule gives the difference, as its limits allow, and
// what the progress reaches with it is reached.
func (w *World) Raise(id, of string, amount int64, now Instant) {
	w.reach("raise")
	w.closeTables(now)
	m := w.members[of]
	w.seq++
	m.settle(now)
	h := m.event(id)
	rules, _ := w.Program.at(h.At)
	before := map[string]int64{}
	for i := range rules {
		before[rules[i].ID] = w.wanted(m, h, &rules[i])
	}
	h.Amount = amount
	w.changed(m, h)
	for i := range rules {
		if r := &rules[i]; r.When == h.Type {
			w.raiseRule(m, h, r, before[r.ID], now)
		}
	}
	m.gains = nil
	later := *h
	later.seq, later.Arrived = w.seq, now
	w.payGoals(m, &later)
	w.payGroups(m, &later)
}

// wanted is what a rule wants to give for an event: what it wanted before, where a raise was refused whole.
func (w *World) wanted(m *member, h *happened, r *Rule) int64 {
	if kept, known := h.wanted[r.ID]; known {
		return kept
	}
	if r.When != h.Type || h.Amount < r.Min {
		return 0
	}
	return w.amount(m, h, r)
}

// raiseRule gives what one rule wants more than before.
func (w *World) raiseRule(m *member, h *happened, r *Rule, before int64, now Instant) {
	if r.To {
		return
	}
	i := slices.IndexFunc(h.gave, func(g *grant) bool { return g.rule.ID == r.ID })
	g := &grant{rule: r, points: r.Points}
	if i >= 0 {
		g = h.gave[i]
	}
	wants := w.wanted(m, h, r)
	rise := min(wants-before, wants-g.kept)
	if rise <= 0 {
		return
	}
	given := w.fits(m, h, r, g, rise)
	if given == 0 || !m.accounts[r.Points].raise(m, h, given, now) {
		if h.wanted == nil {
			h.wanted = map[string]int64{}
		}
		h.wanted[r.ID] = before
		w.reach("raise refused")
		return
	}
	if given < rise {
		w.reach("raise trimmed")
	}
	if g.kept += given; i < 0 {
		h.gave = append(h.gave, g)
	}
	g.given = max(g.given, g.kept)
	for k := range w.uses {
		u := &w.uses[k]
		if u.event == h.ID && u.rule == r.ID && !u.takenBack {
			u.given = max(u.given, g.kept)
			return
		}
	}
	most := w.most(h, r)
	w.uses = append(w.uses, use{r.ID, m.id, h.Key, h.day, h.ID, max(0, g.kept-most), false})
}

// most is what limits have counted of an event for a rule.
func (w *World) most(h *happened, r *Rule) (sum int64) {
	for _, u := range w.uses {
		if u.event == h.ID && u.rule == r.ID {
			sum += u.given
		}
	}
	return sum
}

// fits is what limits leave of a rise: an event counts once, with the most that it ever got.
func (w *World) fits(m *member, h *happened, r *Rule, g *grant, rise int64) int64 {
	used := slices.ContainsFunc(w.uses, func(u use) bool { return u.event == h.ID && u.rule == r.ID && !u.takenBack })
	unused := w.most(h, r) - g.kept
	for _, l := range r.Limits {
		switch room := w.room(m, h, r, l); {
		case !l.Points && !used && room < 1:
			return 0
		case l.Points && !l.OrNothing:
			rise = min(rise, max(room, 0)+unused)
		}
	}
	for _, l := range r.Limits {
		if l.OrNothing && rise > max(w.room(m, h, r, l), 0)+unused {
			return 0
		}
	}
	return rise
}

// raise adds to what an event gave, on the terms of then; false where that would have expired by now.
func (a *account) raise(m *member, h *happened, amount int64, now Instant) bool {
	l := &lot{seq: h.seq, available: m.clock.after(h.Arrived, a.points.Pending)}
	if a.points.ByHand {
		l.available = Forever
	}
	if l.expires = a.expiry(m, l); l.expires <= now {
		return false
	}
	if first := a.lotOf(h.seq, false); first != nil {
		l = first
	} else {
		a.lots = append(a.lots, l)
		slices.SortStableFunc(a.lots, func(x, y *lot) int { return x.seq - y.seq })
	}
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
