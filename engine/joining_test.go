package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// TestStreakThatIsJoined holds that nothing counts before the member joined, and everything after.
func TestStreakThatIsJoined(t *testing.T) {
	w := program(t, `
events: {visit: {}}
points: {stars: {}}
streaks: {daily: {when: visit, every: day, join: opt_in, goal: 2, give: {stars: 10}}, all: {when: visit, every: day, goal: 9, give: {stars: 1}}}
`)
	join := func(streak string) *event.Event {
		e := engine.NewStreakEnrollment("join/"+streak, "ann", streak)
		e.Time, e.Arrived = w.now, w.now
		return e
	}
	w.send("ann", "visit")
	w.refused("not_found", join("dayly"))
	w.refused("not_opt_in", join("all"))
	w.at("2026-05-02T08:00:00Z").accept(join("daily"))
	w.at("2026-05-02T12:00:00Z").send("ann", "visit")
	require.Equal(t, 1, w.streak("ann", "daily").Length)
	w.at("2026-05-03T12:00:00Z").send("ann", "visit")
	w.has("ann", "stars", "10")
	w.restart(false)
	require.Equal(t, 2, w.streak("ann", "daily").Length)
}

const trying = `
events: {run: {}}
points: {gold: {}}
challenges:
  week: {join: opt_in, retry: true, within: 7 days, when: run, goals: [{at: 2, give: {gold: 1}}, {at: 4, give: {gold: 10}}]}
  once: {join: opt_in, within: 7 days, when: run, goal: 4, give: {gold: 100}}
  steps: {join: opt_in, retry: true, within: 7 days, steps: {a: {when: run, goal: 1}, b: {when: run, goal: 3}}, give: {gold: 1000}}
`

func (w *world) join(member, challenge string) *event.Event {
	e := engine.NewEnrollment("join/"+challenge+w.now.String(), member, challenge)
	e.Time, e.Arrived = w.now, w.now
	return e
}

func (w *world) leave(member, challenge string) *event.Event {
	e := engine.NewLeave("leave/"+challenge+w.now.String(), member, challenge)
	e.Time, e.Arrived = w.now, w.now
	return e
}

// Who was too slow may try again where the challenge says so: from nothing, and what was paid is not paid again.
func TestTryingAgain(t *testing.T) {
	w := program(t, trying).at("2026-05-01T08:00:00Z")
	w.send("ann", "run")
	for _, c := range []string{"week", "once", "steps"} {
		w.accept(w.join("ann", c))
	}
	w.at("2026-05-02T08:00:00Z").send("ann", "run")
	w.as("second").send("ann", "run")
	w.has("ann", "gold", "1")
	require.Empty(t, gaveAny(w.accept(w.join("ann", "week"))), "it is not over yet: nothing begins anew")
	w.reached("ann", "week", "2", false, 0)
	w.at("2026-05-09T00:00:00Z").restart(true)
	w.refused("challenge_over", w.join("ann", "once"))
	w.accept(w.join("ann", "week"))
	w.accept(w.join("ann", "steps"))
	w.reached("ann", "week", "0", false, 0)
	require.Empty(t, w.challenge("ann", "steps").Steps)
	w.void("second") // of the first try: its goal falls, and can be paid again
	w.has("ann", "gold", "0")
	w.at("2026-05-10T08:00:00Z").send("ann", "run")
	w.restart(false)
	for range 3 {
		w.send("ann", "run")
	}
	w.has("ann", "gold", "1011")
	w.at("2026-06-01T00:00:00Z").refused("challenge_over", w.join("ann", "week")) // it was completed
}

// Who leaves loses what was counted, keeps what was paid, and is counted from the new start after joining again.
func TestLeavingAChallenge(t *testing.T) {
	w := program(t, trying).at("2026-05-01T08:00:00Z")
	w.send("ann", "run")
	w.refused("not_joined", w.leave("ann", "week"))
	w.accept(w.join("ann", "week"))
	w.accept(w.join("ann", "once"))
	w.after(1).send("ann", "run")
	w.send("ann", "run")
	w.has("ann", "gold", "1")
	w.after(1).accept(w.leave("ann", "week"))
	w.accept(w.leave("ann", "once"))
	w.restart(true)
	require.False(t, w.challenge("ann", "week").Joined)
	require.Zero(t, w.challenge("ann", "week").Progress)
	for range 4 {
		w.send("ann", "run")
	}
	w.at("2026-05-06T08:00:00Z").accept(w.join("ann", "once"))
	w.accept(w.join("ann", "week"))
	require.Equal(t, "2026-05-09T00:00:00Z", w.challenge("ann", "once").Ends.String(), "within goes on from the first joining")
	require.Equal(t, "2026-05-14T00:00:00Z", w.challenge("ann", "week").Ends.String(), "unless it can be tried again")
	w.late("2026-05-05T08:00:00Z").send("ann", "run")
	w.reached("ann", "once", "0", false, 0)
	w.send("ann", "run")
	w.send("ann", "run")
	w.has("ann", "gold", "1")
	w.restart(false)
	w.send("ann", "run")
	w.send("ann", "run")
	w.has("ann", "gold", "111")
}

// gaveAny are the effects of an outcome other than where it stands.
func gaveAny(out *engine.Outcome) []string { return gave(out) }
