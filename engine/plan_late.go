package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/event"
)

// planLate plans an event of a time at which an older version of the ruleset was in force: its rules, boosts and windows
// judge. What the event counts goes to the definitions that the present version still has under the same id and meaning;
// the rest is dropped with a note (operations: A new version of a ruleset).
func (a *applier) planLate(t *EventType, e *event.Event) {
	a.m.align(a.asOf)
	a.facts.Reset(a.asOf, e, a.m)
	a.facts.subjects = a.subjects
	a.plan(t)
	a.m.align(a.current)
	a.look(e)
	a.feedPlan = slices.DeleteFunc(a.feedPlan, func(p plannedFeed) bool { return !a.succeeded(p.feed.counter) })
	for i := range a.feedPlan {
		p := &a.feedPlan[i]
		p.feed = &Feed{counter: a.current.byName[p.feed.counter.Name]}
	}
	if now := a.current.EventType(e.Type); now != nil && !now.Builtin {
		// The boosts of what is reached ask about the event by the present schema. What that requires and the event does
		// not have is absent.
		e.Read(now.Schema)
		e.Fields = append(e.Fields, make([]event.Value, max(0, len(now.Schema.Fields)-len(e.Fields)))...)
	}
}

// succeeded reports whether the present version counts what an older one did, and notes where it does not.
func (a *applier) succeeded(old *Counter) bool {
	now := a.current.byName[old.Name]
	if now != nil && now.Meaning == old.Meaning && a.event.Time >= now.start {
		return true
	}
	a.out.note("dropped", old.Path, "the present version of the ruleset does not count this any more")
	return false
}

// earning are the counters of points earned, for points of the version that judges.
func (a *applier) earning(p *Points) []*Counter {
	if a.asOf != a.current {
		if p = a.current.PointsType(p.ID); p == nil {
			return nil
		}
	}
	return a.current.earned[p.Index]
}
