package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// conclude writes down what the member's progress, the groups and the boards come to without what was reversed.
func (j *recomputation) conclude(b *applier) {
	a := j.a
	p := &Member{ID: a.m.ID, Seen: b.m.Seen, Counts: b.m.Counts, Joined: a.m.Joined, schema: a.m.schema, Profile: a.m.Profile,
		Zone: a.m.Zone, zones: a.m.zones, Travel: a.m.Travel}
	p.Travel.Excused = b.m.Travel.Excused // the first zone told asks what qualified the last day
	p.Streaks = j.streaks(b)
	p.Challenges = j.challenges(b)
	p.Badges = j.badges(b)
	p.Tiers = j.tiers(b)
	p.Rewards = j.rewards()
	whole := &Member{Counts: make([]*Count, len(p.Counts))}
	for i, c := range p.Counts {
		whole.Counts[i] = &Count{CountID: c.CountID, Periods: cloned(c.Periods)}
	}
	j.forget(p)
	j.changeGroups(whole, p)
	j.changeScores(whole)
	j.rev.Progress = encodeMember(progressOf(p))
}

// streaks keeps the marks of runs that still are long enough: those that were paid stay paid.
func (j *recomputation) streaks(b *applier) []*StreakRecord {
	var list []*StreakRecord
	for _, now := range j.a.m.Streaks {
		s := j.a.current.streakOf(now)
		then := b.m.streak(now.ID)
		if s == nil || then == nil {
			then = &StreakRecord{ID: now.ID}
		}
		rec := *then
		rec.Joined = now.Joined
		j.keepMarks(b, s, now, &rec)
		rec.Breaks = 0
		if s != nil {
			rec.Breaks = s.Run.At(j.a.facts.calendar, b.m.history(&rec), j.a.now).BreaksAt
			rec.forget(&s.Run, j.a.facts.calendar)
		}
		list = append(list, &rec)
	}
	for _, then := range b.m.Streaks {
		if s := j.a.current.streakOf(then); s != nil && j.a.m.streak(then.ID) == nil { // of an amended event
			rec := *then
			rec.Paid = nil
			rec.Breaks = s.Run.At(j.a.facts.calendar, b.m.history(&rec), j.a.now).BreaksAt
			list = append(list, &rec)
		}
	}
	return list
}

// challenges lowers marks to what is reached. What an amendment reaches is marked when it is given; steps that it completes are
// marked here.
func (j *recomputation) challenges(b *applier) []*ChallengeRecord {
	var list []*ChallengeRecord
	for _, now := range j.a.m.Challenges {
		ch := j.a.current.Challenge(idOfKey(now.ID))
		if ch == nil || ch.Key != now.ID || ch.Leave {
			list = append(list, now)
			continue
		}
		then := b.m.challenge(now.ID)
		rec := &ChallengeRecord{ID: now.ID, Enrolled: now.Enrolled, Began: now.Began, Joins: now.Joins}
		if then != nil {
			rec.Times, rec.Parts = min(now.Times, then.Times), then.Parts
		}
		if ch.shared() { // a group's goals were reached with others, which the member alone does not tell
			rec.Times = now.Times - j.fellOf(ch, now)
		}
		for i := range now.Windows {
			w := &now.Windows[i]
			left := j.window(b, ch, then.window(w.Key, w.Group), *w)
			if ch.shared() && w.completedAt(ch) != calendar.Forever && left.completedAt(ch) == calendar.Forever {
				rec.Times -= 1 - len(ch.Goals) // each goal once, and each repetition
				for _, mark := range w.Goals {
					rec.Times -= mark.Times
				}
			}
			if len(left.Goals) > 0 {
				rec.Windows = append(rec.Windows, left)
			}
		}
		rec.doneSteps(then)
		list = append(list, rec)
	}
	for _, then := range b.m.Challenges {
		if j.a.m.challenge(then.ID) == nil {
			rec := &ChallengeRecord{ID: then.ID, Enrolled: then.Enrolled, Parts: then.Parts}
			rec.doneSteps(then)
			list = append(list, rec)
		}
	}
	return list
}

