package pebblestore

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
)

// traffic makes batches as the engine does: records of a shop's purchases, an id and three rows an event, and the states of 4,096
// subjects after every 4,096 events.
type traffic struct {
	r       *rand.Rand
	records [][]byte
	last    uint64
	due     int  // events until the next checkpoint
	alone   bool // records, and nothing else
}

const checkpointEvery = 4096

func newTraffic(b *testing.B) *traffic {
	t := &traffic{r: newRand(1), due: checkpointEvery, records: benchRecords(b)}
	return t
}

// benchRecords are records that the engine has made of 20,000 events.
func benchRecords(b *testing.B) (records [][]byte) {
	for _, batch := range engineBatches(b, 20_000, 100, 5000) {
		records = append(records, batch.Records...)
	}
	bytes := 0
	for _, record := range records {
		bytes += len(record)
	}
	b.Logf("records of %d bytes", bytes/len(records))
	return records
}

// engineBatches are what the engine makes of events of some members, of whom a few have the most.
func engineBatches(b *testing.B, events, size, members int) (batches []*engine.Batch) {
	rich := strings.Replace(shopRules, "    amount: money\n", "    amount: money\n    channel: text\n    store: text\n    items: integer\n", 1)
	rich = strings.Replace(rich, "rules:\n",
		"rules:\n  visit: {when: purchase, give: {stars: 5}}\n  basket: {when: purchase, give: {stars: event.items * 3}}\n", 1)
	program, diagnostics := rulesets.Parse("shop.yaml", []byte(rich))
	require.False(b, diagnostics.HasErrors(), diagnostics.Error())
	memory := engine.NewMemory()
	p, err := engine.NewProcessor(memory, []engine.Version{{Number: 1, From: calendar.Beginning, Rules: program.Ruleset}}, nil)
	require.NoError(b, err)
	r := newRand(2)
	at, _ := calendar.ParseInstant("2026-03-27T09:00:00+01:00")
	for n := range events {
		at = at.Add(time.Duration(r.IntN(20_000)) * time.Millisecond)
		_, refusal, err := p.Process(&event.Event{ID: fmt.Sprintf("%016x-%016x", r.Uint64(), r.Uint64()), Type: "purchase",
			Member: fmt.Sprintf("member-%d", min(r.IntN(members), r.IntN(members))), Time: at, Arrived: at, Timed: true,
			Data: fmt.Appendf(nil, `{"order_id":"%016x","amount":%d.%02d,"channel":"%s","store":"store-%d","items":%d}`, r.Uint64(), r.IntN(200), r.IntN(100),
				[]string{"app", "web", "till"}[r.IntN(3)], r.IntN(40), n%9)})
		require.NoError(b, err)
		require.Nil(b, refusal)
		if n%size == size-1 {
			batch := p.Take(false)
			batch.Complete()
			taken := *batch
			batches = append(batches, &taken)
			require.NoError(b, memory.Commit(batch))
			p.Committed(batch)
		}
	}
	return batches
}

// BenchmarkState commits what the engine makes of 60,000 events: the rows and states of a shop.
func BenchmarkState(b *testing.B) {
	const events = 60_000
	for _, members := range []int{2_000, 50_000} {
		for _, size := range []int{1, 64, 1000} {
			b.Run(fmt.Sprintf("members=%d/batch=%d", members, size), func(b *testing.B) {
				batches := engineBatches(b, events, size, members)
				rows := 0
				for _, batch := range batches {
					rows += len(batch.IDs) + len(batch.Rows) + len(batch.States)
				}
				runtime.GC()
				var cpu, closing time.Duration
				n := 0
				for b.Loop() {
					db, err := Open(b.TempDir(), Options{Logger: quiet()})
					require.NoError(b, err)
					s, err := db.Program("acme")
					require.NoError(b, err)
					used := processorTime(b)
					for _, batch := range batches {
						require.NoError(b, s.Commit(batch))
					}
					start := time.Now()
					require.NoError(b, db.Close())
					closing += time.Since(start)
					cpu += processorTime(b) - used
					n++
				}
				b.ReportMetric(float64(cpu.Nanoseconds())/1000/float64(n)/events, "cpu-us/event")
				b.ReportMetric(float64(rows)/events, "rows/event")
				b.ReportMetric(float64(closing.Milliseconds())/float64(n), "ms-to-close")
			})
		}
	}
}

func (t *traffic) text(size int) []byte {
	b := make([]byte, 0, size+40)
	for len(b) < size {
		b = fmt.Appendf(b, `{"order_id":"%016x","amount":%d.%02d,"category":"coffee"},`, t.r.Uint64(), t.r.IntN(500), t.r.IntN(100))
	}
	return b[:size]
}

