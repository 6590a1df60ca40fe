package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// Several rules share the limit of their promotion. An amendment frees a use of it where the rule that used it does not match any
// more, whatever another one does.
func TestAnAmendmentFreesTheUseOfItsOwnRuleOnly(t *testing.T) {
	for _, x := range []struct {
		amount string
		left   []string
	}{
		{"40", []string{}},
		{"8", []string{}},
		{"1", []string{"rules/visits 3 stars"}},
	} {
		w := program(t, `
events: {buy: {amount: number}, visit: {}}
points: {stars: {}}
promotions: {rain: {on_call: true, open_for: 30 days, limit: 2 per year}}
rules:
  visits: {when: visit, during: rain, give: {stars: 3}}
  worth: {when: buy, if: event.amount >= 5, during: rain, give: {stars: event.amount}}
  zeal: {when: buy, if: event.amount >= 50, during: rain, give: {stars: 1}}
`).at("2026-04-04T15:00:00Z")
		w.command(engine.NewFire("call", "rain", calendar.Duration{}, ""))
		w.at("2026-04-04T16:00:00Z").accept(w.as("a").event("ann", "buy", "amount", 7))
		w.command(engine.NewAmend("a", json.RawMessage(`{"amount":`+x.amount+`}`)))
		require.Equal(t, []string{"rules/visits 3 stars"}, gave(w.send("ann", "visit")))
		w.restart(true)
		require.Equal(t, x.left, gave(w.send("ann", "visit")), x.amount)
	}
}

// Who looks back finds a use of a limit once for each time that a rule took from another member and gave, however much it gives.
func TestATransferThatIsLookedBackAtUsedItsLimitOnce(t *testing.T) {
	w := program(t, `
events: {spend: {friend: member}, visit: {}}
points: {stars: {}, gems: {}}
promotions: {rain: {on_call: true, open_for: 30 days, limit: 2 per year}}
rules:
  pass: {when: spend, during: rain, from: event.friend, take: {stars: 1}, give: {stars: 1, gems: 1}}
  visits: {when: visit, during: rain, give: {stars: 3}}
`).at("2026-04-04T15:00:00Z")
	w.send("bob", "visit")
	w.accept(w.adjust("bob", "stars", "10", false))
	w.command(engine.NewFire("call", "rain", calendar.Duration{}, ""))
	w.send("ann", "spend", "friend", "bob")
	w.send("ann", "visit")
	w.has("ann", "stars", "4")
	w.commit(false)
	then, err := engine.MemberAt(w.store, w.versions, "ann", w.now)
	require.NoError(t, err)
	require.Equal(t, w.p.Member("ann").Uses, then.Uses)
	require.Equal(t, "4", then.Balance(w.p.Rules(), w.p.Rules().PointsType("stars"), w.now).Spendable.String())
}
