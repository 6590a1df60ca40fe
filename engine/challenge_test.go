package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// contest is a program with one challenge in May 2026 that counts events of type go.
func contest(t *testing.T, challenge string) *world {
	return program(t, `
late: 24 hours
member: {team?: text}
events: {go: {n?: number}, other: {}}
points: {gems: {}}
challenges:
  may: {when: go, during: 2026-05-01 to 2026-05-31, `+challenge+`}
`)
}

func TestCHA01_TheStartIsInclusive(t *testing.T) {
	w := contest(t, "goal: 1, give: {gems: 5}").at("2026-05-01T00:00:00Z")
	w.send("ann", "go")
	w.reached("ann", "may", "1", true, 1)
	w.has("ann", "gems", "5")
}

func TestCHA03_EventTimeDecidesWithinTheLateWindow(t *testing.T) {
	w := contest(t, "goal: 1, give: {gems: 5}").at("2026-06-01T23:59:59Z")
	w.late("2026-05-31T23:59:59.999Z").send("ann", "go")
	w.has("ann", "gems", "5")
	w.after(time.Second).refused("event_too_late", w.late("2026-05-31T23:59:59.999Z").event("ann", "go"))
}

func TestCHA05_WhatHappenedBeforeTheStartDoesNotCount(t *testing.T) {
	w := contest(t, "goal: 1, give: {gems: 5}").at("2026-05-01T12:00:00Z")
	w.late("2026-04-30T23:59:59Z").send("ann", "go")
	w.reached("ann", "may", "0", false, 0)
}

func TestCHA07_WinnersAreTheFirstByAcceptance(t *testing.T) {
	w := contest(t, "goal: 1, winners: 2, give: {gems: 5}").at("2026-05-02T10:00:00Z")
	w.send("m1", "go")
	w.restart(false)
	w.send("m2", "go")
	w.restart(true)
	out := w.after(5*time.Minute).late("2026-05-02T09:00:00Z").send("m3", "go")
	require.Equal(t, []string{"not_given challenges/may"}, notes(out), "the next one is told so")
	w.has("m1", "gems", "5")
	w.has("m2", "gems", "5")
	w.has("m3", "gems", "0")
	w.reached("m3", "may", "1", true, 1)
}

func TestCHA09_ProgressPastTheGoalCompletesOnce(t *testing.T) {
	w := contest(t, "add: event.n ?? 0, goal: 100, give: {gems: 5}").at("2026-05-02T10:00:00Z")
	for range 4 {
		w.send("ann", "go", "n", 40)
	}
	w.reached("ann", "may", "100", true, 1)
	w.has("ann", "gems", "5")
}

func TestCHA11_AWindowOfDatesIsEachMembersOwn(t *testing.T) {
	w := program(t, `
clock: member
events: {go: {}}
points: {gems: {}}
challenges:
  day: {when: go, during: 2026-05-01 to 2026-05-01, goal: 1, give: {gems: 5}}
`).at("2026-04-30T12:00:00Z")
	w.moves("auckland", "Pacific/Auckland")
	w.moves("la", "America/Los_Angeles")
	w.send("auckland", "go")
	w.send("la", "go")
	w.has("auckland", "gems", "5")
	w.has("la", "gems", "0")
	w.at("2026-05-01T07:00:00Z").send("la", "go")
	w.has("la", "gems", "5")
}

func TestGoalsInSteps(t *testing.T) {
	w := contest(t, "add: event.n ?? 0, goals: [{at: 10, give: {gems: 1}}, {at: 20, id: far, give: {gems: 10}}]")
	out := w.send("ann", "go", "n", 25)
	require.Equal(t, []string{"1", "far"}, []string{out.Effects[0].Goal, out.Effects[1].Goal}, "both at once, in order")
	w.reached("ann", "may", "20", true, 1)
	w.send("bob", "go", "n", 15)
	require.Equal(t, "20", w.challenge("bob", "may").Goal.String())
	w.reached("bob", "may", "15", false, 0)
}

