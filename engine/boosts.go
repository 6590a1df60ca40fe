package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/decimal"
)

// useBoosts lets the limits of boosts count what they added to a gift. What nothing is given of uses nothing.
func (a *applier) useBoosts(g *Grant, applied []Boosted) {
	for i := range applied {
		if b := g.boost(applied[i].Boost); len(b.Limits) > 0 {
			a.usePoints(b.Limits, g.Points, applied[i].Used, a.m)
			a.countUse(b.Limits, Source{}, a.m)
		}
	}
}

// boost is one of those of a grant, by id.
func (g *Grant) boost(id string) *Boost {
	return g.Boosts[slices.IndexFunc(g.Boosts, func(b *Boost) bool { return b.ID == id })]
}

// boost raises a base amount: (base × the best non-stacking times × every stacking times) + the best non-stacking plus +
// every stacking plus, each trimmed to what its own limit leaves (language: boosts).
func (a *applier) boost(g *plannedGrant, allowed allowance) (amount decimal.Wide, applied []Boosted) {
	amount = g.base
	list := a.boostPlan[g.first:g.last]
	steps := [...]struct{ plus, stacks bool }{{false, false}, {false, true}, {true, false}, {true, true}}
	for _, step := range steps {
		best, bestAdded := -1, decimal.Wide{}
		for i := range list {
			b := list[i].boost
			if (b.Plus != nil) != step.plus || b.Stacks != step.stacks {
				continue
			}
			added := allowed(a, list[i].boost, g.grant.Points, a.added(&list[i], amount))
			if !step.stacks {
				if best < 0 || added.Cmp(bestAdded) > 0 {
					best, bestAdded = i, added
				}
				continue
			}
			amount, applied = a.addBoost(b, g.grant.Points, amount, added, applied)
		}
		if best >= 0 {
			amount, applied = a.addBoost(list[best].boost, g.grant.Points, amount, bestAdded, applied)
		}
	}
	return amount, applied
}

// added is what a boost would add to an amount.
func (a *applier) added(p *plannedBoost, amount decimal.Wide) decimal.Wide {
	added := p.factor
	if p.boost.Times != nil {
		product, err := amount.Mul(p.factor)
		if err == nil {
			added, err = product.Sub(amount)
		}
		if err != nil {
			a.out.note("evaluation", p.boost.Path, err.Error())
			return decimal.Wide{}
		}
	}
	return added
}

// allowance is what a boost may add of what it would add to points.
type allowance func(a *applier, b *Boost, points *Points, added decimal.Wide) decimal.Wide

// withinLimits is what a boost's own limits leave of what it would add.
func withinLimits(a *applier, b *Boost, points *Points, added decimal.Wide) decimal.Wide {
	if len(b.Limits) == 0 || added.Sign() <= 0 {
		return added
	}
	if l := a.refusingLimit(b.Limits, a.m); l != nil {
		a.stoppedBy(l, b.Path, b.Position, a.m)
		return decimal.Wide{}
	}
	d, err := added.Decimal()
	if err != nil {
		return decimal.Wide{}
	}
	left := a.cap(b.Limits, points, d, a.m)
	if left == 0 {
		a.stoppedBy(a.tightest(b.Limits, a.m), b.Path, b.Position, a.m)
	}
	if left < d {
		return left.Wide()
	}
	return added
}

func (a *applier) addBoost(b *Boost, points *Points, amount, added decimal.Wide, applied []Boosted) (decimal.Wide, []Boosted) {
	if added.Sign() == 0 {
		return amount, applied
	}
	sum, err := amount.Add(added)
	if err != nil || sum.Sign() < 0 {
		a.out.note("evaluation", b.Path, "its result is out of range; it was left out")
		return amount, applied
	}
	more := rounded(sum, points) - rounded(amount, points)
	a.trace.fired(a.event.ID, b.Path, b.Position)
	exact, _ := added.RoundTo(decimal.Digits, decimal.Up) // it bounds what a reversal may take for added
	return sum, append(applied, Boosted{b.ID, exact, more})
}

// rounded is an amount as points would be given; what is out of range is refused when they are.
func rounded(amount decimal.Wide, points *Points) decimal.Decimal {
	d, err := amount.RoundTo(points.Decimals, points.Rounding)
	if err != nil {
		return 0
	}
	return d
}
