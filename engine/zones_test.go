package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/enginetest"
	"github.com/laurel-engine/laurel/engine/event"
)

const hourOfOffset = 3600

// released puts other time zone data in force from now on, with the same ruleset.
func (w *world) released(text string, zones *calendar.Zones) {
	w.t.Helper()
	v := w.deploy(text)
	v.Zones = zones
	w.versions[len(w.versions)-1] = v
	w.p.Activate(v)
}

const clocked = `
timezone: Europe/Berlin
events: {visit: {}, earn: {points: integer}}
points: {stars: {}}
rules: {earn: {when: earn, give: {stars: event.points}, limit: 100 stars per day}}
streaks: {daily: {when: visit, every: day, goal: 99, give: {stars: 1}}}
`

// noSummer is a release by which Berlin gave up summer time long before anything was recorded.
func noSummer(t testing.TB) *calendar.Zones {
	return enginetest.Zones(t, "2026x", map[string][]enginetest.Offset{"Europe/Berlin": enginetest.Always(hourOfOffset)})
}

// TestRecordedEventsKeepTheirDays holds that a release which moves a change of clocks to before what was recorded changes
// nothing of it: not for who looks back, replays, voids or erases.
func TestRecordedEventsKeepTheirDays(t *testing.T) {
	w := program(t, clocked)
	w.at("2026-05-01T22:30:00Z").send("ann", "visit") // 00:30 of 2 May by the data of then, 23:30 of 1 May by the new one
	w.as("second").send("ann", "earn", "points", 70)
	w.at("2026-05-02T21:30:00Z").send("ann", "earn", "points", 70)
	w.has("ann", "stars", "100")
	w.at("2026-05-03T10:00:00Z").send("ann", "visit")
	w.send("bob", "visit")
	require.Equal(t, 2, w.streak("ann", "daily").Length)

	w.at("2026-05-03T12:00:00Z").released(clocked, noSummer(t))
	require.Equal(t, 2, w.streak("ann", "daily").Length)
	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	w.spread()
	w.restart(false)
	require.Equal(t, 2, w.streak("ann", "daily").Length)

	// What was used of the cap of 2 May is that of 2 May, as recorded.
	m, err := engine.MemberAt(w.store, w.versions, "ann", moment(t, "2026-05-02T22:00:00Z"))
	require.NoError(t, err)
	require.Equal(t, "100", m.Progress(w.p.Rules(), moment(t, "2026-05-02T22:00:00Z"), nil).Points["stars"].Spendable.String())
	w.void("second")
	w.has("ann", "stars", "30")
	x, err := engine.Explain(w.store, w.versions, "second")
	require.NoError(t, err)
	require.NotEmpty(t, x.Steps)

	// By the new data 3 May ends an hour later; what comes then still belongs to it.
	w.at("2026-05-03T22:30:00Z").send("bob", "visit")
	require.Equal(t, 1, w.streak("bob", "daily").Length)
	w.at("2026-05-03T23:30:00Z").send("bob", "visit")
	require.Equal(t, 2, w.streak("bob", "daily").Length)

	enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	w.erase("ann")
	w.restart(true)
	require.Equal(t, 2, w.streak("bob", "daily").Length)
}

// TestALateEventIsJudgedByTheZonesOfItsTime holds that what comes late belongs to the day that it was when it happened.
func TestALateEventIsJudgedByTheZonesOfItsTime(t *testing.T) {
	w := program(t, clocked)
	w.at("2026-05-02T10:00:00Z").send("ann", "earn", "points", 70)
	w.at("2026-05-03T12:00:00Z").released(clocked, noSummer(t))
	w.late("2026-05-01T22:30:00Z").send("ann", "earn", "points", 70) // 2 May it was
	w.has("ann", "stars", "100")
	w.late("2026-05-02T22:30:00Z").send("ann", "earn", "points", 70) // 3 May
	w.has("ann", "stars", "170")
}

// TestTheEndOfARunFollowsTheZones holds that a streak breaks at midnight by the data that is in force then, whether or not
// the member has been told of it, and that nothing is due at the old instant.
func TestTheEndOfARunFollowsTheZones(t *testing.T) {
	for _, told := range []bool{true, false} {
		w := program(t, clocked)
		w.at("2026-05-01T10:00:00Z").send("ann", "visit")
		require.Equal(t, "2026-05-02T22:00:00Z", w.streak("ann", "daily").BreaksAt.String())
		w.restart(true)
		w.at("2026-05-02T10:00:00Z").released(clocked, noSummer(t))
		require.Equal(t, "2026-05-02T23:00:00Z", w.streak("ann", "daily").BreaksAt.String())
		if told {
			w.spread()
		}
		w.restart(false)
		w.at("2026-05-02T22:30:00Z").jobs()
		require.Equal(t, 1, w.streak("ann", "daily").Length)
		w.at("2026-05-02T22:31:00Z").send("ann", "visit")
		require.Equal(t, 2, w.streak("ann", "daily").Length)
		w.at("2026-05-05T10:00:00Z").jobs()
		require.Zero(t, w.streak("ann", "daily").Length)
		require.Equal(t, []string{"2026-05-03T23:00:00Z"}, w.broke("ann"))
		enginetest.CheckInvariants(t, w.store, w.p, w.versions)
	}
}

// TestTheEndOfARunCanComeEarlier is the same for a zone whose clocks are set forward.
func TestTheEndOfARunCanComeEarlier(t *testing.T) {
	early := enginetest.Zones(t, "2026y", map[string][]enginetest.Offset{"Europe/Berlin": enginetest.Always(3 * hourOfOffset)})
	w := program(t, clocked)
	w.at("2026-05-01T10:00:00Z").send("ann", "visit")
	w.at("2026-05-02T10:00:00Z").released(clocked, early)
	require.False(t, w.p.News().None)
	w.spread()
	w.at("2026-05-02T21:00:00Z").jobs()
	require.Equal(t, []string{"2026-05-02T21:00:00Z"}, w.broke("ann"))
}

