package oracle

import "math/big"

const million = 1_000_000

// use is one firing of a rule or a boost, as its limits count it.
type use struct {
	of        string
	shared    bool // of a rule that is for the promotion only
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

// round brings a number to the decimals of points; the result is millionths.
func round(v *big.Rat, p Points) int64 {
	step := int64(million)
	for range p.Decimals {
		step /= 10
	}
	scaled := new(big.Rat).Mul(sixDigits(v), big.NewRat(million/step, 1))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	n := whole.Int64()
	half := new(big.Int).Mul(rest, big.NewInt(2)).Cmp(scaled.Denom())
	if p.Rounding == "up" && rest.Sign() > 0 || p.Rounding == "nearest" && (half > 0 || half == 0 && n%2 == 1) {
		n++
	}
	return n * step
}

// sixDigits rounds a finished amount half-even.
func sixDigits(v *big.Rat) *big.Rat {
	return new(big.Rat).SetFrac(halfEven(new(big.Rat).Mul(v, big.NewRat(million, 1))), big.NewInt(million))
}

// halfEven rounds to a whole number, a half to the even one.
func halfEven(v *big.Rat) *big.Int {
	whole, rest := new(big.Int).DivMod(v.Num(), v.Denom(), new(big.Int))
	half := rest.Mul(rest, big.NewInt(2)).Cmp(v.Denom())
	if half > 0 || half == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole
}

// serve lets a matching rule give or take what its limits leave.
func (w *World) serve(m *member, h *happened, r *Rule, out map[string]int64) {
	if r.Take {
		wanted, _ := w.amount(m, h, r, nil)
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
	wanted, boosts := w.amount(m, h, r, w.withinLimits(m, h))
	given := wanted
	h.lines[r.ID] = w.unlimited(m, h, r)
	for _, l := range r.Limits {
		room := w.room(to, h, r.ID, l)
		if l.Shared && (!l.Points && room < 1 || l.Points && room < given) {
			w.reach("promotion's limit")
		}
		switch {
		case !l.Points && room < 1:
			w.reach("times refused")
			return nil
		case l.Points && !l.OrNothing && room < given:
			w.reach("cap trimmed")
			given = max(room, 0)
		}
	}
	for _, l := range r.Limits {
		if l.OrNothing && given > w.room(to, h, r.ID, l) {
			w.reach("cap or nothing")
			given = 0
		}
	}
	if given > 0 {
		h.lines[r.ID] = &line{wanted: wanted, base: h.lines[r.ID].base, boosts: boosts}
		w.useBoosts(m, h, nil, boosts)
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
		w.uses = append(w.uses, use{r.ID, r.Called, to.id, h.Key, h.capDay, h.ID, given, false})
	}
	return list
}

// giveUseBack lets limits in times count no more what a rule used for an event, or where it is empty what anything did.
func (w *World) giveUseBack(h *happened, of string) {
	for i := range w.uses {
		if w.uses[i].event == h.ID && (of == "" || w.uses[i].of == of) && !w.uses[i].takenBack {
			w.uses[i].takenBack = true
			w.reach("use given back")
		}
	}
}

// room is what a limit still allows an event: times, or millionths of points. Of a rolling limit every stretch of its
// length that holds the event's day is looked at.
func (w *World) room(m *member, h *happened, of string, l Limit) int64 {
	if l.Period != "" {
		start := m.clock.periodStart(l.Period, h.capDay)
		return w.roomWithin(m, h, of, l, func(day int) bool { return m.clock.periodStart(l.Period, day) == start })
	}
	least := int64(1) << 62
	for end := h.capDay; first(end, l.Last) <= h.capDay; end++ {
		from := first(end, l.Last)
		least = min(least, w.roomWithin(m, h, of, l, func(day int) bool { return from <= day && day <= end }))
	}
	return least
}

func (w *World) roomWithin(m *member, h *happened, of string, l Limit, inside func(day int) bool) int64 {
	left := l.N
	if l.Points {
		left *= million
	}
	for _, u := range w.uses {
		switch {
		case l.Shared && !u.shared || !l.Shared && u.of != of || !inside(u.day):
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
