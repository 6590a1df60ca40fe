package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
)

// mends is a program whose streak can be frozen and repaired for gems, of which ann has a hundred.
func mends(t *testing.T, streak string) *world {
	w := program(t, `
timezone: Europe/Berlin
late: 5 days
events: {visit: {}, award: {}}
points: {gems: {}, told: {}}
rules:
  award: {when: award, give: {gems: 100}}
  comfort: {when: streak_broken, give: {told: event.length}}
streaks:
  daily: {when: visit, every: day, `+streak+`}
`).at("2026-06-01T08:00:00Z")
	w.as("a1").send("ann", "award")
	return w
}

func (w *world) freeze(id string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewFreeze(id, "ann", "daily")))
}

func (w *world) repair(id string) *engine.Outcome {
	w.t.Helper()
	return w.accept(w.dated(engine.NewRepair(id, "ann", "daily")))
}

// visit visits at eight in the morning of days of June.
func (w *world) visit(days ...string) *world {
	w.t.Helper()
	for _, day := range days {
		w.at("2026-06-"+day+"T08:00:00Z").as("v"+day).send("ann", "visit")
	}
	return w
}

func (w *world) stored() int { return w.streak("ann", "daily").Stored }

func TestAStoredFreezeBridgesAfterTheFreeOnes(t *testing.T) {
	w := mends(t, "freeze: {free: 1 per month, hold: 2, cost: {gems: 20}}")
	require.Equal(t, []string{"streaks/daily -20 gems"}, gave(w.freeze("f1")), "spent at once")
	w.freeze("f2")
	w.has("ann", "gems", "60")
	require.True(t, w.freeze("f2").Duplicate)
	w.decidedAgainst("freezes_full", engine.NewFreeze("f3", "ann", "daily"))
	w.visit("01", "02", "05") // the free one for the third, a stored one for the fourth
	require.Equal(t, 1, w.stored())
	w.streakIs("ann", challenges.StreakActive, 3, 3)
	w.freeze("f4")
	require.Equal(t, 2, w.stored())
	w.late("2026-06-03T08:00:00Z").send("ann", "visit")
	require.Equal(t, 3, w.stored(), "a late event gives a freeze back: the free one bridges the fourth")
	w.at("2026-06-09T08:00:00Z").streakIs("ann", challenges.StreakAtRisk, 4, 4)
	require.Equal(t, 0, w.stored())
	w.at("2026-06-10T08:00:00Z").streakIs("ann", challenges.StreakBroken, 0, 4)
	w.jobs()
	w.has("ann", "told", "4")
}

func TestAFreezeBoughtTooLateSavesNothing(t *testing.T) {
	w := mends(t, "freeze: {hold: 5, cost: {gems: 20}}").visit("01", "02")
	w.at("2026-06-03T21:59:59Z").freeze("f1") // the third is not over yet
	w.at("2026-06-04T08:00:00Z").streakIs("ann", challenges.StreakAtRisk, 2, 2)
	w.at("2026-06-05T08:00:00Z").streakIs("ann", challenges.StreakBroken, 0, 2)
	w.freeze("f2")
	w.streakIs("ann", challenges.StreakBroken, 0, 2)
	require.Equal(t, 1, w.stored(), "it waits for the next run")
	w.visit("05", "07").streakIs("ann", challenges.StreakActive, 2, 2)
	require.Equal(t, 0, w.stored())
}

func TestAFreezeCostsWhatThereIs(t *testing.T) {
	w := mends(t, "freeze: {hold: 9, cost: {gems: 60}}")
	w.freeze("f1")
	w.decidedAgainst("insufficient", engine.NewFreeze("f2", "ann", "daily"))
	w.refused("not_for_sale", w.dated(engine.NewRepair("r1", "ann", "daily")))
	w.refused("not_found", w.dated(engine.NewFreeze("f3", "ann", "weekly")))
	w.refused("member_unknown", w.dated(engine.NewFreeze("f3", "bob", "daily")))
	require.Equal(t, "60", w.progress("ann").Points["gems"].Spent.String())
	none := mends(t, "freeze: 1 per month")
	none.refused("not_for_sale", none.dated(engine.NewFreeze("f1", "ann", "daily")))
}

