package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// notices are the notices told so far about a member: when, of what.
func (w *world) notices(member string) (told []string) {
	w.t.Helper()
	w.commit(false)
	require.NoError(w.t, w.store.Records(1, func(_ uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(w.t, err)
		for _, r := range rec.Outcome.Notifications {
			if rec.Event.Member != member || r.Type != engine.PointsExpiring && r.Type != engine.StreakAtRisk && r.Type != engine.TierWillDrop {
				continue
			}
			line := r.At.String() + " " + r.Type
			for _, v := range r.Fields {
				line += " " + v.Key()
			}
			told = append(told, line)
		}
		return true
	}))
	return told
}

// TestPointsAreToldBeforeTheyExpire holds that a notice comes in the member's own evening, 30 and 7 days ahead, once for all
// points of a day, whether a job or an event comes by.
func TestPointsAreToldBeforeTheyExpire(t *testing.T) {
	const text = `
timezone: Europe/Berlin
events: {buy: {n: number}}
points:
  stars: {expire: 3 months after earning}
  quick: {expire: 5 days after earning}
  gems: {expire: 6 months after last buy, notice: 1 month}
  told: {expire: 60 days after earning, notice: none}
rules:
  buy: {when: buy, give: {stars: event.n, quick: 1, gems: 1, told: 1}}
`
	want := []string{
		"2026-07-02T16:00:00Z points_expiring stars 15 2026-08-01T22:00:00Z",
		"2026-07-25T16:00:00Z points_expiring stars 15 2026-08-01T22:00:00Z",
		"2026-10-01T16:00:00Z points_expiring gems 2 2026-11-01T23:00:00Z",
	}
	play := func(late bool) *world {
		w := program(t, text).at("2026-05-01T10:00:00Z")
		w.send("ann", "buy", "n", 10)
		w.at("2026-05-01T20:00:00Z").send("ann", "buy", "n", 5)
		if late { // nothing runs for most of a year
			return w.at("2027-01-01T00:00:00Z").until("2027-01-01T00:00:00Z")
		}
		return w.until("2027-01-01T00:00:00Z")
	}
	for _, late := range []bool{false, true} {
		require.Equal(t, want, play(late).notices("ann"), "late: %v", late)
	}
}

// TestANoticeOfWhatDidNotComeTrue holds that spending, and an event that lets points live on, end what was to be told.
func TestANoticeOfWhatDidNotComeTrue(t *testing.T) {
	w := program(t, `
timezone: Asia/Tokyo
events: {buy: {}, visit: {}}
points: {stars: {expire: 3 months after last visit}, gems: {expire: 40 days after earning}}
rules: {buy: {when: buy, give: {stars: 7, gems: 1}}, spend: {when: visit, take: {gems: 1}}}
`).at("2026-05-01T10:00:00Z")
	w.send("ann", "buy")
	w.until("2026-07-03T00:00:00Z")
	require.Equal(t, []string{
		"2026-05-11T09:00:00Z points_expiring gems 1 2026-06-10T15:00:00Z",
		"2026-06-03T09:00:00Z points_expiring gems 1 2026-06-10T15:00:00Z",
		"2026-07-02T09:00:00Z points_expiring stars 7 2026-08-01T15:00:00Z",
	}, w.notices("ann"))
	w.send("ann", "visit") // stars live until 3 October; there are no gems any more
	w.until("2026-09-01T00:00:00Z")
	require.Len(t, w.notices("ann"), 3)
	w.until("2026-12-01T00:00:00Z")
	require.Equal(t, []string{
		"2026-09-03T09:00:00Z points_expiring stars 7 2026-10-03T15:00:00Z",
		"2026-09-26T09:00:00Z points_expiring stars 7 2026-10-03T15:00:00Z",
	}, w.notices("ann")[3:])
}

