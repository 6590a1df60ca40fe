package clock_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// scheduled is a ruleset in which time does one thing of each kind: points expire, a streak breaks, a level falls, a timer
// fires, a promotion opens, a season closes.
const scheduled = `
program: club
events: {buy: {n: number}}
points: {stars: {expire: 2 hours after earning, notice: none}, gems: {}}
rules:
  buy: {when: buy, give: {stars: event.n}}
  back: {when: 2 hours after last buy, give: {gems: 1}}
streaks: {daily: {when: buy, every: day, notice: none}}
promotions: {happy: {cron: 0 14 * * *, open_for: 30 minutes}}
counters: {bought: {when: buy, add: event.n, every: day}}
leaderboards: {top: {counter: bought, closes: 10 minutes, prizes: [{ranks: 1, give: {gems: 10}}]}}
`

// running is a program in the care of its jobs, on a machine whose wall clock is set.
type running struct {
	t      *testing.T
	wall   atomic.Int64 // nanoseconds, ahead of the time that has passed
	passed atomic.Int64
	clock  *clock.Clock
	store  *engine.Memory
	p      *program.Program
}

func run(t *testing.T) *running {
	rules, diagnostics := rulesets.Parse("ruleset.yaml", []byte(scheduled))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	r := &running{t: t, store: engine.NewMemory()}
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	r.clock = clock.Of(func() time.Time { return start.Add(time.Duration(r.wall.Load() + r.passed.Load())) },
		func() time.Duration { return time.Duration(r.passed.Load()) })
	boards := leaderboards.NewMemory()
	var err error
	r.p, err = program.Open(program.Options{Store: r.store, Boards: boards, Ranks: boards, Now: r.clock.Now,
		Versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: rules.Ruleset}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.p.Close()) })
	r.work()
	results, err := r.p.Submit(&event.Event{ID: "e1", Type: "buy", Member: "ann", Data: []byte(`{"n":5}`)})
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
	return r
}

// work lets the jobs do all that they find to be due.
func (r *running) work() {
	r.t.Helper()
	require.NoError(r.t, tasks.Quiesce(jobs.Runtime(r.p)))
}

// after lets time pass, with the jobs at work every minute.
func (r *running) after(d time.Duration) {
	r.t.Helper()
	for range d / time.Minute {
		r.passed.Add(int64(time.Minute))
		r.work()
	}
}

// done is what the journal has of what time did, with the instants that it is dated at.
func (r *running) done() (list []string) {
	r.t.Helper()
	require.NoError(r.t, r.store.Records(1, func(_ uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(r.t, err)
		for _, e := range rec.Outcome.Entries {
			if e.At > rec.Event.Time || rec.Event.ID != "e1" {
				list = append(list, fmt.Sprint(e.At, " ", e.Source, " ", e.Amount))
			}
		}
		for _, x := range rec.Outcome.Notifications {
			if rec.Event.ID != "e1" && x.Type != engine.PointsExpired {
				list = append(list, fmt.Sprint(x.At, " ", x.Type))
			}
		}
		return true
	}))
	return list
}

// TestStepsOfTheClockDoNothingEarly holds that a wall clock that is put forward or back lets nothing happen that time has
// not brought, in a program that runs; that what time brings still comes, at its instant; and that a step that is confirmed
// brings what is due by then, once (operations: The clock).
func TestStepsOfTheClockDoNothingEarly(t *testing.T) {
	today := []string{
		"2026-05-01T14:00:00Z rules/buy -5", "2026-05-01T14:00:00Z rules/back 1",
		"2026-05-01T14:00:00Z promotion_opened", "2026-05-01T14:30:00Z promotion_closed",
	}
	for _, step := range []time.Duration{time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			r := run(t)
			r.after(90 * time.Minute)
			require.Empty(t, r.done())
			r.wall.Add(int64(step))
			r.work()
			require.Empty(t, r.done(), "nothing is early")
			require.Equal(t, step, r.clock.Alarm().Jump)
			r.after(29 * time.Minute)
			require.Empty(t, r.done(), "nor later by the wrong clock")
			r.after(32 * time.Minute)
			require.ElementsMatch(t, today, r.done(), "what time brings comes while the step is held")

			require.True(t, r.clock.Confirm())
			r.work()
			confirmed := r.done()
			if step < 24*time.Hour {
				require.ElementsMatch(t, today, confirmed)
			} else {
				require.Contains(t, confirmed, "2026-05-02T00:10:00Z leaderboards/top 10")
				require.Contains(t, confirmed, "2026-05-02T00:10:00Z season_closed")
			}
			seen := map[string]int{}
			for _, line := range confirmed {
				seen[line]++
				require.Equal(t, 1, seen[line], line)
			}
			r.work()
			r.after(time.Minute)
			require.Equal(t, confirmed, r.done(), "once")
		})
	}
}
