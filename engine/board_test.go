package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// scores is a program with one board of scores by season, and what else the test wants.
func scores(t *testing.T, counter, board string) *world {
	return program(t, `
late: 48 hours
member: {team?: text, city?: text, rep?: boolean}
events: {score: {n: number}}
counters: {sum: {when: score, `+counter+`}}
leaderboards: {board: {counter: sum`+board+`}}
`)
}

func (w *world) scores(member string, n float64) *engine.Outcome {
	w.t.Helper()
	return w.send(member, "score", "n", n)
}

func TestLDB01_EqualScoresRankByWhoReachedThemFirst(t *testing.T) {
	w := scores(t, "add: event.n", "")
	w.at("2026-05-01T10:00:00Z").scores("zoe", 100)
	w.at("2026-05-01T11:00:00Z").scores("adam", 60)
	w.at("2026-05-01T12:00:00Z").scores("adam", 40)
	w.at("2026-05-01T12:30:00Z").scores("bea", 100)
	require.Equal(t, []string{"1 zoe 100", "2 adam 100", "3 bea 100"}, w.standings("board", "all", ""))
}

func TestLDB02_ADecreaseLosesTheOldPlace(t *testing.T) {
	w := scores(t, "add: event.n", "")
	w.at("2026-05-01T10:00:00Z").scores("zoe", 100)
	w.at("2026-05-01T11:00:00Z").scores("adam", 100)
	require.Equal(t, []string{"1 zoe 100", "2 adam 100"}, w.standings("board", "all", ""))
	w.at("2026-05-01T12:00:00Z").scores("zoe", -10)
	w.at("2026-05-01T13:00:00Z").scores("zoe", 10)
	require.Equal(t, []string{"1 adam 100", "2 zoe 100"}, w.standings("board", "all", ""))
}

func TestLDB04_AfterItsCloseATableIsFinal(t *testing.T) {
	w := scores(t, "add: event.n, every: month", ", closes: 6 hours")
	w.at("2026-05-31T10:00:00Z").scores("a", 50)
	w.at("2026-05-31T11:00:00Z").scores("b", 40)
	w.at("2026-06-01T05:59:59Z").late("2026-05-31T23:59:59Z").scores("b", 15)
	out := w.at("2026-06-01T06:00:00Z").late("2026-05-31T23:00:00Z").scores("a", 100)
	require.Empty(t, out.Scores)
	require.Equal(t, []string{"1 b 55", "2 a 50"}, w.standings("board", "2026-05", ""))
}

func TestTiesAreRankedAsTheBoardSays(t *testing.T) {
	for ties, want := range map[string][]string{
		"earliest": {"1 a 9", "2 b 9", "3 c 5"},
		"share":    {"1 a 9", "1 b 9", "3 c 5"},
		"dense":    {"1 a 9", "1 b 9", "2 c 5"},
	} {
		w := scores(t, "add: event.n", ", ties: "+ties)
		for _, m := range []string{"a", "b"} {
			w.after(time.Second).scores(m, 9)
		}
		w.scores("c", 5)
		require.Equal(t, want, w.standings("board", "all", ""), ties)
	}
}

func TestRanksAreToldInTheAnswer(t *testing.T) {
	w := scores(t, "add: event.n", "")
	w.scores("ann", 10)
	w.after(time.Second).scores("bob", 5)
	out := w.after(time.Second).scores("bob", 10)
	require.Equal(t, []any{int64(2), int64(1), "15"}, []any{out.Effects[0].Moved.Previous, out.Effects[0].Moved.Rank, out.Effects[0].Amount.String()})
	out = w.scores("cat", 1)
	require.Equal(t, []int64{0, 3}, []int64{out.Effects[0].Moved.Previous, out.Effects[0].Moved.Rank})
}

func TestTheLowestRanksFirstWhereTheBoardSaysSo(t *testing.T) {
	w := scores(t, "lowest: event.n", ", order: lowest")
	w.scores("ann", 30)
	w.scores("bob", 20)
	w.scores("ann", 25)
	w.scores("ann", 40)
	require.Equal(t, []string{"1 bob 20", "2 ann 25"}, w.standings("board", "all", ""))
}

// Under highest a score was reached by the earliest event with that value, also when that one arrives last.
func TestALateEqualScoreTakesTheEarlierPlace(t *testing.T) {
	w := scores(t, "highest: event.n", "")
	w.at("2026-05-02T10:00:00Z").scores("ann", 50)
	w.at("2026-05-02T09:00:00Z").scores("bob", 50)
	w.at("2026-05-02T12:00:00Z").late("2026-05-02T08:00:00Z").scores("ann", 50)
	require.Equal(t, []string{"1 ann 50", "2 bob 50"}, w.standings("board", "all", ""))
}

func TestSeasonsFollowTheCounter(t *testing.T) {
	w := scores(t, "add: event.n, every: week", "")
	w.at("2026-12-30T12:00:00Z").scores("ann", 1)
	w.at("2027-01-01T12:00:00Z").scores("ann", 2)
	w.at("2027-01-04T12:00:00Z").scores("ann", 4)
	require.Equal(t, []string{"1 ann 3"}, w.standings("board", "2026-W53", ""))
	require.Equal(t, []string{"1 ann 4"}, w.standings("board", "2027-W01", ""))
}

