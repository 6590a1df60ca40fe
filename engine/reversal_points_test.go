package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

func TestPendingPointsAreReleasedRefusedOrCancelled(t *testing.T) {
	start := func(t *testing.T) *world {
		w := program(t, `
member: {friend?: member}
events: {buy: {amount: number}, visit: {}}
points: {stars: {pending: until confirmed, expire: 10 days after earning}, gems: {pending: 14 days}}
rules:
  buy: {when: buy, give: {stars: event.amount, gems: event.amount}}
  refer: {when: buy, to: member.friend, give: {stars: 3}}
counters: {earned: {earned: stars, public: true}}
badges: {big: {counter: earned, levels: {one: 10}}}
`)
		w.send("bob", "visit")
		w.set("ann", "friend", `"bob"`)
		w.as("a").send("ann", "buy", "amount", 10)
		return w
	}
	t.Run("released", func(t *testing.T) {
		w := start(t)
		w.has("ann", "stars", "0")
		w.after(24 * time.Hour)
		w.command(engine.NewRelease("a"))
		w.has("ann", "stars", "10")
		w.has("ann", "gems", "10")
		w.has("bob", "stars", "3")
		require.Equal(t, moment(t, "2026-05-13T00:00:00Z"), w.points("ann", "stars").Expiring[0].At, "ten days from the release")
		require.True(t, w.command(engine.NewRelease("a")).Duplicate)
		w.after(12 * 24 * time.Hour).jobs()
		w.has("ann", "stars", "0")
		require.Equal(t, "10", w.points("ann", "stars").Expired.String())
	})
	t.Run("refused", func(t *testing.T) {
		w := start(t)
		require.Equal(t, []string{"rules/buy -10 stars", "rules/buy -10 gems", "badges/big badge big"}, gave(w.command(engine.NewRefuse("a"))))
		require.Zero(t, w.points("ann", "stars").Pending)
		require.Zero(t, w.points("bob", "stars").Pending)
		require.Equal(t, "0", w.counter("ann", "earned"), "net of reversals")
		w.refuses(engine.CodeEventRefused, engine.NewRelease("a"))
		require.Empty(t, gave(w.void("a")), "nothing is taken back twice")
		w.owes("ann", "stars", "0")
	})
	t.Run("refused after a part was available", func(t *testing.T) {
		w := start(t)
		w.after(20 * 24 * time.Hour).jobs()
		require.Equal(t, []string{"rules/buy -10 stars", "badges/big badge big"}, gave(w.command(engine.NewRefuse("a"))))
		w.has("ann", "gems", "10")
	})
	t.Run("cancelled by a void", func(t *testing.T) {
		w := start(t)
		w.amend("a", `{"amount": 4}`)
		require.Equal(t, "4", w.points("ann", "stars").Pending.String())
		w.void("a")
		require.Zero(t, w.points("ann", "stars").Pending)
		w.owes("ann", "stars", "0")
	})
}

