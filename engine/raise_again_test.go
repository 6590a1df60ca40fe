package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// since is when a member reached the level of a tier.
func (w *world) since(member, tier string) string {
	w.t.Helper()
	at := w.progress(member).Tiers[tier].Since
	require.NotNil(w.t, at)
	return at.String()
}

// What an amendment raises of points that a tier counts is earned at the event's own time, however long ago that is: the level is
// reached with the event that then brought the sum to it.
func TestALevelThatAnAmendmentReachesIsDatedAsIfItHadBeenSoAllAlong(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.n}}}
tiers: {club: {earned: stars, last: 12 months, levels: {basic: 0, gold: 100}, keep: 12 months}}
`)
	w.as("a").send("ann", "buy", "n", 10)
	w.at("2026-05-10T12:00:00Z").as("b").send("ann", "buy", "n", 40)
	w.at("2026-06-20T12:00:00Z").keyed("k1", "a", `{"n": 70}`)
	require.Equal(t, "gold", w.progress("ann").Tiers["club"].Level)
	require.Equal(t, "2026-05-10T12:00:00Z", w.since("ann", "club"))
	again, fell, err := w.p.Recomputed("ann", w.now, false)
	require.NoError(t, err)
	require.Zero(t, fell)
	require.Equal(t, again.Progress(w.p.Rules(), w.now, nil).Tiers, w.progress("ann").Tiers)
	w.restart(false)
	require.Equal(t, "2026-05-10T12:00:00Z", w.since("ann", "club"))
	w.keyed("k2", "a", `{"n": 20}`)
	require.Equal(t, "basic", w.progress("ann").Tiers["club"].Level)
	w.keyed("k3", "a", `{"n": 100}`)
	require.Equal(t, "2026-05-01T12:00:00Z", w.since("ann", "club"), "with the first event alone")
}

// What a rule gives outright to an event that matches by an amendment stays, whatever else is reversed.
func TestWhatAnAmendmentGivesOutrightStays(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
rules:
  buy: {when: buy, give: {stars: event.n}}
  big: {when: buy, if: event.n > 50, give: {badge: big, tier: {club: gold}}}
badges: {big: {}}
tiers: {club: {earned: stars, last: 12 months, levels: {basic: 0, gold: 1000}, keep: 12 months}}
`)
	w.as("a").send("ann", "buy", "n", 10)
	w.after(time.Hour).as("b").send("ann", "buy", "n", 10)
	w.at("2026-06-20T12:00:00Z").keyed("k1", "a", `{"n": 70}`)
	require.Equal(t, "gold", w.progress("ann").Tiers["club"].Level)
	require.Equal(t, "2026-05-01T12:00:00Z", w.since("ann", "club"))
	require.Equal(t, []string{"big"}, w.badges("ann"))
	recomputed := func(at calendar.Instant) {
		again, fell, err := w.p.Recomputed("ann", at, false)
		require.NoError(t, err)
		require.Zero(t, fell)
		require.Equal(t, again.Progress(w.p.Rules(), at, nil), w.p.Member("ann").Progress(w.p.Rules(), at, nil))
	}
	recomputed(w.now)
	w.after(time.Hour).void("b")
	require.Equal(t, "gold", w.progress("ann").Tiers["club"].Level)
	require.Equal(t, []string{"big"}, w.badges("ann"))
	recomputed(w.now)
	w.restart(false)
	w.keyed("k2", "a", `{"n": 20}`)
	require.Equal(t, "basic", w.progress("ann").Tiers["club"].Level)
	require.Empty(t, w.badges("ann"))
}

// A run that an amendment makes longer was paid when it was long enough: it is not paid again for having been so earlier.
func TestAnAmendmentPaysNoGoalOfARunAgain(t *testing.T) {
	for again, want := range map[string]string{"false": "10", "true": "20"} {
		w := program(t, `
events: {run: {km: number}}
points: {gems: {}}
streaks: {daily: {when: run, if: event.km >= 1, every: day, goals: [{at: 3, again: `+again+`, give: {gems: 10}}]}}
counters: {reached: {when: streak_reached, public: true}}
`)
		w.as("d1").send("ann", "run", "km", 0)
		for day := 2; day <= 6; day++ {
			w.at(fmt.Sprintf("2026-05-%02dT12:00:00Z", day)).send("ann", "run", "km", 5)
		}
		w.has("ann", "gems", "10")
		w.keyed("k1", "d1", `{"km": 5}`)
		w.has("ann", "gems", want)
		require.Equal(t, want, w.progress("ann").Counters["reached"].String()+"0")
		_, fell, err := w.p.Recomputed("ann", w.now, false)
		require.NoError(t, err)
		require.Zero(t, fell)
	}
}
