package engine

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
)

// index finds, among definitions that look at one type of event, those that may apply, at a cost that follows how many
// they are and not how many exist. Each clause of each definition has a number; for every
// path that is asked about and every answer, a set says which clauses that answer leaves possible. The clauses left by
// all paths belong to the candidates, which are then asked in full.
type index[D any] struct {
	all   []D
	owner []int32 // by clause: which of all
	paths []indexedPath
	words int // of a set of clauses
}

// indexMin is how many definitions an index is worth: fewer are asked sooner than looked up.
const indexMin = 12

// indexedPath is what an answer to one question leaves possible.
type indexedPath struct {
	path string
	pick Pick
	// Of the clauses with a list of values: those of each value, and all the others.
	listed   map[event.Value]clauseSet
	unlisted bitmap // nil where none has a list
	// Of the clauses with a range: cuts are the least numbers of stretches 1, 2, …, and stretches has those whose range
	// meets each; a range is no more precise than its stretch.
	cuts      []int64
	stretches []bitmap
	unranged  bitmap // nil where none has a range
}

type bitmap []uint64

func (b bitmap) set(i int32)      { b[i>>6] |= 1 << (i & 63) }
func (b bitmap) has(i int32) bool { return b[i>>6]&(1<<(i&63)) != 0 }

// maxFew is how many numbers of clauses are looked at sooner than a bitmap.
const maxFew = 32

// clauseSet is a set of clauses: their numbers where they are few, else a bitmap.
type clauseSet struct {
	few  []int32
	many bitmap
}

// build indexes all definitions by their clauses, nil for one that must always be asked.
func (ix *index[D]) build(clausesOf func(D) Clauses) {
	ix.owner, ix.paths = nil, nil
	var clauses []Clause
	for i, d := range ix.all {
		of := clausesOf(d)
		if of == nil {
			of = Clauses{nil}
		}
		for _, c := range of {
			clauses, ix.owner = append(clauses, c), append(ix.owner, int32(i))
		}
	}
	ix.words = (len(clauses) + 63) / 64
	byPath := map[string][]placedTest{}
	for i, c := range clauses {
		for _, t := range c {
			byPath[t.Path] = append(byPath[t.Path], placedTest{t, int32(i)})
		}
	}
	for path, tests := range byPath {
		ix.paths = append(ix.paths, newIndexedPath(path, tests, len(clauses)))
	}
	// What decides most comes first, and order must not come from the map.
	slices.SortFunc(ix.paths, func(a, b indexedPath) int {
		return cmp.Or(cmp.Compare(len(byPath[b.path]), len(byPath[a.path])), cmp.Compare(a.path, b.path))
	})
}

// placedTest is a test of a clause.
type placedTest struct {
	Test
	clause int32
}

func newIndexedPath(path string, tests []placedTest, clauses int) indexedPath {
	p := indexedPath{path: path, pick: tests[0].Pick}
	var lists, ranges []placedTest
	for _, t := range tests {
		if t.In != nil {
			lists = append(lists, t)
		} else {
			ranges = append(ranges, t)
		}
	}
	words := (clauses + 63) / 64
	if lists != nil {
		p.list(lists, words, clauses)
	}
	if ranges != nil {
		p.rank(ranges, words, clauses)
	}
	return p
}

// without is the set of all clauses but those of tests.
func without(tests []placedTest, words, clauses int) bitmap {
	b := make(bitmap, words)
	for i := range integer.Exact[int32](clauses) {
		b.set(i)
	}
	for _, t := range tests {
		b[t.clause>>6] &^= 1 << (t.clause & 63)
	}
	return b
}

// list enters tests with lists of values.
func (p *indexedPath) list(tests []placedTest, words, clauses int) {
	p.unlisted, p.listed = without(tests, words, clauses), map[event.Value]clauseSet{}
	for _, t := range tests {
		for _, v := range t.In {
			s := p.listed[v]
			s.few = append(s.few, t.clause)
			p.listed[v] = s
		}
	}
	for v, s := range p.listed {
		if len(s.few) <= min(words, maxFew) {
			continue
		}
		s.many = slices.Clone(p.unlisted)
		for _, c := range s.few {
			s.many.set(c)
		}
		s.few = nil
		p.listed[v] = s
	}
}

