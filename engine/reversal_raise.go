package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Raise is one thing that an amendment gives, or takes, on top of what the event has: points, a badge, a reward or a level. What
// an earlier reversal forgave is given by not being forgiven any more.
type Raise struct {
	Kind   EffectKind
	ID     string
	Level  string
	Source Source
	Amount decimal.Decimal // of points
	Take   bool            // of points: taken
	Lifted bool            // of points: no longer forgiven
	Lapsed bool            // of those: because they had expired, not because they were spent
	Boosts []Boosted
	// The terms of the lot that is opened, which are those of the event's first ones.
	Granted, Available, Expires calendar.Instant
	Idle                        []IdleRule
}

// UseMore is what an amendment uses of a limit on top of what the event has used.
type UseMore struct {
	UsageMark
	Amount decimal.Decimal
}

// Amended is the event as an amendment has it.
type Amended struct {
	Type string
	At   calendar.Instant
	Zone string // in which the member lived when it was accepted, "" where none was told
	Data []byte
}

// gift is what an event gave, with the record that says so.
type gift struct {
	rec *Record
	*Effect
}

// gifts are what a cause gave. Of the event that is reversed itself, revisions may have given more: points of one line count as
// one gift.
func (j *recomputation) gifts(ref CauseRef, rec *Record) (list []gift) {
	for i := range rec.Outcome.Effects {
		if e := &rec.Outcome.Effects[i]; e.Cause == ref.Cause {
			list = append(list, gift{rec, e})
		}
	}
	if ref.Cause > 0 || rec.Seq != j.r.target.Seq {
		return list
	}
	for _, more := range j.r.revisions() {
		for i := range more.Outcome.Effects {
			e := &more.Outcome.Effects[i]
			if e.Cause == 0 && !e.Revoked && !e.Source.None() && e.Claim == "" && (e.Kind == BadgeEffect || e.Kind == RewardEffect || e.Kind == QueuedEffect) {
				list = append(list, gift{more, e})
			}
		}
		for i := range more.Outcome.Revision.Raises {
			list = more.Outcome.Revision.Raises[i].added(list, rec)
		}
	}
	return list
}

// added adds a raise of points to the gift of its line.
func (r *Raise) added(list []gift, rec *Record) []gift {
	if r.Kind != PointsEffect || r.Lifted {
		return list
	}
	amount := r.Amount
	if r.Take {
		amount = -amount
	}
	for i := range list {
		if e := list[i].Effect; e.Kind == PointsEffect && e.ID == r.ID && e.Source == r.Source && (e.Amount < 0) == r.Take {
			sum := *e
			sum.Amount += amount
			list[i].Effect = &sum
			return list
		}
	}
	return append(list, gift{rec, &Effect{Kind: PointsEffect, ID: r.ID, Source: r.Source, Amount: amount}})
}

// taken are the parts that a cause took of lots, in order.
func (j *recomputation) taken(rec *Record, cause uint32) (list []TakenPart) {
	of := []*Record{rec}
	if cause == 0 && rec.Seq == j.r.target.Seq {
		of = append(of, j.r.revisions()...)
	}
	for _, rec := range of {
		if rec.Outcome.Provenance != nil {
			for _, p := range rec.Outcome.Provenance.Taken {
				if p.Cause == cause {
					list = append(list, p)
				}
			}
		}
	}
	return list
}

// holds is what the event has of a line: what it was given, or took, less what came back.
func (j *recomputation) holds(l line) (sum decimal.Decimal) {
	for _, g := range j.gifts(CauseRef{Seq: j.r.target.Seq}, j.r.target) {
		switch {
		case g.Kind == PointsEffect && l.member == "" && g.Source == l.source && g.ID == l.id && (g.Amount < 0) == l.take:
			key := claimed{kind: PointsEffect, seq: j.r.target.Seq, id: g.ID, from: g.Source, goal: g.Goal, taken: l.take}
			sum += max(g.Amount, -g.Amount) - j.back[key]
		case g.Kind == QueuedEffect && l.member != "":
			if of, _ := j.queued(g.Effect); of == l {
				sum += j.left(g.Effect)
			}
		}
	}
	return sum
}

// marks are the uses of limits in times that a rule of the event holds.
func (j *recomputation) marks(r *Rule, yield func(at usedMark, mark *UsageMark)) {
	for _, rec := range append([]*Record{j.r.target}, j.r.revisions()...) {
		if rec.Outcome.Provenance == nil {
			continue
		}
		for i := range rec.Outcome.Provenance.Uses {
			mark, at := &rec.Outcome.Provenance.Uses[i], usedMark{rec.Seq, i}
			if mark.Cause == 0 && !j.uses[at] && mark.Rule == r.Source {
				yield(at, mark)
			}
		}
	}
}

