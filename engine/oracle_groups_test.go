package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
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

// The day of a group is over when it is over in the last zone, whatever the zone of who sends an event.
func TestAGroupsDayIsOverInTheLastZone(t *testing.T) {
	w := program(t, `
clock: member
events: {buy: {}}
counters: {total: {when: buy, by: everyone, every: day, public: true}}
`).at("2026-05-01T00:00:00Z")
	w.moves("east", "Pacific/Kiritimati")
	w.moves("west", "Etc/GMT+12")
	w.at("2026-05-02T00:00:00Z").send("east", "buy") // the second of May in the east
	w.at("2026-05-03T00:00:00Z").send("west", "buy") // the second of May in the west
	w.at("2026-05-05T20:00:00Z").send("east", "buy") // for whom the second has long been over
	w.late("2026-05-03T05:00:00Z").send("west", "buy")
	w.at("2026-05-05T20:00:01Z").restart(true)
	day := w.p.Group(engine.CountID{Name: "counters/total"})
	require.NotNil(t, day)
	require.Equal(t, "3", day.Count.Periods[0].Value.String())
}

// Who was paid a group's goal because of an amendment stays so counted when another event is refused or voided.
func TestAGroupsGoalThatAnAmendmentReachedStaysCounted(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}, visit: {}}
points: {gems: {}}
challenges: {relay: {when: buy, if: event.amount >= 13, add: event.amount, by: everyone, each_needs: 5, goal: 40, give: {gems: 5}}}
`)
	w.send("bob", "buy", "amount", 46)
	w.after(time.Hour).as("a").send("ann", "buy", "amount", 12)
	w.after(time.Hour).amend("a", `{"amount":13}`)
	w.as("v").send("ann", "visit")
	w.reached("ann", "relay", "40", true, 1)
	w.after(time.Hour).void("v")
	w.reached("ann", "relay", "40", true, 1)
	w.void("a")
	w.reached("ann", "relay", "40", false, 0)
}

// A void long after a period takes the member's part in its goal away, which nobody counts as completed any more.
func TestAGroupsGoalOfAForgottenPeriodIsUncounted(t *testing.T) {
	for _, goals := range []string{"goal: 20, give: {gems: 4}", "goals: [{at: 5, give: {gems: 1}}, {at: 20, give: {gems: 3}}]"} {
		w := program(t, `
late: 24 hours
events: {buy: {amount: number}}
points: {gems: {}}
challenges: {all: {when: buy, add: event.amount, by: everyone, every: month, `+goals+`}}
`).at("2026-04-10T10:00:00Z")
		w.send("bob", "buy", "amount", 34)
		w.after(time.Hour).as("a").send("ann", "buy", "amount", 10)
		w.has("ann", "gems", "4")
		w.at("2026-05-20T10:00:00Z").send("ann", "buy", "amount", 3)
		w.reached("ann", "all", "3", false, 1)
		w.after(time.Hour).void("a")
		w.has("ann", "gems", "0")
		w.reached("ann", "all", "3", false, 0)
		w.restart(false)
		w.reached("ann", "all", "3", false, 0)
	}
}
