// Package overlay holds what a store has committed and not yet written to its tables: ids, rows and states, the last value of each
// key. Start at Overlay.
//
// A commit makes its records durable and is gathered here; some time later everything that was gathered leaves and is written at once:
//
//	Gather, Gather, Gather ... Leave ── the store writes the Facts ── Left
//
// Reads look at what gathers first, then at what leaves, then at the store: so a row is found on every step of its way. A scan
// sees the three as they are at one instant: each commit whole or not at all, however long it takes and whatever is committed,
// written or deleted meanwhile.
//
// Facts are all that was committed since those before them, and say how far that is. A store that writes them in the order in which
// they leave, each at once together with Last and Mark, or not at all, has the rows of a first part of all commits, whatever
// happens; and it knows which.
package overlay

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/RaduBerinde/btreemap"

	"github.com/laurel-engine/laurel/engine"
)

// tree has the rows by their keys; a nil value deletes.
type tree = btreemap.BTreeMap[string, []byte]

// degree of the trees. Nodes have up to twice as many rows.
const degree = 32

// Facts are what a store is to write at once.
type Facts struct {
	// Last is the record up to which ids are there, Mark the one that the states are as after.
	Last, Mark uint64

	rows  *tree
	ids   map[string]uint64
	bytes int
	new   bool // something was committed
}

func facts(last, mark uint64) *Facts {
	return &Facts{Last: last, Mark: mark, rows: btreemap.New[string, []byte](degree, strings.Compare), ids: map[string]uint64{}}
}

// Len is the number of ids and rows.
func (f *Facts) Len() int { return len(f.ids) + f.rows.Len() }

// Bytes is about what they take.
func (f *Facts) Bytes() int { return f.bytes }

// IDs are ids of events with the numbers of their records, in byte order.
func (f *Facts) IDs() iter.Seq2[string, uint64] {
	return func(yield func(string, uint64) bool) {
		for _, id := range slices.Sorted(maps.Keys(f.ids)) {
			if !yield(id, f.ids[id]) {
				return
			}
		}
	}
}

// Rows are the rows in byte order; those with a nil value are to be deleted.
func (f *Facts) Rows() Rows { return f.rows.Ascend(btreemap.Min[string](), btreemap.Max[string]()) }

func (f *Facts) set(rows []engine.Row) {
	for _, row := range rows {
		_, was, replaced := f.rows.ReplaceOrInsert(row.Key, row.Value)
		if !replaced {
			f.bytes += len(row.Key)
		}
		f.bytes += len(row.Value) - len(was)
	}
}

// Overlay is what lies over the tables of one program. One goroutine at a time gathers; one at a time has facts leave; anybody reads.
type Overlay struct {
	mu      sync.RWMutex
	gathers *Facts
	leaves  *Facts // nil when nothing does
}

// New is an overlay over tables that have the ids up to a record, and states as after another.
func New(last, mark uint64) *Overlay { return &Overlay{gathers: facts(last, mark)} }

// Gather takes what follows from the records of a batch, which are durable. Values are not copied: nobody may change those of a
// batch that was committed.
func (o *Overlay) Gather(b *engine.Batch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.gathers
	for i, id := range b.IDs {
		g.ids[id] = b.First + uint64(i)
		g.bytes += len(id) + 8
	}
	g.set(b.Rows)
	g.set(b.States)
	g.Last, g.Mark, g.new = g.Last+uint64(len(b.IDs)), max(g.Mark, b.Mark), true
}

// Gathered is how many ids and rows wait, and about how many bytes they take; some reports whether anything was gathered at all.
func (o *Overlay) Gathered() (n, bytes int, some bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.gathers.Len(), o.gathers.bytes, o.gathers.new
}

// Leave is all that was gathered, which the store is to write now. What left before must have been written.
func (o *Overlay) Leave() *Facts {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leaves, o.gathers = o.gathers, facts(o.gathers.Last, o.gathers.Mark)
	return o.leaves
}

// Left tells that the store has what left, where reads find it.
func (o *Overlay) Left() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leaves = nil
}

// Get is the value of a row, nil when it was deleted. Where it is not found the tables tell.
func (o *Overlay) Get(key string) (value []byte, found bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if _, value, found = o.gathers.rows.Get(key); !found && o.leaves != nil {
		_, value, found = o.leaves.rows.Get(key)
	}
	return value, found
}

// Seq is the number of the record of an event's id. Where it is not found the tables tell.
func (o *Overlay) Seq(id string) (seq uint64, found bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if seq, found = o.gathers.ids[id]; !found && o.leaves != nil {
		seq, found = o.leaves.ids[id]
	}
	return seq, found
}
