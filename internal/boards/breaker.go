package boards

import (
	"sync"
	"time"
)

// rest is how long nobody asks after an answer did not come. Then one asks, and others go on not to until it has its answer.
const rest = time.Second

// breaker remembers where answers do not come.
type breaker struct {
	now func() time.Time

	mu    sync.Mutex
	until map[string]time.Time // by home
}

func newBreaker(now func() time.Time) *breaker {
	return &breaker{now: now, until: map[string]time.Time{}}
}

// mayAsk reports whether to ask now.
func (b *breaker) mayAsk(home string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	until, broken := b.until[home]
	if !broken {
		return true
	}
	now := b.now()
	if now.Before(until) {
		return false
	}
	b.until[home] = now.Add(rest)
	return true
}

// tell notes whether an answer came.
func (b *breaker) tell(home string, came bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if came {
		delete(b.until, home)
	} else {
		b.until[home] = b.now().Add(rest)
	}
}
