package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// decisions answers who decides what is scarce, and who is told: limits, stock, codes, winners' places, what reversals amount to,
// and messages. There are four:
//
//   - live: an event is accepted now. The shared counts decide.
//   - recovered: an accepted event is applied again to the same state, after a restart. The shared counts decide again; what was
//     found out from a history, or handed out from outside, is as the record has it.
//   - recorded: an accepted event is applied again to a member alone, to see it as it was. The record decides.
//   - recomputed: a member's events are looked at again for what progress would be without some of them. Nobody is told.
//
// What calls them never asks which one it is: whatever differs is a method.
type decisions interface {
	// refused reports whether the record says that a command was refused, and refuses it again.
	refused(a *applier) bool
	// refuses reports whether a limit in times leaves a member no further time.
	refuses(a *applier, l *Limit, to *Member) bool
	// trimmed is what limits leave the event's member of an amount that a rule gives.
	trimmed(a *applier, r *Rule, p *Points, wanted decimal.Decimal) decimal.Decimal
	// whole reports whether a rule that takes can give all that it wants to, and notes why not.
	whole(a *applier, gives, takes []plannedGrant, r *Rule, to *Member) bool
	// inStock reports whether one of a reward is left; n is how many this outcome has given of it before.
	inStock(a *applier, r *Reward, by Source, n int) bool
	// code is the code of one of a reward that has codes. Generated ones are made of the seed.
	code(a *applier, r *Reward, seed, claim string, by Source) string
	// winner takes one of a goal's winners' places, by the order of acceptance, if one is left.
	winner(a *applier, ch *Challenge, window calendar.Key, g *Goal, c *Cause) bool
	// groupReached reports whether a group has reached a goal, for the member at hand.
	groupReached(a *applier, ch *Challenge, g *Group, window calendar.Key, goal *Goal, group string) bool
	// transfer carries out a rule that gives to, or takes from, another member.
	transfer(a *applier, p *plannedRule)
	// claimable reports whether a member may claim a reward now and can pay for it, and remembers why not.
	claimable(a *applier, r *Reward, costs []Cost) bool
	// reverse carries out what a reversal, or a merge of another member into the one at hand, amounts to.
	reverse(a *applier)
	// conclude tells what was raised.
	conclude(a *applier)
}

// live decides now.
type live struct {
	reversal *reversal // what the processor has read for a reversal
}

func (*live) refused(*applier) bool { return false }

func (*live) refuses(a *applier, l *Limit, to *Member) bool { return a.used(l, to)+decimal.One > l.N }

func (*live) trimmed(a *applier, r *Rule, p *Points, wanted decimal.Decimal) decimal.Decimal {
	return a.cap(r.Limits, p, wanted, a.m)
}

func (*live) whole(a *applier, gives, takes []plannedGrant, r *Rule, to *Member) bool {
	return a.whole(gives, takes, r, to)
}

func (*live) inStock(a *applier, r *Reward, _ Source, _ int) bool { return !a.soldOut(r) }

func (*live) code(a *applier, r *Reward, seed, _ string, _ Source) string { return a.nextCode(r, seed) }

func (*live) winner(a *applier, ch *Challenge, window calendar.Key, g *Goal, _ *Cause) bool {
	return a.takePlace(ch, window, g)
}

func (*live) groupReached(_ *applier, _ *Challenge, g *Group, window calendar.Key, goal *Goal, _ string) bool {
	return g.reached(window, goal.ID)
}

func (*live) transfer(a *applier, p *plannedRule) {
	to, from := a.parties(p)
	if !a.mayTransfer(p, to, from) {
		return
	}
	a.carryOver(p, to, from)
}

func (*live) claimable(a *applier, r *Reward, costs []Cost) bool { return a.claimable(r, costs) }

func (d *live) reverse(a *applier) {
	if d.reversal == nil {
		return
	}
	if d.reversal.command == commandMerge {
		x := a.unite(fromOf(a.event))
		rev := newRecomputation(a, d.reversal).merge(x)
		a.becomeOne(x, rev)
		return
	}
	j := newRecomputation(a, d.reversal)
	if j.decide(); j.refusal != nil {
		a.out.Refusal = j.refusal
		return
	}
	before := accountsOf(a.m)
	if !a.revise(j.rev, j.rises) {
		a.m.Accounts = before
		a.out.Refusal = &Refusal{Code: CodeInsufficient, Message: "the points that this would take back have been spent, and a balance may not fall below zero"}
	}
}

func (*live) conclude(a *applier) { a.tellRaised() }

// recovered decides as live does, after a restart.
type recovered struct {
	live
	out *Outcome // as it was recorded
}

func (d *recovered) code(a *applier, r *Reward, _, claim string, by Source) string {
	e := nthReward(d.out.Effects, r.ID, by, claim, countRewards(a.out.Effects, r.ID, by, claim))
	if e == nil {
		return ""
	}
	return e.Code
}

// transfer carries out a recorded transfer. Who the other one is may not be known any more, nor whom their profile named.
func (d *recovered) transfer(a *applier, p *plannedRule) {
	fired := d.fired(a, p.rule)
	switch to, from := a.parties(p); {
	case to == nil || from == nil:
		if fired {
			d.transferToErased(a, p)
		}
	case fired:
		a.carryOver(p, to, from)
	}
}

