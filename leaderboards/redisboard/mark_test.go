package redisboard_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

// TestMark has a ranking remember up to which event it was told, and refuse whoever knows it told more.
func TestMark(t *testing.T) {
	url := boardtest.Redis(t)
	board, ctx := open(t, url), t.Context()
	require.EqualValues(t, 9, leaderboards.Latest([]leaderboards.Score{score("a", 1, 9), score("b", 1, 3), score("c", 1, leaderboards.Forever)}))
	refuses := func(mark uint64, want bool) {
		t.Helper()
		_, _, err := board.At(mark).Page(ctx, key, rules, 1, 10)
		_, err2 := board.At(mark).Size(ctx, key)
		_, err3 := board.At(mark).Version(ctx, key)
		for _, err := range []error{err, err2, err3} {
			if want {
				require.ErrorIs(t, err, leaderboards.ErrDamaged)
			} else {
				require.NoError(t, err)
			}
		}
	}
	refuses(0, false)
	refuses(1, true)
	put(t, board, score("ann", 5, 7), score("bob", 5, 4))
	refuses(7, false)
	refuses(8, true)
	put(t, board, score("ann", 4, 6)) // older than what is there: nothing changes
	refuses(7, false)
	put(t, board, score("ann", 5, 9))
	refuses(9, false)
	before := dump(t, client(t, url))
	require.ErrorIs(t, board.At(10).Put(ctx, key, rules, []leaderboards.Score{score("cid", 1, 11)}), leaderboards.ErrDamaged)
	require.Equal(t, before, dump(t, client(t, url)), "a refused write wrote nothing")

	// A rebuild leaves the mark of whoever makes it, and what is told meanwhile moves it on.
	require.NoError(t, board.At(20).Rebuild(ctx, key, rules, func(yield func(leaderboards.Score, error) bool) {
		require.NoError(t, board.At(9).Put(ctx, key, rules, []leaderboards.Score{score("bob", 8, 22)}))
		refuses(23, true)
		yield(score("ann", 5, 9), nil)
	}))
	refuses(22, false)
	refuses(23, true)
	require.Equal(t, []string{"1 bob 8", "2 ann 5"}, page(t, board))
	require.NoError(t, board.At(1<<52).Rebuild(ctx, key, rules, sequence()))
	refuses(1<<52, false)
	refuses(1<<52+1, true)
}
