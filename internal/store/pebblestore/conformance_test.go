package pebblestore

import (
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
)

func TestConformanceOnDisk(t *testing.T) {
	conform(t, nil, func(t *testing.T) string { return t.TempDir() })
}

func TestConformanceInMemory(t *testing.T) {
	files := vfs.NewMem()
	conform(t, files, func(t *testing.T) string { return "/" + t.Name() })
}

func conform(t *testing.T, files vfs.FS, directory func(*testing.T) string) {
	open := func(t *testing.T, dir string) engine.Store {
		db, err := Open(dir, Options{FS: files, Logger: quiet(), memtable: smallMemtable, segment: smallSegment})
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
	enginetest.Conformance(t, enginetest.Harness{
		Open: func(t *testing.T) engine.Store { return open(t, directory(t)) },
		Reopen: func(t *testing.T, s engine.Store) engine.Store {
			db := s.(*Store).db
			require.NoError(t, db.Close())
			return open(t, db.dir)
		},
	})
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
