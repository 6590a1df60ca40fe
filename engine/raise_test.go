package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
)

func TestAnAmendmentRaises(t *testing.T) {
	const text = `
events: {buy: {n: number, order?: text, kind?: text}}
points: {stars: {}, coins: {}}
rules:
  buy: {when: buy, give: {stars: event.n, coins: event.n * 2}%s}
`
	steps := func(t *testing.T, limit string, amounts ...string) *world {
		t.Helper()
		w := program(t, fmt.Sprintf(text, limit))
		w.as("a").send("ann", "buy", "n", 50)
		for i, step := range amounts {
			var amount, want string
			_, err := fmt.Sscanf(step, "%s %s", &amount, &want)
			require.NoError(t, err)
			if i%2 == 1 {
				w.restart(i%4 == 1)
			}
			w.after(time.Hour).keyed(fmt.Sprint("k", i), "a", `{"n": `+amount+`}`)
			w.has("ann", "stars", want)
		}
		return w
	}
	t.Run("up", func(t *testing.T) { steps(t, "", "80 80").has("ann", "coins", "160") })
	t.Run("up and down", func(t *testing.T) { steps(t, "", "80 80", "60 60", "5 5", "45 45", "100 100", "0 0", "7 7") })
	t.Run("void after it", func(t *testing.T) {
		w := steps(t, "", "80 80", "90 90")
		require.Equal(t, []string{"rules/buy -90 stars", "rules/buy -180 coins"}, gave(w.void("a")))
		w.has("ann", "stars", "0")
	})
	t.Run("a cap counts the event once", func(t *testing.T) {
		w := steps(t, ", limit: 50 stars per day", "45 45", "5 5", "45 45", "80 50", "81 50", "20 20", "60 50")
		w.send("ann", "buy", "n", 9)
		w.has("ann", "stars", "50")
	})
	t.Run("what was trimmed is not made good by a later cent", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ", limit: 30 stars per day"))
		w.as("a").send("ann", "buy", "n", 50)
		w.has("ann", "stars", "30")
		w.keyed("k1", "a", `{"n": 51}`)
		w.has("ann", "stars", "30")
		w.keyed("k2", "a", `{"n": 10}`)
		w.has("ann", "stars", "10")
		w.keyed("k3", "a", `{"n": 28}`)
		w.has("ann", "stars", "28")
	})
	t.Run("or nothing", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ", limit: 60 stars per day or nothing"))
		w.as("a").send("ann", "buy", "n", 50)
		out := w.keyed("k1", "a", `{"n": 70}`)
		w.has("ann", "stars", "50")
		require.Contains(t, notes(out), "limit rules/buy")
		w.keyed("k2", "a", `{"n": 60}`)
		w.has("ann", "stars", "60")
	})
	t.Run("a key that changes", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ", limit: 1 ever by event.order"))
		w.as("a").send("ann", "buy", "n", 50, "order", "o1")
		w.as("b").send("bob", "buy", "n", 20, "order", "o2")
		w.keyed("k1", "a", `{"order": "o2"}`)
		w.has("ann", "stars", "0")
		w.as("c").send("cid", "buy", "n", 5, "order", "o1")
		w.has("cid", "stars", "5")
		w.keyed("k2", "a", `{"order": "o3"}`)
		w.has("ann", "stars", "50")
		w.as("d").send("cid", "buy", "n", 5, "order", "o3")
		w.has("cid", "stars", "5")
		w.keyed("k3", "a", `{"order": "o1"}`)
		w.has("ann", "stars", "0")
	})
	t.Run("what a limit in times refused is not paid later", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, ", limit: 1 ever by event.order"))
		w.as("a").send("ann", "buy", "n", 50, "order", "o1")
		w.as("b").send("bob", "buy", "n", 20, "order", "o1")
		w.keyed("k0", "b", `{"n": 30}`)
		w.has("bob", "stars", "0")
		w.void("a")
		w.keyed("k1", "b", `{"n": 35}`)
		w.has("bob", "stars", "15") // 35 less the 20 that were refused
	})
}

func TestARaiseHasTheTermsOfTheFirstLots(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}, visit: {}, spend: {n: number}}
points: {stars: {expire: 10 days after earning, negative: floor}, gems: {pending: 5 days}, slow: {pending: until confirmed}}
rules:
  buy: {when: buy, give: {stars: event.n, gems: event.n, slow: event.n}}
  spend: {when: spend, take: {stars: event.n}}
