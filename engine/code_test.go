package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

const cards = `
events: {award: {}, visit: {}}
points: {stars: {}}
rules: {card: {when: award, give: {reward: card, stars: 1}}, stars: {when: visit, give: {stars: 10}}}
rewards: {card: {codes: pool, valid: 10 days}, mug: {cost: {stars: 1}, codes: pool, hold: 2 hours}}
`

func (w *world) pool(reward string, n int) {
	w.t.Helper()
	codes := make([]string, n)
	for i := range codes {
		codes[i] = fmt.Sprint(reward, "-", i)
	}
	w.accept(w.dated(engine.NewCodes("pool "+reward, reward, codes)))
}

// code is what a code stands for: "ann held".
func (w *world) code(code string) string {
	w.t.Helper()
	found, err := w.p.FindCode(code, w.now)
	require.NoError(w.t, err)
	if found == nil {
		return ""
	}
	return found.Member + " " + found.State
}

// A code finds what it was given with, whatever has become of that, after a restart and once the claim is no longer at hand.
func TestACodeFindsItsReward(t *testing.T) {
	w := program(t, cards)
	w.pool("card", 3)
	w.pool("mug", 300)
	require.Empty(t, w.code("card-0"), "nobody has it yet")
	w.at("2026-05-01T12:00:00Z").as("p1").send("ann", "award")
	require.Equal(t, "ann held", w.code("card-0"))
	w.use("ann", "card", "u1", "till-1")
	require.Equal(t, "ann used", w.code("card-0"))
	w.send("bob", "award")
	w.pin("bob", "card", "u2")
	require.Equal(t, "bob in_use", w.code("card-1"))
	for i := range engine.MaxClaims + 5 {
		w.claim("ann", "mug", fmt.Sprint("c", i), "")
		w.cancel(fmt.Sprint("c", i))
	}
	w.restart(true)
	require.Equal(t, "ann used", w.code("card-0"))
	found, err := w.p.FindCode("card-0", w.now)
	require.NoError(t, err)
	require.Equal(t, "till-1", found.Where)
	w.at("2026-05-20T12:00:00Z")
	w.jobs()
	require.Equal(t, "bob expired", w.code("card-1"))
	w.at("2026-06-20T12:00:00Z").send("bob", "visit")
	w.as("p2").send("bob", "award")
	w.accept(w.dated(engine.NewVoid("p2")))
	require.Equal(t, "bob gone", w.code("card-2"))
	w.accept(w.dated(engine.NewErasure("ann")))
	require.Empty(t, w.code("card-0"))
	w.commit(true)
	members, err := engine.ToRedact(w.store)
	require.NoError(t, err)
	redaction, err := engine.Redact(w.store, w.versions, members, func() bool { return true })
	require.NoError(t, err)
	require.Contains(t, redaction.Rows, engine.Row{Key: "x/card-0\x00card"}, "whose it was is forgotten")
}

// A pool that runs low is told of at a hundred, at ten and at none.
func TestAPoolRunsLow(t *testing.T) {
	w := program(t, cards)
	w.pool("card", 102)
	w.pool("mug", 11)
	w.send("ann", "visit")
	last := w.p.Last()
	for range 3 {
		w.send("ann", "award")
	}
	w.claim("ann", "mug", "c1", "")
	w.confirm("c1", "")
	var low []string
	for _, said := range w.messages(last) {
		if said[:9] == "codes_low" {
			low = append(low, said)
		}
	}
	require.Equal(t, []string{`codes_low {"reward":"card","left":100}`, `codes_low {"reward":"mug","left":10}`}, low)
	w.restart(false)
}
