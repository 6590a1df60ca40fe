package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// An event, or an amendment, that would take a count out of the range of numbers is refused whole and not remembered: it can be
// sent again once it fits. No sum wraps, whoever counts.
func TestAnEventThatWouldOverflowACountIsRefused(t *testing.T) {
	for _, counter := range []string{"", ", by: everyone", ", by: member.team", ", every: month", ", at_most: 5 per day"} {
		w := program(t, `
member: {team?: text}
events: {run: {km: number}, walk: {km: number}}
points: {stars: {}}
rules: {run: {when: run, give: {stars: 1}, limit: 99 per day}}
counters: {km: {when: [run, walk], add: event.km, public: true`+counter+`}}
leaderboards: {board: {counter: km, by: member.team, score: average}}
`)
		for _, m := range []string{"ann", "bob"} {
			w.set(m, "team", `"x"`)
		}
		w.send("ann", "run", "km", 9_000_000_000_000)
		over := w.as("over").event("ann", "run", "km", 9_000_000_000_000)
		w.refused(engine.CodeOverflow, over)
		w.has("ann", "stars", "1")
		require.Equal(t, "9000000000000", w.counter("ann", "km"), counter)
		w.restart(true)
		w.refused(engine.CodeOverflow, w.as("small").event("ann", "run", "km", 223_372_036_855))
		w.as("over").send("ann", "run", "km", 7) // not remembered: another body is no conflict
		require.Equal(t, "9000000000007", w.counter("ann", "km"), counter)
		w.as("down").send("ann", "walk", "km", -9_000_000_000_000)
		w.send("ann", "walk", "km", 9_000_000_000_000)
		w.refuses(engine.CodeOverflow, engine.NewVoid("down"))
		w.refuses(engine.CodeOverflow, engine.NewAmend("over", []byte(`{"km": 999999999999}`)))
		require.Equal(t, "9000000000007", w.counter("ann", "km"), counter)
		w.restart(false)
	}
}
