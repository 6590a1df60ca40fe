package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// What an event means is decided in two moments. First, with the member as before the event, every rule and counter of
// the event's type is asked: that is the plan. Then the plan is carried out, where only what is scarce (limits, balances)
// still decides.

type plannedRule struct {
	rule        *Rule
	to, from    string // other members, "" for the event's own
	first, last int    // into grantPlan, gives before takes
}

type plannedGrant struct {
	grant       *Grant
	base        decimal.Wide
	first, last int // into boostPlan
}

type plannedBoost struct {
	boost  *Boost
	factor decimal.Wide
}

type plannedFeed struct {
	feed         *Feed
	contribution challenges.Contribution
	group        string
	split        string
}

// plan asks every definition that looks at events of type t.
func (a *applier) plan(t *EventType) {
	a.rulePlan, a.grantPlan, a.boostPlan = a.rulePlan[:0], a.grantPlan[:0], a.boostPlan[:0]
	a.facts.plan(true)
	defer a.facts.plan(false)
	a.candidateRules = t.rules.candidates(&a.facts, &a.clausesLeft, a.candidateRules[:0])
	rules := a.candidateRules
	if a.trace != nil { // a trace tells of all of them why not
		rules = t.rules.all
	}
	for next, i := 0, 0; i < len(rules); i++ {
		spent := a.facts.spent
		a.planRule(rules[i])
		if next < len(a.candidateRules) && rules[i] == a.candidateRules[next] {
			next++
		} else { // what is asked for the trace alone takes no steps
			a.facts.spent = spent
		}
	}
	a.planFeeds(t)
}

// planFeeds asks what an event contributes to counters.
func (a *applier) planFeeds(t *EventType) {
	a.feedPlan = a.feedPlan[:0]
	now := a.goBack() // what counts belongs to the member of the event's own time
	a.facts.of = ofCounts
	a.candidateFeeds = t.feeds.candidates(&a.facts, &a.clausesLeft, a.candidateFeeds[:0])
	feeds := a.candidateFeeds
	if a.trace != nil {
		feeds = t.feeds.all
	}
	for next, i := 0, 0; i < len(feeds); i++ {
		spent := a.facts.spent
		a.planFeed(feeds[i])
		if next < len(a.candidateFeeds) && feeds[i] == a.candidateFeeds[next] {
			next++
		} else {
			a.facts.spent = spent
		}
	}
	a.m.Profile, a.facts.of = now, ofRules
}

// matches asks during, for and if, in that order, and traces the first that says no.
func (a *applier) matches(name string, at Position, who Cond, window *During, condition Cond, parts *Parts) bool {
	switch {
	case !a.open(window, name):
		a.trace.not(a.event.ID, name, at, WindowClosed, a.closed(window))
	case !a.ask(who, name):
		a.trace.not(a.event.ID, name, at, WhoseNot, a.unmet(parts.For))
	case !a.ask(condition, name):
		a.trace.not(a.event.ID, name, at, ConditionNot, a.unmet(parts.If))
	default:
		return true
	}
	return false
}

// unmet is what a trace tells of a condition that does not hold.
func (a *applier) unmet(parts []Part) string {
	if a.trace == nil {
		return ""
	}
	return a.facts.unmet(parts)
}

// closed is what a trace tells of windows that are closed.
func (a *applier) closed(d *During) string {
	switch {
	case a.trace == nil:
		return ""
	case len(d.Any) == 0:
		return "it is paused"
	}
	said := "open " + d.Any[0].Text
	for i := range d.Any[1:] {
		said += " or " + d.Any[i+1].Text
	}
	hour, minute := a.facts.Hour(), int(a.facts.calendar.Zone.Clock(a.event.Time)/time.Minute)%60
	return fmt.Sprintf("%s; the event was on %s %s at %02d:%02d", said, a.facts.Weekday(), a.facts.Date(), hour, minute)
}

