package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// heldBy are the ids and states of a list of holdings.
func heldBy(a *answer) (list []string, next string) {
	var page struct {
		Data []struct{ ID, State string }
		Next *string `json:"next_cursor"`
	}
	a.ok().json(&page)
	for _, h := range page.Data {
		list = append(list, h.ID+" "+h.State)
	}
	if page.Next != nil {
		next = *page.Next
	}
	return list, next
}

func TestCodesAtTheTill(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	w.sale("s1")
	pool := "/v1/admin/rewards/card/codes"
	w.bravo("POST", pool, "AAA-1\nAAA-2\r\n\n  AAA-3  \n", "Content-Type", "text/plain").ok().holds(t, `"added":3`, `"left":3`, `"duplicate":false`)
	w.bravo("POST", pool, "AAA-1\nAAA-2\r\n\n  AAA-3  \n", "Content-Type", "text/plain").ok().holds(t, `"added":3`, `"left":3`, `"duplicate":true`)
	again := w.bravo("POST", pool, "AAA-4\nAAA-2\n", "Content-Type", "text/plain")
	again.problem(409, "known_code")
	require.NotContains(t, string(again.body), "AAA-2", "no code is told")
	w.bravo("POST", pool, "\xef\xbb\xbfworth,code\n5,BBB-1\n5,\"BBB,2\"\n", "Content-Type", "text/csv").ok().holds(t, `"added":2`, `"left":5`)
	w.bravo("POST", pool, "code\n\"BBB", "Content-Type", "text/csv").problem(400, "invalid_body")
	w.bravo("POST", pool, "", "Content-Type", "text/plain").problem(422, "does_not_fit")
	w.bravo("POST", "/v1/admin/rewards/tea/codes", "x", "Content-Type", "text/plain").problem(422, "does_not_fit")
	w.bravo("GET", "/v1/codes/AAA-1", "").problem(404, "not_found")

	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"card"}`, "Idempotency-Key", "c1").ok()
	w.bravo("GET", "/v1/claims/c1", "").ok().holds(t, `"member":"bob"`, `"state":"open"`)
	w.bravo("POST", "/v1/claims/c1/confirm", "").ok().holds(t, `"code":"AAA-1"`)
	w.bravo("GET", "/v1/claims/c1", "").ok().holds(t, `"state":"confirmed"`, `"code":"AAA-1"`)
	w.bravo("GET", "/v1/claims/none", "").problem(404, "unknown_claim")
	w.bravo("GET", "/v1/codes/AAA-1", "").ok().holds(t, `"member":"bob"`, `"id":"c1"`, `"title":"A gift card"`, `"state":"held"`, `"code":"AAA-1"`)
	w.bravo("GET", "/v1/codes/AAA-2", "").problem(404, "not_found")

	use := func(key, body string) *answer {
		return w.bravo("POST", "/v1/codes/AAA-1/use", body, "Idempotency-Key", key)
	}
	release := func(key string) *answer {
		return w.bravo("POST", "/v1/codes/AAA-1/release", "", "Idempotency-Key", key)
	}
	release("k0").problem(409, "not_confirmed")
	use("k1", `{"at":"till-7"}`).ok().holds(t, `"holding":"c1"`, `"where":"till-7"`)
	use("k1", `{"at":"till-7"}`).ok().holds(t, `"duplicate":true`)
	twice := use("k2", `{"at":"till-8"}`)
	twice.problem(409, "already_used")
	twice.holds(t, `"used":{"id":"c1"`, `"used_at":"`, `"where":"till-7"`)
	w.bravo("GET", "/v1/codes/AAA-1", "").ok().holds(t, `"state":"used"`, `"use":"k1"`, `"where":"till-7"`)
	release("k3").ok().holds(t, `"state":"returned"`)
	release("k3").ok().holds(t, `"duplicate":true`)
	w.bravo("GET", "/v1/codes/AAA-1", "").ok().holds(t, `"state":"held"`)
	use("k4", `{"hold":true}`).ok().holds(t, `"state":"open"`)
	w.bravo("GET", "/v1/codes/AAA-1", "").ok().holds(t, `"state":"in_use"`, `"held_until":"`)
	release("k5").ok().holds(t, `"state":"cancelled"`)
	use("k6", "").ok()

	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"card"}`, "Idempotency-Key", "c2").ok()
	w.bravo("POST", "/v1/claims/c2/confirm", `{"used":true,"at":"till-1"}`).ok().holds(t, `"code":"AAA-2"`)
	w.bravo("GET", "/v1/codes/AAA-2", "").ok().holds(t, `"state":"used"`, `"where":"till-1"`)
	w.bravo("POST", "/v1/codes/AAA-2/use", "", "Idempotency-Key", "k7").problem(409, "already_used")
	w.bravo("POST", "/v1/codes/AAA-2/release", "", "Idempotency-Key", "k8").problem(409, "hold_captured")
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"tea"}`, "Idempotency-Key", "c3").ok()
	w.bravo("POST", "/v1/claims/c3/confirm", "").ok()
	w.bravo("POST", "/v1/members/bob/claims", `{"reward":"card"}`, "Idempotency-Key", "c4").ok()
	w.bravo("POST", "/v1/claims/c4/confirm", "").ok()
	w.bravo("POST", "/v1/claims/c4/return", "", "Idempotency-Key", "r1").ok()
	w.bravo("GET", "/v1/codes/AAA-3", "").ok().holds(t, `"state":"returned"`)

	all, next := heldBy(w.bravo("GET", "/v1/members/bob/rewards", ""))
	require.Equal(t, []string{"c3 held", "c2 used", "c1 used"}, all)
	require.Empty(t, next)
	first, next := heldBy(w.bravo("GET", "/v1/members/bob/rewards?limit=2", ""))
	require.Equal(t, []string{"c3 held", "c2 used"}, first)
	rest, next := heldBy(w.bravo("GET", "/v1/members/bob/rewards?limit=2&cursor="+next, ""))
	require.Equal(t, []string{"c1 used"}, rest)
	require.Empty(t, next)
	first, next = heldBy(w.bravo("GET", "/v1/members/bob/rewards?limit=2&order=oldest", ""))
	require.Equal(t, []string{"c1 used", "c2 used"}, first)
	rest, _ = heldBy(w.bravo("GET", "/v1/members/bob/rewards?limit=2&order=oldest&cursor="+next, ""))
	require.Equal(t, []string{"c3 held"}, rest)
	w.bravo("GET", "/v1/members/nobody/rewards", "").problem(404, "member_unknown")
	require.Equal(t, 200, w.bravo("DELETE", "/v1/members/bob", "").status)
	w.bravo("GET", "/v1/codes/AAA-1", "").problem(404, "not_found")
}