// moveKeys asks the limits in times whose key the amendment changes: the old use is freed, and where the new key leaves none the
// rule counts as one that does not match.
func (j *recomputation) moveKeys() {
	for i := range j.lines.rules {
		p := &j.lines.rules[i]
		held := map[uint64]*UsageMark{}
		marks := map[uint64]usedMark{}
		j.marks(p.rule, func(at usedMark, mark *UsageMark) { held[mark.Limit], marks[mark.Limit] = mark, at })
		refused := false
		j.asTarget(func() {
			to := j.member(p.to)
			for _, l := range p.rule.Limits {
				mark := held[l.id]
				if l.Points != nil || mark == nil || to == nil || j.a.sameKey(l, mark, to) {
					continue
				}
				j.moved[marks[l.id]], j.freed[usedBy{p.rule.Source, l.id}] = true, true
				if j.a.room(l, to) < decimal.One {
					refused = true
					j.a.stoppedBy(l, p.rule.Path, p.rule.Position, to)
				}
			}
		})
		if refused {
			delete(j.lines.fired, p.rule.Source)
		}
	}
}

// sameKey reports whether a use is of the count that a limit asks now.
func (a *applier) sameKey(l *Limit, mark *UsageMark, to *Member) bool {
	if l.shared() {
		return slices.Contains(a.useKeys(l, to), mark.Shared)
	}
	return mark.Member == "" && to == a.m || a.subjects.nameNow(mark.Member) == to.ID
}

// member is a rule's other member, or the event's own.
func (j *recomputation) member(id string) *Member {
	if id == "" {
		return j.a.m
	}
	return j.a.subjects.Member(id)
}

// raise gives what the amended event wants more than before, and notes what each line of its rules has come to.
func (j *recomputation) raise() {
	for i := range j.lines.rules {
		if p := &j.lines.rules[i]; j.lines.fired[p.rule.Source] != nil {
			j.asTarget(func() { j.raiseRule(p) })
		}
	}
	known := func(l line) bool {
		return slices.ContainsFunc(j.rev.Lines, func(x Line) bool { return x.line() == l })
	}
	// What a line that is not wanted any more has come to counts on against its limits.
	for _, rec := range slices.Backward(j.r.revisions()) {
		for i := range rec.Outcome.Revision.Lines {
			if x := rec.Outcome.Revision.Lines[i]; !known(x.line()) {
				x.Wanted = 0
				j.rev.Lines = append(j.rev.Lines, x)
			}
		}
	}
	for _, g := range j.gifts(CauseRef{Seq: j.r.target.Seq}, j.r.target) {
		l := line{source: g.Source, id: g.ID, take: g.Amount < 0}
		if g.Kind == QueuedEffect {
			l, _ = j.queued(g.Effect)
		} else if g.Kind != PointsEffect {
			continue
		}
		if l.id != "" && !known(l) {
			x := j.state(l)
			x.Wanted = 0
			j.rev.Lines = append(j.rev.Lines, *x)
		}
	}
}

// rising is how much one line of a rule is to rise.
type rising struct {
	line
	state  *Line
	now    *wanting
	grant  *Grant
	holds  decimal.Decimal
	amount decimal.Decimal
	wanted decimal.Decimal // before limits
}

// raiseRule gives what one rule wants more than before. Where a limit, a balance or the stock leaves nothing, what it wanted stays
// as it was.
func (j *recomputation) raiseRule(p *plannedRule) {
	r := p.rule
	var list []*rising
	rises := j.was.fired[r.Source] == nil && slices.ContainsFunc(r.Give, func(g Grant) bool { return g.Points == nil })
	for k := p.first; k < p.last; k++ {
		g := &j.lines.gives[k]
		if g.grant.Points == nil {
			continue
		}
		l := p.line(g.grant.Points, k-p.first >= len(r.Give))
		x := &rising{line: l, state: j.state(l), now: j.asked(p, l, g), grant: g.grant, holds: j.holds(l)}
		if x.now == nil {
			continue
		}
		x.amount = max(0, min(x.now.wanted-x.state.Wanted, x.now.wanted-x.holds))
		rises = rises || x.amount > 0
		list = append(list, x)
	}
	given := rises && j.mayRise(p, list)
	fired := given && j.was.fired[r.Source] == nil && slices.ContainsFunc(r.Give, func(g Grant) bool { return g.Points == nil })
	for _, x := range list {
		if given && x.amount > 0 {
			given := j.rise(p, x)
			if x.state.Most = max(x.state.Most, x.holds+given); given == 0 {
				j.rev.Lines = append(j.rev.Lines, *x.state)
				continue
			}
			fired = true
		}
		if given || x.amount == 0 {
			x.state.Wanted = x.now.wanted
		}
		j.rev.Lines = append(j.rev.Lines, *x.state)
	}
	if given && j.was.fired[r.Source] == nil {
		j.award(p)
	}
	j.countUses(p, fired)
}

