package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
)

// merged is what a problem of a merged member says.
func (a *answer) merged(into string) {
	a.t.Helper()
	a.problem(410, "merged")
	var p struct{ Member string }
	a.json(&p)
	require.Equal(a.t, into, p.Member)
}

func TestAGuestsPurchasesMoveIntoAnAccount(t *testing.T) {
	w := newWorld(t)
	guests := strings.ReplaceAll(purchase, `"ann"`, `"guest-7"`)
	w.do("POST", "/v1/events", guests).ok()
	token := w.token("guest-7")
	w.do("PUT", "/v1/members/ann", `{"name":"Ann"}`)
	w.do("POST", "/v1/events", strings.ReplaceAll(purchase, `"o1"`, `"o2"`)).ok()
	var before, after struct {
		Points map[string]struct{ Spendable float64 }
	}
	w.get("/v1/members/guest-7/progress").json(&before)

	w.do("POST", "/v1/members/ann/merge", `{"from":"guest-7"}`).problem(400, "idempotency_key_missing")
	w.do("POST", "/v1/members/ann/merge", `{}`, "Idempotency-Key", "m1").problem(400, "invalid_body")
	w.do("POST", "/v1/members/ann/merge", `{"from":"ann"}`, "Idempotency-Key", "m1").problem(422, "does_not_fit")
	w.do("POST", "/v1/members/ann/merge", `{"from":"nobody"}`, "Idempotency-Key", "m1").problem(404, "member_unknown")
	w.do("POST", "/v1/members/nobody/merge", `{"from":"ann"}`, "Idempotency-Key", "m1").problem(404, "member_unknown")
	first := w.do("POST", "/v1/members/ann/merge", `{"from":"guest-7"}`, "Idempotency-Key", "m1").ok()
	require.Contains(t, string(first.body), `"merged":{"from":"guest-7","points":{"stars":`)
	again := w.do("POST", "/v1/members/ann/merge", `{"from":"guest-7"}`, "Idempotency-Key", "m1").ok()
	require.Equal(t, strings.Replace(string(first.body), `"duplicate":false`, `"duplicate":true`, 1), string(again.body))
	w.do("POST", "/v1/members/ann/merge", `{"from":"bob"}`, "Idempotency-Key", "m1").problem(422, "idempotency_key_reused")
	w.do("POST", "/v1/members/ann/merge", `{"from":"guest-7"}`, "Idempotency-Key", "m2").merged("ann")
	w.get("/v1/members/ann/progress").json(&after)
	require.Greater(t, after.Points["stars"].Spendable, before.Points["stars"].Spendable)

	for _, call := range [][3]string{
		{"GET", "/v1/members/guest-7"}, {"GET", "/v1/members/guest-7/progress"}, {"GET", "/v1/members/guest-7/ledger"}, {"GET", "/v1/members/guest-7/export"},
		{"GET", "/v1/members/guest-7/timeline"}, {"GET", "/v1/members/guest-7/rewards"}, {"GET", "/v1/challenges?member=guest-7"},
		{"GET", "/v1/leaderboards/top_spenders/standings/guest-7"}, {"PUT", "/v1/members/guest-7", `{"name":"O"}`}, {"DELETE", "/v1/members/guest-7"},
		{"POST", "/v1/members/guest-7/tokens"}, {"POST", "/v1/members/guest-7/challenges/dash/enroll"},
		{"POST", "/v1/members/guest-7/adjustments", `{"points":"stars","amount":5,"reason":"x"}`},
		{"POST", "/v1/events", `{"id":"v2","type":"visit","member":"guest-7"}`},
		{"POST", "/v1/events?dry_run=true", `{"id":"v2","type":"visit","member":"guest-7"}`},
	} {
		w.do(call[0], call[1], call[2], "Idempotency-Key", "k1").merged("ann")
	}
	w.get("/v1/me/progress", "Authorization", "Bearer "+token).merged("ann")
	require.Contains(t, string(w.do("POST", "/v1/events", guests).ok().body), `"duplicate":true`)
	refused, _ := w.batch(visit("v2", "guest-7"), visit("", "bob"))
	require.Equal(t, []string{"merged", "ann", ""}, []string{refused[0].Code, refused[0].Member, refused[1].Member})
	for _, query := range []string{"events=true&after=0", "member=ann&after=0"} {
		require.Contains(t, w.follow(query).mustNext().data, `"member":"ann","merged_from":"guest-7"`)
	}
	shown := string(w.get("/v1/events/o1").ok().body)
	require.Contains(t, shown, `"member":"ann","merged_from":"guest-7"`)
	require.Contains(t, string(w.get("/v1/events/o1/explain").ok().body), `"member":"ann","merged_from":"guest-7"`)
	require.Contains(t, string(w.get("/v1/events?member=ann").ok().body), `"merged_from":"guest-7"`)
	require.Contains(t, string(w.get("/v1/members/ann/ledger").ok().body), `"kind":"merged"`)
	require.Contains(t, string(w.get("/v1/members/ann/export").ok().body), `"from":"guest-7"`)
	require.NotContains(t, string(w.get("/v1/members").ok().body), "guest-7")
	both := after.Points["stars"].Spendable
	w.do("POST", "/v1/events/o1/void", "").ok()
	w.get("/v1/members/ann/progress").json(&after)
	require.Less(t, after.Points["stars"].Spendable, both)

	w.do("DELETE", "/v1/members/ann", "").ok()
	for _, redacted := range []bool{false, true} {
		if redacted {
			n, err := w.programs["acme"].Program.Redact(context.Background())
			require.NoError(t, err)
			require.Equal(t, 2, n)
		}
		w.do("DELETE", "/v1/members/guest-7", "").problem(410, "member_erased")
		w.do("DELETE", "/v1/members/ann", "").ok()
		for _, call := range []string{"/v1/members/guest-7", "/v1/members/ann", "/v1/events/o1"} {
			p := w.get(call)
			p.problem(410, "member_erased")
			require.NotContains(t, string(p.body), `"member"`)
		}
	}
}

// Ids that begin as Laurel's own do are no member's, however a member might come to be.
func TestNoMemberHasAnIDOfLaurelsOwn(t *testing.T) {
	w := newWorld(t)
	for _, call := range [][3]string{
		{"PUT", "", `{"name":"O"}`}, {"PATCH", "", `{"name":"O"}`}, {"POST", "/tokens", ""}, {"POST", "/claims", `{"reward":"mug"}`},
		{"POST", "/adjustments", `{"points":"stars","amount":5,"reason":"x"}`}, {"POST", "/merge", `{"from":"ann"}`},
		{"POST", "/challenges/dash/enroll", ""}, {"POST", "/card/rotate", ""},
	} {
		p := w.do(call[0], "/v1/members/laurel:x"+call[1], call[2], "Idempotency-Key", "k1")
		p.problem(400, "wrong_parameter")
		p.holds(t, "ids that begin with laurel: are Laurel's own")
	}
	w.get("/v1/members/laurel:x").problem(404, "member_unknown")
	w.do("DELETE", "/v1/members/laurel:x", "").problem(404, "member_unknown")
}

func TestMergingNeedsAScopeOfItsOwn(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	_, secret := w.key(keys.Request{Program: "acme", Name: "app", Scopes: []keys.Scope{keys.MembersWrite, keys.Admin}})
	w.do("POST", "/v1/members/ann/merge", `{"from":"bob"}`, "Idempotency-Key", "m1", "Authorization", "Bearer "+secret).problem(403, "scope_missing")
}
