package segments

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"
)

// small is a log of three segments, two of them sealed, and a copy of its disk for each try.
func small(t *testing.T) (files *vfs.MemFS, want model) {
	t.Helper()
	files = vfs.NewCrashableMem()
	r := rand.New(rand.NewPCG(7, 7))
	o := options(files)
	o.Size = 1500
	l := opened(t, o)
	for l.Last() == 0 || len(l.held()) < 2 {
		var batch [][]byte
		for range 3 {
			want = append(want, fmt.Appendf(nil, "record %d %s %x", len(want)+1, strings.Repeat("of some length, ", r.IntN(8)), r.Uint64()))
			batch = append(batch, want[len(want)-1])
		}
		require.NoError(t, l.Append(batch...))
	}
	require.NoError(t, l.Tend(nil))
	require.NoError(t, l.Append([]byte("the last but one")))
	require.NoError(t, l.Append([]byte("the"), []byte("last")))
	want = append(want, []byte("the last but one"), []byte("the"), []byte("last"))
	require.NoError(t, l.Close())
	return files, want
}

func copyOf(files *vfs.MemFS) *vfs.MemFS {
	return files.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
}

// unreadable are the records of a log that are damaged; anything else that is not what was written fails the test.
func unreadable(t *testing.T, l *Log, want model, what string) (lost []uint64) {
	t.Helper()
	for seq := uint64(1); seq <= l.Last(); seq++ {
		b, err := l.Record(seq)
		var damage *Damage
		if errors.As(err, &damage) {
			require.NotEmpty(t, damage.File, what)
			require.LessOrEqual(t, damage.From, seq, "%s: %s", what, err)
			require.GreaterOrEqual(t, damage.To, seq, "%s: %s", what, err)
			lost = append(lost, seq)
			continue
		}
		require.NoError(t, err, what)
		require.Equal(t, string(want[seq-1]), string(b), what)
	}
	return lost
}

// Every byte of every file is changed. What is not an error costs the records of its block, or of its frame, or nothing where it
// was of the index; and never is a record served that is not what was written.
func TestEveryFlippedByteIsFound(t *testing.T) {
	files, want := small(t)
	all := uint64(len(want))
	refused, whole, shorter, damaged := 0, 0, 0, 0
	for _, name := range names(t, files, here) {
		path := files.PathJoin(here, name)
		b := readFile(t, files, path)
		of, _ := parseName(name)
		f, size, err := openFile(files, path, "acme", of.first)
		require.NoError(t, err)
		if of.sealed {
			require.True(t, f.readIndex(size, of.last))
		} else {
			_, err := f.walk(size)
			require.NoError(t, err)
		}
		end := f.end
		require.NoError(t, f.Close())
		for i := range b {
			for _, seen := range []uint64{0, all} {
				what := fmt.Sprintf("%s, byte %d of %d, %d seen", name, i, len(b), seen)
				disk := copyOf(files)
				flipped := slices.Clone(b)
				flipped[i] ^= 1 << (i % 8)
				writeFile(t, disk, path, flipped)
				o := options(disk)
				o.Seen = seen
				l, err := Open(o)
				if err != nil {
					refused++
					var damage *Damage
					require.ErrorAs(t, err, &damage, what)
					require.Equal(t, path, damage.File, what)
					require.True(t, !of.sealed, what)
					continue
				}
				lost := unreadable(t, l, want, what)
				switch {
				case l.Last() < all:
					shorter++
					require.Zero(t, seen, "%s: acknowledged records are gone without an error", what)
					require.False(t, of.sealed, what)
					require.GreaterOrEqual(t, l.Last(), all-2, "%s: more than the last frame is gone", what)
					require.Empty(t, lost, what)
				case len(lost) == 0:
					whole++
					require.True(t, int64(i) >= end, "%s is not found", what)
				default:
					damaged++
					if f.start <= int64(i) && !of.sealed {
						require.LessOrEqual(t, len(lost), 3, "%s: more than a frame is gone: %d", what, lost)
					}
				}
				require.NoError(t, l.Append([]byte("more")), what)
				require.NoError(t, l.Tend(nil), what)
				require.Equal(t, lost, unreadable(t, l, append(want[:l.Last()-1:l.Last()-1], []byte("more")), what), what)
				require.NoError(t, l.Close())
			}
		}
	}
	t.Logf("refused %d, damaged %d, shorter %d, whole %d", refused, damaged, shorter, whole)
	require.True(t, refused > 0 && whole > 0 && shorter > 0 && damaged > 0)
}

