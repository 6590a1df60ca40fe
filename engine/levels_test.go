package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const clubbing = `
events: {buy: {n: number}}
points: {gems: {}}
counters: {spend: {when: buy, add: event.n, every: year}}
rules: {hello: {when: tier_reached, if: event.level == "basic", give: {gems: 1}}}
tiers: {club: {counter: spend, levels: {basic: 0, silver: 10, gold: 20}, keep: to the end of next year}}
`

// The lowest level, which asks for nothing, is told once, to those who join by what happens now.
func TestTheLowestLevelIsReachedByJoining(t *testing.T) {
	w := program(t, clubbing)
	out := w.send("ann", "buy", "n", 1)
	require.Equal(t, []string{"1 joined", "2 tier_reached club basic"}, raised(out))
	require.Equal(t, []string{"rules/hello 1 gems"}, gave(out), "which is no effect of its own")
	w.restart(true)
	require.Empty(t, raised(w.send("ann", "buy", "n", 1)))

	old := w.event("bob", "buy", "n", 1)
	old.Past = true
	require.Empty(t, raised(w.accept(old)))
	require.Empty(t, gave(w.send("bob", "buy", "n", 1)), "nor by those who are imported, ever")
}

// A lower level that is reached while a higher one is held is kept in its own right, through restarts and reversals.
func TestALowerLevelIsKeptBeneathAHigherOne(t *testing.T) {
	for _, void := range []bool{false, true} {
		w := program(t, clubbing).at("2026-06-01T10:00:00Z")
		w.send("ann", "buy", "n", 20)
		w.at("2027-06-01T10:00:00Z").as("second").send("ann", "buy", "n", 10)
		w.restart(true)
		if void {
			w.at("2027-07-01T10:00:00Z").void("second")
			w.restart(false)
		}
		w.at("2027-12-31T23:59:59Z")
		require.Equal(t, "gold", w.tier("ann", "club"))
		w.at("2028-01-01T00:00:00Z").jobs()
		require.Equal(t, map[bool]string{false: "silver", true: "basic"}[void], w.tier("ann", "club"))
		w.at("2029-01-01T00:00:00Z").jobs()
		require.Equal(t, "basic", w.tier("ann", "club"))
	}
}

// In a calendar year a level is reached once: who falls short by a return and buys again has not reached it again.
func TestALevelIsReachedOnceACalendarPeriod(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
counters: {spend: {when: buy, add: event.n, every: year}}
tiers: {club: {counter: spend, levels: {basic: 0, silver: 10}, keep: 2 months}}
`).at("2026-12-01T10:00:00Z")
	w.send("ann", "buy", "n", 10)
	w.at("2026-12-20T10:00:00Z").send("ann", "buy", "n", -5)
	w.send("ann", "buy", "n", 5)
	require.Equal(t, "2027-02-02T00:00:00Z", w.progress("ann").Tiers["club"].Until.String())
}
