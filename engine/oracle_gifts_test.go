package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// What the oracle of enginetest/oracle found about gifts to others.

// What an amendment gives more to another member waits and expires as what the event gave first does.
func TestARaisedGiftIsOnTheTermsOfTheFirst(t *testing.T) {
	const text = `
events: {buy: {amount: number, friend: member}, visit: {}}
points: {stars: {pending: 2 days, expire: 3 days after earning}}
rules: {gift: {when: buy, to: event.friend, give: {stars: event.amount}, limit: 10 stars per month}}
`
	begun := func() *world {
		w := program(t, text).at("2026-05-01T12:00:00Z")
		w.send("bob", "visit")
		w.as("a").send("ann", "buy", "amount", 4, "friend", "bob")
		return w
	}
	expires := func(w *world) (list []string) {
		for _, e := range w.p.Member("bob").Balance(w.p.Rules(), w.p.Rules().PointsType("stars"), w.now).Expires {
			list = append(list, e.Amount.String()+" "+e.At.String())
		}
		return list
	}

	w := begun().at("2026-05-02T12:00:00Z") // still pending: so is the rest
	w.amend("a", `{"amount":6}`)
	w.restart(true)
	w.has("bob", "stars", "0")
	w.at("2026-05-04T00:00:00Z").has("bob", "stars", "6")
	require.Equal(t, []string{"6 2026-05-08T00:00:00Z"}, expires(w))

	w = begun().at("2026-05-06T12:00:00Z") // available since the fourth: so is the rest at once
	w.amend("a", `{"amount":6}`)
	w.has("bob", "stars", "6")
	require.Equal(t, []string{"6 2026-05-08T00:00:00Z"}, expires(w))

	w = begun().at("2026-05-02T12:00:00Z") // released by hand
	w.command(engine.NewRelease("a"))
	w.after(time.Hour).amend("a", `{"amount":6}`)
	w.has("bob", "stars", "6")
	require.Equal(t, []string{"6 2026-05-06T00:00:00Z"}, expires(w))

	w = begun().at("2026-05-08T12:00:00Z") // expired: the rest would have, too, and uses nothing of the limit
	w.amend("a", `{"amount":6}`)
	w.has("bob", "stars", "0")
	w.send("ann", "buy", "amount", 10, "friend", "bob")
	w.at("2026-05-11T00:00:00Z").has("bob", "stars", "6")
}

// What an amendment gives first of all lives on by events like any, also after a replay.
func TestWhatAnAmendmentGivesFirstKnowsItsIdleExpiry(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}, visit: {}}
points: {stars: {expire: 5 days after last visit}}
rules: {buy: {when: buy, if: event.amount >= 5, give: {stars: event.amount}}}
`).at("2026-05-01T12:00:00Z")
	w.as("a").send("ann", "buy", "amount", 4)
	w.amend("a", `{"amount":6}`)
	w.at("2026-05-04T12:00:00Z").send("ann", "visit")
	w.at("2026-05-08T12:00:00Z").has("ann", "stars", "6")
	w.restart(true)
	w.at("2026-05-10T12:00:00Z").has("ann", "stars", "0")
}

// A gift that is raised after its receiver's points had expired for want of an event gives nothing more, whatever the receiver has
// done since.
func TestARaisedGiftThatHadExpiredGivesNothing(t *testing.T) {
	const text = `
events: {buy: {amount: number, friend: member}, visit: {}}
points: {stars: {expire: 3 days after last visit}}
rules: {gift: {when: buy, to: event.friend, give: {stars: event.amount - 2}}}
`
	for first, more := range map[int]string{4: "0", 2: "0"} { // 2: there was nothing to expire
		w := program(t, text).at("2026-05-01T12:00:00Z")
		w.send("bob", "visit")
		w.as("a").send("ann", "buy", "amount", first, "friend", "bob")
		w.at("2026-05-09T12:00:00Z").send("bob", "visit")
		w.restart(true)
		w.amend("a", `{"amount":9}`)
		w.has("bob", "stars", more)
		w.restart(true)
		w.has("bob", "stars", more)
	}

	w := program(t, text).at("2026-05-01T12:00:00Z") // kept alive all along
	w.send("bob", "visit")
	w.as("a").send("ann", "buy", "amount", 4, "friend", "bob")
	w.at("2026-05-04T12:00:00Z").as("between").send("bob", "visit")
	w.at("2026-05-07T12:00:00Z").send("bob", "visit")
	w.amend("a", `{"amount":9}`)
	w.has("bob", "stars", "7")
	w.void("between") // what is alive by then stays
	w.amend("a", `{"amount":10}`)
	w.has("bob", "stars", "8")
}

// What an amendment gives more to a member who has moved counts for the day of what was given first, and expires with it, also where
// nothing is left of that.
func TestARaisedGiftGoesByTheClockOfTheFirst(t *testing.T) {
	w := program(t, `
clock: member
events: {buy: {amount: number, friend: member}, spend: {n: number}, visit: {}}
points: {stars: {expire: 3 days after earning}, gems: {expire: 1 day after earning}}
rules:
  gift: {when: buy, to: event.friend, if: event.amount >= 4, give: {stars: event.amount}}
  use: {when: spend, take: {stars: event.n}}
  visit: {when: visit, give: {gems: 1}}
