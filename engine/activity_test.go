package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const activity = `
events: {buy: {amount: number}, look: {}}
points: {stars: {}, kept: {expire: 10 days after last reward_confirmed}, soon: {expire: 10 days after last badge_earned}, gift: {decimals: 1}}
badges: {big: {}}
rules:
  buy: {when: buy, give: {stars: event.amount, kept: 10, soon: 10}}
  big: {when: buy, if: event.amount >= 50, give: {badge: big}}
  quick: {when: look, during: first 15 minutes after last reward_confirmed, give: {gift: 1}, limit: 9 per day}
  early: {when: look, during: first 2 days after first badge_earned, give: {gift: 10}, limit: 9 per day}
  nudge: {when: 90 days after last reward_confirmed, give: {gift: 100}, limit: 9 per year}
  later: {when: 3 days after first badge_earned, give: {gift: 1000}, limit: 9 per year}
  again: {when: reward_confirmed, if: not event.is_first, give: {gift: 0.5}, limit: 2 per day}
rewards: {mug: {cost: {stars: 10}}, pot: {cost: {kept: 1}}, free: {cost: {stars: 0 or more}}}
`

// Whatever phrase names a built-in event, it is seen to happen.
func TestPhrasesOfBuiltInEvents(t *testing.T) {
	w := program(t, activity)
	w.send("ann", "buy", "amount", 60) // earns the badge
	w.send("ann", "look")
	w.has("ann", "gift", "10")
	w.claim("ann", "mug", "c1", "")
	w.confirm("c1", "")
	w.after(14*time.Minute).send("ann", "look")
	w.has("ann", "gift", "21")
	w.restart(false)
	w.after(2*time.Minute).send("ann", "look")
	w.has("ann", "gift", "31")
	w.at("2026-05-04T12:30:00Z").jobs() // 3 days after the first badge
	w.has("ann", "gift", "1031")
	w.send("ann", "look")
	w.has("ann", "gift", "1031")
	w.at("2026-07-30T13:00:00Z").jobs() // 90 days after the last confirmation
	w.has("ann", "gift", "1131")
	w.restart(true)
}

// The last event of a type keeps points alive; a full return undoes it, so that claiming and returning keeps nothing alive for
// ever, and so does the void of what led to it. A cancelled claim was claimed all the same.
func TestActivityThatIsUndone(t *testing.T) {
	w := program(t, activity)
	w.as("b1").send("ann", "buy", "amount", 60)
	w.at("2026-05-09T12:00:00Z")
	w.claim("ann", "pot", "c1", "")
	w.confirm("c1", "")
	w.claim("ann", "mug", "c2", "")
	w.confirm("c2", "")
	w.at("2026-05-10T12:00:00Z").as("b2").send("ann", "buy", "amount", 70) // no badge: it is held
	w.at("2026-05-13T12:00:00Z").jobs()
	w.has("ann", "kept", "19")
	w.has("ann", "soon", "10") // the first ten expired on the 11th
	w.at("2026-05-15T12:00:00Z")
	w.giveBack("r1", "c1", "")
	w.has("ann", "kept", "10") // as if it had not been claimed, never before the return
	w.jobs()
	w.has("ann", "kept", "10")
	w.restart(true)
	w.at("2026-05-20T12:00:00Z")
	w.claim("ann", "mug", "c3", "")
	w.confirm("c3", "")
	w.at("2026-05-22T12:00:00Z").jobs()
	w.has("ann", "kept", "0") // stars keep stars alive
	m, fell, err := w.p.Recomputed("ann", w.now, false)
	require.NoError(t, err)
	require.Zero(t, fell)
	require.Equal(t, w.p.Member("ann").Seen, m.Seen)
}

