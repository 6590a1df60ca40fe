package redisboard_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

var (
	key   = leaderboards.Key{Program: "coffee", Board: "sprint", Season: "2026-W49", Split: "berlin"}
	rules = leaderboards.Rules{Ties: leaderboards.Dense}
)

func TestBoard(t *testing.T) {
	url := boardtest.Redis(t)
	boardtest.Run(t, func(t *testing.T) leaderboards.Board { return open(t, url) })
}

func TestOpenRefusesURL(t *testing.T) {
	_, err := redisboard.Open("http://127.0.0.1", nil)
	require.ErrorContains(t, err, "redisboard: ")
}

// TestLostReply has Redis write, then lose its answer, at each kind of write: the client repeats it and all is as if the
// answer had come at once.
func TestLostReply(t *testing.T) {
	for name, f := range map[string]fault{"connection cut": cut, "answer too late": late} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, boardtest.Redis(t))
			board := open(t, p.url+"?read_timeout=100ms")
			loadScripts(t, board)
			put(t, board, score("ann", 5, 1), score("bob", 5, 1))

			p.set(f)
			put(t, board, score("ann", 15, 2))
			require.EqualValues(t, 1, p.lost.Load())
			require.Equal(t, []string{"1 ann 15", "2 bob 5"}, page(t, board), "not 25")
			once := version(t, board)
			put(t, board, score("ann", 15, 2))
			require.Equal(t, once, version(t, board))

			p.set(f)
			put(t, board, leaderboards.Score{Member: "ann", Version: 3, Removed: true})
			require.Equal(t, []string{"1 bob 5"}, page(t, board))

			sequence := func(yield func(leaderboards.Score, error) bool) {
				p.set(f) // the answer to the batch of scores
				_ = yield(score("cid", 7, 4), nil) && yield(score("ann", 15, 2), nil)
			}
			p.set(f) // the answer to the beginning
			require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence))
			require.EqualValues(t, 4, p.lost.Load())
			require.Equal(t, []string{"1 ann 15", "2 cid 7"}, page(t, board))
		})
	}
}

// TestLostReplyOfSwap loses the answer that ends a rebuild, of which the repetition finds nothing left to do.
func TestLostReplyOfSwap(t *testing.T) {
	p := newProxy(t, boardtest.Redis(t))
	board := open(t, p.url)
	loadScripts(t, board)
	put(t, board, score("old", 1, 1))
	sequence := func(yield func(leaderboards.Score, error) bool) {
		for i := range 500 { // full batches, after which the only script left is the swap
			if !yield(score(fmt.Sprintf("m%03d", i), int64(i), 1), nil) {
				return
			}
		}
		p.set(cut)
	}
	require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence))
	require.EqualValues(t, 1, p.lost.Load())
	size, err := board.Size(t.Context(), key)
	require.NoError(t, err)
	require.EqualValues(t, 500, size)
}

// TestClockSetBack has a ranking with a version that the server's clock has not reached.
func TestClockSetBack(t *testing.T) {
	url := boardtest.Redis(t)
	board, redis := open(t, url), client(t, url)
	put(t, board, score("ann", 5, 1))
	const ahead = 8_000_000_000_000_000 // in microseconds, the year 2223
	require.NoError(t, redis.HSet(t.Context(), keyOf(t, redis, "meta"), "version", ahead).Err())
	put(t, board, score("ann", 6, 2))
	require.EqualValues(t, ahead+1, version(t, board))
	require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence()))
	require.EqualValues(t, ahead+2, version(t, board))
}

func TestDeadline(t *testing.T) {
	p := newProxy(t, boardtest.Redis(t))
	board := open(t, p.url)
	put(t, board, score("ann", 5, 1))
	p.set(mute)
	for name, call := range map[string]func(context.Context) error{
		"put": func(ctx context.Context) error {
			return board.Put(ctx, key, rules, []leaderboards.Score{score("ann", 6, 2)})
		},
		"page": func(ctx context.Context) error {
			_, _, err := board.Page(ctx, key, rules, 1, 10)
			return err
		},
		"ping":    board.Ping,
		"rebuild": func(ctx context.Context) error { return board.Rebuild(ctx, key, rules, sequence()) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		start := time.Now()
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded, name)
		require.Less(t, time.Since(start), time.Second, name)
		cancel()
	}
}

