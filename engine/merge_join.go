package engine

import (
	"cmp"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// uniting is two members on their way to be one: what both were before.
type uniting struct {
	Merge
	survivor, other Member
}

// unite gives the member at hand what another one has, as both are now; progress follows (becomeOne). Nothing is given, taken or told:
// what the other has was given before.
func (a *applier) unite(from string) *uniting {
	other := a.subjects.Member(from)
	if other == nil {
		other = &Member{ID: from}
	}
	other.align(a.current)
	m := a.m
	x := &uniting{Merge: Merge{From: from}, survivor: *m, other: *other}
	m.Joined = min(m.Joined, cmp.Or(other.Joined, m.Joined))
	m.Live = max(m.Live, other.Live)
	m.Events += other.Events
	m.Merged = slices.Concat(m.Merged, []string{from}, other.Merged)
	for _, acc := range other.Accounts {
		a.uniteAccount(x, acc)
	}
	claims := slices.Concat(m.Claims, other.Claims)
	slices.SortStableFunc(claims, func(x, y *Claim) int { return cmp.Compare(x.Seq, y.Seq) })
	m.Claims = nil
	for _, c := range claims {
		a.addClaim(c)
	}
	m.pinned += other.pinned
	m.Rewards, m.lapses = slices.Concat(m.Rewards, other.Rewards), 0
	m.Lapsed = slices.Concat(m.Lapsed, other.Lapsed)
	slices.SortStableFunc(m.Lapsed, func(x, y RewardHeld) int { return cmpInstant(x.Expires, y.Expires) })
	m.Uses = slices.Clone(m.Uses)
	for _, u := range other.Uses {
		m.Uses = addUse(m.Uses, u.Limit, u.Key, u.Used)
	}
	m.Timers = slices.Clone(m.Timers)
	for _, t := range other.Timers {
		if mark := m.mark(t.Timer); mark != nil {
			mark.At = max(mark.At, t.At)
		} else {
			m.Timers = append(m.Timers, t)
		}
	}
	m.large = m.large || other.large
	a.settleDebts(other)
	return x
}

// uniteAccount adds an account of the other to that of the member at hand.
func (a *applier) uniteAccount(x *uniting, of *Account) {
	acc := a.m.needAccount(of.Points)
	rules := renumbered{Points: of.Points}
	moves := false
	for i, rule := range of.Idle {
		rules.Rules = append(rules.Rules, acc.idleRule(rule))
		moves = moves || rules.Rules[i] != i
	}
	theirs, missing := of.lots.list(), of.copyOfMissing()
	for i := range theirs {
		theirs[i].Idle = rules.bits(theirs[i].Idle)
	}
	for i := range missing {
		for k := range missing[i].From {
			part := &missing[i].From[k].TakenPart
			part.Idle = rules.bits(part.Idle)
		}
	}
	if moves {
		x.Idle = append(x.Idle, rules)
		for _, c := range x.other.Claims {
			for i := range c.Parts {
				if part := &c.Parts[i].TakenPart; part.Points == of.Points {
					part.Idle = rules.bits(part.Idle)
				}
			}
		}
	}
	acc.lots.set(interleave(acc.lots.list(), theirs))
	if acc.lots.n > MaxLots {
		acc.lots.set(byDay(acc.lots.list(), a.current.CalendarOf(a.m)))
	}
	acc.Missing = append(acc.Missing, missing...)
	slices.SortStableFunc(acc.Missing, func(x, y Missing) int { return cmp.Compare(x.Seq, y.Seq) })
	acc.Debt += of.Debt
	acc.Issued += of.Issued
	acc.Spent += of.Spent
	acc.Expired += of.Expired
	acc.Forfeited += of.Forfeited
	acc.Reversed += of.Reversed
	total := of.total()
	x.Moved = append(x.Moved, Moved{of.Points, total})
	a.entry(acc, Entry{Kind: EntryMerged, Amount: total, At: a.now})
}

// interleave puts the lots of two accounts in order of acceptance; each account's stay in the order in which they are.
func interleave(mine, theirs []Lot) []Lot {
	all := make([]Lot, 0, len(mine)+len(theirs))
	for len(mine) > 0 && len(theirs) > 0 {
		if mine[0].Seq <= theirs[0].Seq {
			all, mine = append(all, mine[0]), mine[1:]
		} else {
			all, theirs = append(all, theirs[0]), theirs[1:]
		}
	}
	return append(append(all, mine...), theirs...)
}

// settleDebts pays what either owed from what the other could spend, as the points of one member would have.
func (a *applier) settleDebts(other *Member) {
	for _, of := range other.Accounts {
		acc := a.m.account(of.Points)
		a.draw(acc, a.pointsOf(acc), acc.Debt, func(lot *Lot, part decimal.Decimal) {
			lot.Remaining += part
			acc.repay(lot, part)
		})
	}
}

// becomeOne gives the member at hand the progress that the events of both come to, and lets what only both together reach be reached.
// What is left of the other is the way to the member.
func (a *applier) becomeOne(x *uniting, rev *Revision) {
	a.m.resume(decodeMember(rev.Progress, a.current))
	a.out.Merge, a.out.Revision = &x.Merge, rev
	a.tellUnited(x)
	for i := range rev.Groups {
		a.shareAsOne(x, &rev.Groups[i])
		a.changeGroup(&rev.Groups[i])
	}
	for _, s := range rev.scores {
		a.rescore(s.board, s.tally.Key, s.split, s.subject, &s.tally.Tally)
	}
	for _, s := range a.standings {
		if s.Key.Program = a.current.Program; a.seasonOpen(s.Key) {
			s.Score.Removed, s.Score.Version, s.Score.Value, s.Score.Rest, s.Score.Reached = true, a.seq, 0, 0, 0
			a.tellBoard(s)
		}
	}
	a.reachAgain(rev)
	if other := a.subjects.Member(x.From); other != nil {
		a.subjects.touchMember(other, a.seq)
		*other = Member{ID: other.ID, Version: other.Version, Joined: other.Joined, Into: a.m.ID, Due: calendar.Forever, indexed: other.indexed,
			dirty: other.dirty, used: other.used, schema: other.schema, zones: other.zones, Profile: make([]event.Value, len(other.Profile))}
	}
}

// tellUnited tells how progress stands. A level is reached that neither had: it is told, and gives what it gives.
func (a *applier) tellUnited(x *uniting) {
	before := &x.survivor
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
		was, is := before.Level(a.current, t, a.now), a.m.Level(a.current, t, a.now)
		if was == is {
			continue
		}
		a.out.replace(Effect{Kind: TierEffect, ID: t.ID, From: was, Level: is})
		a.reachLevels(t, max(t.level(was), t.level(x.other.Level(a.current, t, a.now))), t.level(is), a.event.Time)
	}
}

// shareAsOne notes that the other brought nothing to a group any more, and that the member at hand has.
func (a *applier) shareAsOne(x *uniting, change *GroupChange) {
	a.enterGroup(&x.survivor, change)
	if t := x.other.countOf(change.Group).period(change.Period.Key); t != nil && t.Count > 0 {
		a.out.shares = append(a.out.shares, share{count: change.Group, window: change.Period.Key, member: x.From, gone: true})
	}
}
