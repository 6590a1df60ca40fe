package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

const rush = `
late: 10 days
events: {visit: {}}
counters: {recent: {when: visit, last: 31 minutes, public: true}, weekly: {when: visit, last: 3 days, public: true}}
badges: {rush: {counter: recent, levels: {three: 3}}, regular: {counter: weekly, levels: {three: 3}}}
`

func TestRollingMinutesAreExact(t *testing.T) {
	w := program(t, rush).at("2026-06-01T12:00:00Z")
	w.send("ann", "visit")
	w.after(10*time.Minute).send("ann", "visit")
	require.Equal(t, "2", w.counter("ann", "recent"))
	w.after(21*time.Minute).send("ann", "visit") // 31 minutes after the first, which no longer counts
	require.Equal(t, "2", w.counter("ann", "recent"))
	require.Equal(t, []string{"regular three"}, w.badges("ann"))
}

// What is rolled up after a late event has it too: a badge is earned at the moment at which all events together earn it.
func TestALateEventCountsInWhatWasRolledUpAfterIt(t *testing.T) {
	for _, x := range []struct{ badge, first, last, late, earned string }{
		{"rush", "2026-06-01T12:00:00Z", "2026-06-01T12:20:00Z", "2026-06-01T12:10:00Z", "2026-06-01T12:20:00Z"},
		{"regular", "2026-06-01T12:00:00Z", "2026-06-03T12:00:00Z", "2026-06-02T12:00:00Z", "2026-06-03T12:00:00Z"},
	} {
		w := program(t, rush)
		w.at(x.first).send("ann", "visit")
		w.at(x.last).send("ann", "visit")
		require.Empty(t, w.badges("ann"))
		w.at("2026-06-04T12:00:00Z").late(x.late).send("ann", "visit")
		require.Contains(t, w.badges("ann"), x.badge+" three")
		for _, b := range w.progress("ann").Badges {
			if b.Badge == x.badge {
				require.Equal(t, x.earned, b.At.String())
			}
		}
	}
}

func TestALevelThatAnEventEndsIsToldInItsAnswer(t *testing.T) {
	w := program(t, `
events: {xp: {n: number}}
points: {gems: {}}
counters: {xp: {when: xp, add: event.n}}
tiers: {status: {counter: xp, levels: {bronze: 0, silver: 100}, falls: to what is kept}}
rules: {comfort: {when: tier_lost, give: {gems: 5}}}
`).at("2026-06-01T12:00:00Z")
	w.send("ann", "xp", "n", 150)
	out := w.send("ann", "xp", "n", -100)
	require.Equal(t, []string{"rules/comfort 5 gems", "tier status silver->bronze"}, gave(out))
	require.Equal(t, "bronze", w.tier("ann", "status"))
}

func TestWhatWasRefusedCannotBeReleased(t *testing.T) {
	w := program(t, `
events: {order: {}}
points: {gems: {pending: until confirmed}}
rules: {order: {when: order, give: {gems: 5}}}
`).at("2026-06-01T12:00:00Z")
	w.accept(w.as("a").event("ann", "order"))
	w.command(engine.NewRefuse("a"))
	w.refuses(engine.CodeEventRefused, engine.NewRelease("a"))
	w.has("ann", "gems", "0")
}