// TestFlushed has somebody flush Redis: the epoch is gone, and a rebuild brings everything back.
func TestFlushed(t *testing.T) {
	url := boardtest.Redis(t)
	board := open(t, url)
	requireEpoch(t, board, "coffee", "")
	require.NoError(t, board.SetEpoch(t.Context(), "coffee", "outbox 17"))
	require.NoError(t, board.SetEpoch(t.Context(), "tea", "outbox 3"))
	requireEpoch(t, board, "coffee", "outbox 17")
	requireEpoch(t, board, "tea", "outbox 3")
	store := []leaderboards.Score{score("ann", 5, 1), score("bob", 7, 2)}
	put(t, board, store...)
	before := version(t, board)

	require.NoError(t, client(t, url).FlushAll(t.Context()).Err())
	requireEpoch(t, board, "coffee", "")
	put(t, board, score("ann", 9, 3)) // an event comes before anybody noticed
	store[0] = score("ann", 9, 3)
	require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence(store...)))
	require.NoError(t, board.SetEpoch(t.Context(), "coffee", "outbox 18"))
	require.Equal(t, []string{"1 ann 9", "2 bob 7"}, page(t, board))
	require.Greater(t, version(t, board), before)
	requireEpoch(t, board, "coffee", "outbox 18")
}

// TestRestarted has Redis end, which is an error and no wrong answer, and come back empty and without our scripts.
func TestRestarted(t *testing.T) {
	server := boardtest.StartRedis(t)
	p := newProxy(t, server.URL)
	board := open(t, p.url)
	require.NoError(t, board.SetEpoch(t.Context(), "coffee", "outbox 17"))
	put(t, board, score("ann", 5, 1))

	p.set(unplugged)
	require.Error(t, board.Put(t.Context(), key, rules, []leaderboards.Score{score("ann", 6, 2)}))
	require.Error(t, board.Ping(t.Context()))
	_, err := board.Epoch(t.Context(), "coffee")
	require.Error(t, err, "not an empty epoch")
	server.Restart(t)
	p.set(none)

	require.NoError(t, board.Ping(t.Context()))
	requireEpoch(t, board, "coffee", "")
	require.Empty(t, page(t, board))
	require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence(score("ann", 6, 2), score("bob", 1, 1))))
	require.Equal(t, []string{"1 ann 6", "2 bob 1"}, page(t, board))
}

// TestDamaged has each key of a ranking evicted, or replaced by a key of another type. Nothing wrong is shown, and a
// rebuild repairs it.
func TestDamaged(t *testing.T) {
	url := boardtest.Redis(t)
	board, redis := open(t, url), client(t, url)
	store := []leaderboards.Score{score("ann", 5, 1), score("bob", 7, 2)}
	damages := map[string]func(name string) error{
		"evicted":    func(name string) error { return redis.Del(t.Context(), name).Err() },
		"wrong type": func(name string) error { return redis.Set(t.Context(), name, "x", 0).Err() },
	}
	for what, damage := range damages {
		for _, part := range []string{"order", "members", "values", "meta"} {
			t.Run(part+" "+what, func(t *testing.T) {
				require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence(store...)))
				require.NoError(t, damage(keyOf(t, redis, part)))
				before := dump(t, redis)
				err := board.Put(t.Context(), key, rules, []leaderboards.Score{score("ann", 9, 3)})
				require.ErrorIs(t, err, leaderboards.ErrDamaged)
				_, _, err = board.Page(t.Context(), key, rules, 1, 10)
				require.ErrorIs(t, err, leaderboards.ErrDamaged)
				require.Equal(t, before, dump(t, redis), "the failed write wrote nothing")

				require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence(store...)))
				require.Equal(t, []string{"1 bob 7", "2 ann 5"}, page(t, board))
			})
		}
	}
	require.NoError(t, redis.Set(t.Context(), "laurel:{6:coffee6:sprint8:2026-W496:berlin}:next:meta", "x", 0).Err())
	require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence(store...)), "over whatever stands there")
	require.NoError(t, board.Reset(t.Context(), key))
	require.Empty(t, dump(t, redis))
}

