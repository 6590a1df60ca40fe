package oracle

import (
	"math/big"
	"time"
)

const million = 1_000_000

// use is one firing of a rule, as its limits count it.
type use struct {
	rule      string
	member    string
	key       string
	day       int
	event     string
	given     int64
	takenBack bool
}

// at are the rules and boosts in force at an instant.
func (p *Program) at(at Instant) ([]Rule, []Boost) {
	if p.Next != nil && at >= p.Next.From {
		return p.Next.Rules, p.Next.Boosts
	}
	return p.Rules, p.Boosts
}

// amount is what a rule computes for an event, boosted and rounded.
func (w *World) amount(m *member, h *happened, r *Rule) int64 {
	v := big.NewRat(r.Fixed, 1)
	if r.Rate != nil {
		v.Mul(big.NewRat(h.Amount, million), r.Rate)
		if !r.Take {
			v = w.boosted(v, h, r.Points)
		}
	}
	return round(v, m.accounts[r.Points].points)
}

func (w *World) boosted(v *big.Rat, h *happened, points string) *big.Rat {
	bestTimes, bestPlus := big.NewRat(1, 1), new(big.Rat)
	times, add := big.NewRat(1, 1), new(big.Rat)
	applied := 0
	_, boosts := w.Program.at(h.At)
	for _, b := range boosts {
		if b.Of != points || h.Amount < b.Min || b.Weekend && !weekend(h.day) {
			continue
		}
		applied++
		switch {
		case b.Times != nil && b.Stacks:
			times.Mul(times, b.Times)
		case b.Times != nil && b.Times.Cmp(bestTimes) > 0:
			bestTimes = b.Times
		case b.Plus != nil && b.Stacks:
			add.Add(add, b.Plus)
		case b.Plus != nil && b.Plus.Cmp(bestPlus) > 0:
			bestPlus = b.Plus
		}
	}
	if applied > 0 {
		w.reach("boosted")
	}
	if applied > 1 {
		w.reach("several boosts")
	}
	v = new(big.Rat).Mul(v, bestTimes)
	v.Mul(v, times)
	v.Add(v, bestPlus)
	return v.Add(v, add)
}

func weekend(day int) bool {
	d := time.Unix(int64(day)*86400, 0).UTC().Weekday()
	return d == time.Saturday || d == time.Sunday
}

// round brings a number to the decimals of points; the result is millionths.
func round(v *big.Rat, p Points) int64 {
	step := int64(million)
	for range p.Decimals {
		step /= 10
	}
	scaled := new(big.Rat).Mul(v, big.NewRat(million/step, 1))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	n := whole.Int64()
	half := new(big.Int).Mul(rest, big.NewInt(2)).Cmp(scaled.Denom())
	if p.Rounding == "up" && rest.Sign() > 0 || p.Rounding == "nearest" && (half > 0 || half == 0 && n%2 == 1) {
		n++
	}
	return n * step
}

// serve lets a matching rule give or take what its limits leave.
func (w *World) serve(m *member, h *happened, r *Rule, out map[string]int64) {
	wanted := w.amount(m, h, r)
	if r.Take {
		w.serveTake(m, h, r, wanted, out)
		return
	}
	if r.To {
		w.serveOther(m, h, r)
		return
	}
	for _, g := range w.limited(m, m, h, r) {
		h.gave = append(h.gave, g)
		if g.given > 0 {
			out[r.ID] += g.given
		}
	}
}

// limited is what limits, which count whom it is given to, leave of what a rule gives; nothing where it does not fire.
func (w *World) limited(m, to *member, h *happened, r *Rule) []*grant {
	wanted := w.amount(m, h, r)
	given := wanted
	for _, l := range r.Limits {
		switch room := w.room(to, h, r, l); {
		case !l.Points && room < 1:
			w.reach("times refused")
			return nil
		case l.Points && !l.OrNothing && room < given:
			w.reach("cap trimmed")
			given = max(room, 0)
		}
	}
	for _, l := range r.Limits {
		if l.OrNothing && given > w.room(to, h, r, l) {
			w.reach("cap or nothing")
			given = 0
		}
	}
	var list []*grant
	if given > 0 || wanted == 0 {
		list = append(list, &grant{r, r.Points, given, given})
	}
	if r.Gems > 0 {
		list = append(list, &grant{r, "gems", r.Gems * million, r.Gems * million})
	}
	if len(list) > 1 {
		w.reach("two gifts of a rule")
	}
	if len(list) > 0 {
		w.uses = append(w.uses, use{r.ID, to.id, h.Key, h.day, h.ID, given, false})
	}
	return list
}

func (w *World) giveUseBack(h *happened, r *Rule) {
	for i := range w.uses {
		if w.uses[i].event == h.ID && w.uses[i].rule == r.ID && !w.uses[i].takenBack {
			w.uses[i].takenBack = true
			w.reach("use given back")
		}
	}
}

// room is what a limit still allows an event: times, or millionths of points. Of a rolling limit every stretch of its
// length that holds the event's day is looked at.
func (w *World) room(m *member, h *happened, r *Rule, l Limit) int64 {
	if l.Period != "" {
		start := m.clock.periodStart(l.Period, h.day)
		return w.roomWithin(m, h, r, l, func(day int) bool { return m.clock.periodStart(l.Period, day) == start })
	}
	least := int64(1) << 62
	for end := h.day; first(end, l.Last) <= h.day; end++ {
		from := first(end, l.Last)
		least = min(least, w.roomWithin(m, h, r, l, func(day int) bool { return from <= day && day <= end }))
	}
	return least
}

func (w *World) roomWithin(m *member, h *happened, r *Rule, l Limit, inside func(day int) bool) int64 {
	left := l.N
	if l.Points {
		left *= million
	}
	for _, u := range w.uses {
		switch {
		case u.rule != r.ID || !inside(u.day):
		case l.By == "member" && u.member != m.id:
		case l.By == "key" && u.key != h.Key:
		case l.By == "member and key" && (u.member != m.id || u.key != h.Key):
		case l.Points:
			left -= u.given
		case !u.takenBack:
			left--
		}
	}
	return left
}
