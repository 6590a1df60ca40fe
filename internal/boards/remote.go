package boards

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// readTime bounds one read, so that there is time left to answer from the store within a second.
const readTime = 400 * time.Millisecond

// Remote is the boards of one program on a Redis. Reads and writes of a ranking that does not hold all that it was told fail
// with leaderboards.ErrDamaged, and with leaderboards.ErrUnavailable where Redis does not answer. Of a ranking that was
// told nothing nobody sees what Redis has under its name.
type Remote struct {
	redis *Redis
	store engine.Store

	mu   sync.Mutex
	lost map[leaderboards.Key]bool
}

var _ leaderboards.Board = (*Remote)(nil)

// Epoch is the mark that SetEpoch last left for a program, "" when it is gone or was never set.
func (r *Remote) Epoch(ctx context.Context, program string) (string, error) {
	return r.redis.board.Epoch(ctx, program)
}

// SetEpoch leaves a mark for a program.
func (r *Remote) SetEpoch(ctx context.Context, program, epoch string) error {
	return r.redis.board.SetEpoch(ctx, program, epoch)
}

// Lost are the rankings that somebody found damaged and that were not rebuilt since.
func (r *Remote) Lost() []leaderboards.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.lost))
}

// Put implements leaderboards.Board. The first scores of a ranking take the place of whatever Redis has there.
func (r *Remote) Put(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, scores []leaderboards.Score) error {
	told, is, err := engine.Told(r.store, key)
	if err != nil {
		return err
	}
	if !is {
		if err := r.redis.board.Reset(ctx, key); err != nil {
			return err
		}
	}
	return r.redis.board.At(told).Put(ctx, key, rules, scores)
}

// Page implements leaderboards.Board.
func (r *Remote) Page(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, from int64,
	limit int) (rows []leaderboards.Standing, total int64, err error) {
	err = r.read(ctx, key, func(ctx context.Context, b *redisboard.Board) (err error) {
		rows, total, err = b.Page(ctx, key, rules, from, limit)
		return err
	})
	return rows, total, err
}

// Standing implements leaderboards.Board.
func (r *Remote) Standing(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules,
	member string) (row leaderboards.Standing, ranked bool, err error) {
	err = r.read(ctx, key, func(ctx context.Context, b *redisboard.Board) (err error) {
		row, ranked, err = b.Standing(ctx, key, rules, member)
		return err
	})
	return row, ranked, err
}

// Around implements leaderboards.Board.
func (r *Remote) Around(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, member string, n int) (rows []leaderboards.Standing, err error) {
	err = r.read(ctx, key, func(ctx context.Context, b *redisboard.Board) (err error) {
		rows, err = b.Around(ctx, key, rules, member, n)
		return err
	})
	return rows, err
}

// Size implements leaderboards.Board.
func (r *Remote) Size(ctx context.Context, key leaderboards.Key) (size int64, err error) {
	err = r.read(ctx, key, func(ctx context.Context, b *redisboard.Board) (err error) {
		size, err = b.Size(ctx, key)
		return err
	})
	return size, err
}

// Version implements leaderboards.Board.
func (r *Remote) Version(ctx context.Context, key leaderboards.Key) (version uint64, err error) {
	err = r.read(ctx, key, func(ctx context.Context, b *redisboard.Board) (err error) {
		version, err = b.Version(ctx, key)
		return err
	})
	return version, err
}

// Reset implements leaderboards.Board.
func (r *Remote) Reset(ctx context.Context, key leaderboards.Key) error {
	return r.redis.board.Reset(ctx, key)
}

// Rebuild implements leaderboards.Board. The sequence has to be of what was committed when it was called, at least.
func (r *Remote) Rebuild(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, scores iter.Seq2[leaderboards.Score, error]) error {
	last, _ := r.store.Head()
	err := r.redis.board.At(last).Rebuild(ctx, key, rules, scores)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		delete(r.lost, key)
	}
	return err
}

// untold is why a ranking that was told nothing is not shown; nil where it is empty.
func (r *Remote) untold() error {
	if last, _ := r.store.Head(); last == 0 {
		return nil
	}
	epoch, err := r.store.Get(engine.ToldEpoch)
	waits := epoch == nil // all of them
	if err == nil && !waits {
		err = engine.Outbox(r.store, func(string, engine.ScoreChange) bool {
			waits = true
			return false
		})
	}
	if err == nil && waits {
		err = leaderboards.ErrUntold
	}
	return err
}

// read asks Redis about a ranking, unless it is known not to answer.
func (r *Remote) read(ctx context.Context, key leaderboards.Key, ask func(context.Context, *redisboard.Board) error) error {
	// Told before it is asked: it is told more meanwhile, and never less.
	told, is, err := engine.Told(r.store, key)
	if err != nil {
		return err
	}
	if !is {
		return r.untold()
	}
	home := r.redis.board.Home(key)
	if !r.redis.breaker.mayAsk(home) {
		r.redis.refused.Inc()
		return fmt.Errorf("%w: it did not answer a moment ago", leaderboards.ErrUnavailable)
	}
	bounded, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	err = ask(bounded, r.redis.board.At(told).Within(func() uint64 {
		last, _ := r.store.Head()
		return last
	}))
	away := errors.Is(err, leaderboards.ErrUnavailable)
	if away && ctx.Err() != nil {
		return err // whoever asked has gone, which says nothing of Redis
	}
	r.redis.breaker.tell(home, !away)
	if away || errors.Is(err, leaderboards.ErrDamaged) {
		r.redis.refused.Inc()
	}
	if errors.Is(err, leaderboards.ErrDamaged) {
		r.mu.Lock()
		r.lost[key] = true
		r.mu.Unlock()
	}
	return err
}
