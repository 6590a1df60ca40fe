package engine

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// A recomputation finds out what a reversal amounts to. It looks at the member's events again, from a snapshot before the
// reversed one on, without what was reversed: counters, streaks, challenges, badges and tiers are folded again, points are
// taken from the records as they were given. An award that this does not reach any more is undone with what it gave, which
// may undo others: so it is repeated until nothing more falls. Nothing that it looks at is changed; what it finds is a
// Revision.
type recomputation struct {
	a   *applier // of the reversal, with the member as it is now
	r   *reversal
	rev *Revision

	voided  map[uint64]bool   // events that are skipped, by seq
	amended map[uint64][]byte // what is merged into the data of amended events
	undone  map[CauseRef]bool
	back    map[claimed]decimal.Decimal // what was taken back of each thing given, by this and earlier reversals
	uses    map[usedMark]bool           // given back
	expired map[lotsOf]decimal.Decimal  // what had expired of an event's lots, less what was forgiven

	returned map[string]returns // of claims

	was, lines *estimate           // of the event before and after its amendment
	moved      map[usedMark]bool   // uses of limits whose key the amendment changes
	freed      map[usedBy]bool     // those limits
	raises     []raised            // by earlier amendments
	forgiven   map[claimed][]piece // by earlier reversals, in order

	merged mergedAwards

	refusal *Refusal
	rec     *Record // being looked at
	timed   *Record // the last one of which what time had done has been told again
	risen   map[levelOf]int
	paid    map[groupGoal]bool           // by the records looked at so far
	rose    map[levelOf]int              // by the records
	awards  map[Cause]int                // by the records, and not found again so far
	reached []Cause                      // what no record has
	ran     []ranOnce                    // goals of streaks that the replay reached
	clocks  map[uint64]calendar.Calendar // by which the records counted
	ends    *applier                     // a replay that knows how far runs of streaks go; nil where that is not asked
}

// raised is what the amendment with a seq gave more for the event with another.
type raised struct {
	by, seq uint64
	*Raise
}

// piece is something that a reversal forgave, because it had expired or because it was spent.
type piece struct {
	amount decimal.Decimal
	lapsed bool
}

// claimed is one thing that an event gave.
type claimed struct {
	kind  EffectKind
	seq   uint64
	cause uint32
	id    string
	from  Source
	goal  string
	taken bool // taken, not given
}

type usedMark struct {
	seq   uint64
	index int
}

// usedBy is a limit as a rule uses it.
type usedBy struct {
	rule  Source
	limit uint64
}

type lotsOf struct {
	points string
	seq    uint64
}

// levelOf is a level of a tier, or a goal of a streak, with the streak's key.
type levelOf struct{ tier, level, streak string }

func newRecomputation(a *applier, r *reversal) *recomputation {
	j := &recomputation{a: a, r: r, rev: &Revision{Seq: r.target.Seq}, voided: map[uint64]bool{}, amended: map[uint64][]byte{},
		undone: map[CauseRef]bool{}, back: map[claimed]decimal.Decimal{}, uses: map[usedMark]bool{}, expired: map[lotsOf]decimal.Decimal{},
		moved: map[usedMark]bool{}, freed: map[usedBy]bool{}, forgiven: map[claimed][]piece{}}
	for _, rec := range append(slices.Clip(j.r.records), j.soFar()) {
		j.rememberReturn(rec)
	}
	for _, rec := range j.r.records {
		j.remember(rec)
	}
	j.expire(a.out.Entries)
	return j
}

