package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const expiringClaims = `
events: {award: {points: number}}
points: {stars: {expire: 10 days after earning}, sorry: {}}
rules:
  award: {when: award, give: {stars: event.points}}
  comfort: {when: points_expired, if: event.points == "stars", give: {sorry: event.amount}}
counters: {times: {when: points_expired, public: true}, best: {when: award, highest: event.points, public: true}}
rewards: {mug: {cost: {stars: 40}, hold: 20 days}}
`

// What a claim's cancel brings back after its expiry expires at that instant, and is told of once: whether a job wrote down
// before what else expired then, or the cancel itself did.
func TestPointsThatExpireAtACancelAreToldOnce(t *testing.T) {
	for _, jobs := range []bool{false, true} {
		// The claim pins 40 of the first lot. At the instant of the cancel, what is left of the second one expires as well.
		w := program(t, expiringClaims).at("2026-05-01T08:00:00Z")
		w.as("a").send("ann", "award", "points", 100)
		w.at("2026-05-02T08:00:00Z").claim("ann", "mug", "c1", "")
		w.at("2026-05-04T08:00:00Z").as("b").send("ann", "award", "points", 7)
		if jobs {
			w.until("2026-05-15T00:00:00Z")
		}
		w.at("2026-05-15T00:00:00Z").cancel("c1")
		w.after(1)
		w.until("2026-05-20T00:00:00Z")
		var told []string
		for _, out := range w.recorded("ann", 0) {
			for _, line := range raised(out) {
				if _, expired, ok := strings.Cut(line, "points_expired "); ok {
					told = append(told, expired)
				}
			}
		}
		require.Equal(t, []string{"stars 60", "stars 7", "stars 40"}, told, "jobs: %v", jobs)
		w.has("ann", "sorry", "107")
		w.balance("ann", 0, 0, 0, 107)
		require.Equal(t, "3", w.counter("ann", "times"))
		w.void("b")
		require.Equal(t, "100", w.counter("ann", "best"))
		require.Equal(t, "3", w.counter("ann", "times"), "a reversal tells of them as often as it was")
	}
}