func TestAReversalIsJudgedByWhatHeldThen(t *testing.T) {
	t.Run("boosts of then", func(t *testing.T) {
		const text = `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
boosts: {double: {of: stars, times: %s}}
`
		w := program(t, fmt.Sprintf(text, "2, during: 2026-05-01 to 2026-05-02"))
		w.as("a").send("ann", "buy", "amount", 50)
		w.after(240 * time.Hour).activate(fmt.Sprintf(text, "5"))
		require.Equal(t, []string{"rules/buy -50 stars"}, gave(w.amend("a", `{"amount": 25}`)))
		w.has("ann", "stars", "50")
		require.Equal(t, []string{"rules/buy -50 stars"}, gave(w.void("a")))
	})
	t.Run("a boost that the kept part would not have had", func(t *testing.T) {
		w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
boosts: {big: {of: stars, plus: 20, if: event.amount >= 50}}
`)
		w.as("a").send("ann", "buy", "amount", 50)
		w.has("ann", "stars", "70")
		w.amend("a", `{"amount": 49}`)
		w.has("ann", "stars", "49")
	})
	t.Run("conditions on the state of then", func(t *testing.T) {
		w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules:
  first: {when: buy, if: event.is_first, give: {stars: event.amount}}
  poor: {when: buy, if: member.points.stars < 20, give: {stars: 5}}
`)
		w.as("a").send("ann", "buy", "amount", 30)
		w.as("b").send("ann", "buy", "amount", 30)
		w.has("ann", "stars", "35")
		w.amend("a", `{"amount": 10}`)
		w.has("ann", "stars", "15")
		w.amend("b", `{"amount": 1}`)
		w.has("ann", "stars", "15")
		require.Equal(t, []string{"rules/first -10 stars", "rules/poor -5 stars"}, gave(w.void("a")), "b is not judged again")
	})
	t.Run("a rule that does not fire any more", func(t *testing.T) {
		w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
badges: {big: {}}
rewards: {cup: {}}
rules: {big: {when: buy, if: event.amount >= 50, give: {stars: 9, badge: big, reward: cup}, limit: 1 ever}}
`)
		w.as("a").send("ann", "buy", "amount", 50)
		out := w.amend("a", `{"amount": 49}`)
		require.Equal(t, []string{"rules/big -9 stars", "badges/big badge big", "rules/big reward cup"}, gave(out))
		require.Empty(t, w.badges("ann"))
		require.Empty(t, w.progress("ann").Rewards)
		require.Len(t, gave(w.as("b").send("ann", "buy", "amount", 50)), 3, "the use is given back")
		require.Empty(t, gave(w.void("a")))
		require.Empty(t, gave(w.as("c").send("ann", "buy", "amount", 50)), "but once")
	})
}

func TestLimitsAndReversals(t *testing.T) {
	t.Run("a void gives no cap room back", func(t *testing.T) {
		w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}, limit: 100 stars per day}}
`)
		w.as("a").send("ann", "buy", "amount", 150)
		require.Equal(t, []string{"rules/buy -25 stars"}, gave(w.amend("a", `{"amount": 75}`)))
		w.void("a")
		w.as("b").send("ann", "buy", "amount", 150)
		w.has("ann", "stars", "0")
		w.after(24*time.Hour).send("ann", "buy", "amount", 150)
		w.has("ann", "stars", "100")
	})
	t.Run("a use counted in times is given back", func(t *testing.T) {
		w := program(t, `
events: {buy: {order: text}}
points: {stars: {}, coins: {}}
rules:
  order: {when: buy, give: {stars: 10}, limit: 1 ever by event.order}
  daily: {when: buy, give: {coins: 1}, limit: 2 per day}
`)
		w.as("a").send("ann", "buy", "order", "o1")
		w.as("b").send("bob", "buy", "order", "o1")
		w.has("bob", "stars", "0")
		w.restart(false)
		w.void("a")
		w.has("bob", "stars", "0")
		w.as("c").send("bob", "buy", "order", "o1")
		w.has("bob", "stars", "10")
		w.as("d").send("bob", "buy", "order", "o2")
		w.has("bob", "coins", "2")
		w.void("b")
		w.send("bob", "buy", "order", "o3")
		w.has("bob", "coins", "2")
		w.send("bob", "buy", "order", "o4")
		w.has("bob", "coins", "2")
	})
	t.Run("on_reversal: leave", func(t *testing.T) {
		w := program(t, `
events: {buy: {}}
points: {stars: {}}
badges: {b: {}}
rules:
  left: {when: buy, give: {stars: 3, badge: b}, limit: 1 ever, on_reversal: leave}
  back: {when: buy, give: {stars: 4}}
`)
		w.as("a").send("ann", "buy")
		require.Equal(t, []string{"rules/back -4 stars"}, gave(w.void("a")))
		w.has("ann", "stars", "3")
		require.Equal(t, []string{"b"}, w.badges("ann"))
		require.Equal(t, []string{"rules/back 4 stars"}, gave(w.send("ann", "buy")))
	})
}

func TestABadgeGivenTwiceIsHeldUntilBothAreVoided(t *testing.T) {
	w := program(t, "events: {buy: {}}\nbadges: {b: {}}\nrules: {buy: {when: buy, give: {badge: b}}}\n")
	w.as("a").send("ann", "buy")
	w.as("b").send("ann", "buy")
	w.void("a")
	require.Equal(t, []string{"b"}, w.badges("ann"))
	w.void("b")
	require.Empty(t, w.badges("ann"))
}

