package engine_test

import (
	"strings"
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

// A rolling limit counts the days that members were told, as any other: a journey neither opens another day nor moves what was
// before it into one.
func TestTravelOpensNoSecondDayForRollingLimits(t *testing.T) {
	w := program(t, strings.Replace(travelled, "per day", "in last 1 days", 1)).at("2026-05-01T12:00:00Z")
	w.moves("ann", "America/New_York")
	w.at("2026-05-02T03:30:00Z").send("ann", "earn", "points", 100)
	w.at("2026-05-02T03:35:00Z").moves("ann", "Asia/Tokyo")
	w.at("2026-05-02T03:40:00Z").send("ann", "earn", "points", 100)
	w.has("ann", "stars", "100")
	w.at("2026-05-02T04:00:00Z").send("ann", "earn", "points", 100)
	w.has("ann", "stars", "200")

	w.at("2026-05-10T12:00:00Z").moves("ben", "Etc/GMT+12")
	w.at("2026-05-11T11:00:00Z").send("ben", "earn", "points", 100) // the 10th
	w.at("2026-05-11T11:30:00Z").moves("ben", "Europe/Berlin")
	w.at("2026-05-11T12:00:00Z").send("ben", "earn", "points", 100) // the 11th, as that instant was in Berlin
	w.has("ben", "stars", "200")
}

// What others use of a limit on days of their own, further east, forgets nothing that late events from the west can still reach.
func TestSharedDaysAreKeptForTheLastZone(t *testing.T) {
	for _, limit := range []string{"per day by everyone", "in last 1 days by everyone"} {
		w := program(t, strings.Replace(travelled, "per day", limit, 1)).at("2026-05-10T12:00:00Z")
		w.moves("west", "Etc/GMT+12")
		w.moves("east", "Pacific/Kiritimati")
		w.at("2026-05-10T20:00:00Z").send("west", "earn", "points", 100)
		w.at("2026-05-14T10:00:00Z").send("east", "earn", "points", 100)
		w.late("2026-05-11T11:00:00Z").send("west", "earn", "points", 100) // the 10th there, too
		w.has("west", "stars", "100")
		w.has("east", "stars", "100")
	}
}

// What waits for a step that it needs lies in the window that it came in, wherever its member lives when the step is done.
func TestWhatWaitsStaysInItsWindow(t *testing.T) {
	w := program(t, `
clock: member
events: {visit: {}, buy: {}}
points: {stars: {}}
challenges:
  daily:
    every: day
    give: {stars: 5}
    steps: {come: {when: visit, goal: 1}, shop: {when: buy, goal: 1, needs: [come]}}
`).at("2026-05-01T12:00:00Z")
	w.moves("ann", "America/New_York")
	w.at("2026-05-11T03:00:00Z").send("ann", "buy") // the 10th in New York, and waits
	w.at("2026-05-11T15:00:00Z").moves("ann", "Africa/Cairo")
	w.late("2026-05-10T19:00:00Z").send("ann", "visit") // the 10th in Cairo, and before it
	w.has("ann", "stars", "5")
}