func (t *traffic) batch(n int) *engine.Batch {
	b := &engine.Batch{First: t.last + 1}
	for range n {
		t.last++
		member := t.r.IntN(100_000)
		b.Records = append(b.Records, t.records[t.last%uint64(len(t.records))])
		if t.alone {
			b.IDs = append(b.IDs, "")
			continue
		}
		b.IDs = append(b.IDs, fmt.Sprintf("%016x-%016x", t.r.Uint64(), t.r.Uint64()))
		b.Rows = append(b.Rows,
			engine.Row{Key: fmt.Sprintf("l/m%d\x00%016x", member, t.last), Value: t.text(60)},
			engine.Row{Key: fmt.Sprintf("b/week\x002026-W10\x00\x00m%d", member), Value: t.text(60)},
			engine.Row{Key: fmt.Sprintf("d/%016x m%d", t.last, member), Value: []byte{1}})
	}
	if t.due -= n; t.due <= 0 && !t.alone {
		t.due += checkpointEvery
		b.Mark = t.last
		for range checkpointEvery {
			b.States = append(b.States, engine.Row{Key: fmt.Sprintf("s/m/m%d", t.r.IntN(100_000)), Value: t.text(700)})
		}
	}
	return b
}

// BenchmarkCommit tells the processor time and the disk of batches of a size, at rest: of records alone, and with rows and states.
func BenchmarkCommit(b *testing.B) {
	for _, alone := range []bool{true, false} {
		for _, size := range []int{1, 64, 1000} {
			b.Run(fmt.Sprintf("alone=%v/batch=%d", alone, size), func(b *testing.B) { benchmarkCommit(b, size, alone) })
		}
	}
}

func benchmarkCommit(b *testing.B, size int, alone bool) {
	dir := b.TempDir()
	db, err := Open(dir, Options{Logger: quiet()})
	require.NoError(b, err)
	s, err := db.Program("acme")
	require.NoError(b, err)
	traffic := newTraffic(b)
	traffic.alone = alone
	var busy time.Duration
	used := processorTime(b) // of making the traffic too
	for b.Loop() {
		batch := traffic.batch(size)
		start := time.Now()
		require.NoError(b, s.Commit(batch))
		busy += time.Since(start)
	}
	require.NoError(b, db.Close())
	cpu := processorTime(b) - used
	events := float64(b.N * size)
	b.ReportMetric(events/busy.Seconds(), "events/s")
	b.ReportMetric(float64(cpu.Microseconds())/events, "cpu-us/event")
	b.ReportMetric(float64(taken(b, dir, "journal"))/events, "journal-B/event")
	b.ReportMetric(float64(taken(b, dir, "state"))/events, "state-B/event")
}

// taken is how much of the disk a directory takes.
func taken(b *testing.B, dir ...string) (bytes int64) {
	require.NoError(b, filepath.Walk(filepath.Join(dir...), func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			bytes += info.Sys().(*syscall.Stat_t).Blocks * 512
		}
		return err
	}))
	return bytes
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkOpen(b *testing.B) {
	const events = 1_000_000
	dir := b.TempDir()
	db, err := Open(dir, Options{Logger: quiet()})
	require.NoError(b, err)
	s, err := db.Program("acme")
	require.NoError(b, err)
	for t := newTraffic(b); t.last < events; {
		require.NoError(b, s.Commit(t.batch(1024)))
	}
	m, err := db.Metrics()
	require.NoError(b, err)
	b.Logf("%d MB for %d events", m.DiskBytes>>20, m.Records["acme"])
	require.NoError(b, db.Close())
	var filling time.Duration
	for b.Loop() {
		db, err := Open(dir, Options{Logger: quiet()})
		require.NoError(b, err)
		_, err = db.Program("acme")
		require.NoError(b, err)
		b.StopTimer()
		start := time.Now()
		db.filling.Wait()
		filling += time.Since(start)
		require.NoError(b, db.Close())
		b.StartTimer()
	}
	b.ReportMetric(filling.Seconds()/float64(b.N), "s-to-fill-filters")
}

// BenchmarkRead reads records of a journal of 500,000: one here and one there, and all in order.
func BenchmarkRead(b *testing.B) {
	const events = 500_000
	db, err := Open(b.TempDir(), Options{Logger: quiet()})
	require.NoError(b, err)
	s, err := db.Program("acme")
	require.NoError(b, err)
	t := newTraffic(b)
	for t.alone = true; t.last < events; {
		require.NoError(b, s.Commit(t.batch(1000)))
	}
	r := newRand(3)
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Record(1 + r.Uint64N(events))
			require.NoError(b, err)
		}
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			require.NoError(b, s.Records(1, func(uint64, []byte) bool { return true }))
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/record")
	})
	require.NoError(b, db.Close())
}
