package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

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

// TestASandboxThatStandsAnswersTheSame serves two sandboxes that stand at one time, on different data directories: the same
// calls are answered the same, though time passes on the machine.
func TestASandboxThatStandsAnswersTheSame(t *testing.T) {
	calls := [][3]string{
		{"POST", "/v1/events", `{"id":"p1","type":"purchase","member":"ann","data":{"order_id":"o1","amount":30}}`},
		{"POST", "/v1/admin/clock", `{"forward":"3 hours"}`},
		{"POST", "/v1/events", `{"id":"v1","type":"visit","member":"ann","data":{"store":"mitte"}}`},
		{"POST", "/v1/admin/clock", `{"to":"2026-12-09T12:00:00Z"}`},
		{"GET", "/v1/members/ann/progress", ""},
		{"GET", "/v1/members/ann/ledger", ""},
		{"GET", "/v1/leaderboards/visits_this_week/seasons", ""},
	}
	var first []string
	for range 2 {
		s := serveBinary(t, "--data", filepath.Join(t.TempDir(), "data"), "--sandbox-at", "2026-12-01T09:00:00Z", "../../rulesets/examples/coffee")
		require.Contains(t, s.key, "lk_test_", "it is a sandbox")
		var answers []string
		for _, call := range calls {
			status, body, err := s.try(call[0], call[1], "", call[2])
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status, "%s", body)
			if call[1] != "/v1/admin/clock" { // which says how far it is ahead of the machine
				answers = append(answers, string(body))
			}
		}
		if first == nil {
			first = answers
		}
		require.Equal(t, first, answers)
	}
	_, errs, exit := laurel(t, "serve", "--data", filepath.Join(t.TempDir(), "data"), "--sandbox-at", "9999-01-01T00:00:00Z", "../../rulesets/examples/coffee")
	require.Equal(t, exitUsage, exit)
	require.Contains(t, errs, `--sandbox-at is "9999-01-01T00:00:00Z": write a time of 1970 to 2199 with its offset`)
}

// TestAReceiverOfASandboxThatStandsIsTriedAgain: the first try fails, the next comes though the sandbox's clock never moves.
func TestAReceiverOfASandboxThatStandsIsTriedAgain(t *testing.T) {
	tries := make(chan struct{}, 2)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if tries <- struct{}{}; len(tries) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer receiver.Close()
	s := serveBinary(t, "--data", filepath.Join(t.TempDir(), "data"), "--sandbox-at", "2026-01-01T09:00:00Z", "--webhooks-allow-private",
		"../../rulesets/examples/coffee")
	require.Equal(t, http.StatusCreated, s.do("POST", "/v1/admin/webhooks", `{"url":"`+receiver.URL+`","types":["joined"]}`, nil))
	require.Equal(t, http.StatusCreated, s.do("PUT", "/v1/members/ann", `{}`, nil))
	require.Eventually(t, func() bool { return len(tries) == 2 }, time.Minute, 10*time.Millisecond)
}

// TestALiveProgramIsNeverMadeASandbox: it was served live once, and its keys are live, though nothing was accepted yet.
func TestALiveProgramIsNeverMadeASandbox(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serveBinary(t, "--data", data, "../../rulesets/examples/coffee")
	require.Contains(t, s.key, "lk_live_")
	s.interrupt()
	for _, flag := range [][]string{{"--sandbox"}, {"--sandbox-at", "2026-12-01T09:00:00Z"}} {
		_, errs, exit := laurel(t, append([]string{"serve", "--data", data, "../../rulesets/examples/coffee"}, flag...)...)
		require.Equal(t, exitUsage, exit, flag)
		require.Contains(t, errs, "it is live: a sandbox needs a data directory of its own")
	}
}

// TestOthersDirectoriesAreLeftAlone: what is given as the data directory and is none keeps its mode.
func TestOthersDirectoriesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o644))
	require.NoError(t, os.Chmod(dir, 0o755))
	for data, says := range map[string]string{dir: "holds other files, such as file", file: "is no directory"} {
		_, errs, exit := laurel(t, "serve", "--data", data, "../../rulesets/examples/coffee")
		require.Equal(t, exitUsage, exit)
		require.Contains(t, errs, says)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o755, file: 0o644} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), path)
	}
}
