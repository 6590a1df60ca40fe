package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

func TestAnUndoneGoalIsPaidOnceInTheEnd(t *testing.T) {
	const text = `
events: {buy: {amount: number}, spend: {n: number}}
points: {stars: {}, coins: {}}
rules:
  cheer: {when: challenge_completed, give: {coins: 1}}
  spend: {when: spend, take: {stars: event.n}}
challenges:
  dash: {when: buy, add: event.amount, goals: [{at: 100, give: {stars: 200, badge: fast}}]%s}
badges: {fast: {}}
`
	for name, test := range map[string]struct {
		leave               string
		stars, coins, again string
		badges              []string
	}{
		"revoked":            {"", "0", "0", "200", []string{}},
		"on_reversal: leave": {", on_reversal: leave", "200", "1", "200", []string{"fast"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := program(t, fmt.Sprintf(text, test.leave))
			w.as("a").send("ann", "buy", "amount", 100)
			w.has("ann", "stars", "200")
			w.has("ann", "coins", "1")
			w.after(24 * time.Hour).void("a")
			w.has("ann", "stars", test.stars)
			w.has("ann", "coins", test.coins)
			require.Equal(t, test.badges, w.badges("ann"))
			w.reached("ann", "dash", "0", test.leave != "", len(test.badges))
			w.restart(false)
			w.after(24*time.Hour).as("b").send("ann", "buy", "amount", 100)
			w.has("ann", "stars", "200")
			w.has("ann", "coins", "1")
			w.reached("ann", "dash", "100", true, 1)
			w.send("ann", "buy", "amount", 100)
			w.has("ann", "stars", test.again)
		})
	}
	t.Run("not while later events reach it", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ""))
		w.as("a").send("ann", "buy", "amount", 60)
		w.as("b").send("ann", "buy", "amount", 60)
		w.as("c").send("ann", "buy", "amount", 60)
		require.Empty(t, gave(w.void("b")), "a and c reach it")
		w.reached("ann", "dash", "100", true, 1)
		require.Equal(t, []string{"rules/cheer -1 coins", "challenges/dash -200 stars", "badges/fast badge fast"}, sorted(gave(w.void("c")), 2))
		w.has("ann", "stars", "0")
		w.reached("ann", "dash", "60", false, 0)
	})
	t.Run("what was spent is owed", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ""))
		w.as("a").send("ann", "buy", "amount", 100)
		w.send("ann", "spend", "n", 150)
		w.amend("a", `{"amount": 99}`)
		w.owes("ann", "stars", "150")
		w.as("b").send("ann", "buy", "amount", 1)
		w.owes("ann", "stars", "0")
		w.has("ann", "stars", "50")
	})
}

// sorted puts the last of a list's first n to the front, so that the order of two points does not matter.
func sorted(list []string, n int) []string {
	if len(list) >= n && list[0] > list[n-1] {
		return list
	}
	out := append([]string{}, list...)
	out[0], out[n-1] = out[n-1], out[0]
	return out
}

func TestRepeatedGoalsFallByTheLastOnes(t *testing.T) {
	w := program(t, `
events: {buy: {}}
points: {stars: {}}
challenges: {card: {when: buy, goal: 2, again: true, give: {stars: 10}}}
`)
	for i := range 7 {
		w.as(fmt.Sprint("e", i)).send("ann", "buy")
	}
	w.has("ann", "stars", "30")
	w.void("e0")
	w.has("ann", "stars", "30")
	w.void("e1")
	w.has("ann", "stars", "20")
	w.send("ann", "buy")
	w.has("ann", "stars", "30")
}

func TestAMissingDayBreaksTheRunThatWasPaid(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}}
streaks: {daily: {when: visit, every: day, goals: [{at: 3, give: {stars: 30}}, {at: 5, give: {stars: 50}}]}}
`)
	for day := range 5 {
		w.as(fmt.Sprint("d", day)).send("ann", "visit")
		w.after(24 * time.Hour)
	}
	w.has("ann", "stars", "80")
	w.after(30*24*time.Hour).send("ann", "visit") // the days of May are forgotten
	out := w.void("d2")
	require.ElementsMatch(t, []string{"streaks/daily -30 stars", "streaks/daily -50 stars"}, gave(out))
	w.has("ann", "stars", "0")
	require.Equal(t, 2, w.streak("ann", "daily").Longest)
	for range 2 {
		w.after(24*time.Hour).send("ann", "visit")
	}
	w.has("ann", "stars", "30")
	w.void("d1")
	w.has("ann", "stars", "30")
}

func TestFoldsLoseAContribution(t *testing.T) {
	w := program(t, `
