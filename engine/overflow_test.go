package engine_test

import (
	"strings"
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

// A small number that the ruleset multiplies past the range is refused as well, be it past the range of the counter or of any
// number; nothing of the event is done.
func TestASmallNumberThatIsMultipliedPastTheRangeIsRefused(t *testing.T) {
	for _, amount := range []string{"event.km * 5_000_000_000", "event.km * event.km * 5_000_000", "event.km * event.km * event.km * event.km * 900000"} {
		for _, counter := range []string{"", ", by: everyone", ", every: month", ", if: event.km > 1"} {
			w := program(t, `
events: {run: {km: number}}
points: {stars: {}}
rules: {run: {when: run, give: {stars: 1}}}
counters: {km: {when: run, add: "`+strings.ReplaceAll(amount, "_", "")+`", public: true`+counter+`}}
`)
			w.refused(engine.CodeOverflow, w.as("over").event("ann", "run", "km", 9000))
			require.Nil(t, w.p.Member("ann"), "nobody joins by it")
			w.as("over").send("ann", "run", "km", 20)
			before := w.counter("ann", "km")
			w.refused(engine.CodeOverflow, w.event("ann", "run", "km", 9000))
			w.refuses(engine.CodeOverflow, engine.NewAmend("over", []byte(`{"km": 9000}`)))
			w.has("ann", "stars", "1")
			require.Equal(t, before, w.counter("ann", "km"))
			w.restart(false)
		}
	}
}

// An average that a reversal would take out of range is refused, too.
func TestAReversalThatWouldOverflowAnAverageIsRefused(t *testing.T) {
	w := program(t, `
member: {team?: text}
events: {run: {km: number}}
points: {stars: {}}
counters: {best: {when: run, highest: event.km}}
leaderboards: {board: {counter: best, by: member.team, score: average}}
`)
	for _, m := range []string{"ann", "bob"} {
		w.set(m, "team", `"x"`)
	}
	w.send("ann", "run", "km", 9_000_000_000_000)
	w.as("small").send("bob", "run", "km", 1)
	w.refuses(engine.CodeOverflow, engine.NewAmend("small", []byte(`{"km": 9000000000000}`)))
	w.restart(false)
	w.keyed("k1", "small", `{"km": 7}`)
}
