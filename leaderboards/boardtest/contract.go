package boardtest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Run checks that a board keeps its contract. Each test opens a board, which need not be an empty one but must know
// nothing of the test's program, and leaves closing it to the opener.
func Run(t *testing.T, open func(t *testing.T) leaderboards.Board) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, leaderboards.Board)
	}{
		{"ties", testTies},
		{"equal scores are listed by time, then by id", testEqualScores},
		{"a score is reached when it last changed", testReached},
		{"scores are exact", testExactScores},
		{"versions", testVersions},
		{"removal", testRemoval},
		{"dense ranks leave no hole", testDenseHoles},
		{"pages", testPages},
		{"ranks go on from page to page", testRanksAcrossPages},
		{"around a member", testAround},
		{"rankings are apart", testKeys},
		{"other rules are refused", testOtherRules},
		{"versions of a ranking", testRankingVersion},
		{"rebuild", testRebuild},
		{"writes during a rebuild", testWritesDuringRebuild},
		{"rebuild under other rules", testRebuildOtherRules},
		{"rebuilds that fail", testRebuildFails},
		{"rebuilds that are superseded", testRebuildSuperseded},
		{"a superseded rebuild fails", testGivingUp},
		{"readers beside a writer", testConcurrency},
		{"random operations", testRandom},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

func testTies(t *testing.T, board leaderboards.Board) {
	for _, test := range []struct {
		order leaderboards.Order
		ties  leaderboards.Ties
		rows  []string
	}{
		{leaderboards.HighestFirst, leaderboards.Earliest, []string{"1 a 50", "2 b 50", "3 c 30", "4 d 30", "5 e 10"}},
		{leaderboards.HighestFirst, leaderboards.Share, []string{"1 a 50", "1 b 50", "3 c 30", "3 d 30", "5 e 10"}},
		{leaderboards.HighestFirst, leaderboards.Dense, []string{"1 a 50", "1 b 50", "2 c 30", "2 d 30", "3 e 10"}},
		{leaderboards.LowestFirst, leaderboards.Earliest, []string{"1 e 10", "2 c 30", "3 d 30", "4 a 50", "5 b 50"}},
		{leaderboards.LowestFirst, leaderboards.Share, []string{"1 e 10", "2 c 30", "2 d 30", "4 a 50", "4 b 50"}},
		{leaderboards.LowestFirst, leaderboards.Dense, []string{"1 e 10", "2 c 30", "2 d 30", "3 a 50", "3 b 50"}},
	} {
		t.Run(test.order.String()+" "+test.ties.String(), func(t *testing.T) {
			f := newFixture(t, board, leaderboards.Rules{Order: test.order, Ties: test.ties})
			f.put(score("e", "10", 5, 5), score("b", "50", 2, 2), score("d", "30", 4, 4))
			f.put(score("a", "50", 1, 1), score("c", "30", 3, 3))
			require.Equal(t, test.rows, f.all())
			for _, row := range test.rows {
				member := row[2:3]
				require.Equal(t, row, f.standing(member))
				require.Equal(t, []string{row}, f.around(member, 0))
			}
			require.EqualValues(t, 5, f.size())
		})
	}
}

func testEqualScores(t *testing.T, board leaderboards.Board) {
	for _, rules := range allRules() {
		t.Run(rules.Order.String()+" "+rules.Ties.String(), func(t *testing.T) {
			f := newFixture(t, board, rules)
			ids := []string{"", "\x00", "Zoe", "a", "a:b", "ab", "a{b", "a{b}", "a}b", "zoe", "\x7f", "é", "ü", "日本", "🏆", "\xff"}
			for i := len(ids) - 1; i >= 0; i-- {
				f.put(score(ids[i], "7", 1, uint64(100-i)))
			}
			f.put(score("later", "7", 2, 1), score("earlier", "7", 0, 1), score("long ago", "7", -5, 1))
			rows, _, err := board.Page(f.ctx, f.key, rules, 1, 100)
			require.NoError(t, err)
			var listed []string
			for _, row := range rows {
				listed = append(listed, row.Member)
			}
			want := append([]string{"long ago", "earlier"}, ids...)
			require.Equal(t, append(want, "later"), listed)
			require.Equal(t, calendar.Instant(-5e6), rows[0].Reached)
		})
	}
}

// testReached replays a member that loses points and earns them again: the old place is lost.
func testReached(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	f.put(score("zoe", "100", 10, 1))
	f.put(score("adam", "100", 11, 2))
	require.Equal(t, []string{"1 zoe 100", "2 adam 100"}, f.all())
	f.put(score("zoe", "90", 12, 3))
	f.put(score("zoe", "100", 13, 4))
	require.Equal(t, []string{"1 adam 100", "2 zoe 100"}, f.all())
}

func testExactScores(t *testing.T, board leaderboards.Board) {
	values := []decimal.Decimal{ // from the greatest down; neighbours that a double cannot tell apart
		math.MaxInt64, math.MaxInt64 - 1, 9007199254740993, 9007199254740992, 1, 0, -1,
		-9007199254740992, -9007199254740993, math.MinInt64 + 1, math.MinInt64,
	}
	for _, rules := range allRules() {
		t.Run(rules.Order.String()+" "+rules.Ties.String(), func(t *testing.T) {
			f := newFixture(t, board, rules)
			for i, v := range values {
				f.put(leaderboards.Score{Member: v.String(), Value: v, Reached: calendar.Instant(v), Version: uint64(i + 1)})
			}
			rows, total, err := board.Page(f.ctx, f.key, rules, 1, 100)
			require.NoError(t, err)
			require.EqualValues(t, len(values), total)
			for i, row := range rows {
				v := values[i]
				if rules.Order == leaderboards.LowestFirst {
					v = values[len(values)-1-i]
				}
				want := leaderboards.Standing{Rank: int64(i + 1), Member: v.String(), Value: v, Reached: calendar.Instant(v)}
				require.Equal(t, want, row)
			}
		})
	}
}

func testVersions(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	f.put(score("a", "50", 1, 10))
	f.put(score("a", "60", 2, 9))
	require.Equal(t, "1 a 50", f.standing("a"), "an older write comes late")
	f.put(score("a", "60", 2, 10))
	require.Equal(t, "1 a 50", f.standing("a"), "the same version again")
	f.put(score("a", "40", 2, 11))
	require.Equal(t, "1 a 40", f.standing("a"), "a newer write may lower the score")
	f.put(score("b", "1", 1, 3), score("b", "3", 1, 5), score("b", "2", 1, 4), score("b", "9", 1, 5))
	require.Equal(t, "2 b 3", f.standing("b"), "the newest of one call counts, of equals the first")

	for _, v := range []uint64{1 << 32, 1<<53 + 1, 1<<63 - 1, 1 << 63, math.MaxUint64} { // where smaller numbers would fail
		f.put(score("big", "1", 1, v-1))
		f.put(score("big", "2", 1, v))
		f.put(score("big", "3", 1, v-1))
		require.Equal(t, "3 big 2", f.standing("big"), "version %d", v)
	}
}

func testRemoval(t *testing.T, board leaderboards.Board) {
	for _, rules := range allRules() {
		t.Run(rules.Order.String()+" "+rules.Ties.String(), func(t *testing.T) {
			f := newFixture(t, board, rules)
			f.put(score("a", "20", 1, 1), score("b", "20", 2, 2), score("c", "20", 3, 3))
			f.put(removal("b", 5))
			require.Empty(t, f.standing("b"))
			require.Empty(t, f.around("b", 1))
			require.EqualValues(t, 2, f.size())
			f.put(score("b", "500", 9, 4))
			require.Empty(t, f.standing("b"), "an older write does not bring a member back")
			f.put(score("b", "20", 9, 6))
			require.NotEmpty(t, f.standing("b"), "a newer one does")
			f.put(removal("b", leaderboards.Forever), removal("never seen", 7))
			f.put(score("b", "500", 9, 8), score("never seen", "1", 9, 6))
			require.Empty(t, f.standing("b"), "but not after a removal for ever")
			require.Empty(t, f.standing("never seen"), "a removal may come before the score that it removes")
			f.put(removal("a", 10), removal("c", 10))
			require.Empty(t, f.all())
			require.Zero(t, f.size())
		})
	}
}

func testDenseHoles(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{Ties: leaderboards.Dense})
	f.put(score("a", "5", 1, 1), score("b", "4", 1, 1), score("c", "4", 2, 1), score("d", "3", 1, 1), score("e", "2", 1, 1))
	f.put(score("b", "3.5", 3, 2))
	require.Equal(t, []string{"1 a 5", "2 c 4", "3 b 3.5", "4 d 3", "5 e 2"}, f.all(), "c still has 4")
	f.put(score("c", "3.5", 4, 2))
	require.Equal(t, []string{"1 a 5", "2 b 3.5", "2 c 3.5", "3 d 3", "4 e 2"}, f.all(), "nobody has 4")
	f.put(removal("a", 2))
	require.Equal(t, []string{"1 b 3.5", "1 c 3.5", "2 d 3", "3 e 2"}, f.all())
	f.put(score("d", "2", 5, 3), score("e", "3", 5, 3))
	require.Equal(t, []string{"1 b 3.5", "1 c 3.5", "2 e 3", "3 d 2"}, f.all(), "two change places in one write")
	f.put(score("e", "3", 6, 4))
	require.Equal(t, []string{"1 b 3.5", "1 c 3.5", "2 e 3", "3 d 2"}, f.all(), "the score stays, its time changes")
}

