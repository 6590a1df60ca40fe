package api

import (
	"runtime"
	"sync"

	"github.com/laurel-engine/laurel/internal/keys"
)

// turnSlice is how many events of a request are read, or answered, before others have their turn.
const turnSlice = 64

// turns shares the processors among keys where requests are long: only so many are worked on at once, one slice each, and whoever waits is
// served key by key, so that a key with many long requests has no more of the processors than one with a single one. Short requests, which are
// what waits for nothing, are not asked.
type turns struct {
	mu      sync.Mutex
	free    int
	waiting map[*keys.Key][]chan struct{} // by key, the first first
	order   []*keys.Key                   // those that wait, the next first
}

// newTurns makes turns of all processors but one, which is left for those who ask for little.
func newTurns() *turns {
	return &turns{free: max(1, runtime.GOMAXPROCS(0)-1), waiting: map[*keys.Key][]chan struct{}{}}
}

// take waits for the key's turn.
func (t *turns) take(key *keys.Key) {
	t.mu.Lock()
	if t.free > 0 && len(t.order) == 0 {
		t.free--
		t.mu.Unlock()
		return
	}
	granted := make(chan struct{})
	if len(t.waiting[key]) == 0 {
		t.order = append(t.order, key)
	}
	t.waiting[key] = append(t.waiting[key], granted)
	t.mu.Unlock()
	<-granted
}

// leave ends a turn, and grants the next.
func (t *turns) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.order) == 0 {
		t.free++
		return
	}
	key := t.order[0]
	t.order = t.order[1:]
	line := t.waiting[key]
	close(line[0])
	if line = line[1:]; len(line) == 0 {
		delete(t.waiting, key)
		return
	}
	t.waiting[key] = line
	t.order = append(t.order, key)
}

// pass lets others have their turn, if somebody waits, and goes on afterwards. Whoever waits for a processor at all has it.
func (t *turns) pass(key *keys.Key) {
	t.mu.Lock()
	waits := len(t.order) > 0
	t.mu.Unlock()
	if waits {
		t.leave()
		t.take(key)
	}
	runtime.Gosched()
}

// turn is a request's, which may be long.
type turn struct {
	*turns
	key *keys.Key
	n   int
}

// begin waits for the request's turn.
func (c call) begin() *turn {
	t := &turn{turns: c.server.turns, key: c.key}
	t.take(t.key)
	return t
}

// one is called for every event that was worked on.
func (t *turn) one() {
	if t.n++; t.n%turnSlice == 0 {
		t.pass(t.key)
	}
}

// without lets others have the turn while something is waited for.
func (t *turn) without(wait func()) {
	t.leave()
	defer t.take(t.key)
	wait()
}
