package engine

import (
	"fmt"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Notification is something that happened to a member and that the world outside may want to be told of: a built-in event, whether
// or not a definition looks at it, or a notice. The journal keeps what an event raised, so that the journal is the outbox of
// webhooks: what was committed is told, and nothing else needs to be written for it.
type Notification struct {
	Type   string           // one of MessageTypes
	At     calendar.Instant // when it became true, which may be before the event that brought it to light
	Fields []event.Value    // in the slots of its type's schema
}

// Names of the notices: what is told ahead, and cannot be named in `when` (api: Webhooks).
const (
	PointsExpiring = "points_expiring"
	StreakAtRisk   = "streak_at_risk"
	TierWillDrop   = "tier_will_drop"
	CodesLow       = "codes_low"
)

// NoticeTypes are the notices with their fields, sorted by name. Each call makes new ones.
func NoticeTypes() []*EventType {
	return []*EventType{
		builtin(CodesLow, field("reward", event.TypeText), field("left", event.TypeInteger)),
		builtin(PointsExpiring, field("points", event.TypeText), field("amount", event.TypeNumber), field("at", event.TypeTime)),
		builtin(StreakAtRisk, field("streak", event.TypeText), field("length", event.TypeInteger), field("at", event.TypeTime)),
		builtin(TierWillDrop, field("tier", event.TypeText), field("level", event.TypeText), field("to", event.TypeText), field("at", event.TypeTime)),
	}
}

// MessageTypes are all types of Notification with their fields: the built-in events and the notices. Each call makes new ones.
func MessageTypes() []*EventType { return append(BuiltinEvents(), NoticeTypes()...) }

// raisable are the types of Notification as records number them. New ones come at the end.
var raisable = [...]string{Joined, ChallengeCompleted, StreakReached, StreakBroken, BadgeEarned, TierReached, TierLost, PointsExpired,
	RewardClaimed, RewardConfirmed, PromotionOpened, PromotionClosed, SeasonClosed, PointsExpiring, StreakAtRisk, TierWillDrop, RewardUsed,
	PointsGiven, RewardGiven, RewardExpired, RewardReturned, HoldReleased, CodesLow}

// raise notes that something happened to the member at hand.
func (a *applier) raise(name string, at calendar.Instant, fields ...event.Value) {
	if !a.hears(name) {
		return
	}
	a.raised = append(a.raised, Notification{Type: name, At: at, Fields: fields})
}

// hears reports whether the world outside is told of a type of event.
func (a *applier) hears(name string) bool {
	if a.listened == nil {
		return name != PointsGiven
	}
	return a.listened(name)
}

// hear lets those messages be told that somebody listens to; nil stands for nobody.
func (a *applier) hear(listens func(name string) bool) {
	a.listened = func(name string) bool { return name != PointsGiven || listens != nil && listens(name) }
}

// hearAgain lets those messages be told that a record has: not every build told all of them, nor was everything told to nobody.
func (a *applier) hearAgain(of *Outcome) {
	a.listened = func(name string) bool {
		return !ofRewards(name) || slices.ContainsFunc(of.Notifications, func(n Notification) bool { return n.Type == name })
	}
}

// tellRaised puts what was raised into the outcome, numbered by the member. Of imported history nothing is told (semantics: Import
// of history).
func (a *applier) tellRaised() {
	if len(a.raised) == 0 || a.top.Past {
		return
	}
	a.out.Notifications, a.out.Number = cloned(a.raised), a.m.Notified+1
	a.m.Notified += uint64(len(a.raised))
}

// sameRaised compares what two outcomes raised.
func sameRaised(a, b *Outcome) bool {
	return a.Number == b.Number && slices.EqualFunc(a.Notifications, b.Notifications, func(x, y Notification) bool {
		return x.Type == y.Type && x.At == y.At && slices.EqualFunc(x.Fields, y.Fields, event.Value.Equal)
	})
}

func (w *writer) raised(o *Outcome) {
	w.uint(o.Number)
	w.len(len(o.Notifications))
	for i := range o.Notifications {
		x := &o.Notifications[i]
		n := slices.Index(raisable[:], x.Type)
		if n < 0 {
			panic(fmt.Sprintf("engine: %q is no type of message", x.Type))
		}
		w.len(n)
		w.at(x.At)
		w.len(len(x.Fields))
		for _, v := range x.Fields {
			w.value(v)
		}
	}
}

func (r *reader) raised(o *Outcome) {
	o.Number = r.uint()
	o.Notifications = list(r, func(x *Notification) {
		n := r.len2()
		if n < 0 || n >= len(raisable) {
			r.Damaged()
			return
		}
		*x = Notification{Type: raisable[n], At: r.at(), Fields: list(r, func(v *event.Value) { *v = r.value() })}
	})
}
