package engine_test

import (
	"testing"
	"time"
)

// What the oracle of enginetest/oracle found about challenges.

// What came too early waits for what it needs while that can still turn out to have been done before it, and not for ever.
func TestWhatCameBeforeWhatItNeedsNeverCounts(t *testing.T) {
	w := program(t, `
events: {buy: {}, visit: {}}
points: {gems: {}}
challenges:
  daily: {when: visit, every: day, goal: 1, give: {gems: 1}}
  then: {when: buy, needs: daily, goal: 1, give: {gems: 5}}
`)
	w.send("ann", "buy")
	for range 2 { // the day on which it was completed first is forgotten by the second
		w.after(60*24*time.Hour).send("ann", "visit")
	}
	w.has("ann", "gems", "2")
	w.restart(true)
	w.after(60*24*time.Hour).send("ann", "visit")
	w.has("ann", "gems", "3")
	w.send("ann", "buy")
	w.has("ann", "gems", "8")
}
