package engine_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// did is what an explanation tells of a record: what it is about, and each thing that it did.
func (w *world) did(id string) (origin string, did []string) {
	w.t.Helper()
	w.commit(false)
	x, err := engine.Explain(w.store, w.versions, id)
	require.NoError(w.t, err)
	require.NotNil(w.t, x, id)
	for i := range x.Did {
		d := x.Did[i]
		said := d.Words()
		if d.Definition != "" {
			said += " by " + d.Definition
		}
		if d.Of != "" {
			said += " of " + d.Of
		}
		did = append(did, said)
	}
	return x.Origin, did
}

// TestEverythingIsExplained: what a void, an amendment, an adjustment, a gift received, a claim and a tick did, with amounts, and
// where the member stood afterwards.
func TestEverythingIsExplained(t *testing.T) {
	w := program(t, `
member: {friend?: member}
events: {buy: {n: number}}
points: {stars: {expire: 10 days after earning}}
badges: {first: {}}
counters: {spent: {when: buy, add: event.n}}
tiers: {club: {counter: spent, levels: {base: 0, gold: 100}}}
rules:
  earn: {when: buy, give: {stars: event.n}}
  medal: {when: buy, if: event.n >= 100, give: {badge: first}}
  share: {when: buy, to: member.friend, give: {stars: 7}}
rewards: {mug: {cost: {stars: 30}}}
`)
	w.put("bob", engine.Profile{})
	w.set("ann", "friend", `"bob"`)
	w.at("2026-05-01T08:00:00Z").as("e1").send("ann", "buy", "n", 120)
	w.commit(false)

	_, did := w.did("e1")
	require.Contains(t, did, "120 stars given by rules/earn")
	require.Contains(t, did, "badge first: earned by rules/medal")
	require.Contains(t, did, "tier club: from base to gold")

	gift := ""
	require.NoError(t, engine.Events(w.store, "bob", 0, func(rec *engine.Record) bool {
		if len(rec.Outcome.Entries) > 0 {
			gift = rec.Event.ID
		}
		return true
	}))
	origin, did := w.did(gift)
	require.Equal(t, "e1", origin)
	require.Equal(t, []string{"7 stars given by rules/share"}, did)

	w.after(time.Hour).claim("ann", "mug", "c1", "")
	confirmed := w.confirm("c1", "")
	origin, did = w.did(confirmed.ID)
	require.NotEmpty(t, origin)
	require.Contains(t, did, "-30 stars spent by rewards/mug of e1")

	adjusted := w.accept(w.dated(engine.NewAdjustment("a1", "ann", engine.Adjustment{Points: "stars", Amount: -5_000_000, Reason: "a mistake"})))
	_, did = w.did(adjusted.ID)
	require.Equal(t, []string{"-5 stars taken by adjustments/a mistake of e1"}, did)

	amended := w.accept(w.dated(engine.NewAmend("e1", json.RawMessage(`{"n": 90}`))))
	origin, did = w.did(amended.ID)
	require.Equal(t, "e1", origin)
	require.Contains(t, did, "-30 stars taken back by rules/earn of e1")
	require.Contains(t, did, "badge first: taken back by badges/first")
	require.Contains(t, did, "tier club: from gold to base")

	voided := w.accept(w.dated(engine.NewVoid("e1")))
	x, err := engine.Explain(w.store, w.versions, voided.ID)
	require.NoError(t, err)
	require.Nil(t, x, "it is not committed yet")
	origin, did = w.did(voided.ID)
	require.Equal(t, "e1", origin)
	require.Contains(t, did, "-55 stars taken back by rules/earn of e1")
	x, err = engine.Explain(w.store, w.versions, voided.ID)
	require.NoError(t, err)
	require.EqualValues(t, 35_000_000, x.After.Points["stars"].Debt, "the state after the void: 30 spent and 5 taken are owed")
	require.Empty(t, x.After.Badges)

	w.as("e9").send("bob", "buy", "n", 3)
	w.at("2026-05-12T08:00:00Z").jobs()
	tick := ""
	w.commit(false)
	require.NoError(t, engine.Events(w.store, "bob", 0, func(rec *engine.Record) bool { tick = rec.Event.ID; return true }))
	_, did = w.did(tick)
	require.Equal(t, []string{"-3 stars expired by rules/earn of e9"}, did)
}
