package redisboard_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// TestCluster holds that a cluster keeps boards as a single Redis does, that the death of a master is followed, and that
// the URL of a single Redis does not do for it.
func TestCluster(t *testing.T) {
	cluster := boardtest.StartCluster(t)
	boardtest.Run(t, func(t *testing.T) leaderboards.Board { return open(t, cluster.URL) })

	board, ctx := open(t, cluster.URL), t.Context()
	require.True(t, board.Sharded())
	require.NoError(t, board.Ping(ctx))
	require.NoError(t, board.Check(ctx))
	require.NoError(t, board.SetEpoch(ctx, "coffee", "1"))
	requireEpoch(t, board, "coffee", "1")

	plain := open(t, cluster.Masters[0].URL)
	err := plain.Check(ctx)
	var is *redisboard.FormError
	require.ErrorAs(t, err, &is)
	require.ErrorContains(t, err, "this Redis is a node of a cluster")
	require.ErrorContains(t, err, "write redis+cluster://"+strings.TrimPrefix(cluster.Masters[0].URL, "redis://")+" (")

	// Each master has some of the rankings.
	keys := map[int]leaderboards.Key{}
	for i := 0; len(keys) < 3; i++ {
		k := leaderboards.Key{Program: "coffee", Board: fmt.Sprint("b", i), Season: leaderboards.AllTime}
		keys[cluster.MasterOf(t, "laurel:{6:coffee"+fmt.Sprintf("%d:%s3:all0:", len(k.Board), k.Board)+"}:order")] = k
	}
	for _, k := range keys {
		require.NoError(t, board.Put(ctx, k, rules, []leaderboards.Score{score("ann", 5, 1)}))
	}
	cluster.Masters[0].Kill()
	start := time.Now()
	require.Eventually(t, func() bool {
		bounded, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return board.Put(bounded, keys[0], rules, []leaderboards.Score{score("bob", 7, 2)}) == nil
	}, 20*time.Second, 20*time.Millisecond, "the replica is written to")
	t.Logf("the failover was followed after %s", time.Since(start).Round(10*time.Millisecond))
	for i, k := range keys {
		size, err := board.Size(ctx, k)
		require.NoError(t, err)
		require.GreaterOrEqual(t, size, int64(1), i)
	}
}

// TestSentinel holds that the master that a Sentinel promotes is written to.
func TestSentinel(t *testing.T) {
	s := boardtest.StartSentinel(t)
	board, ctx := open(t, s.URL), t.Context()
	require.NoError(t, board.Ping(ctx))
	put(t, board, score("ann", 5, 1))
	require.NoError(t, s.Master.Client.Do(ctx, "WAIT", 1, 5000).Err())
	s.Master.Kill()
	start := time.Now()
	require.Eventually(t, func() bool {
		bounded, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return board.Put(bounded, key, rules, []leaderboards.Score{score("bob", 7, 2)}) == nil
	}, 20*time.Second, 20*time.Millisecond)
	t.Logf("the failover was followed after %s", time.Since(start).Round(10*time.Millisecond))
	require.Equal(t, []string{"1 bob 7", "2 ann 5"}, page(t, board))
}
