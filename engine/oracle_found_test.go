package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the oracle of enginetest/oracle found, each case as small as it gets.

func TestTheOrderOfLimitsMeansNothing(t *testing.T) {
	for _, limit := range []string{"[7 stars per day, 80 stars per week or nothing]", "[80 stars per week or nothing, 7 stars per day]"} {
		w := limited(t, "", limit)
		require.Equal(t, "7", w.at("2026-05-01T12:00:00Z").earns("ann", 84), "7 fit under both: %s", limit)
		w = limited(t, "", "[80 stars per day, 7 stars per week or nothing]")
		require.Equal(t, "0", w.at("2026-05-01T12:00:00Z").earns("ann", 84))
	}
}

// What is counted may be forgotten while the grace that runs since then is not over.
func TestGraceRunsFromWhenTheLevelWasUnmet(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
tiers: {club: {earned: stars, last: 1 week, levels: {green: 0, gold: 9}, grace: 8 days}}
`)
	w.at("2027-02-10T03:31:05Z").send("ann", "buy", "amount", 9)
	w.at("2027-02-21T19:37:10Z").send("ann", "buy", "amount", 1)
	require.Equal(t, "gold", w.tier("ann", "club"), "unmet since the 17th")
	w.at("2027-02-24T23:59:59Z")
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.at("2027-02-25T00:00:00Z")
	require.Equal(t, "green", w.tier("ann", "club"))
}
