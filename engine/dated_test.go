package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A late event counts for the group of its own time, and by conditions on the member of then; rules stay at acceptance.
func TestALateEventBelongsToTheGroupOfItsOwnTime(t *testing.T) {
	w := program(t, `
member: {team?: text, level?: integer}
events: {ride: {km: number}}
points: {stars: {}}
rules: {spend: {when: ride, if: '(member.team ?? "") == "south"', give: {stars: 1}}}
counters:
  km: {when: ride, add: event.km}
  team_km: {when: ride, add: event.km, by: member.team}
  strong: {when: ride, for: (member.level ?? 0) > 1, add: event.km * (member.level ?? 0), public: true}
challenges:
  team: {when: ride, add: event.km, by: member.team, goal: 100, each_needs: 1, give: {stars: 1000}}
  north: {when: ride, for: '(member.team ?? "") == "north"', goal: 3, give: {stars: 10}}
leaderboards: {total: {counter: team_km}, split: {counter: km, split: member.team}}
`).at("2026-05-01T08:00:00Z")
	w.send("ann", "ride", "km", 1) // of no team
	w.at("2026-05-02T08:00:00Z").set("ann", "team", `"north"`)
	w.set("ann", "level", "3")
	w.send("ann", "ride", "km", 10)
	w.at("2026-05-03T08:00:00Z").set("ann", "team", `"south"`)
	w.set("ann", "level", "1")
	w.restart(true)
	w.at("2026-05-03T11:00:00Z").late("2026-05-02T20:00:00Z").as("late").send("ann", "ride", "km", 90)
	w.has("ann", "stars", "1001") // a rule asks the member of now; the north has its hundred
	require.Equal(t, []string{"1 north 100"}, w.standings("total", "all", ""))
	require.Equal(t, []string{"1 ann 100"}, w.standings("split", "all", "north"))
	require.Equal(t, "300", w.progress("ann").Counters["strong"].String())
	require.Equal(t, "2", w.challenge("ann", "north").Progress.String())
	w.late("2026-05-01T20:00:00Z").send("ann", "ride", "km", 7)
	require.Equal(t, []string{"1 north 100"}, w.standings("total", "all", ""), "before it was first told there was no team")
	w.send("ann", "ride", "km", 5)
	require.Equal(t, []string{"1 north 100", "2 south 5"}, w.standings("total", "all", ""))
	w.restart(false)
	w.void("late")
	require.Equal(t, []string{"1 north 10", "2 south 5"}, w.standings("total", "all", ""))
	require.Equal(t, "30", w.progress("ann").Counters["strong"].String())
	w.has("ann", "stars", "1002") // a goal of a group stays reached
}

// What is imported finds the profile that was imported before it, whatever the dates; what changed is forgotten after a while.
func TestImportedEventsFindTheProfileThatIsThere(t *testing.T) {
	w := program(t, `
member: {team?: text}
events: {ride: {km: number}}
counters: {team_km: {when: ride, add: event.km, by: member.team}}
leaderboards: {total: {counter: team_km}}
`).at("2026-05-02T08:00:00Z")
	w.set("ann", "team", `"north"`)
	e := w.late("2026-05-01T20:00:00Z").event("ann", "ride", "km", 7)
	e.Past = true
	w.accept(e)
	require.Equal(t, []string{"1 north 7"}, w.standings("total", "all", ""))
	require.NotEmpty(t, w.p.Member("ann").Was)
	w.at("2026-06-02T08:00:00Z").set("ann", "team", `"south"`)
	require.Len(t, w.p.Member("ann").Was, 1)
}
