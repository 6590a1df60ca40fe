package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/integer"
)

// merge finds out what the events of both come to as those of one. Awards are not decided again: what either was given stays, and what
// only both together reach is reached.
func (j *recomputation) merge(x *uniting) *Revision {
	a := j.a
	j.rev = &Revision{Amended: &Amended{Type: commandMerge, At: a.event.Time}}
	if z := a.m.Zone; z != nil {
		j.rev.Amended.Zone = z.Name()
	}
	a.m.Streaks, a.m.Challenges, a.m.Badges = j.marksOfStreaks(x), marksOfChallenges(a.current, x), j.badgesOf(x)
	b := j.replay()
	for j.paidLater(b) {
		b = j.replay()
	}
	j.rev.Reached = j.reached
	p := &Member{ID: a.m.ID, Seen: b.m.Seen, Counts: b.m.Counts, Joined: a.m.Joined, schema: a.m.schema, Profile: a.m.Profile,
		Zone: a.m.Zone, zones: a.m.zones, Travel: a.m.Travel, Rewards: a.m.Rewards, Badges: a.m.Badges}
	p.Travel.Excused = b.m.Travel.Excused
	p.Streaks = j.streaksAsOne(b)
	p.Challenges = j.challengesAsOne(b)
	p.Tiers = j.tiersAsOne(b, x)
	whole := &Member{Counts: make([]*Count, len(p.Counts))}
	for i, c := range p.Counts {
		whole.Counts[i] = &Count{CountID: c.CountID, Periods: cloned(c.Periods)}
	}
	j.forget(p)
	j.groupsAsOne(x, whole, p)
	j.scoresAsOne(x, p)
	j.rev.Progress = encodeMember(progressOf(p))
	return j.rev
}

// marksOfStreaks are the goals of streaks that either was paid, each time by itself: what lies between two has changed.
func (j *recomputation) marksOfStreaks(x *uniting) (list []*StreakRecord) {
	cal := j.a.facts.calendar
	at := map[string]*StreakRecord{}
	for _, m := range []*Member{&x.survivor, &x.other} {
		for _, now := range m.Streaks {
			rec := at[now.ID]
			if rec == nil {
				copied := *now
				copied.Paid = nil
				rec = &copied
				at[now.ID], list = rec, append(list, rec)
			}
			if now.Joined != 0 && (rec.Joined == 0 || now.Joined < rec.Joined) {
				rec.Joined = now.Joined
			}
			s := j.a.current.streakOf(now)
			for _, mark := range now.Paid {
				if s == nil || s.goal(mark.Goal) == nil {
					rec.Paid = append(rec.Paid, mark)
				}
			}
			if s == nil {
				continue
			}
			for _, g := range s.Goals {
				for _, in := range now.reached(s, cal, g) {
					rec.Paid = append(rec.Paid, PaidMark{Goal: g.ID, In: in, Times: 1})
				}
			}
		}
	}
	return list
}

// marksOfChallenges are the goals that either reached. What repeats was reached as often as both together.
func marksOfChallenges(rules *Ruleset, x *uniting) (list []*ChallengeRecord) {
	at := map[string]*ChallengeRecord{}
	for _, m := range []*Member{&x.survivor, &x.other} {
		for _, now := range m.Challenges {
			rec := at[now.ID]
			if rec == nil {
				rec = &ChallengeRecord{ID: now.ID}
				at[now.ID], list = rec, append(list, rec)
			}
			if now.Enrolled != 0 && (rec.Enrolled == 0 || now.Enrolled < rec.Enrolled) {
				rec.Enrolled = now.Enrolled
			}
			if now.Began != 0 && (rec.Began == 0 || now.Began < rec.Began) {
				rec.Began = now.Began
			}
			rec.Joins, rec.Times = max(rec.Joins, now.Joins), max(rec.Times, now.Times)
			ch := rules.Challenge(idOfKey(now.ID))
			for i := range now.Windows {
				w := &now.Windows[i]
				for _, mark := range w.Goals {
					rec.needWindow(w.Key, w.Group).unite(mark, ch.again(mark.ID))
				}
			}
		}
	}
	return list
}

