package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What needs something else gives the same result in whatever order its events arrive, through restarts and reversals.
func TestWhatIsNeededMayArriveLate(t *testing.T) {
	const text = `
events: {a: {}, b: {}}
points: {stars: {}}
challenges:
  first: {when: a, goal: 2, give: {stars: 1}}
  then: {needs: first, when: b, goal: 2, give: {stars: 10}}
  last: {needs: then, when: b, goal: 1, give: {stars: 100}}
  course: {steps: {one: {when: a, goal: 2}, two: {when: b, goal: 2, needs: one}}, give: {stars: 1000}}
`
	sends := []struct{ what, at string }{{"a", "2026-05-01T08:00:00Z"}, {"b", "2026-05-01T09:00:00Z"}, {"a", "2026-05-01T10:00:00Z"},
		{"b", "2026-05-01T10:30:00Z"}, {"b", "2026-05-01T10:45:00Z"}, {"b", "2026-05-01T11:00:00Z"}}
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {1, 3, 4, 5, 0, 2}, {3, 0, 5, 2, 4, 1}, {0, 5, 4, 1, 3, 2}} {
		w := program(t, text).at("2026-05-01T12:00:00Z")
		for i, n := range order {
			w.late(sends[n].at).as(sends[n].at).send("ann", sends[n].what)
			w.restart(i%2 == 0)
		}
		w.has("ann", "stars", "1111")
		require.Equal(t, "3", w.challenge("ann", "then").Progress.String(), "in order %v", order)
		w.void("2026-05-01T10:45:00Z")
		w.has("ann", "stars", "1011") // the third of b is the second now, and nothing comes after it
		w.void("2026-05-01T10:00:00Z")
		w.has("ann", "stars", "0")
	}
}

// A late event that moves the completion back counts what lay in between; what came before it waits no longer than events may be
// late.
func TestAnEarlierCompletionCountsWhatLayBetween(t *testing.T) {
	w := program(t, `
events: {a: {}, b: {}}
points: {stars: {}}
challenges: {first: {when: a, goal: 1, give: {stars: 1}}, then: {needs: first, when: b, goal: 2, give: {stars: 10}}}
`).at("2026-05-01T12:00:00Z")
	w.late("2026-05-01T09:00:00Z").send("ann", "b")
	w.late("2026-05-01T10:00:00Z").send("ann", "b")
	w.late("2026-05-01T11:00:00Z").send("ann", "a")
	w.has("ann", "stars", "1")
	w.restart(true)
	w.late("2026-05-01T08:00:00Z").send("ann", "a")
	w.has("ann", "stars", "11")
	w.at("2026-05-20T12:00:00Z").send("ann", "b")
	require.Len(t, w.p.Member("ann").Challenges[0].Parts, 1, "what no event can come before any more is forgotten")
}

// Between definitions of the same period what is needed is needed in each.
func TestWhatRepeatsTogetherIsNeededInEachPeriod(t *testing.T) {
	w := program(t, `
events: {a: {}, b: {}}
points: {stars: {}}
challenges:
  first: {when: a, every: week, goal: 1, give: {stars: 1}}
  weekly: {needs: first, when: b, every: week, goal: 1, give: {stars: 10}}
  monthly: {needs: first, when: b, every: month, goal: 2, give: {stars: 100}}
`).at("2026-05-04T12:00:00Z")
	w.send("ann", "a")
	w.at("2026-05-05T12:00:00Z").send("ann", "b")
	w.has("ann", "stars", "11")
	w.at("2026-05-12T12:00:00Z").send("ann", "b")
	w.has("ann", "stars", "111") // not weekly: it is another week
	w.late("2026-05-11T12:00:00Z").send("ann", "a")
	w.has("ann", "stars", "122")
}
