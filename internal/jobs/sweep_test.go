package jobs_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

// round lets a sweep look at everything once.
func round(t *testing.T, s *jobs.Sweep) {
	t.Helper()
	for range 1000 {
		over, err := s.Page(context.Background())
		require.NoError(t, err)
		if over {
			return
		}
	}
	require.FailNow(t, "the round does not end")
}

var sums = leaderboards.Key{Program: "club", Board: "sum", Season: leaderboards.AllTime}

// scored is a club in which a hundred members have scores.
func scored(t *testing.T, store engine.Store, boards leaderboards.Board, c *clock) *program.Program {
	t.Helper()
	p := open(t, store, boards, c)
	for i := range 100 {
		submit(t, p, fmt.Sprint("e", i), fmt.Sprintf("m%02d", i), "go", fmt.Sprintf(`{"n":%d}`, 1000-i))
	}
	require.NoError(t, p.Flush())
	return p
}

func TestASweepMendsABoardInProcess(t *testing.T) {
	ctx, boards, c := context.Background(), leaderboards.NewMemory(), &clock{}
	store := engine.NewMemory()
	p := scored(t, store, boards, c)
	var log bytes.Buffer
	sweep := jobs.NewSweep(p, nil, slog.New(slog.NewTextHandler(&log, nil)))
	round(t, sweep)
	require.Empty(t, sweep.Mended(), "nothing is mended where nothing is wrong")
	require.Empty(t, log.String())
	right := table(t, boards, p, "sum")

	rules := p.Rules().Leaderboard("sum").Rules
	require.NoError(t, boards.Put(ctx, sums, rules, []leaderboards.Score{
		{Member: "m03", Value: 5 * decimal.One, Version: 1 << 40}, // changed, by an event that never was
		{Member: "m70", Removed: true, Version: leaderboards.Forever},
		{Member: "ghost", Value: 7 * decimal.One, Version: 1},
	}))
	require.NotEqual(t, right, table(t, boards, p, "sum"))
	round(t, sweep)
	require.Equal(t, right, table(t, boards, p, "sum"))
	require.Equal(t, map[string]int64{"sum": 3}, sweep.Mended())
	require.Contains(t, log.String(), `leaderboard=sum season=all split="" where="the board" was="5 reached`)
	require.Contains(t, log.String(), `is="997 reached 2026-05-01T12:00:00Z"`)
	require.Contains(t, log.String(), `where="the board" was="7 reached`)
	require.Contains(t, log.String(), "is=none")
	submit(t, p, "later", "m03", "go", `{"n":50}`)
	require.Equal(t, "1 m03 1047", table(t, boards, p, "sum")[0], "an event moves what was mended")
	round(t, sweep)
	require.Equal(t, map[string]int64{"sum": 3}, sweep.Mended(), "once")
}

// What boards are rebuilt from is compared, too.
func TestASweepMendsStoredScores(t *testing.T) {
	boards, c := leaderboards.NewMemory(), &clock{}
	store := engine.NewMemory()
	p := scored(t, store, boards, c)
	right := table(t, boards, p, "sum")
	row := ""
	require.NoError(t, store.Scan("b/sum\x00", "", func(key string, _ []byte) bool { row = key; return !strings.HasSuffix(key, "m10") }))
	require.NoError(t, p.Put(engine.Row{Key: row}))
	sweep := jobs.NewSweep(p, nil, slog.New(slog.DiscardHandler))
	round(t, sweep)
	require.Equal(t, map[string]int64{"sum": 1}, sweep.Mended())
	require.NoError(t, p.Close())
	boards = leaderboards.NewMemory()
	p = open(t, store, boards, c)
	require.Equal(t, right, table(t, boards, p, "sum"))
	sweep = jobs.NewSweep(p, nil, slog.New(slog.DiscardHandler))
	round(t, sweep)
	require.Empty(t, sweep.Mended())
}

