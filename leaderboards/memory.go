package leaderboards

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"
)

// rebuildBatch is how many scores a Rebuild writes between two turns of readers and writers.
const rebuildBatch = 500

// Memory keeps rankings in this process. Contexts are ignored: nothing in it waits for anything but a lock. Reads of
// one ranking run beside one another; a write has the ranking to itself, for a few microseconds a score. Rankings do not
// wait for one another, except while one is created or reset.
type Memory struct {
	mu       sync.RWMutex // held for reading while a ranking is in use, so that a Reset leaves no writer behind
	rankings map[Key]*ranking
	changes  atomic.Uint64 // of all rankings, so that a ranking that was reset never repeats a version
}

var _ Board = (*Memory)(nil)

// ranking is the table that readers see, and the one that is to replace it while a rebuild runs.
type ranking struct {
	mu      sync.RWMutex
	shown   *table // nil before the first write
	next    *table // nil unless a rebuild runs
	version uint64
}

// NewMemory returns a board without rankings.
func NewMemory() *Memory {
	return &Memory{rankings: make(map[Key]*ranking)}
}

// Move puts one score and returns the member's rank before and after, 0 for none. A stale score moves nothing: both are
// the rank as it stands. It allocates only what the ranking grows by.
func (m *Memory) Move(key Key, rules Rules, score Score) (previous, rank int64, err error) {
	err = m.write(key, func(r *ranking) error {
		var err error
		previous, rank, err = r.put(rules, score, &m.changes)
		return err
	})
	return previous, rank, err
}

// Put implements Board. All of the scores become visible at once.
func (m *Memory) Put(_ context.Context, key Key, rules Rules, scores []Score) error {
	if len(scores) == 0 {
		return nil
	}
	return m.write(key, func(r *ranking) error {
		for _, s := range scores {
			if _, _, err := r.put(rules, s, &m.changes); err != nil {
				return err
			}
		}
		return nil
	})
}

// Page implements Board.
func (m *Memory) Page(_ context.Context, key Key, rules Rules, from int64, limit int) (rows []Standing, total int64, err error) {
	err = m.read(key, rules, func(t *table) {
		total = int64(t.places.size)
		position := max(from, 1) - 1
		if position < total {
			rows = t.rows(rules.Ties, int(position), limit)
		}
	})
	return rows, total, err
}

// Standing implements Board.
func (m *Memory) Standing(_ context.Context, key Key, rules Rules, member string) (row Standing, ranked bool, err error) {
	err = m.read(key, rules, func(t *table) {
		if ranked = t.members[member].ranked; ranked {
			row = t.standing(t.members[member].place)
			row.Rank = t.rankOf(rules.Ties, member)
		}
	})
	return row, ranked, err
}

// Around implements Board.
func (m *Memory) Around(_ context.Context, key Key, rules Rules, member string, n int) (rows []Standing, err error) {
	n = max(0, min(n, (MaxPage-1)/2))
	err = m.read(key, rules, func(t *table) {
		if position, ranked := t.position(member); ranked {
			first := max(0, min(position-n, t.places.size-(2*n+1)))
			rows = t.rows(rules.Ties, first, 2*n+1)
		}
	})
	return rows, err
}

// Size implements Board.
func (m *Memory) Size(_ context.Context, key Key) (size int64, err error) {
	m.look(key, func(r *ranking) {
		if r.shown != nil {
			size = int64(r.shown.places.size)
		}
	})
	return size, nil
}

// Version implements Board.
func (m *Memory) Version(_ context.Context, key Key) (version uint64, err error) {
	m.look(key, func(r *ranking) { version = r.version })
	return version, nil
}

// Reset implements Board.
func (m *Memory) Reset(_ context.Context, key Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rankings, key)
	return nil
}

// Rebuild implements Board.
func (m *Memory) Rebuild(_ context.Context, key Key, rules Rules, scores iter.Seq2[Score, error]) error {
	next := newTable(rules.layout())
	begin := func(r *ranking) error { r.next = next; return nil }
	if err := m.write(key, begin); err != nil {
		return err
	}
	if err := m.fill(key, next, scores); err != nil {
		_ = m.rebuilding(key, next, func(r *ranking) { r.next = nil }) // superseded: not ours to take back
		return err
	}
	return m.rebuilding(key, next, func(r *ranking) {
		r.shown, r.next, r.version = next, nil, m.changes.Add(1)
	})
}

// fill writes the scores of a sequence into the table that a rebuild is making.
func (m *Memory) fill(key Key, next *table, scores iter.Seq2[Score, error]) error {
	batch := make([]Score, 0, rebuildBatch)
	write := func(*ranking) {
		for _, s := range batch {
			next.put(Earliest, s)
		}
	}
	for s, err := range scores {
		if err != nil {
			return err
		}
		if batch = append(batch, s); len(batch) < rebuildBatch {
			continue
		}
		if err := m.rebuilding(key, next, write); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return m.rebuilding(key, next, write)
}

// rebuilding has do change a ranking, unless the rebuild that makes next was superseded.
func (m *Memory) rebuilding(key Key, next *table, do func(*ranking)) error {
	return m.write(key, func(r *ranking) error {
		if r.next != next {
			return ErrSuperseded
		}
		do(r)
		return nil
	})
}

// write has do change a ranking, which is made if there is none.
func (m *Memory) write(key Key, do func(*ranking) error) error {
	m.mu.RLock()
	r := m.rankings[key]
	for r == nil {
		m.mu.RUnlock()
		m.create(key)
		m.mu.RLock()
		r = m.rankings[key]
	}
	defer m.mu.RUnlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	return do(r)
}

func (m *Memory) create(key Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rankings[key] == nil {
		m.rankings[key] = new(ranking)
	}
}

// look has do look at a ranking, if there is one.
func (m *Memory) look(key Key, do func(*ranking)) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if r := m.rankings[key]; r != nil {
		r.mu.RLock()
		defer r.mu.RUnlock()
		do(r)
	}
}

// read has do look at the table that readers see, if there is one, which must have the layout of the rules.
func (m *Memory) read(key Key, rules Rules, do func(*table)) (err error) {
	m.look(key, func(r *ranking) {
		switch {
		case r.shown == nil:
		case r.shown.layout != rules.layout():
			err = ErrRules
		default:
			do(r.shown)
		}
	})
	return err
}

// put writes a score into the table that readers see and into the one that a rebuild is making. The latter, as the one
// that stays, must have the layout of the rules; the former is left alone if it has not.
func (r *ranking) put(rules Rules, s Score, changes *atomic.Uint64) (previous, rank int64, err error) {
	if r.next != nil {
		if r.next.layout != rules.layout() {
			return 0, 0, ErrRules
		}
		r.next.put(rules.Ties, s)
	}
	if r.shown == nil {
		r.shown = newTable(rules.layout())
	}
	if r.shown.layout != rules.layout() {
		if r.next != nil {
			return 0, 0, nil
		}
		return 0, 0, ErrRules
	}
	previous, rank, changed := r.shown.put(rules.Ties, s)
	if changed {
		r.version = changes.Add(1)
	}
	return previous, rank, nil
}
