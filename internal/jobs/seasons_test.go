package jobs_test

import (
	"fmt"
	"math/rand"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

const arena = `
program: arena
late: 48 hours
events: {score: {n: integer}}
points: {coins: {}}
counters: {sum: {when: score, add: event.n, every: day}}
leaderboards: {board: {counter: sum, closes: 1 hour, prizes: [{ranks: 1-3, give: {coins: 100}}]}}
`

// TestSeasonsCloseUnderTraffic lets many send late scores while a season closes and the job runs over and over. What was told
// to count is what the table has: not one score more or less.
func TestSeasonsCloseUnderTraffic(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	rules, diagnostics := rulesets.Parse("ruleset.yaml", []byte(arena))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	c := &clock{}
	at := func(s string) calendar.Instant {
		i, err := calendar.ParseInstant(s)
		require.NoError(t, err)
		return i
	}
	c.now.Store(int64(at("2026-05-01T12:00:00Z")))
	boards := leaderboards.NewMemory()
	p, err := program.Open(program.Options{Store: engine.NewMemory(), Boards: boards, Ranks: boards, Now: c.Now,
		Versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: rules.Ruleset}}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	submit(t, p, "first", "m0", "score", `{"n":1}`)

	c.now.Store(int64(at("2026-05-02T00:59:59.9Z")))
	counted := sync.Map{} // member: sum
	add := func(member string, n int64) {
		before, _ := counted.LoadOrStore(member, int64(0))
		counted.Store(member, before.(int64)+n) // each member has one sender
	}
	add("m0", 1)
	var senders sync.WaitGroup
	for i := range 8 {
		r := rand.New(rand.NewSource(seed + int64(i)))
		senders.Go(func() {
			member := fmt.Sprint("m", i)
			for n := range 300 {
				results, err := p.Submit(&event.Event{ID: fmt.Sprint(member, "/", n), Type: "score", Member: member, Data: []byte(`{"n":1}`),
					Time: at("2026-05-01T15:00:00Z"), Timed: true})
				if err != nil || results[0].Refusal != nil {
					t.Errorf("event %d of %s: %v %v", n, member, err, results[0].Refusal)
					return
				}
				if len(results[0].Outcome.Notes) == 0 {
					add(member, 1)
				}
				c.now.Add(r.Int63n(100)) // microseconds
			}
		})
	}
	stop, job := make(chan struct{}), sync.WaitGroup{}
	job.Go(func() {
		for {
			if err := closeSeasons(p); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	senders.Wait()
	c.after(time.Minute)
	close(stop)
	job.Wait()
	err = closeSeasons(p)
	require.NoError(t, err)

	rows, err := engine.ClosedPage(p.Store(), leaderboards.Key{Board: "board", Season: "2026-05-01"}, 1, 100)
	require.NoError(t, err)
	require.Len(t, rows, 8)
	total := int64(0)
	for _, row := range rows {
		sum, _ := counted.Load(row.Member)
		require.Equal(t, decimal.Decimal(sum.(int64))*decimal.One, row.Value, row.Member)
		total += sum.(int64)
	}
	t.Logf("%d of 2401 scores came in time", total)
	paid := 0
	for i := range 8 {
		if progress(t, p, fmt.Sprint("m", i)).Points["coins"].Spendable.String() == "100" {
			paid++
		}
	}
	require.Equal(t, 3, paid)
}

// closeSeasons closes all seasons that have reached their close.
func closeSeasons(p *program.Program) error {
	for {
		n, err := tasks.CloseSeasons(jobs.Runtime(p))
		if err != nil || n == 0 {
			return err
		}
	}
}