events: {run: {km: number, place: text}}
counters:
  sum: {when: run, add: event.km, every: month, public: true}
  best: {when: run, highest: event.km, every: month, public: true}
  least: {when: run, lowest: event.km, public: true}
  last: {when: run, latest: event.km, public: true}
  places: {when: run, distinct: event.place, public: true}
  days: {when: run, at_most: 1 per day, public: true}
badges: {runner: {counter: sum, levels: {bronze: 10, silver: 20, gold: 30}}}
leaderboards: {sums: {counter: sum}, bests: {counter: best, ties: dense}}
`)
	w.as("a").send("ann", "run", "km", 20, "place", "x")
	w.after(time.Hour).as("b").send("ann", "run", "km", 2, "place", "y")
	w.after(24*time.Hour).as("c").send("ann", "run", "km", 9, "place", "x")
	w.send("bob", "run", "km", 12, "place", "x")
	require.Equal(t, []string{"1 ann 31", "2 bob 12"}, w.standings("sums", "2026-05", ""))
	require.Equal(t, []string{"runner gold"}, w.badges("ann"))
	all := func() []string {
		list := []string{}
		for _, c := range []string{"sum", "best", "least", "last", "places", "days"} {
			list = append(list, w.counter("ann", c))
		}
		return list
	}
	require.Equal(t, []string{"31", "20", "2", "9", "2", "2"}, all())
	out := w.void("a")
	require.Equal(t, []string{"badges/runner badge runner bronze"}, gave(out))
	require.Contains(t, string(engine.AppendAnswer(nil, out)), `{"kind":"badge","revoked":true,"badge":"runner","level":"bronze","from":"gold"}`)
	require.Equal(t, []string{"11", "9", "2", "9", "2", "2"}, all())
	require.Equal(t, []string{"runner bronze"}, w.badges("ann"))
	require.Equal(t, []string{"1 bob 12", "2 ann 11"}, w.standings("sums", "2026-05", ""))
	require.Equal(t, []string{"1 bob 12", "2 ann 9"}, w.standings("bests", "2026-05", ""))
	w.void("c")
	require.Equal(t, []string{"2", "2", "2", "2", "1", "1"}, all())
	require.Empty(t, w.badges("ann"))
	w.void("b")
	require.Equal(t, []string{"0", "0", "0", "0", "0", "0"}, all())
	require.Equal(t, []string{"1 bob 12"}, w.standings("sums", "2026-05", ""), "without a score there is no rank")
	w.after(24*time.Hour).as("d").send("ann", "run", "km", 30, "place", "x")
	require.Equal(t, []string{"1 ann 30", "2 bob 12"}, w.standings("sums", "2026-05", ""))
}

func TestAClosedSeasonStaysAsItIs(t *testing.T) {
	w := program(t, `
late: 1 day
events: {run: {km: number}}
counters: {km: {when: run, add: event.km, every: week}}
leaderboards: {short: {counter: km}, long: {counter: km, closes: 20 days}}
`)
	w.as("a").send("ann", "run", "km", 5)
	w.as("b").send("ann", "run", "km", 3)
	w.at("2026-05-15T12:00:00Z").send("ann", "run", "km", 1) // the first week is forgotten, and closed on one board
	w.void("a")
	require.Equal(t, []string{"1 ann 8"}, w.standings("short", "2026-W18", ""))
	require.Equal(t, []string{"1 ann 3"}, w.standings("long", "2026-W18", ""))
}

func TestATierReachedByAVoidedEvent(t *testing.T) {
	const text = `
events: {buy: {amount: number}}
points: {stars: {}}
rules:
  buy: {when: buy, give: {stars: event.amount}}
  hello: {when: tier_reached, if: event.level == "gold", give: {stars: 7}}
