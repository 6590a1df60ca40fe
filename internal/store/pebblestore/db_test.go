package pebblestore

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

func TestADirectoryIsOpenedOnce(t *testing.T) {
	dir := t.TempDir()
	db, err := Open(dir, Options{Logger: quiet()})
	require.NoError(t, err)
	_, err = Open(dir, Options{Logger: quiet()})
	require.ErrorIs(t, err, ErrLocked)
	require.NoError(t, db.Close())
	db, err = Open(dir, Options{Logger: quiet()})
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestProgramsAreApart(t *testing.T) {
	disk := vfs.NewMem()
	db, _, err := open(disk, smallMemtable)
	require.NoError(t, err)
	ids := []string{"a", "aa", "b", "a\x00", strings.Repeat("x", maxProgram)}
	for i, id := range ids {
		s, err := db.Program(id)
		require.NoError(t, err)
		again, err := db.Program(id)
		require.NoError(t, err)
		require.Same(t, s, again)
		b := records(1, "record of "+id)
		b.Rows = []engine.Row{{Key: "a", Value: []byte{byte(i)}}}
		require.NoError(t, s.Commit(b))
	}
	require.NoError(t, db.Close())
	db, _, err = open(disk, smallMemtable)
	require.NoError(t, err)
	got, err := db.Programs()
	require.NoError(t, err)
	require.Equal(t, []string{"a", "a\x00", "aa", "b", ids[4]}, got)
	for i, id := range ids {
		s, err := db.Program(id)
		require.NoError(t, err)
		record, err := s.Record(1)
		require.NoError(t, err)
		require.Equal(t, "record of "+id, string(record))
		c, err := contentOf(s)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"a": string([]byte{byte(i)})}, c.rows)
	}
	for _, id := range []string{"", strings.Repeat("x", maxProgram+1)} {
		_, err := db.Program(id)
		require.Error(t, err)
	}
	require.NoError(t, db.Close())
}

func TestBatchesThatDoNotFitAreRefused(t *testing.T) {
	for name, bad := range map[string]*engine.Batch{
		"a gap":             records(3, "x"),
		"written before":    records(1, "x"),
		"an id too few":     {First: 2, Records: [][]byte{[]byte("x")}},
		"marks the unheard": {Mark: 2},
	} {
		t.Run(name, func(t *testing.T) {
			db, s, err := open(vfs.NewMem(), smallMemtable)
			require.NoError(t, err)
			require.NoError(t, s.Commit(records(1, "a")))
			require.Error(t, s.Commit(bad))
			require.Error(t, s.Commit(records(2, "b")), "after an error nothing may be committed")
			last, mark := s.Head()
			require.Equal(t, []uint64{1, 0}, []uint64{last, mark})
			other, err := db.Program("other")
			require.NoError(t, err)
			require.NoError(t, other.Commit(records(1, "a")), "a bug in one program does not stop the others")
			require.NoError(t, db.Close())
		})
	}
}

func TestScanBehindItsRange(t *testing.T) {
	db, s, err := open(vfs.NewMem(), smallMemtable)
	require.NoError(t, err)
	require.NoError(t, s.Commit(&engine.Batch{Rows: []engine.Row{{Key: "l/a", Value: []byte("v")}, {Key: "m", Value: []byte("v")}}}))
	for from, want := range map[string]int{"": 1, "a": 1, "l/": 1, "l/a": 0, "l/b": 0, "m": 0, "z": 0} {
		n := 0
		require.NoError(t, s.Scan("l/", from, func(string, []byte) bool { n++; return true }))
		require.Equal(t, want, n, "from %q", from)
	}
	require.NoError(t, db.Close())
}

func TestFiltersAnswerForAbsentKeysOnly(t *testing.T) {
	disk := vfs.NewMem()
	db, s, err := open(disk, smallMemtable)
	require.NoError(t, err)
	const n = 5000
	b := &engine.Batch{First: 1, Mark: n}
	for i := range n {
		b.Records = append(b.Records, []byte("r"))
		b.IDs = append(b.IDs, fmt.Sprintf("id%d", i))
		b.States = append(b.States, engine.Row{Key: fmt.Sprintf("s/u/%d", i), Value: []byte("s")})
	}
	require.NoError(t, s.Commit(b))
	require.NoError(t, db.Close())
	db, s, err = open(disk, smallMemtable)
	require.NoError(t, err)
	check := func() {
		for i := range n {
			seq, err := s.Seq(fmt.Sprintf("id%d", i))
			require.NoError(t, err)
			require.EqualValues(t, i+1, seq)
			value, err := s.Get(fmt.Sprintf("s/u/%d", i))
			require.NoError(t, err)
			require.Equal(t, "s", string(value))
		}
	}
	check() // whether the filters are full yet or not
	db.filling.Wait()
	require.True(t, s.known.complete.Load() && s.states.complete.Load())
	check()
	wrong := 0
	for i := range n {
		seq, err := s.Seq(fmt.Sprintf("other%d", i))
		require.NoError(t, err)
		require.Zero(t, seq)
		if !s.known.absent(fmt.Appendf(nil, "other%d", i)) || !s.states.absent(fmt.Appendf(nil, "s/u/other%d", i)) {
			wrong++
		}
	}
	require.Less(t, wrong, n/100)
	require.NoError(t, db.Close())
}

func TestAFilterGrows(t *testing.T) {
	f := newFilter(0)
	const n = 5 * firstSegment
	key := func(i int) []byte { return fmt.Appendf(nil, "key%d", i) }
	for i := range n {
		f.add(key(i))
		f.add(key(i / 2)) // known keys take no room
	}
	require.False(t, f.absent(key(n)), "an incomplete filter denies nothing")
	f.complete.Store(true)
	wrong := 0
	for i := range n {
		require.False(t, f.absent(key(i)))
		if !f.absent(key(n + i)) {
			wrong++
		}
	}
	require.LessOrEqual(t, len(f.segments), 4)
	require.Less(t, wrong, n/100)
}

func TestMetrics(t *testing.T) {
	db, s, err := open(vfs.NewMem(), smallMemtable)
	require.NoError(t, err)
	before, err := db.Metrics()
	require.NoError(t, err)
	require.NoError(t, s.Commit(records(1, "a", "b")))
	require.NoError(t, s.Commit(records(3, "c")))
	m, err := db.Metrics()
	require.NoError(t, err)
	require.Equal(t, map[string]uint64{"shop": 3}, m.Records)
	require.Equal(t, before.Syncs+2, m.Syncs)
	require.Positive(t, m.DiskBytes)
	require.NoError(t, db.Close())
}

// readOnly is a file system that takes no new files, as one that is mounted read-only.
type readOnly struct{ vfs.FS }

func (readOnly) Lock(name string) (io.Closer, error) {
	return nil, &os.PathError{Op: "open", Path: name, Err: syscall.EROFS}
}

func TestAReadOnlyDiskIsNotInUse(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir, Options{FS: readOnly{vfs.Default}})
	require.ErrorIs(t, err, syscall.EROFS)
	require.NotErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, "the data directory "+dir+" cannot be written")
}

func TestAnExistingDirectoryIsAskedFor(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir, Options{Existing: true})
	require.ErrorIs(t, err, ErrNoData)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	db, err := Open(dir, Options{})
	require.NoError(t, err)
	require.NoError(t, db.Close())
	db, err = Open(dir, Options{Existing: true})
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