// remember takes note of what an earlier reversal did, and of what expired.
func (j *recomputation) remember(rec *Record) {
	j.expire(rec.Outcome.Entries)
	rev := rec.Outcome.Revision
	if rev == nil {
		return
	}
	var data reversing
	if json.Unmarshal(rec.Event.Data, &data) == nil {
		switch rec.Event.Type {
		case commandVoid:
			j.voided[rev.Seq] = true
		case commandUndo:
			j.voided[rev.Seq] = data.Keep == nil
		case commandAmend:
			j.amended[rev.Seq] = data.Data
		}
	}
	for _, u := range rev.Undone {
		j.undone[u] = true
	}
	for i := range rev.Clawbacks {
		c := &rev.Clawbacks[i]
		j.back[c.claimed()] += c.Amount
		if c.Kind == PointsEffect {
			j.expired[lotsOf{c.ID, c.Seq}] -= c.Forgiven
			key := c.claimed()
			j.forgiven[key] = append(j.forgiven[key], piece{c.Forgiven, true}, piece{c.Let, false})
		}
	}
	for i := range rev.Raises {
		j.rememberRaise(rec.Seq, rev.Seq, &rev.Raises[i])
	}
	for i := range rev.Returned {
		p := &rev.Returned[i]
		j.back[claimed{kind: PointsEffect, seq: rev.Seq, cause: p.Cause, id: p.Points, from: p.Source, taken: true}] += p.Amount
	}
	for _, u := range rev.Uses {
		j.uses[usedMark{u.Seq, u.Index}] = true
	}
}

// rememberRaise takes note of what the amendment with a seq gave more, or forgave no longer, of the event with another.
func (j *recomputation) rememberRaise(by, seq uint64, r *Raise) {
	key := claimed{kind: PointsEffect, seq: seq, id: r.ID, from: r.Source}
	switch {
	case r.Take:
	case !r.Lifted:
		j.raises = append(j.raises, raised{by, seq, r})
	default:
		left := r.Amount
		for i := len(j.forgiven[key]) - 1; i >= 0; i-- {
			p := &j.forgiven[key][i]
			if p.lapsed == r.Lapsed {
				n := min(p.amount, left)
				p.amount, left = p.amount-n, left-n
			}
		}
		if j.back[key] -= r.Amount; r.Lapsed {
			j.expired[lotsOf{r.ID, seq}] += r.Amount
		}
	}
}

// rememberReturn takes note of what came back of a claim.
func (j *recomputation) rememberReturn(rec *Record) {
	if rec.Event.Type != commandReturn || rec.Outcome.Refusal != nil {
		return
	}
	for i := range rec.Outcome.Effects {
		e := &rec.Outcome.Effects[i]
		if e.Kind != RewardEffect || e.Claim == "" {
			continue
		}
		back := j.returned[e.Claim]
		if back.points == nil {
			back.points = map[string]decimal.Decimal{}
		}
		for k := range rec.Outcome.Effects {
			if p := &rec.Outcome.Effects[k]; p.Kind == PointsEffect && p.Cause == 0 && p.Source == e.Source {
				back.points[p.ID] += p.Wanted
			}
		}
		back.whole = e.State == ClaimReturned.String()
		if j.returned == nil {
			j.returned = map[string]returns{}
		}
		j.returned[e.Claim] = back
		return
	}
}

func (j *recomputation) expire(entries []Entry) {
	for i := range entries {
		if e := &entries[i]; e.Kind == EntryExpired || e.Kind == EntryRestored {
			j.expired[lotsOf{e.Points, e.Lot}] -= e.Amount
		}
	}
}

func (c *Clawback) claimed() claimed {
	return claimed{kind: c.Kind, seq: c.Seq, cause: c.Cause, id: c.ID, from: c.Source, goal: c.Goal}
}

// decide finds the revision.
func (j *recomputation) decide() {
	target := j.r.target
	j.leaveMerged()
	switch j.r.command {
	case commandRelease:
		if j.release(); j.refusal != nil {
			j.rev = &Revision{Seq: target.Seq}
		}
		return
	case commandRefuse:
		j.refuse()
	case commandAmend:
		j.lines = j.estimated()
		j.amended[target.Seq] = j.r.patch
		j.rev.Amended = &Amended{Type: target.Event.Type, At: target.Event.Time, Data: j.r.data}
		if then := j.was.b.m; then.Zone != nil {
			j.rev.Amended.Zone = then.Zone.Name()
		}
		j.moveKeys()
		j.undo(CauseRef{Seq: target.Seq}, target)
	case commandReturn: // what came back counts no more
		j.undoUse()
	case commandUndo:
		j.voided[target.Seq] = j.r.keep == nil
		j.undo(CauseRef{Seq: target.Seq}, target)
	default:
		j.voided[target.Seq] = true
		j.undo(CauseRef{Seq: target.Seq}, target)
	}
	b := j.replay()
	for j.compare(b) || j.paidLater(b) {
		b = j.replay()
	}
	if j.lines != nil {
		j.rev.Reached = j.reached
	}
	j.giveUsesBack()
	j.conclude(b)
}