// again reports whether a goal of a challenge repeats.
func (c *Challenge) again(goal string) bool {
	return c != nil && slices.ContainsFunc(c.Goals, func(g *Goal) bool { return g.ID == goal && g.Again })
}

// unite adds a mark of the other's.
func (w *ChallengeWindow) unite(mark GoalMark, again bool) {
	of := w.needMark(mark.ID, mark.Step)
	switch {
	case of.Times == 0:
		*of = mark
		return
	case again:
		of.Times += mark.Times
	default:
		of.Times = max(of.Times, mark.Times)
	}
	of.First, of.At = min(of.First, mark.First), max(of.At, mark.At)
}

// badgesOf are the badges of both, each at the higher level, since the earlier of the two.
func (j *recomputation) badgesOf(x *uniting) []BadgeRecord {
	list := slices.Clone(x.survivor.Badges)
	for _, theirs := range x.other.Badges {
		i := slices.IndexFunc(list, func(b BadgeRecord) bool { return b.ID == theirs.ID })
		if i < 0 {
			list = append(list, theirs)
			continue
		}
		mine := &list[i]
		if badge := find(j.a.current.Badges, mine.ID, func(b *Badge) string { return b.ID }); badge != nil && badge.rank(theirs.Level) > badge.rank(mine.Level) {
			*mine = theirs
		} else if theirs.Level == mine.Level {
			mine.At = min(mine.At, theirs.At)
		}
	}
	return list
}

// streaksAsOne are the runs that the events of both make, with the marks of both.
func (j *recomputation) streaksAsOne(b *applier) (list []*StreakRecord) {
	known := func(of *Member, id string) bool { return of.streak(id) != nil }
	for _, now := range j.a.m.Streaks {
		rec := *now
		if then := b.m.streak(now.ID); then != nil {
			rec.History, rec.Joined = then.History, then.Joined
			j.moveMarks(b, &rec, then)
		}
		list = append(list, &rec)
	}
	for _, then := range b.m.Streaks {
		if !known(j.a.m, then.ID) {
			rec := *then
			rec.Paid = nil
			list = append(list, &rec)
		}
	}
	for _, rec := range list {
		rec.Breaks = 0
		if s := j.a.current.streakOf(rec); s != nil {
			rec.Breaks = s.Run.At(j.a.facts.calendar, b.m.history(rec), j.a.now).BreaksAt
			rec.forget(&s.Run, j.a.facts.calendar)
		}
	}
	return list
}

// moveMarks dates marks of runs that have become one as the run has come to them.
func (j *recomputation) moveMarks(b *applier, rec, then *StreakRecord) {
	s, cal := j.a.current.streakOf(rec), j.a.facts.calendar
	if s == nil {
		return
	}
	rec.Paid = slices.Clone(rec.Paid)
	slices.SortStableFunc(rec.Paid, func(x, y PaidMark) int { return cmp.Compare(x.In, y.In) })
	for _, g := range s.Goals {
		reached := then.reached(s, cal, g)
		for _, in := range reached {
			run := b.runOf(s, then, in)
			first := -1
			for i := range rec.Paid {
				p := &rec.Paid[i]
				if p.Goal != g.ID || p.In < run.First || p.In > run.Last {
					continue
				}
				if p.In == in {
					first = -1
					break
				}
				if first < 0 && !slices.Contains(reached, p.In) {
					first = i
				}
			}
			if first >= 0 {
				rec.Paid[first].In = in
			}
		}
	}
}

