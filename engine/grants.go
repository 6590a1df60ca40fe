package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// rule carries out one planned rule within its limits.
func (a *applier) rule(p *plannedRule) {
	r, name := p.rule, p.rule.Path
	if p.ofOthers() {
		a.decides.transfer(a, p)
		return
	}
	if l := a.refusingLimit(r.Limits, a.m); l != nil {
		a.stoppedBy(l, name, r.Position, a.m)
		for i := range r.Give {
			if g := &r.Give[i]; g.Badge != nil && a.m.holds(g.Badge, g.Level) {
				a.gave(BadgeEffect, g.Badge.ID, g.Level, r.Source) // one more cause of what is held
			}
		}
		return
	}
	gives, takes := a.grantPlan[p.first:p.first+len(r.Give)], a.grantPlan[p.first+len(r.Give):p.last]
	if !a.decides.whole(a, gives, takes, r, a.m) {
		return
	}
	if !a.take(takes, r.Source) {
		a.stopped(name, r.Position, BalanceShort)
		return
	}
	fired := len(takes) > 0
	boosted := len(takes) == 0 // a rule that both takes and gives is never boosted
	for i := range gives {
		if a.givePlanned(&gives[i], r, boosted) {
			fired = true
		}
	}
	if !fired {
		a.gaveNothing(r, a.m)
		return
	}
	a.countUse(r.Limits, r.Source, a.m)
	a.trace.fired(a.event.ID, name, r.Position)
}

// gaveNothing notes why nothing of what a rule gives was left to be given to a member.
func (a *applier) gaveNothing(r *Rule, to *Member) {
	switch l := a.tightest(r.Limits, to); {
	case l != nil:
		a.stoppedBy(l, r.Path, r.Position, to)
	case slices.ContainsFunc(r.Give, func(g Grant) bool { return g.Reward != nil && a.soldOut(g.Reward) }):
		a.trace.not(a.event.ID, r.Path, r.Position, OutOfStock, "") // noted with the reward
	default:
		a.trace.not(a.event.ID, r.Path, r.Position, Failed, "")
	}
}

// whole reports whether a rule that takes can give all that it wants to, and notes why not: a cap that would trim the gift
// refuses the whole rule, or points would be taken for nothing (semantics: Points).
func (a *applier) whole(gives, takes []plannedGrant, rule *Rule, to *Member) bool {
	if len(takes) == 0 {
		return true
	}
	for i := range gives {
		if r := gives[i].grant.Reward; r != nil && a.soldOut(r) {
			a.stopped(rule.Path, rule.Position, OutOfStock)
			return false
		}
		p := gives[i].grant.Points
		if p == nil {
			continue
		}
		wanted, err := gives[i].base.RoundTo(p.Decimals, p.Rounding)
		if err != nil {
			a.out.note("evaluation", rule.Path, err.Error())
			a.trace.not(a.event.ID, rule.Path, rule.Position, Failed, "")
			return false
		}
		if a.cap(rule.Limits, p, wanted, to) < wanted {
			a.stoppedBy(a.tightest(rule.Limits, to), rule.Path, rule.Position, to)
			return false
		}
	}
	return true
}

// givePlanned gives one line of a rule to the event's member and reports whether anything remained to be given.
func (a *applier) givePlanned(g *plannedGrant, r *Rule, boosted bool) bool {
	if g.grant.Points == nil {
		return a.award(g.grant, r.Source, "", a.event)
	}
	amount := g.base
	var applied []Boosted
	if boosted {
		amount, applied = a.boost(g, withinLimits)
	}
	wanted, err := amount.RoundTo(g.grant.Points.Decimals, g.grant.Points.Rounding)
	if err != nil {
		a.out.note("evaluation", r.Path, err.Error())
		return false
	}
	given := a.decides.trimmed(a, r, g.grant.Points, wanted)
	if given == 0 && wanted > 0 {
		return false
	}
	if acc := a.m.account(g.grant.Points.ID); acc != nil && !acc.takesIn(given) {
		a.out.note("overflow", r.Path, "with this the member's "+g.grant.Points.ID+" would be more than can be counted: nothing was given")
		return false
	}
	a.usePoints(r.Limits, g.grant.Points, given, a.m)
	if given > 0 {
		a.useBoosts(g.grant, applied)
		a.awarding.points(a, issue{g.grant.Points, given, wanted, r.Pending, nil, r.Source, "", applied, r.moves()})
	}
	return true
}