// undo takes back what a cause gave; for the event itself, as far as its amended form would not give it.
func (j *recomputation) undo(ref CauseRef, rec *Record) {
	whole := ref.Cause > 0 || j.voided[ref.Seq]
	if whole {
		j.undone[ref] = true
		j.rev.Undone = append(j.rev.Undone, ref)
	}
	spread := map[line]decimal.Decimal{}
	for _, g := range j.gifts(ref, rec) {
		e := g.Effect
		if j.leaves(rec, e.Source) {
			continue
		}
		switch e.Kind {
		case PointsEffect:
			keep := decimal.Decimal(0)
			if !whole {
				keep = j.keeps(e)
			}
			j.takeBack(rec, e, keep)
		case BadgeEffect, RewardEffect:
			if whole || j.unfired(e.Source) {
				j.claw(g.rec, e, Clawback{Amount: decimal.One})
			}
		case QueuedEffect:
			j.undoQueued(g.rec, e, whole, spread)
		}
	}
	of := []*Record{rec}
	if ref.Cause == 0 && rec.Seq == j.r.target.Seq {
		of = append(of, j.r.revisions()...)
	}
	for _, rec := range of {
		if rec.Outcome.Provenance == nil {
			continue
		}
		for _, g := range rec.Outcome.Provenance.Gifts {
			if g.Cause == ref.Cause && !j.leaves(rec, g.Source) && (whole || j.unfired(g.Source)) {
				j.claw(rec, g.effect(), Clawback{Amount: decimal.One})
			}
		}
	}
}

// unfired reports whether the amended event does not match a definition.
func (j *recomputation) unfired(source Source) bool {
	return j.lines != nil && j.lines.fired[source] == nil
}

// effect is the gift as an effect that can be claimed back.
func (g *Gift) effect() *Effect {
	return &Effect{Kind: g.Kind, ID: g.ID, Source: g.Source, Goal: g.Level, Cause: g.Cause}
}

// keeps is how much of an effect of the reversed event stays.
func (j *recomputation) keeps(e *Effect) decimal.Decimal {
	if j.r.keep != nil {
		return *j.r.keep
	}
	return j.wants(line{source: e.Source, id: e.ID, take: e.Amount < 0})
}

// wants is what a line of the amended event amounts to.
func (j *recomputation) wants(l line) decimal.Decimal {
	if w := j.lines.lines[l]; w != nil && !j.unfired(l.source) {
		return w.wanted
	}
	return 0
}

// takeBack takes points back, or returns those that were taken, down to what is kept.
func (j *recomputation) takeBack(rec *Record, e *Effect, keep decimal.Decimal) {
	if e.Amount < 0 {
		j.giveBack(rec, e, keep)
		return
	}
	key := claimed{kind: PointsEffect, seq: rec.Seq, cause: e.Cause, id: e.ID, from: e.Source, goal: e.Goal}
	amount := e.Amount - min(keep, e.Amount) - j.back[key]
	if amount <= 0 {
		return
	}
	c := Clawback{Amount: amount, open: &openClawback{expired: max(0, j.expired[lotsOf{e.ID, rec.Seq}])}}
	present, asOf := j.r.rules(rec)
	for _, rules := range []*Ruleset{present, asOf} { // the one that judged has the last word
		if p := rules.PointsType(e.ID); p != nil {
			c.open.policy = p.Negative
		}
	}
	if (j.r.command == commandUndo || j.r.command == commandReturn) && c.open.policy == NegativeRefuse {
		c.open.policy = NegativeFloor // the reversal was decided with the event that led to this
	}
	j.claw(rec, e, c)
}

