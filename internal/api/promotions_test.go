package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPromotionsByCall fires, extends, lists and closes a promotion as an app does.
func TestPromotionsByCall(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	type shown struct {
		Promotion                     string
		OnCall, Open                  bool
		OpenedAt, ClosesAt, OpensNext *string
	}
	list := func() (typhoon, spring shown) {
		t.Helper()
		var all struct {
			Data []struct {
				Promotion string  `json:"promotion"`
				OnCall    bool    `json:"on_call"`
				Open      bool    `json:"open"`
				OpenedAt  *string `json:"opened_at"`
				ClosesAt  *string `json:"closes_at"`
				OpensNext *string `json:"opens_next_at"`
			}
		}
		w.bravo("GET", "/v1/promotions", "").ok().json(&all)
		require.Len(t, all.Data, 2)
		return shown(all.Data[1]), shown(all.Data[0])
	}
	typhoon, spring := list()
	require.Equal(t, shown{Promotion: "typhoon", OnCall: true}, typhoon)
	require.False(t, spring.Open)
	require.Equal(t, "2027-02-28T15:00:00Z", *spring.OpensNext, "the first midnight of March in Tokyo")

	const fire, closing = "/v1/promotions/typhoon/fire", "/v1/promotions/typhoon/close"
	w.bravo("POST", fire, "").problem(400, "idempotency_key_missing")
	w.bravo("POST", fire, `{"open_for":"soon"}`, "Idempotency-Key", "f0").problem(400, "invalid_body")
	w.bravo("POST", fire, `{"for":"1 hour"}`, "Idempotency-Key", "f0").problem(400, "invalid_body")
	w.bravo("POST", "/v1/promotions/spring/fire", "", "Idempotency-Key", "f0").problem(422, "not_on_call")
	w.bravo("POST", "/v1/promotions/taifun/fire", "", "Idempotency-Key", "f0").problem(404, "not_found")

	opened := w.time()
	first := w.bravo("POST", fire, `{"reason":"wind"}`, "Idempotency-Key", "f1").ok()
	require.Contains(t, string(first.body), `"promotion":"typhoon","state":"open"`)
	require.Contains(t, string(w.bravo("POST", fire, `{"reason":"wind"}`, "Idempotency-Key", "f1").ok().body), `"duplicate":true`)
	w.bravo("POST", fire, `{"reason":"rain"}`, "Idempotency-Key", "f1").problem(422, "idempotency_key_reused")
	w.sale("s1")
	miles, _ := w.miles()
	require.InDelta(t, 1250, miles, 0)

	w.advance(time.Hour)
	w.bravo("POST", fire, `{"open_for":"30 minutes"}`, "Idempotency-Key", "f2").ok()
	typhoon, _ = list()
	require.True(t, typhoon.Open)
	require.Equal(t, opened.Format(time.RFC3339), *typhoon.OpenedAt)
	require.Equal(t, opened.Add(2*time.Hour).Format(time.RFC3339), *typhoon.ClosesAt, "never cut by another call")
	w.bravo("POST", closing, "", "Idempotency-Key", "c1").ok()
	typhoon, _ = list()
	require.Equal(t, shown{Promotion: "typhoon", OnCall: true}, typhoon)
	w.sale("s2")
	miles, _ = w.miles()
	require.InDelta(t, 1500, miles, 0)
}
