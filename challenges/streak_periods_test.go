package challenges_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// calendar draws the last n periods, one letter each.
func (r *run) calendar(moment string, n int) string {
	r.t.Helper()
	letters := map[challenges.PeriodState]string{challenges.PeriodDone: "D", challenges.PeriodOpen: "?", challenges.PeriodMissed: "x",
		challenges.PeriodFrozen: "f", challenges.PeriodRepaired: "r", challenges.PeriodExcused: "e", challenges.PeriodOff: "-", challenges.PeriodBefore: "."}
	text := ""
	list := r.s.Periods(r.cal, &r.History, instant(r.t, moment), n)
	for i, p := range list {
		require.Equal(r.t, r.cal.Key(r.s.Every, instant(r.t, moment))-calendar.Key(n-1-i), p.Key)
		require.Contains(r.t, letters, p.State)
		text += letters[p.State]
	}
	return text
}

func TestACalendarOfPeriods(t *testing.T) {
	for name, c := range map[string]struct {
		run  *run
		at   string
		want string
	}{
		"nothing yet":          {streak(t, "UTC", calendar.Day), "2026-06-08T12:00:00Z", ".......?"},
		"a run that goes on":   {streak(t, "UTC", calendar.Day).on("2026-06-06", "2026-06-07"), "2026-06-08T12:00:00Z", ".....DD?"},
		"done today":           {streak(t, "UTC", calendar.Day).on("2026-06-07", "2026-06-08"), "2026-06-08T12:00:00Z", "......DD"},
		"broken, and again":    {streak(t, "UTC", calendar.Day).on("2026-06-02", "2026-06-03", "2026-06-06"), "2026-06-08T12:00:00Z", ".DDxxDx?"},
		"a freeze within":      {streak(t, "UTC", calendar.Day).with(onceAMonth).on("2026-06-03", "2026-06-05"), "2026-06-08T12:00:00Z", "..DfDxx?"},
		"a freeze at the end":  {streak(t, "UTC", calendar.Day).with(onceAMonth).on("2026-06-05", "2026-06-06"), "2026-06-08T12:00:00Z", "....DDf?"},
		"frozen, then broken":  {streak(t, "UTC", calendar.Day).with(onceAMonth).on("2026-06-03", "2026-06-04"), "2026-06-08T12:00:00Z", "..DDfxx?"},
		"frozen before others": {streak(t, "UTC", calendar.Day).with(onceAMonth).on("2026-06-01", "2026-06-05"), "2026-06-08T12:00:00Z", "DfxxDxx?"},
		"weekdays alone": {streak(t, "UTC", calendar.Day).with(func(s *challenges.Streak) {
			for d := time.Monday; d <= time.Friday; d++ {
				s.Days[d] = true
			}
		}).on("2026-06-05", "2026-06-06"), "2026-06-08T12:00:00Z", "....D--?"},
		"weeks": {streak(t, "UTC", calendar.Week).on("2026-05-20", "2026-06-03"), "2026-06-08T12:00:00Z", "....DxD?"},
	} {
		require.Equal(t, c.want, c.run.calendar(c.at, 8), name)
	}
	mended := streak(t, "UTC", calendar.Day).on("2026-06-03", "2026-06-05")
	missed := mended.cal.Key(calendar.Day, instant(t, "2026-06-04T12:00:00Z"))
	mended.Mended = []challenges.Span{{First: missed, Last: missed}}
	require.Equal(t, "..DrDxx?", mended.calendar("2026-06-08T12:00:00Z", 8))
	mended.Excused = []challenges.Span{{First: missed + 2, Last: missed + 3}}
	require.Equal(t, "..DrDee?", mended.calendar("2026-06-08T12:00:00Z", 8))
}
