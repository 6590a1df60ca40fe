package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKeepIsRenewedByAnotherYear holds that who qualifies once more in the next year is held from then on.
func TestKeepIsRenewedByAnotherYear(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {each: {when: buy, give: {stars: event.amount}}}
tiers: {club: {earned: stars, every: year, levels: {green: 0, gold: 100}, keep: to the end of next year}}
`)
	w.at("2026-03-01T12:00:00Z").send("ann", "buy", "amount", 100)
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.at("2027-06-01T12:00:00Z").send("ann", "buy", "amount", 60)
	w.at("2027-07-01T12:00:00Z").send("ann", "buy", "amount", 60)
	w.at("2028-12-31T12:00:00Z")
	require.Equal(t, "gold", w.tier("ann", "club"), "reached again in 2027, held to the end of 2028")
	w.at("2029-01-01T12:00:00Z")
	require.Equal(t, "green", w.tier("ann", "club"))

	w.at("2029-02-01T12:00:00Z").send("bob", "buy", "amount", 100)
	w.at("2030-02-01T12:00:00Z").send("bob", "buy", "amount", 99)
	w.at("2031-01-01T12:00:00Z")
	require.Equal(t, "green", w.tier("bob", "club"), "99 is not enough")
}
