package boardtest

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// fixture is one ranking of a board, with rows written as "rank member score".
type fixture struct {
	*testing.T
	board leaderboards.Board
	ctx   context.Context
	key   leaderboards.Key
	rules leaderboards.Rules
}

// newFixture has a program of its own for each test, as boards may share a server.
func newFixture(t *testing.T, board leaderboards.Board, rules leaderboards.Rules) *fixture {
	key := leaderboards.Key{Program: t.Name(), Board: "sprint", Season: "2026-W49"}
	return &fixture{T: t, board: board, ctx: t.Context(), key: key, rules: rules}
}

// score is a member's score, reached at second at, by the event with seq version.
func score(member, value string, at int64, version uint64) leaderboards.Score {
	return leaderboards.Score{
		Member:  member,
		Value:   decimal.MustParse(value),
		Reached: calendar.Instant(at * 1e6),
		Version: version,
	}
}

func removal(member string, version uint64) leaderboards.Score {
	return leaderboards.Score{Member: member, Version: version, Removed: true}
}

// ladder is m1 to mN, of which m1 has the greatest score.
func ladder(n int) []leaderboards.Score {
	scores := make([]leaderboards.Score, n)
	for i := range scores {
		scores[i] = score(fmt.Sprintf("m%d", i+1), fmt.Sprint(n-i), int64(i), uint64(i+1))
	}
	return scores
}

func sequence(scores ...leaderboards.Score) iter.Seq2[leaderboards.Score, error] {
	return func(yield func(leaderboards.Score, error) bool) {
		for _, s := range scores {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func text(rows []leaderboards.Standing) []string {
	lines := make([]string, len(rows))
	for i, row := range rows {
		lines[i] = fmt.Sprintf("%d %s %s", row.Rank, row.Member, row.Value)
	}
	return lines
}

func (f *fixture) put(scores ...leaderboards.Score) {
	f.Helper()
	require.NoError(f, f.board.Put(f.ctx, f.key, f.rules, scores))
}

func (f *fixture) page(from int64, limit int) []string {
	f.Helper()
	rows, _, err := f.board.Page(f.ctx, f.key, f.rules, from, limit)
	require.NoError(f, err)
	return text(rows)
}

// all is the whole ranking, of at most one page.
func (f *fixture) all() []string {
	f.Helper()
	return f.page(1, leaderboards.MaxPage)
}

func (f *fixture) around(member string, n int) []string {
	f.Helper()
	rows, err := f.board.Around(f.ctx, f.key, f.rules, member, n)
	require.NoError(f, err)
	return text(rows)
}

// standing is the row of a member, empty if it is not ranked.
func (f *fixture) standing(member string) string {
	f.Helper()
	row, ranked, err := f.board.Standing(f.ctx, f.key, f.rules, member)
	require.NoError(f, err)
	if !ranked {
		require.Zero(f, row)
		return ""
	}
	return text([]leaderboards.Standing{row})[0]
}

func (f *fixture) size() int64 {
	f.Helper()
	size, err := f.board.Size(f.ctx, f.key)
	require.NoError(f, err)
	return size
}

func (f *fixture) version() uint64 {
	f.Helper()
	version, err := f.board.Version(f.ctx, f.key)
	require.NoError(f, err)
	return version
}

func (f *fixture) rebuild(scores iter.Seq2[leaderboards.Score, error]) error {
	return f.board.Rebuild(f.ctx, f.key, f.rules, scores)
}
