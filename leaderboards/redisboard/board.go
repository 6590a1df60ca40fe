package redisboard

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/laurel-engine/laurel/leaderboards"
)

// Board keeps rankings on Redis. Every method honours the deadline of its context, and may be called again after any
// error. Beside the errors of leaderboards.Board it returns those of the connection.
type Board struct {
	client redis.UniversalClient
	mark   uint64
	last   func() uint64
	at     *address // nil without a URL
}

var _ leaderboards.Board = (*Board)(nil)

// New makes a board on a client, which may be that of a cluster. The client needs ContextTimeoutEnabled.
func New(client redis.UniversalClient) *Board {
	return &Board{client: client}
}

// At is the board for a caller who knows up to which event a ranking was told of scores (leaderboards.Latest). Reads and
// writes of one that remembers less fail with ErrDamaged: all of it was lost, or the last that was written. A Rebuild
// leaves the ranking with that mark, so it has to be one up to which the scores of the sequence are.
func (b *Board) At(mark uint64) *Board {
	at := *b
	at.mark = mark
	return &at
}

// Within is the board for a caller who knows up to which event a ranking can have been told at all, when it is asked after the answer.
// Reads of one that was told of more fail with ErrDamaged.
func (b *Board) Within(last func() uint64) *Board {
	within := *b
	within.last = last
	return &within
}

// Close gives up the connections.
func (b *Board) Close() error { return b.client.Close() }

// Time is what the clock of the Redis shows.
func (b *Board) Time(ctx context.Context) (time.Time, error) {
	at, err := b.client.Time(ctx).Result()
	return at, b.trouble("time", err)
}

// Epoch returns what SetEpoch last noted for a program, empty if there is nothing: then this Redis is new to the
// program or has lost its data, and all of the program's rankings have to be rebuilt.
func (b *Board) Epoch(ctx context.Context, program string) (string, error) {
	epoch, err := b.client.Get(ctx, epochKey(program)).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return epoch, failure("epoch", err)
}

// SetEpoch notes that a program's rankings are complete. If the epoch names the last outbox row that was put, and is
// noted again as that advances, it also tells a replica that was promoted without its tail: replication keeps the order
// of writes, so the older epoch that is found there bounds what is missing.
func (b *Board) SetEpoch(ctx context.Context, program, epoch string) error {
	return failure("set epoch", b.client.Set(ctx, epochKey(program), epoch, 0).Err())
}

// Put implements leaderboards.Board, by one script for every putBatch scores.
func (b *Board) Put(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, scores []leaderboards.Score) error {
	return b.put(ctx, newTables(key), rules, "", scores)
}

// Page implements leaderboards.Board.
func (b *Board) Page(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, from int64, limit int) ([]leaderboards.Standing, int64, error) {
	limit = max(0, min(limit, leaderboards.MaxPage))
	return b.read(ctx, key, rules, max(from, 1)-1, limit)
}

// Standing implements leaderboards.Board.
func (b *Board) Standing(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, member string) (leaderboards.Standing, bool, error) {
	rows, _, err := b.read(ctx, key, rules, 0, 1, member)
	if err != nil || len(rows) == 0 {
		return leaderboards.Standing{}, false, err
	}
	return rows[0], true, nil
}

// Around implements leaderboards.Board.
func (b *Board) Around(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, member string, n int) ([]leaderboards.Standing, error) {
	n = max(0, min(n, (leaderboards.MaxPage-1)/2))
	rows, _, err := b.read(ctx, key, rules, int64(n), 2*n+1, member)
	return rows, err
}

// Size implements leaderboards.Board.
func (b *Board) Size(ctx context.Context, key leaderboards.Key) (int64, error) {
	_, size, err := b.about(ctx, key)
	return size, err
}

// Version implements leaderboards.Board.
func (b *Board) Version(ctx context.Context, key leaderboards.Key) (uint64, error) {
	version, _, err := b.about(ctx, key)
	return version, err
}

// Reset implements leaderboards.Board.
func (b *Board) Reset(ctx context.Context, key leaderboards.Key) error {
	return failure("reset", b.client.Unlink(ctx, newTables(key).keys()...).Err())
}

// Rebuild implements leaderboards.Board.
func (b *Board) Rebuild(ctx context.Context, key leaderboards.Key, rules leaderboards.Rules, scores iter.Seq2[leaderboards.Score, error]) error {
	r := newRebuild(b, key, rules)
	if err := r.begin(ctx); err != nil {
		return err
	}
	err := r.fill(ctx, scores)
	if err == nil {
		err = r.swap(ctx)
	}
	if err != nil {
		r.abandon(ctx)
	}
	return err
}
