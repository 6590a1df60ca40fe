package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
)

// visits is a program with one streak of visits.
func visits(t *testing.T, header, streak string) *world {
	return program(t, header+`
events: {visit: {n?: number}}
points: {gems: {}}
badges: {loyal: {}}
streaks:
  daily: {when: visit, `+streak+`}
`)
}

func (w *world) streakIs(member string, state challenges.StreakState, length, longest int) {
	w.t.Helper()
	s := w.streak(member, "daily")
	require.Equal(w.t, []any{state, length, longest}, []any{s.State, s.Length, s.Longest}, "at %s", w.now)
}

func TestSTR_EventsMakeAStreak(t *testing.T) {
	w := visits(t, "timezone: Europe/Berlin", "every: day")
	w.at("2026-06-01T08:00:00Z").send("ann", "visit")
	out := w.at("2026-06-02T08:00:00Z").send("ann", "visit")
	require.Equal(t, []any{2, 2, "active", "2026-06-02T22:00:00Z", "2026-06-03T22:00:00Z"},
		[]any{out.Effects[0].Length, out.Effects[0].Longest, out.Effects[0].State, out.Effects[0].AtRiskAt.String(), out.Effects[0].BreaksAt.String()})
	w.at("2026-06-03T21:59:59Z").streakIs("ann", challenges.StreakAtRisk, 2, 2) // STR-03
	w.at("2026-06-03T22:00:00Z").streakIs("ann", challenges.StreakBroken, 0, 2)
	w.at("2026-06-04T08:00:00Z").send("ann", "visit")
	w.streakIs("ann", challenges.StreakActive, 1, 2) // STR-02
}

func TestSTR18_TooLateAnEventRepairsNothing(t *testing.T) {
	w := visits(t, "timezone: Europe/Berlin", "every: day")
	for _, at := range []string{"2026-06-01T08:00:00Z", "2026-06-03T08:00:00Z", "2026-06-06T08:00:00Z"} {
		w.at(at).send("ann", "visit")
	}
	w.at("2026-06-06T08:00:01Z").refused("event_too_late", w.late("2026-06-02T08:00:00Z").event("ann", "visit"))
	w.streakIs("ann", challenges.StreakActive, 1, 1)
}

func TestSTR21_ADateLivedTwiceCountsOnce(t *testing.T) {
	w := visits(t, "clock: member", "every: day").at("2026-11-16T19:00:00Z")
	w.moves("ann", "Pacific/Auckland")
	w.at("2026-11-16T20:00:00Z").send("ann", "visit")
	w.at("2026-11-17T20:00:00Z").send("ann", "visit")
	w.at("2026-11-18T02:00:00Z").moves("ann", "Pacific/Honolulu")
	w.at("2026-11-18T21:00:00Z").send("ann", "visit")
	w.streakIs("ann", challenges.StreakActive, 2, 2)
}

func TestSTR23_TheFutureIsRefused(t *testing.T) {
	w := visits(t, "timezone: Europe/Berlin", "every: day").at("2026-06-01T08:00:00Z")
	w.send("ann", "visit")
	w.at("2026-06-01T08:01:00Z").refused("event_in_future", w.late("2026-06-02T08:00:00Z").event("ann", "visit"))
	w.late("2026-06-01T08:06:00Z").send("ann", "visit") // five minutes are allowed
	w.streakIs("ann", challenges.StreakActive, 1, 1)
}

func TestSTR24_AGoalIsPaidOnceARunHoweverItIsRecomputed(t *testing.T) {
	// The first of the facts arrives 73 hours after it happened, so that its window of 72 would refuse it.
	w := visits(t, "late: 96 hours\ntimezone: Europe/Berlin", "every: day, goal: 3, give: {gems: 50}")
	for _, at := range []string{"2026-06-02T08:00:00Z", "2026-06-03T08:00:00Z", "2026-06-04T08:00:00Z"} {
		w.at(at).send("ann", "visit")
	}
	w.has("ann", "gems", "50")
	w.at("2026-06-04T09:00:00Z").late("2026-06-01T08:00:00Z").send("ann", "visit")
	w.streakIs("ann", challenges.StreakActive, 4, 4)
	w.has("ann", "gems", "50")
}

