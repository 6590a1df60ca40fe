package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

func TestWhoMayClaimAndWhen(t *testing.T) {
	w := sells(t, "{}", `
mug: {cost: {stars: 10}, for: member.vip ?? false}
summer: {cost: {stars: 10}, during: 2026-06-01 to 2026-08-31}
daily: {cost: {stars: 10}, limit: 1 per day}
rare: {cost: {stars: 10}, limit: 2 ever by everyone}
regional: {cost: {stars: 10}, limit: 1 per week by member.region}
capped: {cost: {stars: 10 or more}, limit: 30 stars per month}`)
	w.send("ann", "award", "points", 1000)
	w.send("bob", "award", "points", 1000)
	w.set("ann", "region", `"r1"`)
	w.set("bob", "region", `"r1"`)
	w.decidedAgainst("who", engine.NewClaim("w1", "ann", "mug", 0))
	w.set("ann", "vip", "true")
	w.claim("ann", "mug", "w2", "")
	w.decidedAgainst("window", engine.NewClaim("s1", "ann", "summer", 0))

	w.claim("ann", "daily", "d1", "")
	w.decidedAgainst("limit", engine.NewClaim("d2", "ann", "daily", 0))
	w.claim("bob", "daily", "d3", "")
	w.cancel("d1")
	w.claim("ann", "daily", "d4", "") // a cancelled claim gives its use back
	w.confirm("d4", "")
	w.decidedAgainst("limit", engine.NewClaim("d5", "ann", "daily", 0))
	w.giveBack("r1", "d4", "")
	w.claim("ann", "daily", "d6", "") // and so does one that was returned

	w.claim("ann", "rare", "e1", "")
	w.claim("bob", "rare", "e2", "")
	w.decidedAgainst("limit", engine.NewClaim("e3", "bob", "rare", 0))
	w.confirm("e1", "")
	w.after(15 * time.Minute) // nobody has written down that bob's hold is over
	w.claim("ann", "rare", "e4", "")
	w.decidedAgainst("limit", engine.NewClaim("e5", "bob", "rare", 0))

	w.claim("ann", "regional", "g1", "")
	w.decidedAgainst("limit", engine.NewClaim("g2", "bob", "regional", 0))

	w.claim("ann", "capped", "f1", "25")
	w.decidedAgainst("limit", engine.NewClaim("f2", "ann", "capped", amountOf("10")))
	w.confirm("f1", "15") // a limit in points counts what was spent
	w.claim("ann", "capped", "f3", "15")
	w.decidedAgainst("limit", engine.NewClaim("f4", "ann", "capped", amountOf("10")))
	w.at("2026-06-01T00:00:00Z").claim("ann", "summer", "s2", "")
}

func TestStockIsOfClaimsAndGifts(t *testing.T) {
	w := program(t, `
events: {award: {}, gift: {}, swap: {}}
points: {stars: {}}
rules:
  award: {when: award, give: {stars: 100}}
  gift: {when: gift, give: {reward: mug}}
  swap: {when: swap, take: {stars: 5}, give: {reward: mug}}
  told: {when: reward_claimed, give: {stars: 1}}
rewards: {mug: {cost: {stars: 10}, stock: 3}}
`)
	w.send("ann", "award")
	w.send("bob", "award")
	w.as("g1").send("ann", "gift")
	w.claim("ann", "mug", "c1", "")
	w.claim("bob", "mug", "c2", "")
	w.decidedAgainst("stock", engine.NewClaim("c3", "bob", "mug", 0))
	require.Equal(t, []string{"stock rules/gift"}, notes(w.send("ann", "gift")))
	require.Empty(t, gave(w.send("ann", "swap")), "nothing is taken for nothing")
	require.Equal(t, engine.OutOfStock, w.whyNot(w.event("ann", "gift"))["rules/gift"])
	w.confirm("c1", "")
	w.after(15 * time.Minute) // bob's hold is over, though nobody has written it down
	w.claim("ann", "mug", "c4", "")
	w.decidedAgainst("stock", engine.NewClaim("c5", "bob", "mug", 0))
	w.cancel("c4")
	w.claim("bob", "mug", "c6", "")
	w.decidedAgainst("stock", engine.NewClaim("c7", "bob", "mug", 0))
	w.void("g1") // a gift that never was is back in stock, a claim that was returned too
	w.claim("bob", "mug", "c8", "")
	w.decidedAgainst("stock", engine.NewClaim("c9", "bob", "mug", 0))
	w.giveBack("r1", "c1", "")
	w.claim("bob", "mug", "c10", "")
	require.Empty(t, w.holds("ann"))
}

func TestNoneInStock(t *testing.T) {
	w := sells(t, "{}", "mug: {cost: {stars: 10}, stock: 0}")
	w.send("ann", "award", "points", 100)
	w.decidedAgainst("stock", engine.NewClaim("c1", "ann", "mug", 0))
}

