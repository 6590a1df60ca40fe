package oracle

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
)

// state is everything that is compared, by what it is of; numbers are millionths.
type state map[string]any

func (b *both) compare(at Instant) {
	for _, id := range b.members {
		want, got := b.expected(id, at), b.answered(id, at)
		for _, key := range slices.Sorted(maps.Keys(want)) {
			b.same(want[key], got[key], key+" of "+id, at)
		}
	}
	b.compareBoards(at)
}

// compareBoards compares all tables in the season of an instant.
func (b *both) compareBoards(at Instant) {
	for _, board := range b.world.Program.Boards {
		for _, split := range board.splits() {
			b.same(b.world.Board(board, split, at), b.table(board, split, at), board.ID+" "+split, at)
		}
	}
}

// table is what the engine's board shows in the season of an instant.
func (b *both) table(board Board, split string, at Instant) (list []Row) {
	rules := b.p.Rules()
	l := rules.Leaderboard(board.ID)
	season := rules.Calendar.Label(l.Counter.Every, rules.Calendar.Key(l.Counter.Every, calendar.Instant(at)))
	b.p.ShowRanks()
	rows, _, err := b.boards.Page(context.Background(), leaderboards.Key{Program: rules.Program, Board: board.ID, Season: season, Split: split}, l.Rules, 1, 100)
	require.NoError(&disagreement{}, err)
	for _, r := range rows {
		list = append(list, Row{r.Rank, r.Member, int64(r.Value)})
	}
	return list
}

func (b *both) expected(id string, at Instant) state {
	s, p := state{}, b.world.Program
	for _, c := range p.Points {
		balance := b.world.Balance(id, c.ID, at)
		s[c.ID] = balance
		if balance.Expired > 0 {
			b.world.reach("expired")
		}
	}
	for _, c := range p.Counters {
		s[c.ID] = b.world.Counter(id, c, at)
	}
	for _, c := range p.Streaks {
		s[c.ID] = b.world.Streak(id, c, at)
	}
	for _, c := range p.Challenges {
		s[c.ID] = b.world.Challenge(id, c, at)
	}
	for _, c := range p.Tiers {
		s[c.ID] = fmt.Sprint("l", b.world.Tier(id, c, at))
	}
	for _, c := range p.Badges {
		if level := b.world.Badge(id, c); level >= 0 {
			s[c.ID] = fmt.Sprint("l", level)
		} else {
			s[c.ID] = nil
		}
	}
	if p.marks() && b.world.Marked(id) {
		s["mark"] = ""
	} else if p.marks() {
		s["mark"] = nil
	}
	for claim, c := range b.world.claims {
		if c.member.id == id {
			s[claim] = b.world.State(claim, at)
		}
	}
	for use, u := range b.world.used {
		if b.world.owns(id, u.of) {
			s[use] = b.world.UseState(use, at)
		}
	}
	for _, r := range p.rewards() {
		s["holds "+r] = b.world.Holds(id, r, at)
	}
	if p.uses() {
		s["thanks"], s["used"] = int64(b.world.Used(id))*million, int64(b.world.Used(id))*million
		s["back"], s["presents"] = int64(b.world.CameBack(id))*million, int64(b.world.Presents(id))*million
	}
	return s
}

func (b *both) answered(id string, at Instant) state {
	s, m := state{}, b.p.Member(id)
	rules, instant := b.p.Rules(), calendar.Instant(at)
	p := m.Progress(rules, instant, b.p.Group)
	for points, v := range p.Points {
		balance := Balance{Spendable: int64(v.Spendable), Pending: int64(v.Pending), Held: int64(v.Held), Debt: int64(v.Debt),
			Issued: int64(v.Issued), Spent: int64(v.Spent), Expired: int64(v.Expired)}
		for _, e := range m.Balance(rules, rules.PointsType(points), instant).Expires {
			balance.Expiring = append(balance.Expiring, Expiring{int64(e.At), int64(e.Amount)})
		}
		s[points] = balance
	}
	for counter, v := range p.Counters {
		s[counter] = int64(v)
	}
	for streak, v := range p.Streaks {
		s[streak] = StreakStanding{string(v.State), v.Length, v.Longest, v.Stored}
	}
	for challenge, v := range p.Challenges {
		standing := ChallengeStanding{Progress: int64(v.Progress), Done: v.Done, Times: v.Times}
		if v.Mine != nil {
			standing.Mine = int64(*v.Mine)
		}
		s[challenge] = standing
	}
	for tier, v := range p.Tiers {
		s[tier] = v.Level
	}
	for _, c := range p.Badges {
		s[c.Badge] = c.Level
	}
	for _, c := range m.ClaimsAt(instant) {
		s[c.Claim] = c.State
	}
	for _, r := range rules.Rewards {
		s["holds "+r.ID] = m.RewardCount(r, instant)
	}
	if b.world.Program.uses() {
		s["thanks"] = int64(p.Points["thanks"].Spendable)
	}
	return s
}
