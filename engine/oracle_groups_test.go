package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What the oracle of enginetest/oracle found about groups.

// What an amendment makes count is the first that its member brought: the group's goal, and its best, know of it.
func TestWhomAnAmendmentBringsIntoAGroupBelongsToIt(t *testing.T) {
	const text = `
events: {buy: {amount: number}}
points: {gems: {}}
counters: {best: {when: buy, if: event.amount >= 10, highest: event.amount, by: everyone, public: true}}
challenges: {relay: {when: buy, if: event.amount >= 10, add: event.amount, by: everyone, goal: 30, give: {gems: 4}}}
`
	for _, restarted := range []bool{false, true} {
		w := program(t, text)
		w.as("a").send("ann", "buy", "amount", 5)
		w.after(time.Hour).amend("a", `{"amount":12}`)
		if restarted {
			w.restart(true)
		}
		w.after(time.Hour).as("b").send("bob", "buy", "amount", 20)
		w.handOut()
		w.has("ann", "gems", "4")
		w.has("bob", "gems", "4")
		w.void("b")
		require.Equal(t, "12", w.counter("ann", "best"))
	}
}