// The power fails: the last segment ends anywhere, or what was written last is there in part.
func TestACutAtEveryByte(t *testing.T) {
	files, want := small(t)
	found := names(t, files, here)
	slices.Sort(found)
	path := files.PathJoin(here, found[len(found)-1])
	b := readFile(t, files, path)
	last := uint64(0)
	for i := range b {
		what := fmt.Sprintf("cut to %d of %d bytes", i, len(b))
		disk := copyOf(files)
		writeFile(t, disk, path, b[:i])
		l := opened(t, options(disk))
		require.GreaterOrEqual(t, l.Last(), last, what)
		last = l.Last()
		requireHolds(t, l, want[:last], what)
		l.letGo(slices.Clone(l.warm))
		requireHolds(t, l, want[:last], what+", and opened again")
		more := append(slices.Clone(want[:last]), []byte("more"))
		require.NoError(t, l.Append([]byte("more")), what)
		require.NoError(t, l.Tend(nil), what)
		require.NoError(t, l.Close())
		l = opened(t, options(disk))
		requireHolds(t, l, more, what)
		require.NoError(t, l.Close())

		o := options(copyOf(files))
		writeFile(t, o.FS, path, b[:i])
		o.Seen = uint64(len(want))
		if l, err := Open(o); err == nil {
			require.EqualValues(t, len(want), l.Last(), "%s: a state had seen them all", what)
			require.NotEmpty(t, unreadable(t, l, want, what), what)
			require.NotEmpty(t, l.Damaged(), what)
			require.NoError(t, l.Close())
		} else {
			require.ErrorContains(t, err, path, what)
		}
	}
	require.EqualValues(t, len(want)-2, last)
}

// A sealed segment that is too short keeps what it has.
func TestAShortSegment(t *testing.T) {
	files, want := small(t)
	path := files.PathJoin(here, slices.Min(names(t, files, here)))
	b := readFile(t, files, path)
	for i := range b {
		what := fmt.Sprintf("cut to %d of %d bytes", i, len(b))
		disk := copyOf(files)
		writeFile(t, disk, path, b[:i])
		l := opened(t, options(disk))
		of, _ := parseName(files.PathBase(path))
		for _, seq := range unreadable(t, l, want, what) {
			require.LessOrEqual(t, seq, of.last, what)
		}
		require.NoError(t, l.Close())
	}
}

// What lies before something valid was written, and is damaged; what has nothing behind it was torn.
func TestTornAndDamagedAreToldApart(t *testing.T) {
	files := vfs.NewCrashableMem()
	l := opened(t, options(files))
	var places []int64
	for i := range 4 {
		require.NoError(t, l.Append(fmt.Appendf(nil, "record %d", i+1)))
		_, at, _, err := l.Place(uint64(i + 1))
		require.NoError(t, err)
		places = append(places, at-frameHeader-blockEntry)
	}
	path := l.path(l.segments[0])
	require.NoError(t, l.Close())
	b := readFile(t, files, path)
	for from := range places {
		for to := from + 1; to <= len(places); to++ { // zeroes, as of blocks that never came to the disk
			disk := copyOf(files)
			zeroed := slices.Clone(b)
			upTo := int64(len(b))
			if to < len(places) {
				upTo = places[to]
			}
			clear(zeroed[places[from]:upTo])
			writeFile(t, disk, path, zeroed)
			l := opened(t, options(disk))
			if to == len(places) {
				require.EqualValues(t, from, l.Last())
				require.Empty(t, l.Damaged())
				continue
			}
			require.EqualValues(t, 4, l.Last())
			require.Len(t, l.Damaged(), 1)
			d := l.Damaged()[0]
			require.Equal(t, []any{path, places[from], uint64(from + 1), uint64(to)}, []any{d.File, d.At, d.From, d.To})
			require.ErrorContains(t, d, "bring the file back from a backup")
			_, err := l.Record(uint64(from + 1))
			require.ErrorContains(t, err, path)
			b, err := l.Record(uint64(to + 1))
			require.NoError(t, err)
			require.Equal(t, fmt.Sprintf("record %d", to+1), string(b))
		}
	}
}

