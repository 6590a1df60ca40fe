package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/laurel-engine/laurel/internal/settings"
)

// Settings are those of a data directory. They implement settings.Store: a row is its revision and its value, and one more row has the
// revision of them all. Reads wait for a write that is under way, so that nothing is seen which the loss of power could take back.
type Settings struct {
	db       *DB
	tables   *pebble.DB
	mu       sync.RWMutex
	revision atomic.Uint64
}

var _ settings.Store = (*Settings)(nil)

// Settings are the settings of the directory, with secrets as they are before they are encrypted.
func (db *DB) Settings() *settings.Sealed { return db.sealed }

// openSettings finds the revision of the settings. Where there are rows and no revision, an earlier build has written them.
func (db *DB) openSettings() error {
	s := &Settings{db: db, tables: db.settings}
	value, err := get(s.tables, []byte{revisionKind})
	switch {
	case err != nil:
		return err
	case len(value) == 8:
		s.revision.Store(binary.BigEndian.Uint64(value))
	case value != nil:
		return errors.New("their revision is damaged")
	default:
		rows, err := s.list("")
		if err != nil || len(rows) > 0 {
			return errors.Join(errors.New("they are of an earlier build of Laurel, which this one does not read"), err)
		}
		s.revision.Store(settings.First)
	}
	db.kept, db.sealed = s, settings.NewSealed(s, db.key)
	return nil
}

// Get implements settings.Store.
func (s *Settings) Get(key string) (settings.Row, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	value, err := get(s.tables, settingKey(key))
	if err != nil {
		return settings.Row{}, err
	}
	if value == nil {
		return settings.Row{}, fmt.Errorf("%w: %s", settings.ErrAbsent, key)
	}
	return settingOf(key, value)
}

// List implements settings.Store.
func (s *Settings) List(prefix string) (rows []settings.Row, revision uint64, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows, err = s.list(prefix)
	return rows, s.revision.Load(), err
}

func (s *Settings) list(prefix string) (rows []settings.Row, err error) {
	lower := settingKey(prefix)
	it, err := s.tables.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return nil, err
	}
	var damaged error
	for ok := it.First(); ok && damaged == nil; ok = it.Next() {
		var r settings.Row
		r, damaged = settingOf(string(it.Key()[1:]), append([]byte(nil), it.Value()...))
		rows = append(rows, r)
	}
	return rows, errors.Join(damaged, it.Error(), it.Close())
}

// settingOf takes a stored value apart.
func settingOf(key string, stored []byte) (settings.Row, error) {
	if len(stored) < 8 {
		return settings.Row{}, fmt.Errorf("the row of the setting %q is damaged", key)
	}
	return settings.Row{Key: key, Value: stored[8:], Revision: binary.BigEndian.Uint64(stored)}, nil
}

// Apply implements settings.Store.
func (s *Settings) Apply(at uint64, changes ...settings.Change) (uint64, error) {
	if err := settings.Check(changes); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.revision.Load()
	if at != settings.Whenever && at != now {
		return 0, settings.ErrConflict
	}
	for i := range changes {
		if err := s.fits(&changes[i]); err != nil {
			return 0, err
		}
	}
	batch, next := s.tables.NewBatch(), binary.BigEndian.AppendUint64(nil, now+1)
	errs := []error{batch.Set([]byte{revisionKind}, next, nil)}
	for _, c := range changes {
		if c.Value == nil {
			errs = append(errs, batch.Delete(settingKey(c.Key), nil))
		} else {
			errs = append(errs, batch.Set(settingKey(c.Key), append(next[:8:8], c.Value...), nil))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return 0, errors.Join(err, batch.Close())
	}
	if err := s.db.guard(func() error { return errors.Join(batch.Commit(pebble.Sync), batch.Close()) }); err != nil {
		return 0, err
	}
	s.revision.Store(now + 1)
	return now + 1, nil
}

// fits compares a change with the row that it is about. The lock is held.
func (s *Settings) fits(c *settings.Change) error {
	stored, err := get(s.tables, settingKey(c.Key))
	if err != nil {
		return err
	}
	var has uint64
	if stored != nil {
		r, err := settingOf(c.Key, stored)
		if err != nil {
			return err
		}
		has = r.Revision
	}
	return c.Fits(has)
}

// Revision implements settings.Store.
func (s *Settings) Revision() (uint64, error) { return s.revision.Load(), nil }

func settingKey(key string) []byte { return append([]byte{settingKind}, key...) }

// get is a copy of a key's value, nil when there is none.
func get(from *pebble.DB, key []byte) ([]byte, error) {
	value, closer, err := from.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	value = append([]byte{}, value...)
	return value, closer.Close()
}
