package suite

import (
	"context"
	"fmt"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/leaderboards"
)

// proveBoards stops the run where boards show something else than the counters count of those whom the step was about: that can
// only be a mistake in the engine.
func (w *world) proveBoards() {
	if len(w.rules.Leaderboards) == 0 {
		return
	}
	proved := map[string]bool{}
	for _, rec := range w.records {
		id := rec.Event.Member
		m := w.processor.Member(id)
		if m == nil || proved[id] {
			continue
		}
		proved[id] = true
		w.processor.Standings(m, func(s engine.ScoreChange) {
			row, ranked, err := w.boards.Standing(context.Background(), s.Key, s.Rules, s.Score.Member)
			must(err)
			shown := leaderboards.Score{Member: s.Score.Member, Value: row.Value, Rest: row.Rest, Reached: row.Reached, Removed: !ranked}
			if !engine.SameScore(shown, s.Score) {
				must(fmt.Errorf("leaderboard %s of %s shows %v of %s, and %v was counted", engine.BoardID(s.Key), s.Key.Season, shown, s.Score.Member, s.Score))
			}
		})
	}
}
