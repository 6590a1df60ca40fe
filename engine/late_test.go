package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

const firstVersion = `program: shop
member: {country?: text}
events: {buy: {amount: number, store: text}}
points: {stars: {}}
counters:
  spent: {when: buy, if: event.store == "a", add: event.amount}
  visits: {when: buy}
rules:
  each: {when: buy, for: (member.country ?? "") == "DE", give: {stars: event.amount}}
challenges:
  dash: {when: buy, add: event.amount, goal: 100, give: {stars: 50}}
  old: {when: buy, goal: 3, give: {stars: 1}}
`

// secondVersion pays double, has other fields in front of those of the first, lowers a goal, drops one challenge, starts a
// counter afresh and adds one.
const secondVersion = `program: shop
member: {age?: integer, country?: text}
events: {buy: {till: integer, amount: number, store: text}}
points: {gems: {}, stars: {}}
counters:
  spent: {when: buy, if: event.store == "a", add: event.amount}
  visits: {when: buy, if: event.till > 1, version: 2}
  tills: {when: buy, highest: event.till}
rules:
  each: {when: buy, for: (member.country ?? "") == "DE", give: {stars: event.amount * 2}}
challenges:
  dash: {when: buy, add: event.amount, goal: 60, give: {stars: 50}}
`

// TestLateEventAfterANewVersion holds which version says what of an event that happened under the old one.
func TestLateEventAfterANewVersion(t *testing.T) {
	w := program(t, firstVersion).at("2026-12-01T08:00:00Z")
	w.set("ann", "country", `"DE"`)
	w.at("2026-12-01T09:00:00Z").send("ann", "buy", "amount", 40, "store", "a")
	w.at("2026-12-02T00:00:00Z").activate(secondVersion)

	out := w.at("2026-12-02T10:00:00Z").late("2026-12-01T10:00:00Z").send("ann", "buy", "amount", 30, "store", "a")
	require.Equal(t, w.versions[0].Rules.Tag, out.Ruleset)
	require.Equal(t, []string{"challenges/dash 50 stars", "rules/each 30 stars"}, gave(out), "the old rule pays, the present goal is reached")
	require.Equal(t, []engine.Note{
		{Code: "dropped", Definition: "counters/visits", Message: "the present version of the ruleset does not count this any more"},
		{Code: "dropped", Definition: "challenges/old", Message: "the present version of the ruleset does not count this any more"},
	}, out.Notes)
	out = w.at("2026-12-02T11:00:00Z").send("ann", "buy", "till", 7, "amount", 5, "store", "b")
	require.Equal(t, []string{"rules/each 10 stars"}, gave(out))

	check := func() {
		t.Helper()
		rules, counts := w.p.Rules(), map[string]string{}
		for _, c := range rules.Counters {
			counts[c.ID] = w.p.Member("ann").Count(rules, c, w.now).String()
		}
		require.Equal(t, map[string]string{"spent": "70", "visits": "1", "tills": "7"}, counts)
		require.Equal(t, map[string]any{"country": "DE"}, w.p.Member("ann").Fields())
	}
	check()
	w.restart(false)
	check()
}
