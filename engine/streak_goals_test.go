package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

const again = `
events: {done: {}}
points: {gold: {}, gems: {}}
streaks:
  daily: {when: done, every: day, goals: [{at: 3, again: true, give: {gold: 1}}, {at: 5, within: 6 days, give: {gems: 1}}]}
`

// days sends an event on each of some days of May 2026.
func (w *world) days(days ...int) {
	for _, d := range days {
		w.at(time.Date(2026, 5, d, 10, 0, 0, 0, time.UTC).Format(time.RFC3339)).as("d"+time.Date(2026, 5, d, 0, 0, 0, 0, time.UTC).Format("02")).send("ann", "done")
	}
}

func TestAStreaksGoalRepeats(t *testing.T) {
	w := program(t, again)
	w.days(1, 2, 3)
	w.has("ann", "gold", "1")
	w.days(4, 5)
	w.has("ann", "gold", "1")
	w.restart(true)
	w.days(6, 7, 8, 9)
	w.has("ann", "gold", "3")
	w.restart(false)
	w.days(12, 13, 14) // another run earns it again
	w.has("ann", "gold", "4")
	require.Len(t, w.p.Member("ann").Streaks[0].Paid, 3, "repetitions in a row share a mark")
}

// A late event joins two runs: what both were paid counts for the joined one.
func TestAJoinedRunIsNotPaidTwice(t *testing.T) {
	w := program(t, "late: 10 days"+again)
	w.days(1, 2, 3)
	w.days(5, 6, 7)
	w.has("ann", "gold", "2")
	w.at("2026-05-07T20:00:00Z").late("2026-05-04T12:00:00Z").send("ann", "done")
	w.has("ann", "gold", "2") // seven days: two times three
	w.days(8)
	w.has("ann", "gold", "2")
	w.days(9)
	w.has("ann", "gold", "3")
}

// Without a day the run is shorter, or two: as many repetitions fall as are not reached any more, the last ones first.
func TestAVoidTakesRepetitionsBack(t *testing.T) {
	w := program(t, again)
	w.days(1, 2, 3, 4, 5, 6, 7, 8, 9)
	w.has("ann", "gold", "3")
	w.accept(w.dated(engine.NewVoid("d09")))
	w.has("ann", "gold", "2")
	w.accept(w.dated(engine.NewVoid("d05"))) // one to four, and six to eight
	w.has("ann", "gold", "2")
	w.accept(w.dated(engine.NewVoid("d02"))) // one, three and four, six to eight
	w.has("ann", "gold", "1")
	w.days(10, 11, 12)
	w.has("ann", "gold", "2")
}

func TestAStreaksGoalWithin(t *testing.T) {
	w := program(t, `
events: {done: {}}
points: {gems: {}}
streaks:
  fast: {when: done, every: day, freeze: 2 per month, goals: [{at: 5, within: 5 days, give: {gems: 1}}]}
`)
	w.days(1, 2, 4, 5, 6) // the sixth day is the last one of five days from the first
	w.has("ann", "gems", "1")
	w = program(t, `
events: {done: {}}
points: {gems: {}}
streaks:
  fast: {when: done, every: day, freeze: 2 per month, goals: [{at: 5, within: 5 days, give: {gems: 1}}]}
`)
	w.days(1, 2, 4, 6, 7)
	w.has("ann", "gems", "0")
}

// A void that leaves two days of four leaves one of two payments, also where the goal would have been reached on the last day.
func TestAVoidLeavesNoMorePaymentsThanARunReaches(t *testing.T) {
	w := program(t, `
events: {done: {}}
points: {gold: {}}
streaks: {daily: {when: done, every: day, goals: [{at: 2, again: true, give: {gold: 1}}]}}
`)
	w.days(2, 3, 4)
	w.late("2026-05-01T12:00:00Z").send("ann", "done")
	w.has("ann", "gold", "2")
	w.accept(w.dated(engine.NewVoid("d02")))
	w.has("ann", "gold", "1")
	w.restart(true)
	w.days(5)
	w.has("ann", "gold", "1")
}
