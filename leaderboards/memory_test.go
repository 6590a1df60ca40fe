package leaderboards_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

var key = leaderboards.Key{Program: "coffee", Board: "sprint", Season: leaderboards.AllTime}

func TestMemory(t *testing.T) {
	boardtest.Run(t, func(*testing.T) leaderboards.Board { return leaderboards.NewMemory() })
}

func TestMove(t *testing.T) {
	set := func(member, value string, version uint64) leaderboards.Score {
		return leaderboards.Score{Member: member, Value: decimal.MustParse(value), Reached: calendar.Instant(version), Version: version}
	}
	type step struct {
		score          leaderboards.Score
		previous, rank int64
	}
	for _, test := range []struct {
		ties  leaderboards.Ties
		steps []step
	}{
		{leaderboards.Earliest, []step{
			{set("a", "50", 1), 0, 1}, {set("b", "50", 2), 0, 2}, {set("c", "10", 3), 0, 3},
			{set("c", "50", 4), 3, 3}, {set("c", "60", 5), 3, 1}, {set("a", "5", 6), 2, 3},
			{set("a", "99", 2), 3, 3}, {set("a", "5", 7), 3, 3},
			{leaderboards.Score{Member: "c", Version: 8, Removed: true}, 1, 0},
			{set("c", "60", 7), 0, 0}, {set("c", "60", 9), 0, 1},
		}},
		{leaderboards.Share, []step{
			{set("a", "50", 1), 0, 1}, {set("b", "50", 2), 0, 1}, {set("c", "10", 3), 0, 3},
			{set("c", "50", 4), 3, 1}, {set("c", "60", 5), 1, 1}, {set("a", "5", 6), 2, 3}, {set("b", "5", 7), 2, 2},
			{set("a", "5", 8), 2, 2}, {leaderboards.Score{Member: "b", Version: 9, Removed: true}, 2, 0},
		}},
		{leaderboards.Dense, []step{
			{set("a", "50", 1), 0, 1}, {set("b", "50", 2), 0, 1}, {set("c", "10", 3), 0, 2},
			{set("c", "50", 4), 2, 1}, {set("c", "60", 5), 1, 1}, {set("a", "5", 6), 2, 3}, {set("b", "5", 7), 2, 2},
			{set("d", "70", 8), 0, 1}, {set("a", "70", 9), 3, 1},
			{leaderboards.Score{Member: "b", Version: 10, Removed: true}, 3, 0},
		}},
	} {
		t.Run(test.ties.String(), func(t *testing.T) {
			board := leaderboards.NewMemory()
			for i, s := range test.steps {
				previous, rank, err := board.Move(key, leaderboards.Rules{Ties: test.ties}, s.score)
				require.NoError(t, err)
				require.Equal(t, []int64{s.previous, s.rank}, []int64{previous, rank}, "step %d: %v", i, s.score)
			}
			_, _, err := board.Move(key, leaderboards.Rules{Order: leaderboards.LowestFirst}, set("a", "1", 100))
			require.ErrorIs(t, err, leaderboards.ErrRules)
		})
	}
}

// TestMoveAllocates holds the promise that a move in a ranking that does not grow allocates nothing.
func TestMoveAllocates(t *testing.T) {
	for _, ties := range []leaderboards.Ties{leaderboards.Earliest, leaderboards.Share, leaderboards.Dense} {
		board, rules := leaderboards.NewMemory(), leaderboards.Rules{Ties: ties}
		members := fill(t, board, rules, 100)
		version := uint64(len(members))
		allocations := testing.AllocsPerRun(1000, func() {
			version++
			s := leaderboards.Score{Member: members[version%100], Value: decimal.Decimal(version % 7), Version: version}
			_, _, err := board.Move(key, rules, s)
			require.NoError(t, err)
		})
		require.Zero(t, allocations, ties)
	}
}

func TestParse(t *testing.T) {
	for _, want := range []leaderboards.Order{leaderboards.HighestFirst, leaderboards.LowestFirst} {
		got, err := leaderboards.ParseOrder(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, want := range []leaderboards.Ties{leaderboards.Earliest, leaderboards.Share, leaderboards.Dense} {
		got, err := leaderboards.ParseTies(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := leaderboards.ParseOrder("Highest")
	require.EqualError(t, err, `order "Highest" is neither highest nor lowest`)
	_, err = leaderboards.ParseTies("shared")
	require.EqualError(t, err, `ties "shared" is none of earliest, share, dense`)
}

// fill ranks n members with scores that are often equal, and returns their names.
func fill(tb testing.TB, board *leaderboards.Memory, rules leaderboards.Rules, n int) []string {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 1))
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf("member-%d", i)
		s := leaderboards.Score{Member: members[i], Value: decimal.Decimal(random.IntN(n)), Reached: calendar.Instant(i), Version: uint64(i)}
		_, _, err := board.Move(key, rules, s)
		require.NoError(tb, err)
	}
	return members
}

// BenchmarkMemory has a million members, of whom one at random moves or is looked up.
func BenchmarkMemory(b *testing.B) {
	const n = 1_000_000
	for _, ties := range []leaderboards.Ties{leaderboards.Earliest, leaderboards.Share, leaderboards.Dense} {
		board, rules := leaderboards.NewMemory(), leaderboards.Rules{Ties: ties}
		members := fill(b, board, rules, n)
		random := rand.New(rand.NewPCG(2, 2))
		version := uint64(n)
		b.Run("move/"+ties.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				version++
				s := leaderboards.Score{Member: members[random.IntN(n)], Value: decimal.Decimal(random.IntN(n)), Reached: calendar.Instant(version), Version: version}
				_, _, err := board.Move(key, rules, s)
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("rank/"+ties.String(), func(b *testing.B) {
			for b.Loop() {
				_, ranked, err := board.Standing(b.Context(), key, rules, members[random.IntN(n)])
				if err != nil || !ranked {
					b.Fatal(err, ranked)
				}
			}
		})
		b.Run("page of 20/"+ties.String(), func(b *testing.B) {
			for b.Loop() {
				_, _, err := board.Page(b.Context(), key, rules, random.Int64N(n), 20)
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
