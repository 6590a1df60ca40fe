package redisboard

import (
	"context"
	"crypto/rand"
	"iter"
	"time"

	"github.com/laurel-engine/laurel/leaderboards"
)

// abandonTimeout bounds the clearing up after a failed rebuild, whose own context may be over.
const abandonTimeout = time.Second

// rebuild is one run of Rebuild. Its token tells it from others of the same ranking:
//
//	begin --> fill (as events go on being written, to both tables) --> swap
//	            \--> abandon, on an error
//
// Another begin, or a Reset, between those ends it with ErrSuperseded. A process that dies in between leaves its table
// behind, and writes go on reaching it, until the next rebuild of the ranking.
type rebuild struct {
	board  *Board
	tables tables
	rules  leaderboards.Rules
	token  string
}

func newRebuild(b *Board, key leaderboards.Key, rules leaderboards.Rules) rebuild {
	return rebuild{board: b, tables: newTables(key), rules: rules, token: rand.Text()}
}

func (r rebuild) begin(ctx context.Context) error {
	return failure("rebuild", beginScript.Run(ctx, r.board.client, r.tables.keys(), r.token, layout(r.rules), r.board.mark).Err())
}

func (r rebuild) fill(ctx context.Context, scores iter.Seq2[leaderboards.Score, error]) error {
	batch := make([]leaderboards.Score, 0, putBatch)
	for s, err := range scores {
		if err != nil {
			return err
		}
		if batch = append(batch, s); len(batch) < putBatch {
			continue
		}
		if err := r.board.put(ctx, r.tables, r.rules, r.token, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
	return r.board.put(ctx, r.tables, r.rules, r.token, batch)
}

func (r rebuild) swap(ctx context.Context) error {
	return failure("rebuild", swapScript.Run(ctx, r.board.client, r.tables.keys(), r.token).Err())
}

// abandon takes back what was begun. If it fails too, the next rebuild clears up.
func (r rebuild) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	_ = abandonScript.Run(ctx, r.board.client, r.tables.next.keys(), r.token).Err()
}
