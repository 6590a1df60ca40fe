package jobs

import (
	"cmp"
	"context"
	"errors"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Boards is a board outside this process, which can lose its scores. *boards.Remote is one.
type Boards interface {
	leaderboards.Board
	// Epoch is the mark that SetEpoch last left for a program, "" when it is gone or was never set.
	Epoch(ctx context.Context, program string) (string, error)
	SetEpoch(ctx context.Context, program, epoch string) error
	// Lost are the rankings that were found damaged and not rebuilt since.
	Lost() []leaderboards.Key
}

// start is the epoch before the first row, and less than their keys.
const start = "-"

// Deliver tells a board outside this process one page of scores. Scores are absolute and versioned, so telling them again
// does no harm. A board whose epoch is not the one stored here was flushed, replaced or promoted without its tail: what it has
// lost is rebuilt from the stored scores first.
func Deliver(ctx context.Context, p *program.Program, boards Boards) (done int, err error) {
	id := p.Rules().Program
	stored, err := p.Store().Get(engine.ToldEpoch)
	if err != nil {
		return 0, err
	}
	epoch, err := boards.Epoch(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := restore(ctx, p, boards, epoch, string(stored)); err != nil {
		return 0, err
	}
	var rows []engine.Row
	last := cmp.Or(string(stored), start)
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
	done = len(rows)
	for _, key := range tables.order {
		rows = append(rows, engine.ToldRow(key, leaderboards.Latest(tables.scores[key])))
	}
	return done, p.Put(append(rows, engine.Row{Key: engine.ToldEpoch, Value: []byte(last)})...)
}

// restore brings back what a board outside this process has lost. Where its epoch is missing or older, each ranking tells by its
// own mark whether it has. An epoch that is newer, or that nobody here knows, is that of another store, or of this one before it
// was restored: then no mark says anything.
func restore(ctx context.Context, p *program.Program, boards Boards, epoch, stored string) error {
	if epoch == stored && epoch != "" {
		return nil
	}
	if stored == "" || epoch > stored {
		return p.Rebuild(ctx)
	}
	var keys []leaderboards.Key
	err := engine.ToldRankings(p.Store(), "", func(_ string, key leaderboards.Key) bool {
		key.Program = p.Rules().Program
		keys = append(keys, key)
		return true
	})
	for _, key := range keys {
		open, failed := p.Shows(key)
		if failed == nil && open {
			if _, failed = boards.Version(ctx, key); unreadable(failed) {
				failed = p.RebuildOne(ctx, key)
			}
		}
		if err = errors.Join(err, failed); errors.Is(failed, leaderboards.ErrUnavailable) {
			break
		}
	}
	return err
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

// put tells each ranking its scores. One that is kept under other rules or was damaged is rebuilt, which includes them.
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
