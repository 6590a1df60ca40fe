package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

// holding lists the keys of Redis that name a member, in themselves or in what they hold.
func holding(t *testing.T, client *redis.Client, member string) []string {
	t.Helper()
	ctx, list := context.Background(), []string{}
	keys, err := client.Keys(ctx, "*").Result()
	require.NoError(t, err)
	for _, key := range keys {
		kind, err := client.Type(ctx, key).Result()
		require.NoError(t, err)
		var held any
		switch kind {
		case "zset":
			held, err = client.ZRange(ctx, key, 0, -1).Result()
		case "hash":
			held, err = client.HGetAll(ctx, key).Result()
		case "set":
			held, err = client.SMembers(ctx, key).Result()
		case "list":
			held, err = client.LRange(ctx, key, 0, -1).Result()
		default:
			held, err = client.Get(ctx, key).Result()
		}
		require.NoError(t, err)
		if strings.Contains(key+fmt.Sprint(held), member) {
			list = append(list, key)
		}
	}
	return list
}

// An erased member is gone from the open boards on Redis as soon as they are told, and after the redaction nothing there names
// the member, nor does a rebuild after a loss bring it back.
func TestAnErasedMemberLeavesRedis(t *testing.T) {
	url, ctx := boardtest.Redis(t), context.Background()
	options, err := redis.ParseURL(url)
	require.NoError(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	store, c := engine.NewMemory(), &clock{}
	board := remote(t, url, store)
	p := open(t, store, board, c)
	deliver := func() {
		t.Helper()
		_, err := jobs.Deliver(ctx, p, board)
		require.NoError(t, err)
	}
	for i, member := range []string{"otti-4711", "bob", "cid"} {
		submit(t, p, fmt.Sprint("e", i), member, "go", fmt.Sprintf(`{"n":%d}`, 9-i))
		c.after(time.Second)
	}
	deliver()
	require.Equal(t, []string{"1 otti-4711 9", "2 bob 8", "3 cid 7"}, table(t, board, p, "sum"))
	require.NotEmpty(t, holding(t, client, "otti-4711"))

	results, err := p.Submit(engine.NewErasure("otti-4711"))
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
	left := []string{"1 bob 8", "2 cid 7"}
	deliver()
	require.Equal(t, left, table(t, board, p, "sum"), "ranks close up")
	require.Equal(t, left, table(t, board, p, "shared"))

	n, err := p.Redact(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	deliver()
	require.Empty(t, holding(t, client, "otti-4711"))
	require.NoError(t, client.FlushAll(ctx).Err())
	deliver()
	require.Equal(t, left, table(t, board, p, "sum"), "rebuilt after a flush")
	require.Equal(t, left, table(t, board, p, "shared"))
	require.Empty(t, holding(t, client, "otti-4711"))
}

// An erasure does not wait for a Redis that is away, which loses the member as soon as it is back, even if nobody asks for the board
// and the process ends in between.
func TestAnErasureDoesNotWaitForRedis(t *testing.T) {
	node, ctx := boardtest.StartNode(t), context.Background()
	store, c := engine.NewMemory(), &clock{}
	board := remote(t, node.URL+"?read_timeout=100ms", store)
	p := open(t, store, board, c)
	deliver := func() {
		t.Helper()
		_, err := jobs.Deliver(ctx, p, board)
		require.NoError(t, err)
	}
	for i, member := range []string{"otti-4711", "bob"} {
		submit(t, p, fmt.Sprint("e", i), member, "go", fmt.Sprintf(`{"n":%d}`, 9-i))
	}
	deliver()
	results, err := p.Submit(engine.NewErasure("otti-4711"))
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
	deliver()
	node.Pause(t)
	n, err := p.Redact(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	node.Resume(t)
	require.NotEmpty(t, holding(t, node.Client, "otti-4711"))
	require.NoError(t, p.Close())
	board = remote(t, node.URL, store)
	p = open(t, store, board, c)
	_, _, err = board.Page(ctx, sums, p.Rules().Leaderboard("sum").Rules, 1, 10)
	require.ErrorIs(t, err, leaderboards.ErrDamaged)
	sweep := jobs.NewSweep(p, board, slog.New(slog.DiscardHandler))
	require.NoError(t, sweep.Restore(ctx))
	round(t, sweep)
	require.Empty(t, sweep.Mended(), "nothing was wrong")
	require.Empty(t, holding(t, node.Client, "otti-4711"))
	require.Equal(t, []string{"1 bob 8"}, table(t, board, p, "sum"))
	require.Equal(t, []string{"1 bob 8"}, table(t, board, p, "shared"))
}
