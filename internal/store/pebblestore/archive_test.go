package pebblestore

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
)

// Full segments move to the archive, and are read and erased from there, by whoever opens the directory.
func TestSegmentsAreServedFromTheArchive(t *testing.T) {
	files := vfs.NewMem()
	openIt := func(archive string) (*DB, *shop) {
		t.Helper()
		db, err := Open("/data", Options{FS: files, Archive: archive, Logger: quiet(), memtable: smallMemtable, segment: 1 << 10, plain: true})
		require.NoError(t, err)
		s, err := db.Program("shop")
		require.NoError(t, err)
		shop, err := newShop(t, s)
		require.NoError(t, err)
		return db, shop
	}
	list := func(dir string) int {
		names, err := files.List(dir)
		require.NoError(t, err)
		return len(names)
	}
	db, s := openIt("/archive")
	for n := 0; n < 30; n += 2 {
		require.NoError(t, s.commit(1, n, n+2, n%6 == 0))
	}
	db.tending.Wait()
	require.NoError(t, db.Close())
	require.Positive(t, list("/archive/shop"))

	db, s = openIt("") // it is known
	require.NoError(t, db.Damage())
	got, err := contentOf(s.store)
	require.NoError(t, err)
	require.Equal(t, model(t, 1, 30).records, got.records)
	programs, err := db.Programs()
	require.NoError(t, err)
	require.Equal(t, []string{"shop"}, programs)
	s.accept(engine.NewErasure("m1"))
	s.redact(3)
	enginetest.CheckInvariants(t, s.store, s.processor, shopVersions())
	require.NoError(t, s.store.(*Store).Rewritable())
	require.NoError(t, db.Close())

	require.NoError(t, files.Rename("/archive", "/elsewhere"))
	db, err = Open("/data", Options{FS: files, Logger: quiet(), memtable: smallMemtable})
	require.NoError(t, err)
	lost, err := db.Program("shop")
	require.NoError(t, err)
	require.ErrorContains(t, db.Damage(), "/archive/shop")
	require.ErrorIs(t, db.Damage(), engine.ErrDamaged)
	_, err = lost.Record(1)
	require.ErrorIs(t, err, engine.ErrDamaged)
	last, _ := lost.Head()
	_, err = lost.Record(last)
	require.NoError(t, err, "only what is away is missing")
	require.NoError(t, db.Close())

	db, s = openIt("/elsewhere") // it was moved
	require.NoError(t, db.Damage())
	enginetest.CheckInvariants(t, s.store, s.processor, shopVersions())
	require.NoError(t, db.Close())
	db, err = Open("/data", Options{FS: files, Archive: NoArchive, Logger: quiet()})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	db, err = Open("/data", Options{FS: files, Logger: quiet()})
	require.NoError(t, err)
	require.Empty(t, db.archive)
	require.NoError(t, db.Close())
}

// A directory of an earlier build is left as it is.
func TestADirectoryOfAnEarlierBuildIsRefused(t *testing.T) {
	files := vfs.NewMem()
	require.NoError(t, files.MkdirAll("/data/journal", 0o750))
	f, err := files.Create("/data/journal/MANIFEST-000001", vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = Open("/data", Options{FS: files, Logger: quiet()})
	require.ErrorContains(t, err, "the data in /data is of an earlier build of Laurel")
	names, err := files.List("/data")
	require.NoError(t, err)
	require.Equal(t, []string{"journal"}, names)
}