func TestBoardsBySplitAndFor(t *testing.T) {
	w := scores(t, "add: event.n", ", by: member.team, split: member.city")
	for member, at := range map[string][2]string{"ann": {"red", "Rome"}, "bob": {"blue", "Rome"}, "cat": {"red", "Oslo"}} {
		w.set(member, "team", `"`+at[0]+`"`)
		w.set(member, "city", `"`+at[1]+`"`)
	}
	w.scores("ann", 5)
	w.scores("bob", 7)
	w.scores("cat", 3)
	w.scores("dan", 100) // neither team nor city
	require.Equal(t, []string{"1 blue 7", "2 red 5"}, w.standings("board", "all", "Rome"))
	require.Equal(t, []string{"1 red 3"}, w.standings("board", "all", "Oslo"))
	w.set("ann", "team", `"blue"`)
	w.scores("ann", 1)
	require.Equal(t, []string{"1 blue 8", "2 red 5"}, w.standings("board", "all", "Rome"), "what ann brought to red stays there")
}

func TestOnlySomeMembersAreRanked(t *testing.T) {
	w := scores(t, "add: event.n", ", for: member.rep ?? false")
	w.set("ann", "rep", "true")
	w.scores("ann", 5)
	w.scores("bob", 7)
	require.Equal(t, []string{"1 ann 5"}, w.standings("board", "all", ""))
	w.set("bob", "rep", "true")
	w.scores("bob", 1)
	require.Equal(t, []string{"1 ann 5", "2 bob 1"}, w.standings("board", "all", ""), "what came before does not count")
}

func TestAnAverageCountsMembersWithEnough(t *testing.T) {
	w := scores(t, "add: event.n", ", by: member.team, score: average, at_least: 2")
	for _, m := range []string{"ann", "bob"} {
		w.set(m, "team", `"red"`)
	}
	w.scores("ann", 10)
	require.Empty(t, w.standings("board", "all", ""))
	w.scores("ann", 20)
	w.scores("bob", 1000)
	require.Equal(t, []string{"1 red 30"}, w.standings("board", "all", ""))
	w.restart(true)
	w.scores("bob", 10)
	require.Equal(t, []string{"1 red 520"}, w.standings("board", "all", ""))
	w.scores("ann", 1)
	require.Equal(t, []string{"1 red 520.5"}, w.standings("board", "all", ""))
}

func TestLDB07_LargeScoresStayExact(t *testing.T) {
	w := scores(t, "add: event.n", "")
	w.send("a", "score", `{"n":9007199254.740992}`)
	w.send("b", "score", `{"n":9007199254.740993}`)
	require.Equal(t, []string{"1 b 9007199254.740993", "2 a 9007199254.740992"}, w.standings("board", "all", ""))
}

// A board of a counter whose version is raised starts afresh: on nothing, and no prize is paid on what was counted before. Levels
// and badges that are held stay, and are not given again.
func TestARaisedCounterStartsItsBoardsAfresh(t *testing.T) {
	const text = `
member: {team?: text}
events: {play: {score: integer}}
points: {stars: {}}
counters: {score: {when: play, add: event.score, every: month, version: VERSION}}
badges: {player: {counter: score, levels: {one: 10, two: 30}}}
tiers: {club: {counter: score, levels: {basic: 0, silver: 10}, keep: to the end of next month}, bare: {counter: score, levels: {basic: 0, silver: 10}}}
rules: {hello: {when: badge_earned, give: {stars: 1}}, up: {when: tier_reached, if: event.level == "silver", give: {stars: 10}}}
leaderboards:
  board: {counter: score, prizes: [{ranks: 1, give: {stars: 1000}}], closes: 1 hour}
  teams: {counter: score, by: member.team}
`
	version := func(n string) string { return strings.ReplaceAll(text, "VERSION", n) }
	w := program(t, version("1")).at("2026-05-01T12:00:00Z")
	w.set("ann", "team", `"x"`)
	w.as("old").send("ann", "play", "score", 20)
	w.has("ann", "stars", "21")
	w.after(time.Hour).activate(version("2"))
	require.Empty(t, w.standings("board", "2026-05", ""))
	w.restart(true)
	require.False(t, w.p.News().None)
	w.spread()
	require.Equal(t, []string{"silver", "basic"}, []string{w.tier("ann", "club"), w.tier("ann", "bare")}, "what is not kept falls by the tick")
	require.Equal(t, []string{"player one"}, w.badges("ann"))
	w.after(time.Hour).send("bob", "play", "score", 5)
	require.Equal(t, []string{"1 bob 5"}, w.standings("board", "2026-05", ""))
	w.send("ann", "play", "score", 12)
	require.Equal(t, []string{"1 ann 12", "2 bob 5"}, w.standings("board", "2026-05", ""))
	require.Equal(t, []string{"1 x 12"}, w.standings("teams", "2026-05", ""))
	w.has("ann", "stars", "31") // silver of the bare tier was lost and reached again
	w.late("2026-05-01T12:30:00Z").send("ann", "play", "score", 7)
	require.Equal(t, []string{"1 ann 12", "2 bob 5"}, w.standings("board", "2026-05", ""), "what happened before it began anew does not count")
	w.void("old")
	require.Equal(t, []string{"1 ann 12", "2 bob 5"}, w.standings("board", "2026-05", ""))
	require.Equal(t, "silver", w.tier("ann", "club"))
}
