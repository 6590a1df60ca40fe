//go:build linux

package pebblestore

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// small is a real file system of its own that takes a number of bytes.
func small(t *testing.T, bytes string) string {
	dir := t.TempDir()
	require.NoError(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+bytes), "this test mounts a small file system, which takes root")
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	return dir
}

// fill takes all the room that is left.
func fill(t *testing.T, dir string) (filler string) {
	filler = filepath.Join(dir, "somebody-elses")
	f, err := os.Create(filler)
	require.NoError(t, err)
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for b := make([]byte, size); err == nil; {
			_, err = f.Write(b)
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		err = nil
	}
	return filler
}

// On a disk that fills up nothing is written any more before the store would fail; it starts and is read when not a byte is left;
// and it goes on when there is room.
func TestAFullDisk(t *testing.T) {
	mount := small(t, "220m")
	dir, o := filepath.Join(mount, "data"), Options{Reserve: 40 << 20, memtable: 4 << 20}
	db, err := Open(dir, o)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "ballast"))
	s, err := db.Program("shop")
	require.NoError(t, err)
	shop, err := newShop(t, s)
	require.NoError(t, err)
	require.NoError(t, shop.commit(1, 0, 6, true))
	require.False(t, db.Full())
	filler := fill(t, mount)
	soon := func(full bool) {
		t.Helper()
		require.Eventually(t, func() bool { return db.Full() == full }, time.Minute, look)
	}
	soon(true)
	b, err := s.Record(3)
	require.NoError(t, err)
	require.NotEmpty(t, b)
	require.NoError(t, os.Remove(filler))
	soon(false)
	require.NoError(t, shop.commit(1, 6, 12, false))
	require.NoError(t, db.Close())
	fill(t, mount)

	db, err = Open(dir, o)
	require.NoError(t, err, "the ballast makes room")
	require.NoFileExists(t, filepath.Join(dir, "ballast"))
	require.True(t, db.Full())
	s, err = db.Program("shop")
	require.NoError(t, err)
	last, _ := s.Head()
	require.EqualValues(t, 12, last)
	b, err = s.Record(12)
	require.NoError(t, err)
	require.NotEmpty(t, b)
	require.NoError(t, os.Remove(filler))
	soon(false)
	shop, err = newShop(t, s)
	require.NoError(t, err)
	require.NoError(t, shop.commit(1, 12, 18, true))
	require.NoError(t, db.Close())
	db, err = Open(dir, o)
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "ballast"), "and there is one again")
	require.NoError(t, db.Close())
}

// A directory that others on the machine may look into is closed to them, and what is made in it is for its owner and group.
func TestADirectoryIsClosedToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.Chmod(dir, 0o755))
	db, err := Open(dir, Options{})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o750), info.Mode().Perm())
}

// A reserve of next to nothing needs no ballast.
func TestATinyReserve(t *testing.T) {
	db, err := Open(t.TempDir(), Options{Reserve: 1})
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
