package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/wire"
)

// TierRecord is a member's place in a tier. Base and Recent are what late events need: the place as it was when the late
// window began, which no event can change any more, and what was gained since. A gain that comes late is put where it
// belongs, and the way from Base on is gone again (semantics: Tiers).
type TierRecord struct {
	ID string
	challenges.TierState
	Base   challenges.TierState
	Recent []TierGain // ascending
	gained gain       // by the event being processed
}

// TierGain is what one instant added to one of a tier's counts, or the level that was given outright.
type TierGain struct {
	At      calendar.Instant
	Counter int // index into Tier.Counters
	Value   decimal.Decimal
	Level   int // given outright, NoLevel for none
}

type gain uint8

const (
	noGain gain = iota
	gainInOrder
	gainLate // something happened after it, or at the same instant
)

// maxRecentGains bounds what a tier remembers: of more, the oldest are not changed by late events any more.
const maxRecentGains = 512

// gain notes what an event adds to a count. Of a fold other than a sum, and of one that counts only so many, this is what
// the count changed by when the event was accepted.
func (r *TierRecord) gain(g TierGain) {
	n := len(r.Recent)
	if r.gained == noGain {
		r.gained = gainInOrder
	}
	if r.gained == gainInOrder && n > 0 && r.Recent[n-1].At == g.At && r.Recent[n-1].Counter == g.Counter && g.Level == challenges.NoLevel &&
		r.Recent[n-1].Level == challenges.NoLevel {
		r.Recent[n-1].Value += g.Value
		return
	}
	i := n
	for i > 0 && r.Recent[i-1].At > g.At {
		i--
	}
	if i < n || r.Changed() > g.At {
		r.gained = gainLate
	}
	r.Recent = slices.Insert(r.Recent, i, g)
}

// gained notes a contribution for the tiers on a counter.
func (a *applier) gained(c *Counter, at calendar.Instant, value decimal.Decimal) {
	for _, t := range c.tiers {
		a.tiers = true
		if rec := a.m.tier(t.Key); rec != nil {
			rec.startGain(at)
			g := TierGain{At: at, Counter: slices.Index(t.Counters, c), Value: value, Level: challenges.NoLevel}
			if rec.gain(g); t.sums(g.Counter) {
				rec.Gain(g.Counter, g.Value, g.At)
			}
		}
	}
}

// sums reports whether what came of a counter since a level was reached is what its contributions add up to.
func (t *Tier) sums(counter int) bool {
	c := t.Counters[counter]
	return !c.Last.IsZero() && c.Fold == challenges.Add
}

// startGain tells whether something else is known of the instant of a new event.
func (r *TierRecord) startGain(at calendar.Instant) {
	if n := len(r.Recent); r.gained == noGain && n > 0 && r.Recent[n-1].At >= at {
		r.gained = gainLate
	}
}

// rise judges the tiers whose counts have changed.
func (a *applier) rise(at calendar.Instant) {
	depth := a.event.Depth
	for _, t := range a.current.Tiers {
		rec := a.needTier(t, at)
		before := rec.Level
		a.climb(t, rec, at)
		a.tellLevels(t, before, depth)
	}
}

// climb judges a tier after what the event at hand has gained.
func (a *applier) climb(t *Tier, rec *TierRecord, at calendar.Instant) {
	a.changes = a.changes[:0]
	switch rec.gained {
	case gainInOrder:
		a.changes = t.Ladder.Rise(a.current.CalendarOf(a.m), &rec.TierState, a.metricsOf(t), at, a.changes)
	case gainLate:
		a.retrace(t, rec)
	}
	rec.gained = noGain
}

// retrace goes the way from a tier's base again, with all that is known of it now.
func (a *applier) retrace(t *Tier, rec *TierRecord) {
	cal, s, level := a.current.CalendarOf(a.m), rec.Base.Clone(), rec.Level
	metrics := &tierMetrics{rules: a.current, member: a.m, tier: t}
	var way []challenges.LevelChange
	for i := 0; i < len(rec.Recent); {
		i, way = t.step(cal, rec, &s, metrics, i, way)
	}
	metrics.without = nil
	way = t.Ladder.Settle(cal, &s, metrics, a.now, way)
	rec.TierState = s
	for level != s.Level {
		next := level + 1
		if s.Level < level {
			next = level - 1
		}
		at := a.now
		if s.Level > level {
			at = s.Held[next].Reached // before the base, unless it is on the way
		}
		for _, c := range way {
			if c.To == next && c.From == level {
				at = c.At
			}
		}
		a.changes = append(a.changes, challenges.LevelChange{From: level, To: next, At: at})
		level = next
	}
}

