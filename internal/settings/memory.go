package settings

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Memory keeps settings for as long as it is used. The zero Memory is empty.
type Memory struct {
	mu      sync.Mutex
	rows    map[string]Row
	applied uint64 // how often
}

var _ Store = (*Memory)(nil)

// Get implements Store.
func (m *Memory) Get(key string) (Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, known := m.rows[key]
	if !known {
		return Row{}, fmt.Errorf("%w: %s", ErrAbsent, key)
	}
	r.Value = bytes.Clone(r.Value)
	return r, nil
}

// List implements Store.
func (m *Memory) List(prefix string) (rows []Row, revision uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(m.rows)) {
		if r := m.rows[key]; strings.HasPrefix(key, prefix) {
			r.Value = bytes.Clone(r.Value)
			rows = append(rows, r)
		}
	}
	return rows, First + m.applied, nil
}

// Apply implements Store.
func (m *Memory) Apply(at uint64, changes ...Change) (uint64, error) {
	if err := Check(changes); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if at != Whenever && at != First+m.applied {
		return 0, ErrConflict
	}
	for i := range changes {
		if err := changes[i].Fits(m.rows[changes[i].Key].Revision); err != nil {
			return 0, err
		}
	}
	if m.rows == nil {
		m.rows = map[string]Row{}
	}
	m.applied++
	for _, c := range changes {
		if c.Value == nil {
			delete(m.rows, c.Key)
		} else {
			m.rows[c.Key] = Row{Key: c.Key, Value: bytes.Clone(c.Value), Revision: First + m.applied}
		}
	}
	return First + m.applied, nil
}

// Revision implements Store.
func (m *Memory) Revision() (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return First + m.applied, nil
}