// holds requires parts of an answer's body.
func (a *answer) holds(t *testing.T, parts ...string) {
	t.Helper()
	for _, part := range parts {
		require.Contains(t, string(a.body), part)
	}
}

// However many claims come at once, each code of a pool is given once.
func TestCodesAreGivenOnce(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	w.sale("s1")
	var codes []string
	for i := range 50 {
		codes = append(codes, fmt.Sprintf("P%03d", i))
	}
	w.bravo("POST", "/v1/admin/rewards/card/codes", strings.Join(codes, "\n"), "Content-Type", "text/plain").ok()
	var mu sync.Mutex
	given, refused := map[string]int{}, 0
	var claims sync.WaitGroup
	for i := range 64 {
		claims.Go(func() {
			id := fmt.Sprint("p", i)
			a := w.bravo("POST", "/v1/members/bob/claims", `{"reward":"card"}`, "Idempotency-Key", id)
			if a.status == 200 {
				a = w.bravo("POST", "/v1/claims/"+id+"/confirm", "")
			}
			mu.Lock()
			defer mu.Unlock()
			if a.status != 200 {
				refused++
				return
			}
			_, rest, _ := strings.Cut(string(a.body), `"code":"`)
			code, _, _ := strings.Cut(rest, `"`)
			given[code]++
		})
	}
	claims.Wait()
	require.Equal(t, 14, refused)
	require.Len(t, given, 50)
	for _, code := range codes {
		require.Equal(t, 1, given[code], code)
	}
}