// step goes on to the i-th gain and those of the same instant, and returns the index of the next one.
func (t *Tier) step(cal calendar.Calendar, rec *TierRecord, s *challenges.TierState, metrics *tierMetrics, i int,
	way []challenges.LevelChange,
) (int, []challenges.LevelChange) {
	at := max(rec.Recent[i].At, rec.Base.Settled) // what is older than the base counts from there on
	end := i + 1
	for end < len(rec.Recent) && rec.Recent[end].At <= at {
		end++
	}
	metrics.without = rec.Recent[i:]
	way = t.Ladder.Settle(cal, s, metrics, at, way) // also what the day that begins with it takes away
	metrics.without = rec.Recent[end:]
	for _, g := range rec.Recent[i:end] {
		if g.Level != challenges.NoLevel {
			way = t.Ladder.Lift(cal, s, g.Level, metrics, at, way)
		} else if t.sums(g.Counter) {
			s.Gain(g.Counter, g.Value, g.At)
		}
	}
	return end, t.Ladder.Rise(cal, s, metrics, at, way)
}

// age moves a tier's base on to where the late window begins.
func (a *applier) age(t *Tier, rec *TierRecord, now calendar.Instant) {
	horizon := a.current.Calendar.Before(now, a.current.Late)
	if horizon <= rec.Base.Settled && len(rec.Recent) <= maxRecentGains {
		return
	}
	a.aging = tierMetrics{rules: a.current, member: a.m, tier: t}
	cal, metrics := a.current.CalendarOf(a.m), &a.aging
	i := 0
	for i < len(rec.Recent) && (rec.Recent[i].At < horizon || len(rec.Recent)-i > maxRecentGains) {
		i, _ = t.step(cal, rec, &rec.Base, metrics, i, nil)
	}
	metrics.without = rec.Recent[i:]
	if horizon > rec.Base.Settled {
		t.Ladder.Settle(cal, &rec.Base, metrics, horizon-1, nil)
	}
	rec.Recent = slices.Delete(rec.Recent, 0, i)
}

// restart holds what a member has where the counting begins again at an instant, by a raised version of a counter: the level stays
// until its keep and grace end.
func (t *Tier) restart(rec *TierRecord) {
	began := calendar.Beginning
	for _, c := range t.Counters {
		began = max(began, c.start)
	}
	if began <= rec.Base.Settled {
		return
	}
	rec.Settled = max(rec.Settled, began)
	for i := range rec.Held {
		clear(rec.Held[i].Came)
	}
	rec.Recent = slices.DeleteFunc(rec.Recent, func(g TierGain) bool { return g.At < began })
	rec.Base = rec.Clone()
	rec.Base.Settled = began
}

// settleTiers lets levels fall that time has taken.
func (a *applier) settleTiers(now calendar.Instant) {
	for _, rec := range a.m.Tiers {
		t := a.current.tierOf(rec)
		if t == nil {
			continue
		}
		t.restart(rec)
		a.age(t, rec, now)
		before := rec.Level
		a.changes = t.Ladder.Settle(a.current.CalendarOf(a.m), &rec.TierState, a.metricsOf(t), now, a.changes[:0])
		a.tellLevels(t, before, 0)
	}
}

// startTiers puts a member on the level of every tier that is new to them, without a word: what they reach from now on is told.
func (a *applier) startTiers(at calendar.Instant) {
	for _, t := range a.current.Tiers {
		if rec := a.m.tier(t.Key); rec == nil {
			a.needTier(t, at)
		}
	}
}

func (a *applier) needTier(t *Tier, at calendar.Instant) *TierRecord {
	if rec := a.m.tier(t.Key); rec != nil {
		return rec
	}
	rec := &TierRecord{ID: t.Key, TierState: challenges.NewTierState(at)}
	a.m.Tiers = append(a.m.Tiers, rec)
	metrics := tierMetrics{rules: a.current, member: a.m, tier: t}
	a.changes = t.Ladder.Rise(a.current.CalendarOf(a.m), &rec.TierState, &metrics, at, a.changes[:0])
	rec.Base = rec.Clone()
	rec.Base.Settled = min(rec.Base.Settled, a.current.Calendar.Before(a.now, a.current.Late))
	return rec
}

// liftTier gives a level outright; it is kept like one that was met.
func (a *applier) liftTier(t *Tier, level string, e *event.Event) {
	if t = a.current.tier(t.ID); t == nil { // of an older version
		return
	}
	rec := a.needTier(t, e.Time)
	to := t.level(level)
	before := rec.Level
	rec.startGain(e.Time)
	rec.gain(TierGain{At: e.Time, Level: to})
	if rec.gained == gainInOrder {
		a.changes = t.Ladder.Lift(a.current.CalendarOf(a.m), &rec.TierState, to, a.metricsOf(t), e.Time, a.changes[:0])
		rec.gained = noGain
	} else {
		a.climb(t, rec, e.Time)
	}
	a.tellLevels(t, before, e.Depth)
}

// gains are what tiers remember of the late window.
func (c *codec) gains(tiers []*TierRecord) {
	for _, t := range tiers {
		c.tier(&t.Base)
		wire.Room(&c.Codec, &t.Recent)
		for i := range t.Recent {
			g := &t.Recent[i]
			c.At(&g.At)
			c.Count(&g.Counter)
			c.Num(&g.Value)
			c.Level(&g.Level)
		}
	}
}
