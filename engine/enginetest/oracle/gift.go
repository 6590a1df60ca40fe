package oracle

// gift is what an event of one member gave to another.
type gift struct {
	grant *grant
	of    *happened
	to    *member
	lot   *lot
	day   int // the receiver's
	clock *clock
}

// serveOther lets a rule give to another member: the amount is the sender's, the limits are the receiver's.
func (w *World) serveOther(m *member, h *happened, r *Rule) {
	to := w.members[h.Friend]
	if to == nil || to == m {
		w.reach("gift to nobody")
		return
	}
	for _, g := range w.limited(m, to, h, r) {
		h.gifts = append(h.gifts, &gift{grant: g, of: h, to: to, day: to.clock.day(h.At), clock: to.clock})
		to.gifts = append(to.gifts, h.gifts[len(h.gifts)-1])
	}
}

// sendGifts opens the receivers' lots, right after the event.
func (w *World) sendGifts(h *happened) {
	for _, g := range h.gifts {
		if g.grant.given == 0 {
			continue
		}
		w.seq++
		w.miss(g.clock, g.day, h.Arrived)
		g.to.settle(h.Arrived)
		g.to.gains = nil
		g.lot = g.to.accounts[g.grant.points].open(w, g.to, w.seq, h.Arrived, g.grant.given, false)
		w.reach("gift")
	}
}

// reverseGifts takes back what a reversed event does not give to others any more.
func (w *World) reverseGifts(m *member, h *happened, now Instant) {
	for _, g := range h.gifts {
		back := w.keep(m, h, g.grant)
		if back == 0 {
			continue
		}
		w.seq++
		g.to.settle(now)
		g.to.gains = nil
		g.to.accounts[g.grant.points].clawBack(w, now, g.lot, back)
		w.reach("gift reversed")
	}
}
