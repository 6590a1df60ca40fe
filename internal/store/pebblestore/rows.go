package pebblestore

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/laurel-engine/laurel/internal/store/overlay"
)

// Bounds of what is not written to the state yet: of a program's rows, which a start after a kill has to bring back; of the memory that
// all programs take for them, of which each has its part, but not less than a little; and of the time that they wait, after which
// jobs would do again what their lost rows told of.
const (
	pendingRows  = 128 << 10
	pendingBytes = 64 << 20
	leastPending = 256 << 10
	linger       = time.Second
)

// part is a program's part of the memory for rows that wait.
func (db *DB) part() int { return max(leastPending, pendingBytes/max(1, int(db.opened.Load()))) }

// drain has written what waits long enough, until the DB is closed.
func (db *DB) drain() {
	defer db.draining.Done()
	tick := time.NewTicker(linger)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, s := range db.all() {
				if _, _, some := s.over.Gathered(); some && s.leave(pebble.NoSync) != nil {
					return
				}
			}
		case <-db.closing:
			return
		case <-db.failed:
			return
		}
	}
}

// all are the programs that are open.
func (db *DB) all() []*Store {
	db.mu.Lock()
	defer db.mu.Unlock()
	return slices.Collect(maps.Values(db.programs))
}

// settle has all that was gathered of all programs written.
func (db *DB) settle() error {
	for _, s := range db.all() {
		if err := s.settle(pebble.NoSync); err != nil {
			return err
		}
	}
	return nil
}

// settle has all that was gathered written, and waits for it. With a sync something is written even if nothing was gathered: what has
// just left may have gone without one, which the log makes durable with what follows it.
func (s *Store) settle(sync *pebble.WriteOptions) error {
	if _, _, some := s.over.Gathered(); some || sync.Sync {
		if err := s.leave(sync); err != nil {
			return err
		}
	}
	s.leaving.Lock()
	defer s.leaving.Unlock()
	return s.settled()
}

// leave begins to write what was gathered, and waits for what left before.
func (s *Store) leave(sync *pebble.WriteOptions) error {
	s.leaving.Lock()
	defer s.leaving.Unlock()
	if err := s.settled(); err != nil {
		return err
	}
	facts := s.over.Leave()
	s.written = s.db.start(func() error {
		err := s.write(facts, sync)
		if err == nil {
			s.over.Left()
		}
		return err
	})
	return nil
}

// settled waits for what has left. leaving is held.
func (s *Store) settled() error {
	if s.written == nil {
		return nil
	}
	return s.db.outcome(s.written)
}

// finish waits until nothing is being written, be it because all is lost.
func (s *Store) finish() {
	s.leaving.Lock()
	defer s.leaving.Unlock()
	if s.written != nil {
		s.db.finish(s.written)
	}
}

// write writes facts to the state, in one batch, in the order of keys.
func (s *Store) write(facts *overlay.Facts, sync *pebble.WriteOptions) error {
	batch := s.db.state.NewBatchWithSize(facts.Bytes() + facts.Len()*(len(s.rows)+16))
	for id, seq := range facts.IDs() {
		s.setID(batch, id, seq)
	}
	for key, value := range facts.Rows() {
		s.setRow(batch, key, value)
	}
	s.setProgress(batch, progress{upTo: facts.Last, mark: facts.Mark})
	return errors.Join(batch.Commit(sync), batch.Close())
}

// Scan implements engine.Store. The rows are those of one instant, between two commits.
func (s *Store) Scan(prefix, from string, yield func(key string, value []byte) bool) error {
	lower := textKey(s.rows, prefix)
	o := &pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)}
	if from >= prefix {
		o.LowerBound = append(textKey(s.rows, from), 0)
	}
	return s.scan(overlay.Range{Prefix: prefix, From: from}, o, yield)
}

// ScanBack implements engine.Store, as Scan does.
func (s *Store) ScanBack(prefix, before string, yield func(key string, value []byte) bool) error {
	lower := textKey(s.rows, prefix)
	o := &pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)}
	if before != "" {
		if upper := textKey(s.rows, before); bytes.Compare(upper, o.UpperBound) < 0 {
			o.UpperBound = upper
		}
	}
	if bytes.Compare(o.LowerBound, o.UpperBound) >= 0 {
		return nil
	}
	return s.scan(overlay.Range{Prefix: prefix, From: before, Back: true}, o, yield)
}

func (s *Store) scan(r overlay.Range, o *pebble.IterOptions, yield func(key string, value []byte) bool) error {
	var it *pebble.Iterator
	rows, err := s.over.Scan(r, func() (_ overlay.Rows, err error) {
		it, err = s.db.state.NewIter(o)
		return func(yield func(key string, value []byte) bool) {
			first, next := it.First, it.Next
			if r.Back {
				first, next = it.Last, it.Prev
			}
			for ok := first(); ok && yield(string(it.Key()[len(s.rows):]), it.Value()); ok = next() {
			}
		}, err
	})
	if err != nil {
		return err
	}
	rows(yield)
	return errors.Join(it.Error(), it.Close())
}
