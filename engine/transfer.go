package engine

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// parties are who receives and who gives, nil for one that is not known.
func (a *applier) parties(p *plannedRule) (to, from *Member) {
	to, from = a.m, a.m
	if p.to != "" {
		to = a.subjects.Member(p.to)
	}
	if p.from != "" {
		from = a.subjects.Member(p.from)
	}
	return to, from
}

// mayTransfer reports whether a rule has another member to give to or to take from, and notes why not.
func (a *applier) mayTransfer(p *plannedRule, to, from *Member) bool {
	r, name := p.rule, p.rule.Path
	switch {
	case to == nil || from == nil || p.toSelf(to, from):
		a.out.note("not_given", name, "the receiver or giver is not a known other member; nothing was given")
		a.trace.not(a.event.ID, name, r.Position, WhoseNot, "not a known other member")
	case r.ToField != nil && a.circular(to, r.ToField):
		a.out.note("not_given", name, "the receiver's own "+r.ToField.Name+" leads back to the member; nothing was given")
		a.trace.not(a.event.ID, name, r.Position, WhoseNot, "it leads back to the member")
	case a.event.Depth >= MaxDepth:
		a.out.note("depth", name, "too many events in a chain; nothing was given")
	default:
		return true
	}
	return false
}

// carryOver carries out a rule that gives to, or takes from, another member: limits and balances are decided here, the
// change itself is an event of that member, processed right after in the same commit.
func (a *applier) carryOver(p *plannedRule, to, from *Member) {
	r, name := p.rule, p.rule.Path
	if l := a.refusingLimit(r.Limits, to); l != nil {
		a.stoppedBy(l, name, r.Position, to)
		for i, g := range a.grantPlan[p.first : p.first+len(r.Give)] {
			switch {
			case g.grant.Badge == nil || !to.holds(g.grant.Badge, g.grant.Level):
			case to == a.m:
				a.gave(BadgeEffect, g.grant.Badge.ID, g.grant.Level, r.Source)
			default:
				a.giveTo(to, &a.grantPlan[p.first+i], r, false) // one more cause of what is held
			}
		}
		return
	}
	gives, takes := a.grantPlan[p.first:p.first+len(r.Give)], a.grantPlan[p.first+len(r.Give):p.last]
	if !a.decides.whole(a, gives, takes, r, to) {
		return
	}
	taken := false
	if from == a.m {
		taken = a.take(takes, r.Source)
	} else {
		taken = a.takeFrom(from, takes, r)
	}
	if !taken {
		a.stopped(name, r.Position, BalanceShort)
		return
	}
	fired := len(takes) > 0
	for i := range gives {
		if to == a.m {
			fired = a.givePlanned(&gives[i], r, false) || fired
		} else {
			fired = a.giveTo(to, &gives[i], r, len(takes) == 0) || fired
		}
	}
	if !fired {
		a.gaveNothing(r, to)
		return
	}
	a.countUse(r.Limits, r.Source, to)
	a.subjects.touchMember(to, to.Version) // its uses have changed; what it is given is an event of its own
	a.trace.fired(a.event.ID, name, r.Position)
}

// ofOthers reports whether a rule gives to, or takes from, another member.
func (p *plannedRule) ofOthers() bool { return p.to != "" || p.from != "" }

// moves reports whether a rule takes from one member what it gives to another.
func (r *Rule) moves() bool { return len(r.Take) > 0 && (r.To != nil || r.From != nil) }

// toSelf reports whether receiver and payer of a rule that gives are the same member.
func (p *plannedRule) toSelf(to, from *Member) bool {
	return to == from && (p.to != "" || len(p.rule.Give) > 0)
}

// maxCircle bounds how far a circle of members is followed.
const maxCircle = 16

// circular reports whether a field of members, followed from one, leads back to the member at hand: they refer one another, and
// each would be paid for the other.
func (a *applier) circular(from *Member, field *event.Field) bool {
	for range maxCircle {
		f := from.schema.Field(field.Name)
		if f == nil || f.Slot >= len(from.Profile) {
			return false
		}
		next := from.Profile[f.Slot].Text()
		if next == a.m.ID {
			return true
		}
		if next == "" || next == from.ID {
			return false
		}
		if from = a.subjects.living(next); from == nil || from == a.m {
			return from == a.m
		}
	}
	return false
}

