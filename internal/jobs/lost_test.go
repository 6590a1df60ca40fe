package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/internal/boards"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

const ranked = `
program: club
events: {go: {n: integer, city: text}}
counters: {sum: {when: go, add: event.n}, all: {when: go, add: event.n}}
leaderboards: {sum: {counter: sum, split: event.city, ties: dense}, all: {counter: all}}
`

// far is a program whose boards are on a Redis, with three rankings of three members each.
type far struct {
	*testing.T
	client redis.UniversalClient
	store  engine.Store
	clock  *clock
	board  *boards.Remote
	p      *program.Program
	sweep  *jobs.Sweep
	sent   int
}

var (
	northern = leaderboards.Key{Program: "club", Board: "sum", Season: leaderboards.AllTime, Split: "north"}
	southern = leaderboards.Key{Program: "club", Board: "sum", Season: leaderboards.AllTime, Split: "south"}
	overall  = leaderboards.Key{Program: "club", Board: "all", Season: leaderboards.AllTime}
)

func newFar(t *testing.T, url string) *far {
	t.Helper()
	options, err := redis.ParseURL(url)
	require.NoError(t, err)
	return newFarOn(t, url, redis.NewClient(options))
}

// newFarOn has a client of its own for a Redis of any kind.
func newFarOn(t *testing.T, url string, client redis.UniversalClient) *far {
	t.Helper()
	f := &far{T: t, client: client, store: engine.NewMemory(), clock: &clock{}}
	t.Cleanup(func() { require.NoError(t, f.client.Close()) })
	f.board = remote(t, url, f.store)
	f.start()
	for i, city := range []string{"north", "north", "north", "south", "south", "south"} {
		f.score(fmt.Sprint("m", i%3), 10*i+1, city)
	}
	f.deliver()
	return f
}

func (f *far) start() {
	f.Helper()
	f.p = openUnder(f.T, ranked, f.store, f.board, f.clock)
	f.sweep = jobs.NewSweep(f.p, f.board, slog.New(slog.DiscardHandler))
}

func (f *far) score(member string, n int, city string) {
	f.Helper()
	f.sent++
	submit(f.T, f.p, fmt.Sprint("e", f.sent), member, "go", fmt.Sprintf(`{"n":%d,"city":%q}`, n, city))
}

func (f *far) deliver() {
	f.Helper()
	for done := 1; done > 0; {
		var err error
		done, err = jobs.Deliver(context.Background(), f.p, f.board)
		require.NoError(f, err)
	}
}

func (f *far) rows(b leaderboards.Board, key leaderboards.Key) ([]leaderboards.Standing, error) {
	rows, _, err := b.Page(context.Background(), key, f.p.Rules().Leaderboard(engine.BoardID(key)).Rules, 1, 100)
	return rows, err
}

// right is a ranking as the store has it.
func (f *far) right(key leaderboards.Key) []leaderboards.Standing {
	f.Helper()
	stored := leaderboards.NewMemory()
	require.NoError(f, f.p.Flush())
	require.NoError(f, stored.Rebuild(context.Background(), key, f.p.Rules().Leaderboard(engine.BoardID(key)).Rules, engine.ScoresOf(f.store, key)))
	rows, err := f.rows(stored, key)
	require.NoError(f, err)
	require.NotEmpty(f, rows)
	return rows
}

func (f *far) requireRight(keys ...leaderboards.Key) {
	f.Helper()
	for _, key := range keys {
		rows, err := f.rows(f.board, key)
		require.NoError(f, err)
		require.Equal(f, f.right(key), rows)
	}
}

// built says which rebuild a ranking is from.
func (f *far) built(key leaderboards.Key) string {
	f.Helper()
	token, err := f.client.HGet(context.Background(), keyOf(key, "meta"), "built").Result()
	if !errors.Is(err, redis.Nil) {
		require.NoError(f, err)
	}
	return token
}

func keyOf(key leaderboards.Key, part string) string {
	var tag strings.Builder
	for _, name := range []string{key.Program, key.Board, key.Season, key.Split} {
		fmt.Fprintf(&tag, "%d:%s", len(name), name)
	}
	return "laurel:{" + tag.String() + "}:" + part
}

