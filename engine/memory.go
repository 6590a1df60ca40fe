package engine

import (
	"slices"
	"strings"
	"sync"
)

// Memory is a Store without a disk, for tests of rulesets and for whatever need not outlive the process.
type Memory struct {
	mu      sync.RWMutex
	rows    map[string][]byte
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
	var keys []string
	m.mu.RLock()
	for key := range m.rows {
		if key > after && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	m.mu.RUnlock()
	slices.Sort(keys)
	for _, key := range keys {
		value, _ := m.Get(key)
		if value != nil && !yield(key, value) {
			break
		}
	}
	return nil
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
