package engine

import (
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// estimate is what the rules of an event want when they are asked again for an amendment: with the member as it was before the
// event, by the version and the boosts of then, limits aside.
type estimate struct {
	b     *applier    // with the member as it was
	event event.Event // as amended
	rules []plannedRule
	gives []plannedGrant
	fired map[Source]*plannedRule
	lines map[line]*wanting
}

// line is one line of a rule's give or take, for a member.
type line struct {
	source Source
	id     string // of the points
	take   bool
	member string // another member, "" for the event's
}

// wanting is what a line amounts to before limits.
type wanting struct {
	of     *Grant
	base   decimal.Wide
	wanted decimal.Decimal
	boosts []Boosted
}

// Line is what one line of the reversed event's rules has come to, as of a revision.
type Line struct {
	Source Source
	ID     string
	Take   bool
	Member string
	Wanted decimal.Decimal // before limits
	Most   decimal.Decimal // the most that it has ever come to, which limits count
	Boosts []Boosted       // the most that each has ever added
}

func (l *Line) line() line { return line{l.Source, l.ID, l.Take, l.Member} }

// boosted is the most that a boost has added to the line.
func (l *Line) boosted(boost string) Boosted {
	for _, b := range l.Boosts {
		if b.Boost == boost {
			return b
		}
	}
	return Boosted{Boost: boost}
}

// estimated asks the rules about the event as it is, and as amended.
func (j *recomputation) estimated() *estimate {
	target := j.r.target
	present, rules := j.r.rules(target)
	subjects := NewSubjects(present, j.r.state)
	for _, rec := range j.r.records {
		if rec.Seq < target.Seq {
			replay(j.r.versions, subjects, rec.asThen())
		}
	}
	fresh := newApplier(&live{})
	b := &fresh
	// Time had passed by then, and a member that was new had joined.
	b.run(present, rules, subjects, &event.Event{ID: target.Event.ID, Type: commandTime, Member: target.member(), Time: target.Event.Time,
		Arrived: target.Event.Arrived}, target.Seq, nil)
	b.m.align(rules)
	before := target.Event.Data
	if patch := j.amended[target.Seq]; patch != nil {
		before, _ = merged(before, patch)
	}
	unlimited := func(_ *applier, _ *Boost, _ *Points, added decimal.Wide) decimal.Wide { return added }
	j.was = j.ask(b, before, func(*plannedRule, line, *plannedGrant) allowance { return unlimited })
	known := len(b.out.Notes)
	x := j.ask(b, j.r.data, j.mayAdd)
	for _, n := range b.out.Notes[known:] { // what cannot be computed of the amended data is told as it is of an event
		if !slices.Contains(j.a.out.Notes, n) {
			j.a.out.Notes = append(j.a.out.Notes, n)
		}
	}
	return x
}

// ask asks the rules about the event with some data. allowed says what boosts may add to a line.
func (j *recomputation) ask(b *applier, data []byte, allowed func(*plannedRule, line, *plannedGrant) allowance) *estimate {
	x := &estimate{b: b, event: j.r.target.Event, fired: map[Source]*plannedRule{}, lines: map[line]*wanting{}}
	x.event.Data, x.event.Cause = data, 0
	t := b.asOf.EventType(x.event.Type)
	x.event.Read(t.Schema)
	b.event = &x.event
	b.facts.Reset(b.asOf, &x.event, b.m)
	b.facts.subjects = b.subjects
	b.plan(t)
	x.rules, x.gives = slices.Clone(b.rulePlan), slices.Clone(b.grantPlan)
	for i := range x.rules {
		p := &x.rules[i]
		p.to, p.from = j.a.subjects.nameNow(p.to), j.a.subjects.nameNow(p.from)
		x.fired[p.rule.Source] = p
		for k := p.first; k < p.last; k++ {
			g := &x.gives[k]
			if g.grant.Points == nil {
				continue
			}
			l := p.line(g.grant.Points, k-p.first >= len(p.rule.Give))
			if w := b.comes(p, g, allowed(p, l, g)); w != nil {
				x.lines[l] = w
			}
		}
	}
	return x
}

// comes is what a line of a rule amounts to with what boosts may add, nil for what is no number.
func (a *applier) comes(p *plannedRule, g *plannedGrant, allowed allowance) *wanting {
	w := &wanting{of: g.grant, base: g.base}
	amount := g.base
	if len(p.rule.Take) == 0 {
		amount, w.boosts = a.boost(g, allowed)
	}
	d, err := amount.RoundTo(g.grant.Points.Decimals, g.grant.Points.Rounding)
	if err != nil {
		a.out.note("evaluation", p.rule.Path, err.Error())
		return nil
	}
	w.wanted = d
	return w
}

// asked is what a line of the amended event amounts to, now that the rules before have used what they did of the limits of boosts.
func (j *recomputation) asked(p *plannedRule, l line, g *plannedGrant) *wanting {
	w := j.lines.lines[l]
	if w == nil || !slices.ContainsFunc(g.grant.Boosts, func(b *Boost) bool { return len(b.Limits) > 0 }) {
		return w
	}
	return j.lines.b.comes(p, g, j.mayAdd(p, l, g))
}

// line is the line of a planned rule for some points.
func (p *plannedRule) line(points *Points, take bool) line {
	member := p.to
	if take {
		member = p.from
	}
	return line{p.rule.Source, points.ID, take, member}
}

// mayAdd says what boosts may add to a line of the amended event: where its base falls no more than they ever added, else what
// their limits still allow on top.
func (j *recomputation) mayAdd(_ *plannedRule, l line, g *plannedGrant) allowance {
	state, was := j.state(l), j.was.lines[l]
	lowered := was != nil && g.base.Cmp(was.base) < 0
	return func(_ *applier, b *Boost, points *Points, added decimal.Wide) decimal.Wide {
		most := state.boosted(b.ID).Added.Wide()
		more, err := added.Sub(most)
		switch {
		case err != nil || more.Sign() <= 0 || !lowered && len(b.Limits) == 0:
			return added
		case !lowered:
			j.asTarget(func() { more = j.a.roomOf(b, points, more, most.Sign() > 0) })
			if sum, err := most.Add(more); err == nil {
				return sum
			}
		}
		return most
	}
}

// roomOf is how much of what a boost would add more its limits allow; used tells that the event has used them already.
func (a *applier) roomOf(b *Boost, points *Points, more decimal.Wide, used bool) decimal.Wide {
	if l := a.refusingLimit(b.Limits, a.m); l != nil && !used {
		return decimal.Wide{}
	}
	for _, nothing := range []bool{false, true} { // those that trim go first
		for _, l := range b.Limits {
			if l.Points != points || l.Points == nil || l.OrNothing != nothing {
				continue
			}
			if left := a.room(l, a.m).Wide(); left.Cmp(more) < 0 && nothing {
				return decimal.Wide{}
			} else if left.Cmp(more) < 0 {
				more = left
			}
		}
	}
	return more
}

// room is what a limit leaves; of a period whose uses are known no more it leaves nothing.
func (a *applier) room(l *Limit, to *Member) decimal.Decimal {
	if a.usesForgotten(l) {
		return 0
	}
	return max(0, l.N-a.used(l, to))
}

// state is what a line has amounted to so far: by the last revision, or by the event itself.
func (j *recomputation) state(l line) *Line {
	state := &Line{Source: l.source, ID: l.id, Take: l.take, Member: l.member}
	for _, rec := range slices.Backward(j.r.revisions()) {
		if rec.Event.Type != commandAmend {
			continue
		}
		for i := range rec.Outcome.Revision.Lines {
			if x := &rec.Outcome.Revision.Lines[i]; x.line() == l {
				copied := *x
				return &copied
			}
		}
		return state
	}
	for i := range j.r.target.Outcome.Effects {
		e := &j.r.target.Outcome.Effects[i]
		switch {
		case e.Cause > 0 || e.Source != l.source:
		case e.Kind == PointsEffect && l.member == "" && e.ID == l.id && (e.Amount < 0) == l.take:
			state.Wanted, state.Most, state.Boosts = max(e.Wanted, -e.Wanted), max(e.Amount, -e.Amount), e.Boosts
			return state
		case e.Kind == QueuedEffect && l.member != "":
			if of, g := j.queued(e); of == l {
				state.Wanted, state.Most, state.Boosts = max(g.Wanted, g.Amount), g.Amount, g.Boosts
				return state
			}
		}
	}
	if w := j.was.lines[l]; w != nil { // nothing came of it, by a limit or as it came to nothing
		state.Wanted = w.wanted
		for _, x := range w.boosts {
			if len(w.of.boost(x.Boost).Limits) == 0 {
				state.Boosts = append(state.Boosts, x) // it was free to add that, and may again
			}
		}
	}
	return state
}

// queued reads what an event queued for another member.
func (j *recomputation) queued(e *Effect) (l line, g granted) {
	rec := j.r.known(e.ID)
	if rec == nil || json.Unmarshal(rec.Event.Data, &g) != nil {
		return line{}, g
	}
	return line{e.Source, g.Points, rec.Event.Type == commandTake, rec.Event.Member}, g
}

// asTarget lets limits and amounts be asked as of the reversed event, with the member and the uses of now.
func (j *recomputation) asTarget(do func()) {
	a := j.a
	event, asOf, facts, cause, then := a.event, a.asOf, a.facts, a.cause, a.then
	amended := *underReversal(&j.r.target.Event, a.event)
	if j.lines != nil {
		amended.Data, amended.Fields = j.lines.event.Data, j.lines.event.Fields
	} else {
		amended.Fields = j.was.b.event.Fields
	}
	_, a.asOf = j.r.rules(j.r.target)
	a.event, a.facts, a.cause, a.then = &amended, j.was.b.facts, 0, j.was.b.m
	do()
	a.event, a.asOf, a.facts, a.cause, a.then = event, asOf, facts, cause, then
}

// underReversal is the event under the id of the reversal that gives more of it: what that gives is told apart from what the event
// gave.
func underReversal(e, reversal *event.Event) *event.Event {
	of := *e
	of.ID, of.Arrived, of.Depth, of.Cause = reversal.ID, reversal.Arrived, reversal.Depth, 0
	return &of
}
