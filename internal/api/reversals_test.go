package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (w *world) stars(member string) float64 {
	w.t.Helper()
	var p struct {
		Points map[string]struct{ Spendable float64 }
	}
	w.do("GET", "/v1/members/"+member+"/progress", "").ok().json(&p)
	return p.Points["stars"].Spendable
}

func TestReversals(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	all := w.stars("ann")
	w.do("POST", "/v1/events/o1/amend", `{"data":{"amount":6.25}}`).ok()
	less := w.stars("ann")
	require.Less(t, less, all)
	again := w.do("POST", "/v1/events/o1/amend", `{"data":{"amount":6.250}}`).ok()
	require.Contains(t, string(again.body), `"duplicate":true`)
	require.Equal(t, less, w.stars("ann"))

	keyed := func(key, path, body string) *answer {
		return w.do("POST", path, body, "Idempotency-Key", key)
	}
	keyed("r1", "/v1/events/o1/amend", `{"data":{"amount":3}}`).ok()
	keyed("r2", "/v1/events/o1/amend", `{"data":{"amount":6.25}}`).ok()
	require.Contains(t, string(keyed("r1", "/v1/events/o1/amend", `{"data":{"amount":3.00}}`).ok().body), `"duplicate":true`)
	note := w.do("POST", "/v1/events/o1/amend", `{"data":{"amount":3}}`).ok()
	require.Contains(t, string(note.body), `not_in_force`)
	keyed("r1", "/v1/events/o1/amend", `{"data":{"amount":4}}`).problem(422, "idempotency_key_reused")
	keyed("r1", "/v1/events/o1/void", "").problem(422, "idempotency_key_reused")
	keyed("r1", "/v1/members/ann/adjustments", `{"points":"stars","amount":50,"reason":"x"}`).problem(422, "idempotency_key_reused")

	first := w.do("POST", "/v1/events/o1/void", "").ok()
	require.Contains(t, string(first.body), `"duplicate":false`)
	again = w.do("POST", "/v1/events/o1/void", "{}").ok()
	require.Equal(t, strings.Replace(string(first.body), `"duplicate":false`, `"duplicate":true`, 1), string(again.body))
	require.Less(t, w.stars("ann"), less)

	w.do("POST", "/v1/events/o1/amend", `{"data":{"amount":1}}`).problem(409, "event_voided")
	w.do("POST", "/v1/events/o9/void", "").problem(404, "unknown_event")
	w.do("POST", "/v1/events/o1/void", `{"why":1}`).problem(400, "invalid_body")
	w.do("POST", "/v1/events/o1/amend", `{}`).problem(400, "invalid_body")
	w.do("POST", "/v1/events/o1/release", "").problem(409, "event_voided")
	w.do("POST", "/v1/events", strings.ReplaceAll(purchase, "o1", "o2")).ok()
	w.do("POST", "/v1/events/o2/amend", `{"data":{"amount":"much"}}`).problem(422, "does_not_fit")
	w.do("POST", "/v1/events/o2/release", "").problem(409, "nothing_pending")
	w.do("POST", "/v1/events/o2/release", `{"data":{"amount":1}}`).problem(409, "nothing_pending")
	w.do("POST", "/v1/events/o2/release", `{"part":1}`).problem(400, "invalid_body")
	w.do("POST", "/v1/events/o2/refuse", "").problem(409, "nothing_pending")
}

// TestWhatIsPending releases a part of what an event has given, drops the rest, and releases another whole.
func TestWhatIsPending(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", `{"id":"p1","type":"parcel","member":"ann","data":{"worth":40}}`).ok()
	w.do("POST", "/v1/events", `{"id":"p2","type":"parcel","member":"ann","data":{"worth":7}}`).ok()
	require.InDelta(t, 5, w.stars("ann"), 0, "but for the welcome all is pending")
	w.do("POST", "/v1/events/p1/release", `{"data":{"worth":30}}`).ok()
	require.InDelta(t, 35, w.stars("ann"), 0)
	w.do("POST", "/v1/events/p1/refuse", "").ok()
	w.do("POST", "/v1/events/p2/release", "{}").ok()
	require.InDelta(t, 42, w.stars("ann"), 0)
	w.do("POST", "/v1/events/p1/release", `{"data":{"worth":40}}`).problem(409, "event_refused")
}

func TestAdjustments(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	before := w.stars("ann")
	const body = `{"points":"stars","amount":50,"reason":"a spilt coffee"}`
	w.do("POST", "/v1/members/ann/adjustments", body).problem(400, "idempotency_key_missing")
	w.do("POST", "/v1/members/ann/adjustments", body, "Idempotency-Key", strings.Repeat("k", 300)).problem(400, "wrong_parameter")
	first := w.do("POST", "/v1/members/ann/adjustments", body, "Idempotency-Key", "k1").ok()
	again := w.do("POST", "/v1/members/ann/adjustments", body, "Idempotency-Key", "k1").ok()
	require.Equal(t, strings.Replace(string(first.body), `"duplicate":false`, `"duplicate":true`, 1), string(again.body))
	require.Equal(t, before+50, w.stars("ann"), "once")
	w.do("POST", "/v1/members/ann/adjustments", strings.Replace(body, "50", "60", 1), "Idempotency-Key", "k1").problem(422, "idempotency_key_reused")

	w.do("POST", "/v1/members/ann/adjustments", `{"points":"stars","amount":-1000,"reason":"fraud"}`, "Idempotency-Key", "k2").problem(409, "insufficient")
	w.do("POST", "/v1/members/ann/adjustments", `{"points":"stars","amount":-1000,"reason":"fraud"}`, "Idempotency-Key", "k2").problem(409, "insufficient")
	w.do("POST", "/v1/members/ann/adjustments", `{"points":"stars","amount":-1000,"reason":"fraud","below_zero":true}`, "Idempotency-Key", "k3").ok()
	require.Zero(t, w.stars("ann"))
	for name, wrong := range map[string]string{
		"no reason": `{"points":"stars","amount":5}`, "text": `{"points":"stars","amount":"5","reason":"x"}`,
		"another field": `{"points":"stars","amount":5,"reason":"x","y":1}`,
	} {
		w.do("POST", "/v1/members/ann/adjustments", wrong, "Idempotency-Key", name).problem(400, "invalid_body")
	}
	w.do("POST", "/v1/members/ann/adjustments", `{"points":"stars","amount":0.5,"reason":"x"}`, "Idempotency-Key", "k4").problem(422, "does_not_fit")
	w.do("POST", "/v1/members/ann/adjustments", `{"points":"coins","amount":1,"reason":"x"}`, "Idempotency-Key", "k5").problem(404, "unknown_points")
	w.do("POST", "/v1/members/zoe/adjustments", body, "Idempotency-Key", "k6").problem(404, "member_unknown")
}

func TestStreakEnrollment(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	w.do("POST", "/v1/members/ann/streaks/none/enroll", "").problem(404, "not_found")
	w.do("POST", "/v1/members/ann/streaks/comes/enroll", "").ok()
	require.Contains(t, string(w.do("POST", "/v1/members/ann/streaks/comes/enroll", "").ok().body), `"duplicate":true`)
}