// TestAStreakIsToldToBeAtRisk holds that it is told in the evening of the last day of a period that has not qualified, by the
// member's own clock, and not on days that do not count.
func TestAStreakIsToldToBeAtRisk(t *testing.T) {
	const text = `
timezone: Europe/Berlin
clock: %s
events: {run: {}}
points: {stars: {}}
streaks:
  daily: {when: run, every: day, days: [monday, tuesday, wednesday], goal: 100, give: {stars: 1}}
  weekly: {when: run, every: week, goal: 100, give: {stars: 1}, notice: [1 day, 6 hours]}
`
	for clock, want := range map[string][]string{
		"program": {
			"2026-05-05T16:00:00Z streak_at_risk daily 1 2026-05-05T22:00:00Z",
			"2026-05-16T16:00:00Z streak_at_risk weekly 1 2026-05-17T22:00:00Z",
			"2026-05-17T16:00:00Z streak_at_risk weekly 1 2026-05-17T22:00:00Z",
		},
		"member": { // whose day ends nine hours later
			"2026-05-06T01:00:00Z streak_at_risk daily 1 2026-05-06T07:00:00Z",
			"2026-05-17T01:00:00Z streak_at_risk weekly 1 2026-05-18T07:00:00Z",
			"2026-05-18T01:00:00Z streak_at_risk weekly 1 2026-05-18T07:00:00Z",
		},
	} {
		w := program(t, fmt.Sprintf(text, clock)).at("2026-05-04T18:00:00Z") // a Monday
		if clock == "member" {
			w.moves("ann", "America/Los_Angeles")
		}
		w.send("ann", "run")
		w.until("2026-06-30T00:00:00Z")
		require.Equal(t, want, w.notices("ann"), clock)
	}
}

// TestALevelIsToldToFall holds that the fall itself is told of, not the first instant at which it might come.
func TestALevelIsToldToFall(t *testing.T) {
	w := program(t, `
events: {buy: {n: number}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: event.n}}}
tiers:
  club: {earned: stars, last: 3 months, keep: 2 months, falls: one level, levels: {member: 0, silver: 10, gold: 20}}
`).at("2026-05-01T10:00:00Z")
	w.send("ann", "buy", "n", 20)
	w.until("2026-06-15T00:00:00Z")
	require.Empty(t, w.notices("ann"))
	w.send("ann", "buy", "n", 12)
	w.until("2027-06-15T00:00:00Z")
	require.Equal(t, []string{
		"2026-07-01T18:00:00Z tier_will_drop club gold silver 2026-08-01T00:00:00Z",
		"2026-07-24T18:00:00Z tier_will_drop club gold silver 2026-08-01T00:00:00Z",
		"2026-09-01T18:00:00Z tier_will_drop club silver member 2026-10-02T00:00:00Z",
		"2026-09-24T18:00:00Z tier_will_drop club silver member 2026-10-02T00:00:00Z",
	}, w.notices("ann"))
	require.Equal(t, "member", w.tier("ann", "club"))
}

// TestNoticesThatAreAddedReachThoseWhoSendNothing holds that a version with new notices is news to all members: those who
// are silent are told from then on, and nothing of the past.
func TestNoticesThatAreAddedReachThoseWhoSendNothing(t *testing.T) {
	const text = `
timezone: Europe/Berlin
events: {buy: {n: number}}
points: {stars: {expire: 1 year after earning, notice: none}, gems: {}}
rules: {buy: {when: buy, give: {stars: event.n, gems: 1}}}
`
	w := program(t, text)
	w.send("ann", "buy", "n", 10)
	w.at("2027-04-15T00:00:00Z")
	w.activate(strings.Replace(text, "notice: none", "notice: [1 month, 1 week]", 1))
	require.False(t, w.p.News().None)
	w.spread()
	require.Empty(t, w.notices("ann"))
	w.until("2027-06-01T00:00:00Z")
	require.Equal(t, []string{"2027-04-24T16:00:00Z points_expiring stars 10 2027-05-01T22:00:00Z"}, w.notices("ann"))
}
