package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const travelled = `
clock: member
events: {visit: {}, earn: {points: integer}}
points: {stars: {}}
rules: {earn: {when: earn, give: {stars: event.points}, limit: 100 stars per day}}
streaks: {daily: {when: visit, every: day, goal: 9, give: {stars: 1}}}
`

// TestTravelOverTheDateLine holds that a date lived for two hours breaks nothing, and that one lived twice counts once.
func TestTravelOverTheDateLine(t *testing.T) {
	w := program(t, travelled).at("2026-11-15T06:00:00Z")
	w.moves("east", "Pacific/Honolulu")
	w.at("2026-11-17T06:00:00Z").send("east", "visit") // Monday evening
	w.at("2026-11-17T12:00:00Z").moves("east", "Pacific/Auckland")
	w.at("2026-11-17T21:00:00Z").send("east", "visit") // Wednesday morning
	require.Equal(t, 2, w.streak("east", "daily").Length)
	w.restart(true)
	require.Equal(t, 2, w.streak("east", "daily").Length)

	w.at("2026-11-18T06:00:00Z").moves("west", "Pacific/Auckland")
	w.at("2026-11-19T20:00:00Z").send("west", "visit")
	w.at("2026-11-20T20:00:00Z").send("west", "visit")
	w.at("2026-11-21T02:00:00Z").moves("west", "Pacific/Honolulu")
	w.at("2026-11-21T21:00:00Z").send("west", "visit")
	require.Equal(t, 2, w.streak("west", "daily").Length)
}

// TestTravelOpensNoSecondDayForLimits holds that the day that a limit counts is that of the zone left, until its midnight,
// and that moving back and forth opens none either.
func TestTravelOpensNoSecondDayForLimits(t *testing.T) {
	w := program(t, travelled).at("2026-05-01T12:00:00Z")
	w.moves("ann", "America/New_York")
	w.at("2026-05-02T03:30:00Z").send("ann", "earn", "points", 100)
	w.at("2026-05-02T03:35:00Z").moves("ann", "Asia/Tokyo")
	w.at("2026-05-02T03:40:00Z").send("ann", "earn", "points", 100)
	w.has("ann", "stars", "100")
	w.at("2026-05-02T03:45:00Z").moves("ann", "Pacific/Kiritimati")
	w.at("2026-05-02T03:50:00Z").send("ann", "earn", "points", 100)
	w.has("ann", "stars", "100")
	w.at("2026-05-02T04:00:00Z").send("ann", "earn", "points", 100)
	w.has("ann", "stars", "200")
}
