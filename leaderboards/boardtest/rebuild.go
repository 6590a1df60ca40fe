package boardtest

import (
	"errors"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards"
)

// during is a sequence that does something between its first half and its second.
func during(scores []leaderboards.Score, do func()) iter.Seq2[leaderboards.Score, error] {
	return func(yield func(leaderboards.Score, error) bool) {
		for i, s := range scores {
			if i == len(scores)/2 {
				do()
			}
			if !yield(s, nil) {
				return
			}
		}
	}
}

func testRebuild(t *testing.T, board leaderboards.Board) {
	for _, rules := range allRules() {
		t.Run(rules.Order.String()+" "+rules.Ties.String(), func(t *testing.T) {
			f := newFixture(t, board, rules)
			require.NoError(t, f.rebuild(sequence(ladder(1203)...)))
			require.EqualValues(t, 1203, f.size(), "there was no ranking before")
			require.NotEmpty(t, f.standing("m1203"))
			require.NoError(t, f.rebuild(sequence(score("a", "5", 1, 4), removal("b", 8), score("a", "6", 1, 5), score("a", "4", 1, 3))))
			require.Equal(t, []string{"1 a 6"}, f.all(), "nothing of the old is left")
			f.put(score("b", "1", 1, 7), score("a", "7", 1, 4))
			require.Equal(t, []string{"1 a 6"}, f.all(), "versions and removals count on")
			require.NoError(t, f.rebuild(sequence()))
			require.Empty(t, f.all())
			f.put(score("b", "1", 1, 1))
			require.Equal(t, []string{"1 b 1"}, f.all())
		})
	}
}

func testWritesDuringRebuild(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{Ties: leaderboards.Dense})
	f.put(score("stale", "1", 1, 1), score("ann", "5", 1, 1), score("bob", "4", 1, 1))
	store := append(ladder(1500), score("ann", "5", 1, 1), score("bob", "4", 1, 1))
	err := f.rebuild(during(store, func() {
		f.put(score("ann", "5000", 9, 20), score("m2", "6000", 9, 5000), removal("bob", 21), score("new", "7000", 9, 22))
		require.Equal(t, []string{"1 new 7000", "2 m2 6000", "3 ann 5000", "4 stale 1"}, f.all(), "readers see the old ranking")
	}))
	require.NoError(t, err)
	require.Equal(t, []string{"1 new 7000", "2 m2 6000", "3 ann 5000", "4 m1 1500", "5 m3 1498"}, f.page(1, 5))
	require.Empty(t, f.standing("bob"), "the sequence was older than the removal")
	require.Empty(t, f.standing("stale"), "the sequence did not have it")
	require.EqualValues(t, 1502, f.size())
}

func testRebuildOtherRules(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	old := f.rules
	f.put(score("a", "5", 1, 1), score("b", "7", 1, 1))
	f.rules = leaderboards.Rules{Order: leaderboards.LowestFirst, Ties: leaderboards.Dense}
	err := f.rebuild(during([]leaderboards.Score{score("a", "5", 1, 1), score("b", "7", 1, 1)}, func() {
		require.ErrorIs(t, board.Put(f.ctx, f.key, old, []leaderboards.Score{score("c", "1", 1, 1)}), leaderboards.ErrRules)
		f.put(score("c", "6", 1, 2))
		rows, _, err := board.Page(f.ctx, f.key, old, 1, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"1 b 7", "2 a 5"}, text(rows), "the old ranking is as it was")
	}))
	require.NoError(t, err)
	require.Equal(t, []string{"1 a 5", "2 c 6", "3 b 7"}, f.all())
	_, _, err = board.Page(f.ctx, f.key, old, 1, 10)
	require.ErrorIs(t, err, leaderboards.ErrRules)
}

func testRebuildFails(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	f.put(score("a", "5", 1, 1))
	before := f.version()
	unreadable := errors.New("the store cannot be read")
	err := f.rebuild(func(yield func(leaderboards.Score, error) bool) {
		for _, s := range ladder(700) {
			if !yield(s, nil) {
				return
			}
		}
		yield(leaderboards.Score{}, unreadable)
	})
	require.ErrorIs(t, err, unreadable)
	require.Equal(t, []string{"1 a 5"}, f.all())
	require.Equal(t, before, f.version())
	f.put(score("b", "6", 1, 1))
	require.Equal(t, []string{"1 b 6", "2 a 5"}, f.all())
	require.NoError(t, f.rebuild(sequence(score("c", "1", 1, 1))))
	require.Equal(t, []string{"1 c 1"}, f.all(), "nothing is left of the failed one")
}

func testRebuildSuperseded(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	err := f.rebuild(during(ladder(10), func() {
		require.NoError(t, f.rebuild(sequence(score("second", "1", 1, 1))))
	}))
	require.ErrorIs(t, err, leaderboards.ErrSuperseded)
	require.Equal(t, []string{"1 second 1"}, f.all())

	err = f.rebuild(during(ladder(10), func() {
		require.NoError(t, board.Reset(f.ctx, f.key))
	}))
	require.ErrorIs(t, err, leaderboards.ErrSuperseded)
	require.Empty(t, f.all())
}

// testGivingUp has a rebuild fail while another one, which took over from it, is under way.
func testGivingUp(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	unreadable := errors.New("the store cannot be read")
	begun, fail, failed := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		failed <- f.rebuild(func(yield func(leaderboards.Score, error) bool) {
			close(begun)
			<-fail
			yield(leaderboards.Score{}, unreadable)
		})
	}()
	<-begun
	err := f.rebuild(during(ladder(2), func() {
		close(fail)
		require.ErrorIs(t, <-failed, unreadable)
		f.put(score("late", "9", 1, 1))
	}))
	require.NoError(t, err)
	require.Equal(t, []string{"1 late 9", "2 m1 2", "3 m2 1"}, f.all(), "it took nothing from who took over")
}