func TestRunsJoinedByALateEventArePaidOnce(t *testing.T) {
	w := visits(t, "late: 10 days", "every: day, goals: [{at: 2, give: {gems: 1}}, {at: 5, give: {gems: 100, badge: loyal}}]")
	for _, day := range []string{"01", "02", "04", "05"} {
		w.at("2026-06-"+day+"T08:00:00Z").send("ann", "visit")
	}
	w.has("ann", "gems", "2") // each run was paid
	w.late("2026-06-03T08:00:00Z").send("ann", "visit")
	w.has("ann", "gems", "102")
	require.Equal(t, []string{"loyal"}, w.badges("ann"))
	w.at("2026-06-06T08:00:00Z").send("ann", "visit")
	w.has("ann", "gems", "102")
	w.at("2026-06-20T08:00:00Z").send("ann", "visit")
	w.at("2026-06-21T08:00:00Z").send("ann", "visit")
	w.has("ann", "gems", "103") // a new run pays again
}

func TestAStreakOfSumsAndOfSomeDays(t *testing.T) {
	w := visits(t, "", "every: day, add: event.n ?? 0, at_least: 10, days: [monday, wednesday]").at("2026-06-01T08:00:00Z") // a Monday
	w.send("ann", "visit", "n", 6)
	require.Equal(t, challenges.StreakNone, w.streak("ann", "daily").State)
	w.send("ann", "visit", "n", 4)
	w.at("2026-06-02T08:00:00Z").send("ann", "visit", "n", 40)
	w.at("2026-06-03T08:00:00Z").send("ann", "visit", "n", 40)
	w.streakIs("ann", challenges.StreakActive, 2, 2)
	w.at("2026-06-08T08:00:00Z").streakIs("ann", challenges.StreakAtRisk, 2, 2)
}

func TestAStreakThatBreaksIsToldOnce(t *testing.T) {
	text := `
events: {visit: {}, hi: {}}
points: {gems: {}}
streaks: {daily: {when: visit, every: day}}
rules:
  comfort: {when: streak_broken, if: event.streak == "daily", give: {gems: event.length}}
`
	for _, job := range []bool{false, true} {
		w := program(t, text)
		w.at("2026-06-01T08:00:00Z").send("ann", "visit")
		w.at("2026-06-02T08:00:00Z").send("ann", "visit")
		w.at("2026-06-10T08:00:00Z")
		if job {
			w.jobs()
			w.jobs()
		}
		w.send("ann", "hi")
		w.send("ann", "hi")
		w.has("ann", "gems", "2")
	}
}

// Who travels west has a longer day: nothing breaks at the midnight they left behind.
func TestAStreakBreaksAtTheMidnightOfWhereTheMemberIs(t *testing.T) {
	w := program(t, `
clock: member
events: {visit: {}}
points: {gems: {}}
streaks: {daily: {when: visit, every: day}}
rules: {comfort: {when: streak_broken, give: {gems: 1}}}
`).at("2026-06-01T08:00:00Z")
	w.moves("ann", "Europe/Berlin")
	w.send("ann", "visit")
	w.at("2026-06-01T12:00:00Z").moves("ann", "America/New_York")
	w.at("2026-06-02T23:00:00Z").jobs() // midnight has passed in Berlin
	w.streakIs("ann", challenges.StreakAtRisk, 1, 1)
	w.has("ann", "gems", "0")
	w.at("2026-06-03T04:00:00Z").jobs()
	w.has("ann", "gems", "1")
}

func TestCounters(t *testing.T) {
	tests := []struct{ name, counter, want string }{
		{"events", "", "4"},
		{"a sum", "add: event.n", "14"},
		{"the highest", "highest: event.n", "7"},
		{"the lowest", "lowest: event.n", "1"},
		{"the latest", "latest: event.n", "1"},
		{"distinct values", "distinct: event.sku", "2"},
		{"a condition", "if: event.n > 3", "2"},
		{"a window", "during: 2026-05-01 to 2026-05-02", "2"},
		{"this day", "add: event.n, every: day", "1"},
		{"this week", "add: event.n, every: week", "1"},
		{"this month", "add: event.n, every: month", "14"},
		{"this hour", "add: event.n, every: hour", "1"},
		{"this quarter", "add: event.n, every: quarter", "14"},
		{"this year", "add: event.n, every: year", "14"},
		{"a rolling time", "add: event.n, last: 3 days", "5"},
		{"the highest of a rolling time", "highest: event.n, last: 3 days", "4"},
		{"exact rolling hours", "add: event.n, last: 24 hours", "1"},
		{"at most one a day", "add: event.n, at_most: 1 per day", "12"},
		{"everyone", "add: event.n, by: everyone", "114"},
		{"everyone, this month", "add: event.n, by: everyone, every: month", "114"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			counter := strings.TrimPrefix(test.counter+", public: true", ", ")
			w := program(t, "events: {go: {n: number, sku: text}}\ncounters: {c: {when: go, "+counter+"}}\n")
			w.at("2026-05-01T12:00:00Z").send("ann", "go", "n", 7, "sku", "a")
			w.after(time.Hour).send("ann", "go", "n", 2, "sku", "b")
			w.at("2026-05-02T13:00:00Z").send("bob", "go", "n", 100, "sku", "c")
			w.at("2026-05-04T13:00:00Z").late("2026-05-03T12:30:00Z").send("ann", "go", "n", 4, "sku", "a")
			w.send("ann", "go", "n", 1, "sku", "a")
			w.restart(true)
			require.Equal(t, test.want, w.counter("ann", "c"))
		})
	}
}

