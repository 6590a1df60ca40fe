package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
)

// Members who refer one another in a circle are not paid for it.
func TestACircleOfReferralsPaysNobody(t *testing.T) {
	w := program(t, `
member: {referred_by?: member}
events: {buy: {}}
points: {credits: {}}
rules:
  thanks: {when: buy, to: member.referred_by, give: {credits: 500}, limit: 9 per day}
`)
	for _, id := range []string{"ann", "bob", "cid", "dan"} {
		w.put(id, engine.Profile{})
	}
	w.set("bob", "referred_by", `"ann"`)
	w.set("cid", "referred_by", `"bob"`)
	w.send("cid", "buy")
	w.has("bob", "credits", "500")
	w.set("ann", "referred_by", `"cid"`)
	for _, id := range []string{"ann", "bob", "cid"} {
		require.Equal(t, []string{"not_given rules/thanks"}, notes(w.send(id, "buy")))
	}
	w.set("dan", "referred_by", `"ann"`) // no part of the circle
	w.send("dan", "buy")
	w.has("ann", "credits", "500")
	w.restart(false)
	w.has("bob", "credits", "500")
	w.set("ann", "referred_by", `"ann"`)
	w.send("bob", "buy")
	w.has("ann", "credits", "1000")
}

func TestIDsThatLookAlikeAreRefused(t *testing.T) {
	for _, id := range []string{" ann", "ann ", "an\u00a0n", "an\u200bn", "an\u2060n", "an\u00adn", "ann\ufe0f", "\u3164", "an\u3000n", "an\u2800n",
		"a\u202en", "a\tb", "a\x7f", ""} {
		require.NotEmpty(t, event.CheckID(id), "%q", id)
	}
	for _, id := range []string{"ann", "ann smith", "ännchen", "安", "a@b/c:d\"e", "🙂", "o1/2#3"} {
		require.Empty(t, event.CheckID(id), "%q", id)
	}
}

// What was decided about a circle stands when those who were in it are no more: a replay does not ask again.
func TestACircleIsNotAskedForAgain(t *testing.T) {
	w := program(t, `
member: {referred_by?: member}
events: {buy: {}}
points: {credits: {}}
rules:
  thanks: {when: buy, to: member.referred_by, give: {credits: 500}, limit: 9 per day}
`)
	for _, id := range []string{"ann", "bob", "cid", "dan"} {
		w.put(id, engine.Profile{})
	}
	w.set("bob", "referred_by", `"ann"`)
	w.set("ann", "referred_by", `"cid"`)
	w.set("cid", "referred_by", `"bob"`)
	require.Equal(t, []string{"not_given rules/thanks"}, notes(w.send("bob", "buy")))
	w.set("dan", "referred_by", `"ann"`)
	w.send("dan", "buy")
	w.has("ann", "credits", "500")
	for _, steps := range []int{2, 4} { // half of it and the whole
		w.erase("cid")
		w.redact(steps)
		w.restart(false)
		w.has("ann", "credits", "500")
		enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	}
	w.send("bob", "buy") // the circle is open now
	w.has("ann", "credits", "1000")
}

// An amendment pays no circle more, either.
func TestAnAmendmentPaysNoCircle(t *testing.T) {
	w := program(t, `
member: {referred_by?: member}
events: {buy: {n: number}}
points: {credits: {}}
rules:
  thanks: {when: buy, to: member.referred_by, give: {credits: event.n}}
`)
	w.put("ann", engine.Profile{})
	w.put("bob", engine.Profile{})
	w.set("bob", "referred_by", `"ann"`)
	w.as("a").send("bob", "buy", "n", 10)
	w.keyed("k1", "a", `{"n": 20}`)
	w.has("ann", "credits", "20")
	w.set("ann", "referred_by", `"bob"`)
	require.Contains(t, notes(w.keyed("k2", "a", `{"n": 30}`)), "not_given rules/thanks")
	w.has("ann", "credits", "20")
	w.keyed("k3", "a", `{"n": 5}`)
	w.has("ann", "credits", "5")
}
