package client

import (
	"context"
	"errors"
	"sync"
	"time"
)

// How a Batcher gathers, unless its options say otherwise.
const (
	gatherEvents = batchEvents
	gatherFor    = 200 * time.Millisecond
	mostWaiting  = 20 * batchEvents
)

// ErrClosed is the error of Add after Close.
var ErrClosed = errors.New("laurel: the batcher is closed")

// Batcher sends events in the background, many at a time and in the order in which they were added. An event is taken in before it is
// sent: what is lost with the process can be sent again under the same id. Any number of goroutines may use it.
type Batcher struct {
	client *Client
	done   func(Event, Result, error)

	mu      sync.Mutex
	waiting []Event
	room    *sync.Cond // something was sent, or the batcher is closed
	closed  bool

	added  chan struct{} // an event was, or Flush asks
	ending chan struct{}
	ended  chan struct{}
	cancel context.CancelFunc
}

// NewBatcher begins one. done is told what became of each event, in their order and from one goroutine: a Result; or an error where the
// client gave up after all its tries, and the event may have been carried out or not. It may be nil.
func (c *Client) NewBatcher(done func(Event, Result, error)) *Batcher {
	if done == nil {
		done = func(Event, Result, error) {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &Batcher{client: c, done: done, added: make(chan struct{}, 1), ending: make(chan struct{}), ended: make(chan struct{}), cancel: cancel}
	b.room = sync.NewCond(&b.mu)
	go b.run(ctx)
	return b
}

// Add takes an event in and gives it an ID if it has none, which it returns. While 10,000 events wait it waits for room.
func (b *Batcher) Add(e Event) (id string, err error) {
	e.name()
	b.mu.Lock()
	for len(b.waiting) >= mostWaiting && !b.closed {
		b.room.Wait()
	}
	if b.closed {
		b.mu.Unlock()
		return "", ErrClosed
	}
	b.waiting = append(b.waiting, e)
	b.mu.Unlock()
	b.wake()
	return e.ID, nil
}

func (b *Batcher) wake() {
	select {
	case b.added <- struct{}{}:
	default:
	}
}

// Close sends what waits and ends the batcher. Where the context ends before, what is left is told to be an error.
func (b *Batcher) Close(ctx context.Context) error {
	b.mu.Lock()
	first := !b.closed
	b.closed = true
	b.room.Broadcast()
	b.mu.Unlock()
	if first {
		close(b.ending)
	}
	select {
	case <-b.ended:
		return nil
	case <-ctx.Done():
		b.cancel()
		<-b.ended
		return ctx.Err()
	}
}

func (b *Batcher) run(ctx context.Context) {
	defer close(b.ended)
	defer b.cancel()
	for {
		select {
		case <-b.added:
			b.gather()
		case <-b.ending:
		}
		for b.send(ctx) {
		}
		select {
		case <-b.ending:
			if !b.send(ctx) {
				return
			}
		default:
		}
	}
}

// gather waits for more, but not for long.
func (b *Batcher) gather() {
	over := time.NewTimer(gatherFor)
	defer over.Stop()
	for {
		b.mu.Lock()
		enough := len(b.waiting) >= gatherEvents
		b.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-b.added:
		case <-over.C:
			return
		case <-b.ending:
			return
		}
	}
}

// send sends some of what waits, and reports whether there was anything.
func (b *Batcher) send(ctx context.Context) bool {
	b.mu.Lock()
	n := min(len(b.waiting), gatherEvents)
	events := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	b.room.Broadcast()
	b.mu.Unlock()
	if n == 0 {
		return false
	}
	results, err := b.client.SendBatch(ctx, events)
	for i, e := range events {
		if i < len(results) {
			b.done(e, results[i], nil)
		} else {
			b.done(e, Result{}, err)
		}
	}
	return true
}
