package engine_test

import (
	"testing"
	"time"
)

// What the oracle of enginetest/oracle found about limits of boosts.

// Of a gift of which a cap leaves nothing, a boost has added nothing that its own limits count.
func TestABoostOfANothingUsesNothing(t *testing.T) {
	for _, to := range []string{"", "to: event.friend, "} {
		w := program(t, `
events: {buy: {amount: number, friend?: member}}
points: {stars: {}}
rules: {buy: {when: buy, `+to+`give: {stars: event.amount}, limit: 5 stars per day}}
boosts: {extra: {of: stars, plus: 5, limit: [2 ever, 20 stars ever]}}
`)
		receiver := "ann"
		if to != "" {
			w.send("bob", "buy", "amount", 0)
			receiver = "bob"
		}
		for range 3 {
			w.send("ann", "buy", "amount", 5, "friend", "bob") // of which the cap leaves 5, then nothing
		}
		w.has(receiver, "stars", "5")
		w.after(24*time.Hour).send("ann", "buy", "amount", 1, "friend", "bob") // 1 and 5 more, of which 5
		w.after(24*time.Hour).send("ann", "buy", "amount", 1, "friend", "bob") // 1: the boost was had twice
		w.has(receiver, "stars", "11")
	}
}

// Two rules that an amendment raises do not both get what is left of a boost's limit.
func TestRulesThatRiseShareWhatABoostMayAdd(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules:
  one: {when: buy, give: {stars: event.amount}}
  two: {when: buy, give: {stars: event.amount}}
boosts: {double: {of: stars, if: event.amount >= 10, times: 2, limit: 15 stars ever}}
`)
	w.as("a").send("ann", "buy", "amount", 5)
	w.amend("a", `{"amount":10}`)
	w.has("ann", "stars", "35") // 10 + 10, and 10 + 5
	w.send("ann", "buy", "amount", 10)
	w.has("ann", "stars", "55")
}

// A void frees the time that an amendment used of a boost's limit.
func TestAVoidFreesABoostThatAnAmendmentBrought(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
boosts: {double: {of: stars, if: event.amount >= 10, times: 2, limit: 1 ever}}
`)
	w.as("a").send("ann", "buy", "amount", 5)
	w.amend("a", `{"amount":10}`)
	w.has("ann", "stars", "20")
	w.void("a")
	w.restart(true)
	w.send("ann", "buy", "amount", 10)
	w.has("ann", "stars", "20")
	w.send("ann", "buy", "amount", 10)
	w.has("ann", "stars", "30")
}

// A boost whose limit says "or nothing" adds nothing more to an amended event where the limit does not leave all of it.
func TestABoostOrNothingAddsNoPartOfARaise(t *testing.T) {
	w := program(t, `
events: {buy: {amount: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.amount}}}
boosts: {double: {of: stars, times: 2, limit: 15 stars ever or nothing}}
`)
	w.as("a").send("ann", "buy", "amount", 10)
	w.has("ann", "stars", "20")
	w.keyed("k1", "a", `{"amount":20}`) // 10 more of the boost, of which the limit leaves 5
	w.has("ann", "stars", "30")
	w.keyed("k2", "a", `{"amount":15}`)
	w.has("ann", "stars", "25")
	w.send("ann", "buy", "amount", 5)
	w.has("ann", "stars", "35")
}