func TestCountersOfPointsGiven(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {pending: 5 days}}
counters:
  all: {earned: gems, public: true}
  some: {earned: gems, only: [base], every: month, public: true}
rules:
  base: {when: go, give: {gems: 10}, limit: 15 gems ever}
  more: {when: go, give: {gems: 3}}
`)
	w.send("ann", "go")
	w.send("ann", "go")
	require.Equal(t, []string{"21", "15"}, []string{w.counter("ann", "all"), w.counter("ann", "some")})
	w.at("2026-06-01T00:00:00Z")
	require.Equal(t, []string{"21", "0"}, []string{w.counter("ann", "all"), w.counter("ann", "some")})
}

// A rule may ask for a counter, its own member's and everyone's; it sees the value before the event.
func TestRulesSeeCountersAsBeforeTheEvent(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {}}
counters:
  mine: {when: go}
  ours: {when: go, by: everyone}
rules:
  third: {when: go, if: member.counter.mine == 2, give: {gems: 1}}
  fourth: {when: go, if: member.counter.ours == 3, give: {gems: 10}}
`)
	for range 3 {
		w.send("ann", "go")
	}
	w.has("ann", "gems", "1")
	w.send("bob", "go")
	w.has("bob", "gems", "10")
}

func TestBadges(t *testing.T) {
	w := program(t, `
events: {go: {n: number}}
points: {gems: {}}
counters: {sum: {when: go, add: event.n}, best: {when: go, highest: event.n, last: 3 days}}
badges:
  distance: {counter: sum, levels: {bronze: 10, silver: 20, gold: 30}}
  peak: {counter: best, levels: {high: 25}}
  given: {levels: {one: 1, two: 2}, counter: sum}
rules:
  celebrate: {when: badge_earned, if: event.badge == "distance", give: {gems: 1}}
  silver: {when: badge_earned, if: event.level == "silver", give: {gems: 100}}
`)
	out := w.send("ann", "go", "n", 25)
	require.Contains(t, gave(out), "badges/distance badge distance bronze")
	require.Equal(t, []string{"distance silver", "given two", "peak high"}, w.badges("ann"))
	w.has("ann", "gems", "102")
	w.send("ann", "go", "n", 5)
	require.Equal(t, "distance gold", w.badges("ann")[0])
	w.send("ann", "go", "n", -20)
	require.Equal(t, "distance gold", w.badges("ann")[0], "badges do not fall")
}

func TestABadgeIsGivenOnceAndOnlyUpwards(t *testing.T) {
	w := program(t, `
events: {a: {}, b: {}, never: {}}
points: {gems: {}}
counters: {none: {when: never}}
badges: {rank: {counter: none, levels: {low: 100, high: 200}}}
rules:
  a: {when: a, give: {badge: {rank: high}}}
  b: {when: b, give: {badge: {rank: low}}}
  told: {when: badge_earned, give: {gems: 1}}
`)
	w.send("ann", "b")
	w.send("ann", "a")
	w.send("ann", "b")
	w.send("ann", "a")
	require.Equal(t, []string{"rank high"}, w.badges("ann"))
	w.has("ann", "gems", "2")
}

