package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// That points or rewards were given, used, returned or lost is an event of Laurel's own. A recomputation tells of it as the records do,
// as far as what was given is still there.

// giver is the source that a cause names.
func (c *Cause) giver() (by Source) {
	_ = by.UnmarshalText([]byte(c.Goal))
	return by
}

// leftOf is how much of what an event of points given told of counts: the least that was ever left of it. What an amendment gave more
// is not told, and makes nothing good.
func (j *recomputation) leftOf(rec *Record, c *Cause) decimal.Decimal {
	key := claimed{kind: PointsEffect, seq: rec.Seq, cause: causeOf(c), id: c.ID, from: c.giver()}
	left := decimal.Decimal(0)
	for i := range rec.Outcome.Effects {
		e := &rec.Outcome.Effects[i]
		if e.Kind == PointsEffect && e.Amount > 0 && e.ID == c.ID && e.Source == key.from && e.Cause == key.cause {
			left, key.goal = left+e.Amount, e.Goal
		}
	}
	least := left
	take := func(list []Clawback) {
		for i := range list {
			if list[i].claimed() == key {
				left -= list[i].Amount
			}
		}
		least = min(least, left)
	}
	for _, of := range j.r.records {
		rev := of.Outcome.Revision
		if rev == nil {
			continue
		}
		take(rev.Clawbacks)
		for i := range rev.Raises {
			if x := &rev.Raises[i]; rev.Seq == rec.Seq && key.cause == 0 && x.Kind == PointsEffect && x.ID == c.ID && x.Source == key.from && !x.Take {
				left += x.Amount
			}
		}
	}
	take(j.rev.Clawbacks)
	return max(0, least)
}

func causeOf(c *Cause) uint32 { return uint32(c.Key) } //nolint:gosec // the number of a cause, which is one

// tookReward reports whether a reward that was given has been taken back.
func (j *recomputation) tookReward(rec *Record, c *Cause) bool {
	return j.back[claimed{kind: RewardEffect, seq: rec.Seq, cause: causeOf(c), id: c.ID, from: c.giver(), goal: c.Group}] > 0
}

// tellGifts tells again of what the record says was given: of rewards always, of points where a definition looked at that.
func (j *recomputation) tellGifts(b *applier, e *event.Event) {
	rec, looked := j.rec, map[Cause]bool{}
	if rec.Outcome.Provenance != nil {
		for i := range rec.Outcome.Provenance.Causes {
			switch c := rec.Outcome.Provenance.Causes[i]; c.Event {
			case PointsGiven:
				if left := j.leftOf(rec, &c); left > 0 {
					b.leadGiven(c, []event.Value{event.TextValue(c.Goal), event.TextValue(c.ID), event.NumberValue(left)})
				}
			case RewardGiven:
				looked[c.named()] = true
				if !j.tookReward(rec, &c) {
					b.tellReward(c, j.holdingOf(&c), j.expiryOf(&c))
				}
			}
		}
	}
	for i := range rec.Outcome.Effects {
		x := &rec.Outcome.Effects[i]
		if x.Kind != RewardEffect || x.Claim != "" || x.Revoked {
			continue
		}
		c := Cause{Event: RewardGiven, ID: x.ID, Goal: x.Source.String(), Group: x.Goal, Key: calendar.Key(x.Cause), At: j.timeOf(x, e)}
		if !looked[c.named()] && !j.tookReward(rec, &c) {
			b.m.note(RewardGiven, "", c.At)
		}
	}
}

// named is a cause by what it is of.
func (c Cause) named() Cause {
	c.Times, c.At = 0, 0
	return c
}

// gift finds the reward that a cause tells of, and its number among those of the record.
func (j *recomputation) giftOf(c *Cause) (x *Effect, number int) {
	for i := range j.rec.Outcome.Effects {
		x := &j.rec.Outcome.Effects[i]
		if x.Kind != RewardEffect || x.Claim != "" || x.Revoked {
			continue
		}
		if x.ID == c.ID && x.Goal == c.Group && calendar.Key(x.Cause) == c.Key && x.Source == c.giver() {
			return x, number
		}
		number++
	}
	return nil, 0
}

func (j *recomputation) holdingOf(c *Cause) string {
	_, number := j.giftOf(c)
	return giftID(j.rec.Seq, number)
}

func (j *recomputation) expiryOf(c *Cause) calendar.Instant {
	if x, _ := j.giftOf(c); x != nil {
		return x.Expires
	}
	return calendar.Forever
}

// timeOf is when an effect of a record was, by the time of its event.
func (j *recomputation) timeOf(x *Effect, e *event.Event) calendar.Instant {
	switch rev := j.rec.Outcome.Revision; {
	case x.Cause > 0:
		return j.rec.Outcome.Provenance.Causes[x.Cause-1].At
	case rev != nil && rev.Amended != nil:
		return rev.Amended.At
	}
	return e.Time
}

// tellRewards tells again of rewards that expired or came back, and of claims that were given up, as it was raised. Imported history
// raises nothing, and tells where a definition looked at it.
func (j *recomputation) tellRewards(b *applier) {
	told := false
	for i := range j.rec.Outcome.Notifications {
		switch n := &j.rec.Outcome.Notifications[i]; n.Type {
		case RewardExpired, RewardReturned, HoldReleased:
			b.leadReward(Cause{Event: n.Type, ID: n.Fields[0].Text(), Goal: n.Fields[2].Text(), At: n.At}, n.Fields)
			told = true
		}
	}
	if told || j.rec.Outcome.Provenance == nil {
		return
	}
	for _, c := range j.rec.Outcome.Provenance.Causes {
		switch c.Event {
		case RewardExpired, RewardReturned:
			b.leadReward(c, []event.Value{event.TextValue(c.ID), event.TextValue(b.kindOf(c.ID)), event.TextValue(c.Goal)})
		case HoldReleased:
			b.leadReward(c, []event.Value{event.TextValue(c.ID), event.TextValue(b.kindOf(c.ID)), event.TextValue(c.Goal),
				event.TextValue(ClaimTimedOut.String())})
		}
	}
}

// leadReward queues the event that a reward expired or came back, or that a claim was given up.
func (a *applier) leadReward(c Cause, fields []event.Value) {
	a.lead(c, 0, fields, a.m.ID, c.Goal, c.At.String())
}
