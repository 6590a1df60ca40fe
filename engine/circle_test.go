package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
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
	for _, id := range []string{" ann", "ann ", "an\u00a0n", "an\u200bn", "an\u2060n", "an\u00adn", "ann\ufe0f", "\u3164", "an\u3000n", "an\u2800n", "a\u202en", "a\tb", "a\x7f", ""} {
		require.NotEmpty(t, engine.CheckID(id), "%q", id)
	}
	for _, id := range []string{"ann", "ann smith", "ännchen", "安", "a@b/c:d\"e", "🙂", "o1/2#3"} {
		require.Empty(t, engine.CheckID(id), "%q", id)
	}
}