counters: {earned: {earned: stars, every: day, public: true}}
leaderboards: {days: {counter: earned}}
`).at("2026-05-01T12:00:00Z")
	w.moves("bob", "Pacific/Kiritimati") // where it is the 2nd
	w.as("a").send("ann", "buy", "amount", 4, "friend", "bob")
	w.as("b").send("ann", "buy", "amount", 3, "friend", "bob")
	w.amend("b", `{"amount":5}`) // given first by the amendment
	w.after(time.Hour).send("bob", "spend", "n", 9)
	w.send("bob", "visit")
	w.at("2026-05-03T12:00:00Z").as("v").send("bob", "visit") // as gems expired, what was spent was forgotten
	w.moves("bob", "America/New_York")
	w.at("2026-05-04T12:00:00Z").amend("a", `{"amount":6}`)
	w.keyed("k", "b", `{"amount":8}`)
	days := func() [][]string {
		return [][]string{w.standings("days", "2026-05-01", ""), w.standings("days", "2026-05-02", "")}
	}
	require.Equal(t, [][]string{{}, {"1 bob 14"}}, days())
	w.void("v")
	w.restart(true)
	require.Equal(t, [][]string{{}, {"1 bob 14"}}, days())
	w.at("2026-05-05T09:00:00Z").has("bob", "stars", "5")
	w.at("2026-05-05T10:00:00Z").has("bob", "stars", "0")
	w.void("a")
	require.Equal(t, [][]string{{}, {"1 bob 8"}}, days())
	w.remembers()
}

// What was released expires by the day of its release, and what an amendment gives more does so with it, also where nothing is left
// of it and its owner lives elsewhere by now.
func TestARaiseAfterAReleaseGoesByTheClockOfTheRelease(t *testing.T) {
	for name, test := range map[string]struct{ to, owner string }{"own": {"", "ann"}, "of another": {"to: event.friend, ", "bob"}} {
		t.Run(name, func(t *testing.T) {
			w := program(t, `
clock: member
events: {buy: {amount: number, friend: member}, spend: {n: number}, visit: {}}
points: {stars: {pending: 30 days, expire: 2 days after earning}, gems: {expire: 1 day after earning}}
rules:
  gift: {when: buy, `+test.to+`give: {stars: event.amount}}
  use: {when: spend, take: {stars: event.n}}
  visit: {when: visit, give: {gems: 1}}
`).at("2026-05-01T12:00:00Z")
			w.moves(test.owner, "Pacific/Kiritimati")
			w.as("a").send("ann", "buy", "amount", 4, "friend", "bob")
			w.after(48 * time.Hour)
			w.moves(test.owner, "America/New_York")
			w.at("2026-05-05T12:00:00Z").command(engine.NewRelease("a")) // to the end of the 7th
			w.after(time.Hour).send(test.owner, "spend", "n", 4)
			w.send(test.owner, "visit")
			w.at("2026-05-07T12:00:00Z").send(test.owner, "visit") // as gems expired, what was spent was forgotten
			w.moves(test.owner, "Europe/Berlin")
			w.amend("a", `{"amount":6}`)
			w.at("2026-05-08T03:59:59Z").has(test.owner, "stars", "2")
			w.at("2026-05-08T04:00:00Z").has(test.owner, "stars", "0")
		})
	}
}

// What an event gives while nobody vouches for the clock lasts from the event's own time, and so does what an amendment gives more.
func TestARaiseLastsFromTheTimeOfAnEventThatWasAhead(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}, spend: {n: number}, visit: {}}
points: {stars: {expire: 3 days after earning}, gems: {expire: 1 day after earning}}
rules:
  buy: {when: buy, give: {stars: event.amount}}
  use: {when: spend, take: {stars: event.n}}
  visit: {when: visit, give: {gems: 1}}
`).at("2026-05-01T12:00:00Z")
	e := w.as("a").late("2026-05-11T12:00:00Z").event("ann", "buy", "amount", 4)
	e.Clock = e.Time
	w.accept(e)
	w.after(time.Hour).send("ann", "spend", "n", 4)
	w.send("ann", "visit")
	w.at("2026-05-05T12:00:00Z").send("ann", "visit") // as gems expired, what was spent was forgotten
	w.amend("a", `{"amount":6}`)
	w.at("2026-05-14T23:59:59Z").has("ann", "stars", "2")
	w.at("2026-05-15T00:00:00Z").has("ann", "stars", "0")
}

// What an amendment gives more is as old as what was given first, also to another member: it is spent before what came since.
func TestARaisedGiftIsAsOldAsTheFirst(t *testing.T) {
	for _, order := range []string{"soonest_expiry", "oldest"} {
		w := program(t, `
events: {buy: {amount: number, friend: member}, spend: {n: number}, visit: {}}
points: {stars: {expire: 3 days after earning, spend: `+order+`}}
rules:
  gift: {when: buy, to: event.friend, give: {stars: event.amount}}
  use: {when: spend, take: {stars: event.n}}
  visit: {when: visit, give: {stars: 50}}
`).at("2026-05-01T12:00:00Z")
		w.put("bob", engine.Profile{})
		w.as("a").send("ann", "buy", "amount", 70, "friend", "bob")
		w.after(time.Hour).send("bob", "visit")
		w.keyed("k1", "a", `{"amount": 80}`)
		w.keyed("k2", "a", `{"amount": 90}`)
		w.send("bob", "spend", "n", 90)
		w.restart(true)
		w.at("2026-05-05T12:00:00Z").has("bob", "stars", "0")
		w.keyed("k3", "a", `{"amount": 30}`)
		w.owes("bob", "stars", "60")
	}
}