func (a *applier) planRule(r *Rule) {
	name := r.Path
	if a.facts.exhausted() {
		a.trace.not(a.event.ID, name, r.Position, Failed, ErrTooMuchWork.Error())
		return
	}
	if !a.matches(name, r.Position, r.For, r.During, r.If, &r.Parts) {
		return
	}
	p := plannedRule{rule: r, first: len(a.grantPlan)}
	if r.To != nil {
		if p.to = a.pick(r.To, name).Text(); p.to == "" {
			a.trace.not(a.event.ID, name, r.Position, WhoseNot, "there is nobody to give to")
			return
		}
		p.to = a.subjects.nameNow(p.to)
	}
	if r.From != nil {
		if p.from = a.pick(r.From, name).Text(); p.from == "" {
			a.trace.not(a.event.ID, name, r.Position, WhoseNot, "there is nobody to take from")
			return
		}
		p.from = a.subjects.nameNow(p.from)
	}
	for i := range r.Give {
		if !a.planGrant(&r.Give[i], name) {
			a.grantPlan = a.grantPlan[:p.first]
			a.trace.not(a.event.ID, name, r.Position, Failed, "")
			return
		}
	}
	for i := range r.Take {
		if !a.planGrant(&r.Take[i], name) {
			a.grantPlan = a.grantPlan[:p.first]
			a.trace.not(a.event.ID, name, r.Position, Failed, "")
			return
		}
	}
	p.last = len(a.grantPlan)
	a.rulePlan = append(a.rulePlan, p)
}

// planGrant evaluates one line of give or take, with its boosts, for the event at hand.
func (a *applier) planGrant(g *Grant, name string) bool {
	p := plannedGrant{grant: g, first: len(a.boostPlan)}
	if g.Points != nil {
		base, ok := a.amount(g.Amount, name)
		if !ok {
			return false
		}
		if base.Sign() < 0 {
			a.out.note("evaluation", name, "the amount is negative; nothing was given")
			return false
		}
		p.base = base
		for _, b := range g.Boosts {
			a.planBoost(b)
		}
	}
	p.last = len(a.boostPlan)
	a.grantPlan = append(a.grantPlan, p)
	return true
}

func (a *applier) planBoost(b *Boost) {
	name := b.Path
	if !a.matches(name, b.Position, b.For, b.During, b.If, &b.Parts) {
		return
	}
	of := b.Times
	if of == nil {
		of = b.Plus
	}
	if factor, ok := a.amount(of, name); ok {
		a.boostPlan = append(a.boostPlan, plannedBoost{boost: b, factor: factor})
	}
}

func (a *applier) planFeed(f *Feed) {
	c := f.counter
	if a.facts.exhausted() {
		a.trace.not(a.event.ID, c.Path, c.Position, Failed, ErrTooMuchWork.Error())
		return
	}
	if a.event.Time < c.start {
		a.trace.not(a.event.ID, c.Path, c.Position, NotActive, "it was added later")
		return
	}
	if !a.matches(c.Path, c.Position, f.For, f.During, f.If, &f.Parts) {
		return
	}
	p := plannedFeed{feed: f, contribution: challenges.Contribution{At: a.event.Time, ID: a.event.ID, Value: decimal.One}}
	if f.Value != nil {
		ok := false
		if p.contribution.Value, ok = a.contributed(f); !ok {
			return
		}
	}
	if f.Values != nil {
		p.contribution.Keys = f.Values(&a.facts, nil)
		if a.failed(c.Name) || len(p.contribution.Keys) == 0 {
			return
		}
	}
	counts := false
	if p.group, p.split, counts = a.placed(f.By, f.Split, c.Name); !counts {
		return
	}
	a.feedPlan = append(a.feedPlan, p)
	a.trace.fired(a.event.ID, c.Name, c.Position)
}

// contributed is what an event contributes to a counter. What is out of the range of numbers overflows it.
func (a *applier) contributed(f *Feed) (d decimal.Decimal, ok bool) {
	v := f.Value(&a.facts)
	err := a.facts.Failed()
	if err == nil {
		d, err = v.Decimal()
	}
	switch {
	case err == nil:
		return d, true
	case errors.Is(err, decimal.ErrOverflow):
		a.out.uncounted = f.counter.Path
		a.out.note("overflow", f.counter.Path, overflowing)
	default:
		a.out.note("evaluation", f.counter.Name, err.Error())
	}
	return 0, false
}
