package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

// cutOff keeps a replica from getting what its master writes from now on.
func cutOff(t *testing.T, master *boardtest.Node) {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, master.Client.Do(ctx, "ACL", "SETUSER", "default", "-psync", "-sync", "-replconf").Err())
	require.NoError(t, master.Client.ClientKillByFilter(ctx, "TYPE", "replica").Err())
}

// recovers runs the jobs until rankings are right again, and tells how long that took.
func (f *far) recovers(keys ...leaderboards.Key) time.Duration {
	f.Helper()
	start := time.Now()
	require.Eventually(f, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_, err := jobs.Deliver(ctx, f.p, f.board)
		if err != nil || f.sweep.Restore(ctx) != nil {
			return false
		}
		for _, key := range keys {
			if rows, err := f.rows(f.board, key); err != nil || !equal(rows, f.right(key)) {
				return false
			}
		}
		return true
	}, 30*time.Second, 20*time.Millisecond)
	return time.Since(start).Round(10 * time.Millisecond)
}

func equal(a, b []leaderboards.Standing) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestBoardsOnACluster loses a master whose replica lacks what was written last, and then another one's content. What these had is
// right again, by rebuilds of that alone.
func TestBoardsOnACluster(t *testing.T) {
	cluster, ctx := boardtest.StartCluster(t), context.Background()
	var addresses []string
	for _, n := range append(cluster.Masters[:3:3], cluster.Replicas...) {
		addresses = append(addresses, strings.TrimPrefix(n.URL, "redis://"))
	}
	f := newFarOn(t, cluster.URL, redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses, ClusterStateReloadInterval: time.Second, DialerRetries: 1}))
	all := []leaderboards.Key{northern, southern, overall}
	for i := 0; i < 9; i++ { // so that each master has some
		key := northern
		key.Split = string(rune('a' + i))
		f.score("m0", i+1, key.Split)
		all = append(all, key)
	}
	f.deliver()
	f.requireRight(all...)
	of := map[int][]leaderboards.Key{}
	for _, key := range all {
		i := cluster.MasterOf(t, keyOf(key, "meta"))
		of[i] = append(of[i], key)
	}
	require.Len(t, of, 3)

	cutOff(t, cluster.Masters[0])
	lost := of[0][0]
	split := lost.Split
	if split == "" {
		split = "elsewhere"
	}
	f.score("m1", 5000, split)
	f.deliver()
	f.requireRight(all...)
	built := map[leaderboards.Key]string{}
	for _, key := range append(of[1], of[2]...) {
		built[key] = f.built(key)
	}
	cluster.Masters[0].Kill()
	_, err := f.rows(f.board, lost)
	require.ErrorIs(t, err, leaderboards.ErrUnavailable)
	t.Logf("a master killed, and its replica without the tail: all is right after %s", f.recovers(all...))
	require.NotEmpty(t, f.built(lost), "the replica had too little, and it was built anew")
	f.score("m2", 6000, split)
	f.deliver()
	f.requireRight(all...)

	require.NoError(t, cluster.Masters[1].Client.FlushAll(ctx).Err())
	t.Logf("a shard flushed: all is right after %s", f.recovers(all...))
	for _, key := range of[1] {
		require.NotEqual(t, built[key], f.built(key), "%s was built anew", key.Split)
	}
	for _, key := range of[2] {
		require.Equal(t, built[key], f.built(key), "%s was not", key.Split)
	}
}

// TestBoardsBehindASentinel promotes a replica without what was written last.
func TestBoardsBehindASentinel(t *testing.T) {
	s := boardtest.StartSentinel(t)
	f := newFarOn(t, s.URL, redis.NewClient(&redis.Options{Addr: strings.TrimPrefix(s.Replica.URL, "redis://")}))
	f.requireRight(northern, southern, overall)
	require.NoError(t, s.Master.Client.Do(context.Background(), "WAIT", 1, 10_000).Err())
	kept := f.built(southern)
	cutOff(t, s.Master)
	f.score("m1", 5000, "north")
	f.deliver()
	s.Master.Kill()
	t.Logf("a master killed, and its replica without the tail: all is right after %s", f.recovers(northern, southern, overall))
	require.NotEmpty(t, f.built(northern))
	require.Equal(t, kept, f.built(southern), "what was whole stays")
}
