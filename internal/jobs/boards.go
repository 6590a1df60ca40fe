package jobs

import (
	"cmp"
	"context"
	"errors"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Boards is a board outside this process, which can lose its scores. *redisboard.Board is one.
type Boards interface {
	leaderboards.Board
	// Epoch is the mark that SetEpoch last left for a program, "" when it is gone or was never set.
	Epoch(ctx context.Context, program string) (string, error)
	SetEpoch(ctx context.Context, program, epoch string) error
}

// delivered is the row that holds the epoch of the board: the key of the last outbox row it was told of.
const delivered = "c/boards"

// Deliver tells a board outside this process one page of scores. Scores are absolute and versioned, so telling them again
// does no harm. A board whose epoch is not the one stored here was flushed, replaced or promoted without its tail: it is
// built anew from the stored scores first.
func Deliver(ctx context.Context, p *program.Program, boards Boards) (done int, err error) {
	id := p.Rules().Program
	stored, err := p.Store().Get(delivered)
	if err != nil {
		return 0, err
	}
	epoch, err := boards.Epoch(ctx, id)
	if err != nil {
		return 0, err
	}
	if epoch == "" || epoch != string(stored) {
		if err := p.Rebuild(ctx); err != nil {
			return 0, err
		}
	}
	var rows []engine.Row
	last := cmp.Or(string(stored), "start")
	tables := newTables(id)
	err = engine.Outbox(p.Store(), func(key string, s engine.ScoreChange) bool {
		rows = append(rows, engine.Row{Key: key})
		last = key
		tables.add(s)
		return len(rows) < page
	})
	if err != nil || len(rows) == 0 && epoch == last {
		return 0, err
	}
	if err := tables.put(ctx, p, boards); err != nil {
		return 0, err
	}
	if err := boards.SetEpoch(ctx, id, last); err != nil {
		return 0, err
	}
	return len(rows), p.Put(append(rows, engine.Row{Key: delivered, Value: []byte(last)})...)
}

// tables gathers scores by ranking, so that each ranking is told in one call.
type tables struct {
	program string
	order   []leaderboards.Key
	rules   map[leaderboards.Key]leaderboards.Rules
	scores  map[leaderboards.Key][]leaderboards.Score
}

func newTables(program string) *tables {
	return &tables{program: program, rules: map[leaderboards.Key]leaderboards.Rules{}, scores: map[leaderboards.Key][]leaderboards.Score{}}
}

func (t *tables) add(s engine.ScoreChange) {
	s.Key.Program = t.program
	if _, known := t.rules[s.Key]; !known {
		t.order = append(t.order, s.Key)
	}
	t.rules[s.Key] = s.Rules
	t.scores[s.Key] = append(t.scores[s.Key], s.Score)
}

// put tells each ranking its scores. One that is kept under other rules or was damaged is built anew, which includes them.
func (t *tables) put(ctx context.Context, p *program.Program, boards leaderboards.Board) error {
	for _, key := range t.order {
		err := boards.Put(ctx, key, t.rules[key], t.scores[key])
		if errors.Is(err, leaderboards.ErrRules) || errors.Is(err, leaderboards.ErrDamaged) {
			err = p.RebuildOne(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