func testPages(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	rows, total, err := board.Page(f.ctx, f.key, f.rules, 1, 10)
	require.NoError(t, err)
	require.Empty(t, rows, "nothing was written yet")
	require.Zero(t, total)

	f.put(ladder(1005)...)
	for _, test := range []struct {
		from        int64
		limit       int
		rows        int
		first, last string
	}{
		{1, 1, 1, "1 m1 1005", "1 m1 1005"},
		{1, 25, 25, "1 m1 1005", "25 m25 981"},
		{21, 20, 20, "21 m21 985", "40 m40 966"},
		{1001, 5, 5, "1001 m1001 5", "1005 m1005 1"},
		{1001, 6, 5, "1001 m1001 5", "1005 m1005 1"},
		{1005, 10, 1, "1005 m1005 1", "1005 m1005 1"},
		{1006, 10, 0, "", ""},
		{math.MaxInt64, 10, 0, "", ""},
		{0, 2, 2, "1 m1 1005", "2 m2 1004"},
		{math.MinInt64, 2, 2, "1 m1 1005", "2 m2 1004"},
		{1, 0, 0, "", ""},
		{1, -1, 0, "", ""},
		{1, 1001, leaderboards.MaxPage, "1 m1 1005", "1000 m1000 6"},
		{3, math.MaxInt, leaderboards.MaxPage, "3 m3 1003", "1002 m1002 4"},
	} {
		rows, total, err := board.Page(f.ctx, f.key, f.rules, test.from, test.limit)
		require.NoError(t, err)
		require.EqualValues(t, 1005, total)
		require.Len(t, rows, test.rows, "from %d, limit %d", test.from, test.limit)
		if test.rows > 0 {
			lines := text(rows)
			require.Equal(t, test.first, lines[0])
			require.Equal(t, test.last, lines[len(lines)-1])
		}
	}
}