func TestAGoalThatRepeatsCarriesItsSurplusOver(t *testing.T) {
	w := contest(t, "add: event.n ?? 0, goal: 10, again: true, give: {gems: 1}")
	w.send("ann", "go", "n", 25)
	w.has("ann", "gems", "2")
	w.reached("ann", "may", "5", true, 2)
	w.send("ann", "go", "n", 5)
	w.has("ann", "gems", "3")
	w.reached("ann", "may", "0", true, 3)
}

func TestAGoalWithinATime(t *testing.T) {
	w := contest(t, "add: event.n ?? 0, goals: [{at: 10, give: {gems: 10}, within: 2 days}, {at: 20, give: {gems: 1}}]")
	w.at("2026-05-03T23:59:59Z")
	w.send("ann", "go", "n", 5) // ann joins here
	w.at("2026-05-05T23:59:59Z").send("ann", "go", "n", 5)
	w.has("ann", "gems", "10")
	w.at("2026-05-10T00:00:00Z").send("bob", "go", "n", 5)
	w.at("2026-05-13T00:00:00Z").send("bob", "go", "n", 15)
	w.has("bob", "gems", "1")
}

func TestEveryRepeatsTheChallengeEachPeriod(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {}}
challenges:
  weekly: {when: go, every: week, goal: 2, give: {gems: 5}}
`).at("2026-05-06T12:00:00Z")
	for range 3 {
		w.send("ann", "go")
	}
	w.reached("ann", "weekly", "2", true, 1)
	w.at("2026-05-11T00:00:00Z").reached("ann", "weekly", "0", false, 1)
	w.send("ann", "go")
	w.late("2026-05-10T23:59:00Z").send("ann", "go")
	w.reached("ann", "weekly", "1", false, 1)
	w.send("ann", "go")
	w.reached("ann", "weekly", "2", true, 2)
	w.has("ann", "gems", "10")
	w.at("2026-06-30T12:00:00Z").send("ann", "go")
	require.Len(t, w.p.Member("ann").Counts[0].Periods, 1, "weeks that nothing can reach are forgotten")
}

func TestOptIn(t *testing.T) {
	w := contest(t, "join: opt_in, goal: 2, give: {gems: 5}")
	w.send("ann", "go")
	require.Equal(t, engine.NotJoined, w.whyNot(w.event("ann", "go"))["challenges/may"])
	w.enroll("ann", "may")
	w.late("2026-05-01T11:00:00Z").send("ann", "go")
	w.reached("ann", "may", "0", false, 0) // before the enrolment, by event time
	w.after(time.Hour).send("ann", "go")
	w.send("ann", "go")
	w.has("ann", "gems", "5")
	require.True(t, w.challenge("ann", "may").Joined)
	w.send("bob", "go")
	require.False(t, w.challenge("bob", "may").Joined)

	refused := func(code, member, id string) {
		e := engine.NewEnrollment("join "+member+id, member, id)
		e.Time, e.Arrived = w.now, w.now
		w.refused(code, e)
	}
	refused("member_unknown", "nobody", "may")
	refused("not_found", "bob", "june")
	w.at("2026-06-01T00:00:00Z")
	refused("challenge_over", "bob", "may")
}

func TestWithinCountsFromEnrolmentElseFromJoining(t *testing.T) {
	w := program(t, `
events: {go: {}, hi: {}}
points: {gems: {}}
challenges:
  newcomer: {when: go, within: 3 days, goal: 2, give: {gems: 1}}
  sprint: {when: go, within: 3 days, join: opt_in, goal: 2, give: {gems: 10}}
`).at("2026-05-01T12:00:00Z")
	w.send("ann", "hi")
	w.at("2026-05-04T23:59:59Z").send("ann", "go")
	w.enroll("ann", "sprint")
	w.at("2026-05-05T00:00:00Z").send("ann", "go")
	w.at("2026-05-07T23:59:59Z").send("ann", "go")
	w.has("ann", "gems", "10")
	w.reached("ann", "newcomer", "1", false, 0)
	require.False(t, w.challenge("ann", "newcomer").Open)
	require.Equal(t, "2026-05-08T00:00:00Z", w.challenge("ann", "sprint").Ends.String())
}

func TestOnlyWhatComesAfterItsNeedsCounts(t *testing.T) {
	w := program(t, `
