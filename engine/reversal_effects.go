package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// tellRevised tells what has become of progress.
func (a *applier) tellRevised(rev *Revision, before *Member) {
	for _, b := range before.Badges {
		by := Source{BadgeSection, b.ID}
		if held := a.m.badge(b.ID); held == nil {
			a.out.Effects = append(a.out.Effects, Effect{Kind: BadgeEffect, Revoked: true, ID: b.ID, From: b.Level, Source: by})
		} else if held.Level != b.Level {
			a.out.Effects = append(a.out.Effects,
				Effect{Kind: BadgeEffect, Revoked: true, ID: b.ID, Level: held.Level, From: b.Level, Source: by})
		}
	}
	left := slices.Clone(a.m.Rewards)
	for _, h := range before.Rewards {
		if i := slices.Index(left, h); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			a.out.Effects = append(a.out.Effects, Effect{Kind: RewardEffect, Revoked: true, ID: h.Reward, Source: h.Source})
			a.giveBackOne(a.current.Reward(h.Reward)) // one that has expired has not come back
		}
	}
	for _, s := range a.current.Streaks {
		rec := a.m.streak(s.Key)
		if was, is := before.StreakAt(a.current, s, a.now), a.m.StreakAt(a.current, s, a.now); rec != nil && was != is {
			a.out.replace(a.streakEffect(s, rec))
		}
	}
	for _, ch := range a.current.Challenges {
		a.tellStanding(ch, before.ChallengeAt(a.current, ch, a.now), a.m.ChallengeAt(a.current, ch, a.now))
	}
	for _, t := range a.current.Tiers {
		if was, is := before.Level(a.current, t, a.now), a.m.Level(a.current, t, a.now); was != is {
			a.out.replace(Effect{Kind: TierEffect, ID: t.ID, From: was, Level: is})
			switch {
			case t.level(is) < t.level(was):
				a.raise(TierLost, a.now, event.TextValue(t.ID), event.TextValue(was), event.TextValue(is))
			case rev.Amended == nil:
				a.raise(TierReached, a.now, event.TextValue(t.ID), event.TextValue(is), event.TextValue(was))
			default:
				a.reachLevels(t, t.level(was), t.level(is), rev.Amended.At)
			}
		}
	}
}

// reachLevels tells of the levels that an amended event has reached.
func (a *applier) reachLevels(t *Tier, from, to int, at calendar.Instant) {
	for ; from < to; from++ {
		name := t.name(from + 1)
		a.follow(Cause{Event: TierReached, ID: t.ID, Goal: name, At: at}, a.event.Depth,
			[]event.Value{event.TextValue(t.ID), event.TextValue(name), event.TextValue(t.name(from))}, a.event.ID, t.ID, name)
	}
}

func (a *applier) tellStanding(ch *Challenge, was, is ChallengeStanding) {
	if was.Progress == is.Progress && was.Done == is.Done && was.Mine == is.Mine && len(was.Reached) == len(is.Reached) {
		return
	}
	e := Effect{Kind: ChallengeEffect, ID: ch.ID, Amount: is.Progress, Shown: is.Shown, Wanted: is.Goal, Done: is.Done, Group: is.Group,
		Hidden: ch.Hidden && is.Times == 0 && was.Times == 0}
	if ch.Counter != nil && ch.Counter.By != ByMember {
		e.Amount, e.Shown = is.Mine, is.Mine
	}
	a.out.replace(e)
}
