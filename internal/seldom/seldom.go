// Package seldom keeps a log readable while the same trouble comes again and again.
package seldom

import (
	"sync"
	"time"
)

// Every is how often one trouble is told at most.
const Every = time.Minute

// most bounds how many troubles are remembered.
const most = 1000

// Log remembers what was told when. The zero Log has told nothing yet. It is safe for concurrent use.
type Log struct {
	now  func() time.Time // time.Now when nil
	mu   sync.Mutex
	told map[string]*trouble
}

type trouble struct {
	at   time.Time
	more int
}

// May reports whether to tell a trouble now. Where it came again since it was last told, how often is an attribute of the message.
func (l *Log) May(what string) (again []any, may bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil {
		l.now = time.Now
	}
	now, t := l.now(), l.told[what]
	if t != nil && now.Sub(t.at) < Every {
		t.more++
		return nil, false
	}
	if t != nil && t.more > 0 {
		again = []any{"untold", t.more}
	}
	if l.told == nil || len(l.told) >= most {
		l.told = map[string]*trouble{}
	}
	l.told[what] = &trouble{at: now}
	return again, true
}
