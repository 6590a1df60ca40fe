package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/store/overlay"
	"github.com/laurel-engine/laurel/internal/store/segments"
)

// Store is one program's part of a DB. It implements engine.Store.
type Store struct {
	db      *DB
	program string
	journal *segments.Log
	// Prefixes of the program's keys.
	ids, rows, progress []byte

	over    *overlay.Overlay
	leaving sync.Mutex    // held by who has rows written
	written chan struct{} // closed when what left has been

	last, mark atomic.Uint64
	working    sync.WaitGroup // goroutines that fill its filters and tend its journal
	known      *filter        // ids of events
	states     *filter        // keys of subjects, which are asked for before they exist
	failure    error          // of Commit, whose one caller alone reads it
}

var _ engine.Store = (*Store)(nil)

// statePrefix is the prefix of subjects' keys. Other rows are found by scanning, and need no filter.
const statePrefix = "s/"

// alarm tells operators of a record that cannot be read, once. What needs it fails by the error; the rest of the program, and
// other programs, go on.
func (s *Store) alarm(seq uint64, err error) error {
	s.db.damage.Lock()
	defer s.db.damage.Unlock()
	if s.db.damaged == nil {
		s.db.damaged = map[string]map[uint64]error{}
	}
	if s.db.damaged[s.program] == nil {
		s.db.damaged[s.program] = map[uint64]error{}
	}
	if s.db.damaged[s.program][seq] == nil {
		s.db.damaged[s.program][seq] = err
		s.db.log.Error("a record of the journal cannot be read; restore a backup of the data directory, or the disk's file",
			"program", s.program, "record", seq, "error", err)
	}
	return err
}

// unreadable is the error of a read of the journal: what the journal cannot read of what it should have is damaged.
func (s *Store) unreadable(seq uint64, err error) error {
	var damage *segments.Damage
	if errors.As(err, &damage) {
		return s.alarm(seq, fmt.Errorf("journal record %d of program %q is damaged: %w (%w)", seq, s.program, err, engine.ErrDamaged))
	}
	return err
}

// Get implements engine.Store.
func (s *Store) Get(key string) ([]byte, error) {
	k := textKey(s.rows, key)
	if strings.HasPrefix(key, statePrefix) && s.states.absent(k[len(s.rows):]) {
		return nil, nil
	}
	if value, found := s.over.Get(key); found {
		return value, nil
	}
	return get(s.db.state, k)
}

// Seq implements engine.Store.
func (s *Store) Seq(id string) (uint64, error) {
	key := textKey(s.ids, id)
	if s.known.absent(key[len(s.ids):]) {
		return 0, nil
	}
	if seq, found := s.over.Seq(id); found {
		return seq, nil
	}
	value, err := get(s.db.state, key)
	if err != nil || value == nil {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("the row of event id %q of program %q is damaged", id, s.program)
	}
	return binary.BigEndian.Uint64(value), nil
}

// Record implements engine.Store.
func (s *Store) Record(seq uint64) ([]byte, error) {
	if seq == 0 || seq > s.last.Load() {
		return nil, nil
	}
	record, err := s.journal.Record(seq)
	return record, s.unreadable(seq, err)
}

// Records implements engine.Store. What a Commit that has not returned is writing is not part of it.
func (s *Store) Records(from uint64, yield func(seq uint64, record []byte) bool) error {
	next := max(from, 1)
	err := s.journal.Records(next, s.last.Load(), func(seq uint64, record []byte) bool {
		next = seq + 1
		return yield(seq, record)
	})
	return s.unreadable(next, err)
}

// Head implements engine.Store.
func (s *Store) Head() (last, mark uint64) { return s.last.Load(), s.mark.Load() }

// Commit implements engine.Store. The records are synced first; ids, rows and states are gathered, and written with a sync only if rows
// are to be kept.
func (s *Store) Commit(b *engine.Batch) error {
	if s.failure == nil {
		s.failure = s.commit(b)
	}
	return s.failure
}

func (s *Store) commit(b *engine.Batch) error {
	if err := s.fits(b); err != nil {
		return err
	}
	if len(b.Rewritten) > 0 {
		if err := s.rewrite(b.Rewritten); err != nil {
			return err
		}
	}
	last, mark := s.last.Load()+uint64(len(b.Records)), max(s.mark.Load(), b.Mark)
	if err := s.db.guard(func() error { return s.append(b.Records) }); err != nil {
		return err
	}
	s.over.Gather(b)
	s.learn(b)
	s.last.Store(last)
	s.mark.Store(mark)
	if b.Kept {
		return s.settle(pebble.Sync)
	}
	if n, bytes, _ := s.over.Gathered(); n >= s.db.pending || bytes >= s.db.part() {
		return s.leave(pebble.NoSync)
	}
	return nil
}

// fits refuses a batch that does not continue the journal. It would be a bug of the caller, and must not reach the disk.
func (s *Store) fits(b *engine.Batch) error {
	last := s.last.Load()
	switch {
	case len(b.Records) != len(b.IDs):
		return fmt.Errorf("a batch has %d records and %d ids", len(b.Records), len(b.IDs))
	case len(b.Records) > 0 && b.First != last+1:
		return fmt.Errorf("a batch starts at %d, but the journal of program %q ends at %d", b.First, s.program, last)
	case b.Mark > last+uint64(len(b.Records)):
		return fmt.Errorf("a batch marks states up to %d, but ends at %d", b.Mark, last+uint64(len(b.Records)))
	}
	return nil
}

func (s *Store) append(records [][]byte) error {
	if len(records) == 0 {
		return nil
	}
	if err := s.journal.Append(records...); err != nil {
		return err
	}
	s.db.syncs.Add(1)
	if s.journal.Due() {
		s.tend()
	}
	return nil
}

// tend has the journal's full segments sealed, beside what follows. Programs take turns.
func (s *Store) tend() {
	s.db.tending.Add(1)
	s.working.Add(1)
	s.db.start(func() error {
		s.db.tend.Lock()
		err := s.journal.Tend(s.db.closing)
		s.db.tend.Unlock()
		s.db.tending.Done()
		s.working.Done()
		return err
	})
}

// Rewritable reports why records cannot be rewritten now, as where an archive is not there.
func (s *Store) Rewritable() error { return s.journal.Rewritable() }

func (s *Store) setID(batch *pebble.Batch, id string, seq uint64) {
	op := batch.SetDeferred(len(s.ids)+len(id), 8)
	copy(op.Key[copy(op.Key, s.ids):], id)
	binary.BigEndian.PutUint64(op.Value, seq)
	_ = op.Finish()
}

func (s *Store) setRow(batch *pebble.Batch, key string, value []byte) {
	var op *pebble.DeferredBatchOp
	if value == nil {
		op = batch.DeleteDeferred(len(s.rows) + len(key))
	} else {
		op = batch.SetDeferred(len(s.rows)+len(key), len(value))
		copy(op.Value, value)
	}
	copy(op.Key[copy(op.Key, s.rows):], key)
	_ = op.Finish()
}

// learn tells the filters of a committed batch.
func (s *Store) learn(b *engine.Batch) {
	keys := make([][]byte, 0, max(len(b.IDs), len(b.States)))
	for _, id := range b.IDs {
		keys = append(keys, []byte(id))
	}
	s.known.add(keys...)
	keys = keys[:0]
	for _, rows := range [][]engine.Row{b.Rows, b.States} {
		for _, row := range rows {
			if row.Value != nil && strings.HasPrefix(row.Key, statePrefix) {
				keys = append(keys, []byte(row.Key))
			}
		}
	}
	s.states.add(keys...)
}
