package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

const dailyOfTeams = `
member: {team: text}
events: {run: {km: number}}
points: {stars: {}}
counters:
  days: {when: run, at_most: 1 per day, by: member.team, public: true}
  first_km: {when: run, add: event.km, at_most: 1 per day, by: member.team, every: month}
leaderboards: {teams: {counter: first_km}}
challenges:
  together: {when: run, at_most: 1 per day, by: member.team, goal: 3, each_needs: 2, give: {stars: 10}}
`

// At most one run a day counts of each member, however many members the team has.
func TestAtMostCapsEachMemberOfAGroup(t *testing.T) {
	w := program(t, dailyOfTeams)
	for _, m := range []string{"ann", "bob"} {
		w.set(m, "team", `"north"`)
	}
	w.send("ann", "run", "km", 3)
	w.send("ann", "run", "km", 100)
	require.Equal(t, "1", w.counter("ann", "days"))
	w.send("bob", "run", "km", 5)
	w.send("bob", "run", "km", 100)
	require.Equal(t, "2", w.counter("ann", "days"), "bob's first run of the day counts beside ann's")
	require.Equal(t, []string{"1 north 8"}, w.standings("teams", "2026-05", ""))
	w.reached("ann", "together", "2", false, 0)
	w.after(24*time.Hour).send("ann", "run", "km", 1)
	w.reached("ann", "together", "3", true, 1)
	w.has("ann", "stars", "10")
	w.has("bob", "stars", "0")
	require.Equal(t, []string{"1 north 9"}, w.standings("teams", "2026-05", ""))
}

// An earlier run that arrives late takes the place of the one that counted.
func TestAtMostOfAGroupUnderALateEvent(t *testing.T) {
	w := program(t, dailyOfTeams)
	w.set("ann", "team", `"north"`)
	w.set("bob", "team", `"north"`)
	w.at("2026-05-05T12:00:00Z").send("ann", "run", "km", 30)
	w.send("bob", "run", "km", 4)
	w.late("2026-05-05T08:00:00Z").send("ann", "run", "km", 2)
	require.Equal(t, "2", w.counter("ann", "days"))
	require.Equal(t, []string{"1 north 6"}, w.standings("teams", "2026-05", ""))
}

// What a reversal takes out makes room for the member's own next run of that day, and for nobody else's.
func TestAtMostOfAGroupAfterAVoid(t *testing.T) {
	w := program(t, dailyOfTeams)
	w.set("ann", "team", `"north"`)
	w.set("bob", "team", `"north"`)
	w.as("first").send("ann", "run", "km", 30)
	w.after(time.Hour).send("ann", "run", "km", 2)
	w.send("bob", "run", "km", 4)
	w.send("bob", "run", "km", 50)
	w.void("first")
	require.Equal(t, "2", w.counter("ann", "days"))
	require.Equal(t, []string{"1 north 6"}, w.standings("teams", "2026-05", ""))
}

func TestAChallengeCountsPointsEarned(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}, gems: {}}
rules: {r: {when: buy, give: {stars: event.n}}}
challenges:
  c: {earned: stars, goals: [{at: 100, give: {gems: 1}}, {at: 200, give: {gems: 2}}]}
  parts: {steps: {points: {earned: stars, goal: 150}, once: {when: buy, goal: 1}}, give: {gems: 10}}
`)
	w.as("a").send("ann", "buy", "n", 90)
	w.reached("ann", "c", "90", false, 0)
	w.as("b").send("ann", "buy", "n", 60)
	w.has("ann", "gems", "11")
	w.void("b")
	w.reached("ann", "c", "90", false, 0)
	w.has("ann", "gems", "0")
}

// Points that earn points are counted as often as events may cause one another; the rest of the chain is noted.
func TestPointsThatEarnPointsEnd(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}, gems: {}}
rules: {r: {when: buy, give: {stars: event.n}}}
challenges:
  forth: {earned: stars, goal: 10, again: true, give: {gems: 10}}
  back: {earned: gems, goal: 10, again: true, give: {stars: 10}}
`)
	out := w.send("ann", "buy", "n", 10)
	require.Len(t, out.Notes, 1)
	require.Equal(t, engine.Note{Code: "depth", Definition: "challenges/back",
		Message: "points that earn points, 4 times over: these were given, and not counted as earned"}, out.Notes[0])
	w.has("ann", "stars", "30")
	w.has("ann", "gems", "20")
}
