package pebblestore

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
)

// filesWith lists the files below a directory that hold one of some texts.
func filesWith(t *testing.T, dir string, texts ...string) []string {
	t.Helper()
	found := []string{}
	require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(b, []byte(text)) {
				found = append(found, filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)+": "+text)
			}
		}
		return err
	}))
	return found
}

// redact does what follows an erasure, with a crash before the step given; there are three.
func (s *shop) redact(crash int) {
	s.t.Helper()
	require.NoError(s.t, s.commit(0, 0, 0, true))
	members, err := engine.ToRedact(s.store)
	require.NoError(s.t, err)
	found, err := engine.Redact(s.store, shopVersions(), members, func() bool { return true })
	require.NoError(s.t, err)
	for step := range min(crash, 3) {
		switch step {
		case 0:
			s.processor.Put(found.Rows...)
		case 1:
			s.processor.Rewrite(found.Rewritten)
		case 2:
			for _, as := range members {
				s.processor.Put(engine.Redacted(as))
			}
		}
		require.NoError(s.t, s.commit(0, 0, 0, false))
	}
}

func (s *shop) accept(e *event.Event) {
	s.t.Helper()
	last := purchase(1, 60)
	e.Time, e.Arrived = last.Time, last.Arrived
	_, refusal, err := s.processor.Process(e)
	require.NoError(s.t, err)
	require.Nil(s.t, refusal)
}

// Reliability, invariant 28: after redaction and the scrubbing that docs/operations.md describes, no file holds anything of
// an erased member.
func TestNoFileHoldsAnErasedMember(t *testing.T) {
	personal := []string{"otti-4711", "Ottilie Quandt", "ORDER-otti"}
	dir := t.TempDir()
	open := func() (*DB, *shop) {
		db, err := Open(dir, Options{Logger: quiet(), memtable: 64 << 10, segment: smallSegment, plain: true})
		require.NoError(t, err)
		store, err := db.Program("shop")
		require.NoError(t, err)
		s, err := newShop(t, store)
		require.NoError(t, err)
		return db, s
	}
	db, s := open()
	require.NoError(t, s.commit(1, 0, 30, false))
	name := "Ottilie Quandt"
	s.accept(engine.NewProfile("put/otti-4711/1", "otti-4711", engine.Profile{Name: &name}))
	s.accept(&event.Event{ID: "o1", Type: "purchase", Member: "otti-4711", Data: []byte(`{"order_id":"ORDER-otti","amount":12.50}`)})
	require.NoError(t, s.commit(1, 0, 0, true))
	require.NoError(t, db.Close()) // everything is in tables
	require.NotEmpty(t, filesWith(t, dir, personal...))

	db, s = open()
	s.accept(&event.Event{ID: "o2", Type: "purchase", Member: "otti-4711", Data: []byte(`{"order_id":"ORDER-otti2","amount":1}`)})
	s.accept(engine.NewErasure("otti-4711"))
	s.redact(3)
	require.NoError(t, db.Scrub(context.Background()))
	require.NoError(t, db.Close())
	for range 2 { // the lists of tables of before
		db, _ = open()
		require.NoError(t, db.Close())
	}
	require.Empty(t, filesWith(t, dir, personal...))

	db, s = open()
	enginetest.CheckInvariants(t, s.store, s.processor, shopVersions())
	require.NoError(t, db.Close())
}

// A redaction that a crash has cut off is found unfinished, and leaves a store that a replay proves.
func TestARedactionIsDoneAgainAfterACrash(t *testing.T) {
	for crash := range 4 {
		db, err := Open(t.TempDir(), Options{Logger: quiet()})
		require.NoError(t, err)
		store, err := db.Program("shop")
		require.NoError(t, err)
		s, err := newShop(t, store)
		require.NoError(t, err)
		require.NoError(t, s.commit(1, 0, 30, false))
		s.accept(engine.NewErasure("m1"))
		s.redact(crash)
		s, err = newShop(t, store) // with what the crash left
		require.NoError(t, err)
		enginetest.CheckInvariants(t, s.store, s.processor, shopVersions())
		left, err := engine.ToRedact(store)
		require.NoError(t, err)
		require.Equal(t, crash < 3, len(left) > 0)
		s.redact(3)
		enginetest.CheckInvariants(t, s.store, s.processor, shopVersions())
		require.NoError(t, db.Close())
	}
}

// The power is cut at each write of a redaction in turn. What was acknowledged before is there, the erasure is in force, the
// store is what a replay proves, and the redaction is done again until nothing names the member.
func TestPowerCutsWhileTheJournalIsRewritten(t *testing.T) {
	first := rand.Uint64() >> 16
	if *seed != 0 {
		first = *seed
	}
	t.Logf("seeds from %d", first)
	cuts, unfinished := 0, 0
	for n := int64(1); ; n++ {
		r := rand.New(rand.NewPCG(first, uint64(n)))
		o := &outlet{disk: vfs.NewCrashableMem(), cfg: vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r}}
		db, store, err := open(errorfs.Wrap(o.disk, o), 64<<10)
		require.NoError(t, err)
		s, err := newShop(t, store)
		require.NoError(t, err)
		require.NoError(t, s.commit(first, 0, 30, r.IntN(2) == 0))
		s.accept(engine.NewErasure("m1"))
		require.NoError(t, s.commit(0, 0, 0, false))
		last, _ := store.Head()
		require.NoError(t, store.settle(pebble.NoSync)) // so that the next write is the redaction's
		o.n.Store(o.ops.Load() + n)
		s.redact(3)
		require.NoError(t, db.Scrub(context.Background()))
		whole := !o.cut.Load()
		require.NoError(t, db.Close())
		if whole {
			break
		}
		cuts++
		o.pull() // another goroutine may be at it

		db, store, err = open(o.after, 64<<10)
		require.NoError(t, err, "cut %d", n)
		head, _ := store.Head()
		require.Equal(t, last, head, "cut %d: the erasure was acknowledged", n)
		s, err = newShop(t, store)
		require.NoError(t, err, "cut %d", n)
		require.True(t, s.processor.Erased("m1"), "cut %d", n)
		enginetest.CheckInvariants(t, store, s.processor, shopVersions())
		left, err := engine.ToRedact(store)
		require.NoError(t, err)
		unfinished += len(left)
		s.redact(3)
		s, err = newShop(t, store)
		require.NoError(t, err, "cut %d", n)
		enginetest.CheckInvariants(t, store, s.processor, shopVersions())
		require.NoError(t, store.Records(1, func(seq uint64, b []byte) bool {
			rec, err := engine.DecodeRecord(b)
			require.NoError(t, err)
			require.NotEqual(t, "m1", rec.Event.Member, "cut %d: record %d", n, seq)
			return true
		}))
		require.NoError(t, db.Close())
	}
	t.Logf("%d cuts, %d of them before the redaction was done", cuts, unfinished)
	require.Positive(t, unfinished, "cuts that lose nothing prove nothing")
}