func TestARepairedRunGoesOn(t *testing.T) {
	w := mends(t, "repair: {within: 48 hours, cost: {gems: 30}}").visit("01", "02")
	w.decidedAgainst("not_repairable", engine.NewRepair("r0", "ann", "daily"))
	w.at("2026-06-03T22:00:00Z").streakIs("ann", challenges.StreakRepairable, 0, 2)
	require.Equal(t, "2026-06-05T22:00:00Z", w.streak("ann", "daily").Repairable.String())
	w.at("2026-06-05T21:59:59Z").jobs()
	w.has("ann", "told", "2")
	require.Equal(t, []string{"streaks/daily -30 gems"}, gave(w.repair("r1")))
	w.streakIs("ann", challenges.StreakAtRisk, 2, 2)
	require.Nil(t, w.streak("ann", "daily").Repairable)
	w.decidedAgainst("not_repairable", engine.NewRepair("r2", "ann", "daily"))
	w.after(-time.Hour).visit("06")
	w.streakIs("ann", challenges.StreakActive, 1, 2) // the fifth was not bridged: it was not over
}

func TestARepairComesTooLate(t *testing.T) {
	w := mends(t, "repair: {within: 48 hours, cost: {gems: 30}}").visit("01", "02")
	w.at("2026-06-05T22:00:00Z").streakIs("ann", challenges.StreakBroken, 0, 2)
	w.decidedAgainst("not_repairable", engine.NewRepair("r1", "ann", "daily"))
	w.has("ann", "gems", "100")
	days := mends(t, "repair: {within: 2 days, cost: {gems: 30}}").visit("01", "02")
	days.at("2026-06-05T21:59:59Z").streakIs("ann", challenges.StreakRepairable, 0, 2)
	days.at("2026-06-05T22:00:00Z").streakIs("ann", challenges.StreakBroken, 0, 2)
}

// Whoever came back before they repaired has begun a new run; both become one, and what that reaches is paid once.
func TestARepairJoinsTheRunThatBeganSince(t *testing.T) {
	w := mends(t, "repair: {within: 48 hours, cost: {gems: 30}}, goals: [{at: 2, give: {told: 1000}}, {at: 4, give: {gems: 5}}]")
	w.visit("01", "02", "04", "05").streakIs("ann", challenges.StreakActive, 2, 2)
	w.has("ann", "told", "2002")
	w.repair("r1")
	w.streakIs("ann", challenges.StreakActive, 4, 4)
	w.has("ann", "told", "2002")
	w.has("ann", "gems", "75")
	w.visit("06").streakIs("ann", challenges.StreakActive, 5, 5)
	w.has("ann", "gems", "75")
	w.restart(true)
	w.streakIs("ann", challenges.StreakActive, 5, 5)
}

func TestVoidsAroundFreezesAndRepairs(t *testing.T) {
	w := mends(t, "freeze: {hold: 2, cost: {gems: 10}}, repair: {within: 48 hours, cost: {gems: 30}}, goals: [{at: 3, give: {told: 1000}}]")
	w.freeze("f1")
	w.visit("01", "02", "04") // bridged by the freeze
	w.streakIs("ann", challenges.StreakActive, 3, 3)
	w.has("ann", "told", "1000")
	w.visit("06")
	w.repair("r1")
	w.streakIs("ann", challenges.StreakActive, 4, 4)
	w.void("v02") // now the second is missed and frozen, and the third breaks
	w.streakIs("ann", challenges.StreakActive, 2, 2)
	require.Equal(t, 0, w.stored())
	w.has("ann", "told", "3") // the goal's stars are gone; the run that broke on the sixth had three days
	w.void("a1")              // what paid for them is taken back all the same
	require.Equal(t, "40", w.progress("ann").Points["gems"].Debt.String())
	w.restart(false)
	w.streakIs("ann", challenges.StreakActive, 2, 2)
	m, err := engine.MemberAt(w.store, w.versions, "ann", w.now)
	require.NoError(t, err)
	require.Equal(t, w.p.Member("ann").StreakAt(w.p.Rules(), w.p.Rules().Streaks[0], w.now), m.StreakAt(w.p.Rules(), w.p.Rules().Streaks[0], w.now))
}
