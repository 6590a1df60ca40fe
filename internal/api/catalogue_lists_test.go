package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What there is to win is listed, with what of it a member can have.
func TestCatalogue(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	list := w.bravo("GET", "/v1/rewards", "").ok()
	list.holds(t, `{"reward":"tea","title":"tea","kind":"item","cost":[{"points":"miles","amount":100}],"left":null,"open":true}`,
		`{"reward":"card","title":"A gift card","kind":"item","cost":[{"points":"miles","amount":1}],"left":0,"open":true}`,
		`"cost":[{"points":"miles","amount":10,"or_more":true}],"limits":["1 per day"]`)
	require.NotContains(t, string(list.body), "secret")
	mine := func() *answer { return w.bravo("GET", "/v1/rewards?member=bob", "").ok() }
	mine().holds(t, `"member":{"available":false,"reason":"insufficient","missing":{"miles":100},"held":0}`,
		`"member":{"available":false,"reason":"stock","held":0}`)
	w.sale("s1")
	w.bravo("POST", "/v1/admin/rewards/card/codes", "A\nB\n", "Content-Type", "text/plain").ok()
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"card"}`, "Idempotency-Key", "c1").ok()
	w.bravo("POST", "/v1/claims/c1/confirm", "").ok()
	mine().holds(t, `"left":1,"open":true,"member":{"available":true,"held":1}`, `"left":null,"open":true,"member":{"available":true,"held":0}`)
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"donation"}`, "Idempotency-Key", "c2").ok()
	mine().holds(t, `"member":{"available":false,"reason":"limit","held":0}`)
	w.bravo("GET", "/v1/rewards?member=nobody", "").problem(404, "member_unknown")

	w.bravo("GET", "/v1/streaks?member=bob", "").ok().holds(t, `"streak":"daily"`, `"every":"day"`,
		`"goals":[{"goal":"1","at":30,"give":[{"points":"miles","amount":1}]}]`, `"length":1`)
	w.bravo("GET", "/v1/badges", "").ok()
	w.bravo("GET", "/v1/tiers?member=bob", "").ok()
	w.bravo("GET", "/v1/promotions", "").ok()
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"secret"}`, "Idempotency-Key", "c3").ok()
	require.NotContains(t, string(mine().body), "secret")
	w.bravo("POST", "/v1/claims/c3/confirm", "").ok()
	mine().holds(t, `"reward":"secret"`)
}
