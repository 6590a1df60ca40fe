package settings

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Codec is how values of a kind are written to rows and read from them.
type Codec[T any] struct {
	Encode func(T) ([]byte, error)
	Decode func(value []byte) (T, error)
}

// Mirror is the settings whose keys start with a prefix, by what follows it, as values at hand: to read one costs no more than a map
// does. What is written through it is there when the write returns; what others write, when Load has looked. A value that did not
// change stays the same one, so that a pointer may serve as its name. Values must not be changed.
type Mirror[T any] struct {
	store  Store
	prefix string
	codec  Codec[T]

	changing sync.Mutex // held while the map is replaced
	loaded   uint64     // the revision of the last Load
	values   atomic.Pointer[map[string]held[T]]
}

// held is a value with the revision of its row.
type held[T any] struct {
	value    T
	revision uint64
}

// Through lets a change be made through another Store than the mirror's own, such as one that records who makes it.
type Through func(Store) Store

// through is the store that a change is made through.
func (m *Mirror[T]) through(list []Through) Store {
	s := m.store
	for _, t := range list {
		s = t(s)
	}
	return s
}

// NewMirror reads the settings whose keys start with a prefix.
func NewMirror[T any](s Store, prefix string, codec Codec[T]) (*Mirror[T], error) {
	m := &Mirror[T]{store: s, prefix: prefix, codec: codec}
	m.values.Store(&map[string]held[T]{})
	return m, m.Load()
}

// Load reads what has changed since the last one, if anything has. A row that cannot be read is an error that names it; the others are
// there all the same, and of that one what was known before.
func (m *Mirror[T]) Load() error {
	m.changing.Lock()
	defer m.changing.Unlock()
	switch now, err := m.store.Revision(); {
	case err != nil:
		return err
	case now == m.loaded:
		return nil
	}
	_, err := m.list()
	return err
}

// list reads all rows. It returns the revision at which they were read. The lock is held.
func (m *Mirror[T]) list() (revision uint64, err error) {
	rows, revision, err := m.store.List(m.prefix)
	if err != nil {
		return 0, err
	}
	var damaged []error
	before, values := *m.values.Load(), make(map[string]held[T], len(rows))
	for _, r := range rows {
		name := strings.TrimPrefix(r.Key, m.prefix)
		h, known := before[name]
		if !known || h.revision != r.Revision {
			value, err := m.codec.Decode(r.Value)
			if err == nil {
				h, known = held[T]{value, r.Revision}, true
			} else {
				damaged = append(damaged, fmt.Errorf("settings: the row %q is damaged: %w", r.Key, err))
			}
		}
		if known {
			values[name] = h
		}
	}
	m.values.Store(&values)
	m.loaded = revision
	return revision, errors.Join(damaged...)
}

// Get is a value by its name.
func (m *Mirror[T]) Get(name string) (value T, known bool) {
	h, known := (*m.values.Load())[name]
	return h.value, known
}

// All are the values by their names, in no order.
func (m *Mirror[T]) All() iter.Seq2[string, T] {
	values := *m.values.Load()
	return func(yield func(string, T) bool) {
		for name, h := range values {
			if !yield(name, h.value) {
				return
			}
		}
	}
}

// Oldest are the values that keep says, the oldest first: made says when a value was made, and its id, by which those of one instant are
// sorted.
func (m *Mirror[T]) Oldest(keep func(T) bool, made func(T) (at time.Time, id string)) (list []T) {
	for _, value := range m.All() {
		if keep(value) {
			list = append(list, value)
		}
	}
	slices.SortFunc(list, func(a, b T) int {
		x, first := made(a)
		y, second := made(b)
		return cmp.Or(x.Compare(y), strings.Compare(first, second))
	})
	return list
}

// Insert adds a value, if may allows it among all that there are then, also where others add some at the same time. A name that is
// taken is ErrConflict.
func (m *Mirror[T]) Insert(name string, value T, may func() error, through ...Through) error {
	encoded, err := m.codec.Encode(value)
	if err != nil {
		return err
	}
	m.changing.Lock()
	defer m.changing.Unlock()
	for {
		at, err := m.list()
		if err != nil {
			return err
		}
		if _, taken := m.Get(name); taken {
			return fmt.Errorf("%w: %s%s", ErrConflict, m.prefix, name)
		}
		if err := may(); err != nil {
			return err
		}
		revision, err := m.through(through).Apply(at, Change{Key: m.prefix + name, Value: encoded})
		if err == nil {
			m.set(name, held[T]{value, revision})
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

// Update replaces a value by what change makes of it; change is asked again where somebody else was faster, and an error of it ends the
// update. A value that is not there is ErrAbsent.
func (m *Mirror[T]) Update(name string, change func(T) (T, error), through ...Through) (value T, err error) {
	m.changing.Lock()
	defer m.changing.Unlock()
	r, err := Update(m.through(through), m.prefix+name, func(encoded []byte) ([]byte, error) {
		if value, err = m.codec.Decode(encoded); err == nil {
			value, err = change(value)
		}
		if err != nil {
			return nil, err
		}
		return m.codec.Encode(value)
	})
	if err != nil {
		var none T
		return none, err
	}
	m.set(name, held[T]{value, r.Revision})
	return value, nil
}

// Put writes a value, whether or not there is one.
func (m *Mirror[T]) Put(name string, value T, through ...Through) error {
	encoded, err := m.codec.Encode(value)
	if err != nil {
		return err
	}
	m.changing.Lock()
	defer m.changing.Unlock()
	r, err := put(m.through(through), m.prefix+name, encoded)
	if err == nil {
		m.set(name, held[T]{value, r.Revision})
	}
	return err
}

// Delete deletes a value. One that is not there is no error.
func (m *Mirror[T]) Delete(name string, through ...Through) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	if err := Delete(m.through(through), m.prefix+name); err != nil {
		return err
	}
	values := maps.Clone(*m.values.Load())
	delete(values, name)
	m.values.Store(&values)
	return nil
}

// DeleteAll deletes the values that which says.
func (m *Mirror[T]) DeleteAll(which func(T) bool) error {
	for name, h := range *m.values.Load() {
		if which(h.value) {
			if err := m.Delete(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// set shows a value to readers. The lock is held.
func (m *Mirror[T]) set(name string, h held[T]) {
	values := maps.Clone(*m.values.Load())
	values[name] = h
	m.values.Store(&values)
}