// A text that looks like a frame is none, even of somebody who knows where in the file it will stand.
func TestATextIsNoFrame(t *testing.T) {
	written := func(record []byte) (*vfs.MemFS, string, int64) {
		files := vfs.NewCrashableMem()
		o := options(files)
		o.Plain = true
		l := opened(t, o)
		require.NoError(t, l.Append([]byte("one")))
		require.NoError(t, l.Append(record))
		_, at, _, err := l.Place(2)
		require.NoError(t, err)
		require.NoError(t, l.Close())
		return files, l.path(l.segments[0]), at
	}
	forged := builder{key: keyOf("acme", 4711), plain: true}
	forge := func(at int64) []byte {
		forged.begin(2)
		forged.add([]byte("I earned a million"))
		return slices.Clone(forged.finish(at))
	}
	_, _, at := written(forge(0))
	files, path, _ := written(forge(at + 1)) // behind its length
	b := readFile(t, files, path)
	b[at-frameHeader-blockEntry] ^= 1
	writeFile(t, files, path, b)
	l := opened(t, options(files))
	require.EqualValues(t, 1, l.Last())
	require.Empty(t, l.Damaged())
	require.NoError(t, l.Close())
}

func TestSegmentsThatAreMissingRenamedOrForeign(t *testing.T) {
	sealed := func(t *testing.T) (files *vfs.MemFS, want model, found []string) {
		files, want = small(t)
		found = names(t, files, here)
		slices.Sort(found)
		require.Len(t, found, 3)
		return files, want, found
	}
	t.Run("missing", func(t *testing.T) {
		for i := range 2 {
			files, want, found := sealed(t)
			of, _ := parseName(found[i])
			require.NoError(t, files.Remove(files.PathJoin(here, found[i])))
			l := opened(t, options(files))
			require.Len(t, l.Damaged(), 1)
			require.Equal(t, []uint64{of.first, of.last}, []uint64{l.Damaged()[0].From, l.Damaged()[0].To})
			require.ErrorContains(t, l.Damaged()[0], "is missing")
			lost := unreadable(t, l, want, "")
			require.Equal(t, []uint64{of.first, of.last}, []uint64{lost[0], lost[len(lost)-1]})
			require.Len(t, lost, int(of.last-of.first)+1)
			require.Error(t, l.Rewrite([]Replacement{{of.first, nil}}))
			require.NoError(t, l.Append([]byte("more")))
			require.NoError(t, l.Tend(nil))
			require.NoError(t, l.Close())
		}
	})
	t.Run("the last one", func(t *testing.T) {
		files, want, found := sealed(t)
		require.NoError(t, files.Remove(files.PathJoin(here, found[2])))
		o := options(files)
		o.Seen = uint64(len(want))
		_, err := Open(o)
		require.ErrorContains(t, err, "the journal ends with "+files.PathJoin(here, found[1])+fmt.Sprintf(", but record %d was seen", len(want)))
	})
	t.Run("renamed", func(t *testing.T) {
		files, want, found := sealed(t)
		of, _ := parseName(found[0])
		require.NoError(t, files.Rename(files.PathJoin(here, found[1]), files.PathJoin(here, found[0])))
		l := opened(t, options(files))
		_, err := l.Record(1)
		require.ErrorContains(t, err, "it begins at record")
		require.Len(t, unreadable(t, l, want, ""), int(l.segments[1].first)-1)
		require.Less(t, of.last, l.segments[1].first-1, "the other one is missing now")
	})
	t.Run("foreign", func(t *testing.T) {
		files, _, found := sealed(t)
		for i, at := range []int{0, 2} {
			other := opened(t, Options{FS: files, Dir: "/other" + fmt.Sprint(i), Program: "other" + fmt.Sprint(i)})
			require.NoError(t, other.Append([]byte("a")))
			b := readFile(t, files, other.path(other.segments[0]))
			writeFile(t, files, files.PathJoin(here, found[at]), b)
			l, err := Open(options(files))
			if at == 0 {
				require.NoError(t, err)
				_, err = l.Record(1)
			}
			require.ErrorContains(t, err, fmt.Sprintf(`it is of program "other%d": move it away`, i))
		}
	})
	t.Run("twice", func(t *testing.T) {
		files, _, found := sealed(t)
		of, _ := parseName(found[0])
		of.last++
		writeFile(t, files, files.PathJoin(here, of.name()), readFile(t, files, files.PathJoin(here, found[0])))
		_, err := Open(options(files))
		require.Error(t, err)
		require.Contains(t, names(t, files, here), found[0], "nothing is removed for a file that is not what it says")
	})
	t.Run("something else", func(t *testing.T) {
		files, want, _ := sealed(t)
		writeFile(t, files, files.PathJoin(here, "notes.txt"), []byte("x"))
		l := opened(t, options(files))
		requireHolds(t, l, want, "")
	})
}
