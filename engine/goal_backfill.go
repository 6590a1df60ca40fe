package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// lowers reports whether a version of a challenge can be complete for what an older one did not suffice for: it has a goal, or
// a step, that asks for less, or a new one.
func (c *Challenge) lowers(old *Challenge) bool {
	if old == nil || old.Key != c.Key {
		return false
	}
	for _, g := range c.Goals {
		i := slices.IndexFunc(old.Goals, func(was *Goal) bool { return was.ID == g.ID })
		if i < 0 || g.At < old.Goals[i].At {
			return true
		}
	}
	for _, s := range c.Steps {
		if slices.ContainsFunc(old.Steps, func(was *Step) bool { return was.ID == s.ID && s.Goal < was.Goal }) {
			return true
		}
	}
	return false
}

// lowers reports whether a version of a badge has a level that asks for less, or a new one, of what was counted before.
func (b *Badge) lowers(old *Badge) bool {
	if b.Counter == nil || old == nil || old.Counter == nil || old.Counter.Name != b.Counter.Name {
		return b.Counter != nil && old == nil
	}
	for _, l := range b.Levels {
		i := slices.IndexFunc(old.Levels, func(was challenges.Level) bool { return was.Name == l.Name })
		if i < 0 || l.At < old.Levels[i].At && b.Counter.Fold != challenges.Lowest || l.At > old.Levels[i].At && b.Counter.Fold == challenges.Lowest {
			return true
		}
	}
	return false
}

// succeedGoals remembers whether a goal was lowered: then members who send nothing are looked at, too (operations: A new version of a ruleset). A
// version that follows soon does not make members be left out.
func (v Version) succeedGoals(before *Ruleset) {
	v.Rules.lowered = before.lowered || v.restarted(before)
	for _, c := range v.Rules.Challenges {
		v.Rules.lowered = v.Rules.lowered || c.lowers(before.Challenge(c.ID))
	}
	for _, b := range v.Rules.Badges {
		v.Rules.lowered = v.Rules.lowered || b.lowers(before.badge(b.ID))
	}
}

// restarted reports whether a version counts something for tiers again: what that amounts to is told by a tick.
func (v Version) restarted(before *Ruleset) bool {
	for _, t := range v.Rules.Tiers {
		if old := before.tier(t.ID); old != nil && old.Key == t.Key &&
			!slices.EqualFunc(t.Counters, old.Counters, func(a, b *Counter) bool { return a.Name == b.Name }) {
			return true
		}
	}
	return false
}

// passTime is the tick: what time has done is written down before it. One that tells of news completes what the present goals
// are complete for, as of its own time.
func passTime(a *applier, e *event.Event) {
	if e.Kind != event.News || !a.current.lowered {
		return
	}
	a.look(e)
	for _, ch := range a.current.Challenges {
		if rec := a.m.challenge(ch.Key); rec != nil {
			if w := a.m.window(ch, rec, a.facts.calendar, e.Time); w.open {
				a.completeLowered(ch, rec, w)
			}
		}
	}
	for _, b := range a.current.Badges {
		if b.Counter != nil {
			a.earnLowered(b)
		}
	}
}

// earnLowered gives the levels of a badge that what was counted is enough for, in the period that is open now.
func (a *applier) earnLowered(b *Badge) {
	c, cal := b.Counter, a.facts.calendar
	count := a.m.count(c.Name)
	if count == nil {
		return
	}
	if !c.Last.IsZero() {
		rolled := c.rolled(count, cal, a.event.Time)
		a.levelsMet(b, c.Fold, &rolled, a.event)
	} else if t := count.period(c.periodKey(cal, a.event.Time)); t != nil {
		a.levelsMet(b, c.Fold, &t.Tally, a.event)
	}
}

// completeLowered looks whether what was counted in a window is enough for the present goals.
func (a *applier) completeLowered(ch *Challenge, rec *ChallengeRecord, w challengeWindow) {
	switch {
	case ch.Counter == nil:
		for _, s := range ch.Steps {
			if t := a.m.count(s.Counter.Name).period(w.key); t != nil {
				a.completeStep(s, rec, w, &t.Tally)
			}
		}
		a.reachSteps(ch, rec, w)
	case ch.Counter.By != ByMember:
		for _, id := range countsOf(ch.Counter.Name, a.m) {
			a.completeShare(ch, rec, w, id)
		}
	default:
		if t := a.m.count(ch.Counter.Name).period(w.key); t != nil {
			before := rec.Times
			for _, g := range ch.Goals {
				a.goal(ch, rec, w, g, "", &t.Tally)
			}
			if rec.Times != before {
				a.tellChallenge(ch, rec, w, "", t.Value)
			}
		}
	}
}

// completeShare is completeLowered for the member's part in a group's challenge. Members who are told later are paid then; the
// gift to the others waits as one that an event makes.
func (a *applier) completeShare(ch *Challenge, rec *ChallengeRecord, w challengeWindow, id CountID) {
	group, mine := id.Group, a.m.countOf(id).period(w.key)
	if mine == nil {
		return
	}
	g := a.awarding.group(a, id)
	if g == nil {
		for _, goal := range ch.Goals {
			a.payShare(ch, rec, w, goal, group, &mine.Tally)
		}
		return
	}
	t := g.Count.period(w.key)
	if t == nil {
		return
	}
	for _, goal := range ch.Goals {
		a.groupGoal(ch, g, w, goal, group, &t.Tally, a.event.Time)
		if a.decides.groupReached(a, ch, g, w.key, goal, group) {
			a.payShare(ch, rec, w, goal, group, &mine.Tally)
		}
	}
	a.tellChallenge(ch, rec, w, group, t.Value)
}

// groupGoal marks a goal that a group has reached; its members are paid one after another.
func (a *applier) groupGoal(ch *Challenge, g *Group, w challengeWindow, goal *Goal, group string, t *challenges.Tally, at calendar.Instant) {
	if !t.Reached(ch.Counter.Fold, goal.At) || g.reached(w.key, goal.ID) {
		return
	}
	g.Goals = append(g.Goals, GroupGoal{Window: w.key, Goal: goal.ID, At: at})
	a.subjects.touchGroup(g, a.seq)
	a.out.Fanouts = append(a.out.Fanouts, Fanout{Challenge: ch.ID, Window: w.key, Group: group, Goal: goal.ID, At: at})
}

// fellOf is how often a group's challenge does not count as completed any more in windows that are over and forgotten, of which
// only the records tell.
func (j *recomputation) fellOf(ch *Challenge, now *ChallengeRecord) (times int) {
	last := ch.Goals[len(ch.Goals)-1].ID
	for _, rec := range j.r.records {
		for _, u := range j.rev.Undone {
			if u.Seq != rec.Seq || u.Cause == 0 {
				continue
			}
			c := &rec.Outcome.Provenance.Causes[u.Cause-1]
			if c.Event == ChallengeCompleted && c.ID == ch.ID && c.Goal == last && now.window(c.Key, c.Group) == nil {
				times++
			}
		}
	}
	return times
}