counters: {got: {earned: stars, public: true}}
`)
	w.as("a").send("ann", "buy", "n", 50)
	w.after(24*time.Hour).keyed("k1", "a", `{"n": 80}`)
	require.Len(t, w.points("ann", "stars").Expiring, 1)
	require.Equal(t, moment(t, "2026-05-12T00:00:00Z"), w.points("ann", "stars").Expiring[0].At)
	require.Equal(t, "80", w.points("ann", "gems").Pending.String())
	require.Equal(t, "80", w.points("ann", "slow").Pending.String())
	require.Equal(t, "80", w.counter("ann", "got"))
	w.command(engine.NewRelease("a"))
	w.has("ann", "slow", "80")
	w.keyed("k2", "a", `{"n": 90}`)
	w.has("ann", "slow", "90")
	w.at("2026-05-08T12:00:00Z").jobs()
	w.has("ann", "gems", "90")
	w.keyed("k3", "a", `{"n": 95}`)
	w.has("ann", "gems", "95")
	w.at("2026-05-13T12:00:00Z").jobs()
	w.has("ann", "stars", "0")
	out := w.keyed("k4", "a", `{"n": 100}`)
	require.Contains(t, notes(out), "expired rules/buy")
	w.has("ann", "stars", "0")
	w.has("ann", "gems", "100")
	require.Equal(t, "95", w.points("ann", "stars").Issued.String())
	w.restart(false)
	w.keyed("k5", "a", `{"n": 60}`)
	w.keyed("k6", "a", `{"n": 95}`) // what was forgiven is forgiven no longer
	require.Equal(t, "95", w.counter("ann", "got"))
	w.void("a")
	for _, points := range []string{"stars", "gems", "slow"} {
		w.has("ann", points, "0")
		w.owes("ann", points, "0")
	}
	require.Equal(t, "0", w.counter("ann", "got"))
}

func TestARaiseCancelsWhatWasForgiven(t *testing.T) {
	w := program(t, fmt.Sprintf(mugs, "floor", "floor"))
	w.as("a").send("ann", "buy", "n", 100)
	w.command(engine.NewClaim("c", "ann", "mug", 60*decimal.One))
	w.command(engine.NewConfirm("", "c", 0))
	w.keyed("k1", "a", `{"n": 0}`)
	w.has("ann", "stars", "0")
	w.keyed("k2", "a", `{"n": 80}`)
	w.has("ann", "stars", "20")
	w.restart(true)
	w.command(engine.NewReturn("r", "c", 0))
	w.has("ann", "stars", "80")
	w.void("a")
	w.has("ann", "stars", "0")
	w.owes("ann", "stars", "0")
}

func TestAnAmendedTransferRisesWholeOrNotAtAll(t *testing.T) {
	w := program(t, fmt.Sprintf(mugs, "debt", "debt"))
	w.send("bob", "buy", "n", 1)
	w.send("ann", "buy", "n", 100)
	w.as("g").send("ann", "gift", "to", "bob", "n", 20)
	w.keyed("k1", "g", `{"n": 50}`)
	w.has("ann", "stars", "50")
	w.has("bob", "stars", "51")
	out := w.keyed("k2", "g", `{"n": 101}`)
	require.Contains(t, notes(out), "balance rules/gift")
	w.has("ann", "stars", "50")
	w.has("bob", "stars", "51")
	w.restart(false)
	w.keyed("k3", "g", `{"n": 30}`)
	w.has("ann", "stars", "70")
	w.has("bob", "stars", "31")
	w.void("g")
	w.has("ann", "stars", "100")
	w.has("bob", "stars", "1")
}

func TestWhatNewlyMatches(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
badges: {big: {}}
rewards: {mug: {stock: 1}}
rules:
  big: {when: buy, if: event.n >= 100, give: {stars: 7, badge: big, reward: mug}}
  hello: {when: badge_earned, give: {stars: 1}}
`)
	w.as("a").send("ann", "buy", "n", 5)
	w.as("b").send("bob", "buy", "n", 5)
	out := w.keyed("k1", "a", `{"n": 100}`)
	require.ElementsMatch(t, []string{"rules/big 7 stars", "rules/big badge big", "rules/big reward mug", "rules/hello 1 stars"}, gave(out))
	w.has("ann", "stars", "8")
	w.restart(false)
	out = w.keyed("k2", "b", `{"n": 100}`)
	require.Contains(t, notes(out), "stock rules/big")
	w.has("bob", "stars", "8")
	w.keyed("k3", "a", `{"n": 99}`)
	require.Empty(t, w.badges("ann"))
	w.has("ann", "stars", "0")
	w.keyed("k4", "b", `{"n": 50}`)
	w.keyed("k5", "b", `{"n": 200}`)
	w.has("bob", "stars", "8")
	w.void("b")
	w.has("bob", "stars", "0")
	require.Empty(t, w.badges("bob"))
}

