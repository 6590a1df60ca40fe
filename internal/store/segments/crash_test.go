package segments

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"
)

var (
	seeds = flag.Int("seeds", 4, "how many histories are cut off at each of their writes")
	seed  = flag.Uint64("seed", 0, "the first seed, 0 for a new one")
)

// outlet cuts the power at the n-th write: what is on the disk goes into after, with a random part of what was not synced.
type outlet struct {
	disk  *vfs.MemFS
	n     int64
	cfg   vfs.CrashCloneCfg
	ops   atomic.Int64
	after *vfs.MemFS
	acked func() // told when the power goes
}

// String implements errorfs.Injector.
func (o *outlet) String() string { return "power cut" }

// MaybeError implements errorfs.Injector.
func (o *outlet) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && o.ops.Add(1) == o.n {
		o.after = o.disk.CrashClone(o.cfg)
		o.acked()
	}
	return nil
}

// versioned is a record that says how often it was rewritten.
func versioned(seq uint64, version int) []byte {
	b := fmt.Appendf(nil, "record %d, version %d, %s", seq, version, strings.Repeat("text ", int(seq%9)*10))
	if r := rand.New(rand.NewPCG(seq, 0)); seq%16 == 5 { // more than the disk writes at once
		for len(b) < 9000 {
			b = little.AppendUint64(b, r.Uint64())
		}
	}
	return b
}

// life appends, seals, moves and rewrites, and tells what was acknowledged.
func life(t *testing.T, files vfs.FS, r *rand.Rand, told func(acked []int, under map[uint64]bool)) []int {
	o := options(files)
	o.Archive, o.Size = away, 1000
	l := opened(t, o)
	var acked []int // the version of each record
	for range 14 {
		switch r.IntN(6) {
		case 0:
			require.NoError(t, l.Close())
			o.Seen = uint64(r.IntN(len(acked) + 1))
			l = opened(t, o)
		case 1:
			require.NoError(t, l.Tend(nil))
		case 2:
			under := map[uint64]bool{}
			var replaced []Replacement
			for i := range acked {
				if r.IntN(8) == 0 {
					under[uint64(i+1)] = true
					replaced = append(replaced, Replacement{uint64(i + 1), versioned(uint64(i+1), acked[i]+1)})
				}
			}
			told(acked, under)
			require.NoError(t, l.Rewrite(replaced))
			for seq := range under {
				acked[seq-1]++
			}
		default:
			var batch [][]byte
			for n := range 1 + r.IntN(7) {
				batch = append(batch, versioned(uint64(len(acked)+n+1), 0))
			}
			require.NoError(t, l.Append(batch...))
			acked = append(acked, make([]int, len(batch))...)
		}
		told(acked, nil)
	}
	require.NoError(t, l.Close())
	return acked
}

// The power is cut at every write of a history. What was acknowledged is there; a batch is there whole or not at all; and records
// that were being rewritten are all old or all new, and no file holds an old one where they are new.
func TestPowerCuts(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	t.Logf("seeds from %d", first)
	cuts, forgotten, finished := 0, 0, 0
	for seed := first; seed < first+uint64(*seeds); seed++ {
		for n := int64(1); ; n++ {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			o := &outlet{disk: vfs.NewCrashableMem(), n: n, cfg: vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 50, 100, r.IntN(101)}[r.IntN(4)], RNG: r}}
			var acked, was []int
			var under, is map[uint64]bool
			o.acked = func() { was, is = slices.Clone(acked), under }
			life(t, errorfs.Wrap(o.disk, o), rand.New(rand.NewPCG(seed, 0)), func(a []int, u map[uint64]bool) { acked, under = a, u })
			if o.after == nil {
				break
			}
			cuts++
			what := fmt.Sprintf("seed %d, cut %d", seed, n)
			for again := range 2 {
				options := options(o.after)
				options.Archive, options.Size = away, 1000
				options.Seen = uint64(r.IntN(len(was) + 1))
				l := opened(t, options)
				require.Empty(t, l.Damaged(), what)
				require.GreaterOrEqual(t, int(l.Last()), len(was), what)
				fresh, old := 0, 0
				for seq := uint64(1); seq <= l.Last(); seq++ {
					b, err := l.Record(seq)
					require.NoError(t, err, what)
					version := 0
					if seq <= uint64(len(was)) {
						version = was[seq-1]
					}
					if is[seq] {
						if string(b) == string(versioned(seq, version+1)) {
							fresh++
							continue
						}
						old++
					}
					require.Equal(t, string(versioned(seq, version)), string(b), "%s: record %d", what, seq)
				}
				require.True(t, fresh == 0 || old == 0, "%s: %d records are new, %d old", what, fresh, old)
				if is != nil && again == 0 && len(is) > 0 {
					forgotten, finished = forgotten+min(old, 1), finished+min(fresh, 1)
				}
				for _, dir := range []string{here, away} {
					left, _ := o.after.List(dir)
					for _, name := range left {
						_, ok := parseName(name)
						require.True(t, ok, "%s: %s is left", what, name)
					}
				}
				require.NoError(t, l.Close())
			}
		}
	}
	t.Logf("%d cuts; rewritings begun were forgotten %d times and finished %d times", cuts, forgotten, finished)
	require.True(t, forgotten > 0 && finished > 0)
}

