package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

const benchedBoard = `
program: bench
events: {score: {n: integer}, visit: {}}
points: {coins: {}}
rules: {visits: {when: visit, give: {coins: 1}, limit: 1000 per day}}
counters: {sum: {when: score, add: event.n, every: week}}
leaderboards: {board: {counter: sum, closes: 1 hour, prizes: [{ranks: 1-3, give: {coins: 1000}}, {ranks: top 10%, give: {coins: 100}}]}}
`

// BenchmarkCloseSeason closes the season of a board of 100,000 members with prizes for a tenth of them, on disk, while one
// client sends an event every two milliseconds.
func BenchmarkCloseSeason(b *testing.B) {
	const members = 100_000
	rules, diagnostics := rulesets.Parse("ruleset.yaml", []byte(benchedBoard))
	require.False(b, diagnostics.HasErrors(), diagnostics.Error())
	var closing time.Duration
	var during, before []time.Duration
	for range b.N {
		now, err := calendar.ParseInstant("2026-05-04T12:00:00Z")
		require.NoError(b, err)
		var clock atomic.Int64
		clock.Store(int64(now))
		db, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
		require.NoError(b, err)
		store, err := db.Program("bench")
		require.NoError(b, err)
		boards := leaderboards.NewMemory()
		p, err := program.Open(program.Options{Store: store, Boards: boards, Ranks: boards, Now: func() calendar.Instant { return calendar.Instant(clock.Load()) },
			Versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: rules.Ruleset}}})
		require.NoError(b, err)
		for from := 0; from < members; from += 1000 {
			var page []*event.Event
			for i := from; i < from+1000; i++ {
				page = append(page, &event.Event{ID: fmt.Sprint("e", i), Type: "score", Member: fmt.Sprint("m", i), Data: fmt.Appendf(nil, `{"n":%d}`, i*7919%members)})
			}
			_, err := p.Submit(page...)
			require.NoError(b, err)
		}
		clock.Store(int64(now.Add(8 * 24 * time.Hour)))
		before = append(before, traffic(b, p, "before", func() { time.Sleep(2 * time.Second) })...)
		during = append(during, traffic(b, p, "during", func() {
			start := time.Now()
			require.NoError(b, tasks.Quiesce(jobs.Runtime(p)))
			closing += time.Since(start)
		})...)
		s, err := engine.ClosedSeasonOf(store, "board", "2026-W19")
		require.NoError(b, err)
		require.EqualValues(b, members, s.Members)
		require.True(b, s.Paid)
		require.NoError(b, p.Close())
		require.NoError(b, db.Close())
	}
	b.ReportMetric(closing.Seconds()/float64(b.N), "s/season")
	b.ReportMetric(float64(percentile(before, 99).Microseconds()), "us-p99-before")
	b.ReportMetric(float64(percentile(during, 50).Microseconds()), "us-p50-during")
	b.ReportMetric(float64(percentile(during, 99).Microseconds()), "us-p99-during")
}

// traffic sends events every two milliseconds, open loop, while something is done, and measures how long each took from when
// it was due.
func traffic(b *testing.B, p *program.Program, name string, do func()) (latencies []time.Duration) {
	done := make(chan struct{})
	var mu sync.Mutex
	var senders sync.WaitGroup
	senders.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			var due time.Time
			select {
			case due = <-tick.C:
			case <-done:
				return
			}
			senders.Go(func() {
				if _, err := p.Submit(&event.Event{ID: fmt.Sprint(name, n), Type: "visit", Member: fmt.Sprint("m", n%1000), Data: []byte("{}")}); err != nil {
					b.Error(err)
				}
				mu.Lock()
				latencies = append(latencies, time.Since(due))
				mu.Unlock()
			})
		}
	})
	do()
	close(done)
	senders.Wait()
	return latencies
}

func percentile(list []time.Duration, p int) time.Duration {
	slices.Sort(list)
	return list[min(len(list)-1, len(list)*p/100)]
}
