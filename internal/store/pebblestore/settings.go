package pebblestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Put makes a setting durable: when it returns nil, the value survives the loss of power.
func (db *DB) Put(key string, value []byte) error {
	return db.guard(func() error { return db.settings.Set(settingKey(key), value, pebble.Sync) })
}

// Delete removes a setting as durably. A key that is not there is no error.
func (db *DB) Delete(key string) error {
	return db.guard(func() error { return db.settings.Delete(settingKey(key), pebble.Sync) })
}

// Get is the value of a setting, nil when there is none.
func (db *DB) Get(key string) ([]byte, error) { return get(db.settings, settingKey(key)) }

// List calls yield for the settings whose keys start with prefix, in byte order, until it returns false. The value is valid
// during the call.
func (db *DB) List(prefix string, yield func(key string, value []byte) bool) error {
	lower := settingKey(prefix)
	it, err := db.settings.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return err
	}
	for ok := it.First(); ok && yield(string(it.Key()[1:]), it.Value()); ok = it.Next() {
	}
	return errors.Join(it.Error(), it.Close())
}

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
