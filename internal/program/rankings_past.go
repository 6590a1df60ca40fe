package program

import (
	"context"
	"errors"
	"slices"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
)

// maxUndone is how many events are looked at, at most, to tell what a ranking was like before them: about a second.
const maxUndone = 100_000

// tablePiece is how many rows of a final table are read at once.
const tablePiece = 1000

// past is a board with the ranking as it was at its instant. It is made once for all who ask for it.
func (r *Ranking) past(ctx context.Context) (leaderboards.Board, error) {
	board, err := r.program.copied(ctx, copyKey{r.Key, r.Board.Rules, r.At}, r.scoresAt)
	if errors.Is(err, engine.ErrTooFarBack) {
		err = wrong("at", "too much has happened since to tell what the ranking was like", "ask for a later instant, or for the table of a closed season")
	}
	return board, err
}

// scoresAt are the scores that members had at the ranking's instant: the present ones, with what has changed since put back, without
// members who were erased since.
func (r *Ranking) scoresAt(yield func(leaderboards.Score, error) bool) {
	var present []leaderboards.Score
	for s, err := range r.scores() {
		if err != nil {
			yield(s, err)
			return
		}
		present = append(present, s)
	}
	starts := calendar.Beginning
	if r.Season.Starts != nil {
		starts = *r.Season.Starts
	}
	changed, err := engine.ScoresAt(r.program.store, r.Key, starts, r.At, maxUndone)
	if err != nil {
		yield(leaderboards.Score{}, err)
		return
	}
	present = slices.DeleteFunc(present, func(s leaderboards.Score) bool { _, undone := changed[s.Member]; return undone })
	for _, s := range changed {
		if s != nil {
			present = append(present, *s)
		}
	}
	for _, s := range present {
		if s.Member != "" && !r.program.Erased(s.Member) && !yield(s, nil) {
			return
		}
	}
}

// scores are the present ones, or those of the final table.
func (r *Ranking) scores() scores {
	if !r.table {
		return r.program.scoresOf(r.Key)
	}
	return func(yield func(leaderboards.Score, error) bool) {
		for from := int64(1); ; from += tablePiece {
			rows, err := engine.ClosedPage(r.program.store, r.Key, from, tablePiece)
			if err != nil {
				yield(leaderboards.Score{}, err)
				return
			}
			for _, row := range rows {
				if !yield(leaderboards.Score{Member: row.Member, Value: row.Value, Reached: row.Reached}, nil) {
					return
				}
			}
			if len(rows) < tablePiece {
				return
			}
		}
	}
}

// at is the past instant that a ranking is shown as of, nil for the present.
func (r *Ranking) at() *calendar.Instant {
	if r.At == 0 {
		return nil
	}
	return &r.At
}