// TestFullMemory has Redis refuse writes at its memory limit: nothing is half written.
func TestFullMemory(t *testing.T) {
	url := boardtest.Redis(t)
	board, redis := open(t, url), client(t, url)
	put(t, board, score("ann", 5, 1))
	before := dump(t, redis)
	require.NoError(t, redis.ConfigSet(t.Context(), "maxmemory", "1").Err())
	t.Cleanup(func() { require.NoError(t, client(t, url).ConfigSet(context.Background(), "maxmemory", "0").Err()) })
	err := board.Put(t.Context(), key, rules, []leaderboards.Score{score("ann", 9, 3), score("bob", 1, 1)})
	require.ErrorContains(t, err, "OOM")
	require.Equal(t, before, dump(t, redis))
	require.Equal(t, []string{"1 ann 5"}, page(t, board), "reads go on")
}

// TestOneSlot checks that a cluster keeps all keys of a ranking together, whatever the names.
func TestOneSlot(t *testing.T) {
	url := boardtest.Redis(t)
	board, redis := open(t, url), client(t, url)
	slots := map[uint16]bool{}
	for i, program := range []string{"coffee", "a}b", "{}", "}{", "", "日本", "{x}:1"} {
		require.NoError(t, redis.FlushAll(t.Context()).Err())
		k := leaderboards.Key{Program: program, Board: "b}", Season: "{s", Split: "}"}
		err := board.Rebuild(t.Context(), k, rules, func(yield func(leaderboards.Score, error) bool) {
			// While the rebuild runs there are the keys of both tables.
			require.NoError(t, board.Put(t.Context(), k, rules, []leaderboards.Score{score("ann", int64(i), 1)}))
			names := redis.Keys(t.Context(), "*").Val()
			require.Len(t, names, 8)
			for _, name := range names {
				require.Equal(t, slot(names[0]), slot(name), name)
			}
			slots[slot(names[0])] = true
		})
		require.NoError(t, err)
	}
	require.Greater(t, len(slots), 3, "programs are spread")
}

func TestSlot(t *testing.T) {
	require.EqualValues(t, 12182, slot("foo"))
	require.EqualValues(t, 12182, slot("{foo}bar}"))
}

// BenchmarkPut writes batches of scores of a ranking of a hundred thousand members, with dense and with other ties.
func BenchmarkPut(b *testing.B) {
	const members, batch = 100_000, 500
	url := boardtest.Redis(b)
	for _, ties := range []leaderboards.Ties{leaderboards.Earliest, leaderboards.Dense} {
		b.Run(ties.String(), func(b *testing.B) {
			board, err := redisboard.Open(url, nil)
			require.NoError(b, err)
			defer board.Close()
			k := leaderboards.Key{Program: "bench", Board: ties.String(), Season: leaderboards.AllTime}
			r := leaderboards.Rules{Ties: ties}
			random := rand.New(rand.NewPCG(1, 1))
			scores, put := make([]leaderboards.Score, batch), uint64(0)
			write := func(member func() int) {
				for i := range scores {
					put++
					scores[i] = score(fmt.Sprint("member-", member()), random.Int64N(members), put)
				}
				require.NoError(b, board.Put(b.Context(), k, r, scores))
			}
			for put < members {
				write(func() int { return int(put) })
			}
			put = members
			for b.Loop() {
				write(func() int { return random.IntN(members) })
			}
			b.ReportMetric(float64(put-members)/b.Elapsed().Seconds(), "scores/s")
		})
	}
}

