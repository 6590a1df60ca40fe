package jobs_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// turns are the openings and closings that the journal raises, in its order.
func turns(t *testing.T, store engine.Store) (list []string) {
	t.Helper()
	require.NoError(t, store.Records(1, func(_ uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		for _, r := range rec.Outcome.Notifications {
			if r.Type == engine.PromotionOpened || r.Type == engine.PromotionClosed {
				list = append(list, r.At.String()+" "+r.Type+" "+r.Fields[0].Text())
			}
		}
		return true
	}))
	return list
}

// TestOpeningsAreToldOnce holds that each opening and closing is told once and in order, however late the job runs, and that
// a promotion opened by a call tells so like one with a schedule.
func TestOpeningsAreToldOnce(t *testing.T) {
	rules, diagnostics := rulesets.Parse("ruleset.yaml", []byte(`
program: club
events: {visit: {}}
points: {stars: {}}
promotions:
  noon: {cron: 0 12 * * *, open_for: 1 hour}
  rain: {on_call: true, open_for: 30 minutes}
`))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	store, c, boards := engine.NewMemory(), &clock{}, leaderboards.NewMemory()
	c.now.Store(int64(must(calendar.ParseInstant("2026-05-01T11:00:00Z"))))
	p, err := program.Open(program.Options{Store: store, Boards: boards, Ranks: boards, Now: c.Now, Versions: []engine.Version{{Number: 1, Rules: rules.Ruleset}}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	run := func() {
		t.Helper()
		for range 3 { // more often does no harm
			_, err := tasks.TellTurns(jobs.Runtime(p))
			require.NoError(t, err)
		}
	}
	run()
	require.Empty(t, turns(t, store), "what was before is history")
	c.after(90 * time.Minute)
	run()
	_, err = p.Submit(engine.NewFire("1", "rain", calendar.Duration{}, ""))
	require.NoError(t, err)
	run()
	c.after(36 * time.Hour) // nothing ran
	run()
	c.now.Store(int64(must(calendar.ParseInstant("2026-05-03T12:00:00Z"))))
	require.NoError(t, tasks.Quiesce(jobs.Runtime(p)), "at the very instant of an opening, too, there is an end")
	require.Equal(t, []string{
		"2026-05-01T12:00:00Z promotion_opened noon",
		"2026-05-01T12:30:00Z promotion_opened rain",
		"2026-05-01T13:00:00Z promotion_closed noon",
		"2026-05-01T13:00:00Z promotion_closed rain",
		"2026-05-02T12:00:00Z promotion_opened noon",
		"2026-05-02T13:00:00Z promotion_closed noon",
		"2026-05-03T12:00:00Z promotion_opened noon",
	}, turns(t, store))
	require.NoError(t, p.Close())
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
