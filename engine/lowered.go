package engine

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
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

// succeedGoals remembers whether a goal was lowered: then members who send nothing are looked at, too (language: Versions). A
// version that follows soon does not make members be left out.
func (v Version) succeedGoals(before *Ruleset) {
	v.Rules.lowered = before.lowered
	for _, c := range v.Rules.Challenges {
		v.Rules.lowered = v.Rules.lowered || c.lowers(before.Challenge(c.ID))
	}
}

// isNews reports whether an event is the tick that tells a member of news.
func isNews(id string) bool { return strings.HasPrefix(id, newsIDs) }

// newsIDs is what the ids of such ticks begin with.
const newsIDs = derived + "news/"

// passTime is the tick: what time has done is written down before it. One that tells of news completes what the present goals
// are complete for, as of its own time.
func passTime(a *applier, e *Event) {
	if !isNews(e.ID) || !a.rules.lowered {
		return
	}
	a.look(e)
	for _, ch := range a.rules.Challenges {
		if rec := a.m.challenge(ch.Key); rec != nil {
			if w := a.m.window(ch, rec, a.facts.calendar, e.Time); w.open {
				a.completeLowered(ch, rec, w)
			}
		}
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
	if a.judge != nil {
		for _, goal := range ch.Goals {
			a.payShare(ch, rec, w, goal, group, &mine.Tally)
		}
		return
	}
	g := a.subjects.Group(id)
	t := g.Count.period(w.key)
	if t == nil {
		return
	}
	for _, goal := range ch.Goals {
		a.groupGoal(ch, g, w, goal, group, &t.Tally, a.event.Time)
		if a.groupReached(ch, g, w.key, goal, group) {
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
