package engine

import (
	"strconv"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// settleDue writes down what time alone has made true of the member by now: lots that became available or expired, tiers
// that fell, streaks that broke. Whether an event or a job comes first changes nothing but who writes it.
func (a *applier) settleDue(now calendar.Instant) {
	if (now < a.m.Due || a.m.Due == 0) && a.event.Type != commandTime {
		a.settleTiers(now) // nothing falls yet, but since when a level is unmet must be known before its periods are forgotten
		return
	}
	a.settleTimers(now)
	a.settleTime(now)
}

// settleTime is settleDue for what the member has.
func (a *applier) settleTime(now calendar.Instant) {
	for i := range passings {
		if settle := passings[i].settle; settle != nil {
			settle(a, now)
		}
	}
}

func (a *applier) settleLots(now calendar.Instant) {
	for _, acc := range a.m.Accounts {
		a.settleAccount(acc, now)
	}
}

// settleAccount releases and expires lots, each dated at its instant, in the order of those instants.
func (a *applier) settleAccount(acc *Account, now calendar.Instant) {
	time := a.settlement(acc)
	time.settle(a.m.Claims, now)
	a.lapseParts(time, calendar.Beginning)
	a.tellAllExpired(time)
	a.forgetLots(acc, now)
}

// tellAllExpired raises an event for every instant at which points have expired.
func (a *applier) tellAllExpired(time *settlement) {
	for _, e := range mergeExpiring(time.expired) {
		a.tellExpired(time.acc.Points, e)
	}
}

func (a *applier) tellExpired(points string, e Expiring) {
	values := []event.Value{event.TextValue(points), event.NumberValue(e.Amount)}
	a.follow(Cause{Event: PointsExpired, ID: points, At: e.At}, 0, values, points, a.m.ID, e.At.String())
}

// forgetLots drops lots of which nothing is left and nothing can come back: the ledger's entries keep their story.
func (a *applier) forgetLots(acc *Account, now calendar.Instant) {
	horizon := a.current.Calendar.Before(now, a.current.Late)
	acc.lots.forget(func(s *summary) bool { return s.spent > 0 && s.gone < horizon },
		func(l Lot) bool { return l.over() && l.overSince() < horizon })
}

func (a *applier) settleStreaks(now calendar.Instant) {
	for _, rec := range a.m.Streaks {
		if rec.Breaks == 0 || rec.Breaks > now {
			continue
		}
		broke := rec.Breaks
		rec.Breaks = 0
		s := a.current.streakOf(rec)
		if s == nil {
			continue
		}
		length := s.Run.At(a.current.CalendarOf(a.m), a.m.history(rec), broke-1).Length
		n, _ := decimal.FromInt(int64(length))
		fields := []event.Value{event.TextValue(s.ID), event.NumberValue(n)}
		if !s.hiddenFrom(rec) {
			a.raise(StreakBroken, broke, fields...)
		}
		a.lead(Cause{Event: StreakBroken, ID: s.ID, At: broke}, 0, fields, s.ID, a.m.ID, broke.String())
		a.out.replace(a.streakEffect(s, rec))
	}
}

// tellLevels tells of the changes just made to a tier: one effect from where it stood before to where it stands, one event a
// step.
func (a *applier) tellLevels(t *Tier, before, depth int) {
	if len(a.changes) == 0 {
		return
	}
	a.tellSteps(t, depth)
	now := a.m.tier(t.Key).Level
	if now == before {
		return // fell, and was reached again at once
	}
	from := t.name(before)
	if old := a.out.effect(TierEffect, t.ID, "", "", ""); old != nil {
		from = old.From
	}
	a.out.replace(Effect{Kind: TierEffect, ID: t.ID, From: from, Level: t.name(now)})
}

// tellSteps raises one event a step.
func (a *applier) tellSteps(t *Tier, depth int) {
	for _, c := range a.changes {
		name, other := TierReached, c.From
		if c.To < c.From {
			name = TierLost
		}
		fields := []event.Value{event.TextValue(t.ID), event.TextValue(t.name(c.To)), event.TextValue(t.name(other))}
		if name == TierLost {
			fields = []event.Value{event.TextValue(t.ID), event.TextValue(t.name(c.From)), event.TextValue(t.name(c.To))}
		}
		a.follow(Cause{Event: name, ID: t.ID, Goal: fields[1].Text(), At: c.At}, depth, fields,
			t.ID, a.m.ID, strconv.FormatUint(a.seq, 10), strconv.Itoa(c.To))
	}
}

// tellFreeLevels tells a member who joins of the levels that everybody has. Of history that is brought in nothing is told, nor
// those who are there already when a tier is added.
func (a *applier) tellFreeLevels(e *event.Event) {
	if e.Past {
		return
	}
	for _, t := range a.current.Tiers {
		if !t.Ladder.FreeLevel() {
			continue
		}
		a.changes = append(a.changes[:0], challenges.LevelChange{From: challenges.NoLevel, To: 0, At: e.Time})
		a.tellSteps(t, e.Depth)
	}
}

// level is the index of a level's name, NoLevel when there is none.
func (t *Tier) level(name string) int {
	for i := range t.Ladder.Levels {
		if t.Ladder.Levels[i].Name == name {
			return i
		}
	}
	return challenges.NoLevel
}

func (t *Tier) name(level int) string {
	if level < 0 || level >= len(t.Ladder.Levels) {
		return ""
	}
	return t.Ladder.Levels[level].Name
}
