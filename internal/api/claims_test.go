package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// miles is what bob of program bravo can spend, and what claims hold.
func (w *world) miles() (spendable, held float64) {
	w.t.Helper()
	var p struct {
		Points map[string]struct{ Spendable, Held float64 }
	}
	w.bravo("GET", "/v1/members/bob/progress", "").ok().json(&p)
	return p.Points["miles"].Spendable, p.Points["miles"].Held
}

func (w *world) bravo(method, path, body string, headers ...string) *answer {
	w.t.Helper()
	return w.do(method, path, body, append(headers, "Authorization", "Bearer "+w.secrets["bravo"])...)
}

func (w *world) sale(id string) {
	w.t.Helper()
	w.bravo("POST", "/v1/events", `{"id":"`+id+`","type":"sale","member":"bob","data":{"amount":250}}`).ok()
}

func TestClaims(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	w.sale("s1")
	holds := func(spendable, held float64) {
		t.Helper()
		s, h := w.miles()
		require.Equal(t, []float64{spendable, held}, []float64{s, h})
	}
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`).problem(400, "idempotency_key_missing")
	first := w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "c1").ok()
	require.Contains(t, string(first.body), `"claim":"c1"`)
	again := w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "c1").ok()
	require.Equal(t, strings.Replace(string(first.body), `"duplicate":false`, `"duplicate":true`, 1), string(again.body))
	holds(150, 100)
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"donation","amount":20}`, "Idempotency-Key", "c1").problem(422, "idempotency_key_reused")
	w.bravo("POST", "/v1/claims/c1/confirm", "").ok()
	w.bravo("POST", "/v1/claims/c1/confirm", "").ok()
	holds(150, 0)
	w.bravo("POST", "/v1/claims/c1/cancel", "").problem(409, "hold_captured")
	w.bravo("POST", "/v1/claims/c1/return", `{"amount":40}`).problem(400, "idempotency_key_missing")
	w.bravo("POST", "/v1/claims/c1/return", `{"amount":40}`, "Idempotency-Key", "r1").ok()
	w.bravo("POST", "/v1/claims/c1/return", `{"amount":40}`, "Idempotency-Key", "r1").ok()
	holds(190, 0)
	w.bravo("POST", "/v1/claims/c1/return", `{"amount":61}`, "Idempotency-Key", "r2").problem(409, "return_too_large")

	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"donation","amount":50}`, "Idempotency-Key", "c2").ok()
	w.bravo("POST", "/v1/claims/c2/confirm", `{"amount":30}`).ok()
	holds(160, 0)
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"donation","amount":50}`, "Idempotency-Key", "c3").problem(409, "limit")
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "c4").ok()
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "c5").problem(409, "insufficient")
	w.advance(16 * time.Minute)
	holds(160, 0)
	w.bravo("POST", "/v1/claims/c4/confirm", "").problem(409, "hold_released")
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"coffee"}`, "Idempotency-Key", "c6").problem(404, "not_found")
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":7}`, "Idempotency-Key", "c7").problem(400, "invalid_body")
	w.bravo("POST", "/v1/members/eve/claims", `{"reward":"tea"}`, "Idempotency-Key", "c8").problem(404, "member_unknown")
	w.bravo("POST", "/v1/claims/c9/confirm", "").problem(404, "unknown_claim")
	w.do("POST", "/v1/claims/c1/cancel", "").problem(404, "unknown_claim") // another program's
}

func TestFreezesAndRepairs(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	w.sale("s1")
	w.bravo("POST", "/v1/members/bob/streaks/daily/freeze", "", "Idempotency-Key", "f1").ok()
	w.bravo("POST", "/v1/members/bob/streaks/daily/freeze", "", "Idempotency-Key", "f1").ok()
	spendable, _ := w.miles()
	require.EqualValues(t, 230, spendable, "once")
	w.bravo("POST", "/v1/members/bob/streaks/daily/freeze", "", "Idempotency-Key", "f2").problem(409, "freezes_full")
	w.bravo("POST", "/v1/members/bob/streaks/daily/freeze", "").problem(400, "idempotency_key_missing")
	w.bravo("POST", "/v1/members/bob/streaks/dayly/freeze", "", "Idempotency-Key", "f3").problem(404, "not_found")
	w.bravo("POST", "/v1/members/bob/streaks/daily/repair", "", "Idempotency-Key", "p1").problem(409, "not_repairable")
	w.advance(4 * 24 * time.Hour) // the freeze bridges one day, two are missed
	w.bravo("POST", "/v1/members/bob/streaks/daily/repair", "", "Idempotency-Key", "p2").ok()
	spendable, _ = w.miles()
	require.EqualValues(t, 200, spendable)
}

// What a member holds is handed over at a till, once.
func TestUses(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	w.sale("s1")
	use := "/v1/members/bob/rewards/tea/use"
	w.bravo("POST", use, `{"at":"till-7"}`).problem(400, "idempotency_key_missing")
	w.bravo("POST", use, `{"at":"till-7"}`, "Idempotency-Key", "u1").problem(409, "not_held")
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "c1").ok()
	w.bravo("POST", "/v1/claims/c1/confirm", "").ok()
	w.bravo("POST", use, `{"at":"till-7"}`, "Idempotency-Key", "u1").problem(409, "not_held")
	used := w.bravo("POST", use, `{"at":"till-7"}`, "Idempotency-Key", "u2").ok()
	require.Contains(t, string(used.body), `"claim":"u2","state":"confirmed","holding":"c1","where":"till-7"`)
	again := w.bravo("POST", use, `{"at":"till-7"}`, "Idempotency-Key", "u2").ok()
	require.Equal(t, strings.Replace(string(used.body), `"duplicate":false`, `"duplicate":true`, 1), string(again.body))
	w.bravo("POST", use, `{"at":"till-8"}`, "Idempotency-Key", "u2").problem(422, "idempotency_key_reused")
	w.bravo("POST", "/v1/claims/c1/return", "", "Idempotency-Key", "r1").problem(409, "already_used")
	w.bravo("POST", "/v1/claims/u2/return", "", "Idempotency-Key", "r2").ok()

	w.bravo("POST", use, `{"hold":true}`, "Idempotency-Key", "u3").ok()
	w.bravo("POST", use, `{"hold":1}`, "Idempotency-Key", "u4").problem(400, "invalid_body")
	w.bravo("POST", "/v1/claims/u3/cancel", "").ok()
	w.bravo("POST", use, `{"hold":true}`, "Idempotency-Key", "u5").ok()
	w.bravo("POST", "/v1/claims/u5/confirm", `{"at":"till-9"}`).ok()
	w.bravo("POST", "/v1/claims/u5/confirm", `{"at":"till-9"}`).ok()
	w.bravo("POST", "/v1/claims/u5/confirm", `{"amount":1}`).problem(422, "does_not_fit")

	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "c2").ok()
	w.bravo("POST", "/v1/claims/c2/confirm", `{"used":true,"at":"till-1"}`).ok()
	w.bravo("POST", use, "", "Idempotency-Key", "u6").problem(409, "not_held")
	w.bravo("POST", "/v1/members/nobody/rewards/tea/use", "", "Idempotency-Key", "u7").problem(404, "member_unknown")
	w.bravo("POST", "/v1/members/bob/rewards/gin/use", "", "Idempotency-Key", "u8").problem(404, "not_found")
	w.bravo("POST", use, `{"at":"`+strings.Repeat("x", 201)+`"}`, "Idempotency-Key", "u9").problem(422, "does_not_fit")
}
