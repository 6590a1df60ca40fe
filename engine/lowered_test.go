package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const highGoals = `program: shop
member: {team?: text}
events: {run: {km: number}, walk: {}}
points: {stars: {}}
challenges:
  far: {when: run, add: event.km, goals: [{at: 100, id: a, give: {stars: 5}}, {at: 200, id: b, give: {stars: 7}}]}
  week: {when: run, add: event.km, every: week, goal: 100, give: {stars: 11}}
  both: {steps: {runs: {when: run, goal: 3}, walks: {when: walk, goal: 1}}, give: {stars: 100}}
  team: {when: run, add: event.km, by: member.team, goal: 500, each_needs: 10, give: {stars: 1000}}
`

const lowGoals = `program: shop
member: {team?: text}
events: {run: {km: number}, walk: {}}
points: {stars: {}}
challenges:
  far: {when: run, add: event.km, goals: [{at: 60, id: a, give: {stars: 5}}, {at: 200, id: b, give: {stars: 7}}]}
  week: {when: run, add: event.km, every: week, goal: 60, give: {stars: 11}}
  both: {steps: {runs: {when: run, goal: 1}, walks: {when: walk, goal: 1}}, give: {stars: 100}}
  team: {when: run, add: event.km, by: member.team, goal: 90, each_needs: 10, give: {stars: 1000}}
`

// Who has enough for a goal that is lowered has completed it when the version is activated, without sending anything.
func TestLoweredGoalsCompleteAtActivation(t *testing.T) {
	w := program(t, highGoals).at("2026-12-01T08:00:00Z")
	for _, m := range []string{"ann", "bob", "cy"} {
		w.set(m, "team", `"north"`)
	}
	w.as("r").send("ann", "run", "km", 70)
	w.send("ann", "walk")
	w.send("bob", "run", "km", 20)
	w.send("cy", "run", "km", 5)
	w.after(time.Hour).activate(lowGoals)
	require.False(t, w.p.News().None)
	w.has("ann", "stars", "0")
	w.spread()
	w.handOut()
	w.has("ann", "stars", "1116") // 5 + 11 + 100 + 1000
	w.has("bob", "stars", "1000")
	w.has("cy", "stars", "0")
	w.reached("ann", "far", "70", false, 0)
	w.reached("ann", "week", "60", true, 1)
	w.restart(false)
	w.spread()
	w.has("ann", "stars", "1116")
	w.void("r")
	w.has("ann", "stars", "0")
	w.reached("ann", "week", "0", false, 0)
}

// A window that is over is not looked at again, and goals that were raised ask nobody for anything.
func TestRaisedGoalsAndPastWindowsStay(t *testing.T) {
	w := program(t, highGoals).at("2026-12-01T08:00:00Z")
	w.send("ann", "run", "km", 70)
	w.at("2026-12-08T08:00:00Z").send("ann", "run", "km", 1)
	w.activate(lowGoals)
	w.spread()
	w.has("ann", "stars", "5")

	w = program(t, lowGoals)
	w.activate(highGoals)
	require.True(t, w.p.News().None)
}

// A lowered or added level of a badge, and an added badge, reach members who send nothing, as goals do.
func TestLoweredLevelsOfBadgesAreEarnedAtActivation(t *testing.T) {
	const text = `program: shop
events: {run: {}}
points: {stars: {}}
counters: {runs: {when: run}, month: {when: run, every: month}, lately: {when: run, last: 7 days}}
rules: {hello: {when: badge_earned, give: {stars: 1}}}
`
	w := program(t, text+"badges: {runner: {counter: runs, levels: {bronze: 5, gold: 50}}, monthly: {counter: month, levels: {one: 10}}, weekly: {counter: "+
		"lately, levels: {one: 10}}}\n").
		at("2026-12-01T08:00:00Z")
	w.as("r").send("ann", "run")
	w.send("ann", "run")
	w.send("ann", "run")
	w.after(time.Hour).activate(text + "badges: {runner: {counter: runs, levels: {bronze: 3, gold: 50}}, monthly: {counter: month, levels: {none: 2, one: " +
		"10}}, weekly: {counter: lately, levels: {one: 3}}, new: {counter: runs, levels: {one: 1}}}\n")
	require.False(t, w.p.News().None)
	w.spread()
	require.ElementsMatch(t, []string{"runner bronze", "monthly none", "weekly one", "new one"}, w.badges("ann"))
	w.has("ann", "stars", "4")
	w.restart(false)
	w.spread()
	w.has("ann", "stars", "4")
	w.void("r")
	require.ElementsMatch(t, []string{"monthly none", "new one"}, w.badges("ann"))
	w.has("ann", "stars", "2")
}
