package program

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/laurel-engine/laurel/engine"
)

// Topics are what a follower wants to know of.
type Topics struct {
	Member     string // whose events, "" for nobody's
	Board      string // whose changes, by the board's id, "" for none
	Promotions bool   // that open and close
	Events     bool   // all of them
}

// Follower is woken when something of its topics has become durable. What it is it reads from the journal, at its own pace: however slow
// it is, nothing is kept for it, and nothing is lost to it.
type Follower struct {
	topics Topics
	woken  chan struct{}
	board  atomic.Uint64 // the last event that changed the board
}

// Woken gives a token when something has come since the last one was taken.
func (f *Follower) Woken() <-chan struct{} { return f.woken }

// BoardChanged is the last event that changed the follower's board since it follows, 0 for none.
func (f *Follower) BoardChanged() uint64 { return f.board.Load() }

func (f *Follower) wake() {
	select {
	case f.woken <- struct{}{}:
	default:
	}
}

// followers are those of a program, by what wakes them.
type followers struct {
	count   atomic.Int64
	mu      sync.Mutex
	members map[string][]*Follower
	boards  map[string][]*Follower
	others  []*Follower // of promotions or all events
	// promotions are the last events that opened or closed any, and since is behind which event all are among them.
	promotions []uint64
	since      uint64
}

// maxPromotions is how many openings and closings are remembered: who was away for more looks through the journal.
const maxPromotions = 1024

// Follow begins to wake a follower.
func (p *Program) Follow(t Topics) *Follower {
	f, l := &Follower{topics: t, woken: make(chan struct{}, 1)}, &p.followers
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.Member != "" {
		l.members[t.Member] = append(l.members[t.Member], f)
	}
	if t.Board != "" {
		l.boards[t.Board] = append(l.boards[t.Board], f)
	}
	if t.Promotions || t.Events {
		l.others = append(l.others, f)
	}
	l.count.Add(1)
	return f
}

// Unfollow ends it.
func (p *Program) Unfollow(f *Follower) {
	l, own := &p.followers, func(o *Follower) bool { return o == f }
	l.mu.Lock()
	defer l.mu.Unlock()
	drop := func(of map[string][]*Follower, key string) {
		if of[key] = slices.DeleteFunc(of[key], own); len(of[key]) == 0 {
			delete(of, key)
		}
	}
	drop(l.members, f.topics.Member)
	drop(l.boards, f.topics.Board)
	l.others = slices.DeleteFunc(l.others, own)
	l.count.Add(-1)
}

// PromotionsAfter are the events after one that opened or closed promotions. complete is false where some may be missing, as they were
// too long ago.
func (p *Program) PromotionsAfter(seq uint64) (list []uint64, complete bool) {
	l := &p.followers
	l.mu.Lock()
	defer l.mu.Unlock()
	i, _ := slices.BinarySearch(l.promotions, seq+1)
	return slices.Clone(l.promotions[i:]), seq >= l.since
}

// tell wakes those whom a batch that is durable is about.
func (l *followers) tell(accepted []engine.Accepted) {
	nobody := l.count.Load() == 0
	for _, a := range accepted {
		ofProgram := a.Event.Member == "" && len(a.Outcome.Notifications) > 0
		if nobody && !ofProgram {
			continue
		}
		l.tellOne(a, ofProgram)
	}
	if !nobody && len(accepted) > 0 {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, f := range l.others {
			if f.topics.Events {
				f.wake()
			}
		}
	}
}

func (l *followers) tellOne(a engine.Accepted, ofProgram bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ofProgram {
		if l.promotions = append(l.promotions, a.Outcome.Seq); len(l.promotions) > maxPromotions {
			l.since = l.promotions[0]
			l.promotions = slices.Delete(l.promotions, 0, 1)
		}
		for _, f := range l.others {
			if f.topics.Promotions {
				f.wake()
			}
		}
	}
	for _, f := range l.members[a.Event.Member] {
		f.wake()
	}
	for i := range a.Outcome.Scores {
		for _, f := range l.boards[engine.BoardID(a.Outcome.Scores[i].Key)] {
			f.board.Store(a.Outcome.Seq)
			f.wake()
		}
	}
}
