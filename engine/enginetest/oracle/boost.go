package oracle

import (
	"math/big"
	"time"
)

// line is what a rule has amounted to for an event.
type line struct {
	wanted int64    // as of the last revision, before the rule's limits
	base   *big.Rat // before boosts, nil where the rule does not match
	boosts map[string]added
}

// added is the most that a boost has ever added to a line: exactly, and as its limits count it.
type added struct {
	exact *big.Rat
	used  int64
}

// allowance is what a boost may add of what it would.
type allowance func(b *Boost, more *big.Rat) *big.Rat

func (h *happened) line(r *Rule) *line {
	if h.lines[r.ID] == nil {
		h.lines[r.ID] = &line{boosts: map[string]added{}}
	}
	return h.lines[r.ID]
}

// follow takes over what a line wants now.
func (l *line) follow(next *line) { l.wanted, l.base = next.wanted, next.base }

// amount is what a rule computes for an event, boosted and rounded, and what each boost adds.
func (w *World) amount(m *member, h *happened, r *Rule, most allowance) (int64, map[string]added) {
	v := r.base(h)
	if r.Rate == nil || r.Take {
		return round(v, m.accounts[r.Points].points), nil
	}
	return w.boosted(v, h, m.accounts[r.Points].points, most)
}

func (r *Rule) base(h *happened) *big.Rat {
	if r.Rate == nil {
		return big.NewRat(r.Fixed, 1)
	}
	return new(big.Rat).Mul(big.NewRat(h.Amount, million), r.Rate)
}

// boosted is an amount times the best factor, times all those that stack, plus the best addition, plus all those that stack. Which
// one is best is judged by what each may add.
func (w *World) boosted(v *big.Rat, h *happened, p Points, most allowance) (int64, map[string]added) {
	applied := map[string]added{}
	add := func(id string, more *big.Rat) {
		sum := new(big.Rat).Add(v, more)
		if more.Sign() > 0 {
			applied[id] = added{more, round(sum, p) - round(v, p)}
		}
		v = sum
	}
	_, boosts := w.Program.at(h.At)
	for _, plus := range []bool{false, true} {
		best, id := new(big.Rat), ""
		for i := range boosts {
			b := &boosts[i]
			if more, ok := b.adds(v, h, p, plus, most); ok && !b.Stacks && more.Cmp(best) > 0 {
				best, id = more, b.ID
			}
		}
		add(id, best)
		for i := range boosts {
			if more, ok := boosts[i].adds(v, h, p, plus, most); ok && boosts[i].Stacks {
				add(boosts[i].ID, more)
			}
		}
	}
	if len(applied) > 0 {
		w.reach("boosted")
	}
	if len(applied) > 1 {
		w.reach("several boosts")
	}
	return round(v, p), applied
}

// adds is what a boost adds to an amount, false where it does not hold.
func (b *Boost) adds(v *big.Rat, h *happened, p Points, plus bool, most allowance) (*big.Rat, bool) {
	if b.Of != p.ID || h.Amount < b.Min || b.Called && !h.called || b.Weekend && !weekend(h.day) || (b.Plus != nil) != plus {
		return nil, false
	}
	more := b.Plus
	if more == nil {
		more = new(big.Rat).Sub(new(big.Rat).Mul(v, b.Times), v)
	}
	return most(b, more), true
}

func weekend(day int) bool {
	d := time.Unix(int64(day)*86400, 0).UTC().Weekday()
	return d == time.Saturday || d == time.Sunday
}

// withinLimits is what the limits of boosts leave an event.
func (w *World) withinLimits(m *member, h *happened) allowance {
	return func(b *Boost, more *big.Rat) *big.Rat {
		left := w.roomOf(m, h, b, more, false)
		if left.Sign() == 0 {
			w.reach("boost used up")
		} else if left.Cmp(more) < 0 {
			w.reach("boost trimmed")
		}
		return left
	}
}

// roomOf is how much of what a boost would add its limits allow; an event that has used them uses no further time.
func (w *World) roomOf(m *member, h *happened, b *Boost, more *big.Rat, used bool) *big.Rat {
	for _, orNothing := range []bool{false, true} {
		for _, l := range b.Limits {
			room := max(0, w.room(m, h, "boost "+b.ID, l))
			switch left := big.NewRat(room, million); {
			case !l.Points && room < 1 && !used:
				return new(big.Rat)
			case !l.Points || l.OrNothing != orNothing || left.Cmp(sixDigits(more)) >= 0:
			case orNothing:
				return new(big.Rat)
			default:
				more = left
			}
		}
	}
	return more
}

// unlimited is the line of a rule as it would be without limits. Of boosts, only those that have none have added anything.
func (w *World) unlimited(m *member, h *happened, r *Rule) *line {
	l := &line{base: r.base(h)}
	l.wanted, l.boosts = w.amount(m, h, r, func(_ *Boost, more *big.Rat) *big.Rat { return more })
	_, boosts := w.Program.at(h.At)
	for i := range boosts {
		if len(boosts[i].Limits) > 0 {
			delete(l.boosts, boosts[i].ID)
		}
	}
	return l
}

// revised is what a rule wants for the event as amended: where its base falls a boost adds no more than it ever did, else what its
// limits still allow on top of that.
func (w *World) revised(m *member, h *happened, r *Rule) *line {
	old, next := h.line(r), &line{base: r.base(h)}
	fell := old.base != nil && next.base.Cmp(old.base) < 0
	next.wanted, next.boosts = w.amount(m, h, r, func(b *Boost, more *big.Rat) *big.Rat {
		most, known := old.boosts[b.ID]
		if !known {
			most.exact = new(big.Rat)
		}
		switch rest := new(big.Rat).Sub(more, most.exact); {
		case rest.Sign() <= 0 || !fell && len(b.Limits) == 0:
			return more
		case !fell:
			return rest.Add(most.exact, w.roomOf(m, h, b, rest, known))
		}
		return most.exact
	})
	return next
}

// lower lets the lines of an event follow an amendment to less.
func (w *World) lower(m *member, h *happened) {
	rules, _ := w.Program.at(h.At)
	for i := range rules {
		r := &rules[i]
		switch {
		case r.Take || r.When != h.Type:
		case !r.matches(h):
			h.line(r).follow(&line{})
		default:
			h.line(r).follow(w.revised(m, h, r))
		}
	}
}

// useBoosts lets the limits of boosts count what they added to a line more than ever before.
func (w *World) useBoosts(m *member, h *happened, before, now map[string]added) {
	for id, b := range now {
		old, known := before[id]
		if known && b.exact.Cmp(old.exact) <= 0 {
			continue
		}
		w.uses = append(w.uses, use{of: "boost " + id, member: m.id, key: h.Key, day: h.capDay, event: h.ID, given: max(0, b.used-old.used), takenBack: known})
	}
}

// raiseLine lets a line follow a raise that gives something.
func (w *World) raiseLine(m *member, h *happened, r *Rule, next *line) {
	l := h.line(r)
	w.useBoosts(m, h, l.boosts, next.boosts)
	for id, b := range next.boosts {
		if old, known := l.boosts[id]; !known || b.exact.Cmp(old.exact) > 0 {
			l.boosts[id] = added{b.exact, max(b.used, old.used)}
		}
	}
	l.follow(next)
}
