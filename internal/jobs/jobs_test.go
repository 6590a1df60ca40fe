package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/boards"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
	"github.com/laurel-engine/laurel/rulesets"
)

const club = `
program: club
events: {buy: {}, go: {n: integer}, visit: {}}
points: {stars: {expire: 2 days after earning}, gems: {}}
rules: {buy: {when: buy, give: {stars: 10}}}
counters: {sum: {when: go, add: event.n}}
streaks: {days: {when: visit, every: day}}
challenges: {ours: {when: buy, by: everyone, goal: 1200, give: {gems: 1}}}
leaderboards: {sum: {counter: sum}, shared: {counter: sum, ties: share}}
`

// clock is a clock that tests move.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() calendar.Instant { return calendar.Instant(c.now.Load()) }
func (c *clock) after(d time.Duration) { c.now.Store(int64(c.Now().Add(d))) }

// open starts the club over a store; boards outside the process make it keep an outbox.
func open(t *testing.T, store engine.Store, board leaderboards.Board, c *clock) *program.Program {
	t.Helper()
	return openUnder(t, club, store, board, c)
}

func openUnder(t *testing.T, ruleset string, store engine.Store, board leaderboards.Board, c *clock) *program.Program {
	t.Helper()
	rules, diagnostics := rulesets.Parse("ruleset.yaml", []byte(ruleset))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	if c.Now() == 0 {
		at, err := calendar.ParseInstant("2026-05-01T12:00:00Z")
		require.NoError(t, err)
		c.now.Store(int64(at))
	}
	o := program.Options{Store: store, Boards: board, Now: c.Now, Versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: rules.Ruleset}}}
	if memory, ok := board.(*leaderboards.Memory); ok {
		o.Ranks = memory
	}
	p, err := program.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() }) // a program that failed tells why again
	return p
}

