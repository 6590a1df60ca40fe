package program

import (
	"context"
	"errors"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Rebuild puts the stored scores of every ranking on the boards, under the rules of the ruleset in force. Rankings of
// boards that it no longer has stay as they are.
func (p *Program) Rebuild(ctx context.Context) error {
	if err := p.Flush(); err != nil {
		return err
	}
	keys, err := p.rankings()
	for _, key := range keys {
		open, failed := p.Shows(key)
		if failed == nil && open {
			failed = p.RebuildOne(ctx, key)
		}
		err = errors.Join(err, failed)
	}
	return err
}

// ResetBoards takes the program's rankings off boards outside this process, where it is removed.
func (p *Program) ResetBoards(ctx context.Context) error {
	if p.inProcess {
		return nil
	}
	keys, err := p.rankings()
	for _, key := range keys {
		err = errors.Join(err, p.boards.Reset(ctx, key))
	}
	return err
}

// forgetOutside has a board outside this process rebuilt when there is one again: nobody tells it of what is decided now.
func (p *Program) forgetOutside() error {
	epoch, err := p.store.Get(engine.ToldEpoch)
	if err != nil || epoch == nil {
		return err
	}
	return p.Put(engine.Row{Key: engine.ToldEpoch})
}

// rankings are those with stored scores, and those that a board outside this process was told of, which may have none any more.
func (p *Program) rankings() (keys []leaderboards.Key, err error) {
	id, known := p.Rules().Program, map[leaderboards.Key]bool{}
	add := func(key leaderboards.Key) bool {
		key.Program = id
		if !known[key] {
			known[key] = true
			keys = append(keys, key)
		}
		return true
	}
	err = engine.Scores(p.store, func(s engine.ScoreChange) bool { return add(s.Key) })
	if err == nil && !p.inProcess {
		err = engine.ToldRankings(p.store, "", func(_ string, key leaderboards.Key) bool { return add(key) })
	}
	return keys, err
}

// Shows reports whether a ranking is shown by a board: its season has no final table yet, and its board is in force, not started
// afresh.
func (p *Program) Shows(key leaderboards.Key) (bool, error) {
	board := p.Rules().Leaderboard(engine.BoardID(key))
	if board == nil || board.Key != key.Board {
		return false, nil
	}
	closed, err := engine.ClosedSeasonOf(p.store, engine.BoardID(key), key.Season)
	return closed == nil, err
}

// RebuildOne puts the stored scores of one ranking on its board. One that another takes over, which began later, is as good.
func (p *Program) RebuildOne(ctx context.Context, key leaderboards.Key) error {
	board := p.Rules().Leaderboard(engine.BoardID(key))
	if board == nil || board.Key != key.Board { // or it has started afresh
		return nil
	}
	last, _ := p.store.Head()
	err := p.boards.Rebuild(ctx, key, board.Rules, p.scoresOf(key))
	if errors.Is(err, leaderboards.ErrSuperseded) {
		return nil
	}
	if err == nil && !p.inProcess {
		err = p.Put(engine.ToldRow(key, last))
	}
	return err
}

// scoresOf are the stored scores of a ranking, as of when they are first asked for: what is decided from then on is told to both
// the ranking that is shown and the one that a rebuild makes.
func (p *Program) scoresOf(key leaderboards.Key) scores {
	return func(yield func(leaderboards.Score, error) bool) {
		if err := p.Flush(); err != nil {
			yield(leaderboards.Score{}, err)
			return
		}
		engine.ScoresOf(p.store, key)(yield)
	}
}
