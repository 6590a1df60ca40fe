package engine_test

import "testing"

// What the oracle of enginetest/oracle found about reversals.

// What was taken comes back to a lot that has expired since: a visit that came too late for the lot does not keep it.
func TestWhatWasTakenComesBackToALotThatHadLapsed(t *testing.T) {
	w := program(t, `
events: {buy: {}, spend: {}, visit: {}}
points: {stars: {expire: 2 months after last visit}}
rules:
  buy: {when: buy, give: {stars: 18}}
  spend: {when: spend, take: {stars: 9}}
`).at("2026-04-25T12:00:00Z")
	w.send("ann", "buy")
	w.at("2026-06-25T12:00:00Z").as("s").send("ann", "spend")
	w.at("2026-08-15T12:00:00Z").send("ann", "visit")
	w.restart(true)
	w.void("s")
	w.has("ann", "stars", "0")
	w.send("ann", "buy")
	w.at("2026-10-01T12:00:00Z").as("t").send("ann", "spend")
	w.at("2026-10-02T12:00:00Z").send("ann", "visit")
	w.void("t")
	w.has("ann", "stars", "18")
}