// maxStretches bounds the memory of ranges over one path: with 10,000 clauses a megabyte. Ranges that end within one
// stretch are told apart when they are asked.
const maxStretches = 1024

// rank enters tests with ranges.
func (p *indexedPath) rank(tests []placedTest, words, clauses int) {
	p.unranged = without(tests, words, clauses)
	for _, t := range tests {
		low, high := t.bounds()
		if t.Low.Kind != event.Absent {
			p.cuts = append(p.cuts, low)
		}
		if t.High.Kind != event.Absent && high < 1<<63-1 {
			p.cuts = append(p.cuts, high+1)
		}
	}
	slices.Sort(p.cuts)
	p.cuts = slices.Compact(p.cuts)
	if n := len(p.cuts); n >= maxStretches {
		for i := range maxStretches - 1 {
			p.cuts[i] = p.cuts[i*n/(maxStretches-1)]
		}
		p.cuts = p.cuts[:maxStretches-1]
	}
	p.stretches = make([]bitmap, len(p.cuts)+1)
	for i := range p.stretches {
		p.stretches[i] = slices.Clone(p.unranged)
	}
	for _, t := range tests {
		low, high := t.bounds()
		for i := p.stretch(low); i <= p.stretch(high); i++ {
			p.stretches[i].set(t.clause)
		}
	}
}

// stretch is the number of the stretch in which n lies.
func (p *indexedPath) stretch(n int64) int {
	i, found := slices.BinarySearch(p.cuts, n)
	if found {
		i++
	}
	return i
}

// narrow takes from left what the answer v makes impossible.
func (p *indexedPath) narrow(left bitmap, v event.Value) {
	if p.unlisted != nil {
		p.listed[v].narrow(left, p.unlisted)
	}
	if p.unranged == nil {
		return
	}
	possible := p.unranged
	if v.Kind != event.Absent {
		possible = p.stretches[p.stretch(v.Bits())]
	}
	for i := range left {
		left[i] &= possible[i]
	}
}

// narrow takes from left what is neither in s nor in others.
func (s clauseSet) narrow(left, others bitmap) {
	if s.many != nil {
		for i := range left {
			left[i] &= s.many[i]
		}
		return
	}
	var kept [maxFew]int32
	stay := kept[:0]
	for _, c := range s.few {
		if left.has(c) {
			stay = append(stay, c)
		}
	}
	for i := range left {
		left[i] &= others[i]
	}
	for _, c := range stay {
		left.set(c)
	}
}

// candidates appends to found the definitions that may apply to the event of f, in their order. Left is memory to be used
// again.
func (ix *index[D]) candidates(f *Facts, left *bitmap, found []D) []D {
	if len(ix.all) < indexMin {
		return append(found, ix.all...)
	}
	return ix.narrowed(f, left, found)
}

func (ix *index[D]) narrowed(f *Facts, memory *bitmap, found []D) []D {
	if ix.words == 0 {
		return found
	}
	*memory = slices.Grow((*memory)[:0], ix.words)
	left := (*memory)[:ix.words]
	for i := range left {
		left[i] = ^uint64(0)
	}
	if rest := len(ix.owner) & 63; rest != 0 {
		left[len(left)-1] = 1<<rest - 1
	}
	for i := range ix.paths {
		ix.paths[i].narrow(left, ix.paths[i].pick(f))
	}
	last := int32(-1)
	for w, word := range left {
		for ; word != 0; word &= word - 1 {
			if d := ix.owner[w<<6+bits.TrailingZeros64(word)]; d != last {
				found, last = append(found, ix.all[d]), d
			}
		}
	}
	return found
}