// Nothing is mended while events come in, be the board in process or told later.
func TestASweepDoesNotTakeWhatChangesForWrong(t *testing.T) {
	boards, c := leaderboards.NewMemory(), &clock{}
	p := scored(t, engine.NewMemory(), boards, c)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				_, _ = p.Submit(&event.Event{ID: fmt.Sprint("x", i), Type: "go", Member: fmt.Sprintf("m%02d", i%100), Data: []byte(`{"n":1}`)})
			}
		}
	}()
	sweep := jobs.NewSweep(p, nil, slog.New(slog.DiscardHandler))
	for range 20 {
		round(t, sweep)
		require.NoError(t, p.RebuildOne(context.Background(), sums))
	}
	close(stop)
	<-done
	require.Empty(t, sweep.Mended())
	round(t, sweep)
	require.Empty(t, sweep.Mended(), "a rebuild beside events loses none of them")
}

func TestASweepMendsARedisWhoseEpochStands(t *testing.T) {
	url, ctx := boardtest.Redis(t), context.Background()
	options, err := redis.ParseURL(url)
	require.NoError(t, err)
	client := redis.NewClient(options)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	store, c := engine.NewMemory(), &clock{}
	board := remote(t, url, store)
	p := scored(t, store, board, c)
	deliver := func() {
		t.Helper()
		for done := 1; done > 0; {
			done, err = jobs.Deliver(ctx, p, board)
			require.NoError(t, err)
		}
	}
	var log bytes.Buffer
	sweep := jobs.NewSweep(p, board, slog.New(slog.NewTextHandler(&log, nil)))
	round(t, sweep)
	require.Empty(t, sweep.Mended(), "nothing was told yet, and that is no difference")
	deliver()
	round(t, sweep)
	require.Empty(t, sweep.Mended())
	right := table(t, board, p, "sum")
	require.Len(t, right, 100)
	submit(t, p, "later", "m50", "go", `{"n":1}`)
	round(t, sweep)
	require.Empty(t, sweep.Mended(), "still to be told")
	deliver()
	right = table(t, board, p, "sum")

	epoch, err := board.Epoch(ctx, "club")
	require.NoError(t, err)
	rules := p.Rules().Leaderboard("sum").Rules
	last, _ := store.Head()
	require.NoError(t, board.Put(ctx, sums, rules, []leaderboards.Score{
		{Member: "m03", Value: 5 * decimal.One, Version: last},
		{Member: "m70", Removed: true, Version: last},
	}))
	round(t, sweep)
	require.Equal(t, right, table(t, board, p, "sum"))
	require.Equal(t, map[string]int64{"sum": 2}, sweep.Mended())
	require.Contains(t, log.String(), `where="the board" was=none is="930 reached`)

	orders, err := client.Keys(ctx, "laurel:*sum*:order").Result()
	require.NoError(t, err)
	require.Len(t, orders, 1)
	first, err := client.ZRange(ctx, orders[0], 0, 0).Result()
	require.NoError(t, err)
	require.NoError(t, client.ZRem(ctx, orders[0], first[0]).Err())
	round(t, sweep)
	require.Equal(t, right, table(t, board, p, "sum"), "a row that was lost")
	require.Equal(t, int64(3), sweep.Mended()["sum"])

	now, err := board.Epoch(ctx, "club")
	require.NoError(t, err)
	require.Equal(t, epoch, now)
	submit(t, p, "last", "m03", "go", `{"n":500}`)
	deliver()
	require.Equal(t, "1 m03 1497", table(t, board, p, "sum")[0])
	round(t, sweep)
	require.Equal(t, map[string]int64{"sum": 3}, sweep.Mended())
}

// A round goes on where it was when the process ended.
func TestASweepGoesOnAfterARestart(t *testing.T) {
	boards, c, store := leaderboards.NewMemory(), &clock{}, engine.NewMemory()
	p := scored(t, store, boards, c)
	require.NoError(t, p.Put(engine.Row{Key: "c/sweep", Value: []byte(`{"stage":2}`)}))
	sweep := jobs.NewSweep(p, nil, slog.New(slog.DiscardHandler))
	pages := 0
	for over := false; !over; pages++ {
		var err error
		over, err = sweep.Page(context.Background())
		require.NoError(t, err)
	}
	require.Less(t, pages, 8, "of two boards alone")
	value, err := store.Get("c/sweep")
	require.NoError(t, err)
	require.JSONEq(t, `{"stage":0}`, string(value))
}
