package leaderboards_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// A final table has the rows that a board shows, whatever the rules.
func TestRankIsWhatABoardShows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		rules := leaderboards.Rules{Order: leaderboards.Order(r.IntN(2)), Ties: leaderboards.Ties(r.IntN(3))}
		var scores []leaderboards.Score
		for i := range r.IntN(60) {
			scores = append(scores, leaderboards.Score{Member: fmt.Sprint("m", i), Value: decimal.Decimal(r.Int64N(8) - 3),
				Reached: calendar.Instant(r.Int64N(5)), Version: uint64(i + 1), Removed: r.IntN(8) == 0})
		}
		board, key := leaderboards.NewMemory(), leaderboards.Key{Board: "b"}
		require.NoError(t, board.Put(context.Background(), key, rules, scores))
		want, _, err := board.Page(context.Background(), key, rules, 1, leaderboards.MaxPage)
		require.NoError(t, err)
		rows := leaderboards.Rank(rules, scores)
		require.Len(t, rows, len(want))
		for i, row := range rows {
			require.Equal(t, want[i], row.Standing)
			tied := int64(0)
			for _, other := range want {
				if other.Rank == row.Rank {
					tied++
				}
			}
			require.Equal(t, tied, row.Tied)
		}
	}
}

func TestAPlaceIsPaidByItsNarrowestRow(t *testing.T) {
	prizes := []leaderboards.Places{{Percent: 10}, {First: 1, Last: 1}, {First: 2, Last: 3}, {First: 2, Last: 5}, {First: 90, Last: 95}}
	tests := []struct {
		place, total int64
		want         int
	}{
		{1, 100, 1}, {2, 100, 2}, {3, 100, 2}, {4, 100, 3}, {6, 100, 0}, {10, 100, 0}, {11, 100, -1}, {92, 100, 4}, {101, 100, -1},
		{2, 11, 0}, {3, 11, 2}, // ten percent of eleven, rounded up, are two places: as narrow as 2-3, and written before it
		{1, 1, 0}, // one of one is as narrow as the first place
	}
	for _, test := range tests {
		require.Equal(t, test.want, leaderboards.RowOf(prizes, test.place, test.total), "place %d of %d", test.place, test.total)
	}
	require.EqualValues(t, 95, leaderboards.LastPaid(prizes, 100))
	require.EqualValues(t, 4, leaderboards.LastPaid(prizes, 4))
	require.EqualValues(t, 0, leaderboards.LastPaid(nil, 100))
}

func TestSharesAreRoundedUp(t *testing.T) {
	for _, test := range []struct{ percent, total, last int64 }{{10, 1, 1}, {10, 10, 1}, {10, 11, 2}, {1, 2, 1}, {100, 7, 7},
		{33, 100, 33}, {10, 100_000, 10_000}} {
		first, last := leaderboards.Places{Percent: test.percent}.Bounds(test.total)
		require.EqualValues(t, 1, first)
		require.Equal(t, test.last, last, "top %d%% of %d", test.percent, test.total)
	}
}

func TestTiesPoolTheirPlaces(t *testing.T) {
	prizes := []leaderboards.Places{{First: 1, Last: 1}, {First: 2, Last: 3}}
	row := func(rank, tied int64) leaderboards.Final {
		return leaderboards.Final{Standing: leaderboards.Standing{Rank: rank}, Tied: tied}
	}
	for _, test := range []struct {
		ties       leaderboards.Ties
		rank, tied int64
		want       []int64
	}{
		{leaderboards.Share, 1, 2, []int64{1, 1}},
		{leaderboards.Share, 1, 50, []int64{1, 2}},
		{leaderboards.Share, 3, 4, []int64{0, 1}},
		{leaderboards.Share, 4, 2, []int64{0, 0}},
		{leaderboards.Dense, 2, 9, []int64{0, 1}},
		{leaderboards.Earliest, 1, 1, []int64{1, 0}},
	} {
		require.Equal(t, test.want, row(test.rank, test.tied).Pool(test.ties, prizes, 100), "%+v", test)
	}
}
