package api

import (
	"container/list"
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

// maxAddresses is how many addresses are remembered. With more in use at once, the one that was silent for longest is
// forgotten: whoever has many addresses cannot make the others' tries be forgotten.
const maxAddresses = 10_000

// addresses limits what one address may do.
type addresses struct {
	rate Rate
	mu   sync.Mutex
	seen map[string]*list.Element // of used
	used *list.List               // of *rated, the one used last in front
}

type rated struct {
	address string
	gcra
}

func newAddresses(rate Rate) addresses {
	return addresses{rate: rate, seen: map[string]*list.Element{}, used: list.New()}
}

func (a *addresses) take(address string, now time.Time) (wait time.Duration) {
	return a.charge(address, now, 1)
}

// charge is take for what costs as much as several requests.
func (a *addresses) charge(address string, now time.Time, cost float64) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.seen[address]
	if at == nil {
		if len(a.seen) >= maxAddresses {
			oldest := a.used.Back()
			delete(a.seen, a.used.Remove(oldest).(*rated).address)
		}
		at = a.used.PushFront(&rated{address: address})
		a.seen[address] = at
	}
	a.used.MoveToFront(at)
	return at.Value.(*rated).take(a.rate, now, cost)
}

// seconds is a wait as Retry-After has it: whole seconds, at least one.
func seconds(wait time.Duration) int { return max(1, int((wait+time.Second-1)/time.Second)) }