// mayRise asks what is scarce: a use of limits in times, where the event has none; and, of a rule that takes, what it takes, all of
// it or nothing.
func (j *recomputation) mayRise(p *plannedRule, list []*rising) bool {
	a, r := j.a, p.rule
	to, from := j.member(p.to), j.member(p.from)
	if to == nil || from == nil || p.ofOthers() && p.toSelf(to, from) {
		a.out.note("not_given", r.Path, "the receiver or giver is not a known other member; nothing was given")
		return false
	}
	if r.ToField != nil && a.circular(to, r.ToField) {
		a.out.note("not_given", r.Path, "the receiver's own "+r.ToField.Name+" leads back to the member; nothing was given")
		return false
	}
	held := map[uint64]bool{}
	j.marks(r, func(_ usedMark, mark *UsageMark) { held[mark.Limit] = true })
	for _, l := range r.Limits {
		if l.Points == nil && !held[l.id] && a.room(l, to) < decimal.One {
			a.stoppedBy(l, r.Path, r.Position, to)
			return false
		}
	}
	if j.refusedPending(list) {
		return false
	}
	if len(r.Take) == 0 {
		return true
	}
	for _, x := range list {
		switch {
		case x.amount == 0:
		case x.take:
			if from.spendable(a.current, x.grant.Points, a.now)-a.promised(from, x.grant.Points) < x.amount {
				a.stopped(r.Path, r.Position, BalanceShort)
				return false
			}
		case j.fits(r, x, to) < x.amount:
			a.stoppedBy(a.tightest(r.Limits, to), r.Path, r.Position, to)
			return false
		}
	}
	return true
}

// refusedPending reports whether what the event had given of these points and was pending has been refused.
func (j *recomputation) refusedPending([]*rising) bool {
	return slices.ContainsFunc(j.r.revisions(), func(rec *Record) bool { return rec.Event.Type == commandRefuse })
}

// fits is what the limits in points leave of a line's rise: the event counts once against them, with the most that it ever came to.
func (j *recomputation) fits(r *Rule, x *rising, to *Member) decimal.Decimal {
	most := max(0, x.state.Most-x.holds)
	amount := x.amount
	for _, nothing := range []bool{false, true} { // those that trim go first
		for _, l := range r.Limits {
			if l.Points != x.grant.Points || l.Points == nil || l.OrNothing != nothing {
				continue
			}
			if room := j.a.room(l, to) + most; room < amount && nothing {
				return 0
			} else if room < amount {
				amount = room
			}
		}
	}
	return amount
}

// rise lets one line rise as far as its limits allow, and returns by how much.
func (j *recomputation) rise(p *plannedRule, x *rising) (given decimal.Decimal) {
	a, r := j.a, p.rule
	to := j.member(p.to)
	if x.take {
		if p.from != "" {
			a.queueFor(p.from, commandTake, r, x.id, granted{Points: x.id, Source: r.Source, Amount: x.amount})
		} else {
			j.apply(Raise{Kind: PointsEffect, ID: x.id, Source: r.Source, Amount: x.amount, Take: true})
		}
		return x.amount
	}
	lifted := decimal.Decimal(0)
	if x.member == "" {
		lifted = j.lift(x)
		x.amount -= lifted
		x.holds += lifted
	}
	x.wanted = x.amount
	if x.amount = j.fits(r, x, to); x.amount < x.wanted {
		a.stoppedBy(a.tightest(r.Limits, to), r.Path, r.Position, to)
	}
	if x.amount > 0 && !j.open(r, x, to) {
		return lifted
	}
	if lifted+x.amount == 0 {
		return 0
	}
	j.usePoints(r.Limits, x.grant.Points, x.holds+x.amount-max(x.state.Most, x.holds), to)
	for _, b := range x.now.boosts {
		j.useBoost(x, b)
	}
	return lifted + x.amount
}