// BenchmarkRebuild brings back a ranking of a hundred thousand members.
func BenchmarkRebuild(b *testing.B) {
	const members = 100_000
	board, err := redisboard.Open(boardtest.Redis(b), nil)
	require.NoError(b, err)
	defer board.Close()
	for b.Loop() {
		require.NoError(b, board.Rebuild(b.Context(), key, leaderboards.Rules{}, func(yield func(leaderboards.Score, error) bool) {
			for i := range members {
				if !yield(score(fmt.Sprint("member-", i), int64(i*7919%members), 1), nil) {
					return
				}
			}
		}))
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N*members), "s/million")
}

// BenchmarkRead reads from a ranking of a hundred thousand members.
func BenchmarkRead(b *testing.B) {
	const members = 100_000
	board, err := redisboard.Open(boardtest.Redis(b), nil)
	require.NoError(b, err)
	defer board.Close()
	var scores []leaderboards.Score
	for i := range members {
		scores = append(scores, score(fmt.Sprint("member-", i), int64(i*7919%members), 1))
	}
	put(b, board, scores...)
	for name, read := range map[string]func(i int) error{
		"standing": func(i int) error {
			_, _, err := board.Standing(b.Context(), key, rules, fmt.Sprint("member-", i%members))
			return err
		},
		"page of 20": func(i int) error {
			_, _, err := board.Page(b.Context(), key, rules, int64(i*7919%members), 20)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				require.NoError(b, read(i))
			}
		})
	}
}

func open(t *testing.T, url string) *redisboard.Board {
	t.Helper()
	board, err := redisboard.Open(url, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, board.Close()) })
	return board
}

func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	require.NoError(t, err)
	c := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// loadScripts has Redis know all scripts, so that the next reply to one is its own and not that it is unknown.
func loadScripts(t *testing.T, board *redisboard.Board) {
	t.Helper()
	put(t, board, score("ann", 1, 1))
	require.NoError(t, board.Rebuild(t.Context(), key, rules, sequence()))
	require.Empty(t, page(t, board))
}

func score(member string, value int64, version uint64) leaderboards.Score {
	return leaderboards.Score{Member: member, Value: decimal.Decimal(value) * decimal.One, Reached: calendar.Instant(version), Version: version}
}

func sequence(scores ...leaderboards.Score) iter.Seq2[leaderboards.Score, error] {
	return func(yield func(leaderboards.Score, error) bool) {
		for _, s := range scores {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func put(t testing.TB, board *redisboard.Board, scores ...leaderboards.Score) {
	t.Helper()
	require.NoError(t, board.Put(t.Context(), key, rules, scores))
}

func page(t *testing.T, board *redisboard.Board) []string {
	t.Helper()
	rows, _, err := board.Page(t.Context(), key, rules, 1, 100)
	require.NoError(t, err)
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = fmt.Sprintf("%d %s %s", row.Rank, row.Member, row.Value)
	}
	return lines
}

func version(t *testing.T, board *redisboard.Board) uint64 {
	t.Helper()
	v, err := board.Version(t.Context(), key)
	require.NoError(t, err)
	return v
}

func requireEpoch(t *testing.T, board *redisboard.Board, program, want string) {
	t.Helper()
	epoch, err := board.Epoch(t.Context(), program)
	require.NoError(t, err)
	require.Equal(t, want, epoch)
}

// keyOf returns the name of the only key that ends in a part.
func keyOf(t *testing.T, c *redis.Client, part string) string {
	t.Helper()
	names, err := c.Keys(t.Context(), "*:"+part).Result()
	require.NoError(t, err)
	require.Len(t, names, 1)
	return names[0]
}

// dump is the content of all keys.
func dump(t *testing.T, c *redis.Client) map[string]string {
	t.Helper()
	content := map[string]string{}
	for _, name := range c.Keys(t.Context(), "*").Val() {
		serialized, err := c.Dump(t.Context(), name).Result()
		require.NoError(t, err)
		content[name] = serialized
	}
	return content
}
