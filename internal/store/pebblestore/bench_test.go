package pebblestore

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// traffic makes batches as the engine does: records of 700 bytes, an id and three rows an event, and the states of 4,096
// subjects after every 4,096 events.
type traffic struct {
	r    *rand.Rand
	last uint64
	due  int // events until the next checkpoint
}

const checkpointEvery = 4096

func newTraffic() *traffic { return &traffic{r: newRand(1), due: checkpointEvery} }

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
		b.Records = append(b.Records, t.text(700))
		b.IDs = append(b.IDs, fmt.Sprintf("%016x-%016x", t.r.Uint64(), t.r.Uint64()))
		b.Rows = append(b.Rows,
			engine.Row{Key: fmt.Sprintf("l/m%d\x00%016x", member, t.last), Value: t.text(60)},
			engine.Row{Key: fmt.Sprintf("b/week\x002026-W10\x00\x00m%d", member), Value: t.text(60)},
			engine.Row{Key: fmt.Sprintf("d/%016x m%d", t.last, member), Value: []byte{1}})
	}
	if t.due -= n; t.due <= 0 {
		t.due += checkpointEvery
		b.Mark = t.last
		for range checkpointEvery {
			b.States = append(b.States, engine.Row{Key: fmt.Sprintf("s/m/m%d", t.r.IntN(100_000)), Value: t.text(700)})
		}
	}
	return b
}

func BenchmarkCommit(b *testing.B) {
	for _, shared := range []bool{false, true} {
		for _, size := range []int{16, 128, 1024} {
			b.Run(fmt.Sprintf("shared=%v/batch=%d", shared, size), func(b *testing.B) { benchmarkCommit(b, size, shared) })
		}
	}
}

// benchmarkCommit commits batches of a size. shared puts the state into the journal's instance, to see what two are for.
func benchmarkCommit(b *testing.B, size int, shared bool) {
	db, err := Open(b.TempDir(), Options{Logger: quiet()})
	require.NoError(b, err)
	state := db.state
	if shared {
		db.state = db.journal
	}
	s, err := db.Program("acme")
	require.NoError(b, err)
	traffic := newTraffic()
	var busy, cpu time.Duration
	for b.Loop() {
		batch := traffic.batch(size)
		start, used := time.Now(), processorTime(b)
		require.NoError(b, s.Commit(batch))
		busy, cpu = busy+time.Since(start), cpu+processorTime(b)-used
	}
	events := float64(b.N * size)
	b.ReportMetric(events/busy.Seconds(), "events/s")
	b.ReportMetric(float64(cpu.Microseconds())/events, "cpu-us/event")
	journal, rows := db.journal.Metrics(), db.state.Metrics()
	b.Logf("%.0f events: journal written %d MB to tables (%d moves of %d compactions), state %d MB",
		events, written(journal.Levels[:]), journal.Compact.MoveCount, journal.Compact.Count, written(rows.Levels[:]))
	if shared {
		require.NoError(b, state.Close())
		require.NoError(b, db.journal.Close())
		return
	}
	require.NoError(b, db.Close())
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
	for t := newTraffic(); t.last < events; {
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

func written(levels []pebble.LevelMetrics) (megabytes uint64) {
	for _, l := range levels {
		megabytes += (l.TableBytesFlushed + l.TableBytesCompacted) >> 20
	}
	return megabytes
}
