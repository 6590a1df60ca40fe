package engine

import (
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// challengeWindow is the window of a challenge in which an instant lies for a member: its key, and its [start, end).
type challengeWindow struct {
	key        calendar.Key
	start, end calendar.Instant
	from       calendar.Instant // from when `within` counts
	open       bool
}

// window finds the window of c that an instant lies in. A challenge that has not been joined has none, nor has an instant
// outside its dates (semantics: Challenges).
func (m *Member) window(c *Challenge, rec *ChallengeRecord, cal calendar.Calendar, at calendar.Instant) challengeWindow {
	w := challengeWindow{start: calendar.Beginning, end: calendar.Forever, open: true}
	if c.During != nil {
		if w = duringWindow(c.During, cal, at); !w.open {
			return w
		}
	}
	if c.Every != calendar.Always {
		w.key = cal.Key(c.Every, at)
		w.start, w.end = max(w.start, cal.Start(c.Every, w.key)), min(w.end, cal.End(c.Every, w.key))
	}
	if c.OptIn {
		if rec == nil || rec.Enrolled == 0 {
			w.open = false
			return w
		}
		w.from, w.start = max(w.start, rec.Began), max(w.start, rec.Enrolled)
	} else {
		w.from = max(w.start, m.Joined)
	}
	if !c.Within.IsZero() {
		w.start = max(w.start, w.from)
		w.end = min(w.end, cal.EndOfDayAfter(w.from, c.Within))
	}
	w.open = at >= w.start && at < w.end
	return w
}

// duringWindow is the window of a challenge's `during` that is open at an instant; when none is, the next one, or the last
// one that was. Dates give start and end; with days or hours the window is the whole span of dates, and only what falls on
// them counts.
func duringWindow(d *During, cal calendar.Calendar, at calendar.Instant) challengeWindow {
	var near challengeWindow
	for i := range d.Any {
		cw := d.Any[i].Calendar
		if cw == nil {
			continue
		}
		w := challengeWindow{start: calendar.Beginning, end: calendar.Forever, open: cw.Contains(cal, at)}
		if cw.HasFrom {
			w.start = cal.Zone.Start(cw.From)
		}
		if cw.HasUntil {
			w.end = cal.Zone.Start(cw.Until.AddDays(1))
		}
		if len(d.Any) > 1 && cw.HasFrom {
			w.key = calendar.Key(cw.From) // several windows: each has progress of its own
		}
		if w.open {
			return w
		}
		if near.end == 0 || near.end <= at && w.end > near.end || w.start > at && w.start < near.start {
			near = w
		}
	}
	return near
}

// foldChallenge counts an event for a challenge or one of its steps, and pays the goals it reaches.
func (a *applier) foldChallenge(c *Counter, con challenges.Contribution, group string) {
	ch, name := c.challenge, c.challenge.Path
	now := a.goBack()
	a.facts.of = ofCounts // a reversal that looks back asks this too
	who := a.ask(ch.For, name)
	a.facts.of = ofRules
	if a.m.Profile = now; !who {
		a.trace.not(a.event.ID, name, ch.Position, WhoseNot, "")
		return
	}
	rec := a.m.challenge(ch.Key)
	w := a.m.window(ch, rec, a.facts.calendar, con.At)
	if !w.open {
		if ch.OptIn && (rec == nil || rec.Enrolled == 0) {
			if ch.hiddenFrom(rec) {
				a.trace.not(a.event.ID, name, ch.Position, NotJoined, "")
				return
			}
			a.stopped(name, ch.Position, NotJoined)
		} else {
			a.trace.not(a.event.ID, name, ch.Position, WindowClosed, "")
		}
		return
	}
	if !a.needsDone(ch, w.key, con.At) {
		a.keep(c, a.m.needChallenge(ch.Key), w, con, group, false)
		a.trace.not(a.event.ID, name, ch.Position, ConditionNot, "a challenge it needs is not completed")
		return
	}
	rec = a.m.needChallenge(ch.Key)
	a.countChallenge(c, rec, w, con, group)
	a.forgetWindows(ch, rec)
}

// countChallenge counts what comes after all that the challenge needs.
func (a *applier) countChallenge(c *Counter, rec *ChallengeRecord, w challengeWindow, con challenges.Contribution, group string) {
	ch := c.challenge
	switch {
	case c.step != nil:
		a.foldStep(c, rec, w, con)
	case c.By != ByMember:
		a.foldGroupChallenge(c, rec, w, con, group)
	default:
		t := a.m.needCount(CountID{Name: c.Name}).need(w.key)
		if !a.tally(c, &t.Tally, con) {
			return
		}
		a.keep(c, rec, w, con, group, true)
		moved := false
		for _, g := range ch.Goals {
			known := rec.window(w.key, "").goal(g.ID) != nil
			a.goal(ch, rec, w, g, "", &t.Tally)
			mark := rec.window(w.key, "").goal(g.ID)
			moved = a.dated(rec, c, w.key, &t.Tally, g.At, mark) || moved || !known && mark != nil
		}
		a.tellChallenge(ch, rec, w, "", t.Value)
		if moved && ch.ordered {
			a.release(ch)
		}
	}
}

// completedAt is when all goals of a challenge were first reached, 0 where that was in a window that is known no more.
func (c *ChallengeRecord) completedAt(ch *Challenge) calendar.Instant {
	first := calendar.Forever
	known := 0 // completions in the windows that are known
	for i := range c.Windows {
		last, times := calendar.Beginning, 1-len(ch.Goals)
		for _, g := range ch.Goals {
			mark := c.Windows[i].goal(g.ID)
			if mark == nil {
				last, times = calendar.Forever, 0
				break
			}
			last, times = max(last, mark.First), times+mark.Times
		}
		first, known = min(first, last), known+times
	}
	if first == calendar.Forever || c.Times > known {
		return 0
	}
	return first
}

// goal pays a goal as often as progress has reached it and it was not paid.
func (a *applier) goal(ch *Challenge, rec *ChallengeRecord, w challengeWindow, g *Goal, group string, t *challenges.Tally) {
	if !g.Within.IsZero() && a.event.Time >= a.facts.calendar.EndOfDayAfter(max(w.from, a.m.Joined), g.Within) {
		return
	}
	times := 0
	if t.Reached(ch.Counter.Fold, g.At) {
		times = 1
		if g.Again && g.At > 0 {
			times = int(t.Value / g.At)
		}
	}
	mark := rec.window(w.key, group).goal(g.ID)
	for n := 0; mark == nil && times > 0 || mark != nil && mark.Times < times; n++ {
		if n == maxAgain {
			a.out.note("again", ch.Path, "goal "+g.ID+" was reached more than "+strconv.Itoa(maxAgain)+
				" times at once; the rest follows with the next events that count")
			return
		}
		a.reach(ch, rec, w, g, group)
		mark = rec.window(w.key, group).goal(g.ID)
	}
}

// maxAgain bounds how often one event reaches a goal that repeats, so that no event does work without end: a goal of 1 on an
// amount of millions is a mistake in the ruleset.
const maxAgain = 1000

// reach marks a goal reached once more, and gives what it gives unless all winners' places are taken.
func (a *applier) reach(ch *Challenge, rec *ChallengeRecord, w challengeWindow, g *Goal, group string) {
	name := ch.Path
	mark := rec.needWindow(w.key, group).needMark(g.ID, false)
	mark.Times++
	if mark.At = a.event.Time; mark.Times == 1 {
		mark.First = mark.At
	}
	if a.allGoals(ch, rec, w.key, group) {
		rec.Times++
	}
	cause := a.caused(Cause{Event: ChallengeCompleted, ID: ch.ID, Goal: g.ID, Key: w.key, Group: group, Times: mark.Times, At: a.event.Time})
	won := ch.Winners > 0 && a.decides.winner(a, ch, w.key, g, &a.provenance.Causes[cause-1])
	a.provenance.Causes[cause-1].Won = won
	if ch.Winners > 0 && !won {
		if !ch.hiddenFrom(rec) {
			a.out.note("not_given", name, noPlace(g.ID, mark.Times))
		}
		a.trace.not(a.event.ID, name, ch.Position, LimitReached, "winners")
	} else {
		a.trace.fired(a.event.ID, name, ch.Position)
		a.gives(g.Give, &ch.Definition, g.ID, cause)
	}
	days := decimal.Decimal(0)
	if w.start > calendar.Beginning {
		days, _ = decimal.FromInt(int64(a.facts.Date() - a.facts.calendar.Zone.Date(w.start)))
	}
	fields := []event.Value{event.TextValue(ch.ID), event.TextValue(g.ID), event.NumberValue(days)}
	if !ch.hiddenFrom(rec) {
		a.raise(ChallengeCompleted, a.event.Time, fields...)
	}
	a.enqueue(cause, ChallengeCompleted, a.event.Time, a.event.Depth, fields, a.event.ID, ch.ID, g.ID, group, strconv.Itoa(mark.Times))
	a.fresh = false
}

// noPlace tells who reached a goal after its last winner. Of one that repeats it tells which time that was: one event can win
// and find all places taken the next time.
func noPlace(goal string, times int) string {
	if times > 1 {
		goal += " for time " + strconv.Itoa(times)
	}
	return "goal " + goal + " was reached, but all winners' places were taken"
}

// takePlace takes one of the winners' places, by acceptance order.
func (a *applier) takePlace(ch *Challenge, window calendar.Key, g *Goal) bool {
	u := a.subjects.Usage(ch.winnersKey(g.ID))
	places, _ := decimal.FromInt(int64(ch.Winners))
	taken := slices.ContainsFunc(u.Periods, func(p UsePeriod) bool { return p.Key == window && p.Used >= places })
	if taken {
		return false
	}
	u.Periods = addUse(u.Periods, 0, window, decimal.One)
	a.subjects.touchUse(u, a.seq)
	return true
}

// won reports whether a recorded event took a winner's place with a completion.
func (o *Outcome) won(c *Cause) bool {
	return o.Provenance != nil && slices.ContainsFunc(o.Provenance.Causes, func(r Cause) bool {
		return r.Won && r.Event == c.Event && r.ID == c.ID && r.Goal == c.Goal && r.Key == c.Key && r.Group == c.Group && r.Times == c.Times
	})
}

func (a *applier) allGoals(ch *Challenge, rec *ChallengeRecord, key calendar.Key, group string) bool {
	w := rec.window(key, group)
	return !slices.ContainsFunc(ch.Goals, func(g *Goal) bool { return w.goal(g.ID) == nil })
}

// foldStep counts an event for one step; a challenge of steps is complete when all of them are.
func (a *applier) foldStep(c *Counter, rec *ChallengeRecord, w challengeWindow, con challenges.Contribution) {
	ch, step := c.challenge, c.step
	if !rec.stepsBefore(step, w.key, con.At) {
		a.keep(c, rec, w, con, "", false)
		return
	}
	t := a.m.needCount(CountID{Name: c.Name}).need(w.key)
	if !a.tally(c, &t.Tally, con) {
		return
	}
	a.keep(c, rec, w, con, "", true)
	known := rec.window(w.key, "").step(step.ID) != nil
	a.completeStep(step, rec, w, &t.Tally)
	mark := rec.window(w.key, "").step(step.ID)
	moved := a.dated(rec, c, w.key, &t.Tally, step.Goal, mark) || !known && mark != nil
	a.reachSteps(ch, rec, w)
	if moved && ch.ordered {
		a.redateSteps(ch, rec, w)
		a.release(ch)
	}
}

// redateSteps dates the completion of a challenge of steps by the last of them.
func (a *applier) redateSteps(ch *Challenge, rec *ChallengeRecord, w challengeWindow) {
	window, last := rec.window(w.key, ""), calendar.Beginning
	for _, s := range ch.Steps {
		if mark := window.step(s.ID); mark != nil {
			last = max(last, mark.First)
		}
	}
	for _, g := range ch.Goals {
		if mark := window.goal(g.ID); mark != nil {
			mark.First = last
		}
	}
}

// completeStep marks a step that is done.
func (a *applier) completeStep(step *Step, rec *ChallengeRecord, w challengeWindow, t *challenges.Tally) {
	window := rec.needWindow(w.key, "")
	if t.Reached(step.Counter.Fold, step.Goal) && window.step(step.ID) == nil {
		mark := window.needMark(step.ID, true)
		mark.Times, mark.First, mark.At = 1, a.event.Time, a.event.Time
	}
}

// reachSteps completes a challenge whose steps are all done.
func (a *applier) reachSteps(ch *Challenge, rec *ChallengeRecord, w challengeWindow) {
	done := stepsDone(ch, rec.needWindow(w.key, ""))
	for _, g := range ch.Goals {
		if done >= g.At && rec.window(w.key, "").goal(g.ID) == nil {
			a.reach(ch, rec, w, g, "")
		}
	}
	a.tellChallenge(ch, rec, w, "", done)
}

func stepsDone(ch *Challenge, w *ChallengeWindow) decimal.Decimal {
	n := int64(0)
	for _, s := range ch.Steps {
		if w.step(s.ID) != nil {
			n++
		}
	}
	d, _ := decimal.FromInt(n)
	return d
}

// foldGroupChallenge counts for a group or everyone. A group's goal stays reached; each member who brought enough is paid,
// now or when they bring it later inside the window.
func (a *applier) foldGroupChallenge(c *Counter, rec *ChallengeRecord, w challengeWindow, con challenges.Contribution, group string) {
	ch, id := c.challenge, CountID{Name: c.Name, Group: group}
	g := a.awarding.group(a, id)
	if g == nil {
		if mine := a.foldShare(c, con, id, w.key, false); mine != nil {
			for _, goal := range ch.Goals {
				a.payShare(ch, rec, w, goal, group, &mine.Tally)
			}
		}
		return
	}
	t := g.Count.need(w.key)
	var before challenges.Tally
	if share := a.m.countOf(id).period(w.key); share != nil {
		before = share.Tally
	}
	mine := a.foldShare(c, con, id, w.key, true)
	if mine == nil || !a.tallyGroup(c, &t.Tally, con, &before, &mine.Tally) {
		return
	}
	a.subjects.touchGroup(g, a.seq)
	for _, goal := range ch.Goals {
		a.groupGoal(ch, g, w, goal, group, &t.Tally, con.At)
		if a.decides.groupReached(a, ch, g, w.key, goal, group) {
			a.payShare(ch, rec, w, goal, group, &mine.Tally)
		}
	}
	a.tellChallenge(ch, rec, w, group, t.Value)
}

// shareSuffices reports whether a member's share of a group's challenge is enough to be paid.
func (c *Challenge) shareSuffices(mine *challenges.Tally) bool {
	return mine.Count > 0 && mine.Value >= c.EachNeeds
}

// payShare pays a member their part of a goal that the group has reached, once.
func (a *applier) payShare(ch *Challenge, rec *ChallengeRecord, w challengeWindow, g *Goal, group string, mine *challenges.Tally) {
	if !ch.shareSuffices(mine) || rec.window(w.key, group).goal(g.ID) != nil || ch.OptIn && rec.Enrolled == 0 {
		return
	}
	if !a.awarding.paysShare(ch, w.key, group, g) {
		return
	}
	a.reach(ch, rec, w, g, group)
	if ch.ordered {
		a.release(ch)
	}
}

// tellChallenge tells the progress of a challenge, and what of it is shown: capped at the last goal.
func (a *applier) tellChallenge(ch *Challenge, rec *ChallengeRecord, w challengeWindow, group string, progress decimal.Decimal) {
	next, last := ch.goals(rec.window(w.key, group))
	progress = ch.towards(progress, last)
	a.out.replace(Effect{Kind: ChallengeEffect, ID: ch.ID, Amount: progress, Shown: ch.shown(progress, last), Wanted: next,
		Done: a.allGoals(ch, rec, w.key, group), Group: group, Hidden: ch.hiddenFrom(rec)})
}

// hiddenFrom reports whether a member is not to be told of the challenge: it is hidden, and they have never completed it.
func (c *Challenge) hiddenFrom(rec *ChallengeRecord) bool {
	return c.Hidden && (rec == nil || rec.Times == 0)
}

// goals are the next goal not yet reached in a window, or the last one, and the last one.
func (c *Challenge) goals(w *ChallengeWindow) (next, last decimal.Decimal) {
	for _, g := range c.Goals {
		last = g.At
		if next == 0 && w.goal(g.ID) == nil {
			next = g.At
		}
	}
	if next == 0 {
		next = last
	}
	return next, last
}

// towards is progress, towards the next time where the one goal repeats.
func (c *Challenge) towards(progress, last decimal.Decimal) decimal.Decimal {
	if len(c.Goals) == 1 && c.Goals[0].Again && last > 0 && progress >= 0 {
		return progress % last
	}
	return progress
}

// shown is progress as a bar shows it: capped at the last goal where more is better.
func (c *Challenge) shown(progress, last decimal.Decimal) decimal.Decimal {
	repeats := slices.ContainsFunc(c.Goals, func(g *Goal) bool { return g.Again })
	if repeats || c.Counter != nil && c.Counter.Fold == challenges.Lowest {
		return progress
	}
	return min(progress, last)
}

// forgetWindows drops the windows and counts of a repeating challenge that no event can reach any more.
func (a *applier) forgetWindows(ch *Challenge, rec *ChallengeRecord) {
	if !a.forgets || ch.Every == calendar.Always || len(rec.Windows) < 2 && ch.Counter == nil {
		return
	}
	oldest := a.current.lastCalendar().Key(ch.Every, a.current.Calendar.Before(a.now, a.current.Late))
	rec.Windows = slices.DeleteFunc(rec.Windows, func(w ChallengeWindow) bool { return w.Key < oldest })
	for _, count := range a.m.Counts {
		if ch.owns(count.Name) {
			count.Periods, count.sums = slices.DeleteFunc(count.Periods, func(p PeriodTally) bool { return p.Key < oldest }), runningSums{}
		}
	}
}

// challengeNames is what the names of challenges' counts begin with.
const challengeNames = "challenges/"

// owns reports whether a count of this name belongs to the challenge or one of its steps.
func (c *Challenge) owns(name string) bool {
	own := challengeNames + c.Key
	return len(name) >= len(own) && name[:len(own)] == own && (len(name) == len(own) || name[len(own)] == '/')
}