func TestAmendedProgressReachesGoals(t *testing.T) {
	const text = `
member: {team?: text}
events: {run: {km: number}}
points: {gold: {}}
counters:
  km: {when: run, add: event.km, public: true}
  done: {when: challenge_completed, public: true}
badges: {ten: {counter: km, levels: {one: 10, two: 20}}}
rules: {cheer: {when: challenge_completed, give: {gold: 1}}, up: {when: tier_reached, if: event.level == "fast", give: {gold: 10000}}}
tiers: {club: {counter: km, levels: {slow: 0, fast: 15}}}
challenges:
  c: {when: run, add: event.km, goal: 10, give: {gold: 5}}
  w: {when: run, add: event.km, every: week, goal: 10, give: {gold: 50}}
  team: {when: run, add: event.km, by: member.team, goal: 12, give: {gold: 100000}}
  steps: {steps: {far: {when: run, highest: event.km, goal: 10}, one: {when: run, goal: 1}}, give: {gold: 1000000}}
streaks: {s: {when: run, add: event.km, at_least: 10, every: day, goals: [{at: 1, give: {gold: 500}}]}}
leaderboards: {b: {counter: km}}
`
	for _, restarted := range []bool{false, true} {
		w := program(t, text)
		again := func() {
			if restarted {
				w.restart(false)
			}
		}
		w.at("2026-05-05T08:00:00Z").set("ann", "team", `"red"`)
		w.as("r").send("ann", "run", "km", 5)
		again()
		out := w.after(time.Hour).keyed("k1", "r", `{"km": 16}`)
		require.Len(t, out.Fanouts, 1)
		w.has("ann", "gold", "1110559") // and cheered for four
		require.Equal(t, "fast", w.tier("ann", "club"))
		require.Equal(t, []string{"ten one"}, w.badges("ann"))
		require.Equal(t, "4", w.counter("ann", "done"))
		require.Equal(t, []string{"1 ann 16"}, w.standings("b", "all", ""))
		again()
		w.handOut()
		w.has("ann", "gold", "1110559")
		w.keyed("k2", "r", `{"km": 7}`)
		require.Equal(t, "1", w.counter("ann", "done"), "the team's stays reached")
		w.reached("ann", "c", "7", false, 0)
		require.Empty(t, w.badges("ann"))
		again()
		w.keyed("k3", "r", `{"km": 21}`)
		require.Equal(t, []string{"ten two"}, w.badges("ann"))
		w.reached("ann", "c", "10", true, 1)
		w.void("r")
		require.Equal(t, "0", w.counter("ann", "done"))
		require.Equal(t, "0", w.points("ann", "gold").Debt.String())
	}
	t.Run("long after a period only points change", func(t *testing.T) {
		w := program(t, text)
		w.at("2026-05-05T08:00:00Z").as("r").send("ann", "run", "km", 5)
		w.at("2026-05-20T08:00:00Z").keyed("k1", "r", `{"km": 10}`)
		w.has("ann", "gold", "1000507") // not that of the week
		w.void("r")
		w.has("ann", "gold", "0")
	})
	t.Run("a late event, and the next one", func(t *testing.T) {
		w := program(t, text)
		w.at("2026-05-05T08:00:00Z").send("ann", "run", "km", 1)
		w.late("2026-05-04T08:00:00Z").as("r").send("ann", "run", "km", 5)
		w.keyed("k1", "r", `{"km": 9}`)
		w.reached("ann", "c", "10", true, 1)
		w.send("ann", "run", "km", 1)
		w.reached("ann", "c", "10", true, 1)
		w.keyed("k2", "r", `{"km": 8}`)
		w.reached("ann", "c", "10", true, 1)
		w.keyed("k3", "r", `{"km": 7}`)
		w.reached("ann", "c", "9", false, 0)
	})
}