late: 24 hours
events: {a: {}, b: {}, go: {}}
points: {gems: {}}
challenges:
  first: {steps: {a: {when: a, goal: 1}, b: {when: b, goal: 1}}, give: {gems: 1}}
  second: {when: go, goal: 1, needs: first, give: {gems: 10}}
`)
	w.at("2026-05-01T10:00:00Z").send("ann", "a")
	w.at("2026-05-01T11:00:00Z").send("ann", "go")
	w.at("2026-05-01T12:00:00Z").send("ann", "b")
	w.has("ann", "gems", "1")
	w.at("2026-05-01T13:00:00Z").late("2026-05-01T11:30:00Z").send("ann", "go")
	w.reached("ann", "second", "0", false, 0) // one step was done then, not the challenge
	w.send("ann", "go")
	w.has("ann", "gems", "11")
}

func TestStepsInAnyOrderUnlessTheyNeedOneAnother(t *testing.T) {
	w := program(t, `
events: {train: {course: text}, sell: {}}
points: {coins: {}}
badges: {ready: {}}
challenges:
  onboarding:
    steps:
      basics: {when: train, if: event.course == "basics", goal: 1}
      rules: {when: train, if: event.course == "rules", goal: 2}
      sale: {when: sell, goal: 1, needs: rules}
    give: {coins: 100, badge: ready}
`)
	w.send("ann", "sell")
	w.send("ann", "train", "course", "rules")
	w.send("ann", "train", "course", "basics")
	require.Equal(t, []string{"basics"}, w.challenge("ann", "onboarding").Steps)
	w.after(time.Minute).send("ann", "train", "course", "rules")
	w.reached("ann", "onboarding", "2", false, 0)
	w.after(time.Minute).send("ann", "sell")
	w.reached("ann", "onboarding", "3", true, 1)
	w.has("ann", "coins", "100")
	require.Equal(t, []string{"ready"}, w.badges("ann"))
}

func TestAChallengeOnACounterFoldsItsOwnWindow(t *testing.T) {
	w := program(t, `
events: {run: {km: number}}
points: {gems: {}}
counters: {km: {when: run, add: event.km, public: true}}
challenges:
  may: {counter: km, during: 2026-05-01 to 2026-05-31, goal: 10, give: {gems: 5}}
