package program

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
)

// copyTime is how long a copy of a ranking is shown; ten times as long as it took to make, where that is more.
const copyTime = time.Second

// copies are rankings as the store has them, for reads while a board outside this process does not serve them, and of the past.
type copies struct {
	mu sync.Mutex
	of map[copyKey]*copied
}

// copyKey is of which ranking a copy is, by which rules, and as of when: 0 is the present.
type copyKey struct {
	leaderboards.Key
	rules leaderboards.Rules
	at    calendar.Instant
}

// scores are those of one ranking.
type scores = iter.Seq2[leaderboards.Score, error]

type copied struct {
	made  chan struct{} // closed when it is
	board *leaderboards.Memory
	err   error
}

// Copy is a board with one ranking as the store has it, a moment old at most, and older where it is large. It is made once for all
// who ask for it.
func (p *Program) Copy(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules) (leaderboards.Board, error) {
	return p.copied(ctx, copyKey{Key: key, rules: rules}, p.scoresOf(key))
}

func (p *Program) copied(ctx context.Context, key copyKey, scores scores) (leaderboards.Board, error) {
	p.copies.mu.Lock()
	c := p.copies.of[key]
	if c == nil {
		c = &copied{made: make(chan struct{}), board: leaderboards.NewMemory()}
		p.copies.of[key] = c
		go p.copy(context.WithoutCancel(ctx), c, key, scores) // others may wait for it when this one has gone
	}
	p.copies.mu.Unlock()
	select {
	case <-c.made:
		return c.board, c.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: a copy of it is being made from the store: %w", leaderboards.ErrUnavailable, ctx.Err())
	}
}

func (p *Program) copy(ctx context.Context, c *copied, key copyKey, scores scores) {
	defer close(c.made)
	start := time.Now()
	c.err = c.board.Rebuild(ctx, key.Key, key.rules, scores)
	time.AfterFunc(max(copyTime, 10*time.Since(start)), func() {
		p.copies.mu.Lock()
		defer p.copies.mu.Unlock()
		delete(p.copies.of, key)
	})
}

// Unserved reports whether an error of a board says that it does not serve a ranking, which the store has.
func Unserved(err error) bool {
	return errors.Is(err, leaderboards.ErrUnavailable) || errors.Is(err, leaderboards.ErrDamaged) || errors.Is(err, leaderboards.ErrRules)
}
