package boards

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// One asks again when the rest is over, and the others only when that one has its answer.
func TestTheBreaker(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBreaker(func() time.Time { return now })
	require.True(t, b.mayAsk("a"))
	require.True(t, b.mayAsk("a"))
	b.tell("a", false)
	require.False(t, b.mayAsk("a"))
	require.True(t, b.mayAsk("b"), "the others are asked")
	now = now.Add(rest)
	require.True(t, b.mayAsk("a"))
	require.False(t, b.mayAsk("a"))
	b.tell("a", true)
	require.True(t, b.mayAsk("a"))
	require.True(t, b.mayAsk("a"))
	require.Less(t, 2*readTime, time.Second, "an answer from the store comes within a second")
}

// While a Redis hangs one read in a while waits, for a bounded time, and the others not at all.
func TestReadsOfARedisThatHangs(t *testing.T) {
	node := boardtest.StartNode(t)
	board, err := redisboard.Open(node.URL, nil)
	require.NoError(t, err)
	server := NewRedis(board, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	now := time.Unix(0, 0)
	server.breaker = newBreaker(func() time.Time { return now })
	store := engine.NewMemory()
	key := leaderboards.Key{Program: "coffee", Board: "sprint", Season: leaderboards.AllTime}
	scores := []leaderboards.Score{{Member: "ann", Version: 3}}
	r := server.Of(store)
	ctx := context.Background()
	require.NoError(t, server.Look(ctx))
	require.NoError(t, server.Ready())
	require.NoError(t, r.Put(ctx, key, leaderboards.Rules{}, scores))
	require.NoError(t, store.Commit(&engine.Batch{First: 1, Records: [][]byte{{1}, {2}, {3}}, IDs: []string{"a", "b", "c"},
		Rows: []engine.Row{engine.ToldRow(key, 3)}}))
	size, err := r.Size(ctx, key)
	require.NoError(t, err)
	require.EqualValues(t, 1, size)

	node.Pause(t)
	start := time.Now()
	_, err = r.Size(ctx, key)
	require.ErrorIs(t, err, leaderboards.ErrUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(start), 5*time.Second)
	for range 1000 {
		_, err = r.Size(ctx, key)
		require.ErrorIs(t, err, leaderboards.ErrUnavailable)
		require.NotErrorIs(t, err, context.DeadlineExceeded, "it is not asked")
	}
	require.Error(t, server.Look(ctx))
	require.Error(t, server.Ready())
	node.Resume(t)
	require.Eventually(t, func() bool { return server.Look(ctx) == nil }, 30*time.Second, 20*time.Millisecond)
	now = now.Add(rest)
	size, err = r.Size(ctx, key)
	require.NoError(t, err)
	require.EqualValues(t, 1, size)
	require.Empty(t, r.Lost())

	// A caller who goes away says nothing of the Redis.
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = r.Size(gone, key)
	require.Error(t, err)
	_, err = r.Size(ctx, key)
	require.NoError(t, err)
}

// TestAMarkAheadOfTheStore holds that a ranking which was told of events that the store does not have is not shown: the store was
// restored from a backup, or somebody has written the mark.
func TestAMarkAheadOfTheStore(t *testing.T) {
	url := boardtest.Redis(t)
	board, err := redisboard.Open(url, nil)
	require.NoError(t, err)
	server := NewRedis(board, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	store, ctx := engine.NewMemory(), context.Background()
	key := leaderboards.Key{Program: "coffee", Board: "sprint", Season: leaderboards.AllTime}
	r := server.Of(store)
	require.NoError(t, r.Put(ctx, key, leaderboards.Rules{}, []leaderboards.Score{{Member: "ann", Version: 3}, {Member: "ben", Version: 4}}))
	require.NoError(t, store.Commit(&engine.Batch{First: 1, Records: [][]byte{{1}, {2}, {3}}, IDs: []string{"a", "b", "c"},
		Rows: []engine.Row{engine.ToldRow(key, 3)}}))
	_, _, err = r.Page(ctx, key, leaderboards.Rules{}, 1, 10)
	require.ErrorIs(t, err, leaderboards.ErrDamaged)
	_, _, err = r.Standing(ctx, key, leaderboards.Rules{}, "cid")
	require.ErrorIs(t, err, leaderboards.ErrDamaged)
	_, err = r.Size(ctx, key)
	require.ErrorIs(t, err, leaderboards.ErrDamaged)
	require.Equal(t, []leaderboards.Key{key}, r.Lost(), "it is built anew")
	require.NoError(t, store.Commit(&engine.Batch{First: 4, Records: [][]byte{{4}}, IDs: []string{"d"}}))
	_, err = r.Size(ctx, key)
	require.NoError(t, err)
}