func (j *recomputation) claw(rec *Record, e *Effect, c Clawback) {
	c.Kind, c.Seq, c.Cause, c.ID, c.Source, c.Goal, c.queued = e.Kind, rec.Seq, e.Cause, e.ID, e.Source, e.Goal, e.Queued
	if e.Kind != PointsEffect && j.back[c.claimed()] > 0 && e.Kind != QueuedEffect {
		return
	}
	j.back[c.claimed()] += c.Amount
	j.rev.Clawbacks = append(j.rev.Clawbacks, c)
}

// giveBack returns what was taken, the last of it first, but for what is kept.
func (j *recomputation) giveBack(rec *Record, e *Effect, keep decimal.Decimal) {
	key := claimed{kind: PointsEffect, seq: rec.Seq, cause: e.Cause, id: e.ID, from: e.Source, taken: true}
	done := j.back[key]
	amount := -e.Amount - min(keep, -e.Amount) - done
	if amount <= 0 {
		return
	}
	j.back[key] += amount
	past := j.past(j.a.m)
	for _, p := range slices.Backward(j.taken(rec, e.Cause)) {
		if p.Points != e.ID || p.Source != e.Source {
			continue
		}
		skip := min(done, p.Amount)
		done, p.Amount = done-skip, p.Amount-skip
		if p.Amount = min(p.Amount, amount); p.Amount > 0 {
			amount -= p.Amount
			part := ClaimPart{TakenPart: p}
			part.Over = past.lapsed(j.a.current.CalendarOf(j.a.m), j.a.m.needAccount(p.Points), part.lot())
			j.rev.Returned = append(j.rev.Returned, part)
		}
	}
}

// compare undoes every award that the member has without what was reversed no longer, and reports whether that can change
// anything else.
func (j *recomputation) compare(b *applier) (again bool) {
	var order []levelOf
	levels := map[levelOf][]CauseRef{}
	for _, rec := range j.r.records {
		rules, _ := j.r.rules(rec)
		if rec.Outcome.Provenance == nil {
			continue
		}
		for i := range rec.Outcome.Provenance.Causes {
			c, ref := &rec.Outcome.Provenance.Causes[i], CauseRef{rec.Seq, uint32(i + 1)}
			switch {
			case j.undone[ref], j.merged.stay[ref]:
			case c.Event == TierReached, c.Event == StreakReached && j.merged.stay != nil:
				l := j.levelOf(c, rules)
				if levels[l] == nil {
					order = append(order, l)
				}
				levels[l] = append(levels[l], ref)
			case !j.stands(b, rec, rules, c):
				j.undo(ref, rec)
				again = true
			}
		}
	}
	for _, l := range order { // a level reached more often than it would have been: the last times fall
		for n := len(levels[l]); n > j.timesOf(b, l)+j.merged.levels[l]; n-- {
			ref := levels[l][n-1]
			j.undo(ref, j.recordOf(ref.Seq))
			again = true
		}
	}
	return again
}

func (j *recomputation) recordOf(seq uint64) *Record {
	i, _ := slices.BinarySearchFunc(j.r.records, seq, func(r *Record, s uint64) int { return cmp.Compare(r.Seq, s) })
	return j.r.records[i]
}

// stands reports whether an award is reached in the progress that b has come to.
func (j *recomputation) stands(b *applier, rec *Record, rules *Ruleset, c *Cause) bool {
	switch c.Event {
	case PointsGiven:
		return j.leftOf(rec, c) > 0
	case RewardGiven:
		return !j.tookReward(rec, c)
	case ChallengeCompleted:
		ch := rules.Challenge(c.ID)
		return ch == nil || ch.Leave || b.completed(ch, c)
	case StreakReached:
		s := rules.streak(c.ID)
		return s == nil || s.Leave || j.ranTo(b, s, c.Goal, c.Key, j.afterwards(s, c))
	case BadgeEarned:
		badge := find(rules.Badges, c.ID, func(b *Badge) string { return b.ID })
		held := b.m.badge(c.ID)
		return badge == nil || badge.Leave || held != nil && badge.rank(held.Level) >= badge.rank(c.Goal)
	}
	return true // what time has done
}

