package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/laurel-engine/laurel/engine"
)

// What an amendment completes lets count what comes after it.
func TestWhatAnAmendmentCompletesLetsCount(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {gems: {}}
challenges:
  first: {when: buy, if: event.amount >= 17, highest: event.amount, goals: [{at: 5, give: {gems: 3}}, {at: 12, give: {gems: 3}}]}
  then: {when: buy, add: event.amount, needs: [first], goal: 4, give: {gems: 1}}
`).at("2026-09-02T15:00:00Z")
	w.accept(w.as("a").event("ann", "buy", "amount", 5))
	w.at("2026-09-02T17:00:00Z").command(engine.NewAmend("a", json.RawMessage(`{"amount":23}`)))
	w.has("ann", "gems", "6")
	w.at("2026-09-02T22:00:00Z").send("ann", "buy", "amount", 27)
	w.has("ann", "gems", "7")
}
