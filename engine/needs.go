package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// What needs something else counts from its completion on, by event time, whatever the order of arrival. So contributions to
// challenges and steps that need one another are kept for as long as events may be late: those that came before what they need
// wait, and those that were counted say at which of them a goal was first reached.

// Brought is a contribution of the late window to a challenge that needs another one or is needed, or has steps that are.
type Brought struct {
	Counter string
	Window  calendar.Key
	Group   string
	challenges.Contribution
	Counted bool   // false: it waits for what it needs
	Zone    string // in which the member lived when it came, where each member's own midnight counts
}

// maxParts bounds what a challenge keeps of the late window: of more, the oldest are not judged again.
const maxParts = 512

// keep notes a contribution of the late window.
func (a *applier) keep(c *Counter, rec *ChallengeRecord, w challengeWindow, con challenges.Contribution, group string, counted bool) {
	if !c.challenge.ordered {
		return
	}
	a.forgetParts(rec)
	if len(rec.Parts) >= maxParts {
		rec.Parts = slices.Delete(rec.Parts, 0, 1)
	}
	i := len(rec.Parts)
	for i > 0 && (rec.Parts[i-1].At > con.At || rec.Parts[i-1].At == con.At && strings.Compare(rec.Parts[i-1].ID, con.ID) > 0) {
		i--
	}
	p := Brought{Counter: c.Name, Window: w.key, Group: group, Contribution: con, Counted: counted}
	if a.current.MemberClock {
		p.Zone = a.facts.calendar.Zone.Name()
	}
	rec.Parts = slices.Insert(rec.Parts, i, p)
}

// forgetParts leaves only what the late window still holds: what is older comes before all that can still complete anything.
func (a *applier) forgetParts(rec *ChallengeRecord) {
	horizon := a.current.Calendar.Before(a.now, a.current.Late)
	rec.Parts = slices.DeleteFunc(rec.Parts, func(p Brought) bool { return p.At < horizon })
}

// dated gives the mark of a goal the instant at which what was counted reached it first, and reports whether that has changed.
// One from before the late window stays.
func (a *applier) dated(rec *ChallengeRecord, c *Counter, key calendar.Key, t *challenges.Tally, at decimal.Decimal, mark *GoalMark) bool {
	if !c.challenge.ordered || mark == nil || mark.First < a.current.Calendar.Before(a.now, a.current.Late) {
		return false
	}
	first, known := rec.firstReached(c, key, t, at)
	if !known || first == mark.First {
		return false
	}
	mark.First = first
	return true
}

// firstReached is when a threshold was first reached in a window; known is false where that was before all that is kept.
func (rec *ChallengeRecord) firstReached(c *Counter, key calendar.Key, t *challenges.Tally, at decimal.Decimal) (first calendar.Instant, known bool) {
	if c.Fold == challenges.Distinct {
		var firsts []calendar.Instant
		for _, k := range t.Keys {
			firsts = append(firsts, k.First)
		}
		slices.Sort(firsts)
		n := int(at / decimal.One)
		if n < 1 || n > len(firsts) {
			return 0, false
		}
		return firsts[n-1], true
	}
	sum, counted := t.Value, rec.counted(c, key, t)
	for i := range counted {
		sum -= counted[i].Value
	}
	if c.Fold == challenges.Add && sum >= at {
		return 0, false
	}
	for i := range counted {
		if sum += counted[i].Value; c.Fold != challenges.Add {
			sum = counted[i].Value
		}
		if c.Fold == challenges.Lowest && sum <= at || c.Fold != challenges.Lowest && sum >= at {
			return counted[i].At, true
		}
	}
	return 0, false
}

// counted is what is known of what counts in a window, by (time, id). Where only so many count in a period, the tally knows which.
func (rec *ChallengeRecord) counted(c *Counter, key calendar.Key, t *challenges.Tally) (list []challenges.Kept) {
	if c.AtMost.N > 0 {
		list = slices.Clone(t.Kept) // by their periods, which for a member who travels are not in the order of time
		slices.SortFunc(list, func(x, y challenges.Kept) int { return cmp.Or(cmp.Compare(x.At, y.At), strings.Compare(x.ID, y.ID)) })
		return list
	}
	for i := range rec.Parts {
		if p := &rec.Parts[i]; p.Counted && p.Counter == c.Name && p.Window == key {
			list = append(list, challenges.Kept{At: p.At, ID: p.ID, Value: p.Value})
		}
	}
	return list
}