// Rules, limits and boosts are those of the event's own version, whatever is in force now.
func TestAnAmendmentUnderAnotherVersion(t *testing.T) {
	const text = `
events: {buy: {n: number}, visit: {}}
points: {%s}
rules: {buy: {when: buy, give: {stars: event.n}, limit: %s}}
boosts: {double: {of: stars, times: 2, limit: 10 stars ever, if: event.n >= 20}}
counters: {got: {earned: stars, public: true}, km: {when: buy, add: event.n, every: week, public: true}}
badges: {far: {counter: km, levels: {one: 70}}}
`
	for _, restarted := range []bool{false, true} {
		w := program(t, fmt.Sprintf(text, "stars: {}", "60 stars per day"))
		w.as("a").send("ann", "buy", "n", 10)
		w.late("2026-05-01T10:00:00Z").as("b").send("ann", "buy", "n", 8)
		w.after(time.Hour).activate(fmt.Sprintf(text, "stars: {expire: 2 days after earning}, gems: {}", "5 stars per day"))
		w.keyed("k1", "a", `{"n": 30}`)
		w.has("ann", "stars", "48") // 30, ten of a boost that newly applies, and 8
		require.Equal(t, "48", w.counter("ann", "got"))
		if restarted {
			w.restart(false)
		}
		w.keyed("k2", "b", `{"n": 40}`)
		w.has("ann", "stars", "60") // the cap of that day
		require.Equal(t, []string{"far one"}, w.badges("ann"))
		w.keyed("k3", "b", `{"n": 8}`)
		w.has("ann", "stars", "48")
		require.Empty(t, w.badges("ann"))
		w.after(30 * 24 * time.Hour).activate("events: {buy: {n: number}}\npoints: {gems: {}}\nrules: {g: {when: buy, give: {gems: 1}}}\n")
		w.keyed("k4", "a", `{"n": 40}`)
		w.void("a")
		w.void("b")
		for _, acc := range w.p.Member("ann").Accounts {
			for _, l := range acc.Lots() {
				require.Zero(t, l.Remaining)
			}
		}
	}
	t.Run("long after a week its badge is not reached", func(t *testing.T) {
		w := program(t, fmt.Sprintf(text, "stars: {}", "600 stars per day"))
		w.as("a").send("ann", "buy", "n", 10)
		w.after(30*24*time.Hour).keyed("k1", "a", `{"n": 100}`)
		require.Empty(t, w.badges("ann"))
	})
}

// A winner's place is decided when the amendment is made, and a closed season stays as it is.
func TestAnAmendmentComesLate(t *testing.T) {
	w := program(t, `
late: 1 day
events: {run: {km: number}}
points: {gold: {}}
challenges: {first: {when: run, add: event.km, goal: 10, winners: 1, give: {gold: 5}}}
counters: {km: {when: run, add: event.km, every: week}}
leaderboards: {b: {counter: km}}
`)
	w.as("a").send("ann", "run", "km", 5)
	w.as("b").send("bob", "run", "km", 12)
	out := w.keyed("k1", "a", `{"km": 10}`)
	require.Contains(t, notes(out), "not_given challenges/first")
	w.has("ann", "gold", "0")
	require.Equal(t, []string{"1 bob 12", "2 ann 10"}, w.standings("b", "2026-W18", ""))
	w.void("b")
	w.as("c").send("cid", "run", "km", 1)
	w.restart(false)
	w.keyed("k2", "c", `{"km": 11}`)
	w.has("cid", "gold", "5")
	w.at("2026-05-15T12:00:00Z").send("ann", "run", "km", 1)
	w.keyed("k3", "a", `{"km": 100}`)
	require.Equal(t, []string{"1 cid 11", "2 ann 10"}, w.standings("b", "2026-W18", ""))
}

// What would have expired for want of a visit is not given because of a later one.
func TestARaiseOfWhatHadLapsed(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}, visit: {}}
points: {stars: {expire: 1 month after last visit}}
rules: {buy: {when: buy, if: event.n >= 8, give: {stars: event.n}}}
`)
	w.as("a").send("ann", "buy", "n", 5)
	w.as("b").send("ann", "buy", "n", 10)
	w.at("2026-07-06T12:00:00Z").send("ann", "visit")
	w.after(24*time.Hour).keyed("k1", "a", `{"n": 20}`)
	w.keyed("k2", "b", `{"n": 20}`)
	w.has("ann", "stars", "0")
	w.as("c").send("ann", "buy", "n", 10)
	w.keyed("k3", "c", `{"n": 20}`)
	w.has("ann", "stars", "20")
}
