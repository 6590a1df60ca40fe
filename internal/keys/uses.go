package keys

import (
	"errors"
	"time"

	"github.com/laurel-engine/laurel/internal/settings"
)

// usesPrefix is what the keys of rows begin with that say when a key was last used.
const usesPrefix = "uses/"

// usePrecision is how exactly it is known when a key was last used: so seldom it is written.
const usePrecision = time.Hour

var lastUses = settings.Codec[time.Time]{
	Encode: func(at time.Time) ([]byte, error) { return at.UTC().AppendText(nil) },
	Decode: func(value []byte) (at time.Time, err error) { return at, at.UnmarshalText(value) }}

// Used notes in memory that a key is used. It takes no lock, and KeepUses writes it down.
func (r *Ring) Used(k *Key, at time.Time) {
	if hour := at.Truncate(usePrecision).Unix(); k.used.Load() != hour {
		k.used.Store(hour)
	}
}

// LastUsed is the hour in which a key was last used, zero where it never was.
func (r *Ring) LastUsed(k *Key) time.Time {
	kept, _ := r.uses.Get(k.ID)
	if now := k.used.Load(); now > kept.Unix() {
		return time.Unix(now, 0).UTC()
	}
	return kept
}

// KeepUses writes down in which hour keys were last used, for those that were used in another one before.
func (r *Ring) KeepUses() error {
	var errs []error
	for id, k := range r.keys.All() {
		if kept, _ := r.uses.Get(id); k.used.Load() > kept.Unix() {
			errs = append(errs, r.uses.Put(id, time.Unix(k.used.Load(), 0).UTC()))
		}
	}
	return errors.Join(errs...)
}

// ReplacedBy is the key that replaces another one: an active one of the same name that is younger. nil where there is none.
func (r *Ring) ReplacedBy(k *Key) *Key {
	now := r.now()
	for _, other := range r.keys.All() {
		if other.Program == k.Program && other.Name == k.Name && other.Created.After(k.Created) && other.active(now) == nil {
			return other
		}
	}
	return nil
}
