package engine

import (
	"errors"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// MaxDepth is how many events may cause one another in a chain; what would come after that is noted and not done.
const MaxDepth = 4

// Apply decides what an event means: it settles what is due at the event's arrival, finds what the ruleset says of the
// event, and changes the subjects accordingly. It is a function of its arguments alone; the event must have passed check.
//
// Conditions, amounts and boosts see the member as before the event. What the event causes for the same member
// (challenge_completed and the like) is processed next, and is part of the same outcome.
func Apply(rules *Ruleset, subjects *Subjects, e *event.Event, seq uint64, trace *Trace) *Outcome {
	a := newApplier(&live{})
	return a.run(rules, rules, subjects, e, seq, trace)
}

// applier is the working memory of Apply, reused from event to event.
type applier struct {
	decides  decisions
	awarding awarding

	current  *Ruleset // in force: its definitions keep progress
	asOf     *Ruleset // in force at the event's time: its rules, boosts and windows decide
	subjects *Subjects
	trace    *Trace
	out      *Outcome
	seq      uint64
	m        *Member
	top      *event.Event   // as it was accepted
	event    *event.Event   // the one being processed: the event itself or a follow-up
	queue    []*event.Event // follow-ups of the same member, not yet processed
	facts    Facts
	// overworked is set where the event has used up its steps, of rules and of what counts.
	overworked [2]bool

	clock
	planning
	counting
	giving
	telling
}

// newApplier is one that gives what is reached.
func newApplier(by decisions) applier {
	return applier{decides: by, awarding: accepting{}, counting: counting{forgets: true}}
}

// clock is what the applier knows of time.
type clock struct {
	now      calendar.Instant // of arrival: what is due by then is settled
	accepted calendar.Instant // when the event is accepted; of an imported one, when the last live one before it was
	opened   calendar.Instant // when the first live event was accepted, 0 before it
	phase    phase
	turns    map[*timer]occurrence // the next occurrences that are known
	idle     idleEnds
	// then is the member before the event that is amended, while limits are asked as of it.
	then *Member
}

// planning is what the event matches, found before any of it is carried out.
type planning struct {
	rulePlan  []plannedRule
	grantPlan []plannedGrant
	boostPlan []plannedBoost
	feedPlan  []plannedFeed
	// What the index of the event's type finds, and memory for finding it.
	candidateRules []*Rule
	candidateFeeds []*Feed
	clausesLeft    bitmap
}

// counting is what is under way while progress is counted.
type counting struct {
	metrics  tierMetrics
	aging    tierMetrics // of a tier's base, beside those of its state
	changes  []challenges.LevelChange
	tiers    bool // a tier's count has changed
	earnings int  // how many points, one because of another, are being counted as earned
	forgets  bool // what no event can reach any more is dropped
}

// giving is what is under way while something is given or taken.
type giving struct {
	codeKey []byte // of generated codes
	cause   uint32 // of what is being given
	// fresh is set while what has been reached leads to nothing yet: a recomputation has found something that no record has, and what
	// that gives, and leads to, follows when it is reached indeed.
	fresh      bool
	provenance Provenance
}

// telling is what is told at the end, and memory for it.
type telling struct {
	raised []Notification
	// listened reports whether a type of message is told; nil: all are, but for those that are told to listeners only.
	listened func(name string) bool
	effects  []Effect
	entries  []Entry
	kept     keepsakes
	// standings are the scores of a member that is erased now.
	standings []ScoreChange
}

// keepsakes is where outcomes are made, which live until they are committed and answered. Nothing in a list points to an outcome: each
// piece would keep the one before it, without end.
type keepsakes struct {
	outcomes    arena[Outcome]
	effects     arena[Effect]
	entries     arena[Entry]
	provenances arena[Provenance]
	causes      arena[Cause]
	uses        arena[UsageMark]
	moves       arena[RankMove]
}

// phase is how far the applier is with an event.
type phase uint8

// The phases, in order. While time passes, what has been due before the event counts at its own instant.
const (
	phaseBegin phase = iota
	phaseTime        // what is due by the event's arrival
	phaseEvent       // the event and what it causes
	phaseEnded       // what the event has made due
	phaseConclude
)

// run applies an event in five phases.
func (a *applier) run(current, asOf *Ruleset, subjects *Subjects, e *event.Event, seq uint64, trace *Trace) *Outcome {
	a.current, a.asOf, a.subjects, a.trace = current, asOf, subjects, trace
	a.reset(e, seq)
	if ofProgram(e.Type) {
		a.out.Effects, a.out.Entries = nil, nil
		commands[e.Type](a, e)
		return a.out
	}
	a.begin(e)
	a.pass(e)
	a.decide(e)
	a.settleEnded(e)
	return a.conclude()
}

// reset forgets the event before.
func (a *applier) reset(e *event.Event, seq uint64) {
	a.out = &a.kept.outcomes.make(1)[0]
	*a.out = Outcome{ID: e.ID, Seq: seq, Ruleset: a.asOf.Tag, Effects: a.effects[:0], Entries: a.entries[:0], By: e.By}
	a.out.Scores = a.out.scores[:0]
	a.seq, a.now, a.top, a.event, a.queue, a.phase = seq, e.Arrived, e, e, a.queue[:0], phaseBegin
	a.tiers, a.cause, a.raised = false, 0, a.raised[:0]
	if !e.Past {
		a.accepted = e.Arrived
	}
	a.provenance.reset()
	a.facts.spent, a.facts.of, a.overworked = [2]int{}, ofRules, [2]bool{}
}

// begin finds the event's member, or lets it join.
func (a *applier) begin(e *event.Event) {
	if a.m = a.subjects.Member(e.Member); a.m == nil {
		a.join(e)
	}
	a.m.align(a.current)
	a.subjects.touchMember(a.m, a.seq)
	a.followMoves()
	a.startTiers(e.Time) // those that the ruleset did not have when the member joined
}

// pass lets time do what is due by the event's arrival. What it did while history was being imported is not told.
func (a *applier) pass(e *event.Event) {
	a.phase = phaseTime
	untold, raised := a.m.Live == calendar.Forever, len(a.raised)
	if e.Past {
		a.m.Live = calendar.Forever
	}
	a.awarding.settle(a, a.now)
	a.drain(0)
	if untold {
		a.raised = a.raised[:raised]
	}
}

// decide processes the event and what it causes.
func (a *applier) decide(e *event.Event) {
	a.phase = phaseEvent
	a.process(e)
	a.drain(0)
}

// settleEnded lets time do what the event itself has ended, such as a level that is no longer met.
func (a *applier) settleEnded(e *event.Event) {
	a.phase = phaseEnded
	if a.m.Due = a.nextDue(); a.m.Due <= a.now && e.Type != commandErase {
		a.awarding.settle(a, a.now)
		a.drain(0)
		a.m.Due = a.nextDue()
	}
}

// conclude tells what was raised, and completes the outcome.
func (a *applier) conclude() *Outcome {
	a.phase = phaseConclude
	a.decides.conclude(a)
	a.m.Events++
	a.out.Provenance = a.provenance.kept(&a.kept)
	a.out.sortEffects()
	// The outcome is kept until it is committed and answered; what it grew in is used again.
	a.effects, a.entries = a.out.Effects, a.out.Entries
	a.out.Effects, a.out.Entries = a.kept.effects.clone(a.effects), a.kept.entries.clone(a.entries)
	return a.out
}

// join makes a new member, with `joined` and its effects first.
func (a *applier) join(e *event.Event) {
	m := &Member{ID: e.Member, Joined: e.Time, Moved: a.current.lastMove()}
	m.align(a.current)
	a.m = m
	a.subjects.add(m)
	a.subjects.touchMember(m, a.seq)
	if e.Type == commandPut {
		a.put(e)
	}
	a.startTiers(e.Time)
	if !a.takenOver(e) {
		a.follow(Cause{Event: Joined, At: e.Time}, e.Depth, nil, e.ID)
		a.tellFreeLevels(e)
	}
	a.drain(0)
}

// process handles one event or follow-up.
func (a *applier) process(e *event.Event) {
	a.event, a.cause = e, e.Cause
	a.awarding.process(a, e)
}

// handle carries out a command of this package, or what the ruleset says of an event type.
func (a *applier) handle(e *event.Event) {
	if command := commands[e.Type]; command != nil {
		if !a.decides.refused(a) {
			command(a, e)
		}
		return
	}
	t := a.asOf.EventType(e.Type)
	if t == nil { // a follow-up's type, or one of an older ruleset, that nothing looks at
		return
	}
	if a.asOf == a.current {
		a.look(e)
		a.plan(t)
	} else {
		a.planLate(t, e)
	}
	a.m.note(e.Type, about(e.Type, e.Fields), e.Time)
	a.bridge(a.m, e)
	a.revive(e)
	for i := range a.feedPlan {
		a.foldPlanned(&a.feedPlan[i])
	}
	for i := range a.rulePlan {
		a.rule(&a.rulePlan[i])
	}
	if a.tiers {
		a.tiers = false
		a.rise(e.Time)
	}
}

// look points expressions at an event of the member at hand.
func (a *applier) look(e *event.Event) {
	a.facts.Reset(a.current, e, a.m)
	a.facts.subjects = a.subjects
}

// drain processes the follow-ups from the given one on.
func (a *applier) drain(from int) {
	for i := from; i < len(a.queue); i++ {
		a.process(a.queue[i])
	}
	a.queue = a.queue[:from]
}

// follow raises a built-in event. If any definition looks at it, it is noted as a cause and queued, under an id made of what led
// to it. It is an event of the member in any case.
func (a *applier) follow(c Cause, depth int, fields []event.Value, from ...string) {
	a.raise(c.Event, c.At, fields...)
	a.lead(c, depth, fields, from...)
}

// lead queues a built-in event as follow does, and tells nobody of it.
func (a *applier) lead(c Cause, depth int, fields []event.Value, from ...string) {
	if a.awarding.looksAt(a, c.Event) {
		a.enqueue(a.caused(c), c.Event, c.At, depth, fields, from...)
	} else {
		a.m.note(c.Event, about(c.Event, fields), c.At)
	}
	a.fresh = false
}

// looksAt reports whether a built-in event means more to the member than that it was: a definition names its type, or lots
// that an older ruleset opened expire after the last one.
func (m *Member) looksAt(rules *Ruleset, name string) bool {
	t := rules.EventType(name)
	return t != nil && t.Named || slices.ContainsFunc(m.Accounts, func(acc *Account) bool { return acc.dependsOn(name) })
}

// enqueue queues a built-in event of the same member, if any definition looks at it. Its id is derived from what led to it, so it is the same on every replay.
func (a *applier) enqueue(cause uint32, name string, at calendar.Instant, depth int, fields []event.Value, from ...string) {
	if !a.awarding.looksAt(a, name) {
		a.m.note(name, about(name, fields), at)
		return
	}
	if a.fresh {
		return
	}
	if depth >= MaxDepth {
		a.m.note(name, about(name, fields), at)
		a.out.note("depth", name, "this would be the "+strconv.Itoa(MaxDepth+1)+"th event in a chain; it was not processed")
		return
	}
	a.queue = append(a.queue, &event.Event{ID: derivedID(name, from...), Kind: event.Derived, Type: name, Member: a.m.ID, Time: at, Arrived: a.now, Fields: fields,
		Past: a.event != nil && a.event.Past, Depth: depth + 1, Cause: cause})
}

// ask evaluates a condition. An evaluation error is noted and counts as no.
func (a *applier) ask(c Cond, definition string) (yes bool) {
	if c == nil {
		return true
	}
	a.facts.Spend(1)
	yes = c(&a.facts)
	return !a.failed(definition) && yes
}

// failed notes an evaluation error, if there was one. That an event has used up its steps is noted once.
func (a *applier) failed(definition string) bool {
	err := a.facts.Failed()
	switch {
	case err == nil:
		return false
	case !errors.Is(err, ErrTooMuchWork):
		a.out.note("evaluation", definition, err.Error())
	case !a.overworked[a.facts.of]:
		a.overworked[a.facts.of] = true
		a.out.note("too_much_work", definition, err.Error()+"; this definition and those after it were not asked")
	}
	return true
}

// open asks whether a window is open. An evaluation error, of a promotion's `for`, is noted and counts as no.
func (a *applier) open(d *During, definition string) bool {
	yes := a.facts.open(d)
	return !a.failed(definition) && yes
}

// amount evaluates an amount. An evaluation error is noted.
func (a *applier) amount(f Amount, definition string) (decimal.Wide, bool) {
	a.facts.Spend(1)
	v := f(&a.facts)
	if a.failed(definition) {
		return decimal.Wide{}, false
	}
	return v, true
}

// pick evaluates a value. An evaluation error is noted and gives an absent value.
func (a *applier) pick(p Pick, definition string) event.Value {
	v := p(&a.facts)
	if a.failed(definition) {
		return event.Value{}
	}
	return v
}
