package pebblestore

import (
	"sync"
	"sync/atomic"

	"github.com/bits-and-blooms/bloom/v3"
)

// Sizes of a filter. Each probe is a miss of the processor's caches, so there are few of them: with 16 bits and 4 probes a
// key, a segment guesses wrong once in 400 times, and what a wrong guess costs is one read.
const (
	firstSegment = 1 << 16
	bitsPerKey   = 16
	probes       = 4
)

// filter knows which keys have certainly never been written, so that asking for those costs no read. It grows by segments,
// each as large as all before it together, since a Bloom filter cannot be enlarged.
type filter struct {
	// complete is set once the filter knows of everything that was written before it was made. Until then it cannot say
	// that a key is absent.
	complete atomic.Bool

	mu       sync.RWMutex
	segments []*bloom.BloomFilter
	size     uint64 // keys in all segments
	room     uint64 // keys that the last segment still takes
}

// newFilter is a filter that takes the expected number of keys before it grows.
func newFilter(expected uint64) *filter {
	f := &filter{}
	f.grow(max(expected, firstSegment))
	return f
}

func (f *filter) grow(room uint64) {
	f.segments = append(f.segments, bloom.New(uint(room)*bitsPerKey, probes))
	f.room = room
}

// add makes keys known. A key that seems known already takes no room, so states written again and again cost nothing.
func (f *filter) add(keys ...[]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		if f.has(key) {
			continue
		}
		if f.room == 0 {
			f.grow(f.size)
		}
		f.segments[len(f.segments)-1].Add(key)
		f.size++
		f.room--
	}
}

func (f *filter) has(key []byte) bool {
	for _, s := range f.segments {
		if s.Test(key) {
			return true
		}
	}
	return false
}

// absent reports whether a key has certainly never been written.
func (f *filter) absent(key []byte) bool {
	if !f.complete.Load() {
		return false
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	return !f.has(key)
}
