package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// TestStreakThatIsJoined holds that nothing counts before the member joined, and everything after.
func TestStreakThatIsJoined(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}}
streaks: {daily: {when: visit, every: day, join: opt_in, goal: 2, give: {stars: 10}}, all: {when: visit, every: day, goal: 9, give: {stars: 1}}}
`)
	join := func(streak string) *engine.Event {
		e := engine.NewStreakEnrollment("join/"+streak, "ann", streak)
		e.Time, e.Arrived = w.now, w.now
		return e
	}
	w.send("ann", "visit")
	w.refused("not_found", join("dayly"))
	w.refused("not_opt_in", join("all"))
	w.at("2026-05-02T08:00:00Z").accept(join("daily"))
	w.at("2026-05-02T12:00:00Z").send("ann", "visit")
	require.Equal(t, 1, w.streak("ann", "daily").Length)
	w.at("2026-05-03T12:00:00Z").send("ann", "visit")
	w.has("ann", "stars", "10")
	w.restart(false)
	require.Equal(t, 2, w.streak("ann", "daily").Length)
}
