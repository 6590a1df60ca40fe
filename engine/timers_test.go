package engine_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

const timed = `
timezone: Europe/Berlin
member: {born?: date}
events: {buy: {}, visit: {}}
points: {stars: {}, gems: {}}
promotions: {happy: {cron: 0 15 * * FRI, open_for: 2 hours}}
rules:
  lapsed: {when: 90 days after last buy, give: {stars: 1}}
  third: {when: 3 days after first visit, give: {stars: 10}}
  member_for_a_year: {when: 1 year after joined, give: {stars: 100}}
  birthday: {when: every year on member.born, give: {stars: 1000}, limit: 1 per year}
  monthly: {when: cron 0 9 1 * *, give: {gems: 1}}
  happy: {when: happy opens, give: {gems: 100}}
`

// until lets time pass, with jobs that run whenever anything is due.
func (w *world) until(s string) *world {
	w.t.Helper()
	end := moment(w.t, s)
	for {
		w.commit(false)
		ticks, err := w.p.Due(end, 1)
		require.NoError(w.t, err)
		if len(ticks) == 0 {
			break
		}
		tick := ticks[0]
		w.now = max(w.now, tick.Time)
		tick.Arrived = w.now
		out := w.accept(tick)
		require.False(w.t, out.Duplicate, tick.ID)
	}
	w.now = end
	return w
}

func TestTimersAfterAnEvent(t *testing.T) {
	w := program(t, timed).at("2026-01-05T12:00:00+01:00")
	w.send("ann", "visit")
	w.until("2026-01-08T11:59:59+01:00").has("ann", "stars", "0")
	w.until("2026-01-08T12:00:00+01:00").has("ann", "stars", "10")
	w.send("ann", "visit")
	w.until("2026-01-20T12:00:00+01:00").has("ann", "stars", "10")

	w.at("2026-02-01T10:00:00+01:00").send("ann", "buy")
	w.until("2026-05-02T09:59:59+02:00").has("ann", "stars", "10")
	w.until("2026-05-02T10:00:00+02:00").has("ann", "stars", "11") // the time of day is kept over the change to summer time
	w.until("2026-12-01T12:00:00+01:00").has("ann", "stars", "11") // once a lapse
	w.send("ann", "buy")
	w.restart(false)
	w.until("2027-01-05T12:00:00+01:00").has("ann", "stars", "111") // a member for a year
	w.until("2027-03-01T12:00:00+01:00").has("ann", "stars", "112")
}

func TestTimersOfTheCalendar(t *testing.T) {
	w := program(t, timed).at("2026-01-05T12:00:00+01:00")
	w.send("ann", "visit")
	gems := func(at, want string) { t.Helper(); w.until(at).has("ann", "gems", want) }
	gems("2026-01-09T14:59:59+01:00", "0")
	gems("2026-01-09T15:00:00+01:00", "100") // a Friday
	gems("2026-01-31T23:59:59+01:00", "400")
	gems("2026-02-01T09:00:00+01:00", "401")
	w.at("2026-03-14T12:00:00+01:00").send("ann", "visit") // what was missed is caught up by whatever comes first
	w.has("ann", "gems", "1002")
	require.Equal(t, []string{"2026-03-13T14:00:00Z", "2026-03-06T14:00:00Z", "2026-03-01T08:00:00Z", "2026-02-27T14:00:00Z"}, w.instants("ann", "gems")[:4])
}

// instants are the times of a member's gifts, the last one first.
func (w *world) instants(member, points string) []string {
	w.t.Helper()
	w.commit(false)
	var list []string
	require.NoError(w.t, engine.Events(w.store, member, 0, func(rec *engine.Record) bool {
		for _, e := range rec.Outcome.Effects {
			if e.Kind == engine.PointsEffect && e.ID == points {
				list = append([]string{e.Available.String()}, list...)
			}
		}
		return true
	}))
	return list
}

func TestYearlyTimers(t *testing.T) {
	w := program(t, timed).at("2026-01-05T12:00:00+01:00")
	w.put("leo", engine.Profile{Fields: map[string]json.RawMessage{"born": json.RawMessage(`"1992-02-29"`)}})
	w.until("2026-02-27T23:59:59+01:00").has("leo", "stars", "0")
	w.until("2026-02-28T00:00:00+01:00").has("leo", "stars", "1000")
	w.set("leo", "born", `"1992-03-02"`)
	w.until("2026-12-31T12:00:00+01:00").has("leo", "stars", "1000") // never twice within 300 days
	w.until("2027-01-10T12:00:00+01:00").has("leo", "stars", "1100")
	w.until("2027-03-02T00:00:00+01:00").has("leo", "stars", "2100")
	w.set("leo", "born", "null")
	w.until("2029-06-01T00:00:00+02:00").has("leo", "stars", "2100")
}

// TestTimersBeginWithTheirDefinition holds that only instants after the activation fire, and that what goes on does.
func TestTimersBeginWithTheirDefinition(t *testing.T) {
	w := program(t, "events: {buy: {}}\npoints: {stars: {}}\nrules: {daily: {when: cron 0 9 * * *, give: {stars: 1}}}\n").at("2026-05-01T12:00:00Z")
	w.send("ann", "buy")
	w.until("2026-05-03T12:00:00Z").has("ann", "stars", "2")
	w.activate("events: {buy: {}}\npoints: {stars: {}}\n" +
		"rules: {daily: {when: cron 0 9 * * *, give: {stars: 1}}, evening: {when: cron 0 18 * * *, give: {stars: 10}}, old: {when: 1 day after last buy, " +
		"give: {stars: 100}}}\n")
	w.spread()
	w.until("2026-05-03T17:59:59Z").has("ann", "stars", "2")
	w.until("2026-05-05T12:00:00Z").has("ann", "stars", "24")
}

// TestTimersOfImportedHistory holds that nothing is given for instants before the history was brought in.
func TestTimersOfImportedHistory(t *testing.T) {
	w := program(t, timed).at("2026-01-05T12:00:00+01:00")
	e := w.event("ann", "buy")
	e.Past, e.Timed, e.Time = true, true, moment(t, "2020-03-01T12:00:00Z")
	w.accept(e)
	w.at("2026-05-04T12:00:00+02:00").until("2026-05-04T12:00:00+02:00").has("ann", "stars", "0")
	w.has("ann", "gems", "0")
	w.until("2026-05-08T15:00:00+02:00").has("ann", "gems", "100")
	w.has("ann", "stars", "0")
}

// TestTimersAreCaughtUpInBounds holds that a schedule of every minute cannot stall the engine after an outage.
func TestTimersAreCaughtUpInBounds(t *testing.T) {
	w := program(t, "events: {buy: {}}\npoints: {stars: {}}\nrules: {often: {when: cron * * * * *, give: {stars: 1}}}\n").at("2026-05-01T12:00:00Z")
	w.send("ann", "buy")
	w.at("2026-05-01T22:00:00Z")
	out := w.send("ann", "buy")
	require.LessOrEqual(t, len(out.Effects), 201)
	w.until("2026-05-01T22:00:00Z").has("ann", "stars", "600")
	require.Equal(t, calendar.Instant(time.Date(2026, 5, 1, 22, 1, 0, 0, time.UTC).UnixMicro()), w.p.Member("ann").Due)
}
