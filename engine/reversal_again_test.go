package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// One event reaches a goal twice: the first time it wins the only place, the second time it finds it taken. The void of that
// event opens the place.
func TestTheVoidOfAGoalReachedTwiceFreesTheWinnersPlace(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
challenges: {card: {when: buy, add: event.n, goal: 10, again: true, winners: 1, give: {stars: 5}}}
`)
		w.as("a").send("ann", "buy", "n", 25)
		w.has("ann", "stars", "5")
		w.reached("ann", "card", "5", true, 2)
		w.as("b").send("bob", "buy", "n", 10)
		w.has("bob", "stars", "0")
		if restarted {
			w.restart(false)
		}
		w.void("a")
		w.has("ann", "stars", "0")
		w.as("c").send("cid", "buy", "n", 20)
		w.has("cid", "stars", "5")
		w.as("d").send("dan", "buy", "n", 10)
		w.has("dan", "stars", "0")
	}
}

// The void of the event that reached the goal a second time, unpaid, leaves the place with the first.
func TestTheVoidOfAnUnpaidTimeFreesNoPlace(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
challenges: {card: {when: buy, add: event.n, goal: 10, again: true, winners: 1, give: {stars: 5}}}
`)
	w.as("a").send("ann", "buy", "n", 25)
	w.amend("a", `{"n": 19}`)
	w.has("ann", "stars", "5")
	w.send("bob", "buy", "n", 10)
	w.has("bob", "stars", "0")
}

// Openings and closings count as they did, when a reversal computes the member's progress again.
func TestCountsOfPromotionsSurviveAReversal(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
promotions:
  rain: {on_call: true, open_for: 2 hours}
  noon: {cron: 0 12 * * *, open_for: 1 hour}
counters:
  opened: {when: promotion_opened, public: true}
  kinds: {when: promotion_closed, distinct: event.promotion, public: true}
  best: {when: buy, highest: event.n, public: true}
challenges: {four: {when: promotion_opened, goal: 4, give: {stars: 5}}}
badges: {there: {counter: opened, levels: {bronze: 2, silver: 3}}}
`).at("2026-05-01T08:00:00Z")
	w.as("a").send("ann", "buy", "n", 9)
	w.as("b").send("ann", "buy", "n", 3)
	w.after(time.Hour).fire("rain", "")
	w.until("2026-05-01T13:00:00Z")
	w.at("2026-05-01T14:00:00Z").fire("rain", "1 hour")
	w.until("2026-05-02T12:30:00Z")
	before := w.progress("ann")
	require.Equal(t, "4", w.counter("ann", "opened"))
	require.Equal(t, "2", w.counter("ann", "kinds"))
	w.has("ann", "stars", "5")
	w.void("a")
	require.Equal(t, "4", w.counter("ann", "opened"))
	require.Equal(t, "2", w.counter("ann", "kinds"))
	require.Equal(t, "3", w.counter("ann", "best"))
	require.Equal(t, []string{"there silver"}, w.badges("ann"))
	w.has("ann", "stars", "5")
	require.Equal(t, before.Challenges, w.progress("ann").Challenges)
	w.restart(false)
	w.void("b")
	require.Equal(t, "4", w.counter("ann", "opened"))
	w.until("2026-05-02T13:00:00Z")
	require.Equal(t, "2", w.counter("ann", "kinds"))
}

// An event that reaches a goal very often does a bounded piece of that; the next one goes on.
func TestAGoalReachedVeryOftenAtOnce(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
challenges: {each: {when: buy, add: event.n, goal: 1, again: true, give: {stars: 1}}}
`)
	out := w.as("a").send("ann", "buy", "n", 2500)
	require.Equal(t, []string{"again challenges/each"}, notes(out))
	w.has("ann", "stars", "1000")
	w.as("b").send("ann", "buy", "n", 1)
	w.has("ann", "stars", "2000")
	w.restart(false)
	out = w.as("c").send("ann", "buy", "n", 1)
	require.Empty(t, out.Notes)
	w.has("ann", "stars", "2502")
	w.void("a")
	w.has("ann", "stars", "2")
}
