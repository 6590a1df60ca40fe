package api

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// largeBodies is how many large requests of a program are read and worked on at once; the others wait before their bodies are read. It bounds
// what a program can have of the memory, and of the processors for reading.
const largeBodies = 4

// leaseHeader is set by the server itself on requests that have a place among the large ones.
const leaseHeader = "Laurel-Lease"

// bodies are the places for large requests, by program.
type bodies struct {
	mu      sync.Mutex
	held    map[string]int
	waiting map[string][]chan struct{}
	leases  sync.Map // id -> *lease
	ids     atomic.Uint64
	lasts   time.Duration // a lease, where its request never gets to a handler
}

// lease is a place that a request has.
type lease struct {
	of      *bodies
	id      string
	program string
	once    sync.Once
	timer   *time.Timer
}

func newBodies(lasts time.Duration) *bodies {
	return &bodies{held: map[string]int{}, waiting: map[string][]chan struct{}{}, lasts: lasts}
}

// take waits for a place. Who has it has to release it; it ends by itself where a body never arrives.
func (b *bodies) take(program string) *lease {
	b.mu.Lock()
	if b.held[program] < largeBodies {
		b.held[program]++
		b.mu.Unlock()
	} else {
		granted := make(chan struct{})
		b.waiting[program] = append(b.waiting[program], granted)
		b.mu.Unlock()
		<-granted
	}
	l := &lease{of: b, id: strconv.FormatUint(b.ids.Add(1), 36), program: program}
	l.timer = time.AfterFunc(b.lasts, l.release)
	b.leases.Store(l.id, l)
	return l
}

// release gives the place to the next.
func (l *lease) release() {
	l.once.Do(func() {
		l.timer.Stop()
		b := l.of
		b.leases.Delete(l.id)
		b.mu.Lock()
		defer b.mu.Unlock()
		if line := b.waiting[l.program]; len(line) > 0 {
			close(line[0])
			if b.waiting[l.program] = line[1:]; len(line) == 1 {
				delete(b.waiting, l.program)
			}
			return
		}
		if b.held[l.program]--; b.held[l.program] == 0 {
			delete(b.held, l.program)
		}
	})
}

// await waits for a place for a request with a large body, before that is read.
func (s *Server) await(h *fasthttp.RequestHeader) {
	if n := h.ContentLength(); n >= 0 && n <= MaxEvent {
		return
	}
	program := ""
	if auth := h.Peek("Authorization"); len(auth) > len(bearer) && is(auth[:len(bearer)], bearer) {
		if key, err := s.keys.Find(auth[len(bearer):]); err == nil {
			program = key.Program
		}
	}
	h.Set(leaseHeader, s.bodies.take(program).id)
}

// leave gives back the place of a request, if it has one.
func (s *Server) leave(h *fasthttp.RequestHeader) {
	if id := h.Peek(leaseHeader); len(id) > 0 {
		if l, ok := s.bodies.leases.Load(string(id)); ok {
			l.(*lease).release()
		}
	}
}
