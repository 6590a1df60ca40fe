package pebblestore

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// A scan sees each commit whole or not at all: rows that move from key to key meanwhile are there once.
func TestScansBesideCommits(t *testing.T) {
	db, s, err := openPending(vfs.NewMem(), smallMemtable, 50)
	require.NoError(t, err)
	const rows = 400
	at := make([]int, rows)
	key := func(i int) string { return fmt.Sprintf("d/%03d/%d", at[i], i) }
	b := &engine.Batch{}
	for i := range rows {
		b.Rows = append(b.Rows, engine.Row{Key: key(i), Value: []byte("v")})
	}
	require.NoError(t, s.Commit(b))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	errs := make(chan error, 2)
	for _, scan := range []func(string, string, func(string, []byte) bool) error{s.Scan, s.ScanBack} {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := 0
				if err := scan("d/", "", func(string, []byte) bool { n++; return true }); err != nil || n != rows {
					errs <- fmt.Errorf("%d rows: %w", n, err)
					return
				}
			}
		})
	}
	r := newRand(1)
	for range 300 {
		b := &engine.Batch{}
		for range 20 {
			i := r.IntN(rows)
			b.Rows = append(b.Rows, engine.Row{Key: key(i)})
			at[i] = r.IntN(1000)
			b.Rows = append(b.Rows, engine.Row{Key: key(i), Value: []byte("v")})
		}
		require.NoError(t, s.Commit(b))
	}
	close(stop)
	readers.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
	require.NoError(t, db.Close())
}

// Rows that wait do not wait for ever, so that jobs find after a kill what they told of.
func TestRowsDoNotWaitForEver(t *testing.T) {
	db, s, err := openPending(vfs.NewMem(), smallMemtable, 1<<20)
	require.NoError(t, err)
	require.NoError(t, s.Commit(&engine.Batch{Rows: []engine.Row{{Key: "told", Value: []byte("1")}}}))
	require.Eventually(t, func() bool { v, err := get(db.state, textKey(s.rows, "told")); return err == nil && string(v) == "1" }, 30*linger, linger/20)
	require.NoError(t, db.Close())
}

