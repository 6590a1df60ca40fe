package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// TestWhatWasStoppedIsNoted: a definition that matched and gave nothing says so in the answer, with what was used of its limit,
// and the journal keeps it.
func TestWhatWasStoppedIsNoted(t *testing.T) {
	w := program(t, `
member: {friend?: member}
events: {go: {n: number}}
points: {stars: {}, gems: {}}
rewards: {mug: {stock: 1}}
rules:
  often: {when: go, give: {gems: 1}, limit: 1 per day}
  capped: {when: go, give: {stars: event.n}, limit: 10 stars per day}
  whole: {when: go, give: {stars: event.n}, limit: 12 stars per day or nothing}
  pays: {when: go, take: {gems: 5}}
  swaps: {when: go, if: event.n > 1, take: {gems: 1}, give: {stars: 1}, limit: 1 per day}
  gift: {when: go, give: {reward: mug}}
  sent: {when: go, give: {stars: 1}, to: member.friend, limit: 1 per day}
boosts:
  double: {of: stars, only: [capped], times: 2, limit: 4 stars ever}
challenges:
  may: {join: opt_in, when: go, goal: 5, give: {stars: 1}, within: 7 days}
streaks:
  run: {join: opt_in, when: go, every: day, goal: 5, give: {stars: 1}}
`)
	w.set("ann", "friend", `"bob"`)
	w.put("bob", engine.Profile{})
	used := func(n int64) decimal.Decimal { d, _ := decimal.FromInt(n); return d }
	first := w.at("2026-05-01T08:00:00Z").send("ann", "go", "n", 6)
	require.Equal(t, []engine.Note{
		{Code: "not_joined", Definition: "streaks/run"},
		{Code: "not_joined", Definition: "challenges/may"},
		{Code: "balance", Definition: "rules/pays"},
	}, first.Notes)
	second := w.at("2026-05-01T09:00:00Z").send("ann", "go", "n", 7)
	require.Equal(t, []engine.Note{
		{Code: "not_joined", Definition: "streaks/run"},
		{Code: "not_joined", Definition: "challenges/may"},
		{Code: "limit", Definition: "boosts/double", Limit: "4 stars ever", Used: used(4)},
		{Code: "limit", Definition: "rules/capped", Limit: "10 stars per day", Used: used(10)},
		{Code: "stock", Definition: "rules/gift", Message: "nothing is left of reward mug"},
		{Code: "limit", Definition: "rules/often", Limit: "1 per day", Used: used(1)},
		{Code: "balance", Definition: "rules/pays"},
		{Code: "limit", Definition: "rules/sent", Limit: "1 per day", Used: used(1)},
		{Code: "limit", Definition: "rules/swaps", Limit: "1 per day", Used: used(1)},
		{Code: "limit", Definition: "rules/whole", Limit: "12 stars per day or nothing", Used: used(6)},
	}, second.Notes)
	require.Contains(t, string(engine.AppendAnswer(nil, second)),
		`{"code":"limit","definition":"rules/often","message":"limit 1 per day: 1 used","limit":"1 per day","used":1}`)
	w.commit(false)
	b, err := w.store.Record(second.Seq)
	require.NoError(t, err)
	rec, err := engine.DecodeRecord(b)
	require.NoError(t, err)
	require.Equal(t, second.Notes, rec.Outcome.Notes)
	require.Equal(t, "stock", string(w.whyNot(w.event("ann", "go", "n", 1))["rules/gift"]))
}