// gives hands out what a goal gives for a cause. Amounts see the member as it is when the goal is reached.
func (a *applier) gives(grants []Grant, by *Definition, goal string, cause uint32) {
	if a.fresh {
		return
	}
	defer func(outer uint32) { a.cause = outer }(a.cause)
	a.cause = cause
	for i := range grants {
		g := &grants[i]
		if g.Points == nil {
			a.award(g, by.Source, goal, a.event)
		} else {
			a.awarding.goalPoints(a, g, by, goal)
		}
	}
}

// goalPoints gives what a goal gives of points.
func (a *applier) goalPoints(g *Grant, by *Definition, goal string) {
	first := len(a.grantPlan)
	if !a.planGrant(g, by.Path) {
		return
	}
	p := a.grantPlan[first]
	amount, applied := a.boost(&p, withinLimits)
	a.grantPlan, a.boostPlan = a.grantPlan[:first], a.boostPlan[:p.first]
	given, err := amount.RoundTo(g.Points.Decimals, g.Points.Rounding)
	if err != nil {
		a.out.note("evaluation", by.Path, err.Error())
		return
	}
	if given > 0 {
		a.useBoosts(g, applied)
		a.awarding.points(a, issue{g.Points, given, given, Pending{}, nil, by.Source, goal, applied, false})
	}
}

// award gives a badge, a reward or a tier's level. It reports false where nothing is left to give.
func (a *applier) award(g *Grant, by Source, goal string, e *event.Event) bool {
	switch {
	case g.Badge != nil:
		if !a.earnBadge(g.Badge, g.Level, by, e) {
			a.gave(BadgeEffect, g.Badge.ID, g.Level, by)
		}
	case g.Reward != nil:
		return a.awarding.reward(a, g.Reward, by, goal, e)
	case g.Tier != nil:
		a.liftTier(g.Tier, g.Level, e)
		a.gave(TierEffect, g.Tier.ID, g.Level, by)
	}
	return true
}

// gave notes a gift that no effect tells.
func (a *applier) gave(kind EffectKind, id, level string, by Source) {
	a.provenance.Gifts = append(a.provenance.Gifts, Gift{Kind: kind, ID: id, Level: level, Source: by, Cause: a.cause})
}

// handOut gives a reward, unless it is sold out.
func (a *applier) handOut(r *Reward, by Source, goal string, e *event.Event) bool {
	if now := a.current.Reward(r.ID); now != nil { // an older version may give it
		r = now
	}
	n, number := countRewards(a.out.Effects, r.ID, by, ""), countGifts(a.out.Effects)
	if !a.decides.inStock(a, r, by, n) {
		a.out.note(string(OutOfStock), by.String(), "nothing is left of reward "+r.ID)
		return false
	}
	code := a.code(r, e.ID+"\x00"+by.String()+"\x00"+goal+"\x00"+count(n), "", by)
	a.takeOne(r)
	expires := r.until(a.facts.calendar, e.Time)
	a.receive(RewardHeld{Reward: r.ID, Seq: a.seq, Number: number, Source: by, At: e.Time, Expires: expires, Code: code})
	a.out.Effects = append(a.out.Effects, Effect{Kind: RewardEffect, Cause: a.cause, ID: r.ID, Source: by, Goal: goal, Expires: expires, Code: code})
	a.tellReward(Cause{Event: RewardGiven, ID: r.ID, Goal: by.String(), Group: goal, Key: calendar.Key(a.cause), Times: e.Depth, At: e.Time},
		giftID(a.seq, number), expires)
	return true
}

// tellReward raises the event that a reward was given.
func (a *applier) tellReward(c Cause, holding string, expires calendar.Instant) {
	until := event.Value{}
	if expires != calendar.Forever {
		until = event.TimeValue(expires)
	}
	a.follow(c, c.Times,
		[]event.Value{event.TextValue(c.Goal), event.TextValue(c.ID), event.TextValue(a.kindOf(c.ID)), event.TextValue(holding), until}, holding)
}
