package engine_test

import (
	"testing"
	"time"

	"github.com/laurel-engine/laurel/engine"
)

// What the oracle of enginetest/oracle found about reversals.

// What was taken comes back to a lot that has expired since: a visit that came too late for the lot does not keep it.
func TestWhatWasTakenComesBackToALotThatHadLapsed(t *testing.T) {
	w := program(t, `
events: {buy: {}, spend: {}, visit: {}}
points: {stars: {expire: 2 months after last visit}}
rules:
  buy: {when: buy, give: {stars: 18}}
  spend: {when: spend, take: {stars: 9}}
`).at("2026-04-25T12:00:00Z")
	w.send("ann", "buy")
	w.at("2026-06-25T12:00:00Z").as("s").send("ann", "spend")
	w.at("2026-08-15T12:00:00Z").send("ann", "visit")
	w.restart(true)
	w.void("s")
	w.has("ann", "stars", "0")
	w.send("ann", "buy")
	w.at("2026-10-01T12:00:00Z").as("t").send("ann", "spend")
	w.at("2026-10-02T12:00:00Z").send("ann", "visit")
	w.void("t")
	w.has("ann", "stars", "18")
}

// Who names themselves as the friend is given nothing, also not by an amendment; nor is a circle of referrals.
func TestARaiseGivesNothingToOneself(t *testing.T) {
	w := program(t, `
member: {referred_by?: member}
events: {buy: {amount: number, friend?: member}}
points: {stars: {}}
rules:
  gift: {when: buy, to: event.friend, give: {stars: event.amount}}
  referral: {when: buy, to: member.referred_by, give: {stars: event.amount}}
`)
	w.set("bob", "referred_by", `"ann"`)
	w.set("ann", "referred_by", `"bob"`)
	w.as("a").send("ann", "buy", "amount", 10, "friend", "ann")
	w.keyed("k1", "a", `{"amount": 15}`)
	w.has("ann", "stars", "0")
	w.has("bob", "stars", "0")
}

// What an amendment gives back of what was taken belongs to a lot that events before the last snapshot had kept alive.
func TestWhatComesBackLivesOnByWhatASnapshotKnows(t *testing.T) {
	const day = 24 * time.Hour
	w := program(t, `
events: {buy: {amount: number}, visit: {}, spend: {amount: number}}
points: {stars: {expire: 30 days after last visit}}
rules:
  buy: {when: buy, give: {stars: event.amount}}
  use: {when: spend, take: {stars: event.amount}}
`)
	w.send("ann", "buy", "amount", 50)
	w.after(10 * day)
	for range engine.SnapshotEvery - 1 { // until the 40th day, and the member is kept as it is
		w.send("ann", "visit")
	}
	w.after(10*day).as("spent").send("ann", "spend", "amount", 5)
	w.after(18*day).send("ann", "visit")
	w.amend("spent", `{"amount":4}`)
	w.has("ann", "stars", "46")
}

// A visit that is voided when a later one keeps the lot alive was no reason for it to expire, nor for what comes back to it.
func TestWhatComesBackLivesOnOverAVoidedVisit(t *testing.T) {
	const day = 24 * time.Hour
	w := program(t, `
events: {buy: {amount: number}, visit: {}, spend: {amount: number}}
points: {stars: {expire: 3 days after last visit}}
rules:
  buy: {when: buy, give: {stars: event.amount}}
  use: {when: spend, take: {stars: event.amount}}
`)
	w.send("ann", "buy", "amount", 50)
	w.after(2*day).as("between").send("ann", "visit")
	w.after(2*day).send("ann", "visit")
	w.as("spent").send("ann", "spend", "amount", 5)
	w.after(day)
	w.void("between")
	w.has("ann", "stars", "45")
	w.after(day).send("ann", "visit")
	w.amend("spent", `{"amount":4}`)
	w.has("ann", "stars", "46")
}

// What a voided visit had put off is not put off any more for what comes back to the lot either, where no later visit bridges.
func TestWhatComesBackDoesNotLiveByAVoidedVisit(t *testing.T) {
	w := program(t, `
events: {buy: {}, spend: {}, visit: {}}
points: {stars: {expire: 2 months after last visit}}
rules:
  buy: {when: buy, give: {stars: 8}}
  spend: {when: spend, take: {stars: 2}}
`).at("2026-03-28T12:00:00Z")
	w.send("ann", "buy")
	w.at("2026-04-30T12:00:00Z").as("v").send("ann", "visit")
	w.at("2026-05-02T12:00:00Z").void("v")
	w.at("2026-05-09T12:00:00Z").as("s").send("ann", "spend")
	w.at("2026-06-07T12:00:00Z").send("ann", "visit")
	w.at("2026-08-01T12:00:00Z").void("s")
	w.has("ann", "stars", "0")
}

// A goal that a run reached without what was voided stays paid, also when a negative contribution takes a period of the run back and
// something else is reversed after that.
func TestAGoalStaysPaidThroughReversalsAfterANegativeContribution(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}, log: {amount: number}}
points: {stars: {}, gems: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
streaks:
  s: {when: log, add: event.amount, every: week, at_least: 1, goals: [{at: 2, again: true, give: {gems: 3}}, {at: 3, give: {gems: 30}}]}
`).at("2026-12-20T00:00:00Z")
	w.as("buy").send("ann", "buy", "amount", 28)
	w.at("2026-12-27T12:00:00Z").as("first").send("ann", "log", "amount", 4)
	w.at("2026-12-30T12:00:00Z").send("ann", "log", "amount", 2)
	w.at("2027-01-05T12:00:00Z").send("ann", "log", "amount", 1)
	w.has("ann", "gems", "33")
	w.at("2027-01-08T12:00:00Z").void("first")
	w.has("ann", "gems", "3") // of the two weeks that are left
	w.send("ann", "log", "amount", -2)
	w.has("ann", "gems", "3")
	w.at("2027-01-13T12:00:00Z").amend("buy", `{"amount":20}`)
	w.has("ann", "gems", "3")
}
