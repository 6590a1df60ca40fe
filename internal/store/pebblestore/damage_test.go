package pebblestore

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// ending is how a process left its store.
type ending int

const (
	closed    ending = iota // events are in tables
	killed                  // events are in the logs of journal and state
	powerless               // events are in the journal's log; what the state had not synced is gone
)

// smallStore is a disk with a store of n events.
func smallStore(t *testing.T, n int, end ending) *vfs.MemFS {
	disk := vfs.NewCrashableMem()
	db, s, err := open(disk, smallMemtable)
	require.NoError(t, err)
	shop, err := newShop(t, s)
	require.NoError(t, err)
	for i := 0; i < n; i += 2 {
		require.NoError(t, shop.commit(1, i, i+2, i == 2))
	}
	kept := 100
	require.NoError(t, s.settle(pebble.NoSync))
	switch end {
	case closed:
		require.NoError(t, db.Close())
	case killed: // a state's log is written behind its back, sooner or later
		require.NoError(t, db.state.LogData(nil, pebble.Sync))
	case powerless:
		kept = 0
	}
	copied := disk.CrashClone(crash(kept))
	if end != closed {
		require.NoError(t, db.Close())
	}
	return copied
}

// files are the paths of all files with their contents.
func files(t *testing.T, disk vfs.FS) map[string][]byte {
	found := map[string][]byte{}
	for _, dir := range []string{"/data/journal/shop", "/data/settings", "/data/state"} {
		names, err := disk.List(dir)
		require.NoError(t, err)
		for _, name := range names {
			f, err := disk.Open(disk.PathJoin(dir, name))
			require.NoError(t, err)
			found[disk.PathJoin(dir, name)], err = io.ReadAll(f)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}
	}
	return found
}