func testRanksAcrossPages(t *testing.T, board leaderboards.Board) {
	for _, test := range []struct {
		ties  leaderboards.Ties
		pages [][]string
	}{
		{leaderboards.Share, [][]string{{"1 a 1", "1 b 1", "3 c 3"}, {"3 d 3", "3 e 3", "3 f 3"}, {"7 g 5", "7 h 5", "7 i 5"}, {"7 j 5"}}},
		{leaderboards.Dense, [][]string{{"1 a 1", "1 b 1", "2 c 3"}, {"2 d 3", "2 e 3", "2 f 3"}, {"3 g 5", "3 h 5", "3 i 5"}, {"3 j 5"}}},
	} {
		t.Run(test.ties.String(), func(t *testing.T) {
			f := newFixture(t, board, leaderboards.Rules{Order: leaderboards.LowestFirst, Ties: test.ties})
			for i, value := range []string{"1", "1", "3", "3", "3", "3", "5", "5", "5", "5"} {
				f.put(score(string(rune('a'+i)), value, int64(i), 1))
			}
			for i, page := range test.pages {
				require.Equal(t, page, f.page(int64(3*i+1), 3))
			}
			require.Equal(t, test.pages[1], f.around("e", 1), "a window inside a tie")
		})
	}
}

func testAround(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	require.Empty(t, f.around("m1", 2), "nothing was written yet")
	f.put(ladder(100)...)
	for _, test := range []struct {
		member      string
		n           int
		rows        int
		first, last string
	}{
		{"m50", 1, 3, "49 m49 52", "51 m51 50"},
		{"m50", 12, 25, "38 m38 63", "62 m62 39"},
		{"m1", 12, 25, "1 m1 100", "25 m25 76"},
		{"m2", 12, 25, "1 m1 100", "25 m25 76"},
		{"m13", 12, 25, "1 m1 100", "25 m25 76"},
		{"m14", 12, 25, "2 m2 99", "26 m26 75"},
		{"m88", 12, 25, "76 m76 25", "100 m100 1"},
		{"m89", 12, 25, "76 m76 25", "100 m100 1"},
		{"m100", 12, 25, "76 m76 25", "100 m100 1"},
		{"m7", 0, 1, "7 m7 94", "7 m7 94"},
		{"m7", -3, 1, "7 m7 94", "7 m7 94"},
		{"m7", 49, 99, "1 m1 100", "99 m99 2"},
		{"m99", 50, 100, "1 m1 100", "100 m100 1"},
		{"m99", math.MaxInt, 100, "1 m1 100", "100 m100 1"},
	} {
		rows := f.around(test.member, test.n)
		require.Len(t, rows, test.rows, "%s, %d", test.member, test.n)
		require.Equal(t, test.first, rows[0])
		require.Equal(t, test.last, rows[len(rows)-1])
	}
	require.Empty(t, f.around("nobody", 5))
}