// giveTo queues one line of a rule for another member. It reports false where limits leave nothing of it.
func (a *applier) giveTo(to *Member, g *plannedGrant, r *Rule, boosted bool) bool {
	data := granted{Source: r.Source, Level: g.grant.Level, Moved: r.moves()}
	switch {
	case g.grant.Badge != nil:
		data.Badge = g.grant.Badge.ID
	case g.grant.Reward != nil:
		data.Reward = g.grant.Reward.ID
	case g.grant.Tier != nil:
		data.Tier = g.grant.Tier.ID
	case g.grant.Points != nil:
		amount := g.base
		if boosted {
			amount, data.Boosts = a.boost(g, withinLimits)
		}
		wanted, err := amount.RoundTo(g.grant.Points.Decimals, g.grant.Points.Rounding)
		if err != nil {
			a.out.note("evaluation", r.Path, err.Error())
			return false
		}
		given := a.cap(r.Limits, g.grant.Points, wanted, to)
		if given == 0 {
			return wanted == 0
		}
		a.useBoosts(g.grant, data.Boosts)
		a.usePoints(r.Limits, g.grant.Points, given, to)
		data.Points, data.Amount, data.Wanted = g.grant.Points.ID, given, wanted
		if r.Pending.Set {
			data.Pending = &r.Pending
		}
	}
	a.queueFor(to.ID, commandGrant, r, g.grant.what(), data)
	return true
}

// takeFrom takes points from another member, all of them or none.
func (a *applier) takeFrom(from *Member, takes []plannedGrant, by *Rule) bool {
	amounts := make([]decimal.Decimal, len(takes))
	for i := range takes {
		p := takes[i].grant.Points
		d, err := takes[i].base.RoundTo(p.Decimals, p.Rounding)
		if err != nil || from.spendable(a.current, p, a.now)-a.promised(from, p) < d {
			return false
		}
		amounts[i] = d
	}
	for i := range takes {
		a.queueFor(from.ID, commandTake, by, takes[i].grant.what(), granted{Points: takes[i].grant.Points.ID, Source: by.Source, Amount: amounts[i]})
	}
	return true
}

// promised is what this outcome takes from another member already; it is carried out right after.
func (a *applier) promised(from *Member, p *Points) (sum decimal.Decimal) {
	for _, e := range a.out.Queued {
		var g granted
		if e.Type == commandTake && e.Member == from.ID && json.Unmarshal(e.Data, &g) == nil && g.Points == p.ID {
			sum += g.Amount
		}
	}
	return sum
}

// queueFor queues a command for another member, under an id derived from the event, the definition and what it gives.
func (a *applier) queueFor(member, command string, by *Rule, what string, data granted) {
	id := transferID(command, a.event, by, what, member)
	a.out.Queued = append(a.out.Queued, &event.Event{ID: id, Kind: event.Derived, Type: command, Member: member, Time: a.event.Time, Timed: true,
		Arrived: a.now, Data: encodeJSON(data), Past: a.event.Past, Depth: a.event.Depth + 1})
	a.out.Effects = append(a.out.Effects, Effect{Kind: QueuedEffect, Cause: a.cause, ID: id, Source: by.Source,
		Queued: &Queued{Member: member, What: what, Take: command == commandTake}})
}

// what names what a line of a rule gives or takes. A badge and a reward may have the same id.
func (g *Grant) what() string {
	switch {
	case g.Badge != nil:
		return "badge." + g.Badge.ID
	case g.Reward != nil:
		return "reward." + g.Reward.ID
	case g.Tier != nil:
		return "tier." + g.Tier.ID
	default:
		return g.Points.ID
	}
}

// transferID is the id of what an event gives to another member, or takes from one.
func transferID(command string, e *event.Event, by *Rule, what, member string) string {
	return derivedID(command, e.ID, by.Path, what, member)
}
