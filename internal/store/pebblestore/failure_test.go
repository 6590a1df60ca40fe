package pebblestore

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/settings"
)

// fault is an error of the n-th operation of a kind, and of all later ones if it lasts.
type fault struct {
	kinds  []errorfs.OpKind
	err    error
	n      int64
	lasts  bool
	seen   atomic.Int64
	struck atomic.Bool
	healed atomic.Bool
}

// String implements errorfs.Injector.
func (f *fault) String() string { return fmt.Sprintf("%v at %d, lasting %v", f.err, f.n, f.lasts) }

// MaybeError implements errorfs.Injector.
func (f *fault) MaybeError(op errorfs.Op) error {
	for _, kind := range f.kinds {
		if op.Kind != kind || f.healed.Load() {
			continue
		}
		if seen := f.seen.Add(1); seen == f.n || f.lasts && seen > f.n {
			f.struck.Store(true)
			return f.err
		}
	}
	return nil
}

func TestDiskErrors(t *testing.T) {
	syncs := []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}
	writes := []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpCreate, errorfs.OpFilePreallocate, errorfs.OpReuseForWrite}
	for name, make := range map[string]func() *fault{
		"EIO of one sync":            func() *fault { return &fault{kinds: syncs, err: syscall.EIO} },
		"EIO of all syncs from one":  func() *fault { return &fault{kinds: syncs, err: syscall.EIO, lasts: true} },
		"ENOSPC of one write":        func() *fault { return &fault{kinds: writes, err: syscall.ENOSPC} },
		"ENOSPC of all writes later": func() *fault { return &fault{kinds: writes, err: syscall.ENOSPC, lasts: true} },
	} {
		t.Run(name, func(t *testing.T) {
			points := 0
			for n := int64(1); ; n++ {
				f := make()
				f.n = n
				if !withFault(t, f) {
					break
				}
				points++
			}
			t.Logf("%d points", points)
			require.Greater(t, points, 40)
		})
	}
}

// withFault runs a shop on a disk with a fault, and looks at what the disk holds after the process and after the power are
// gone. It reports whether the fault struck.
func withFault(t *testing.T, f *fault) bool {
	const events, size = 120, 3
	disk := vfs.NewCrashableMem()
	acked, failed := 0, false
	db, s, err := open(errorfs.Wrap(disk, f), smallMemtable/4)
	if err == nil {
		shop, err := newShop(t, s)
		require.NoError(t, err)
		for n := 0; n < events; n += size {
			err := shop.commit(1, n, n+size, n%10 == 0)
			require.False(t, failed && err == nil, "%s: after an error nothing is acknowledged", f)
			if err == nil {
				acked = n + size
			}
			failed = failed || err != nil
		}
		if failed {
			require.Error(t, db.Err(), f.String())
			require.ErrorIs(t, db.Close(), db.Err(), "a failed store does not hang in Close")
		} else if err := db.Close(); err != nil {
			require.ErrorIs(t, err, db.Err())
		}
	}
	for _, percent := range []int{0, 100} {
		after := disk.CrashClone(crash(percent))
		reopened, s, err := open(after, smallMemtable)
		require.NoError(t, err, f.String())
		last, _ := s.Head()
		require.GreaterOrEqual(t, int(last), acked, f.String())
		require.Zero(t, last%size, "%s: a batch is there whole or not at all", f)
		recovered, err := newShop(t, s)
		require.NoError(t, err, f.String())
		require.NoError(t, recovered.commit(1, 0, events, true), f.String())
		got, err := contentOf(s)
		require.NoError(t, err, f.String())
		require.Equal(t, model(t, 1, events), got, f.String())
		require.NoError(t, reopened.Close())
	}
	f.healed.Store(true) // lets the goroutines of the failed store come to rest
	return f.struck.Load()
}