func testKeys(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	program := f.key.Program
	keys := []leaderboards.Key{
		{Program: program, Board: "a", Season: leaderboards.AllTime},
		{Program: program, Board: "a", Season: "2026-W49"},
		{Program: program, Board: "a", Season: "2026-W50"},
		{Program: program, Board: "a", Season: "2026-W49", Split: "berlin"},
		{Program: program, Board: "a", Season: "2026-W49", Split: "berlin:order"},
		{Program: program, Board: "ab", Season: "", Split: ""},
		{Program: program, Board: "a", Season: "b", Split: ""},
		{Program: program, Board: "a", Season: "", Split: "b"},
		{Program: program + "}", Board: "a", Season: "", Split: "b"},
		{Program: program + "1:a", Board: "", Season: "", Split: "b"},
		{Program: program, Board: "1:b0:0:}", Season: "", Split: ""},
		{Program: program, Board: "a", Season: "", Split: "}:next"},
	}
	for i, key := range keys {
		f.key = key
		f.put(score("ann", decimal.Decimal(i).String(), 1, uint64(len(keys)-i)))
	}
	for i, key := range keys {
		f.key = key
		require.Equal(t, []string{"1 ann " + decimal.Decimal(i).String()}, f.all(), "%q", key)
	}
	require.NoError(t, board.Reset(f.ctx, keys[1]))
	for i, key := range keys {
		f.key = key
		require.Equal(t, i != 1, f.size() == 1, "%q", key)
	}
}

