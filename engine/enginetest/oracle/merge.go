package oracle

import (
	"cmp"
	"slices"
)

// late is for how long after its end a period's goals are still reached.
const late = 72 * 3600 * second

// Merge makes of two members the first, as if every event of the other had been its own. What was paid stays, and what only both
// together reach is paid now.
func (w *World) Merge(into, from string, now Instant) {
	w.reach("merge")
	m, o := w.members[into], w.members[from]
	m.settle(now)
	o.settle(now)
	w.seq++
	for _, h := range o.events {
		h.Member, h.clock, h.day, h.team = into, m.clock, m.clock.day(h.At), m.teamAt(h.At)
		for _, t := range h.took {
			if t.from == o {
				t.from = m
			}
		}
	}
	m.events = append(m.events, o.events...)
	slices.SortFunc(m.events, func(a, b *happened) int { return cmp.Compare(a.seq, b.seq) })
	for _, h := range o.counted {
		m.counted = slices.Insert(m.counted, place(m.counted, h), h)
	}
	for i := range w.uses {
		if w.uses[i].member == from {
			w.uses[i].member = into
		}
	}
	m.joined = min(m.joined, o.joined)
	m.gains = nil
	clear(m.reached)
	clear(m.stale)
	clear(m.done)
	for _, c := range w.claims {
		if c.member == o {
			c.member, c.account = m, m.accounts[c.account.points.ID]
		}
	}
	m.holdings = append(m.holdings, o.holdings...)
	m.given, m.handedOver = m.given+o.given, m.handedOver+o.handedOver
	for points, a := range o.accounts {
		m.accounts[points].merge(m, a, now)
	}
	for key, a := range o.awards {
		if mine := m.awards[key]; mine != nil {
			mine.also = append(mine.also, a)
		} else {
			m.awards[key] = a
		}
	}
	delete(w.members, from)
	w.payTogether(m, now)
}

// merge takes in what another account has.
func (a *account) merge(m *member, o *account, now Instant) {
	a.lots = append(a.lots, o.lots...)
	slices.SortStableFunc(a.lots, func(x, y *lot) int { return cmp.Compare(x.seq, y.seq) })
	for seq, missing := range o.missing {
		a.missing[seq] = missing
	}
	for seq := range o.forgave {
		a.forgave[seq] = true
	}
	a.owing = append(a.owing, o.owing...)
	slices.Sort(a.owing)
	a.debt += o.debt
	a.claims = append(a.claims, o.claims...)
	a.issued += o.issued
	a.spent += o.spent
	for _, l := range a.lots { // what the one did keeps alive what the other has
		if l.expires > now {
			l.expires = a.expiry(m, l)
			l.alive = max(l.alive, l.expires)
		}
	}
	for _, l := range a.order() {
		if l.available <= now {
			a.pay(l)
		}
	}
}

// payTogether pays the goals that only both together reach. Those of periods that ended long ago are not reached any more.
func (w *World) payTogether(m *member, now Instant) {
	h := &happened{Event: Event{Member: m.id, Type: "merge", At: now, Arrived: now}, seq: w.seq, day: m.clock.day(now), clock: m.clock}
	for _, c := range w.Program.Challenges {
		if c.By != "" {
			continue
		}
		for name, goals := range w.reachedGoals(c, m) {
			end := Forever
			if c.Every != "" {
				end = m.clock.start(m.clock.nextPeriod(c.Every, name))
			}
			if c.From != 0 {
				end = min(end, m.clock.start(c.Until+1))
			}
			for _, g := range goals {
				switch key := c.key(name, g); {
				case m.awards[key] != nil:
				case end < Forever && end+late <= now:
					m.awards[key] = &award{}
				default:
					w.reach("goal of a merge")
					w.payWinner(m, h, key, c, award{mark: c.Mark})
				}
			}
		}
	}
}
