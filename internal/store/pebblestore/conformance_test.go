package pebblestore

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
)

func TestConformanceOnDisk(t *testing.T) {
	conform(t, func() vfs.FS { return nil }, func(t *testing.T) string { return t.TempDir() }, 0)
}

// A store is one, whether its rows wait, are being written, or are written.
func TestConformanceInMemory(t *testing.T) {
	for _, pending := range []int{0, 1, 2, 7} {
		t.Run(fmt.Sprint(pending), func(t *testing.T) {
			conform(t, func() vfs.FS { return vfs.NewCrashableMem() }, func(t *testing.T) string { return "/" + t.Name() }, pending)
		})
	}
}

func conform(t *testing.T, disk func() vfs.FS, directory func(*testing.T) string, pending int) {
	open := func(t *testing.T, files vfs.FS, dir string) engine.Store {
		db, err := Open(dir, Options{FS: files, Logger: quiet(), memtable: smallMemtable, segment: smallSegment, pending: pending})
		require.NoError(t, err)
		t.Cleanup(func() {
			if !db.closed() {
				require.NoError(t, db.Close())
			}
		})
		s, err := db.Program("acme")
		require.NoError(t, err)
		return s
	}
	disks := map[engine.Store]vfs.FS{}
	on := func(t *testing.T, files vfs.FS, dir string) engine.Store {
		s := open(t, files, dir)
		disks[s] = files
		return s
	}
	h := enginetest.Harness{
		Open: func(t *testing.T) engine.Store { return on(t, disk(), directory(t)) },
		Reopen: func(t *testing.T, s engine.Store) engine.Store {
			db := s.(*Store).db
			require.NoError(t, db.Close())
			return on(t, disks[s], db.dir)
		},
	}
	if disk() != nil {
		h.Kill = func(t *testing.T, s engine.Store) engine.Store {
			left := disks[s].(*vfs.MemFS).CrashClone(crash(100)) // the system has all that was written
			return on(t, left, s.(*Store).db.dir)
		}
	}
	enginetest.Conformance(t, h)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func (db *DB) closed() bool {
	select {
	case <-db.closing:
		return true
	default:
		return false
	}
}
