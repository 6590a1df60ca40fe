package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// An amendment whose amount cannot be computed takes what there was, and says why.
func TestAnAmendmentTellsWhatCannotBeComputed(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.n * 1000000}, limit: 5 per day}}
`)
	w.as("a").send("ann", "buy", "n", 5)
	out := w.after(time.Hour).keyed("k1", "a", `{"n": -1}`)
	w.has("ann", "stars", "0")
	require.True(t, slices.ContainsFunc(out.Notes, func(n engine.Note) bool {
		return n.Code == "evaluation" && n.Definition == "rules/buy" && n.Message == "the amount is negative; nothing was given"
	}), "%v", out.Notes)
	out = w.after(time.Hour).keyed("k2", "a", `{"n": 9223372036854}`)
	w.has("ann", "stars", "0")
	require.NotEmpty(t, out.Notes)
}
