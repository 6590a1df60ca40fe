package oracle

import "slices"

// taking is what a rule took for an event, of its member or of another.
type taking struct {
	rule   *Rule
	from   *member
	amount int64
	parts  []*part
}

// serveTake lets a rule take all that it wants, and pass it on, or do nothing. What it takes from others is taken right after the
// event.
func (w *World) serveTake(m *member, h *happened, r *Rule, wanted int64, out map[string]int64) {
	from, to, friend := m, m, w.members[h.Friend]
	if r.From {
		from = friend
	}
	if r.To {
		to = friend
	}
	if (r.To || r.From) && (friend == nil || friend == m) {
		w.reach("gift to nobody")
		return
	}
	if wanted == 0 {
		return
	}
	t := &taking{rule: r, from: from, amount: wanted}
	a, ok := from.accounts[r.Points], false
	if from == m {
		if t.parts, ok = a.take(h.Arrived, wanted); ok {
			out[r.ID] -= wanted
		}
	} else {
		ok = a.balance(h.Arrived).Spendable >= wanted
	}
	if !ok {
		w.reach("too little to take")
		return
	}
	h.took = append(h.took, t)
	w.reach("taken")
	if !r.Pass {
		return
	}
	g := &grant{r, r.Points, wanted, wanted}
	if to == m {
		h.gave = append(h.gave, g)
		out[r.ID] += wanted
		w.reach("transfer from another")
		return
	}
	w.reach("transfer to another")
	h.gifts = append(h.gifts, &gift{grant: g, of: h, to: to, day: to.clock.day(h.At), clock: to.clock})
	to.gifts = append(to.gifts, h.gifts[len(h.gifts)-1])
}

// takeFromOthers takes what the event's rules take from others.
func (w *World) takeFromOthers(m *member, h *happened) {
	for _, t := range h.took {
		if t.from != m {
			w.seq++
			t.from.settle(h.Arrived)
			t.parts, _ = t.from.accounts[t.rule.Points].take(h.Arrived, t.amount)
		}
	}
}

// giveTakenBack gives back what a reversed event does not take any more, the last of it first.
func (w *World) giveTakenBack(m *member, h *happened, own bool, now Instant) {
	for _, t := range h.took {
		if own != (t.from == m) {
			continue
		}
		keep := int64(0)
		if !h.voided {
			keep, _ = w.amount(m, h, t.rule, nil)
		}
		back := max(0, t.amount-keep)
		t.amount -= back
		if back > 0 {
			w.reach("taken given back")
			if !own {
				w.seq++
				t.from.settle(now)
			}
		}
		for _, p := range slices.Backward(t.parts) {
			n := min(p.amount, back)
			p.amount -= n
			back -= n
			if n > 0 {
				t.from.accounts[t.rule.Points].giveBack(p.lot, n, now)
			}
		}
	}
}
