package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
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

// The lot of the 3rd lives to the end of the 4th, and an event of the 4th keeps it to the end of the 5th: the next one, on
// the 6th, comes too late for it unless there is one of the 5th as well.
func TestALateEventBringsBackWhatItWouldHaveKept(t *testing.T) {
	const text = `
events: {buy: {}, note: {}}
points: {stars: {expire: 1 day after last buy}}
rules: {buy: {when: buy, give: {stars: 5}, limit: 1 ever}}
`
	for _, x := range []struct {
		name string
		late string
		want string
	}{
		{"nothing is prolonged", "2026-07-03T21:00:00Z", "0"},
		{"prolonged, yet not to the next event", "2026-07-04T21:00:00Z", "0"},
		{"it had expired before", "2026-07-05T01:00:00Z", "0"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := program(t, text).at("2026-07-03T12:00:00Z")
			w.send("ann", "buy")
			w.at("2026-07-06T10:00:00Z").send("ann", "buy")
			w.late(x.late).send("ann", "buy")
			w.has("ann", "stars", x.want)
		})
	}
	w := program(t, text).at("2026-07-03T12:00:00Z")
	w.send("ann", "buy")
	w.at("2026-07-05T10:00:00Z").send("ann", "note") // time passes
	w.late("2026-07-04T23:00:00Z").send("ann", "buy")
	w.has("ann", "stars", "5")
	w.at("2026-07-07T09:00:00Z").late("2026-07-06T20:00:00Z").send("ann", "buy")
	w.has("ann", "stars", "0")
	w.restart(true)
	w.late("2026-07-05T20:00:00Z").send("ann", "buy")
	w.has("ann", "stars", "5")
}

// A level is reached when all that is known says so, in whatever order it came.
func TestALateEventReachesTheLevelBetweenItsTimeAndNow(t *testing.T) {
	const text = `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
tiers: {club: {earned: stars, every: month, levels: {green: 0, silver: 50, gold: 100}, keep: 5 days}}
`
	sends := []struct {
		at     string
		amount int
	}{{"2026-05-30T10:00:00Z", 40}, {"2026-05-30T20:00:00Z", 30}, {"2026-05-31T10:00:00Z", 30}, {"2026-06-01T08:00:00Z", 1}}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}} {
		w := program(t, text).at("2026-06-01T09:00:00Z")
		for _, i := range order {
			w.late(sends[i].at).send("ann", "buy", "amount", sends[i].amount)
			w.restart(i == 1)
		}
		require.Equal(t, "gold", w.tier("ann", "club"), "in order %v", order)
		require.Equal(t, "2026-05-31T10:00:00Z", w.progress("ann").Tiers["club"].Since.String(), "in order %v", order)
		w.at("2026-06-05T23:59:59Z")
		require.Equal(t, "gold", w.tier("ann", "club"))
		w.at("2026-06-06T00:00:00Z")
		require.Equal(t, "green", w.tier("ann", "club"), "silver was reached with gold, and is kept no longer")
	}
}

// The week in which it was completed first is forgotten by then, and this week's comes later than the event.
func TestWhatIsNeededStaysCompletedInLaterPeriods(t *testing.T) {
	w := program(t, `
events: {buy: {}, visit: {}}
points: {gems: {}}
challenges:
  weekly: {when: buy, every: week, goal: 2, give: {gems: 1}}
  then: {when: visit, needs: weekly, goal: 9, give: {gems: 1}}
`).at("2026-11-16T12:00:00Z")
	w.send("ann", "buy")
	w.after(time.Hour).send("ann", "buy")
	w.after(time.Hour).send("ann", "visit")
	w.at("2026-11-26T12:00:00Z").send("ann", "buy")
	w.after(time.Hour).send("ann", "visit")
	w.after(time.Hour).send("ann", "buy")
	w.late("2026-11-26T13:30:00Z").send("ann", "visit")
	w.reached("ann", "then", "3", false, 0)
}

// Without the voided one, ann brings enough only later than she was paid.
func TestWhoBringsEnoughAnywayStaysPaid(t *testing.T) {
	w := program(t, `
events: {run: {}}
points: {gems: {}}
challenges: {relay: {when: run, by: everyone, goal: 2, each_needs: 3, give: {gems: 5}}}
`).at("2026-05-01T12:00:00Z")
	for _, id := range []string{"a", "b", "c", "d"} {
		w.after(time.Hour).as(id).send("ann", "run")
		w.handOut()
	}
	w.after(time.Hour).void("a")
	w.has("ann", "gems", "5")
	w.reached("ann", "relay", "2", true, 1)
	w.void("b")
	w.has("ann", "gems", "0")
	w.reached("ann", "relay", "2", false, 0)
}

