package engine

import (
	"slices"
	"sync"
)

// Memory is a Store without a disk, for tests of rulesets and for whatever need not outlive the process.
type Memory struct {
	mu      sync.RWMutex
	rows    map[string][]byte
	keys    []string // of rows, with some that are gone
	sorted  bool
	ids     map[string]uint64
	journal [][]byte
	mark    uint64
}

// NewMemory is an empty store.
func NewMemory() *Memory { return &Memory{rows: map[string][]byte{}, ids: map[string]uint64{}} }

// Get implements Store.
func (m *Memory) Get(key string) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.rows[key], nil
}

// Scan implements Store.
func (m *Memory) Scan(prefix, after string, yield func(string, []byte) bool) error {
	for _, key := range m.from(max(prefix, after)) {
		switch {
		case !startsWith(key, prefix):
			if key > prefix {
				return nil
			}
		case key > after:
			if value, _ := m.Get(key); value != nil && !yield(key, value) {
				return nil
			}
		}
	}
	return nil
}

// ScanBack implements Store.
func (m *Memory) ScanBack(prefix, before string, yield func(string, []byte) bool) error {
	var keys []string
	err := m.Scan(prefix, "", func(key string, _ []byte) bool {
		if before != "" && key >= before {
			return false
		}
		keys = append(keys, key)
		return true
	})
	for _, key := range slices.Backward(keys) {
		if value, _ := m.Get(key); value != nil && !yield(key, value) {
			return err
		}
	}
	return err
}

// from is the keys of rows from one on, in byte order.
func (m *Memory) from(first string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.sorted {
		keys := make([]string, 0, len(m.rows)) // a new one: somebody may still go through the old one
		for key := range m.rows {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		m.keys, m.sorted = keys, true
	}
	i, _ := slices.BinarySearch(m.keys, first)
	return m.keys[i:]
}

// Seq implements Store.
func (m *Memory) Seq(id string) (uint64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.ids[id], nil
}

// Record implements Store.
func (m *Memory) Record(seq uint64) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if seq == 0 || seq > uint64(len(m.journal)) {
		return nil, nil
	}
	return m.journal[seq-1], nil
}

// Records implements Store.
func (m *Memory) Records(from uint64, yield func(uint64, []byte) bool) error {
	for seq := max(from, 1); ; seq++ {
		b, _ := m.Record(seq)
		if b == nil || !yield(seq, b) {
			return nil
		}
	}
}

// Commit implements Store.
func (m *Memory) Commit(b *Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.journal = append(m.journal, b.Records...)
	for i, id := range b.IDs {
		m.ids[id] = b.First + uint64(i)
	}
	for _, r := range b.Rewritten {
		m.journal[r.Seq-1] = r.Record
		delete(m.ids, r.Was)
		m.ids[r.ID] = r.Seq
	}
	for _, rows := range [][]Row{b.Rows, b.States} {
		for _, r := range rows {
			if r.Value == nil {
				delete(m.rows, r.Key)
			} else {
				if _, known := m.rows[r.Key]; !known {
					m.sorted = false
				}
				m.rows[r.Key] = slices.Clone(r.Value)
			}
		}
	}
	m.mark = max(m.mark, b.Mark)
	return nil
}

// Head implements Store.
func (m *Memory) Head() (last, mark uint64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return uint64(len(m.journal)), m.mark
}