// What is kept is durable, with all before it, even when it has just left without a sync.
func TestWhatIsKeptIsDurable(t *testing.T) {
	for _, before := range []func(*Store) error{
		func(*Store) error { return nil },
		func(s *Store) error { return s.leave(pebble.NoSync) },
		func(s *Store) error { return s.settle(pebble.NoSync) },
	} {
		disk := vfs.NewCrashableMem()
		db, s, err := openPending(disk, smallMemtable, 1<<20)
		require.NoError(t, err)
		require.NoError(t, s.Commit(&engine.Batch{Rows: []engine.Row{{Key: "told", Value: []byte("1")}}}))
		s.over.Gather(&engine.Batch{Rows: []engine.Row{{Key: "kept", Value: []byte("2")}}})
		require.NoError(t, before(s))
		require.NoError(t, s.settle(pebble.Sync)) // as Commit does
		after := disk.CrashClone(crash(0))
		require.NoError(t, db.Close())
		db, s, err = open(after, smallMemtable)
		require.NoError(t, err)
		for key, want := range map[string]string{"told": "1", "kept": "2"} {
			got, err := s.Get(key)
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
		require.NoError(t, db.Close())
	}
}

// history is commits of every kind, and what a store has after each.
type history struct {
	batches []*engine.Batch
	after   []moment // so many commits
}

type moment struct {
	rows       map[string]string
	last, mark uint64
}

// commitsRow says after how many commits the rows are.
const commitsRow = "c/commits"

func newHistory(t *testing.T, seed uint64, commits int) *history {
	s, err := newShop(t, engine.NewMemory())
	require.NoError(t, err)
	require.NoError(t, s.commit(seed, 0, 3*commits, true))
	r, now := newRand(seed), moment{rows: map[string]string{commitsRow: ""}}
	h := &history{after: []moment{now}}
	for n := range commits {
		now.rows = maps.Clone(now.rows)
		b := &engine.Batch{First: now.last + 1, Kept: r.IntN(6) == 0, Rows: []engine.Row{{Key: commitsRow, Value: fmt.Append(nil, n+1)}}}
		for range r.IntN(4) { // none are rows of a job
			record, err := s.store.Record(now.last + 1)
			require.NoError(t, err)
			b.Records, b.IDs = append(b.Records, record), append(b.IDs, fmt.Sprint("e", now.last))
			now.last++
		}
		if r.IntN(4) == 0 {
			b.Mark, now.mark = now.last, now.last
			b.States = []engine.Row{{Key: "s/m/mark", Value: fmt.Append(nil, now.last)}}
		}
		for range r.IntN(8) {
			row := engine.Row{Key: fmt.Sprintf("%s/%d", []string{"l", "d", "s/g"}[r.IntN(3)], r.IntN(12))}
			if r.IntN(3) > 0 {
				row.Value = fmt.Append(nil, r.IntN(1000))
			}
			b.Rows = append(b.Rows, row)
		}
		for _, row := range slices.Concat(b.Rows, b.States) {
			if now.rows[row.Key] = string(row.Value); row.Value == nil {
				delete(now.rows, row.Key)
			}
		}
		h.batches, h.after = append(h.batches, b), append(h.after, now)
	}
	return h
}

// live opens what is on the disk, checks that it is what some first part of the history comes to, brings back what the journal has and the
// rows do not, and commits what follows until the power is cut, while what was gathered leaves at any moment. The first acked commits
// had returned. It returns how many commits rows had lost.
func (h *history) live(t *testing.T, o *outlet, acked, pending int, what string) (lost int) {
	o.acked.Store(int64(acked))
	db, s, err := openPending(errorfs.Wrap(o.disk, o), 8<<10, pending)
	require.NoError(t, err, what)
	value, err := s.Get(commitsRow)
	require.NoError(t, err, what)
	rows, _ := strconv.Atoi(string(value)) // none: 0
	kept := acked
	for kept > 0 && !h.batches[kept-1].Kept {
		kept--
	}
	require.GreaterOrEqual(t, rows, kept, "%s: rows that were kept are lost", what)
	last, mark := s.Head()
	require.GreaterOrEqual(t, last, max(h.after[acked].last, h.after[rows].last), what)
	require.Equal(t, h.after[rows].mark, mark, "%s: the mark is that of the rows", what)
	has := map[string]string{}
	require.NoError(t, s.Scan("", "", func(key string, value []byte) bool { has[key] = string(value); return true }))
	if rows == 0 {
		has[commitsRow] = ""
	}
	require.Equal(t, h.after[rows].rows, has, "%s: rows are those after commit %d", what, rows)
	for n := range last {
		seq, err := s.Seq(fmt.Sprint("e", n))
		require.NoError(t, err, what)
		require.Equal(t, n+1, seq, what)
	}

	n := rows
	for n < acked || h.after[n].last < last {
		n++
	}
	require.Equal(t, h.after[n].last, last, "%s: a commit is there whole", what)
	back := &engine.Batch{Mark: h.after[n].mark, Kept: true} // else what was to be kept would be lost by a cut now
	for key := range has {
		if _, there := h.after[n].rows[key]; !there {
			back.Rows = append(back.Rows, engine.Row{Key: key})
		}
	}
	for key, value := range h.after[n].rows {
		back.Rows = append(back.Rows, engine.Row{Key: key, Value: []byte(value)})
	}
	require.NoError(t, s.Commit(back), what)

	stop := make(chan struct{})
	var drain sync.WaitGroup
	drain.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.Gosched()
			}
			if _, _, some := s.over.Gathered(); some && s.leave(pebble.NoSync) != nil {
				return
			}
		}
	})
	o.acked.Store(int64(n))
	for _, b := range h.batches[n:] {
		if o.cut.Load() {
			break
		}
		require.NoError(t, s.Commit(b), what)
		o.acked.Add(1)
	}
	close(stop)
	drain.Wait()
	require.NoError(t, db.Close(), what)
	return acked - rows
}

// The power is cut at each write of a history. What is there then is what a first part of all commits comes to: all that was acknowledged
// in the journal; in the rows all up to what was to be kept, with the ids and the mark of just those commits.
func TestPowerCutsLeaveAFirstPart(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	t.Logf("seeds from %d", first)
	cuts, lost := 0, 0
	for seed := first; seed < first+uint64(max(1, *seeds/50)); seed++ {
		h := newHistory(t, seed, 20)
		for n := int64(1); ; n++ {
			what := fmt.Sprintf("seed %d, cut %d", seed, n)
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			pending := []int{1, 5, 1 << 20}[r.IntN(3)]
			o := &outlet{disk: vfs.NewCrashableMem(), cfg: vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 100, r.IntN(101)}[r.IntN(4)], RNG: r}}
			o.n.Store(n)
			h.live(t, o, 0, pending, what)
			if !o.cut.Load() {
				break
			}
			cuts++
			again := &outlet{disk: o.after, cfg: vfs.CrashCloneCfg{RNG: rand.New(rand.NewPCG(seed, ^uint64(n)))}}
			again.n.Store(1 + n*7%100)
			lost += max(0, h.live(t, again, int(o.survives), pending, what+", the second life"))
			if again.cut.Load() {
				lost += max(0, h.live(t, &outlet{disk: again.after}, int(again.survives), pending, what+", the third life"))
			}
		}
	}
	t.Logf("%d cuts, %d commits whose rows were lost", cuts, lost)
	require.Positive(t, lost, "cuts that lose nothing prove nothing")
}