func testOtherRules(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{Ties: leaderboards.Earliest})
	f.put(score("a", "5", 1, 1), score("b", "5", 2, 2))
	f.rules.Ties = leaderboards.Share
	require.Equal(t, []string{"1 a 5", "1 b 5"}, f.all(), "earliest and share may be changed at will")
	f.put(score("c", "5", 3, 3))

	for _, rules := range []leaderboards.Rules{{Ties: leaderboards.Dense}, {Order: leaderboards.LowestFirst}} {
		require.ErrorIs(t, board.Put(f.ctx, f.key, rules, []leaderboards.Score{score("a", "6", 4, 4)}), leaderboards.ErrRules)
		_, _, err := board.Page(f.ctx, f.key, rules, 1, 10)
		require.ErrorIs(t, err, leaderboards.ErrRules)
		_, _, err = board.Standing(f.ctx, f.key, rules, "a")
		require.ErrorIs(t, err, leaderboards.ErrRules)
		_, err = board.Around(f.ctx, f.key, rules, "a", 1)
		require.ErrorIs(t, err, leaderboards.ErrRules)
	}
	require.Equal(t, []string{"1 a 5", "1 b 5", "1 c 5"}, f.all(), "nothing was changed")

	require.NoError(t, board.Reset(f.ctx, f.key))
	f.rules = leaderboards.Rules{Order: leaderboards.LowestFirst, Ties: leaderboards.Dense}
	f.put(score("a", "5", 1, 1))
	require.Equal(t, []string{"1 a 5"}, f.all(), "an empty ranking takes any rules, and has forgotten the versions")
}

func testRankingVersion(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{})
	require.Zero(t, f.version())
	require.NoError(t, board.Reset(f.ctx, f.key), "there is nothing to reset")
	f.put()
	require.Zero(t, f.version())

	seen := map[uint64]bool{0: true}
	last := uint64(0)
	changed := func(what string) {
		t.Helper()
		require.Greater(t, f.version(), last, what)
		last = f.version()
		require.False(t, seen[last], what)
		seen[last] = true
	}
	f.put(score("a", "5", 1, 1))
	changed("a first score")
	f.put(score("a", "6", 1, 2))
	changed("another score")
	f.put(score("a", "6", 2, 3))
	changed("another time")
	f.put(removal("a", 4))
	changed("a removal")
	f.put(score("a", "9", 1, 3))
	require.Equal(t, last, f.version(), "a stale score changes nothing")
	f.put(removal("a", 5), removal("b", 5))
	require.Equal(t, last, f.version(), "nor does removing who is not ranked")
	f.put(score("a", "6", 2, 6))
	changed("a return")
	f.put(score("a", "6", 2, 7))
	require.Equal(t, last, f.version(), "nor does the same row of a newer event")

	require.NoError(t, board.Reset(f.ctx, f.key))
	require.Zero(t, f.version())
	f.put(score("a", "1", 1, 1))
	changed("a write after a reset")
	require.NoError(t, f.rebuild(sequence(score("a", "2", 1, 1))))
	changed("a rebuild")
	f.put(score("a", "3", 1, 2))
	changed("a write after a rebuild")
}

func allRules() []leaderboards.Rules {
	var rules []leaderboards.Rules
	for _, order := range []leaderboards.Order{leaderboards.HighestFirst, leaderboards.LowestFirst} {
		for _, ties := range []leaderboards.Ties{leaderboards.Earliest, leaderboards.Share, leaderboards.Dense} {
			rules = append(rules, leaderboards.Rules{Order: order, Ties: ties})
		}
	}
	return rules
}
