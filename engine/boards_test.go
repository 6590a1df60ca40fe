package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

const manyGifts = `
member: {team?: text, region?: text}
events: {task: {xp: integer}, gift: {xp: integer}}
points: {xp: {}, gold: {}}
badges: {first: {}}
rules:
  task: {when: task, give: {xp: event.xp, gold: 1}, limit: 99 per day}
  bonus: {when: task, give: {xp: 1000, gold: 2}, limit: 99 per day}
  badge: {when: task, give: {badge: first}, limit: 99 per day}
  earned: {when: badge_earned, give: {xp: 7}, limit: 1 ever}
  gift: {when: gift, give: {xp: event.xp}, limit: 9 per day}
  monday: {when: cron 0 9 * * MON, give: {xp: 3}, limit: 1 per week}
  early: {when: cron 0 8 * * MON, give: {xp: 4}, limit: 1 per week}
challenges:
  three: {when: task, goal: 3, give: {xp: 50}}
  quest: {when: task, goal: 3, give: {xp: 60, gold: 5}}
counters: {earned: {earned: xp, every: month}, gold: {earned: gold}}
leaderboards:
  xp: {counter: earned}
  gold: {counter: gold}
  teams: {counter: earned, by: member.team}
  regions: {counter: gold, split: member.region}
  mean: {counter: gold, by: member.team, score: average}
  north: {counter: gold, for: (member.region ?? "") == "n"}
`

// Whatever one event gives, by two rules, a badge, two goals: the boards come to the sum, and so they do after a restart, a late
// event and a void.
func TestABoardKeepsEveryChangeOfOneEvent(t *testing.T) {
	w := program(t, manyGifts).at("2026-05-01T10:00:00Z")
	w.set("ann", "team", `"x"`)
	w.set("ann", "region", `"n"`)
	w.set("bob", "team", `"x"`)
	w.at("2026-05-01T12:00:00Z")
	w.send("bob", "gift", "xp", 1005)
	out := w.as("first").send("ann", "task", "xp", 10)
	require.Equal(t, []string{"1 ann 1017", "2 bob 1005"}, w.standings("xp", "2026-05", ""))
	require.Equal(t, []string{"1 ann 3"}, w.standings("gold", "all", ""))
	require.Equal(t, []string{"1 x 2022"}, w.standings("teams", "2026-05", ""))
	require.Equal(t, []string{"1 ann 3"}, w.standings("regions", "all", "n"))
	require.Equal(t, []string{"1 ann 3"}, w.standings("north", "all", ""))
	told := 0
	for _, e := range out.Effects {
		if e.Kind == engine.LeaderboardEffect && e.ID == "xp" {
			told++
			require.Equal(t, []any{"1017", int64(1), int64(0)}, []any{e.Amount.String(), e.Moved.Rank, e.Moved.Previous}, "told once, as it is in the end")
		}
	}
	require.Equal(t, 1, told)
	require.Len(t, out.Scores, 6, "one for each ranking")

	w.restart(false)
	w.after(time.Hour)
	w.send("ann", "task", "xp", 10)
	w.late("2026-05-01T11:00:00Z").send("ann", "task", "xp", 10) // reaches two goals
	require.Equal(t, []string{"1 ann 3147", "2 bob 1005"}, w.standings("xp", "2026-05", ""))
	require.Equal(t, []string{"1 ann 14"}, w.standings("gold", "all", ""))
	w.void("first")
	require.Equal(t, []string{"1 ann 2027", "2 bob 1005"}, w.standings("xp", "2026-05", ""))
	require.Equal(t, []string{"1 ann 6"}, w.standings("gold", "all", ""))
	require.Equal(t, []string{"1 x 3032"}, w.standings("teams", "2026-05", ""))
	w.restart(true)

	w.at("2026-05-04T10:00:00Z").jobs() // two timers in one tick
	require.Equal(t, []string{"1 ann 2034", "2 bob 1012"}, w.standings("xp", "2026-05", ""))
}

// Averages that look alike in six digits are ranked by what they are.
func TestAveragesAreRankedByTheirFractions(t *testing.T) {
	w := program(t, `
member: {team?: text}
events: {run: {km: number}}
counters: {km: {when: run, add: event.km}}
leaderboards: {teams: {counter: km, by: member.team, score: average, ties: share}}
`)
	for team, kms := range map[string][]any{"third": {1, 0, 0}, "six": {0.333333}, "third2": {2, 0, 0, 0, 0, 0}} {
		for i, km := range kms {
			member := team + string(rune('a'+i))
			w.set(member, "team", `"`+team+`"`)
			w.send(member, "run", "km", km)
		}
	}
	require.Equal(t, []string{"1 third 0.333333", "1 third2 0.333333", "3 six 0.333333"}, w.standings("teams", "all", ""))
}

// A zero changes no tie, whatever it is folded by and whenever it arrives; among zeros alone the first counts.
func TestAZeroChangesNoTie(t *testing.T) {
	w := program(t, `
member: {team?: text}
events: {solve: {value: number}}
counters: {sum: {when: solve, add: event.value}, best: {when: solve, highest: event.value}, two: {when: solve, add: event.value, at_most: 2 per day}}
leaderboards: {sum: {counter: sum}, best: {counter: best}, two: {counter: two}, teams: {counter: sum, by: member.team}}
`)
	solve := func(member, at string, value any) {
		w.late("2026-05-01T"+at+":00Z").send(member, "solve", "value", value)
	}
	w.at("2026-05-01T07:00:00Z")
	for _, member := range []string{"ann", "bob", "cid", "dan"} {
		w.set(member, "team", `"team `+member+`"`)
	}
	w.at("2026-05-01T12:00:00Z")
	solve("ann", "08:00", 100)
	solve("bob", "09:00", 100)
	solve("ann", "10:00", 0)
	solve("cid", "10:30", 0)
	solve("dan", "10:15", 0)
	solve("dan", "10:45", 0)
	for _, board := range []string{"sum", "best", "two"} {
		require.Equal(t, []string{"1 ann 100", "2 bob 100", "3 dan 0", "4 cid 0"}, w.standings(board, "all", ""), board)
	}
	require.Equal(t, "1 team ann 100", w.standings("teams", "all", "")[0])
	solve("cid", "10:10", 0) // late: the first of cid's zeros now
	require.Equal(t, []string{"1 ann 100", "2 bob 100", "3 cid 0", "4 dan 0"}, w.standings("sum", "all", ""))
	w.void("e5")
	w.restart(true)
	require.Equal(t, []string{"1 bob 100", "2 ann 0", "3 cid 0", "4 dan 0"}, w.standings("sum", "all", "")[:4])
}
