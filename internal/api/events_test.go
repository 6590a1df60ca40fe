package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const purchase = `{"id":"o1","type":"purchase","member":"ann","time":"2026-12-02T11:00:00Z","data":{"order_id":"o1","amount":12.50}}`

func TestEvent(t *testing.T) {
	w := newWorld(t)
	first := w.do("POST", "/v1/events", purchase).ok()
	require.Equal(t, "application/json", first.header.Get("Content-Type"))
	t.Log(string(first.body))
	for _, path := range []string{"/v1/events/o1", "/v1/members/ann", "/v1/members/ann/progress", "/v1/members/ann/ledger", "/v1/leaderboards", "/v1/leaderboards/top_spenders",
		"/v1/leaderboards/top_spenders/standings/ann?around=2", "/v1/challenges?member=ann", "/v1/counters/thermometer", "/v1/admin/keys", "/v1/admin/jobs"} {
		t.Log(string(w.get(path).ok().body))
	}
}
