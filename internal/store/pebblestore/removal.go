package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"github.com/laurel-engine/laurel/internal/store/segments"
)

// Drop deletes a program: its journal, in the archive too, and all rows of its state. Nothing may be using it, and whoever still holds its
// store must not use it any more. After a crash in the middle it has to be called again; for a program that is not there it does nothing.
// What was deleted is off the disk after a Scrub.
func (db *DB) Drop(id string) error {
	db.mu.Lock()
	s := db.programs[id]
	if s != nil {
		delete(db.programs, id)
		db.opened.Add(-1)
	}
	db.mu.Unlock()
	if s != nil {
		s.working.Wait()
		if err := errors.Join(s.settle(pebble.NoSync), s.journal.Close()); err != nil {
			return err
		}
	}
	return db.guard(func() error {
		// The journal goes first: a state without one is told at the next opening, and never served.
		for _, dir := range []string{db.fs.PathJoin(db.dir, "journal"), db.archive} {
			if dir == "" {
				continue
			}
			if err := errors.Join(db.fs.RemoveAll(db.fs.PathJoin(dir, directoryOf(id))), segments.SyncDirectory(db.fs, dir)); err != nil {
				return err
			}
		}
		rows := db.state.NewBatch()
		for _, kind := range []byte{idKind, rowKind, progressKind} {
			from := programKey(kind, id)
			if err := rows.DeleteRange(from, after(from), nil); err != nil {
				return errors.Join(err, rows.Close())
			}
		}
		return errors.Join(rows.Commit(pebble.Sync), rows.Close())
	})
}
