package pebblestore

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// A program is deleted while others run, and another one of its id begins from nothing.
func TestAProgramIsDropped(t *testing.T) {
	disk := vfs.NewMem()
	db, _, err := open(disk, smallMemtable)
	require.NoError(t, err)
	for _, id := range []string{"a", "aa"} {
		s, err := db.Program(id)
		require.NoError(t, err)
		b := records(1, "record of "+id)
		b.Rows = []engine.Row{{Key: "row", Value: []byte("of " + id)}}
		require.NoError(t, s.Commit(b))
	}
	require.NoError(t, db.Drop("a"))
	require.NoError(t, db.Drop("a"), "it may be called again")
	require.NoError(t, db.Drop("unknown"))
	for range 2 {
		s, err := db.Program("a")
		require.NoError(t, err)
		last, mark := s.Head()
		require.Zero(t, last+mark)
		c, err := contentOf(s)
		require.NoError(t, err)
		require.Empty(t, c.rows)
		other, err := db.Program("aa")
		require.NoError(t, err)
		c, err = contentOf(other)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"row": "of aa"}, c.rows)
		require.NoError(t, db.Close())
		db, _, err = open(disk, smallMemtable)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())
}

// A crash that has left rows of a state without its journal is mended by dropping the program again, before it is opened.
func TestADropThatWasCutShort(t *testing.T) {
	disk := vfs.NewMem()
	db, _, err := open(disk, smallMemtable)
	require.NoError(t, err)
	s, err := db.Program("a")
	require.NoError(t, err)
	require.NoError(t, s.Commit(records(1, "one", "two")))
	require.NoError(t, db.Close())
	require.NoError(t, disk.RemoveAll(disk.PathJoin(db.dir, "journal", directoryOf("a"))))
	db, _, err = open(disk, smallMemtable)
	require.NoError(t, err)
	_, err = db.Program("a")
	require.ErrorContains(t, err, "lost records")
	require.NoError(t, db.Drop("a"))
	s, err = db.Program("a")
	require.NoError(t, err)
	require.NoError(t, s.Commit(records(1, "one")))
	require.NoError(t, db.Close())
}
