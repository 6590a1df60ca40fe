package engine

import "github.com/laurel-engine/laurel/engine/calendar"

// passing is one kind of what time alone does to a member. Whoever adds one adds a line to this table, and to the questions that are
// answered as of an instant (views.go): these count the time since the last event themselves, whether or not anybody has settled it.
type passing struct {
	what string
	// next is when it happens next, calendar.Forever for never. It may be too early, and never too late.
	next func(*applier) calendar.Instant
	// settle writes down what has happened by an instant; nil where settleTimers does, which lets everything else pass up to each
	// timer and notice first.
	settle func(*applier, calendar.Instant)
}

// passings are all of them, in the order in which they are settled.
var passings [6]passing

func init() {
	passings = [...]passing{
		{"lots become available and expire", (*applier).lotsDue, (*applier).settleLots},
		{"holds of claims end", (*applier).claimsDue, (*applier).closeHolds},
		{"rewards expire", (*applier).rewardsDue, (*applier).settleRewards},
		{"streaks break", (*applier).streaksDue, (*applier).settleStreaks},
		{"tiers fall", (*applier).tiersDue, (*applier).settleTiers},
		{"timers fire and notices are given", (*applier).timersDue, nil},
	}
}

// nextDue is the next instant at which time alone changes the member's state.
func (a *applier) nextDue() calendar.Instant {
	due := calendar.Forever
	for i := range passings {
		due = min(due, passings[i].next(a))
	}
	return due
}

// lotsDue also finds when members are to be told that points will expire.
func (a *applier) lotsDue() calendar.Instant {
	m, cal, due := a.m, a.current.CalendarOf(a.m), calendar.Forever
	for _, acc := range m.Accounts {
		m.idleEnds(cal, acc, &a.idle)
		x := endings{cal, acc, &a.idle}
		acc.lots.refresh(a.now)
		due = min(due, x.nextTurn(a.now), a.nextNoticed(x, a.now))
	}
	return due
}

func (a *applier) streaksDue() calendar.Instant {
	due := calendar.Forever
	for _, s := range a.m.Streaks {
		if s.Breaks > 0 {
			due = min(due, s.Breaks)
		}
	}
	return due
}

func (a *applier) tiersDue() calendar.Instant {
	cal, due := a.current.CalendarOf(a.m), calendar.Forever
	for _, rec := range a.m.Tiers {
		if t := a.current.tierOf(rec); t != nil {
			due = min(due, t.Ladder.NextFall(cal, &rec.TierState, a.metricsOf(t)))
		}
	}
	return due
}