// doneSteps marks the steps that were done in a recomputation.
func (c *ChallengeRecord) doneSteps(then *ChallengeRecord) {
	if then == nil {
		return
	}
	for i := range then.Windows {
		w := &then.Windows[i]
		for _, mark := range w.Goals {
			if mark.Step {
				*c.needWindow(w.Key, w.Group).needMark(mark.ID, true) = mark
			}
		}
	}
}

// shared reports whether a challenge is a group's, or everyone's.
func (c *Challenge) shared() bool { return c.Counter != nil && c.Counter.By != ByMember }

func (j *recomputation) window(b *applier, ch *Challenge, then *ChallengeWindow, now ChallengeWindow) ChallengeWindow {
	left := ChallengeWindow{Key: now.Key, Group: now.Group}
	for _, mark := range now.Goals {
		if ch.shared() {
			if b.completed(ch, &Cause{Goal: mark.ID, Key: now.Key, Group: now.Group}) {
				left.Goals = append(left.Goals, mark)
			}
			continue
		}
		if reached := then.mark(mark.ID, mark.Step); reached != nil {
			mark.First, mark.At = reached.First, reached.At
			mark.Times = min(mark.Times, reached.Times)
			left.Goals = append(left.Goals, mark)
		}
	}
	return left
}

func (j *recomputation) badges(b *applier) []BadgeRecord {
	var list []BadgeRecord
	for _, now := range j.a.m.Badges {
		badge := find(j.a.current.Badges, now.ID, func(b *Badge) string { return b.ID })
		then := b.m.badge(now.ID)
		switch {
		case badge == nil || badge.Leave:
		case then == nil:
			if !j.leftBadge(now.ID) {
				continue
			}
		case badge.rank(then.Level) < badge.rank(now.Level):
			now = *then
		}
		list = append(list, now)
	}
	return list
}

// leftBadge reports whether a badge was given by something that keeps what it gave (on_reversal: leave).
func (j *recomputation) leftBadge(badge string) bool {
	for _, rec := range j.r.records {
		for i := range rec.Outcome.Effects {
			if e := &rec.Outcome.Effects[i]; e.Kind == BadgeEffect && e.ID == badge && !e.Revoked && j.leaves(rec, e.Source) {
				return true
			}
		}
	}
	return false
}

func (j *recomputation) tiers(b *applier) []*TierRecord {
	var list []*TierRecord
	for _, now := range j.a.m.Tiers {
		rec := *now
		if t := j.a.current.tierOf(now); t != nil {
			if then := b.m.tier(now.ID); then != nil {
				rec.TierState, rec.Base, rec.Recent = then.TierState, then.Base, then.Recent
			}
		}
		list = append(list, &rec)
	}
	return list
}

// changeGroups takes the difference of the member's shares out of the counts of groups and everyone.
// What the member has forgotten is left alone, as no event can reach it any more.
func (j *recomputation) changeGroups(whole, p *Member) {
	for _, c := range j.a.current.counters() {
		if c.By == ByMember {
			continue
		}
		for _, id := range countsOf(c.Name, j.a.m, p) {
			before := j.a.m.countOf(id)
			for _, key := range periodKeys(before, p.countOf(id)) {
				var was, is challenges.Tally
				if t := before.period(key); t != nil {
					was = t.Tally
				}
				if t := whole.countOf(id).period(key); t != nil {
					is = t.Tally
				}
				if !sameTally(&was, &is) {
					j.changeGroup(c, id, key, was, is)
				}
			}
		}
	}
}

// countsOf are the counts of a counter that some states of a member have, sorted.
func countsOf(name string, states ...*Member) []CountID {
	var ids []CountID
	for _, m := range states {
		for _, c := range m.Counts {
			if c.Name == name {
				ids = append(ids, c.CountID)
			}
		}
	}
	slices.SortFunc(ids, CountID.compare)
	return slices.Compact(ids)
}