// What is needed was completed by the first of the events, however often it is completed again.
func TestWhatIsNeededIsCompletedOnce(t *testing.T) {
	w := program(t, `
events: {buy: {}}
points: {gems: {}}
challenges:
  again: {when: buy, goal: 1, again: true, give: {gems: 1}}
  then: {when: buy, needs: again, goal: 9, give: {gems: 1}}
`).at("2026-11-16T12:00:00Z")
	for range 3 {
		w.after(time.Hour).send("ann", "buy")
	}
	w.reached("ann", "then", "2", false, 0)
}

func TestAChallengeIsOverByTheClockOfWhoEnrolls(t *testing.T) {
	w := program(t, `
timezone: Asia/Kathmandu
clock: member
events: {buy: {}}
points: {gems: {}}
challenges: {may: {when: buy, during: 2026-05-02 to 2026-05-03, join: opt_in, goal: 1, give: {gems: 1}}}
`).at("2026-05-01T12:00:00Z")
	w.moves("ann", "Etc/GMT+12")
	w.at("2026-05-03T18:15:00Z").enroll("ann", "may")
	w.after(time.Hour).send("ann", "buy")
	w.reached("ann", "may", "1", true, 1)
}

func TestAGiftOfWhichACapLeavesNothingIsNoUse(t *testing.T) {
	w := program(t, `
events: {buy: {friend: member, shop: text}}
points: {stars: {}}
rules: {treat: {when: buy, to: event.friend, give: {stars: 10}, limit: [10 stars ever by event.shop, 2 per year]}}
`).at("2026-05-01T12:00:00Z")
	w.put("bob", engine.Profile{})
	for _, shop := range []string{"a", "a", "a", "b", "c"} {
		w.send("ann", "buy", "friend", "bob", "shop", shop)
	}
	w.has("bob", "stars", "20")
}

// Without the voided event gold was reached in October and not in May, and is kept until the end of March.
func TestALevelThatIsReachedLaterWithoutWhatIsVoidedIsKeptFromThen(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}}
rules: {visit: {when: visit, give: {stars: 35}}}
tiers: {club: {earned: stars, every: year, levels: {green: 0, gold: 50}, keep: to the end of next quarter}}
`)
	w.at("2026-05-20T05:00:00Z").send("ann", "visit")
	w.after(time.Hour).as("b").send("ann", "visit")
	w.at("2026-10-19T02:00:00Z").send("ann", "visit")
	w.at("2027-01-10T14:00:00Z")
	require.Equal(t, "green", w.tier("ann", "club"), "kept to the end of September, and met to the end of the year")
	w.void("b")
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.at("2027-03-31T23:59:59Z")
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.at("2027-04-01T00:00:00Z")
	require.Equal(t, "green", w.tier("ann", "club"))
}

// A limit refused what the event wanted with its boost. What an amendment makes less of that wants less, and a raise gives what it
// wants more than that: not the boost, which had been wanted before.
func TestARaiseAfterWhatALimitRefusedGivesTheDifference(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}, limit: 60 stars per day or nothing}}
boosts: {more: {of: stars, plus: 2}}
`)
	w.send("ann", "buy", "amount", 48)
	w.as("a").send("ann", "buy", "amount", 10)
	w.has("ann", "stars", "50")
	w.keyed("k1", "a", `{"amount": 8}`)
	w.has("ann", "stars", "50")
	w.keyed("k2", "a", `{"amount": 15}`)
	w.has("ann", "stars", "57")
}