tiers: {club: {earned: stars, only: [buy], levels: {basic: 0, silver: 50, gold: 100}, keep: 1 year%s}}
`
	t.Run("without grace it falls at once, keep or not", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ""))
		w.as("a").send("ann", "buy", "amount", 60)
		w.as("b").send("ann", "buy", "amount", 60)
		require.Equal(t, "gold", w.tier("ann", "club"))
		out := w.after(time.Hour).void("b")
		require.Equal(t, []string{"rules/buy -60 stars", "rules/hello -7 stars", "tier club gold->silver"}, gave(out))
		require.Equal(t, "silver", w.tier("ann", "club"))
		require.Equal(t, []string{"rules/buy -30 stars", "tier club silver->basic"}, gave(w.amend("a", `{"amount": 30}`)))
		out = w.as("c").send("ann", "buy", "amount", 70)
		require.Equal(t, []string{"rules/buy 70 stars", "rules/hello 7 stars", "tier club basic->gold"}, gave(out), "and can be reached again")
	})
	t.Run("and leaves no grace", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ", grace: 10 days"))
		w.as("a").send("ann", "buy", "amount", 120)
		out := w.after(24 * time.Hour).void("a")
		require.Equal(t, []string{"rules/buy -120 stars", "rules/hello -7 stars", "tier club gold->basic"}, gave(out), "or free status could be bought and returned")
		w.restart(true)
		require.Equal(t, "basic", w.tier("ann", "club"))
		w.after(5*24*time.Hour).as("b").send("ann", "buy", "amount", 60)
		w.restart(false)
		require.Equal(t, []string{"rules/buy 60 stars", "rules/hello 7 stars", "tier club silver->gold"}, gave(w.as("c").send("ann", "buy", "amount", 60)))
	})
	t.Run("what earlier events reached stays kept", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ", grace: 10 days"))
		w.as("a").send("ann", "buy", "amount", 60)
		w.as("b").send("ann", "buy", "amount", 60)
		w.void("b")
		w.at("2026-06-01T00:00:00Z").jobs()
		require.Equal(t, "silver", w.tier("ann", "club"))
	})
}

func TestAGroupKeepsWhatItReached(t *testing.T) {
	w := program(t, `
member: {team?: text}
events: {run: {km: number}}
points: {stars: {}}
counters: {all: {when: run, add: event.km, by: everyone, public: true}}
challenges: {relay: {when: run, add: event.km, by: member.team, goal: 100, each_needs: 20, give: {stars: 5}}}
leaderboards: {teams: {counter: all, by: member.team}, fair: {counter: all, by: member.team, score: average, at_least: 2}}
`)
	for _, member := range []string{"ann", "bob", "cid"} {
		w.set(member, "team", `"red"`)
	}
	w.as("a1").send("ann", "run", "km", 15)
	w.as("a2").send("ann", "run", "km", 15)
	w.as("b").send("bob", "run", "km", 40)
	w.as("c1").send("cid", "run", "km", 30)
	w.as("c2").send("cid", "run", "km", 10)
	w.handOut()
	w.has("ann", "stars", "5")
	require.Equal(t, []string{"1 red 110"}, w.standings("teams", "all", ""))
	require.Equal(t, []string{"1 red 35"}, w.standings("fair", "all", ""))
	require.Equal(t, []string{"challenges/relay -5 stars"}, gave(w.void("a2")), "15 are not enough to be paid")
	w.has("bob", "stars", "5")
	w.has("cid", "stars", "5")
	require.Equal(t, "95", w.challenge("bob", "relay").Progress.String())
	require.True(t, w.challenge("bob", "relay").Done, "the group's goal stays reached")
	require.Equal(t, "95", w.counter("bob", "all"))
	require.Equal(t, []string{"1 red 95"}, w.standings("teams", "all", ""))
	require.Equal(t, []string{"1 red 40"}, w.standings("fair", "all", ""))
	w.restart(false)
	require.Equal(t, []string{"challenges/relay 5 stars"}, gave(w.as("a3").send("ann", "run", "km", 5)), "who brings it later is paid then")
	require.Equal(t, []string{"challenges/relay -5 stars"}, gave(w.void("a3")))
	w.void("c1")
	require.Empty(t, w.standings("fair", "all", ""))
}

func TestAWinnersPlaceIsOpenAgain(t *testing.T) {
	w := program(t, `
