package api_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// Definitions are shown as the brand wrote them.
func TestDefinitions(t *testing.T) {
	w := newWorld(t)
	var list struct {
		Data []struct {
			Definition, Title, Text, File string
			Line                          int
			Since                         struct{ Version int }
		}
		HasMore    bool    `json:"has_more"`
		NextCursor *string `json:"next_cursor"`
	}
	w.get("/v1/definitions").ok().json(&list)
	var paths []string
	for _, d := range list.Data {
		paths = append(paths, d.Definition)
		require.Equal(t, 1, d.Since.Version)
	}
	require.Subset(t, paths, []string{"points/stars", "rules/per_euro", "rules/welcome",
		"counters/spent", "counters/thermometer", "counters/visits", "streaks/comes",
		"challenges/dash", "leaderboards/by_visits", "leaderboards/top_spenders", "rewards/sticker"})
	w.get("/v1/definitions?limit=4").ok().json(&list)
	require.Len(t, list.Data, 4)
	require.True(t, list.HasMore)
	w.get("/v1/definitions?limit=100&cursor=" + *list.NextCursor).ok().json(&list)
	require.Equal(t, paths[4], list.Data[0].Definition)
	var one struct {
		Text, File string
		Line       int
	}
	w.get("/v1/definitions/rules/per_euro").ok().json(&one)
	require.Equal(t, "per_euro:\n  when: purchase\n  give: {stars: event.amount * 2}\n", one.Text)
	require.Equal(t, "acme.yaml", one.File)
	require.Positive(t, one.Line)
	w.get("/v1/definitions/rules/none").problem(404, "not_found")
}

// The calendar has what the program brings.
func TestCalendar(t *testing.T) {
	w := newWorld(t)
	entries := func(as, query string) (list []string) {
		var agenda struct {
			From, To string
			Data     []struct{ At, Kind, Definition, Period string }
		}
		w.get("/v1/calendar"+query, "Authorization", "Bearer "+w.secrets[as]).ok().json(&agenda)
		for _, a := range agenda.Data {
			list = append(list, fmt.Sprint(a.At, " ", a.Kind, " ", a.Definition, " ", a.Period))
		}
		return list
	}
	require.Equal(t, []string{
		"2027-02-28T15:00:00Z promotion_opens promotions/spring ", "2027-05-31T15:00:00Z promotion_closes promotions/spring ",
	}, entries("bravo", "?from=2027-01-01T00:00:00Z&to=2027-07-01T00:00:00Z"))
	require.Equal(t, []string{
		"2026-12-02T23:00:00Z season_closes leaderboards/top_spenders 2026-W48",
		"2026-12-06T23:00:00Z season_ends leaderboards/top_spenders 2026-W49",
		"2026-12-06T23:00:00Z season_starts leaderboards/top_spenders 2026-W50",
		"2026-12-09T23:00:00Z season_closes leaderboards/top_spenders 2026-W49",
	}, entries("acme", "?from=2026-12-02T00:00:00Z&to=2026-12-10T00:00:00Z"))
	require.Len(t, entries("acme", "?limit=2"), 2)
	w.get("/v1/calendar?from=2026-12-02T00:00:00Z&to=2028-12-02T00:00:00Z").problem(400, "wrong_parameter")
}

// A streak's last periods are told for a calendar.
func TestStreakPeriods(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	w.sale("s1")
	var list struct {
		Data []struct {
			Streak  string
			Periods []struct{ Period, State string }
		}
	}
	w.bravo("GET", "/v1/streaks?member=bob", "").ok().json(&list)
	periods := list.Data[0].Periods
	require.Len(t, periods, 14)
	require.Equal(t, "done", periods[13].State)
	require.Equal(t, "2026-12-02", periods[13].Period)
	require.Equal(t, "before", periods[12].State)
	b, err := json.Marshal(list)
	require.NoError(t, err)
	require.NotContains(t, string(b), "missed")
}