func (a *applier) completed(ch *Challenge, c *Cause) bool {
	if ch.Counter != nil && ch.Counter.By != ByMember {
		mine := a.m.countOf(CountID{Name: ch.Counter.Name, Group: c.Group}).period(c.Key)
		return mine != nil && ch.shareSuffices(&mine.Tally)
	}
	mark := a.m.challenge(ch.Key).window(c.Key, c.Group).goal(c.Goal)
	return mark != nil && mark.Times >= c.Times
}

// leaves reports whether what gave something leaves it when its event is reversed.
func (j *recomputation) leaves(rec *Record, source Source) bool {
	present, asOf := j.r.rules(rec)
	if source.Section == RuleSection {
		return asOf.leaves(source)
	}
	return present.leaves(source)
}

// leaves reports whether a definition keeps what it gave when its event is reversed (on_reversal: leave).
func (r *Ruleset) leaves(source Source) bool {
	id := source.ID
	switch source.Section {
	case RuleSection:
		i := slices.IndexFunc(r.Rules, func(rule *Rule) bool { return rule.ID == id })
		return i >= 0 && r.Rules[i].Leave
	case ChallengeSection:
		c := r.Challenge(id)
		return c != nil && c.Leave
	case StreakSection:
		s := r.streak(id)
		return s != nil && s.Leave
	case BadgeSection:
		b := find(r.Badges, id, func(b *Badge) string { return b.ID })
		return b != nil && b.Leave
	}
	return false
}

// giveUsesBack finds the uses of limits in times that fall with what was undone (semantics: Limits).
func (j *recomputation) giveUsesBack() {
	for _, rec := range j.r.records {
		present, asOf := j.r.rules(rec)
		if rec.Outcome.Provenance == nil {
			continue
		}
		for i, mark := range rec.Outcome.Provenance.Uses {
			at := usedMark{rec.Seq, i}
			if j.uses[at] || !j.moved[at] && !j.fell(rec, asOf, &mark) {
				continue
			}
			if mark.Member == "" {
				mark.Member = rec.Event.Member
			}
			j.rev.Uses = append(j.rev.Uses, UseBack{Seq: rec.Seq, Index: i, Mark: mark})
		}
		j.freePlaces(rec, present)
	}
}

// fell reports whether a rule or boost that used a limit did so for something that was undone.
func (j *recomputation) fell(rec *Record, rules *Ruleset, mark *UsageMark) bool {
	if rules.leaves(mark.Rule) {
		return false
	}
	if j.undone[CauseRef{rec.Seq, mark.Cause}] {
		return true
	}
	if !j.ofTarget(rec) || mark.Cause > 0 {
		return false
	}
	return j.undone[CauseRef{Seq: j.r.target.Seq}] || mark.Rule.Section == RuleSection && j.unfired(mark.Rule)
}

// ofTarget reports whether a record is that of the reversed event, or of a reversal of it.
func (j *recomputation) ofTarget(rec *Record) bool {
	return rec.Seq == j.r.target.Seq || rec.Outcome.Revision != nil && rec.Outcome.Revision.Seq == j.r.target.Seq
}

// freePlaces opens the winners' places of the goals that this reversal undoes.
func (j *recomputation) freePlaces(rec *Record, rules *Ruleset) {
	for _, u := range j.rev.Undone {
		if u.Seq != rec.Seq || u.Cause == 0 {
			continue
		}
		c := &rec.Outcome.Provenance.Causes[u.Cause-1]
		ch := rules.Challenge(c.ID)
		if c.Event != ChallengeCompleted || ch == nil || ch.Winners == 0 {
			continue
		}
		if c.Won {
			mark := UsageMark{Shared: ch.winnersKey(c.Goal), Period: c.Key}
			j.rev.Uses = append(j.rev.Uses, UseBack{Mark: mark})
		}
	}
}
