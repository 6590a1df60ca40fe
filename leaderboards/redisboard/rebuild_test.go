package redisboard

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

// TestDelayedBegin has the command that begins a rebuild arrive twice, which a client that repeats it may cause: the
// second time among the scores, and once more after the end.
func TestDelayedBegin(t *testing.T) {
	board, err := Open(boardtest.Redis(t), nil)
	require.NoError(t, err)
	defer board.Close()
	key := leaderboards.Key{Program: "coffee", Board: "sprint", Season: leaderboards.AllTime}
	r := newRebuild(board, key, leaderboards.Rules{})
	scores := func(yield func(leaderboards.Score, error) bool) {
		if yield(leaderboards.Score{Member: "ann", Version: 1}, nil) {
			yield(leaderboards.Score{Member: "bob", Version: 1}, nil)
		}
	}
	require.NoError(t, r.begin(t.Context()))
	require.NoError(t, r.fill(t.Context(), scores))
	require.NoError(t, r.begin(t.Context()))
	require.NoError(t, r.swap(t.Context()))
	requireSize := func(want int64) {
		size, err := board.Size(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, want, size)
	}
	requireSize(2)

	require.NoError(t, r.begin(t.Context()))
	require.NoError(t, board.Put(t.Context(), key, leaderboards.Rules{}, []leaderboards.Score{{Member: "cid", Version: 2}}))
	require.NoError(t, r.swap(t.Context()))
	requireSize(3)
	left, err := board.client.Keys(t.Context(), "*:next:*").Result()
	require.NoError(t, err)
	require.Empty(t, left, "a rebuild that is done does not begin again")
}