func periodKeys(counts ...*Count) []calendar.Key {
	var keys []calendar.Key
	for _, c := range counts {
		if c == nil {
			continue
		}
		for i := range c.Periods {
			keys = append(keys, c.Periods[i].Key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func sameTally(a, b *challenges.Tally) bool {
	return a.Value == b.Value && a.Count == b.Count && a.Zeros == b.Zeros && a.At == b.At && a.ID == b.ID && slices.Equal(a.Keys, b.Keys)
}

// changeGroup finds a group's count of one period with a member's share changed.
func (j *recomputation) changeGroup(c *Counter, id CountID, key calendar.Key, was, is challenges.Tally) {
	g := j.a.subjects.Group(id)
	t := g.Count.period(key)
	switch {
	case t != nil:
	case was.Count > 0 || c.challenge == nil && j.a.periodOver(c, key):
		return // no event can reach that period any more
	default:
		t = &PeriodTally{Key: key}
	}
	change := GroupChange{Group: id, Period: PeriodTally{Key: key, Tally: copied(t.Tally)}}
	if c.reread() && c.shows(&t.Tally, &was) {
		change.Period.Tally = j.reread(c, id, key, is)
	} else if exchange(c, &change.Period.Tally, was, is) != nil {
		j.a.overflows(c)
	}
	for _, b := range c.leaderboards {
		if b.Average {
			fits := false
			if change.Average, fits = g.averageWith(b, key, was, is); !fits {
				j.a.overflows(c)
			}
		}
	}
	j.rev.Groups = append(j.rev.Groups, change)
}

// shows reports whether a group's count shows something of this share that a sum does not tell: its value, when it was
// reached, or when a key first came.
func (c *Counter) shows(group, share *challenges.Tally) bool {
	switch c.Fold {
	case challenges.Add:
		return group.At == share.At
	case challenges.Distinct:
		return true
	}
	return group.ID == share.ID && group.At == share.At
}

// exchange replaces a share within a sum.
func exchange(c *Counter, t *challenges.Tally, was, is challenges.Tally) error {
	if c.Fold == challenges.Add {
		return t.Exchange(&was, &is)
	}
	t.Count += is.Count - was.Count
	if is.Count > 0 {
		_ = t.Merge(c.Fold, &challenges.Tally{Value: is.Value, At: is.At, ID: is.ID, Count: 1})
		t.Count--
	}
	return nil
}

// reread folds the shares of all members of a group, one of them changed.
func (j *recomputation) reread(c *Counter, id CountID, key calendar.Key, mine challenges.Tally) challenges.Tally {
	sum := copied(mine)
	for _, sharer := range j.r.sharers(id, key) {
		m := j.a.subjects.Member(sharer)
		if m == nil || m == j.a.m {
			continue
		}
		if t := m.countOf(id).period(key); t != nil {
			_ = sum.Merge(c.Fold, &t.Tally)
		}
	}
	return sum
}

// averageWith is the average's sum of a period with a member's share changed; ok is false where it leaves the range of numbers.
func (g *Group) averageWith(b *Leaderboard, key calendar.Key, was, is challenges.Tally) (avg AverageTally, ok bool) {
	avg, ok = *g.average(key), true
	sum := avg.Sum
	if was.Count > 0 && was.Count >= b.AtLeast {
		sum, ok = sum.Sub(was.Value)
		avg.Members--
	}
	if is.Count > 0 && is.Count >= b.AtLeast && ok {
		sum, ok = sum.Add(is.Value)
		avg.Members++
	}
	if !ok {
		return *g.average(key), false
	}
	avg.Sum = sum
	return avg, true
}

// forget drops what no event can reach any more, as events do.
func (j *recomputation) forget(p *Member) {
	a := j.a
	defer func(m *Member) { a.m = m }(a.m)
	a.m = p
	for _, c := range a.current.counters() {
		for _, id := range countsOf(c.Name, p) {
			if c.challenge == nil {
				a.forgetPeriods(c, p.countOf(id))
			}
		}
	}
	for _, ch := range a.current.Challenges {
		if rec := p.challenge(ch.Key); rec != nil {
			a.forgetWindows(ch, rec)
		}
	}
	for _, c := range p.Counts {
		c.Periods, c.sums = slices.DeleteFunc(c.Periods, func(t PeriodTally) bool { return t.Count == 0 }), runningSums{}
	}
	p.Counts = slices.DeleteFunc(p.Counts, func(c *Count) bool { return len(c.Periods) == 0 })
}

// changeScores tells the boards of the member's own counts what has changed.
func (j *recomputation) changeScores(p *Member) {
	records := []*Record{j.r.target}
	for i := range j.rev.Clawbacks {
		records = append(records, j.recordOf(j.rev.Clawbacks[i].Seq))
	}
	for _, c := range j.a.current.counters() {
		if c.By != ByMember || len(c.leaderboards) == 0 {
			continue
		}
		var touched []calendar.Key
		for _, rec := range records {
			touched = append(touched, c.periodKey(j.clocks[rec.Seq], rec.Event.Time))
		}
		for _, id := range countsOf(c.Name, j.a.m, p) {
			j.changeScore(c, id, p, touched)
		}
	}
}

func (j *recomputation) changeScore(c *Counter, id CountID, p *Member, touched []calendar.Key) {
	before, after := j.a.m.countOf(id), p.countOf(id)
	for _, key := range periodKeys(before, after) {
		was, is := before.period(key), after.period(key)
		switch {
		case is == nil || is.Count == 0:
			is = &PeriodTally{Key: key}
		case was == nil && !slices.Contains(touched, key): // forgotten, and as it was
			continue
		case was != nil && was.Value == is.Value && was.At == is.At:
			continue
		}
		for _, b := range c.leaderboards {
			j.rev.scores = append(j.rev.scores, boardScore{b, id.Split, j.a.m.ID, *is})
		}
	}
}

// boardScore is a score of a board that a reversal has changed; nothing that counts is left where the tally is empty.
type boardScore struct {
	board   *Leaderboard
	split   string
	subject string
	tally   PeriodTally
}

// revise carries out a revision; rise gives what an amendment gives more. It reports false where points refuse the revision; nothing
// but accounts has changed then.
func (a *applier) revise(rev *Revision, rise func()) bool {
	if !a.claw(rev) {
		return false
	}
	a.giveBack(rev.Returned)
	a.releaseLots(rev.Released)
	for i := range rev.Clawbacks {
		a.queueReversal(&rev.Clawbacks[i])
	}
	before := *a.m
	if rev.Progress != nil {
		a.m.resume(decodeMember(rev.Progress, a.current))
		a.voidUses(rev)
		a.tellRevised(rev, &before)
		a.lapse()
	}
	for i := range rev.Uses {
		a.giveUseBack(&rev.Uses[i].Mark)
	}
	for i := range rev.Groups {
		a.enterGroup(&before, &rev.Groups[i])
		a.changeGroup(&rev.Groups[i])
	}
	for _, s := range rev.scores {
		a.rescore(s.board, s.tally.Key, s.split, s.subject, &s.tally.Tally)
	}
	if rev.Amended != nil { // its progress reaches what it reaches
		rise()
		a.retier(rev)
		a.reachAgain(rev)
	}
	a.out.Revision = rev
	return true
}

// rises finds out what an amendment gives more, and gives it.
func (j *recomputation) rises() {
	j.raise()
	j.retrace()
}

// raiseAgain gives what an amendment was found to give more.
func (a *applier) raiseAgain(rev *Revision) {
	for i := range rev.Used {
		a.useMore(&rev.Used[i])
	}
	for i := range rev.Raises {
		a.carryOut(rev, &rev.Raises[i])
	}
}

// retrace finds where the tiers are that count points which the amendment gives for a time before their late window, by looking at
// the member's events again: the way from there on is not known any more.
func (j *recomputation) retrace() {
	a := j.a
	lifted := slices.ContainsFunc(j.rev.Raises, func(r Raise) bool { return r.Kind == TierEffect })
	if !a.tiers && !lifted || !slices.ContainsFunc(a.m.Tiers, func(t *TierRecord) bool { return j.rev.Amended.At < t.Base.Settled }) {
		return
	}
	for i := range j.rev.Raises {
		j.rememberRaise(a.seq, j.rev.Seq, &j.rev.Raises[i])
	}
	j.rev.Tiers = encodeMember(&Member{ID: a.m.ID, Tiers: j.tiers(j.replay())})
}

// retier lets the way of tiers be gone again from where a recomputation has found them.
func (a *applier) retier(rev *Revision) {
	if rev.Tiers == nil {
		return
	}
	for _, then := range decodeMember(rev.Tiers, a.current).Tiers {
		if rec := a.m.tier(then.ID); rec != nil {
			rec.Base, rec.Recent, rec.gained, a.tiers = then.Base, then.Recent, gainLate, true
		}
	}
}

func (a *applier) rescore(b *Leaderboard, key calendar.Key, split, subject string, t *challenges.Tally) {
	if t.Count == 0 {
		a.dropScore(b, key, split, subject)
	} else {
		a.score(b, key, split, subject, t)
	}
}

// queueReversal queues the part of a reversal that concerns another member.
func (a *applier) queueReversal(c *Clawback) {
	if c.queued == nil { // it concerns the member alone, or stands in a record of its own
		return
	}
	command, data := commandUndo, reversing{Event: c.ID}
	switch a.event.Type {
	case commandRefuse:
		command = a.event.Type
	case commandRelease:
		if command = a.event.Type; c.Amount > 0 {
			data.Keep = &c.Amount
		}
	default:
		if !c.All {
			data.Keep = &c.Amount
		}
	}
	id := derivedID(command, a.event.ID, c.ID)
	a.out.Queued = append(a.out.Queued, &event.Event{ID: id, Kind: event.Derived, Type: command, Member: c.queued.Member,
		Time: a.event.Time, Timed: true, Arrived: a.now, Data: encodeJSON(data), Past: a.event.Past, Depth: a.event.Depth + 1})
	a.out.Effects = append(a.out.Effects, Effect{Kind: QueuedEffect, ID: id, Queued: c.queued})
}

func (a *applier) giveUseBack(mark *UsageMark) {
	list := (*[]UsePeriod)(nil)
	switch {
	case mark.Shared != "":
		u := a.subjects.Usage(mark.Shared)
		a.subjects.touchUse(u, a.seq)
		list = &u.Periods
	default:
		m := a.subjects.living(mark.Member)
		if m == nil {
			return
		}
		a.subjects.touchMember(m, m.Version) // nothing that its member can see has changed
		list = &m.Uses
	}
	for i := range *list {
		if u := &(*list)[i]; u.Limit == mark.Limit && u.Key == mark.Period && u.Used >= decimal.One {
			if u.Used -= decimal.One; u.Used == 0 {
				*list = slices.Delete(*list, i, i+1)
			}
			return
		}
	}
}

// changeGroup gives a group's count of one period its new value, and tells the boards that rank groups.
func (a *applier) changeGroup(change *GroupChange) {
	g := a.subjects.Group(change.Group)
	a.subjects.touchGroup(g, a.seq)
	t := g.Count.need(change.Period.Key)
	t.Tally = copied(change.Period.Tally)
	for _, c := range a.current.counters() {
		if c.By == ByMember || c.Name != change.Group.Name {
			continue
		}
		split, group := change.Group.Split, change.Group.Group
		a.leaveGroup(c, t.Key, change.Group)
		for _, b := range c.leaderboards {
			if b.Average {
				*g.average(t.Key) = change.Average
				a.tellAverage(b, g, t.Key, split, group)
			} else {
				a.rescore(b, t.Key, split, group, &t.Tally)
			}
		}
	}
	if t.Count == 0 {
		g.Count.Periods = slices.DeleteFunc(g.Count.Periods, func(p PeriodTally) bool { return p.Key == change.Period.Key })
		g.Count.sums = runningSums{}
	}
}

// enterGroup notes that the member has brought something to a group that had nothing of theirs: what an amendment made count.
func (a *applier) enterGroup(before *Member, change *GroupChange) {
	id, key := change.Group, change.Period.Key
	c := a.current.byName[id.Name]
	if c == nil || c.challenge == nil && !c.reread() {
		return
	}
	was, is := before.countOf(id).period(key), a.m.countOf(id).period(key)
	if (was == nil || was.Count == 0) && is != nil && is.Count > 0 {
		a.out.shares = append(a.out.shares, share{count: id, window: key, member: a.m.ID})
	}
}

// leaveGroup notes that nothing of the member's is left in a group that boards rank: when its season closes, that is asked.
func (a *applier) leaveGroup(c *Counter, key calendar.Key, id CountID) {
	mine := a.m.countOf(id).period(key)
	if len(c.leaderboards) > 0 && !a.periodOver(c, key) && (mine == nil || mine.Count == 0) {
		a.out.shares = append(a.out.shares, share{count: id, window: key, member: a.m.ID, gone: true})
	}
}
