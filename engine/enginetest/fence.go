package enginetest

import (
	"sync"

	"github.com/laurel-engine/laurel/engine"
)

// Fenced is a store in memory that another process can take over, as one that several share can be.
type Fenced struct {
	*engine.Memory
	fence *fence
	epoch int
}

type fence struct {
	mu    sync.Mutex
	epoch int
}

// NewFenced is an empty one.
func NewFenced() *Fenced { return &Fenced{Memory: engine.NewMemory(), fence: &fence{}} }

// TakeOver is the same store for another process; who had it before cannot write any more.
func (f *Fenced) TakeOver() *Fenced {
	f.fence.mu.Lock()
	defer f.fence.mu.Unlock()
	f.fence.epoch++
	return &Fenced{f.Memory, f.fence, f.fence.epoch}
}

// Commit implements engine.Store.
func (f *Fenced) Commit(b *engine.Batch) error {
	f.fence.mu.Lock()
	defer f.fence.mu.Unlock()
	if f.epoch != f.fence.epoch {
		return engine.ErrFenced
	}
	return f.Memory.Commit(b)
}