// release counts what has waited for a challenge, or for a step of it, that is completed now, or earlier than was known.
func (a *applier) release(ch *Challenge) {
	for _, d := range a.current.Challenges {
		if d.ordered && (d == ch || slices.Contains(d.Needs, ch.ID)) {
			a.releaseParts(d)
		}
	}
}

func (a *applier) releaseParts(d *Challenge) {
	rec := a.m.challenge(d.Key)
	if rec == nil {
		return
	}
	a.forgetParts(rec)
	for {
		i := slices.IndexFunc(rec.Parts, func(p Brought) bool { return !p.Counted && a.mayCount(d, rec, &p) })
		if i < 0 {
			return
		}
		p := rec.Parts[i]
		rec.Parts = slices.Delete(rec.Parts, i, i+1)
		c := a.current.byName[p.Counter]
		if c == nil || c.challenge != d {
			continue
		}
		event, cal := a.event, a.facts.calendar
		then := *event
		then.ID, then.Time = p.ID, p.At
		a.event = &then
		if p.Zone != "" { // what it counts in is told by the clock of when it came
			a.facts.calendar.Zone = a.current.zones.Known(p.Zone)
		}
		w := a.m.window(d, rec, a.facts.calendar, p.At)
		w.key = p.Window
		a.countChallenge(c, rec, w, p.Contribution, p.Group)
		a.event, a.facts.calendar = event, cal
	}
}

// mayCount reports whether a contribution comes after all that it needs.
func (a *applier) mayCount(d *Challenge, rec *ChallengeRecord, p *Brought) bool {
	if !a.needsDone(d, p.Window, p.At) {
		return false
	}
	c := a.current.byName[p.Counter]
	return c == nil || c.step == nil || rec.stepsBefore(c.step, p.Window, p.At)
}

// stepsBefore reports whether the steps that a step needs were done before an instant.
func (rec *ChallengeRecord) stepsBefore(s *Step, key calendar.Key, at calendar.Instant) bool {
	for _, need := range s.Needs {
		if mark := rec.window(key, "").step(need); mark == nil || mark.First >= at {
			return false
		}
	}
	return true
}

// needsDone reports whether all challenges that one needs were completed before an instant: of the same `every` in the same
// period, others ever.
func (a *applier) needsDone(ch *Challenge, key calendar.Key, at calendar.Instant) bool {
	for _, id := range ch.Needs {
		needed := a.current.Challenge(id)
		rec := a.m.challenge(needed.Key)
		switch {
		case rec == nil || rec.Times == 0:
			return false
		case ch.Every != calendar.Always && ch.Every == needed.Every:
			if rec.completedIn(needed, key) >= at {
				return false
			}
		case rec.completedAt(needed) >= at:
			return false
		}
	}
	return true
}

// completedIn is when all goals of a challenge were first reached in a window, calendar.Forever where they were not.
func (rec *ChallengeRecord) completedIn(ch *Challenge, key calendar.Key) calendar.Instant {
	first := calendar.Forever
	for i := range rec.Windows {
		if w := &rec.Windows[i]; w.Key == key {
			first = min(first, w.completedAt(ch))
		}
	}
	return first
}

func (w *ChallengeWindow) completedAt(ch *Challenge) calendar.Instant {
	last := calendar.Beginning
	for _, g := range ch.Goals {
		mark := w.goal(g.ID)
		if mark == nil {
			return calendar.Forever
		}
		last = max(last, mark.First)
	}
	return last
}

// order finds the challenges that need something or are needed.
func (r *Ruleset) order() {
	for _, c := range r.Challenges {
		c.ordered = c.ordered || len(c.Needs) > 0 || slices.ContainsFunc(c.Steps, func(s *Step) bool { return len(s.Needs) > 0 })
		for _, id := range c.Needs {
			if needed := r.Challenge(id); needed != nil {
				needed.ordered = true
			}
		}
	}
}