// remote is the boards on a Redis of the program that has a store.
func remote(t *testing.T, url string, store engine.Store) *boards.Remote {
	t.Helper()
	board, err := redisboard.Open(url, nil)
	require.NoError(t, err)
	server := boards.NewRedis(board, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return server.Of(store)
}

func submit(t *testing.T, p *program.Program, id, member, kind, data string) {
	t.Helper()
	results, err := p.Submit(&event.Event{ID: id, Type: kind, Member: member, Data: []byte(data)})
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
}

func progress(t *testing.T, p *program.Program, member string) engine.Progress {
	t.Helper()
	now, found, err := p.ProgressAt(member, p.Now())
	require.NoError(t, err)
	require.True(t, found, member)
	return now
}

func TestSettleWritesExpiriesAtTheirInstants(t *testing.T) {
	store, c := engine.NewMemory(), &clock{}
	p := open(t, store, leaderboards.NewMemory(), c)
	submit(t, p, "e1", "ann", "buy", "{}")
	c.after(24 * time.Hour)
	submit(t, p, "e2", "ann", "buy", "{}")
	submit(t, p, "e3", "bob", "buy", "{}")
	done, err := tasks.Settle(jobs.Runtime(p))
	require.NoError(t, err)
	require.Zero(t, done, "nothing is due")

	c.after(30 * 24 * time.Hour)
	before := progress(t, p, "ann").Points
	done, err = tasks.Settle(jobs.Runtime(p))
	require.NoError(t, err)
	require.Equal(t, 2, done, "each member is settled once, whatever is due by now")
	require.Equal(t, before, progress(t, p, "ann").Points, "it was true before it was written down")
	require.Equal(t, []string{"2026-05-04T00:00:00Z -10", "2026-05-05T00:00:00Z -10"}, expiries(t, store, "ann"))
	require.Equal(t, []string{"2026-05-05T00:00:00Z -10"}, expiries(t, store, "bob"))
	last := p.Durable()
	done, err = tasks.Settle(jobs.Runtime(p))
	require.NoError(t, err)
	require.Zero(t, done)
	require.Equal(t, last, p.Durable(), "twice does nothing")
}

func expiries(t *testing.T, store engine.Store, member string) []string {
	t.Helper()
	var list []string
	require.NoError(t, engine.Ledger(store, member, 0, func(_ uint64, _ calendar.Instant, entries []engine.Entry) bool {
		for _, e := range entries {
			if e.Kind == engine.EntryExpired {
				list = append(list, e.At.String()+" "+e.Amount.String())
			}
		}
		return true
	}))
	return list
}

// Promise P6: whatever the schedule of jobs, the state at an instant is that of the events alone.
func TestSettledOrNotABalanceIsTheSame(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for round := range 30 {
		c := [2]*clock{{}, {}}
		var programs [2]*program.Program
		for i := range programs {
			programs[i] = open(t, engine.NewMemory(), leaderboards.NewMemory(), c[i])
		}
		for n := range 25 {
			step := time.Duration(r.Intn(40)) * time.Hour
			kind := []string{"buy", "visit"}[r.Intn(2)]
			for i, p := range programs {
				c[i].after(step)
				if i == 1 && r.Intn(2) == 0 {
					_, err := tasks.Settle(jobs.Runtime(p))
					require.NoError(t, err)
				}
				submit(t, p, fmt.Sprint("e", n), "ann", kind, "{}")
			}
			plain, settled := progress(t, programs[0], "ann"), progress(t, programs[1], "ann")
			require.Equal(t, plain.Points, settled.Points, "seed %d, round %d", seed, round)
			require.Equal(t, plain.Streaks, settled.Streaks, "seed %d, round %d", seed, round)
		}
	}
}

// faulty is a store whose commits fail after some.
type faulty struct {
	engine.Store
	left atomic.Int64
}

func (f *faulty) Commit(b *engine.Batch) error {
	if f.left.Add(-1) < 0 {
		return errors.New("the disk is gone")
	}
	return f.Store.Commit(b)
}

func TestHandOutGoesOnAfterACrashAndPaysNobodyTwice(t *testing.T) {
	const members = 1200
	store, c := engine.NewMemory(), &clock{}
	failing := &faulty{Store: store}
	failing.left.Store(1 << 40)
	p := open(t, failing, leaderboards.NewMemory(), c)
	var events []*event.Event
	for i := range members {
		events = append(events, &event.Event{ID: fmt.Sprint("e", i), Type: "buy", Member: fmt.Sprintf("m%04d", i), Data: []byte("{}")})
	}
	_, err := p.Submit(events...)
	require.NoError(t, err)

	failing.left.Store(1) // the first page is paid, the second is lost
	_, err = tasks.HandOut(jobs.Runtime(p))
	require.ErrorIs(t, err, program.ErrStopped)

	p = open(t, store, leaderboards.NewMemory(), c)
	paid := 0
	for i := range members {
		paid += int(progress(t, p, fmt.Sprintf("m%04d", i)).Points["gems"].Spendable / 1_000_000)
	}
	require.Greater(t, paid, 1)
	require.Less(t, paid, members)
	c.after(30 * 24 * time.Hour) // long after the late window
	for done := 1; done > 0; {
		done, err = tasks.HandOut(jobs.Runtime(p))
		require.NoError(t, err)
	}
	for i := range members {
		require.Equal(t, "1", progress(t, p, fmt.Sprintf("m%04d", i)).Points["gems"].Issued.String())
	}
	require.NoError(t, engine.Gifts(store, func(string, engine.Fanout) bool { t.Error("a gift is left"); return false }))
	done, err := tasks.HandOut(jobs.Runtime(p))
	require.NoError(t, err)
	require.Zero(t, done)
}

// table is what a board shows.
func table(t *testing.T, b leaderboards.Board, p *program.Program, board string) []string {
	t.Helper()
	key := leaderboards.Key{Program: "club", Board: board, Season: leaderboards.AllTime}
	rows, _, err := b.Page(context.Background(), key, p.Rules().Leaderboard(board).Rules, 1, 100)
	require.NoError(t, err)
	list := []string{}
	for _, row := range rows {
		list = append(list, fmt.Sprint(row.Rank, " ", row.Member, " ", row.Value))
	}
	return list
}

func TestScoresAreDeliveredToRedisAndComeBackAfterItsLoss(t *testing.T) {
	url, ctx := boardtest.Redis(t), context.Background()
	options, err := redis.ParseURL(url)
	require.NoError(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	store, c := engine.NewMemory(), &clock{}
	board := remote(t, url, store)
	p := open(t, store, board, c)
	deliver := func(want int) {
		t.Helper()
		done, err := jobs.Deliver(ctx, p, board)
		require.NoError(t, err)
		require.Equal(t, want, done)
	}
	scores := []string{"1 ann 9", "2 bob 7"}
	deliver(0)
	for i, s := range []struct {
		member string
		n      int
	}{{"ann", 4}, {"bob", 7}, {"ann", 5}} {
		submit(t, p, fmt.Sprint("e", i), s.member, "go", fmt.Sprintf(`{"n":%d}`, s.n))
		c.after(time.Second)
	}
	_, err = board.Version(ctx, sums)
	require.ErrorIs(t, err, leaderboards.ErrUntold)
	deliver(6)
	require.Equal(t, scores, table(t, board, p, "sum"))
	require.Equal(t, scores, table(t, board, p, "shared"))
	deliver(0)

	require.NoError(t, client.FlushAll(ctx).Err())
	_, err = board.Version(ctx, sums)
	require.ErrorIs(t, err, leaderboards.ErrDamaged)
	deliver(0)
	require.Equal(t, scores, table(t, board, p, "sum"), "rebuilt after a flush")

	require.NoError(t, board.Reset(ctx, leaderboards.Key{Program: "club", Board: "sum", Season: leaderboards.AllTime}))
	require.NoError(t, board.SetEpoch(ctx, "club", "a tail was lost"))
	require.NoError(t, p.Close())
	p = open(t, store, board, c)
	submit(t, p, "e9", "bob", "go", `{"n":1}`)
	deliver(2)
	require.Equal(t, []string{"1 ann 9", "2 bob 8"}, table(t, board, p, "sum"), "rebuilt after a restart with a stale epoch")
	rows := 0
	require.NoError(t, engine.Outbox(store, func(string, engine.ScoreChange) bool { rows++; return true }))
	require.Zero(t, rows, "what was told is deleted")
}

// told is a store that tells of each commit.
type told struct {
	engine.Store
	commits chan struct{}
}

func (s *told) Commit(b *engine.Batch) error {
	err := s.Store.Commit(b)
	select {
	case s.commits <- struct{}{}:
	default:
	}
	return err
}

// absent is a board that cannot be reached; it tells when it is asked.
type absent struct {
	*leaderboards.Memory
	asked chan struct{}
}

var errAway = errors.New("the board is away")

func (a *absent) Epoch(context.Context, string) (string, error) {
	a.asked <- struct{}{}
	return "", errAway
}

func (*absent) SetEpoch(context.Context, string, string) error { return errAway }

func (*absent) Lost() []leaderboards.Key { return nil }

func TestTheRunnerDoesWhatIsDueAndTellsWhatFails(t *testing.T) {
	store, c := &told{Store: engine.NewMemory(), commits: make(chan struct{}, 1)}, &clock{}
	p := open(t, store, leaderboards.NewMemory(), c)
	submit(t, p, "e1", "ann", "buy", "{}")
	c.after(30 * 24 * time.Hour)
	runner, err := jobs.NewRunner(time.Millisecond, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.NoError(t, err)
	boards := &absent{Memory: leaderboards.NewMemory(), asked: make(chan struct{})}
	require.NoError(t, runner.Add(p, jobs.Options{Boards: boards}))
	runner.Start()
	for len(expiries(t, store.Store, "ann")) == 0 {
		<-store.commits
	}
	<-boards.asked
	<-boards.asked // the first run is over
	go func() {
		for range boards.asked { // until the runner stops
		}
	}()
	require.NoError(t, runner.Stop())
	close(boards.asked)
	require.Equal(t, []string{"2026-05-04T00:00:00Z -10"}, expiries(t, store.Store, "ann"))
	status := runner.Status("club")
	of := map[string]jobs.Status{}
	for _, s := range status {
		of[s.Job] = s
	}
	require.EqualValues(t, 1, of["settle"].Done)
	require.Empty(t, of["settle"].Error)
	require.Positive(t, of["boards"].Failures)
	require.Empty(t, runner.Status("another"))
}
