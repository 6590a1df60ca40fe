package api

import (
	"sync"
	"sync/atomic"
	"time"
)

// Rate is how much of something may be done: so much a second in the long run, and so much at once.
type Rate struct {
	PerSecond float64
	Burst     float64
}

// gcra is the generic cell rate algorithm: one instant says how far ahead of its rate a client is. The zero value is a
// client that has done nothing.
type gcra struct{ ahead atomic.Int64 } // nanoseconds since the epoch: when all that was taken is paid off

// take charges a cost and reports 0, or refuses it and reports how long to wait until it could be charged.
func (g *gcra) take(rate Rate, now time.Time, cost float64) (wait time.Duration) {
	each := float64(time.Second) / rate.PerSecond
	at, price, slack := now.UnixNano(), int64(cost*each), int64(rate.Burst*each)
	for {
		ahead := g.ahead.Load()
		next := max(ahead, at) + price
		if over := next - at - slack; over > 0 {
			return time.Duration(over)
		}
		if g.ahead.CompareAndSwap(ahead, next) {
			return 0
		}
	}
}

// idle reports whether a client is as one that has done nothing.
func (g *gcra) idle(now time.Time) bool { return g.ahead.Load() <= now.UnixNano() }

// maxAddresses is how many addresses are remembered. With more in use at once, all start anew.
const maxAddresses = 10_000

// addresses limits what one address may do.
type addresses struct {
	rate Rate
	mu   sync.Mutex
	seen map[string]*gcra
}

func (a *addresses) take(address string, now time.Time) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.seen[address]
	if g == nil {
		a.tidy(now)
		g = new(gcra)
		a.seen[address] = g
	}
	return g.take(a.rate, now, 1)
}

// tidy makes room for one more address.
func (a *addresses) tidy(now time.Time) {
	if len(a.seen) < maxAddresses {
		return
	}
	for address, g := range a.seen {
		if g.idle(now) {
			delete(a.seen, address)
		}
	}
	if len(a.seen) >= maxAddresses {
		clear(a.seen)
	}
}

// seconds is a wait as Retry-After has it: whole seconds, at least one.
func seconds(wait time.Duration) int { return max(1, int((wait+time.Second-1)/time.Second)) }
