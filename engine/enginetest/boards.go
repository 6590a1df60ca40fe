package enginetest

import (
	"context"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/leaderboards"
)

// CheckBoards fails the test unless boards show what the counters count of a member, and of the groups that the member brought
// something to.
func CheckBoards(t TB, p *engine.Processor, boards leaderboards.Board, member string) {
	t.Helper()
	p.ShowRanks()
	m := p.Member(member)
	if m == nil {
		return
	}
	p.Standings(m, func(s engine.ScoreChange) { checkScore(t, boards, s) })
}

// CheckAllBoards is CheckBoards for all members, and for every score that is stored: boards show nothing else either. What the
// processor has gathered must have been committed with a checkpoint.
func CheckAllBoards(t TB, store engine.Store, p *engine.Processor, boards leaderboards.Board) {
	t.Helper()
	require.NoError(t, store.Scan("s/m/", "", func(key string, _ []byte) bool {
		CheckBoards(t, p, boards, strings.TrimPrefix(key, "s/m/"))
		return true
	}))
	require.NoError(t, engine.Scores(store, func(s engine.ScoreChange) bool {
		s.Key.Program = p.Rules().Program
		if want, ok := p.StandingOf(s.Key, s.Score.Member); ok {
			checkScore(t, boards, want)
			require.Equal(t, scoreOf(want.Score), scoreOf(s.Score), "the stored score of %s in %v", s.Score.Member, s.Key)
		}
		return true
	}))
}

func checkScore(t TB, boards leaderboards.Board, want engine.ScoreChange) {
	t.Helper()
	row, ranked, err := boards.Standing(context.Background(), want.Key, want.Rules, want.Score.Member)
	require.NoError(t, err)
	shown := leaderboards.Score{Member: want.Score.Member, Value: row.Value, Rest: row.Rest, Reached: row.Reached, Removed: !ranked}
	require.Equal(t, scoreOf(want.Score), scoreOf(shown), "the score of %s in %v", want.Score.Member, want.Key)
}

// scoreOf is what two scores have to agree in.
func scoreOf(s leaderboards.Score) leaderboards.Score {
	if s.Removed {
		return leaderboards.Score{Member: s.Member, Removed: true}
	}
	s.Version = 0
	return s
}