// challengesAsOne are the marks of both with the progress that the events of both make. What only both together reach is marked when it
// is given.
func (j *recomputation) challengesAsOne(b *applier) (list []*ChallengeRecord) {
	for _, now := range j.a.m.Challenges {
		rec, then := *now, b.m.challenge(now.ID)
		rec.Windows = nil
		for i := range now.Windows {
			w := &now.Windows[i]
			for _, mark := range w.Goals {
				if reached := then.window(w.Key, w.Group).mark(mark.ID, mark.Step); reached != nil {
					mark.First, mark.At = reached.First, reached.At
				} else if mark.Step {
					continue
				}
				*rec.needWindow(w.Key, w.Group).needMark(mark.ID, mark.Step) = mark
			}
		}
		if then != nil {
			rec.Enrolled, rec.Began, rec.Joins, rec.Parts = then.Enrolled, then.Began, then.Joins, then.Parts
			rec.Times = max(rec.Times, then.Times-j.completes(&rec))
		}
		rec.doneSteps(then)
		list = append(list, &rec)
	}
	for _, then := range b.m.Challenges {
		if j.a.m.challenge(then.ID) == nil {
			rec := &ChallengeRecord{ID: then.ID, Enrolled: then.Enrolled, Began: then.Began, Joins: then.Joins, Parts: then.Parts}
			rec.doneSteps(then)
			list = append(list, rec)
		}
	}
	return list
}

// levelOf is the level that a cause reached; of a streak the goal, which those who are one now may have reached in other periods.
func (j *recomputation) levelOf(c *Cause, rules *Ruleset) levelOf {
	if c.Event == TierReached {
		return levelOf{tier: c.ID, level: c.Goal}
	}
	key := c.ID
	if s := rules.streak(c.ID); s != nil {
		key = s.Key
	}
	return levelOf{level: c.Goal, streak: key}
}

// keepPaid keeps as many marks of a goal as awards are left, where those of members that are one now are more than their runs come to.
func (j *recomputation) keepPaid(s *Streak, g *Goal, marks []calendar.Key, then *StreakRecord) {
	if j.merged.stay == nil {
		return
	}
	left := -len(then.reached(s, j.a.facts.calendar, g))
	for _, rec := range j.r.records {
		if rec.Outcome.Provenance == nil {
			continue
		}
		for i, c := range rec.Outcome.Provenance.Causes {
			if c.Event == StreakReached && c.ID == s.ID && c.Goal == g.ID && !j.undone[CauseRef{rec.Seq, integer.Exact[uint32](i + 1)}] {
				left++
			}
		}
	}
	for _, in := range slices.Backward(marks) {
		if left > 0 && !slices.ContainsFunc(then.Paid, func(p PaidMark) bool { return p.Goal == g.ID && p.In == in }) {
			then.Paid = append(then.Paid, PaidMark{Goal: g.ID, In: in, Times: 1})
			left--
		}
	}
}

// timesOf is how often a replay has reached a level, or a goal of a streak.
func (j *recomputation) timesOf(b *applier, l levelOf) int {
	if l.streak == "" {
		return j.risen[l]
	}
	s := j.a.current.streak(idOfKey(l.streak))
	if s == nil || s.Key != l.streak || s.goal(l.level) == nil || s.Leave {
		return math.MaxInt / 2 // nothing of it falls
	}
	if rec := b.m.streak(s.Key); rec != nil {
		return len(rec.reached(s, j.a.facts.calendar, s.goal(l.level)))
	}
	return 0
}

// completes is how often what is still to be reached completes a challenge.
func (j *recomputation) completes(now *ChallengeRecord) (n int) {
	ch := j.a.current.Challenge(idOfKey(now.ID))
	if ch == nil || ch.Key != now.ID {
		return 0
	}
	rec := &ChallengeRecord{}
	for i := range now.Windows {
		w := &now.Windows[i]
		rec.Windows = append(rec.Windows, ChallengeWindow{w.Key, w.Group, slices.Clone(w.Goals)})
	}
	for i := range j.rev.Reached {
		c := &j.rev.Reached[i]
		if c.Event != ChallengeCompleted || c.ID != ch.ID {
			continue
		}
		mark := rec.needWindow(c.Key, c.Group).needMark(c.Goal, false)
		if mark.Times >= c.Times {
			continue
		}
		if mark.Times++; j.a.allGoals(ch, rec, c.Key, c.Group) {
			n++
		}
	}
	return n
}