// A claim that costs nothing is an event, once.
func TestAFreeClaimIsAnEvent(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}, thanks: {}}
rules: {thanks: {when: reward_confirmed, give: {thanks: 1 + event.amount}}, first: {when: reward_claimed, if: event.is_first, give: {thanks: 100}}}
counters: {n: {when: reward_confirmed, public: true}}
rewards: {free: {cost: {stars: 0 or more}}}
`)
	w.send("ann", "visit")
	for i, id := range []string{"c1", "c2"} {
		w.claim("ann", "free", id, "")
		w.confirm(id, "")
		w.has("ann", "thanks", number(101+i))
	}
	w.giveBack("r1", "c2", "")
	require.Equal(t, "1", w.counter("ann", "n"))
}

const donations = `
member: {team?: text}
events: {buy: {amount: number}}
points: {stars: {}, thanks: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}, bonus: {when: reward_confirmed, give: {thanks: event.amount}}}
counters:
  mine: {when: reward_confirmed, add: event.amount, public: true}
  all: {when: reward_confirmed, add: event.amount, by: everyone, public: true}
  team: {when: reward_confirmed, add: event.amount, by: member.team, public: true}
  gifts: {when: reward_confirmed, public: true}
challenges: {hundred: {when: reward_confirmed, add: event.amount, goal: 100, give: {thanks: 1000}}}
leaderboards: {mine: {counter: mine}, teams: {counter: mine, by: member.team}}
rewards: {donate: {cost: {stars: 10 or more}}}
`

// What is given back of a donation counts nowhere any more: not for the member, not for everyone, on no board and towards no goal.
func TestAReturnedDonationCountsNoMore(t *testing.T) {
	w := program(t, donations)
	for _, m := range []string{"ann", "bob"} {
		w.set(m, "team", `"red@x"`)
		w.send(m, "buy", "amount", 500)
		w.claim(m, "donate", m, "120")
		w.confirm(m, "")
	}
	count := func(mine, all string, gifts string) {
		t.Helper()
		require.Equal(t, []string{mine, all, all, gifts},
			[]string{w.counter("ann", "mine"), w.counter("ann", "all"), w.counter("ann", "team"), w.counter("ann", "gifts")})
	}
	count("120", "240", "1")
	w.reached("ann", "hundred", "100", true, 1)
	w.has("ann", "thanks", "1120")
	w.giveBack("r1", "ann", "10")
	count("110", "230", "1")
	w.reached("ann", "hundred", "100", true, 1)
	require.Equal(t, []string{"1 bob 120", "2 ann 110"}, w.standings("mine", "all", ""))
	w.restart(true)
	w.giveBack("r2", "ann", "30")
	count("80", "200", "1")
	w.reached("ann", "hundred", "80", false, 0)
	w.has("ann", "thanks", "120")
	w.giveBack("r3", "ann", "")
	count("0", "120", "0")
	w.has("ann", "thanks", "120") // the rule's gift stays, the goal's is gone
	require.Equal(t, []string{"1 bob 120"}, w.standings("mine", "all", ""))
	require.Equal(t, []string{"1 red@x 120"}, w.standings("teams", "all", ""))
	w.has("ann", "stars", "500")
	w.restart(false)
	w.void("e2") // what paid for it; nothing of it is counted twice
	count("0", "120", "0")
	m, fell, err := w.p.Recomputed("ann", w.now, false)
	require.NoError(t, err)
	require.Zero(t, fell)
	require.Equal(t, w.p.Member("ann").Counts, m.Counts)
}

// The anniversary of joining comes at the start of the day, a year later for the first time, and of a leap day as birthdays do.
func TestAnniversariesOfJoining(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}}
rules:
  year: {when: every year on member.joined, give: {stars: 100}, limit: 1 in last 300 days}
  month: {when: visit, during: month of member.joined, give: {stars: 1}, limit: 1 per day}
`)
	w.at("2028-02-29T10:00:00Z").send("ann", "visit")
	w.has("ann", "stars", "1")
	for _, step := range []struct{ at, stars string }{
		{"2029-02-27T23:59:00Z", "1"}, {"2029-02-28T00:00:00Z", "101"}, {"2031-12-31T00:00:00Z", "301"}, {"2032-02-28T12:00:00Z", "301"},
		{"2032-02-29T00:00:00Z", "401"},
	} {
		w.at(step.at).jobs()
		w.has("ann", "stars", step.stars)
	}
	w.send("ann", "visit")
	w.has("ann", "stars", "402")
	w.at("2032-03-01T12:00:00Z").send("ann", "visit")
	w.has("ann", "stars", "402")
}