// broke are the instants at which a member was told that a streak broke.
func (w *world) broke(member string) (at []string) {
	w.t.Helper()
	w.commit(false)
	require.NoError(w.t, engine.Events(w.store, member, 0, func(rec *engine.Record) bool {
		for _, r := range rec.Outcome.Notifications {
			if r.Type == engine.StreakBroken {
				at = append(at, r.At.String())
			}
		}
		return true
	}))
	return at
}

const everywhere = "clock: member\n" + clocked

// TestNewsOfZonesReachThoseWhoAreThere holds that a release is news for members whose zone differs alone.
func TestNewsOfZonesReachThoseWhoAreThere(t *testing.T) {
	w := program(t, everywhere)
	w.moves("tokyo", "Asia/Tokyo")
	w.moves("berlin", "Europe/Berlin")
	w.send("ruleset", "visit")
	require.True(t, w.p.News().None)
	w.after(1).released(everywhere, noSummer(t))
	require.False(t, w.p.News().None)
	require.Equal(t, []string{"berlin", "ruleset"}, w.told())

	w = program(t, clocked) // by the program's midnight; notices alone are by that of the member
	w.moves("tokyo", "Asia/Tokyo")
	w.send("ruleset", "visit")
	w.after(1).released(clocked, enginetest.Zones(t, "2026z", map[string][]enginetest.Offset{"Asia/Tokyo": enginetest.Always(hourOfOffset)}))
	require.Equal(t, []string{"tokyo"}, w.told())
}

// told are the members whom the latest news reach.
func (w *world) told() (members []string) {
	w.t.Helper()
	w.commit(true)
	require.NoError(w.t, engine.Spread(w.store, w.p.News(), "", func(tick *event.Event) bool {
		members = append(members, tick.Member)
		return true
	}))
	return members
}

// TestAZoneThatIsGoneGoesOn holds that a zone that a release has dropped stays as it was, for those who have it and for others.
func TestAZoneThatIsGoneGoesOn(t *testing.T) {
	gone := enginetest.Zones(t, "2026g", map[string][]enginetest.Offset{"Asia/Tokyo": nil})
	w := program(t, everywhere)
	w.moves("ann", "Asia/Tokyo")
	w.at("2026-05-02T10:00:00Z").send("ann", "visit")
	w.restart(true)
	w.after(1).released(everywhere, gone)
	w.restart(true)
	require.Equal(t, "Asia/Tokyo", w.p.Member("ann").Zone.Name())
	w.at("2026-05-02T15:30:00Z").send("ann", "visit") // 3 May there
	require.Equal(t, 2, w.streak("ann", "daily").Length)
	w.moves("bob", "Asia/Tokyo")
	require.Equal(t, "Asia/Tokyo", w.p.Member("bob").Zone.Name())
	w.restart(true)
	require.Equal(t, 2, w.streak("ann", "daily").Length)
}

// TestOlderZonesComeBack holds that older data is a change like any: from its instant on, and what the newer data judged stays.
func TestOlderZonesComeBack(t *testing.T) {
	w := program(t, clocked)
	w.at("2026-05-01T10:00:00Z").send("ann", "visit")
	w.at("2026-05-01T12:00:00Z").released(clocked, noSummer(t))
	w.at("2026-05-02T22:30:00Z").send("ann", "visit") // still 2 May
	w.at("2026-05-02T22:40:00Z").released(clocked, nil)
	w.at("2026-05-02T22:50:00Z").send("ann", "visit") // 3 May, by the clocks of now
	require.Equal(t, 3, w.streak("ann", "daily").Length)
	w.restart(true)
	require.Equal(t, 3, w.streak("ann", "daily").Length)
	w.at("2026-05-03T12:00:00Z").released(clocked, nil)
	require.Same(t, w.versions[2].Rules.Zones(), w.versions[3].Rules.Zones(), "the same data again is no change")
}

const contested = `
timezone: Europe/Berlin
late: 48 hours
events: {score: {n: number}}
points: {coins: {}}
counters: {sum: {when: score, add: event.n, every: week}}
leaderboards: {board: {counter: sum, closes: 6 hours, prizes: [{ranks: 1, give: {coins: 100}}]}}
`

// TestSeasonsAndOtherZones holds that an open season ends and closes by the new data, and that one that has closed by the old
// data stays closed.
func TestSeasonsAndOtherZones(t *testing.T) {
	w := program(t, contested).at("2026-05-04T10:00:00Z")
	w.send("ann", "score", "n", 5)
	w.at("2026-05-10T12:00:00Z").released(contested, noSummer(t))
	w.at("2026-05-10T22:30:00Z").send("bob", "score", "n", 7) // Monday by the old data
	w.at("2026-05-11T04:30:00Z").closes()
	require.Nil(t, w.season("board", "2026-W19"))
	w.at("2026-05-11T05:00:00Z").closes()
	require.Equal(t, []string{"1 bob 7", "2 ann 5"}, w.table("board", "2026-W19", ""))
	w.has("bob", "coins", "100")

	w = program(t, contested).at("2026-05-04T10:00:00Z")
	w.send("ann", "score", "n", 5)
	w.at("2026-05-11T04:30:00Z").released(contested, noSummer(t)) // closed half an hour ago, whether or not the job ran
	w.late("2026-05-10T12:00:00Z").send("bob", "score", "n", 7)
	w.closes()
	require.Equal(t, []string{"1 ann 5"}, w.table("board", "2026-W19", ""))
	w.restart(false)
	w.has("ann", "coins", "100")
}
