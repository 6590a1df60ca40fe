package engine

import (
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// replay looks at the member's events again, as this recomputation has them.
func (j *recomputation) replay() *applier {
	j.risen, j.paid, j.clocks = map[levelOf]int{}, map[groupGoal]bool{}, map[uint64]calendar.Calendar{}
	j.awarded()
	b := &applier{decides: &recomputed{}, awarding: j}
	j.timed = nil
	id := j.r.target.Event.Member
	subjects := NewSubjects(j.a.current, j.r.state)
	if m := subjects.Member(id); m != nil {
		m.Accounts, m.Uses, m.Rewards, m.Claims = nil, nil, nil, nil // the records tell what was given
	}
	for _, rec := range append(slices.Clip(j.r.records), j.soFar()) {
		present, asOf := j.r.rules(rec)
		j.rec = rec
		e := rec.Event
		e.Cause = 0
		if rec.was != "" && e.Type == commandPut {
			e.Data = emptyProfile // the survivor's profile holds
		}
		if patch := j.amended[rec.Seq]; patch != nil {
			e.Data, _ = merged(e.Data, patch)
		}
		if t := asOf.EventType(e.Type); t != nil {
			e.Read(t.Schema)
		}
		out := b.run(present, asOf, subjects, &e, rec.Seq, nil)
		if j.a.out.overflow == "" {
			j.a.out.overflow = out.overflow
		}
		if rec.Seq == j.r.target.Seq && j.a.out.overflow == "" {
			j.a.out.overflow = out.uncounted
		}
	}
	// Time goes on until now, and the present ruleset asks.
	b.current, b.asOf, b.now, b.m, b.out = j.a.current, j.a.current, j.a.now, subjects.Member(id), &Outcome{}
	if b.m == nil {
		b.m = &Member{ID: id}
	}
	b.m.align(b.current)
	b.event = j.a.event
	b.look(j.a.event)
	b.settleStreaks(b.now)
	b.settleTiers(b.now)
	b.queue = nil
	return b
}

// emptyProfile changes nothing of a member.
var emptyProfile = []byte("{}")

// soFar is the record of the reversal itself as far as it goes: time may have given something before it.
func (j *recomputation) soFar() *Record {
	rec := &Record{Seq: j.a.seq, Event: *j.a.event, Outcome: Outcome{Effects: j.a.out.Effects, Entries: j.a.out.Entries,
		Provenance: j.a.provenance.kept(&j.a.kept), Notifications: cloned(j.a.raised)}}
	for _, v := range j.r.versions {
		if v.Rules == j.a.current {
			rec.Present = v.Number
		}
		if v.Rules == j.a.asOf {
			rec.Version = v.Number
		}
	}
	return rec
}

// rules are the versions that a record was decided by: the one whose definitions kept progress, and the one that judged.
func (r *reversal) rules(rec *Record) (present, asOf *Ruleset) {
	return versionByNumber(r.versions, rec.Present), versionByNumber(r.versions, rec.Version)
}

// state is the snapshot, for the member it is of, and when calls opened promotions.
func (r *reversal) state(key string) []byte {
	switch kind, name := subjectOf(key); {
	case kind == memberPrefix && name == r.target.Event.Member:
		return r.snapshot
	case kind == openingsPrefix:
		return r.present(key)
	}
	return nil
}

// replayed are the commands that make progress of their own.
var replayed = []string{commandPut, commandEnroll, commandLeave, commandGrant, commandShare, commandPlace, commandTime}

// process folds an event or follow-up, without asking rules: what they gave stands in the record.
func (j *recomputation) process(b *applier, e *event.Event) {
	top := e.Cause == 0
	if top {
		j.paidBy(j.rec)
	}
	j.look(b, e)
	if top {
		j.clocks[j.rec.Seq] = b.facts.calendar
	}
	if !top || !j.voided[j.rec.Seq] {
		j.fold(b, e)
	}
	if top {
		j.given(b, e)
	}
	if b.tiers {
		b.tiers = false
		b.event = e
		b.rise(e.Time)
	}
}

// look looks at an event, or at a gift by the clock by which it was counted.
func (j *recomputation) look(b *applier, e *event.Event) {
	var g granted
	if e.Type == commandGrant {
		_ = json.Unmarshal(e.Data, &g)
	}
	b.lookByTerms(e, g.Terms)
}

func (j *recomputation) fold(b *applier, e *event.Event) {
	if command := commands[e.Type]; command != nil {
		switch {
		case j.rec.Outcome.Refusal != nil:
		case slices.Contains(replayed, e.Type):
			command(b, e)
		case e.Type == commandMerge && j.rec.Outcome.Merge != nil:
			b.keepAgain(j.rec.Outcome.Merge)
		case e.Type == commandFreeze:
			b.freezeAgain(e)
		case e.Type == commandRepair:
			b.mendAgain(j.rec.Outcome.Provenance)
		case e.Type == commandClaim:
			b.raiseClaimAgain(RewardClaimed, e, EntryHeld, &j.rec.Outcome, nil)
		case e.Type == commandConfirm:
			if of := j.rec.Outcome.Handing; of == nil || of.Holding == "" {
				b.raiseClaimAgain(RewardConfirmed, e, EntrySpent, &j.rec.Outcome, j.returned)
			}
			b.raiseUsedAgain(e, &j.rec.Outcome, j.returned)
		case e.Type == commandUse:
			b.raiseUsedAgain(e, &j.rec.Outcome, j.returned)
		}
		return
	}
	t := b.asOf.EventType(e.Type)
	if t == nil {
		return
	}
	if b.asOf == b.current {
		b.planFeeds(t)
	} else {
		b.planLate(t, e)
	}
	b.m.note(e.Type, about(e.Type, e.Fields), e.Time)
	b.bridge(j.a.m, e)
	plan := b.feedPlan
	for i := range plan {
		b.foldPlanned(&plan[i])
	}
}

// given counts what the record says was given, as far as it was not taken back: points for the counters that count them,
// and badges and levels that rules gave.
func (j *recomputation) given(b *applier, e *event.Event) {
	rec := j.rec
	gaveMore := func(l line) (sum decimal.Decimal) {
		for _, x := range j.raises {
			if x.Kind == PointsEffect && x.seq == rec.Seq && x.ID == l.id && x.Source == l.source {
				sum += x.Amount
			}
		}
		return sum
	}
	var lines []line
	// By hand only what time had done meanwhile counts.
	byHand := isReversal(rec.Event.Type) || rec.Event.Type == commandAdjust || settles(rec.Event.Type) || rec.Event.Type == commandUse
	provenance := rec.Outcome.Provenance
	for i := range rec.Outcome.Effects {
		effect := &rec.Outcome.Effects[i]
		at := e.Time
		if effect.Cause > 0 {
			at = provenance.Causes[effect.Cause-1].At
		} else if byHand {
			continue
		}
		switch {
		case effect.Kind == PointsEffect && effect.Amount > 0:
			key := claimed{kind: PointsEffect, seq: rec.Seq, cause: effect.Cause, id: effect.ID, from: effect.Source, goal: effect.Goal}
			left := effect.Amount - j.back[key]
			if effect.Cause == 0 {
				l := line{source: effect.Source, id: effect.ID}
				left += gaveMore(l)
				lines = append(lines, l)
			}
			if left > 0 {
				j.earn(b, e, effect, at, left)
			}
		case effect.Kind == BadgeEffect:
			j.bestow(b, at, BadgeEffect, effect.ID, effect.Level, effect.Source,
				claimed{kind: BadgeEffect, seq: rec.Seq, cause: effect.Cause, id: effect.ID, from: effect.Source, goal: effect.Goal})
		}
	}
	for _, x := range j.raises {
		l := line{source: x.Source, id: x.ID}
		if x.seq == rec.Seq && x.Kind != PointsEffect {
			key := claimed{kind: x.Kind, seq: x.by, id: x.ID, from: x.Source} // as it is told by the effect, or by the gift
			if j.back[key] == 0 {
				key.goal = x.Level
				j.bestow(b, e.Time, x.Kind, x.ID, x.Level, x.Source, key)
			}
			continue
		}
		if x.seq != rec.Seq || slices.Contains(lines, l) {
			continue
		}
		lines = append(lines, l)
		if left := gaveMore(l) - j.back[claimed{kind: PointsEffect, seq: rec.Seq, id: x.ID, from: x.Source}]; left > 0 {
			j.earn(b, e, &Effect{ID: x.ID, Source: x.Source}, e.Time, left)
		}
	}
	j.tellGifts(b, e)
	if provenance == nil {
		return
	}
	for _, g := range provenance.Gifts {
		at := e.Time
		if g.Cause > 0 {
			at = provenance.Causes[g.Cause-1].At
		} else if byHand { // the raises tell
			continue
		}
		j.bestow(b, at, g.Kind, g.ID, g.Level, g.Source, claimed{kind: g.Kind, seq: rec.Seq, cause: g.Cause, id: g.ID, from: g.Source, goal: g.Level})
	}
}

// earn counts points at the time of what gave them.
func (j *recomputation) earn(b *applier, e *event.Event, effect *Effect, at calendar.Instant, amount decimal.Decimal) {
	p := b.asOf.PointsType(effect.ID)
	if p == nil || len(b.earning(p)) == 0 {
		return
	}
	earning := *e
	earning.Time = at
	b.event = &earning
	j.look(b, &earning)
	b.foldEarned(p, amount, effect.Source)
	b.event = e
	j.look(b, e)
}

// bestow gives a badge or level that a rule gave at an instant, unless it was taken back. Those that goals and counters give are
// found by the replay itself.
func (j *recomputation) bestow(b *applier, at calendar.Instant, kind EffectKind, id, level string, source Source, key claimed) {
	if source.Section != RuleSection || j.back[key] > 0 {
		return
	}
	of := *b.event
	of.Time = at
	switch kind {
	case BadgeEffect:
		if badge := find(b.current.Badges, id, func(b *Badge) string { return b.ID }); badge != nil {
			b.earnBadge(badge, level, source, &of)
		}
	case TierEffect:
		if t := b.current.tier(id); t != nil {
			b.liftTier(t, level, &of)
		}
	}
}

// settle lets time do what it had done by a record's arrival. What expired stands in the record.
func (j *recomputation) settle(b *applier, now calendar.Instant) {
	first := j.rec != nil && j.timed != j.rec // time is settled again after an event that has ended something
	j.timed = j.rec
	if first {
		j.turns(b)
	}
	b.settleStreaks(now)
	b.settleTiers(now)
	if first {
		j.tellExpired(b)
		j.tellRewards(b)
	}
}

// turns lets the openings and closings of promotions happen that the record says the member was told of.
func (j *recomputation) turns(b *applier) {
	if j.rec.Outcome.Provenance == nil {
		return
	}
	for i := range j.rec.Outcome.Provenance.Causes {
		c := &j.rec.Outcome.Provenance.Causes[i]
		if c.Event != PromotionOpened && c.Event != PromotionClosed {
			continue
		}
		at := slices.IndexFunc(b.current.timers, func(t *timer) bool { return t.Promotion != nil && t.key == c.ID })
		if at < 0 {
			continue
		}
		b.settleStreaks(c.At)
		b.settleTiers(c.At)
		t := b.current.timers[at]
		e := t.occurrence(b.m.ID, c.At)
		e.Cause = b.caused(*c)
		event, cause, now, waiting := b.event, b.cause, b.now, len(b.queue)
		b.event, b.cause, b.now = e, e.Cause, c.At
		b.look(e)
		if b.ask(t.Promotion.For, t.key) {
			b.queue = append(b.queue, e)
		}
		b.drain(waiting)
		b.event, b.cause, b.now = event, cause, now
	}
}

// tellExpired tells again of the points that the record says expired: as it was raised, as often and as much at a time. Imported
// history raises nothing, and tells once of each instant.
func (j *recomputation) tellExpired(b *applier) {
	told := false
	for i := range j.rec.Outcome.Notifications {
		if r := &j.rec.Outcome.Notifications[i]; r.Type == PointsExpired {
			b.tellExpired(r.Fields[0].Text(), Expiring{At: r.At, Amount: r.Fields[1].Number()})
			told = true
		}
	}
	if told {
		return
	}
	var expired []Expiring
	points := ""
	tell := func() {
		for _, e := range mergeExpiring(expired) {
			b.tellExpired(points, e)
		}
		expired = expired[:0]
	}
	for i := range j.rec.Outcome.Entries {
		e := &j.rec.Outcome.Entries[i]
		if e.Kind != EntryExpired {
			continue
		}
		if e.Points != points {
			tell()
			points = e.Points
		}
		expired = append(expired, Expiring{At: e.At, Amount: -e.Amount})
	}
	tell()
}

// groupGoal is a group's goal in a window.
type groupGoal struct {
	challenge, goal, group string
	window                 calendar.Key
}

// paidBy takes note of the groups' goals that a record paid, and that are still paid.
func (j *recomputation) paidBy(rec *Record) {
	if rec.Outcome.Provenance == nil {
		return
	}
	for i, c := range rec.Outcome.Provenance.Causes {
		if c.Event == ChallengeCompleted && !j.undone[CauseRef{rec.Seq, uint32(i + 1)}] {
			j.paid[groupGoal{c.ID, c.Goal, c.Group, c.Key}] = true
		}
	}
}