func TestAFailedCommitIsFinal(t *testing.T) {
	f := &fault{kinds: []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData}, err: syscall.EIO, n: 1 << 60}
	db, s, err := open(errorfs.Wrap(vfs.NewCrashableMem(), f), smallMemtable)
	require.NoError(t, err)
	other, err := db.Program("other")
	require.NoError(t, err)
	require.NoError(t, s.Commit(records(1, "a")))
	f.n = f.seen.Load() + 1
	require.ErrorIs(t, s.Commit(records(2, "b")), syscall.EIO)
	require.ErrorIs(t, s.Commit(records(2, "b")), syscall.EIO)
	require.ErrorIs(t, other.Commit(records(1, "c")), syscall.EIO, "all programs share the log")
	require.ErrorIs(t, settings.Put(db.Settings(), "key", []byte("value")), syscall.EIO)
	require.ErrorIs(t, db.Err(), syscall.EIO)
	<-db.Failed()

	got, err := s.Record(1)
	require.NoError(t, err, "what is durable can still be read")
	require.Equal(t, "a", string(got))
	got, err = s.Record(2)
	require.NoError(t, err)
	require.Nil(t, got, "what is not durable is not served")
	require.ErrorIs(t, db.Close(), syscall.EIO)
}

func records(first uint64, texts ...string) *engine.Batch {
	b := &engine.Batch{First: first}
	for i, text := range texts {
		b.Records = append(b.Records, []byte(text))
		b.IDs = append(b.IDs, fmt.Sprintf("id%d", first+uint64(i)))
	}
	return b
}

// gate is a disk whose syncs of one directory's logs wait for a token.
type gate struct {
	vfs.FS
	closed  atomic.Bool
	arrived chan struct{}
	open    chan struct{}
}

type gatedFile struct {
	vfs.File
	g *gate
}

func (g *gate) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.Create(name, category)
	return g.wrap(name, f), err
}

func (g *gate) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := g.FS.ReuseForWrite(old, name, category)
	return g.wrap(name, f), err
}

func (g *gate) wrap(name string, f vfs.File) vfs.File {
	if strings.Contains(name, "/journal/") && strings.HasSuffix(name, ".log") {
		return &gatedFile{File: f, g: g}
	}
	return f
}

func (f *gatedFile) Sync() error     { return f.sync(f.File.Sync) }
func (f *gatedFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *gatedFile) sync(sync func() error) error {
	if f.g.closed.Load() {
		f.g.arrived <- struct{}{}
		<-f.g.open
	}
	return sync()
}

func TestNothingIsAcknowledgedBeforeTheSync(t *testing.T) {
	g := &gate{FS: vfs.NewCrashableMem(), arrived: make(chan struct{}), open: make(chan struct{})}
	db, s, err := open(g, smallMemtable)
	require.NoError(t, err)
	require.NoError(t, s.Commit(records(1, "a")))
	g.closed.Store(true)
	for seq := uint64(2); seq < 6; seq++ {
		returned := make(chan error)
		b := records(seq, "b")
		b.Rows = []engine.Row{{Key: "l/row", Value: []byte{byte(seq)}}}
		go func() { returned <- s.Commit(b) }()
		select {
		case <-g.arrived:
		case err := <-returned:
			t.Fatal("a commit returned without a sync", err)
		}
		// The sync is under way: the record must be neither acknowledged nor visible, and no row may run ahead of it.
		last, _ := s.Head()
		require.Equal(t, seq-1, last)
		record, err := s.Record(seq)
		require.NoError(t, err)
		require.Nil(t, record)
		row, err := s.Get("l/row")
		require.NoError(t, err)
		require.NotEqual(t, []byte{byte(seq)}, row)
		select {
		case err := <-returned:
			t.Fatal("a commit returned before its sync", err)
		default:
		}
		g.open <- struct{}{}
		require.NoError(t, <-returned)
		record, err = s.Record(seq)
		require.NoError(t, err)
		require.Equal(t, "b", string(record))
	}
	g.closed.Store(false)
	require.NoError(t, db.Close())
}

func crash(percent int) vfs.CrashCloneCfg {
	return vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: newRand(1)}
}
