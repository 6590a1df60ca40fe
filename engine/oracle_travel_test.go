package engine_test

import "testing"

// What the oracle of enginetest/oracle found about members who travel.

// What an amendment reaches is reached in the day in which the event was counted, wherever the member lives by then.
func TestAnAmendmentReachesByTheClockOfItsEvent(t *testing.T) {
	w := program(t, `
clock: member
events: {buy: {amount: number}}
points: {gems: {}}
challenges:
  big: {when: buy, if: event.amount >= 4, highest: event.amount, every: day, goal: 4, give: {gems: 1}}
  dated: {when: buy, if: event.amount >= 4, highest: event.amount, during: 2028-05-01 to 2028-05-12, goal: 4, give: {gems: 10}}
`).at("2028-05-01T00:00:00Z")
	w.moves("ann", "America/Havana")
	w.at("2028-05-13T02:50:00Z").as("a").send("ann", "buy", "amount", 1) // on the twelfth
	w.at("2028-05-13T04:06:00Z").moves("ann", "UTC")
	w.at("2028-05-13T04:56:00Z").amend("a", `{"amount":18}`)
	w.has("ann", "gems", "11")
	w.restart(true)
	w.void("a")
	w.has("ann", "gems", "0")
}
