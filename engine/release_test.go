package engine_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// ships releases what has been shipped so far.
func (w *world) ships(key, event, data string) *engine.Outcome {
	w.t.Helper()
	return w.command(engine.NewPartialRelease(event, json.RawMessage(data)).Keyed(key))
}

func TestAnOrderShipsInParts(t *testing.T) {
	const text = `
member: {friend?: member}
events: {buy: {n: number}}
points: {stars: {pending: until confirmed, expire: 10 days after earning}, gems: {pending: 30 days}}
rules:
  buy: {when: buy, give: {stars: event.n, gems: event.n * 2}}
  thanks: {when: buy, give: {stars: 3}}
  refer: {when: buy, to: member.friend, give: {stars: event.n}}
boosts: {half: {of: stars, times: 1.5, limit: 10 stars ever}}
`
	for _, restarted := range []bool{false, true} {
		w := program(t, text)
		again := func() {
			if restarted {
				w.restart(false)
			}
		}
		w.send("bob", "buy", "n", 0)
		w.set("ann", "friend", `"bob"`)
		w.as("a").send("ann", "buy", "n", 100) // and 10 more
		pending := w.points("ann", "stars").Pending
		out := w.after(24*time.Hour).ships("p1", "a", `{"n": 60}`)
		require.Equal(t, []string{"rules/buy 70 stars", "rules/thanks 3 stars", "rules/buy 120 gems"}, gave(out))
		released := w.points("ann", "stars").Spendable
		require.Equal(t, pending, released+w.points("ann", "stars").Pending)
		require.Equal(t, "120", w.points("ann", "gems").Spendable.String())
		require.Equal(t, "80", w.points("ann", "gems").Pending.String())
		w.has("bob", "stars", "60")
		require.Equal(t, moment(t, "2026-05-13T00:00:00Z"), w.points("ann", "stars").Expiring[0].At)
		again()
		require.True(t, w.ships("p1", "a", `{"n": 60.0}`).Duplicate)
		w.refuses(engine.CodeDoesNotFit, engine.NewPartialRelease("a", []byte(`{"n": 50}`)).Keyed("p2"))
		w.refuses(engine.CodeDoesNotFit, engine.NewPartialRelease("a", []byte(`{"m": 50}`)).Keyed("p2"))
		w.ships("p3", "a", `{"n": 80}`)
		require.Equal(t, "160", w.points("ann", "gems").Spendable.String())
		w.has("bob", "stars", "80")
		again()
		// What is pending is taken back first.
		w.keyed("k1", "a", `{"n": 90}`)
		require.Equal(t, "160", w.points("ann", "gems").Spendable.String())
		require.Equal(t, "20", w.points("ann", "gems").Pending.String())
		w.keyed("k2", "a", `{"n": 100}`) // pending, as some of the first is
		require.Equal(t, "40", w.points("ann", "gems").Pending.String())
		w.command(engine.NewRefuse("a"))
		require.Zero(t, w.points("ann", "stars").Pending)
		require.Zero(t, w.points("ann", "gems").Pending)
		require.Equal(t, "3", w.points("bob", "stars").Pending.String(), "of his own event")
		require.Equal(t, "160", w.points("ann", "gems").Spendable.String())
		w.refuses(engine.CodeNothingPending, engine.NewRefuse("a").Keyed("n1"))
		again()
		w.keyed("k3", "a", `{"n": 120}`)
		require.Equal(t, "160", w.points("ann", "gems").Spendable.String(), "after a refusal a raise gives nothing")
		w.void("a")
		for _, points := range []string{"stars", "gems"} {
			w.has("ann", points, "0")
			w.owes("ann", points, "0")
		}
		w.has("bob", "stars", "0")
	}
}

func TestAReleaseTellsWhatBecameSpendable(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {pending: until confirmed}}
rules: {buy: {when: buy, give: {stars: event.n}}}
`)
	w.as("a").send("ann", "buy", "n", 50)
	w.accept(w.adjust("ann", "stars", "-20", true))
	out := w.command(engine.NewRelease("a"))
	require.Equal(t, []string{"rules/buy 30 stars"}, gave(out))
	require.Equal(t, "50", out.Effects[0].Wanted.String())
	w.refuses(engine.CodeNothingPending, engine.NewRelease("a").Keyed("again"))
	require.True(t, w.command(engine.NewRelease("a")).Duplicate)
	w.refuses(engine.CodeNothingPending, engine.NewRefuse("a"))
}