// A late event that came too late to bring anything back still has kept it alive until then, for the next one.
func TestALateEventIsRememberedForTheNext(t *testing.T) {
	w := program(t, `
events: {buy: {}, note: {}}
points: {stars: {expire: 1 day after last buy}}
rules: {buy: {when: buy, give: {stars: 5}, limit: 1 ever}}
`).at("2026-07-03T12:00:00Z")
	w.send("ann", "buy")                                      // lives to the end of the 4th
	w.at("2026-07-07T03:00:00Z").late("2026-07-04T04:00:00Z") // to the end of the 5th, were it told by then
	w.send("ann", "buy")
	w.has("ann", "stars", "0")
	w.late("2026-07-06T08:00:00Z").send("ann", "buy") // too late for that
	w.has("ann", "stars", "0")
	w.restart(true)
	w.at("2026-07-07T22:00:00Z").late("2026-07-05T23:00:00Z") // and to the end of the 6th: the one of the 6th keeps it
	w.send("ann", "buy")
	w.has("ann", "stars", "5")
}

// What comes with the first instant of a day comes after what that day takes away: the level is reached by it, from below, however
// late what followed was told.
func TestALevelReachedWithTheDayThatTakesItAway(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
tiers: {club: {earned: stars, last: 2 weeks, levels: {green: 0, gold: 30}, keep: 7 days}}
`)
	w.at("2026-05-02T12:00:00Z").send("ann", "buy", "amount", 4)
	w.at("2026-05-03T12:00:00Z").send("ann", "buy", "amount", 28)
	w.at("2026-05-18T20:00:00Z").late("2026-05-16T00:00:00Z").send("ann", "buy", "amount", 4) // from 28 to 32, as the 2nd is over
	w.at("2026-05-19T00:10:00Z").late("2026-05-16T23:59:59Z").send("ann", "buy", "amount", 4)
	w.at("2026-05-22T12:00:00Z")
	require.Equal(t, "gold", w.tier("ann", "club"), "kept for seven days from the 16th")
}

// A late event earns a level with what was counted further east, of which the day by that zone's dates is a later one.
func TestALateEventReachesALevelWithWhatWasCountedFurtherEast(t *testing.T) {
	w := program(t, `
clock: member
timezone: America/New_York
events: {visit: {}}
points: {stars: {}}
counters: {c0: {when: visit, add: 1, public: true, last: 3 weeks}}
badges: {b: {counter: c0, levels: {l0: 3}}}
`).at("2026-01-25T00:00:00Z")
	w.moves("ann", "Australia/Lord_Howe")
	w.at("2026-01-28T14:06:45Z").send("ann", "visit")
	w.at("2026-01-28T14:34:48Z")
	w.moves("ann", "Asia/Kathmandu")
	w.at("2026-01-28T21:07:35Z").late("2026-01-26T05:29:33Z").send("ann", "visit")
	w.at("2026-01-28T21:50:37Z").late("2026-01-27T00:55:11Z").send("ann", "visit")
	require.Equal(t, []string{"b l0"}, w.badges("ann"))
}

// Without what is voided another day was the last one before the first zone was told, and the day after that one cannot break the
// run: now, and at the next void.
func TestAVoidOfTheLastDayBeforeTheFirstZone(t *testing.T) {
	w := program(t, `
timezone: America/Santiago
clock: member
events: {buy: {}, visit: {}}
points: {gems: {}}
rules: {buy: {when: buy, give: {gems: 2}}}
streaks: {daily: {when: visit, every: day, freeze: {hold: 1, cost: {gems: 1}}, goals: [{at: 3, give: {gems: 2}}]}}
`)
	w.at("2026-04-11T19:00:00Z").send("ann", "visit") // the 11th, and further west the 12th
	w.at("2026-04-12T05:00:00Z").as("v").send("ann", "visit")
	w.at("2026-04-12T23:00:00Z").as("b").send("ann", "buy")
	w.freeze("f")
	w.at("2026-04-14T18:00:00Z")
	w.moves("ann", "Pacific/Kiritimati") // where it is the 15th
	require.Equal(t, 0, w.streak("ann", "daily").Stored, "the 13th is frozen, the 14th is not")
	w.void("v")
	require.Equal(t, 0, w.streak("ann", "daily").Stored, "the 12th cannot break the run: the 13th is frozen still")
	w.restart(true)
	for range 3 {
		w.after(24*time.Hour).send("ann", "visit")
	}
	w.has("ann", "gems", "3")
	require.Equal(t, []string{"rules/buy -2 gems"}, gave(w.void("b")))
	w.has("ann", "gems", "1")
	require.Equal(t, 3, w.streak("ann", "daily").Length)
	w.remembers()
}

// By the zone moved to a freeze was bought too late, and the run ended before: what it was paid by the days of then stays, whatever
// else is reversed, and falls with one of its days.
func TestAJourneyThatShortensARunTakesNothingBack(t *testing.T) {
	w := program(t, `
timezone: America/Santiago
clock: member
events: {buy: {n: number}, visit: {}}
points: {gems: {}}
rules: {buy: {when: buy, give: {gems: event.n}}}
streaks: {daily: {when: visit, every: day, freeze: {hold: 1, cost: {gems: 1}}, goals: [{at: 3, give: {gems: 20}}]}}
`).at("2026-05-01T12:00:00Z")
	w.moves("ann", "America/Santiago")
	w.as("b").send("ann", "buy", "n", 5)
	for _, id := range []string{"d1", "d2", "d3"} {
		w.as(id).send("ann", "visit")
		w.after(24 * time.Hour)
	}
	w.at("2026-05-04T01:00:00Z").freeze("f") // on the evening of the 3rd
	w.at("2026-05-04T12:00:00Z").send("ann", "visit")
	require.Empty(t, gave(w.void("d3")), "the 3rd is frozen")
	w.has("ann", "gems", "24")
	w.at("2026-05-06T12:00:00Z")
	w.moves("ann", "Pacific/Kiritimati") // the 3rd ended before the freeze was bought
	require.Equal(t, []string{"rules/buy -1 gems"}, gave(w.amend("b", `{"n": 4}`)))
	w.restart(true)
	require.Equal(t, []string{"rules/buy 2 gems"}, gave(w.amend("b", `{"n": 6}`)))
	w.has("ann", "gems", "25")
	require.Equal(t, []string{"streaks/daily -20 gems"}, gave(w.void("d2")))
}

// The same where the day on which the goal was paid still lies in a run, which the journey has made too short.
func TestAJourneyThatShortensTheRunOfAPaidDayTakesNothingBack(t *testing.T) {
	w := program(t, `
timezone: America/Santiago
clock: member
events: {buy: {n: number}, visit: {}}
points: {gems: {}}
rules: {buy: {when: buy, give: {gems: event.n}}}
streaks: {daily: {when: visit, every: day, freeze: {hold: 2, cost: {gems: 1}}, goals: [{at: 3, give: {gems: 20}}]}}
`).at("2026-05-01T12:00:00Z")
	w.moves("ann", "America/Santiago")
	w.as("b").send("ann", "buy", "n", 5)
	w.freeze("f")
	for day := 1; day <= 5; day++ {
		if w.at(fmt.Sprintf("2026-05-0%dT12:00:00Z", day)); day != 4 {
			w.as(fmt.Sprint("d", day)).send("ann", "visit")
		}
		if day == 4 {
			w.at("2026-05-05T01:00:00Z").freeze("g")
		}
	}
	require.Empty(t, gave(w.void("d2")), "the 2nd and the 4th are frozen")
	w.at("2026-05-07T12:00:00Z")
	w.moves("ann", "Pacific/Kiritimati") // the 4th ended before the freeze was bought
	require.Equal(t, []string{"rules/buy -1 gems"}, gave(w.amend("b", `{"n": 4}`)))
	require.Equal(t, []string{"streaks/daily -20 gems"}, gave(w.void("d1")))
}

// A late event joins runs, and the goal is reached again on the day on which it was reached first. Without the event one of the two
// payments stands: the first.
func TestAGoalReachedTwiceOnOneDayFallsOnce(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {gems: {}}
streaks: {daily: {when: visit, every: day, goals: [{at: 2, again: true, give: {gems: 1}}, {at: 3, again: true, give: {gems: 10}}]}}
`).at("2026-05-25T12:00:00Z")
	w.send("ann", "visit")
	w.late("2026-05-23T12:00:00Z").send("ann", "visit")
	w.at("2026-05-26T12:00:00Z").send("ann", "visit")
	w.has("ann", "gems", "1")
	w.after(time.Hour).late("2026-05-24T12:00:00Z").as("v").send("ann", "visit")
	w.has("ann", "gems", "12")
	require.Equal(t, []string{"streaks/daily -1 gems", "streaks/daily -10 gems"}, gave(w.void("v")))
	w.has("ann", "gems", "1")
	w.restart(true)
	w.at("2026-05-27T12:00:00Z").as("w").send("ann", "visit")
	w.has("ann", "gems", "11")
	require.Equal(t, []string{"streaks/daily -10 gems"}, gave(w.void("w")))
	w.remembers()
}