// TestLostKeysAreNoticedAndMendedAlone has all that a ranking is kept in lost while the epoch stands. Those that a reader can
// notice are not shown; the sweep finds the others. The ranking alone is rebuilt.
func TestLostKeysAreNoticedAndMendedAlone(t *testing.T) {
	url, ctx := boardtest.Redis(t), context.Background()
	parts := []string{"order", "members", "values", "meta"}
	type damage struct {
		do    func(f *far)
		swept bool // only the sweep finds it
	}
	damages := map[string]damage{
		"all keys": {do: func(f *far) {
			for _, part := range parts {
				require.NoError(f, f.client.Del(ctx, keyOf(northern, part)).Err())
			}
		}},
		"a row": {do: func(f *far) {
			first := f.client.ZRange(ctx, keyOf(northern, "order"), 0, 0).Val()
			require.NoError(f, f.client.ZRem(ctx, keyOf(northern, "order"), first[0]).Err())
		}},
		"a member": {do: func(f *far) { require.NoError(f, f.client.HDel(ctx, keyOf(northern, "members"), "m1").Err()) }},
		"a row while the count stands": {swept: true, do: func(f *far) {
			first := f.client.ZRange(ctx, keyOf(northern, "order"), 0, 0).Val()
			require.NoError(f, f.client.ZRem(ctx, keyOf(northern, "order"), first[0]).Err())
			require.NoError(f, f.client.HIncrBy(ctx, keyOf(northern, "meta"), "ranked", -1).Err())
		}},
		"a row in the place of another": {swept: true, do: func(f *far) {
			first := f.client.ZRange(ctx, keyOf(northern, "order"), 0, 0).Val()
			require.NoError(f, f.client.ZRem(ctx, keyOf(northern, "order"), first[0]).Err())
			require.NoError(f, f.client.ZAdd(ctx, keyOf(northern, "order"), redis.Z{Member: first[0][:24] + "ghost"}).Err())
		}},
		"a row too many": {swept: true, do: func(f *far) {
			rules := f.p.Rules().Leaderboard("sum").Rules
			require.NoError(f, f.board.Put(ctx, northern, rules, []leaderboards.Score{{Member: "ghost", Value: decimal.One, Version: 1}}))
		}},
		"what was written last": {do: func(f *far) {
			// As a replica that is promoted without its tail has it.
			kept := map[string]string{}
			for _, part := range parts {
				kept[part] = f.client.Dump(ctx, keyOf(northern, part)).Val()
			}
			f.score("m0", 1000, "north")
			f.deliver()
			for part, content := range kept {
				require.NoError(f, f.client.RestoreReplace(ctx, keyOf(northern, part), 0, content).Err())
			}
		}},
	}
	for _, part := range parts {
		damages["key "+part] = damage{do: func(f *far) { require.NoError(f, f.client.Del(ctx, keyOf(northern, part)).Err()) }}
		damages["type of "+part] = damage{do: func(f *far) { require.NoError(f, f.client.Set(ctx, keyOf(northern, part), "x", 0).Err()) }}
	}
	for name, d := range damages {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, remoteFlush(url))
			f := newFar(t, url)
			f.requireRight(northern, southern, overall)
			others := f.built(southern) + f.built(overall)
			d.do(f)
			epoch, err := f.board.Epoch(ctx, "club")
			require.NoError(t, err)
			stored, err := f.store.Get(engine.ToldEpoch)
			require.NoError(t, err)
			require.Equal(t, string(stored), epoch, "the epoch tells nothing")

			rows, err := f.rows(f.board, northern)
			if d.swept {
				require.NoError(t, err)
				require.NotEqual(t, f.right(northern), rows)
				round(t, f.sweep)
			} else {
				require.ErrorIs(t, err, leaderboards.ErrDamaged)
				_, err = f.board.Version(ctx, northern)
				require.ErrorIs(t, err, leaderboards.ErrDamaged)
				require.Equal(t, []leaderboards.Key{northern}, f.board.Lost())
				require.NoError(t, f.sweep.Restore(ctx))
			}
			f.requireRight(northern, southern, overall)
			require.Empty(t, f.board.Lost())
			require.Equal(t, others, f.built(southern)+f.built(overall), "the others stay as they are")
			require.NotEmpty(t, f.sweep.Mended()["sum"])
			f.score("m2", 5000, "north")
			f.deliver()
			f.requireRight(northern)
		})
	}
}