events: {buy: {}}
badges: {early: {}}
challenges: {first: {when: buy, goal: 1, winners: 1, give: {badge: early}}}
`)
	w.as("a").send("ann", "buy")
	w.as("b").send("bob", "buy")
	require.Empty(t, w.badges("bob"))
	w.void("a")
	require.Empty(t, w.badges("ann"))
	require.Empty(t, w.badges("bob"), "nobody earlier is promoted")
	w.as("c").send("cid", "buy")
	require.Equal(t, []string{"early"}, w.badges("cid"))
	w.as("d").send("dan", "buy")
	require.Empty(t, w.badges("dan"))
}

func TestAReferralIsReversedAtTheOtherMember(t *testing.T) {
	w := program(t, `
member: {friend?: member}
events: {buy: {amount: number}, gift: {to: member, n: number}, spend: {n: number}}
points: {stars: {}, coins: {}}
rules:
  refer: {when: buy, to: member.friend, give: {stars: event.amount}}
  thank: {when: challenge_completed, to: member.friend, give: {stars: 1}}
  gift: {when: gift, to: event.to, take: {coins: event.n}, give: {coins: event.n}}
  buy: {when: buy, give: {coins: 50}}
counters: {got: {earned: stars}}
challenges: {rich: {counter: got, goal: 10, give: {badge: rich}}}
badges: {rich: {}}
`)
	w.send("cid", "buy", "amount", 1)
	w.send("bob", "buy", "amount", 1)
	w.set("bob", "friend", `"cid"`)
	w.set("ann", "friend", `"bob"`)
	w.as("a").send("ann", "buy", "amount", 10)
	w.has("bob", "stars", "10")
	w.has("cid", "stars", "1") // thanked for bob's being rich
	w.amend("a", `{"amount": 11}`)
	w.has("bob", "stars", "11")
	w.amend("a", `{"amount": 4}`)
	w.has("bob", "stars", "4")
	w.has("cid", "stars", "0")
	require.Empty(t, w.badges("bob"))
	w.void("a")
	w.has("bob", "stars", "0")
	w.restart(false)

	w.as("g").send("bob", "gift", "to", "cid", "n", 20)
	w.has("bob", "coins", "30")
	w.has("cid", "coins", "70")
	w.amend("g", `{"n": 5}`)
	w.has("bob", "coins", "45")
	w.has("cid", "coins", "55")
	w.void("g")
	w.has("bob", "coins", "50")
	w.has("cid", "coins", "50")
}

func TestOldHistoryIsReadFromASnapshot(t *testing.T) {
	w := program(t, till+`
counters: {total: {when: buy, add: event.amount, public: true}}
streaks: {days: {when: visit, every: day, goal: 2, give: {stars: 5}}}
`)
	for i := range 700 {
		w.after(time.Minute).as(fmt.Sprint("e", i)).send("ann", "buy", "amount", 2)
		if i%40 == 0 {
			w.restart(i%3 == 0)
		}
	}
	require.Equal(t, 2, w.p.Snapshots("ann"))
	w.void("e600")
	require.Equal(t, 2, w.p.Snapshots("ann"))
	w.void("e300")
	require.Equal(t, 2, w.p.Snapshots("ann"), "one of the state before, one of now")
	w.restart(false)
	w.void("e600")
	w.amend("e10", `{"amount": 1}`)
	require.Equal(t, 1, w.p.Snapshots("ann"))
	w.void("e11")
	w.has("ann", "stars", "1393")
	require.Equal(t, "1393", w.counter("ann", "total"))
	for _, fromSnapshot := range []bool{false, true} {
		m, fell, err := w.p.Recomputed("ann", w.now, fromSnapshot)
		require.NoError(t, err)
		require.Zero(t, fell)
		require.Equal(t, w.progress("ann").Counters, m.Progress(w.p.Rules(), w.now, w.p.Group).Counters)
	}
}

func TestThePastBeforeAVoidIsAsItWas(t *testing.T) {
	w := program(t, till+"counters: {total: {when: buy, add: event.amount, public: true}}\n")
	w.as("a").send("ann", "buy", "amount", 10)
	w.after(time.Hour).send("ann", "buy", "amount", 3)
	before := w.now
	w.after(time.Hour).void("a")
	w.commit(false)
	for at, want := range map[string]string{before.String(): "13", w.now.String(): "3"} {
		m, err := engine.MemberAt(w.store, w.versions, "ann", moment(t, at))
		require.NoError(t, err)
		p := m.Progress(w.p.Rules(), moment(t, at), nil)
		require.Equal(t, want, p.Points["stars"].Spendable.String())
		require.Equal(t, want, p.Counters["total"].String())
	}
	w.remembers()
}
