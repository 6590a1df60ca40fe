package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// awarding says what becomes of what an event is and reaches: it is given, or a recomputation finds out that it would be.
type awarding interface {
	// process handles one event or follow-up.
	process(a *applier, e *event.Event)
	// settle writes down what time has done by an instant.
	settle(a *applier, now calendar.Instant)
	// looksAt reports whether a built-in event means more to the member than that it was.
	looksAt(a *applier, name string) bool
	// follows reports whether what a cause gives and leads to follows now; it is that of a goal or a level.
	follows(a *applier, c Cause) bool
	// reaches reports whether a goal of a streak or a level of a badge is given now.
	reaches(a *applier, c Cause) bool
	// group is what a group, or everyone, has counted; nil where members' shares are all that counts.
	group(a *applier, id CountID) *Group
	// paysShare reports whether a member's share of a goal that their group has reached is paid.
	paysShare(ch *Challenge, window calendar.Key, group string, g *Goal) bool
	// points gives the event's member points.
	points(a *applier, x issue)
	// goalPoints gives what a goal gives of points.
	goalPoints(a *applier, g *Grant, by *Definition, goal string)
	// reward gives a reward. It reports false, with a note, where none is left.
	reward(a *applier, r *Reward, by Source, goal string, e *event.Event) bool
}

// accepting gives what is reached.
type accepting struct{}

func (accepting) process(a *applier, e *event.Event)                     { a.handle(e) }
func (accepting) settle(a *applier, now calendar.Instant)                { a.settleDue(now) }
func (accepting) looksAt(a *applier, name string) bool                   { return a.m.looksAt(a.asOf, name) }
func (accepting) follows(*applier, Cause) bool                           { return true }
func (accepting) reaches(*applier, Cause) bool                           { return true }
func (accepting) group(a *applier, id CountID) *Group                    { return a.subjects.Group(id) }
func (accepting) points(a *applier, x issue)                             { a.issue(x) }
func (accepting) paysShare(*Challenge, calendar.Key, string, *Goal) bool { return true }

func (accepting) goalPoints(a *applier, g *Grant, by *Definition, goal string) {
	a.goalPoints(g, by, goal)
}

func (accepting) reward(a *applier, r *Reward, by Source, goal string, e *event.Event) bool {
	return a.handOut(r, by, goal, e)
}

// The recomputation of a reversal finds out what would be given.

func (j *recomputation) looksAt(b *applier, name string) bool {
	return j.a.m.looksAt(b.asOf, name) // it has the lots, which the member that is looked at again does not have
}

// group keeps none: what is reversed is one member's share.
func (*recomputation) group(*applier, CountID) *Group { return nil }

// paysShare reports whether the records so far paid a group's goal: without what is reversed, who was paid may have brought enough
// only later, and stays paid.
func (j *recomputation) paysShare(ch *Challenge, window calendar.Key, group string, g *Goal) bool {
	return j.paid[groupGoal{ch.ID, g.ID, group, window}]
}

// What was given of points, and of rewards, is told by the records.

func (*recomputation) points(*applier, issue)                                      {}
func (*recomputation) goalPoints(*applier, *Grant, *Definition, string)            {}
func (*recomputation) reward(*applier, *Reward, Source, string, *event.Event) bool { return true }