func TestAVoidedVisitMovesTheExpiryBack(t *testing.T) {
	w := program(t, `
late: 20 days
events: {buy: {amount: number}, visit: {}}
points: {stars: {expire: 10 days after last visit}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
`)
	w.as("v0").send("ann", "visit")
	w.as("a").send("ann", "buy", "amount", 10)
	w.at("2026-05-06T12:00:00Z").as("v1").send("ann", "visit")
	w.at("2026-05-08T12:00:00Z").void("v1")
	require.Equal(t, moment(t, "2026-05-12T00:00:00Z"), w.points("ann", "stars").Expiring[0].At)
	w.at("2026-05-09T12:00:00Z").as("v2").send("ann", "visit")
	w.at("2026-05-15T12:00:00Z")
	w.has("ann", "stars", "10")
	require.Equal(t, []string{}, gave(w.void("v2")))
	w.has("ann", "stars", "0")
	w.jobs()
	require.Equal(t, "10", w.points("ann", "stars").Expired.String())
	w.has("ann", "stars", "0")
	w.late("2026-05-11T12:00:00Z").as("v3").send("ann", "visit") // a late one brings them back
	w.has("ann", "stars", "10")
	w.at("2026-05-30T12:00:00Z").jobs()
	w.void("a")
	w.late("2026-05-20T12:00:00Z").send("ann", "visit")
	w.has("ann", "stars", "0")
	require.Equal(t, "10", w.points("ann", "stars").Expired.String(), "what was forgiven stays expired")
}

func TestAdjustments(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}, spend: {n: number}}
points: {stars: {pending: 3 days, expire: 10 days after earning}, coins: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
counters: {earned: {earned: stars, public: true}}
`)
	w.send("ann", "buy", "amount", 10)
	w.at("2026-05-06T12:00:00Z")
	out := w.accept(w.adjust("ann", "stars", "5", false))
	require.Equal(t, []string{"adjustments/goodwill 5 stars"}, gave(out))
	w.has("ann", "stars", "15")
	require.Equal(t, "10", w.counter("ann", "earned"), "not earned")
	require.Len(t, w.points("ann", "stars").Expiring, 2)
	w.accept(w.adjust("ann", "stars", "-12", false))
	w.has("ann", "stars", "3")
	w.declined(engine.CodeInsufficient, w.adjust("ann", "stars", "-4", false))
	require.Equal(t, []string{"adjustments/goodwill -4 stars"}, gave(w.accept(w.adjust("ann", "stars", "-4", true))))
	w.owes("ann", "stars", "1")
	w.accept(w.adjust("ann", "stars", "3", false))
	w.has("ann", "stars", "2")
	w.refused(engine.CodePointsUnknown, w.adjust("ann", "gems", "1", false))
	w.refused(engine.CodeDoesNotFit, w.adjust("ann", "stars", "0", false))
	w.refused(engine.CodeDoesNotFit, w.adjust("ann", "stars", "0.5", false))
	w.refused(engine.CodeMemberUnknown, w.adjust("nobody", "stars", "1", false))
	w.refuses(engine.CodeNotReversible, engine.NewVoid("laurel:adjustment1"))
}

func TestAVoidOfALateEvent(t *testing.T) {
	w := program(t, till+"counters: {total: {when: buy, add: event.amount, every: day, public: true}}\n")
	w.at("2026-05-03T12:00:00Z").as("a").send("ann", "buy", "amount", 1)
	w.late("2026-05-02T12:00:00Z").as("b").send("ann", "buy", "amount", 20)
	w.late("2026-05-03T11:00:00Z").as("c").send("ann", "buy", "amount", 300)
	require.Equal(t, "301", w.counter("ann", "total"))
	w.at("2026-05-03T13:00:00Z").void("b")
	require.Equal(t, "301", w.counter("ann", "total"))
	w.has("ann", "stars", "301")
	w.void("c")
	require.Equal(t, "1", w.counter("ann", "total"))
}
