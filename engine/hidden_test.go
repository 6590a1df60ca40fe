package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// What is hidden is nowhere until it is done: not in answers, messages or progress.
func TestWhatIsHiddenIsToldOfOnceItIsDone(t *testing.T) {
	w := program(t, `
events: {go: {}}
points: {stars: {}}
challenges:
  egg: {title: Easter egg, hidden: true, when: go, goals: [{at: 2, give: {stars: 1}}, {at: 3, give: {stars: 5}}]}
  joined: {hidden: true, join: opt_in, during: 2026-01-01 to 2026-12-31, when: go, goal: 3, give: {stars: 5}}
  all: {hidden: true, by: everyone, when: go, goal: 3, give: {stars: 5}}
streaks: {run: {title: Runner, hidden: true, when: go, every: day, goal: 2, give: {stars: 7}}}
`)
	secret := func(out *engine.Outcome) {
		t.Helper()
		answer := string(engine.AppendAnswer(nil, out))
		require.NotContains(t, answer, `"kind":"challenge"`)
		require.NotContains(t, answer, `"kind":"streak"`)
		require.NotContains(t, answer, "not_joined")
		for _, line := range raised(out) {
			require.NotContains(t, line, "egg")
		}
		p := w.progress("ann")
		require.Empty(t, p.Challenges)
		require.Empty(t, p.Streaks)
	}
	secret(w.send("ann", "go"))
	w.restart(true)
	secret(w.send("ann", "go"))
	w.has("ann", "stars", "1")
	w.as("third")
	out := w.send("ann", "go")
	require.Contains(t, string(engine.AppendAnswer(nil, out)), `"challenge":"egg","progress":3,"shown":3,"goal":3,"done":true`)
	require.Contains(t, raised(out), "3 challenge_completed egg 2 0")
	require.Equal(t, "Easter egg", w.challenge("ann", "egg").Title)
	w.void("third")
	require.NotContains(t, w.progress("ann").Challenges, "egg", "it is not done any more")
	w.at("2026-05-02T12:00:00Z").send("ann", "go")
	require.Equal(t, 2, w.streak("ann", "run").Length)
}

// A first time zone is no journey: days that were called otherwise until then do not break a run.
func TestAFirstTimeZoneBreaksNoRun(t *testing.T) {
	const text = `
clock: member
events: {run: {}}
streaks: {daily: {when: run, every: day}}
`
	w := program(t, text).at("2026-06-01T20:00:00Z") // 2 June in Tokyo
	w.send("ann", "run")
	w.at("2026-06-02T12:00:00Z").moves("ann", "Asia/Tokyo")
	w.restart(true)
	w.at("2026-06-02T20:00:00Z").send("ann", "run") // 3 June
	require.Equal(t, 2, w.streak("ann", "daily").Length)
	w.at("2026-06-04T15:00:00Z") // 4 June is over
	require.Zero(t, w.streak("ann", "daily").Length, "a day that was missed is missed")
	w = program(t, text).at("2026-06-01T10:00:00Z") // 1 June in Tokyo, too
	w.send("ann", "run")
	w.at("2026-06-02T12:00:00Z").moves("ann", "Asia/Tokyo")
	w.at("2026-06-02T20:00:00Z").send("ann", "run")
	require.Equal(t, 1, w.streak("ann", "daily").Length, "2 June was missed")
}

// A negative contribution takes back what qualified a day, late or not; what was paid stays paid.
func TestANegativeContributionUnqualifiesItsDay(t *testing.T) {
	w := program(t, `
events: {walk: {km: number}}
points: {stars: {}}
streaks: {daily: {when: walk, add: event.km, at_least: 5, every: day, goals: [{at: 2, give: {stars: 10}}]}}
`).at("2026-06-01T12:00:00Z")
	w.as("first").send("ann", "walk", "km", 5)
	w.at("2026-06-02T12:00:00Z").send("ann", "walk", "km", 5)
	w.at("2026-06-03T12:00:00Z").as("third").send("ann", "walk", "km", 5)
	w.has("ann", "stars", "10")
	require.Equal(t, 3, w.streak("ann", "daily").Length)
	w.late("2026-06-02T13:00:00Z").send("ann", "walk", "km", -1)
	w.restart(true)
	require.Equal(t, []int{1, 1}, []int{w.streak("ann", "daily").Length, w.streak("ann", "daily").Longest})
	w.has("ann", "stars", "10")
	w.void("third")
	w.has("ann", "stars", "10")
	require.Zero(t, w.streak("ann", "daily").Length)
	w.late("2026-06-02T14:00:00Z").send("ann", "walk", "km", 1)
	require.Equal(t, 2, w.streak("ann", "daily").Length)
	w.has("ann", "stars", "10")
	w.void("first")
	w.has("ann", "stars", "0")
}
