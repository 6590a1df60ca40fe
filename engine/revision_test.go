package engine_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// keyed amends an event under a key.
func (w *world) keyed(key, event, data string) *engine.Outcome {
	w.t.Helper()
	return w.command(engine.NewAmend(event, json.RawMessage(data)).Keyed(key))
}

func TestAKeyIsOneReversalForEver(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		w := program(t, till+"counters: {total: {when: buy, add: event.amount, public: true}}\n")
		again := func() {
			if restarted {
				w.restart(false)
			}
		}
		w.as("a").send("ann", "buy", "amount", 50)
		require.False(t, w.keyed("k1", "a", `{"amount": 45}`).Duplicate)
		again()
		require.False(t, w.keyed("k2", "a", `{"amount": 5}`).Duplicate)
		again()
		require.False(t, w.keyed("k3", "a", `{"amount": 45}`).Duplicate, "a new key is a new revision")
		require.Equal(t, "45", w.counter("ann", "total"))
		again()
		out := w.keyed("k2", "a", `{"amount": 5.00}`)
		require.True(t, out.Duplicate)
		require.Empty(t, out.Notes)
		require.Equal(t, "45", w.counter("ann", "total"))
		out = w.keyed("k4", "a", `{"amount": 45}`)
		require.False(t, out.Duplicate)
		require.Empty(t, out.Effects, "a revision without effects")

		w.refuses(engine.CodeConflict, engine.NewAmend("a", json.RawMessage(`{"amount": 6}`)).Keyed("k2"))
		w.refuses(engine.CodeConflict, engine.NewVoid("a").Keyed("k2"))
		w.as("b").send("bob", "buy", "amount", 50)
		w.refuses(engine.CodeConflict, engine.NewAmend("b", json.RawMessage(`{"amount": 5}`)).Keyed("k2"))
		w.refuses(engine.CodeConflict, engine.NewClaim("k2", "ann", "mug", 0))
		w.refuses(engine.CodeConflict, engine.NewAdjustment("k2", "ann", engine.Adjustment{Points: "stars", Amount: 1_000_000, Reason: "x"}))

		require.False(t, w.command(engine.NewVoid("a").Keyed("v1")).Duplicate)
		again()
		for _, key := range []string{"v1", "v2", ""} {
			require.True(t, w.command(engine.NewVoid("a").Keyed(key)).Duplicate, "what is void is void: %q", key)
		}
		w.refuses(engine.CodeEventVoided, engine.NewAmend("a", json.RawMessage(`{"amount": 45}`)).Keyed("k5"))
		require.True(t, w.keyed("k3", "a", `{"amount": 45}`).Duplicate, "the same key, for ever")
	}
}

func TestAnAmendmentWithoutAKey(t *testing.T) {
	w := program(t, till+"counters: {total: {when: buy, add: event.amount, public: true}}\n")
	w.as("a").send("ann", "buy", "amount", 50)
	w.amend("a", `{"amount": 45}`)
	out := w.amend("a", `{"amount": 45.0}`)
	require.True(t, out.Duplicate)
	require.Empty(t, out.Notes, "it is in force")
	w.keyed("k1", "a", `{"amount": 5}`)
	out = w.amend("a", `{"amount": 45}`)
	require.True(t, out.Duplicate)
	require.Contains(t, out.Notes[0].Message, "Idempotency-Key")
	require.True(t, w.amend("a", `{"amount": 5}`).Duplicate, "made under a key before")
	require.Equal(t, "5", w.counter("ann", "total"))
	require.False(t, w.amend("a", `{"amount": 50}`).Duplicate, "the original is no amendment")
	require.Equal(t, "50", w.counter("ann", "total"))
	w.restart(false)
	require.Len(t, w.amend("a", `{"amount": 5}`).Notes, 1)
	w.void("a")
	require.Contains(t, w.amend("a", `{"amount": 50}`).Notes[0].Message, "voided")
}

// The answer to a claim that is repeated tells how it stands.
func TestAClaimRepeatedAfterItsCancellation(t *testing.T) {
	w := program(t, "events: {buy: {n: number}}\npoints: {stars: {}}\nrules: {buy: {when: buy, give: {stars: event.n}}}\n"+
		"rewards: {mug: {cost: {stars: 5}, codes: generated}}\n")
	w.send("ann", "buy", "n", 20)
	state := func(key string) string {
		out := w.command(engine.NewClaim(key, "ann", "mug", 0))
		for _, e := range out.Effects {
			if e.Kind == engine.RewardEffect {
				return e.State
			}
		}
		return ""
	}
	require.Equal(t, "open", state("k1"))
	require.Equal(t, "open", state("k1"))
	w.command(engine.NewCancel("", "k1"))
	require.Equal(t, "cancelled", state("k1"))
	w.restart(false)
	require.Equal(t, "cancelled", state("k1"))
	require.Equal(t, "open", state("k2"))
	w.command(engine.NewConfirm("", "k2", 0))
	require.Equal(t, "confirmed", state("k2"))
	w.command(engine.NewReturn("r", "k2", 0))
	require.Equal(t, "returned", state("k2"))
	require.Equal(t, "open", state("k3"))
	w.after(3600e9)
	require.Equal(t, "timed_out", state("k3"))
	w.has("ann", "stars", "20")
}