// What was erased is in no file.
func TestNoFileHoldsWhatWasReplaced(t *testing.T) {
	files := vfs.NewMem()
	o := options(files)
	o.Archive, o.Size, o.Plain = away, 500, true
	l := opened(t, o)
	for seq := range uint64(60) {
		require.NoError(t, l.Append(fmt.Appendf(nil, "a secret of %d;", seq+1)))
		if seq == 40 {
			require.NoError(t, l.Tend(nil))
		}
	}
	require.NotEmpty(t, names(t, files, away))
	var replaced []Replacement
	for seq := uint64(1); seq <= l.Last(); seq += 3 {
		replaced = append(replaced, Replacement{seq, []byte("nothing")})
	}
	require.NoError(t, l.Rewrite(replaced))
	require.NoError(t, l.Close())
	text := ""
	for _, dir := range []string{here, away} {
		for _, name := range names(t, files, dir) {
			text += string(readFile(t, files, files.PathJoin(dir, name)))
		}
	}
	for seq := range uint64(60) {
		require.Equal(t, seq%3 != 0, strings.Contains(text, fmt.Sprintf("a secret of %d;", seq+1)), "record %d", seq+1)
	}
}

// readOnly is a disk that takes nothing.
type readOnly struct {
	vfs.FS
	on bool
}

func (r *readOnly) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if r.on {
		return nil, syscall.EROFS
	}
	return r.FS.Create(name, c)
}

// An archive that is away costs what is in it, for as long; one that takes nothing keeps segments here, and is told of before an
// erasure.
func TestAnArchiveThatIsAwayOrFull(t *testing.T) {
	files := vfs.NewMem()
	cold := &readOnly{FS: vfs.NewMem()}
	o := options(files)
	o.Cold, o.Archive, o.Size = cold, away, 1000
	l := opened(t, o)
	r := rand.New(rand.NewPCG(1, 1))
	var want model
	for range 40 {
		require.NoError(t, l.Append(want.batch(r, 3)...))
	}
	require.NoError(t, l.Tend(nil))
	require.NoError(t, l.Rewritable())
	moved := len(names(t, cold, away))
	require.Positive(t, moved)
	cold.on = true
	for range 40 {
		require.NoError(t, l.Append(want.batch(r, 3)...))
	}
	require.NoError(t, l.Tend(nil), "it is tried again later")
	require.Len(t, names(t, cold, away), moved)
	require.ErrorContains(t, l.Rewritable(), "the archived segment "+away)
	require.ErrorContains(t, l.Rewrite([]Replacement{{1, nil}}), "the archived segment "+away)
	requireHolds(t, l, want, "")
	require.NoError(t, l.Close())

	gone := o
	gone.Cold = vfs.NewMem()
	l = opened(t, gone)
	require.Len(t, l.Damaged(), 1)
	require.ErrorContains(t, l.Damaged()[0], away)
	_, err := l.Record(1)
	require.Error(t, err)
	b, err := l.Record(l.Last())
	require.NoError(t, err)
	require.Equal(t, string(want[len(want)-1]), string(b))
	require.NoError(t, l.Close())

	cold.on = false
	l = opened(t, o)
	require.NoError(t, l.Tend(nil))
	require.Greater(t, len(names(t, cold, away)), moved)
	requireHolds(t, l, want, "")
	require.NoError(t, l.Close())
}

// What is sealed while somebody wants to close is begun again later.
func TestTendIsStopped(t *testing.T) {
	o := options(vfs.NewMem())
	l := opened(t, o)
	r := rand.New(rand.NewPCG(1, 1))
	var want model
	for range 60 {
		require.NoError(t, l.Append(want.batch(r, 3)...))
	}
	require.True(t, l.Due())
	require.False(t, l.Due())
	stop := make(chan struct{})
	close(stop)
	require.NoError(t, l.Tend(stop))
	requireHolds(t, l, want, "")
	require.NoError(t, l.Close())
	l = opened(t, o)
	require.NoError(t, l.Tend(nil))
	requireHolds(t, l, want, "")
	require.NoError(t, l.Close())
}

// A damaged segment is not sealed, but for an erasure of what is sound.
func TestADamagedSegmentIsKept(t *testing.T) {
	files := vfs.NewMem()
	o := options(files)
	l := opened(t, o)
	for seq := range uint64(200) {
		require.NoError(t, l.Append(versioned(seq+1, 0)))
	}
	name, at, _, err := l.Place(2)
	require.NoError(t, err)
	require.NoError(t, l.Close())
	b := readFile(t, files, name)
	b[at] ^= 1
	writeFile(t, files, name, b)
	l = opened(t, o)
	require.NoError(t, l.Tend(nil))
	require.Contains(t, names(t, files, here), files.PathBase(name))
	requireLost := func(want ...uint64) {
		t.Helper()
		var lost []uint64
		for seq := range l.Last() {
			if _, err := l.Record(seq + 1); err != nil {
				lost = append(lost, seq+1)
			}
		}
		require.Equal(t, want, lost)
	}
	requireLost(2)
	var damage *Damage
	require.ErrorAs(t, l.Rewrite([]Replacement{{2, nil}}), &damage)
	require.NoError(t, l.Rewrite([]Replacement{{1, []byte("nothing")}, {3, []byte("nothing")}}))
	requireLost(2)
	require.NoError(t, errors.Join(l.Tend(nil), l.Close()))
	l = opened(t, o)
	requireLost(2)
}