// transferToErased carries out a recorded transfer of which the other member is no more, as far as it concerned the member at
// hand. What it did to shared limits is told by the record's images.
func (d *recovered) transferToErased(a *applier, p *plannedRule) {
	r := p.rule
	if p.from == "" {
		a.take(a.grantPlan[p.first+len(r.Give):p.last], r.Source)
	}
	if p.to == "" {
		for i := range r.Give {
			a.givePlanned(&a.grantPlan[p.first+i], r, false)
		}
		a.countUse(r.Limits, r.Source, a.m)
	}
	for i := range d.out.Effects {
		if e := &d.out.Effects[i]; e.Kind == QueuedEffect && e.Source == r.Source && e.Cause == a.cause {
			a.out.Effects = append(a.out.Effects, *e)
		}
	}
}

// fired reports whether a rule fired for what is being processed: it gave, or took, or used a limit.
func (d *recovered) fired(a *applier, r *Rule) bool {
	if slices.ContainsFunc(d.out.Effects, func(e Effect) bool { return e.Source == r.Source && e.Cause == a.cause }) {
		return true
	}
	return d.out.Provenance != nil && slices.ContainsFunc(d.out.Provenance.Uses, func(u UsageMark) bool {
		return u.Cause == a.cause && u.Rule == r.Source
	})
}

func (d *recovered) reverse(a *applier) {
	a.out.Refusal = d.out.Refusal
	switch rev := d.out.Revision; {
	case d.out.Merge != nil:
		x := a.unite(d.out.Merge.From)
		x.Merge = *d.out.Merge
		a.becomeOne(x, rev)
	case rev != nil:
		a.revise(rev, func() { a.raiseAgain(rev) })
	}
}

// conclude leaves scores, effects and messages of a reversal, and the scores of an erasure, as they were found out then.
func (d *recovered) conclude(a *applier) {
	revised := d.out.Revision != nil
	if revised {
		a.out.Effects, a.raised = slices.Clone(d.out.Effects), append(a.raised[:0], d.out.Notifications...)
	}
	if revised || a.top.Type == commandErase {
		a.out.Scores = slices.Clone(d.out.Scores)
		for i := range a.out.Scores {
			a.out.Scores[i].Key.Program = a.current.Program
		}
	}
	d.live.conclude(a)
}

// recorded lets the record decide, for a member alone. What it gave is used up line by line: of several follow-ups that a rule
// gave for, each is applied with its own.
type recorded struct {
	recovered
}

// asRecorded are the decisions of a recorded outcome, which stays as it is.
func asRecorded(of *Outcome) *recorded {
	out := *of
	out.Effects = slices.Clone(out.Effects)
	return &recorded{recovered{out: &out}}
}

func (d *recorded) refused(a *applier) bool {
	a.out.Refusal = d.out.Refusal
	return a.out.Refusal != nil
}

// refuses asks the member's own limits: others have used what they share.
func (d *recorded) refuses(a *applier, l *Limit, to *Member) bool {
	return !l.shared() && d.live.refuses(a, l, to)
}

func (d *recorded) trimmed(_ *applier, r *Rule, p *Points, _ decimal.Decimal) decimal.Decimal {
	for i := range d.out.Effects {
		if e := d.out.Effects[i]; e.Kind == PointsEffect && e.ID == p.ID && e.Source == r.Source && e.Amount > 0 {
			d.out.Effects = slices.Delete(d.out.Effects, i, i+1)
			return e.Amount
		}
	}
	return 0
}

// whole reports whether the rule took something then.
func (d *recorded) whole(_ *applier, _, takes []plannedGrant, r *Rule, _ *Member) bool {
	return len(takes) == 0 || slices.ContainsFunc(d.out.Effects, func(e Effect) bool {
		return e.Kind == PointsEffect && e.Source == r.Source && e.Amount < 0
	})
}

func (d *recorded) inStock(_ *applier, r *Reward, by Source, n int) bool {
	return nthReward(d.out.Effects, r.ID, by, "", n) != nil
}

func (d *recorded) winner(_ *applier, _ *Challenge, _ calendar.Key, _ *Goal, c *Cause) bool {
	return d.out.won(c)
}

// groupReached reports whether it had by then, as its member saw.
func (d *recorded) groupReached(_ *applier, ch *Challenge, _ *Group, _ calendar.Key, goal *Goal, group string) bool {
	e := d.out.effect(ChallengeEffect, ch.ID, "", "", group)
	return e != nil && (e.Done || e.Wanted > goal.At)
}

// transfer carries out a recorded transfer as far as it concerned the member at hand.
func (d *recorded) transfer(a *applier, p *plannedRule) {
	r := p.rule
	fired := slices.ContainsFunc(d.out.Effects, func(e Effect) bool { return e.Source == r.Source })
	if fired && (p.to == "" || p.to == a.m.ID) {
		gives, given := a.grantPlan[p.first:p.first+len(r.Give)], len(r.Take) > 0
		for i := range gives {
			given = a.givePlanned(&gives[i], r, false) || given
		}
		if given {
			a.countUse(r.Limits, r.Source, a.m)
		}
	}
	d.out.Effects = slices.DeleteFunc(d.out.Effects, func(e Effect) bool {
		points := a.current.PointsType(e.ID)
		taken := e.Kind == PointsEffect && e.Source == r.Source && e.Amount < 0 && points != nil
		if taken {
			a.forfeit(points, -e.Amount, r.Source)
		}
		return taken
	})
}

func (*recorded) claimable(*applier, *Reward, []Cost) bool { return true }

// recomputed decides for a recomputation, which asks no rules: what they gave stands in the records.
type recomputed struct {
	live
}

// winner leaves it to the records who had the places.
func (*recomputed) winner(*applier, *Challenge, calendar.Key, *Goal, *Cause) bool { return true }

func (*recomputed) conclude(*applier) {}
