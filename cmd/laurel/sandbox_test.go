package main

import (
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestASandboxIsMovedThroughAWeek moves a served program forward, as `laurel test` does: its happy hour opens, its week closes
// and pays, and after a restart it is as late as before.
func TestASandboxIsMovedThroughAWeek(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	args := []string{"--data", dir, "--sandbox", "../../rulesets/examples/coffee"}
	s := serveBinary(t, args...)
	require.Contains(t, s.key, "lk_test_")
	require.Equal(t, http.StatusOK, s.do("POST", "/v1/events", `{"id":"v1","type":"visit","member":"ann","data":{"store":"mitte"}}`, nil))
	var clock struct {
		Now     string
		Sandbox bool
		Reached bool
		Ahead   float64 `json:"ahead_seconds"`
	}
	require.Equal(t, http.StatusOK, s.do("POST", "/v1/admin/clock", `{"forward":"3 weeks"}`, &clock))
	require.True(t, clock.Reached && clock.Sandbox)
	var seasons struct {
		Data []struct {
			Season, State string
			Members       int
		}
	}
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/leaderboards/visits_this_week/seasons", "", &seasons))
	closed := 0
	for _, season := range seasons.Data {
		if season.State == "closed" {
			closed++
			require.Equal(t, 1, season.Members)
		}
	}
	require.Equal(t, 1, closed, "the week of the visit")
	var progress struct {
		Points map[string]struct{ Spendable float64 }
	}
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/members/ann/progress", "", &progress))
	require.Positive(t, progress.Points["stars"].Spendable, "the prize of the week")
	s.interrupt()

	before := clock.Ahead
	again := serveBinary(t, "--data", dir, "../../rulesets/examples/coffee")
	again.key = s.key
	require.Equal(t, http.StatusOK, again.do("GET", "/v1/admin/clock", "", &clock))
	require.True(t, clock.Sandbox, "once a sandbox, for ever")
	require.InDelta(t, before, clock.Ahead, 1)
}
