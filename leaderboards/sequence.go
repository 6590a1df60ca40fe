package leaderboards

import (
	"iter"
	"slices"
	"sort"
)

// blockSize is the most items of a block. Of 128 to 1024 it was the fastest with one and with five million members:
// smaller blocks cost more bookkeeping, larger ones more moving.
const blockSize = 256

// sequence is an ordered list of distinct items that knows the position of each: sorted blocks, and a Fenwick tree over
// their lengths. Searching takes O(log n) comparisons and additions; inserting and removing also move at most blockSize
// items, and number the blocks again when one is split or joined, which takes at least blockSize/4 writes to come about.
//
// A general B-tree finds an item by position, so a position by bisection over positions, a descent for each step. With a
// million members a move that tells both ranks took 14 us that way and takes a quarter of it here.
//
// Positions count from 0. The zero value is not usable: compare must be set.
type sequence[T any] struct {
	compare func(a, b T) int
	blocks  [][]T // none is empty
	counts  []int // Fenwick tree: counts[i] items in the i&-i blocks that end before block i
	size    int
}

// search returns the position of an item, or that at which it would be inserted.
func (s *sequence[T]) search(item T) (position int, found bool) {
	b, i, found := s.find(item)
	return s.before(b) + i, found
}

// insert adds an item that is not in the list and returns its position.
func (s *sequence[T]) insert(item T) int {
	if s.size == 0 {
		s.blocks = append(s.blocks, nil) // grows as needed: most rankings are small
		s.number()
	}
	b, i, _ := s.find(item)
	position := s.before(b) + i
	s.blocks[b] = slices.Insert(s.blocks[b], i, item)
	s.size++
	s.count(b, 1)
	if len(s.blocks[b]) == blockSize {
		s.split(b)
	}
	return position
}

// remove takes an item out and returns the position that it had, or false if it is not in the list.
func (s *sequence[T]) remove(item T) (position int, found bool) {
	b, i, found := s.find(item)
	if !found {
		return 0, false
	}
	position = s.before(b) + i
	s.blocks[b] = slices.Delete(s.blocks[b], i, i+1)
	s.size--
	s.count(b, -1)
	if len(s.blocks[b]) < blockSize/4 {
		s.join(b)
	}
	return position, true
}

// from returns the items from a position on, none if that is past the end.
func (s *sequence[T]) from(position int) iter.Seq[T] {
	return func(yield func(T) bool) {
		if position >= s.size {
			return
		}
		b, i := s.locate(position)
		for ; b < len(s.blocks); b, i = b+1, 0 {
			for _, item := range s.blocks[b][i:] {
				if !yield(item) {
					return
				}
			}
		}
	}
}

// at returns the item at a position, which must exist.
func (s *sequence[T]) at(position int) T {
	b, i := s.locate(position)
	return s.blocks[b][i]
}

// find returns the block in which an item is or belongs, and its index there.
func (s *sequence[T]) find(item T) (b, i int, found bool) {
	b = sort.Search(len(s.blocks)-1, func(b int) bool {
		block := s.blocks[b]
		return s.compare(block[len(block)-1], item) >= 0
	})
	if b == len(s.blocks) {
		return 0, 0, false
	}
	i, found = slices.BinarySearchFunc(s.blocks[b], item, s.compare)
	return b, i, found
}

// locate returns the block and the index of a position that exists.
func (s *sequence[T]) locate(position int) (b, i int) {
	step := 1
	for step*2 < len(s.counts) {
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if next := b + step; next < len(s.counts) && s.counts[next] <= position {
			b, position = next, position-s.counts[next]
		}
	}
	return b, position
}

// before returns how many items stand in the blocks before one.
func (s *sequence[T]) before(b int) (items int) {
	for ; b > 0; b -= b & -b {
		items += s.counts[b]
	}
	return items
}

// count notes that a block grew by some items.
func (s *sequence[T]) count(b, items int) {
	for b++; b < len(s.counts); b += b & -b {
		s.counts[b] += items
	}
}

// number makes the Fenwick tree again, in one addition a block.
func (s *sequence[T]) number() {
	s.counts = append(s.counts[:0], 0)
	for _, block := range s.blocks {
		s.counts = append(s.counts, len(block))
	}
	for i := range s.counts {
		if next := i + i&-i; i > 0 && next < len(s.counts) {
			s.counts[next] += s.counts[i]
		}
	}
}

// split halves a full block.
func (s *sequence[T]) split(b int) {
	block, half := s.blocks[b], blockSize/2
	right := append(make([]T, 0, blockSize), block[half:]...)
	clear(block[half:])
	s.blocks[b] = block[:half]
	s.blocks = slices.Insert(s.blocks, b+1, right)
	s.number()
}

// join gives the items of a sparse block to a neighbour, if both together stay small enough not to be split soon again.
func (s *sequence[T]) join(b int) {
	left := max(0, min(b, len(s.blocks)-2))
	switch {
	case len(s.blocks[b]) == 0:
		left = b - 1
	case left+1 < len(s.blocks) && len(s.blocks[left])+len(s.blocks[left+1]) <= blockSize/2:
		s.blocks[left] = append(s.blocks[left], s.blocks[left+1]...)
	default:
		return
	}
	s.blocks = slices.Delete(s.blocks, left+1, left+2)
	s.number()
}