// tiersAsOne are the levels that the events of both come to. Where either held a level longer than that, it is kept so.
func (j *recomputation) tiersAsOne(b *applier, x *uniting) (list []*TierRecord) {
	for _, then := range b.m.Tiers {
		rec := *then
		rec.TierState, rec.Base = then.Clone(), then.Base.Clone()
		list = append(list, &rec)
		t := j.a.current.tierOf(&rec)
		if t == nil {
			continue
		}
		for _, m := range []*Member{&x.survivor, &x.other} {
			was := m.tier(rec.ID)
			for level := 0; was != nil && level < len(was.Held); level++ {
				h := &was.Held[level]
				k := kept{rec.ID, level, h.From, h.Reached, h.Unmet}
				if t.keep(j.a.current.CalendarOf(j.a.m), &rec.TierState, &k, j.a.now) {
					x.Keeps = append(x.Keeps, k)
				}
			}
		}
		for _, k := range x.Keeps {
			if k.Tier == rec.ID {
				t.keep(j.a.current.CalendarOf(j.a.m), &rec.Base, &k, j.a.now)
			}
		}
	}
	for _, m := range []*Member{&x.survivor, &x.other} { // of tiers that the ruleset does not have any more
		for _, was := range m.Tiers {
			if !slices.ContainsFunc(list, func(t *TierRecord) bool { return t.ID == was.ID }) {
				list = append(list, was)
			}
		}
	}
	return list
}

// keep lets a level be kept that either of two members held.
func (t *Tier) keep(cal calendar.Calendar, s *challenges.TierState, k *kept, now calendar.Instant) bool {
	return t.Ladder.Keeps(cal, s, k.Level, challenges.Held{From: k.From, Reached: k.Reached, Unmet: k.Unmet}, now)
}

// keepAgain lets the levels be kept that a merge has kept, as a reversal looks at it again.
func (a *applier) keepAgain(m *Merge) {
	for i := range m.Keeps {
		k := &m.Keeps[i]
		for _, rec := range a.m.Tiers {
			if t := a.current.tierOf(rec); t != nil && rec.ID == k.Tier {
				t.keep(a.current.CalendarOf(a.m), &rec.TierState, k, a.now)
				t.keep(a.current.CalendarOf(a.m), &rec.Base, k, a.now)
			}
		}
	}
}

// groupsAsOne takes the shares of both out of the counts of groups and everyone, and puts that of the one in their place. What may
// be forgotten is left alone, as no event can reach it any more.
func (j *recomputation) groupsAsOne(x *uniting, whole, p *Member) {
	for _, c := range j.a.current.counters() {
		if c.By == ByMember {
			continue
		}
		oldest := j.a.oldestPeriod(c)
		for _, id := range countsOf(c.Name, &x.survivor, &x.other, p) {
			for _, key := range periodKeys(x.survivor.countOf(id), x.other.countOf(id), p.countOf(id)) {
				if key < oldest && j.a.seasonsOver(c, key) {
					continue // one of them may have forgotten it
				}
				mine, theirs, one := shareOf(&x.survivor, id, key), shareOf(&x.other, id, key), shareOf(whole, id, key)
				if theirs.Count > 0 || !sameTally(&mine, &one) {
					j.groupAsOne(x, c, id, key, mine, theirs, one)
				}
			}
		}
	}
}

func shareOf(m *Member, id CountID, key calendar.Key) (t challenges.Tally) {
	if of := m.countOf(id).period(key); of != nil {
		t = of.Tally
	}
	return t
}

