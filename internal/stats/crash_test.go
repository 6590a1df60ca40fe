package stats_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/stats"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// recording is a store that knows what was committed, one after another.
type recording struct {
	*engine.Memory
	mu      sync.Mutex
	batches []*engine.Batch
}

func (r *recording) Commit(b *engine.Batch) error {
	r.mu.Lock()
	kept := *b
	r.batches = append(r.batches, &kept)
	r.mu.Unlock()
	return r.Memory.Commit(b)
}

// A process that is killed at any time loses the tail of the statistics, and the next one counts it again, once.
func TestAFollowerThatIsKilled(t *testing.T) {
	eachStory(t, func(t *testing.T, seed int64) {
		lived := &recording{Memory: engine.NewMemory()}
		w := newWorld(t, lived, seed)
		w.follow()
		for i := range 300 {
			w.step()
			if i%7 == 0 {
				require.True(t, w.follower.CatchUp(context.Background()))
			}
		}
		w.leave()
		require.NoError(t, w.program.Close())
		marks := map[uint64]bool{}
		for range 3 {
			left := engine.NewMemory()
			until := 1 + w.r.Intn(len(lived.batches))
			for _, b := range lived.batches[:until] {
				require.NoError(t, left.Commit(b))
			}
			mark, _, err := stats.ReadMark(left)
			require.NoError(t, err)
			marks[mark] = true
			again := newWorld(t, left, seed)
			again.now.Store(w.now.Load())
			again.follow()
			require.True(t, again.follower.CatchUp(context.Background()))
			counted := rows(t, left)
			again.leave()
			_, err = stats.Rebuild(left, again.versions)
			require.NoError(t, err)
			require.Equal(t, rows(t, left), counted)
		}
		require.NotEmpty(t, marks)
	})
}

// What is known of an erased member goes, and no total changes; neither does it when the journal is redacted, or counted again.
func TestStatisticsForgetTheErased(t *testing.T) {
	w := newWorld(t, engine.NewMemory(), 1)
	w.follow()
	for i := range 5 {
		w.buy("ann", 10+i, 0)
		w.buy("bob", 10, 0)
	}
	catchUp := func() map[string]string {
		t.Helper()
		require.True(t, w.follower.CatchUp(context.Background()))
		return rows(t, w.store)
	}
	before := catchUp()
	require.Contains(t, before, "t/M/ann")
	w.send(engine.NewErasure("ann"))
	after := catchUp()
	require.NotContains(t, after, "t/M/ann")
	for _, kind := range []string{"a", "A", "k", "z", "q", "J"} {
		for key := range before {
			if key[:4] == "t/"+kind+"/" {
				require.Equal(t, before[key], after[key], "%q", key)
			}
		}
	}
	require.Equal(t, map[string]string{w.today(): "0.000001 2"}, figures(after, "j", "N"), "two have joined, one has left")

	n, err := w.program.Redact(context.Background())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, after, catchUp())
	w.leave()
	_, err = stats.Rebuild(w.store, w.versions)
	require.NoError(t, err)
	again := rows(t, w.store)
	for _, kind := range []string{"d", "m", "b", "e", "a", "A", "k", "z", "q", "j", "J"} {
		for key := range after {
			if key[:4] == "t/"+kind+"/" {
				require.Equal(t, after[key], again[key], "%q", key)
			}
		}
	}
	for key := range again {
		require.NotContains(t, key, "ann")
	}
}

func (w *world) today() string {
	return fmt.Sprint(w.versions[0].Rules.Calendar.Key(calendar.Day, calendar.Instant(w.now.Load())))
}

// What a directory lacks, or another build has counted otherwise, is counted again at the start, from the store on the disk as well.
func TestADirectoryWithoutStatistics(t *testing.T) {
	db, err := pebblestore.Open(t.TempDir(), pebblestore.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	store, err := db.Program("shop")
	require.NoError(t, err)
	w := newWorld(t, store, 3)
	for range 300 {
		w.step()
	}
	require.Empty(t, rows(t, store))
	w.follow()
	require.True(t, w.follower.CatchUp(context.Background()))
	counted := rows(t, store)
	require.NotEmpty(t, counted)
	w.leave()
	require.NoError(t, w.program.Put(engine.Row{Key: "t/-", Value: []byte{0, 1}}, engine.Row{Key: "t/e/of another layout", Value: []byte{1}}))
	w.send(&event.Event{ID: "last", Type: "go", Member: "m1", Data: []byte("{}")})
	w.follow()
	require.True(t, w.follower.CatchUp(context.Background()))
	again := rows(t, store)
	require.NotContains(t, again, "t/e/of another layout")
	require.GreaterOrEqual(t, len(again), len(counted))
	w.leave()
	n, err := stats.Rebuild(store, w.versions)
	require.NoError(t, err)
	require.Equal(t, w.program.Durable(), n)
	require.Equal(t, again, rows(t, store))
}
