package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

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

// A limit counts an amended event in the day in which it counted it first, wherever the member has gone since.
func TestALimitCountsAnAmendedEventWhereItDid(t *testing.T) {
	w := program(t, `
clock: member
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}, limit: 80 stars per day}}
`).at("2026-06-09T06:52:00Z")
	w.moves("ann", "Africa/Cairo")
	w.at("2026-07-20T08:59:00Z").moves("ann", "Asia/Kathmandu")
	w.at("2026-07-20T19:12:00Z").as("a").send("ann", "buy", "amount", 68) // on the twentieth in Cairo, which goes on for limits
	w.at("2026-07-20T21:19:00Z").moves("ann", "Etc/GMT+12")
	w.at("2026-07-20T23:03:00Z").amend("a", `{"amount":107}`)
	w.has("ann", "stars", "80")
}

// What waits for what it needs counts in the day in which it came, wherever the member lives when it need not wait any more.
func TestWhatWaitsCountsInTheDayInWhichItCame(t *testing.T) {
	for _, challenges := range []string{`
  first: {when: visit, goal: 1}
  then: {needs: first, when: buy, at_most: 1 per day, goal: 2, give: {gems: 1}}
`, `
  course: {steps: {one: {when: visit, goal: 1}, two: {needs: one, when: buy, at_most: 1 per day, goal: 2}}, give: {gems: 1}}
`} {
		w := program(t, `
clock: member
late: 3 days
events: {buy: {}, visit: {}}
points: {gems: {}}
challenges:`+challenges).at("2026-05-01T00:00:00Z")
		w.moves("ann", "UTC")
		w.at("2026-05-04T13:00:00Z").send("ann", "buy")
		w.at("2026-05-04T18:00:00Z").send("ann", "buy") // still the fourth; in Tokyo it is the fifth
		w.at("2026-05-06T12:00:00Z").moves("ann", "Asia/Tokyo")
		w.restart(true)
		w.late("2026-05-04T08:00:00Z").send("ann", "visit")
		w.has("ann", "gems", "0")
		w.late("2026-05-05T08:00:00Z").send("ann", "buy")
		w.has("ann", "gems", "1")
	}
}

// The first of two contributions may have been on the later day, that of a member who has travelled: what they reach is reached with
// the second, and what counts from then on comes after it.
func TestWhatIsCountedOnALaterDayMayComeFirst(t *testing.T) {
	w := program(t, `
clock: member
late: 3 days
events: {visit: {}}
points: {gems: {}}
challenges:
  first: {when: visit, at_most: 1 per day, goal: 2}
  then: {needs: first, when: visit, goal: 1, give: {gems: 1}}
`).at("2026-05-01T00:00:00Z")
	w.moves("ann", "Etc/GMT+12")
	w.at("2026-05-05T10:00:00Z").send("ann", "visit") // on the fourth
	w.at("2026-05-06T00:00:00Z").moves("ann", "Asia/Tokyo")
	w.late("2026-05-05T08:00:00Z").send("ann", "visit") // on the fifth
	w.has("ann", "gems", "0")
	w.restart(true)
	w.late("2026-05-05T10:00:01Z").send("ann", "visit") // not counted by the one
	w.has("ann", "gems", "1")
}

// What an amendment lets count changes the board of the day in which its event counted, wherever the member lives by then.
func TestAnAmendmentChangesTheBoardOfTheDayOfItsEvent(t *testing.T) {
	w := program(t, `
clock: member
timezone: America/New_York
events: {buy: {amount: number}}
counters: {least: {when: buy, if: event.amount >= 17, lowest: event.amount, every: day}}
leaderboards: {board: {counter: least}}
`).at("2026-12-21T00:00:00Z")
	w.moves("ann", "Asia/Kathmandu")
	w.at("2026-12-22T11:57:00Z").late("2026-12-21T18:55:00Z").as("a").send("ann", "buy", "amount", 14) // on the 22nd
	w.moves("ann", "America/Santiago")
	w.at("2026-12-22T13:07:00Z").amend("a", `{"amount":22}`)
	w.at("2026-12-22T21:46:00Z").send("ann", "buy", "amount", 33)
	require.Equal(t, []string{"1 ann 22"}, w.standings("board", "2026-12-22", ""))
	w.void("a")
	require.Equal(t, []string{"1 ann 33"}, w.standings("board", "2026-12-22", ""))
}

// Far east a day is longer over than where the member goes next: what it counted is kept as long as a late event may still be of it
// anywhere.
func TestADayIsForgottenWhenItIsOverEverywhere(t *testing.T) {
	w := program(t, `
late: 72 hours
clock: member
timezone: Europe/Berlin
events: {visit: {}}
points: {gems: {}}
challenges: {day: {when: visit, every: day, goal: 2, give: {gems: 4}}}
`).at("2026-06-27T12:46:02Z")
	w.moves("ann", "Europe/Berlin")
	w.send("ann", "visit")
	w.at("2026-06-29T20:00:00Z")
	w.moves("ann", "Pacific/Kiritimati")
	w.at("2026-06-30T10:44:23Z").send("ann", "visit")
	w.moves("ann", "America/Havana")
	w.at("2026-06-30T18:00:00Z").late("2026-06-28T00:19:19Z").send("ann", "visit") // on the evening of the 27th
	w.has("ann", "gems", "4")
}

// Whether the day after the last one of a run cannot break it, as the first zone is told, does not depend on what has been forgotten
// of that day: a day that no late event can reach stays as it is.
func TestTheFirstZoneLeavesAloneWhatIsLongOver(t *testing.T) {
	frozen := map[string]int{}
	for _, name := range []string{"forgotten", "not forgotten"} {
		w := program(t, `
clock: member
timezone: Etc/GMT+12
events: {visit: {}}
streaks: {daily: {when: visit, every: day, at_least: 2, freeze: 9 per month}}
`).at("2026-03-12T16:00:00Z")
		w.send("ann", "visit")
		w.at("2026-03-13T00:30:00Z").send("ann", "visit") // the 12th, and by the zone told later the 13th
		if w.at("2026-03-18T23:00:00Z"); name == "forgotten" {
			w.as("v").send("ann", "visit")
		}
		w.moves("ann", "Asia/Kathmandu")
		frozen[name] = w.streak("ann", "daily").Frozen
		if name == "forgotten" {
			w.void("v")
			require.Equal(t, frozen[name], w.streak("ann", "daily").Frozen)
		}
	}
	require.Equal(t, frozen["forgotten"], frozen["not forgotten"])
	require.Equal(t, 6, frozen["forgotten"])
}