// groupAsOne finds a group's count of one period with the shares of two members as that of one.
func (j *recomputation) groupAsOne(x *uniting, c *Counter, id CountID, key calendar.Key, mine, theirs, one challenges.Tally) {
	g := j.a.subjects.Group(id)
	t := g.Count.period(key)
	if t == nil {
		if mine.Count > 0 || theirs.Count > 0 || c.challenge == nil && j.a.periodOver(c, key) {
			return // no event can reach that period any more
		}
		t = &PeriodTally{Key: key}
	}
	change := GroupChange{Group: id, Period: PeriodTally{Key: key, Tally: copied(t.Tally)}}
	if c.reread() {
		change.Period.Tally = j.rereadAsOne(x, c, id, key, one)
	} else if exchange(c, &change.Period.Tally, theirs, challenges.Tally{}) != nil || exchange(c, &change.Period.Tally, mine, one) != nil {
		j.a.overflows(c)
	}
	for _, b := range c.leaderboards {
		if !b.Average {
			continue
		}
		fits := false
		then := &Group{Average: slices.Clone(g.Average)}
		if change.Average, fits = then.averageWith(b, key, theirs, challenges.Tally{}); fits {
			*then.average(key) = change.Average
			change.Average, fits = then.averageWith(b, key, mine, one)
		}
		if !fits {
			j.a.overflows(c)
		}
	}
	j.rev.Groups = append(j.rev.Groups, change)
}

// rereadAsOne folds the shares of all members of a group, with that of two members as one.
func (j *recomputation) rereadAsOne(x *uniting, c *Counter, id CountID, key calendar.Key, one challenges.Tally) challenges.Tally {
	sum := copied(one)
	for _, sharer := range j.r.sharers(id, key) {
		m := j.a.subjects.Member(sharer)
		if m == nil || m == j.a.m || m.ID == x.From {
			continue
		}
		if t := m.countOf(id).period(key); t != nil {
			_ = sum.Merge(c.Fold, &t.Tally)
		}
	}
	return sum
}

// scoresAsOne tells the boards of the member's own counts what has changed.
func (j *recomputation) scoresAsOne(x *uniting, p *Member) {
	for _, c := range j.a.current.counters() {
		if c.By != ByMember || len(c.leaderboards) == 0 {
			continue
		}
		for _, id := range countsOf(c.Name, &x.survivor, p) {
			before, after := x.survivor.countOf(id), p.countOf(id)
			for _, key := range periodKeys(before, after) {
				was, is := before.period(key), after.period(key)
				if is == nil {
					is = &PeriodTally{Key: key}
				}
				if was != nil && was.Value == is.Value && was.At == is.At && was.Count > 0 == (is.Count > 0) {
					continue
				}
				for _, b := range c.leaderboards {
					if c.Every == calendar.Always || !j.a.seasonOver(j.a.current.SeasonCloses(b, key)) {
						j.rev.scores = append(j.rev.scores, boardScore{b, id.Split, j.a.m.ID, *is})
					}
				}
			}
		}
	}
}

// mergedAwards are those of members that have been merged since which their events as those of one do not come to: nothing that was
// given is decided again by a merge, nor by a reversal after it.
type mergedAwards struct {
	stay    map[CauseRef]bool
	levels  map[levelOf]int // how often more each was reached
	reached map[Cause]int   // goals that were reached in another way
}

// leaveMerged finds the awards that a reversal leaves, as the events do not come to them with what is reversed, either.
func (j *recomputation) leaveMerged() {
	if !slices.ContainsFunc(j.r.records, func(rec *Record) bool { return rec.Outcome.Merge != nil }) {
		return
	}
	lines := j.lines
	j.lines = nil
	b := j.replay()
	left := mergedAwards{stay: map[CauseRef]bool{}, levels: map[levelOf]int{}, reached: map[Cause]int{}}
	for _, rec := range j.r.records {
		if rec.Outcome.Provenance == nil {
			continue
		}
		rules, _ := j.r.rules(rec)
		for i := range rec.Outcome.Provenance.Causes {
			c, ref := &rec.Outcome.Provenance.Causes[i], CauseRef{rec.Seq, integer.Exact[uint32](i + 1)}
			switch {
			case j.undone[ref]:
			case c.Event == TierReached, c.Event == StreakReached:
				left.levels[j.levelOf(c, rules)]++
			case !j.stands(b, rec, rules, c):
				left.stay[ref] = true
			}
		}
	}
	for l := range left.levels {
		left.levels[l] = max(0, left.levels[l]-j.timesOf(b, l))
	}
	for _, c := range j.reached {
		if c.Event == ChallengeCompleted {
			c.At, c.Won = 0, false
			left.reached[c]++
		}
	}
	j.merged, j.lines = left, lines
}
