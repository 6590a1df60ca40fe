package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// What a tier keeps for late events stays bounded however many come in, also when all of them are late, so that none costs much.
func TestATierKeepsSoMuchForLateEvents(t *testing.T) {
	w := program(t, `
events: {buy: {}}
late: 7 days
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: 1}}}
tiers: {club: {earned: stars, last: 12 months, levels: {new: 0, known: 1000, loyal: 1500}, keep: 1 month}}
`)
	began := w.now.Add(-6 * 24 * time.Hour)
	send := func(i int) *engine.Outcome {
		e := w.event("ann", "buy")
		e.Time, e.Timed = began.Add(time.Duration(i)*time.Second), true
		return w.accept(e)
	}
	for i := range 1498 {
		send(i * 10)
	}
	kept := len(w.p.Member("ann").Tiers[0].Recent)
	require.LessOrEqual(t, kept, 513)
	require.Equal(t, "known", w.tier("ann", "club"))
	out := send(14_005) // out of order: the way is gone again from where it is kept
	require.Empty(t, out.Notes)
	require.Equal(t, "known", w.tier("ann", "club"))
	send(14_006)
	require.Equal(t, "loyal", w.tier("ann", "club"))
	require.LessOrEqual(t, len(w.p.Member("ann").Tiers[0].Recent), 513)
}