func TestTiers(t *testing.T) {
	w := program(t, `
timezone: Europe/Berlin
events: {earn: {n: number}, spend: {}, boost: {}}
points: {stars: {expire: 10 days after earning}, gems: {}}
rules:
  earn: {when: earn, give: {stars: event.n}}
  spend: {when: spend, take: {stars: 600}}
  up: {when: tier_reached, if: event.level == "gold", give: {gems: 1}}
  from: {when: tier_reached, if: event.from == "silver", give: {gems: 10}}
  down: {when: tier_lost, if: event.level == "gold" and event.to == "silver", give: {gems: 100}}
tiers:
  club: {earned: stars, last: 30 days, levels: {green: 0, silver: 500, gold: 1000}, keep: 60 days, grace: 10 days, falls: one level, perks: {gold: [Lounge]}}
`).at("2026-01-01T10:00:00Z")
	require.Equal(t, []string{"rules/earn 600 stars", "tier club green->silver"}, gave(w.send("ann", "earn", "n", 600)))
	w.after(time.Hour).send("ann", "spend")
	require.Equal(t, "silver", w.tier("ann", "club"), "TIE-07: spending does not lower it")
	require.Equal(t, "600", w.progress("ann").Tiers["club"].Value.String())
	require.Equal(t, "400", w.progress("ann").Tiers["club"].Missing.String())
	w.at("2026-01-02T10:00:00Z").send("ann", "earn", "n", 400)
	require.Equal(t, []string{"Lounge"}, w.progress("ann").Tiers["club"].Perks)
	w.has("ann", "gems", "11")
	// Kept to the end of 3 March, then ten days of grace.
	require.Equal(t, "2026-03-13T23:00:00Z", w.progress("ann").Tiers["club"].Until.String())
	w.at("2026-03-13T22:59:59Z")
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.at("2026-03-13T23:00:00Z")
	require.Equal(t, "silver", w.tier("ann", "club"), "one level, whether or not a job ran")
	w.jobs()
	require.Equal(t, "silver", w.tier("ann", "club"))
	w.has("ann", "gems", "111")
	w.at("2026-12-31T12:00:00Z").jobs()
	require.Equal(t, "green", w.tier("ann", "club"))
}

func TestALevelThatIsMetForEverDoesNotFall(t *testing.T) {
	w := program(t, `
events: {go: {}}
counters: {visits: {when: go}}
tiers: {club: {counter: visits, levels: {new: 0, regular: 2}, keep: 30 days}}
`)
	w.send("ann", "go")
	w.send("ann", "go")
	require.Equal(t, "regular", w.tier("ann", "club"))
	require.Nil(t, w.progress("ann").Tiers["club"].Until, "there is no day on which it falls")
}

// What happened last year qualifies for last year, whatever else time has done since.
func TestTIE04_ALateEventReachesTheLevelOfItsYear(t *testing.T) {
	for _, visit := range []bool{false, true} {
		w := program(t, `
timezone: America/New_York
events: {earn: {n: number}, visit: {}}
points: {stars: {}}
rules: {earn: {when: earn, give: {stars: event.n}}}
streaks: {daily: {when: visit, every: day}}
tiers: {club: {earned: stars, every: year, levels: {basic: 0, silver: 500, gold: 1000}, keep: to the end of next year}}
`).at("2026-12-30T20:00:00Z")
		if visit { // a streak breaks before the late event arrives
			w.send("ann", "visit")
		}
		w.at("2027-01-02T15:00:00Z").late("2026-12-31T20:00:00Z").send("ann", "earn", "n", 1000)
		require.Equal(t, "gold", w.tier("ann", "club"), "visit %v", visit)
		require.Equal(t, "2028-01-01T05:00:00Z", w.progress("ann").Tiers["club"].Until.String(), "as if it had arrived in time")
	}
}

func TestTiersOnSeveralCounters(t *testing.T) {
	w := program(t, `
events: {go: {}, learn: {n: number}}
counters: {visits: {when: go}, minutes: {when: learn, add: event.n}}
tiers:
  mixed:
    counters: {v: visits, m: minutes}
    levels:
      basic: 0
      silver: {any: {v: 2, m: 60}}
      gold: {all: {v: 2, m: 60}}
`)
	w.send("ann", "go")
	require.Equal(t, "basic", w.tier("ann", "mixed"))
	w.send("ann", "learn", "n", 60)
	require.Equal(t, "silver", w.tier("ann", "mixed"))
	w.send("ann", "go")
	require.Equal(t, "gold", w.tier("ann", "mixed"))
}

func TestALevelGivenOutrightIsKeptLikeOneThatWasMet(t *testing.T) {
	w := program(t, `
events: {gift: {}, go: {}}
counters: {visits: {when: go}}
tiers: {club: {counter: visits, levels: {basic: 0, silver: 10, gold: 20}, keep: 30 days, falls: to what is kept}}
rules: {gift: {when: gift, give: {tier: {club: gold}}}}
`)
	require.Equal(t, []string{"tier club basic->gold"}, gave(w.send("ann", "gift")))
	w.at("2026-05-31T23:59:59Z")
	require.Equal(t, "gold", w.tier("ann", "club"))
	w.at("2026-06-01T00:00:00Z").jobs()
	require.Equal(t, "basic", w.tier("ann", "club"))
}