func remoteFlush(url string) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	c := redis.NewClient(options)
	defer c.Close()
	return c.FlushAll(context.Background()).Err()
}

// An event that comes before anybody has noticed does not hide what was lost.
func TestAnEventDoesNotHideALoss(t *testing.T) {
	f, ctx := newFar(t, boardtest.Redis(t)), context.Background()
	for _, part := range []string{"order", "members", "values", "meta"} {
		require.NoError(t, f.client.Del(ctx, keyOf(northern, part)).Err())
	}
	f.score("m2", 7, "north")
	f.deliver()
	f.requireRight(northern, southern, overall)
}

// A ranking of which nobody was told is empty, whatever Redis has under its name, and is begun again by its first score.
func TestARankingThatNobodyToldOfIsNotShown(t *testing.T) {
	f, ctx := newFar(t, boardtest.Redis(t)), context.Background()
	western := northern
	western.Split = "west"
	rules := f.p.Rules().Leaderboard("sum").Rules
	require.NoError(t, f.board.Put(ctx, western, rules, []leaderboards.Score{{Member: "ghost", Value: 9 * decimal.One, Version: 1}}))
	rows, err := f.rows(f.board, western)
	require.NoError(t, err)
	require.Empty(t, rows)
	f.score("m0", 3, "west")
	f.deliver()
	rows, err = f.rows(f.board, western)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	f.requireRight(western)
}

// A ranking that was told of, and of which the store has no score any more, is swept too.
func TestASweepFindsARankingWithoutStoredScores(t *testing.T) {
	f, ctx := newFar(t, boardtest.Redis(t)), context.Background()
	western := northern
	western.Split = "west"
	rules := f.p.Rules().Leaderboard("sum").Rules
	require.NoError(t, f.board.Put(ctx, western, rules, []leaderboards.Score{{Member: "ghost", Value: 9 * decimal.One, Version: 1}}))
	require.NoError(t, f.p.Put(engine.ToldRow(western, 1)))
	round(t, f.sweep)
	size, err := f.board.Size(ctx, western)
	require.NoError(t, err)
	require.Zero(t, size)
	require.NotEmpty(t, f.sweep.Mended()["sum"])
}

// A shard that is flushed takes some rankings along, be the epoch among them or not. Those alone are rebuilt.
func TestAnEpochThatIsGoneRebuildsWhatIsLost(t *testing.T) {
	f, ctx := newFar(t, boardtest.Redis(t)), context.Background()
	kept := f.built(southern)
	for _, name := range f.client.Keys(ctx, "*").Val() {
		if !strings.Contains(name, "south") {
			require.NoError(t, f.client.Del(ctx, name).Err())
		}
	}
	f.deliver()
	f.requireRight(northern, southern, overall)
	require.Equal(t, kept, f.built(southern))
	require.NotEmpty(t, f.built(northern))
}

// A data directory that was put back knows less than the Redis, which then shows what never was.
func TestARedisThatIsAheadOfTheStoreIsBuiltAnew(t *testing.T) {
	url := boardtest.Redis(t)
	f, ahead := newFar(t, url), newFar(t, url)
	ahead.score("m1", 900, "north")
	ahead.deliver()
	require.NotEqual(t, f.right(northern), ahead.right(northern))
	f.deliver()
	f.requireRight(northern, southern, overall)
}

// While boards are kept in the process nobody tells the Redis, which is rebuilt when it is used again.
func TestARedisThatWasNotUsedForAWhileIsBuiltAnew(t *testing.T) {
	f := newFar(t, boardtest.Redis(t))
	require.NoError(t, f.p.Close())
	f.p = openUnder(t, ranked, f.store, leaderboards.NewMemory(), f.clock)
	f.score("m1", 700, "north")
	require.NoError(t, f.p.Close())
	f.start()
	f.deliver()
	f.requireRight(northern, southern, overall)
}