// useBoost counts what a boost adds more than it ever did.
func (j *recomputation) useBoost(x *rising, b Boosted) {
	most := x.state.boosted(b.Boost)
	if b.Added <= most.Added {
		return
	}
	more := b.Used - most.Used
	b.Used = max(b.Used, most.Used)
	x.state.Boosts = append(slices.DeleteFunc(slices.Clone(x.state.Boosts), func(o Boosted) bool { return o.Boost == b.Boost }), b)
	boost := x.grant.boost(b.Boost)
	j.usePoints(boost.Limits, x.grant.Points, more, j.a.m)
	for _, l := range boost.Limits {
		if most.Added == 0 && l.Points == nil {
			j.use(l, Source{}, decimal.One, j.a.m)
		}
	}
}

// usePoints counts points in every limit in these points.
func (j *recomputation) usePoints(limits []*Limit, points *Points, amount decimal.Decimal, to *Member) {
	for _, l := range limits {
		if l.Points == points && l.Points != nil && amount > 0 {
			j.use(l, Source{}, amount, to)
		}
	}
}

// countUses counts the uses of limits in times that the rule did not have: those of changed keys, and all of them for one that
// gives for the first time.
func (j *recomputation) countUses(p *plannedRule, given bool) {
	held, to := map[uint64]bool{}, j.member(p.to)
	j.marks(p.rule, func(at usedMark, mark *UsageMark) { held[mark.Limit] = true })
	for _, l := range p.rule.Limits {
		if l.Points != nil || to == nil {
			continue
		}
		moved := j.freed[usedBy{p.rule.Source, l.id}]
		if moved || given && !held[l.id] {
			j.use(l, p.rule.Source, decimal.One, to)
		}
	}
}

// use uses a limit; uses in times leave a mark by which they can be given back.
func (j *recomputation) use(l *Limit, rule Source, amount decimal.Decimal, to *Member) {
	a := j.a
	if a.usesForgotten(l) {
		return
	}
	u := UseMore{UsageMark: UsageMark{Limit: l.id, Rule: rule, Period: a.period(l)}, Amount: amount}
	if l.shared() {
		u.Shared = a.useKey(l, to)
	} else if to != a.m {
		u.Member = to.ID
	}
	if l.Points == nil {
		a.provenance.Uses = append(a.provenance.Uses, u.UsageMark)
	}
	j.rev.Used = append(j.rev.Used, u)
	a.useMore(&u)
}

// useMore carries out a use that an amendment came to.
func (a *applier) useMore(u *UseMore) {
	switch {
	case u.Shared != "":
		shared := a.subjects.Usage(u.Shared)
		shared.Periods = addUse(shared.Periods, u.Limit, u.Period, u.Amount)
		a.subjects.touchUse(shared, a.seq)
	default:
		m := a.m
		if u.Member != "" {
			if m = a.subjects.living(u.Member); m == nil {
				return
			}
			a.subjects.touchMember(m, m.Version)
		}
		m.Uses = addUse(m.Uses, u.Limit, u.Period, u.Amount)
	}
}

// lift forgives no longer what earlier reversals of the event forgave on a line, the latest of it first.
func (j *recomputation) lift(x *rising) (sum decimal.Decimal) {
	key := claimed{kind: PointsEffect, seq: j.r.target.Seq, id: x.id, from: x.source}
	list := j.forgiven[key]
	for i := len(list) - 1; i >= 0 && sum < x.amount; i-- {
		n := min(list[i].amount, x.amount-sum)
		if !list[i].lapsed { // of what was spent then, some may have come back since, and is not forgiven but taken
			if m := j.a.m.needAccount(x.id).missing(j.r.target.Seq); m != nil {
				n = min(n, m.Let)
			} else {
				n = 0
			}
		}
		if n == 0 {
			continue
		}
		list[i].amount -= n
		sum += n
		j.apply(Raise{Kind: PointsEffect, ID: x.id, Source: x.source, Amount: n, Lifted: true, Lapsed: list[i].lapsed})
	}
	return sum
}

// award gives the badges, rewards and levels of a rule that newly matches.
func (j *recomputation) award(p *plannedRule) {
	for k := p.first; k < p.first+len(p.rule.Give); k++ {
		g := j.lines.gives[k].grant
		x := Raise{Source: p.rule.Source, Level: g.Level}
		switch {
		case g.Points != nil:
			continue
		case g.Badge != nil:
			x.Kind, x.ID = BadgeEffect, g.Badge.ID
		case g.Reward != nil:
			x.Kind, x.ID = RewardEffect, g.Reward.ID
		case g.Tier != nil:
			x.Kind, x.ID = TierEffect, g.Tier.ID
		}
		if p.to == "" {
			j.apply(x)
		} else if to := j.member(p.to); to != nil {
			j.a.giveTo(to, &plannedGrant{grant: g}, p.rule, false)
		}
	}
}