`).at("2026-04-30T12:00:00Z")
	w.send("ann", "run", "km", 8)
	w.at("2026-05-01T12:00:00Z").send("ann", "run", "km", 8)
	require.Equal(t, "16", w.counter("ann", "km"))
	w.reached("ann", "may", "8", false, 0)
}

func TestTheLowestReachesAGoalFromAbove(t *testing.T) {
	w := contest(t, "lowest: event.n ?? 100, goal: 25, give: {gems: 5}")
	w.send("ann", "go", "n", 30)
	w.reached("ann", "may", "30", false, 0)
	w.send("ann", "go", "n", 25)
	w.reached("ann", "may", "25", true, 1)
	w.has("ann", "gems", "5")
}

func TestWhoseItIsAndWhichEventsCount(t *testing.T) {
	w := contest(t, `for: (member.team ?? "") == "red", if: (event.n ?? 0) > 1, goal: 1, give: {gems: 5}`)
	w.send("ann", "go", "n", 2)
	require.Equal(t, engine.WhoseNot, w.whyNot(w.event("ann", "go", "n", 2))["challenges/may"])
	w.set("ann", "team", `"red"`)
	w.send("ann", "go", "n", 1)
	w.has("ann", "gems", "0")
	w.send("ann", "go", "n", 2)
	w.has("ann", "gems", "5")
}

func TestAGroupsGoalPaysEachWhoBroughtEnough(t *testing.T) {
	w := contest(t, "by: member.team, add: event.n ?? 0, goal: 30, each_needs: 10, give: {gems: 5}")
	for _, member := range []string{"ann", "bob", "cat"} {
		w.set(member, "team", `"red"`)
	}
	w.set("dan", "team", `"blue"`)
	w.send("ann", "go", "n", 10)
	w.send("bob", "go", "n", 9)
	w.send("dan", "go", "n", 25)
	w.send("eve", "go", "n", 100) // eve has no team
	require.Equal(t, []string{"19", "10"}, []string{w.challenge("ann", "may").Progress.String(), w.challenge("ann", "may").Mine.String()})
	w.restart(false)
	out := w.send("cat", "go", "n", 11)
	require.Len(t, out.Fanouts, 1)
	w.has("cat", "gems", "5")
	w.has("ann", "gems", "0")
	w.handOut()
	w.has("ann", "gems", "5")
	w.has("bob", "gems", "0")
	w.send("bob", "go", "n", 1)
	w.has("bob", "gems", "5") // who brings it later is paid then
	w.send("bob", "go", "n", 10)
	w.handOut()
	w.has("bob", "gems", "5")
	w.has("dan", "gems", "0")
}

// A goal may be reached by an event near the end of the late window; the gift is handed out all the same.
func TestAGroupsGoalIsPaidHoweverLateItIsHandedOut(t *testing.T) {
	w := contest(t, "by: everyone, goal: 2, give: {gems: 5}").at("2026-05-02T10:00:00Z")
	w.send("ann", "go")
	w.at("2026-05-03T10:00:00Z").late("2026-05-02T10:00:00Z").send("bob", "go")
	w.at("2026-05-10T10:00:00Z").handOut()
	w.has("ann", "gems", "5")
	w.has("bob", "gems", "5")
}

func TestWhoChangesTeamLosesNothingWhereTheyWere(t *testing.T) {
	w := contest(t, "by: member.team, add: event.n ?? 0, goal: 20, each_needs: 5, give: {gems: 5}")
	w.set("ann", "team", `"red"`)
	w.set("bob", "team", `"red"`)
	w.send("ann", "go", "n", 10)
	w.set("ann", "team", `"blue"`)
	require.Equal(t, "0", w.challenge("ann", "may").Progress.String(), "there she starts at zero")
	w.send("bob", "go", "n", 10)
	w.handOut()
	w.has("ann", "gems", "5")
	w.has("bob", "gems", "5")
}

func TestEveryoneTogether(t *testing.T) {
	w := contest(t, "by: everyone, goal: 5, give: {gems: 1}")
	for i := range 5 {
		w.send(fmt.Sprint("m", i), "go")
	}
	w.handOut()
	for i := range 5 {
		w.has(fmt.Sprint("m", i), "gems", "1")
	}
	w.send("m9", "go")
	w.has("m9", "gems", "1")
	require.Equal(t, []string{"5", "6"}, []string{w.challenge("m9", "may").Shown.String(), w.challenge("m9", "may").Progress.String()})
	require.Equal(t, "6", w.p.Group(engine.CountID{Name: "challenges/may"}).GroupValue(w.p.Rules().Challenge("may").Counter, calendar.Key(0)).String())
}

func TestCompletingIsAnEvent(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {}}
challenges:
  quick: {when: go, during: 2026-05-01 to 2026-05-31, goal: 2}
rules:
  cheer: {when: challenge_completed, if: event.challenge == "quick" and event.goal == "1", give: {gems: event.days}}
`).at("2026-05-01T10:00:00Z")
	w.send("ann", "go")
	w.at("2026-05-04T10:00:00Z").send("ann", "go")
	w.has("ann", "gems", "3")
}

func TestAChallengeInThePeriodOfAPromotion(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {gems: {}}
promotions: {sale: {during: 2026-05-03 to 2026-05-04}}
challenges: {dash: {when: go, during: sale, goal: 1, give: {gems: 1}}}
`)
	w.at("2026-05-02T23:59:59Z").send("ann", "go")
	w.has("ann", "gems", "0")
	w.at("2026-05-04T23:59:59Z").send("ann", "go")
	w.has("ann", "gems", "1")
}