func overwrite(t *testing.T, disk vfs.FS, name string, b []byte) {
	f, err := disk.Create(name, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(b)
	require.NoError(t, err)
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
}

// outcome is what a damaged store did: it was refused, or it told the truth about all its events, or about fewer.
type outcome int

const (
	refused outcome = iota
	whole
	shorter
)

// examine opens a disk and lets the engine recover. Anything but an error or the exact truth fails the test.
func examine(t *testing.T, disk vfs.FS, n int, what string) outcome {
	db, s, err := open(disk, smallMemtable)
	if db != nil {
		defer func() { _ = db.Close() }()
	}
	if err != nil {
		return refused
	}
	last, _ := s.Head()
	require.LessOrEqual(t, int(last), n, what)
	shop, err := newShop(t, s)
	if err != nil {
		return refused
	}
	if err := shop.commit(1, 0, 0, true); err != nil {
		return refused
	}
	got, err := contentOf(s)
	if err != nil {
		return refused
	}
	require.Equal(t, model(t, 1, int(last)), got, what)
	if int(last) == n {
		return whole
	}
	return shorter
}

// step is how far apart the bytes are that one run damages. The nightly run damages every one.
var step = flag.Int("step", 16, "distance of the bytes that are damaged")

func TestFlippedBits(t *testing.T) {
	const events = 6
	for name, end := range map[string]ending{"killed": killed, "closed": closed} {
		t.Run(name, func(t *testing.T) {
			disk := smallStore(t, events, end)
			counts := map[string]map[outcome]int{}
			offset := rand.IntN(*step)
			t.Logf("bytes %d, %d, ...", offset, offset+*step)
			for name, b := range files(t, disk) {
				kind := strings.TrimSuffix(name[len("/data/"):strings.LastIndex(name, "/")], "/shop") + " " + strings.Trim(disk.PathBase(name), "0123456789-.")
				if counts[kind] == nil {
					counts[kind] = map[outcome]int{}
				}
				for i := offset; i < len(b); i += *step {
					damaged := disk.CrashClone(crash(100))
					flipped := append([]byte(nil), b...)
					flipped[i] ^= 1 << (i % 8)
					overwrite(t, damaged, name, flipped)
					counts[kind][examine(t, damaged, events, fmt.Sprintf("%s, byte %d of %d", name, i, len(b)))]++
				}
			}
			for kind, c := range counts {
				t.Logf("%s: refused %d, whole %d, shorter %d", kind, c[refused], c[whole], c[shorter])
				// The state has seen what was written: no damage is taken for a torn end.
				require.Zero(t, c[shorter], "%s: an acknowledged event is gone without an error", kind)
			}
		})
	}
}

// cutLogs cuts every log of an instance, at one byte after another, and counts what the store did.
func cutLogs(t *testing.T, disk *vfs.MemFS, instance string, events int) map[outcome]int {
	counts := map[outcome]int{}
	offset := rand.IntN(*step)
	t.Logf("cut to %d, %d, ... bytes", offset, offset+*step)
	for name, b := range files(t, disk) {
		if !strings.HasPrefix(name, "/data/"+instance) || !strings.HasSuffix(name, ".log") {
			continue
		}
		for length := offset; length < len(b); length += *step {
			cut := disk.CrashClone(crash(100))
			overwrite(t, cut, name, b[:length])
			counts[examine(t, cut, events, fmt.Sprintf("%s cut to %d of %d bytes", name, length, len(b)))]++
		}
	}
	return counts
}

// When the power fails, the end of a log may be torn. What is left is a shorter story, and no reason not to start.
func TestATruncatedLogIsAPrefix(t *testing.T) {
	const events = 6
	journal := cutLogs(t, smallStore(t, events, powerless), "journal", events)
	require.Zero(t, journal[refused])
	require.NotZero(t, journal[shorter])
	state := cutLogs(t, smallStore(t, events, killed), "state", events)
	require.Zero(t, state[refused])
	require.Zero(t, state[shorter], "the journal brings back what a state has lost")
	require.NotZero(t, state[whole])
}

// A state follows its journal. One that has seen what the journal lacks tells that the journal has lost what was
// acknowledged, which a torn end never does.
func TestAJournalCutBehindItsStateIsRefused(t *testing.T) {
	const events = 6
	journal := cutLogs(t, smallStore(t, events, killed), "journal", events)
	require.Zero(t, journal[shorter])
	require.NotZero(t, journal[refused])
}

// A state that has lost flushes, but not what was written after them, must not be believed.
func TestAStateWithAHoleIsRebuilt(t *testing.T) {
	const events = 50
	disk := vfs.NewCrashableMem()
	db, s, err := open(disk, smallMemtable)
	require.NoError(t, err)
	shop, err := newShop(t, s)
	require.NoError(t, err)
	for n := 0; n < events; n += 10 {
		require.NoError(t, shop.commit(1, n, n+10, true))
		require.NoError(t, s.settle(pebble.NoSync))
		if n < events-10 {
			require.NoError(t, db.state.Flush())
		}
	}
	require.NoError(t, db.state.LogData(nil, pebble.Sync))
	copied := disk.CrashClone(crash(100))
	require.NoError(t, db.Close())
	for name, b := range files(t, copied) {
		if !strings.HasPrefix(name, "/data/state/MANIFEST") {
			continue
		}
		for i := rand.IntN(*step); i < len(b); i += *step {
			damaged := copied.CrashClone(crash(100))
			flipped := append([]byte(nil), b...)
			flipped[i] ^= 1 << (i % 8)
			overwrite(t, damaged, name, flipped)
			require.Equal(t, whole, examine(t, damaged, events, fmt.Sprintf("byte %d", i)))
		}
	}
}

func TestAJournalThatLagsItsStateIsRefused(t *testing.T) {
	disk := smallStore(t, 6, closed)
	require.NoError(t, disk.RemoveAll("/data/journal"))
	db, _, err := open(disk, smallMemtable)
	require.ErrorContains(t, err, "the journal has lost records that were acknowledged")
	require.NoError(t, db.Close())
}

func TestAMissingOrForeignRecordIsAnError(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, disk vfs.FS, s *Store){
		"damaged": func(t *testing.T, disk vfs.FS, s *Store) {
			name, at, _, err := s.journal.Place(3)
			require.NoError(t, err)
			b := files(t, disk)[name]
			b[at+1] ^= 8
			overwrite(t, disk, name, b)
		},
		"foreign": func(t *testing.T, disk vfs.FS, s *Store) {
			name, at, size, err := s.journal.Place(3)
			require.NoError(t, err)
			other, from, bytes, err := s.journal.Place(1)
			require.NoError(t, err)
			b := files(t, disk)[name]
			copy(b[at:at+size], files(t, disk)[other][from:from+bytes])
			overwrite(t, disk, name, b)
		},
	} {
		t.Run(name, func(t *testing.T) {
			disk := vfs.NewMem()
			db, s, err := open(disk, smallMemtable)
			require.NoError(t, err)
			shop, err := newShop(t, s)
			require.NoError(t, err)
			for n := range 6 {
				require.NoError(t, shop.commit(1, n, n+1, true))
			}
			damage(t, disk, s)
			require.NoError(t, db.Close())
			db, s, err = open(disk, smallMemtable)
			require.NoError(t, err)
			var served []uint64
			err = s.Records(1, func(seq uint64, _ []byte) bool {
				served = append(served, seq)
				return true
			})
			require.ErrorContains(t, err, `journal record 3 of program "shop" is `)
			require.Equal(t, []uint64{1, 2}, served)
			b, err := s.Record(3)
			require.ErrorContains(t, err, `journal record 3 of program "shop" is `)
			require.Nil(t, b)
			require.ErrorIs(t, err, engine.ErrDamaged)
			require.ErrorIs(t, db.Damage(), engine.ErrDamaged)
			m, err := db.Metrics()
			require.NoError(t, err)
			require.Equal(t, map[string]int{"shop": 1}, m.Damaged)
			b, err = s.Record(4)
			require.NoError(t, err)
			require.NotEmpty(t, b, "the others are read")
			other, err := db.Program("other")
			require.NoError(t, err)
			require.NoError(t, other.Commit(records(1, "x")), "and other programs go on")
			require.NoError(t, s.Commit(records(7, "x")), "as does this one")
			require.NoError(t, db.Close())
		})
	}
}
