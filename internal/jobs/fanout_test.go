package jobs_test

import (
	"flag"
	"slices"
	"strconv"
	"strings"
	"sync"
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

var fanned = flag.Int("members", 100_000, "members of BenchmarkFanOut")

const fanOutRuleset = `
program: club
events: {visit: {}}
points: {stars: {}}
rules:
  visit: {when: visit, give: {stars: 1}}
  gift: {when: cron 0 12 1 6 *, give: {stars: 100}}
challenges:
  ours: {when: visit, by: everyone, during: 2026-05-01 to 2026-05-02, goal: MEMBERS, give: {stars: 7}}
`

// traffic sends 2,000 events a second, whether or not those before have been answered, until it is told to stop, and tells how
// long each took from when it was due.
func traffic(b *testing.B, p *program.Program, name string, stop <-chan struct{}) (took []time.Duration) {
	b.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	var mu sync.Mutex
	var senders sync.WaitGroup
	for i := 0; ; {
		select {
		case <-stop:
			senders.Wait()
			slices.Sort(took)
			return took
		case due := <-ticker.C:
			for range 2 {
				i++
				n := i
				senders.Go(func() {
					_, err := p.Submit(&event.Event{ID: name + strconv.Itoa(n), Type: "visit", Member: "m" + strconv.Itoa(n*7919%*fanned), Data: []byte("{}")})
					if err != nil {
						b.Error(err)
					}
					mu.Lock()
					took = append(took, time.Since(due))
					mu.Unlock()
				})
			}
		}
	}
}

func p99(sorted []time.Duration) float64 {
	return float64(sorted[len(sorted)*99/100].Microseconds()) / 1000
}

// stars is what a member has.
func stars(p *program.Program, member string) (string, error) {
	now, _, err := p.ProgressAt(member, p.Now())
	return now.Points["stars"].Spendable.String(), err
}

// BenchmarkFanOut gives all members a gift at one instant, alone and beside others' traffic, and tells what the others feel. Before
// that all of them reach a goal together, and are paid.
func BenchmarkFanOut(b *testing.B) {
	rules, diagnostics := rulesets.Parse("ruleset.yaml", []byte(strings.Replace(fanOutRuleset, "MEMBERS", strconv.Itoa(*fanned), 1)))
	require.False(b, diagnostics.HasErrors(), diagnostics.Error())
	db, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
	require.NoError(b, err)
	store, err := db.Program("club")
	require.NoError(b, err)
	c, boards := &clock{}, leaderboards.NewMemory()
	c.now.Store(int64(must(calendar.ParseInstant("2026-05-01T11:00:00Z"))))
	p, err := program.Open(program.Options{Store: store, Boards: boards, Ranks: boards, Now: c.Now, Versions: []engine.Version{{Number: 1, Rules: rules.Ruleset}}})
	require.NoError(b, err)
	for i := 0; i < *fanned; {
		var page []*event.Event
		for ; len(page) < 1000 && i < *fanned; i++ {
			page = append(page, &event.Event{ID: "e" + strconv.Itoa(i), Type: "visit", Member: "m" + strconv.Itoa(i), Data: []byte("{}")})
		}
		_, err := p.Submit(page...)
		require.NoError(b, err)
	}
	start := time.Now()
	for done, paid := 1, 0; done > 0; paid += done {
		done, err = tasks.HandOut(jobs.Runtime(p))
		require.NoError(b, err)
		if done == 0 {
			require.GreaterOrEqual(b, paid, *fanned)
		}
	}
	handedOut := float64(*fanned) / time.Since(start).Seconds()
	require.Equal(b, "8", must(stars(p, "m"+strconv.Itoa(*fanned-1))))
	settle := func() (done int) {
		for {
			n, err := tasks.Settle(jobs.Runtime(p))
			require.NoError(b, err)
			if done += n; n == 0 {
				return done
			}
		}
	}
	b.ResetTimer()
	b.ReportMetric(handedOut, "community/s")
	round := 0
	for range b.N {
		year := time.Duration(366*24) * time.Hour
		c.after(year)
		start = time.Now()
		require.Equal(b, *fanned, settle())
		b.ReportMetric(float64(*fanned)/time.Since(start).Seconds(), "alone/s")

		during := func(work func()) []time.Duration {
			stop, told := make(chan struct{}), make(chan []time.Duration)
			round++
			go func() { told <- traffic(b, p, "round"+strconv.Itoa(round)+"/", stop) }()
			work()
			close(stop)
			return <-told
		}
		before := during(func() { time.Sleep(10 * time.Second) })
		c.after(year)
		start = time.Now()
		var took float64
		meanwhile := during(func() { settle(); took = time.Since(start).Seconds() })
		b.ReportMetric(float64(*fanned)/took, "beside/s")
		b.ReportMetric(p99(before), "p99-quiet-ms")
		b.ReportMetric(p99(meanwhile), "p99-fanout-ms")
	}
	b.StopTimer()
	require.NoError(b, p.Close())
	require.NoError(b, db.Close())
}
