package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// What the progress of an amended event has come to is reached when the amendment is made, as of the event with which it was.

// asAmended lets what follows happen as of an instant, by the event as it is amended and the clock by which it was counted, and
// returns what ends that.
func (a *applier) asAmended(rev *Revision, at calendar.Instant) func() {
	was, facts, cause := a.event, a.facts, a.cause
	of := event.Event{ID: was.ID, Type: rev.Amended.Type, Member: was.Member, Time: at, Timed: true, Arrived: was.Arrived, Data: rev.Amended.Data,
		Past: was.Past, Depth: was.Depth}
	if t := a.current.EventType(of.Type); t != nil {
		of.Read(t.Schema)
		of.Fields = append(of.Fields, make([]event.Value, max(0, len(t.Schema.Fields)-len(of.Fields)))...)
	}
	a.event, a.cause = &of, 0
	a.look(&of)
	if a.current.MemberClock {
		a.facts.calendar.Zone = a.current.Calendar.Zone
		if rev.Amended.Zone != "" {
			a.facts.calendar.Zone = a.current.zones.Known(rev.Amended.Zone)
		}
	}
	return func() { a.event, a.facts, a.cause = was, facts, cause }
}

// reachAgain lets what the amended progress has reached be reached now, each as of the event with which it was.
func (a *applier) reachAgain(rev *Revision) {
	for i := range rev.Reached {
		end := a.asAmended(rev, rev.Reached[i].At)
		a.reachOne(&rev.Reached[i])
		end()
	}
	defer a.asAmended(rev, rev.Amended.At)()
	for i := range rev.Groups {
		a.reachShare(&rev.Groups[i])
	}
	if a.tiers {
		a.tiers = false
		a.rise(rev.Amended.At)
	}
}

func (a *applier) reachOne(c *Cause) {
	switch c.Event {
	case ChallengeCompleted:
		ch := a.current.Challenge(c.ID)
		if ch == nil {
			return
		}
		rec := a.m.needChallenge(ch.Key)
		w := a.m.window(ch, rec, a.facts.calendar, c.At)
		if w.key != c.Key && ch.Every != calendar.Always { // what reached it was counted by another clock
			cal := a.facts.calendar
			w = a.m.window(ch, rec, cal, max(cal.Start(ch.Every, c.Key), min(c.At, cal.End(ch.Every, c.Key)-1)))
		}
		i := slices.IndexFunc(ch.Goals, func(g *Goal) bool { return g.ID == c.Goal })
		if i < 0 || !w.open || w.key != c.Key || a.longOver(w.end) {
			return
		}
		if mark := rec.window(w.key, c.Group).goal(c.Goal); mark != nil && mark.Times >= c.Times {
			return
		}
		a.reach(ch, rec, w, ch.Goals[i], c.Group)
		a.tellStanding(ch, ChallengeStanding{Progress: -1}, a.m.ChallengeAt(a.current, ch, a.now))
	case StreakReached:
		s := a.current.streak(c.ID)
		if s == nil {
			return
		}
		if rec, g := a.m.streak(s.Key), s.goal(c.Goal); g != nil && rec != nil {
			a.payStreak(s, rec, g, c.Key, c.Times)
		}
	case BadgeEarned:
		b := find(a.current.Badges, c.ID, func(b *Badge) string { return b.ID })
		if b != nil && (b.Counter == nil || b.Counter.Every == calendar.Always ||
			!a.longOver(a.facts.calendar.End(b.Counter.Every, a.facts.calendar.Key(b.Counter.Every, c.At)))) {
			a.earnBadge(b, c.Goal, b.Source, a.event)
		}
	}
}

// longOver reports whether something ended so long ago that its goals are not reached any more: only points change then.
func (a *applier) longOver(end calendar.Instant) bool {
	return end <= a.current.Calendar.Before(a.now, a.current.Late)
}

// reachShare lets a group's goal be reached that the amended share suffices for, and the member's own part in it.
func (a *applier) reachShare(change *GroupChange) {
	for _, ch := range a.current.Challenges {
		if ch.Counter == nil || ch.Counter.By == ByMember {
			continue
		}
		if ch.Counter.Name != change.Group.Name {
			continue
		}
		rec := a.m.needChallenge(ch.Key)
		if w := a.m.window(ch, rec, a.facts.calendar, a.event.Time); w.open && w.key == change.Period.Key && !a.longOver(w.end) {
			a.completeShare(ch, rec, w, change.Group)
		}
	}
}

// happened tells of what a recomputation has come to in looking at the events again, and reports whether no record has it: then it
// is for the amendment to reach it.
func (j *recomputation) happened(c Cause) (fresh bool) {
	switch c.Event {
	case TierReached:
		l := levelOf{tier: c.ID, level: c.Goal}
		j.risen[l]++
		return j.risen[l] > j.rose[l]
	case ChallengeCompleted:
		at := c.At
		if c.At, c.Won = 0, false; j.awards[c] > 0 {
			j.awards[c]--
			return false
		}
		c.At = at
		j.reached = append(j.reached, c)
		return true
	}
	return false
}

// awarded gathers the awards that the records have and that are not undone.
func (j *recomputation) awarded() {
	j.awards, j.rose, j.reached, j.ran = map[Cause]int{}, map[levelOf]int{}, nil, nil
	for c, n := range j.merged.reached {
		j.awards[c] += n
	}
	for _, rec := range append(slices.Clip(j.r.records), j.soFar()) {
		if rec.Outcome.Provenance == nil {
			continue
		}
		for i, c := range rec.Outcome.Provenance.Causes {
			switch {
			case j.undone[CauseRef{rec.Seq, uint32(i + 1)}]:
			case c.Event == ChallengeCompleted:
				c.At, c.Won = 0, false
				j.awards[c]++
			case c.Event == TierReached:
				j.rose[levelOf{tier: c.ID, level: c.Goal}]++
			}
		}
	}
}

// follows reports whether a record has an award, so that what it gives and leads to is found in the records.
func (j *recomputation) follows(_ *applier, c Cause) bool { return !j.happened(c) }

// reaches reports whether the member has had a goal of a streak, or has a level of a badge, as it is now.
func (j *recomputation) reaches(b *applier, c Cause) bool {
	had := true
	switch c.Event {
	case BadgeEarned:
		had = j.hasBadge(find(b.current.Badges, c.ID, func(b *Badge) string { return b.ID }), c.Goal)
	case StreakReached:
		s := b.current.streak(c.ID)
		run := b.runOf(s, b.m.streak(s.Key), c.Key)
		j.ran = append(j.ran, ranOnce{s, c.Goal, run.First, c.Key})
		had = j.hasPaid(s, s.goal(c.Goal), run, c.Times)
	}
	if !had {
		j.reached = append(j.reached, c)
	}
	return had
}

// hasBadge reports whether the member has a badge at a level or a higher one.
func (j *recomputation) hasBadge(b *Badge, level string) bool {
	held := j.a.m.badge(b.ID)
	return held != nil && b.rank(held.Level) >= b.rank(level)
}
