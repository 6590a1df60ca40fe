package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/store/overlay"
	"github.com/laurel-engine/laurel/internal/store/segments"
)

// progress says how far the state has followed the journal. It is part of every batch of the state.
type progress struct {
	upTo uint64 // ids are there for all records up to this one
	mark uint64 // subjects' states are as after this record
}

func (s *Store) setProgress(batch *pebble.Batch, p progress) {
	op := batch.SetDeferred(len(s.progress), 16)
	copy(op.Key, s.progress)
	binary.BigEndian.PutUint64(op.Value, p.upTo)
	binary.BigEndian.PutUint64(op.Value[8:], p.mark)
	_ = op.Finish()
}

// Program is the store of one program, which need not exist yet. Its id has 1 to 255 bytes. It brings the state up to the
// journal, and returns an error when journal and state contradict each other.
func (db *DB) Program(id string) (*Store, error) {
	if id == "" || len(id) > maxProgram {
		return nil, fmt.Errorf("the id of a program has 1 to %d bytes; this one has %d", maxProgram, len(id))
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if s := db.programs[id]; s != nil {
		return s, nil
	}
	directory := directoryOf(id)
	if len(directory) > maxProgram {
		return nil, fmt.Errorf("the id of program %q is too long for the name of a directory, which is %s", id, directory)
	}
	s := &Store{db: db, program: id, ids: programKey(idKind, id),
		rows: programKey(rowKind, id), progress: programKey(progressKind, id)}
	if err := s.recover(); err != nil {
		return nil, err
	}
	db.programs[id] = s
	db.opened.Add(1)
	db.filling.Add(1)
	s.working.Add(1)
	go s.fillFilters()
	return s, nil
}

// recover finds the ends of journal and state, and writes the ids that the state has lost.
func (s *Store) recover() error {
	p, err := s.readProgress()
	if err != nil {
		return err
	}
	if err := s.openJournal(p.upTo); err != nil {
		return err
	}
	last := s.journal.Last()
	if p.mark > p.upTo || p.upTo > last {
		return errors.Join(fmt.Errorf("the journal of program %q ends at record %d, but its state has seen record %d: the journal has lost "+
			"records that were acknowledged", s.program, last, max(p.upTo, p.mark)), s.journal.Close())
	}
	s.last.Store(last)
	s.mark.Store(p.mark)
	s.known, s.states = newFilter(last), newFilter(0)
	s.over = overlay.New(last, p.mark)
	if err := s.rewriteIDs(p, last); err != nil {
		return errors.Join(err, s.journal.Close())
	}
	return nil
}

// openJournal opens the program's journal. The state has seen records up to one.
func (s *Store) openJournal(seen uint64) (err error) {
	name := directoryOf(s.program)
	o := segments.Options{FS: s.db.files, Dir: s.db.fs.PathJoin(s.db.dir, "journal", name), Program: s.program, Cold: s.db.cold,
		Logger: s.db.log.With("program", s.program), Seen: seen, Size: s.db.segment, Plain: s.db.plain}
	if s.db.archive != "" {
		o.Archive = s.db.cold.PathJoin(s.db.archive, name)
	}
	if s.journal, err = segments.Open(o); err != nil {
		return fmt.Errorf("the journal of program %q has lost records that were acknowledged, or cannot be read: %w", s.program, err)
	}
	for _, damage := range s.journal.Damaged() {
		_ = s.unreadable(damage.From, damage)
	}
	return nil
}

func (s *Store) readProgress() (progress, error) {
	value, err := get(s.db.state, s.progress)
	if err != nil || value == nil {
		return progress{}, err
	}
	if len(value) != 16 {
		return progress{}, fmt.Errorf("the progress row of program %q is damaged", s.program)
	}
	return progress{upTo: binary.BigEndian.Uint64(value), mark: binary.BigEndian.Uint64(value[8:])}, nil
}

// rewriteIDs writes the ids of the records that the state has not seen.
func (s *Store) rewriteIDs(p progress, last uint64) error {
	if p.upTo == last {
		return nil
	}
	batch := s.db.state.NewBatch()
	write := func(upTo uint64) error {
		p.upTo = upTo
		s.setProgress(batch, p)
		full := batch
		batch = s.db.state.NewBatch()
		return s.db.guard(func() error { return errors.Join(full.Commit(pebble.NoSync), full.Close()) })
	}
	var failed error
	err := s.Records(p.upTo+1, func(seq uint64, b []byte) bool {
		var record *engine.Record
		if record, failed = engine.DecodeRecord(b); failed != nil {
			return false
		}
		s.setID(batch, record.Event.ID, seq)
		if batch.Len() > 1<<20 {
			failed = write(seq)
		}
		return failed == nil
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	return errors.Join(write(last), batch.Close())
}

// fillFilters tells the filters what was written before they were made. Programs take turns, so that a start with many of
// them leaves a core for serving.
func (s *Store) fillFilters() {
	defer s.db.filling.Done()
	defer s.working.Done()
	s.db.turn.Lock()
	defer s.db.turn.Unlock()
	s.fill(s.known, s.ids, len(s.ids))
	s.fill(s.states, textKey(s.rows, statePrefix), len(s.rows))
}

// fill adds the keys with a prefix, less their first skip bytes. A filter that cannot be filled stays incomplete: then
// every question is a read.
func (s *Store) fill(f *filter, prefix []byte, skip int) {
	it, err := s.db.state.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		s.db.log.Warn("a filter could not be filled", "program", s.program, "error", err)
		return
	}
	defer func() { _ = it.Close() }()
	const step = 1024 // keys between looks at closing, and under one lock
	keys := make([][]byte, 0, step)
	for ok := it.First(); ok; ok = it.Next() {
		keys = append(keys, append([]byte(nil), it.Key()[skip:]...))
		if len(keys) < step {
			continue
		}
		f.add(keys...)
		keys = keys[:0]
		select {
		case <-s.db.closing:
			return
		default:
		}
	}
	f.add(keys...)
	if err := it.Error(); err != nil {
		s.db.log.Warn("a filter could not be filled", "program", s.program, "error", err)
		return
	}
	f.complete.Store(true)
}