func TestGeneratedCodes(t *testing.T) {
	text := `
events: {award: {}}
points: {stars: {}}
rules: {award: {when: award, give: {stars: 100, reward: mug}}}
rewards: {mug: {cost: {stars: 10}, codes: generated}}
`
	codes := map[string]bool{}
	for _, key := range []string{"", "a secret", "another secret"} {
		w := program(t, text)
		w.p.SealCodes([]byte(key))
		given := w.as("e1").send("ann", "award").Effects[1].Code
		require.Regexp(t, "^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$", given)
		claimed := w.claim("ann", "mug", "c1", "")
		require.Empty(t, claimed.Effects[0].Code, "not before it is confirmed")
		code := w.confirm("c1", "").Effects[1].Code
		require.Equal(t, []string{"mug " + given, "mug " + code}, w.holds("ann"))
		require.Equal(t, code, w.p.Member("ann").ClaimsAt(w.now)[0].Code)
		require.False(t, codes[given] || codes[code] || given == code, "nobody can tell a code without the key")
		codes[given], codes[code] = true, true
		before := w.holds("ann")
		w.open() // without what was never committed
		w.p.SealCodes([]byte(key))
		w.as("e1").send("ann", "award")
		w.claim("ann", "mug", "c1", "")
		w.confirm("c1", "")
		require.Equal(t, before, w.holds("ann"), "a code is made of its claim")
		w.restart(false)
		require.Equal(t, before, w.holds("ann"), "the journal has the codes; it does not need the key")
	}
}

func TestAPoolOfCodes(t *testing.T) {
	w := program(t, `
events: {award: {}, gift: {}}
points: {stars: {}}
rules:
  award: {when: award, give: {stars: 100}}
  gift: {when: gift, give: {reward: card}}
rewards: {card: {cost: {stars: 10}, codes: pool}, mug: {cost: {stars: 10}}}
`)
	w.send("ann", "award")
	w.decidedAgainst("stock", engine.NewClaim("c0", "ann", "card", 0))
	fill := func(id string, codes ...string) *event.Event {
		return w.dated(engine.NewCodes(id, "card", codes))
	}
	w.accept(fill("1", "A", "B", "C"))
	require.True(t, w.accept(fill("1", "A", "B", "C")).Duplicate)
	w.refused("known_code", fill("2", "D", "B"))
	w.refused("known_code", fill("2", "D", "D"))
	w.refused("does_not_fit", fill("2", "D", ""))
	w.refused("does_not_fit", w.dated(engine.NewCodes("3", "mug", []string{"X"})))
	w.claim("ann", "card", "c1", "")
	w.claim("ann", "card", "c2", "")
	w.send("ann", "gift")
	require.Equal(t, []string{"card A"}, w.holds("ann"))
	w.decidedAgainst("stock", engine.NewClaim("c3", "ann", "card", 0))
	w.restart(false) // the pool comes back with the journal's tail
	w.confirm("c2", "")
	w.cancel("c1")
	w.restart(true)
	w.claim("ann", "card", "c4", "")
	w.decidedAgainst("stock", engine.NewClaim("c5", "ann", "card", 0))
	w.accept(fill("4", "D"))
	w.confirm("c4", "")
	w.giveBack("r1", "c4", "") // its code has been seen
	w.claim("ann", "card", "c6", "")
	w.confirm("c6", "")
	require.Equal(t, []string{"card A", "card B", "card D"}, w.holds("ann"))
	w.decidedAgainst("stock", engine.NewClaim("c7", "ann", "card", 0))
	w.commit(true)
	w.refused("known_code", fill("5", "A"))
}

// A reward that has expired is used up: the void of what gave it takes nothing back, and its stock is not sold again.
func TestWhatHasExpiredDoesNotComeBackToStock(t *testing.T) {
	for _, reward := range []string{"stock: 2, valid: 5 days", "stock: 2"} {
		w := program(t, `
events: {gift: {}}
points: {stars: {}}
rules: {gift: {when: gift, give: {reward: mug}}}
rewards: {mug: {cost: {stars: 10}, `+reward+`}}
`)
		w.as("g1").send("ann", "gift")
		w.at("2026-05-20T12:00:00Z").as("g2").send("ann", "gift") // what has expired long ago is held no more
		require.Equal(t, []string{"stock rules/gift"}, notes(w.send("ann", "gift")))
		out := w.void("g1")
		back := slices.ContainsFunc(out.Effects, func(e engine.Effect) bool { return e.Kind == engine.RewardEffect && e.Revoked })
		require.Equal(t, reward == "stock: 2", back)
		require.Equal(t, !back, len(notes(w.send("ann", "gift"))) > 0, "what was taken back can be given again")
		w.restart(false)
	}
}

// TestACodeOnItsWay holds that a pool has its codes, and knows them again, while the batch with them is on its way to the store.
func TestACodeOnItsWay(t *testing.T) {
	w := program(t, `
events: {award: {}}
points: {stars: {}}
rules: {award: {when: award, give: {stars: 100}}}
rewards: {card: {cost: {stars: 10}, codes: pool}}
`)
	w.send("ann", "award")
	w.accept(w.dated(engine.NewCodes("1", "card", []string{"A", "B"})))
	b := w.p.Take(true)
	w.refused("known_code", w.dated(engine.NewCodes("2", "card", []string{"A"})))
	w.claim("ann", "card", "c1", "")
	w.confirm("c1", "")
	b.Complete()
	require.NoError(t, w.store.Commit(b))
	w.p.Committed(b)
	w.claim("ann", "card", "c2", "")
	w.confirm("c2", "")
	require.Equal(t, []string{"card A", "card B"}, w.holds("ann"))
}
