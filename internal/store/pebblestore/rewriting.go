package pebblestore

import (
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/store/segments"
)

// rewrite replaces records, all of them or none. The state is made durable first: records that were rewritten follow from
// one another, and cannot be applied to states from before.
func (s *Store) rewrite(records []engine.Rewritten) error {
	ids := s.db.state.NewBatch()
	replacements := make([]segments.Replacement, 0, len(records))
	for _, r := range records {
		if r.Seq == 0 || r.Seq > s.last.Load() {
			return errors.Join(fmt.Errorf("record %d of program %q is to be rewritten and does not exist", r.Seq, s.program), ids.Close())
		}
		replacements = append(replacements, segments.Replacement{Seq: r.Seq, Record: r.Record})
		if r.Was != r.ID {
			if err := ids.Delete(textKey(s.ids, r.Was), nil); err != nil {
				return err
			}
		}
		s.setID(ids, r.ID, r.Seq)
	}
	if err := s.settle(pebble.NoSync); err != nil {
		return err
	}
	err := s.db.guard(func() error { return errors.Join(ids.Commit(pebble.NoSync), ids.Close(), s.db.state.Flush()) })
	if err != nil {
		return err
	}
	for _, r := range records {
		s.known.add([]byte(r.ID))
	}
	return s.db.guard(func() error { return s.journal.Rewrite(replacements) })
}

// logsKept is how many logs Pebble keeps to write over, of each instance, and one more that it writes to.
const logsKept = 6

// Scrub is that of the DB: programs share its files.
func (s *Store) Scrub(ctx context.Context) error { return s.db.Scrub(ctx) }

// Scrub takes what was deleted or replaced off the disk: it writes all tables of both instances again, and lets no log keep
// what an older one had; journals keep nothing of it. It reads and writes as much as state and settings hold, while everything else goes on. The lists of
// tables name the first and last key of each table; those of before go with the second start after it.
func (db *DB) Scrub(ctx context.Context) error {
	if err := db.settle(); err != nil {
		return err
	}
	for _, instance := range []*pebble.DB{db.settings, db.state} {
		db.fresh.Add(1)
		err := db.guard(func() error {
			for range logsKept {
				// A flush without anything to write would not begin a new log.
				if err := instance.Set([]byte{scrubKind}, nil, pebble.NoSync); err != nil {
					return err
				}
				if err := instance.Flush(); err != nil {
					return err
				}
			}
			return nil
		})
		db.fresh.Add(-1)
		if err != nil {
			return err
		}
		if err := instance.Compact(ctx, []byte{0}, []byte{0xff}, false); err != nil {
			return err
		}
	}
	return nil
}
