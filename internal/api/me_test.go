package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/tokens"
)

// token is one of a member of acme, from the API.
func (w *world) token(member string) string {
	w.t.Helper()
	a := w.do("POST", "/v1/members/"+member+"/tokens", `{"ttl":"15 minutes"}`)
	require.Equal(w.t, 201, a.status, "%s", a.body)
	require.Equal(w.t, "no-store", a.header.Get("Cache-Control"))
	var made struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	a.json(&made)
	require.True(w.t, w.time().Add(15*time.Minute).Equal(made.Expires), made.Expires)
	return made.Token
}

// TestAMembersOwnDevice does what an app does with a token, from a member whom nobody knows yet to one who has claimed something.
func TestAMembersOwnDevice(t *testing.T) {
	w := newWorld(t)
	ann := as(w.token("ann"))
	w.get("/v1/me", ann...).problem(404, "member_unknown")
	came := w.do("POST", "/v1/me/events", `{"id":"v1","type":"visit","data":{"store":"s1"}}`, ann...).ok()
	require.Contains(t, string(came.body), `"id":"laurel:me:ann:v1"`)
	again := w.do("POST", "/v1/me/events", `{"id":"v1","type":"visit","member":"ann","data":{"store":"s1"}}`, ann...).ok()
	require.Contains(t, string(again.body), `"duplicate":true`)
	w.do("POST", "/v1/me/events", `{"id":"v1","type":"visit","data":{"store":"s2"}}`, ann...).problem(409, "event_conflict")

	require.Contains(t, string(w.get("/v1/me", ann...).ok().body), `"ann"`)
	require.Equal(t, string(w.get("/v1/members/ann/progress").ok().body), string(w.get("/v1/me/progress", ann...).ok().body))
	require.Equal(t, string(w.get("/v1/members/ann/ledger").ok().body), string(w.get("/v1/me/ledger", ann...).ok().body))
	require.Equal(t, string(w.get("/v1/challenges?member=ann").ok().body), string(w.get("/v1/me/challenges", ann...).ok().body))
	require.Equal(t, string(w.get("/v1/leaderboards/by_visits/standings/ann").ok().body), string(w.get("/v1/me/leaderboards/by_visits", ann...).ok().body))

	w.do("POST", "/v1/me/challenges/dash/enroll", "", ann...).ok()
	w.do("DELETE", "/v1/me/challenges/dash/enroll", "", ann...).ok()
	w.do("POST", "/v1/me/streaks/comes/enroll", "", ann...).ok()
	w.do("POST", "/v1/me/claims", `{"reward":"sticker"}`, ann...).problem(400, "idempotency_key_missing")
	claimed := w.do("POST", "/v1/me/claims", `{"reward":"sticker"}`, append(ann, "Idempotency-Key", "c1")...).ok()
	require.Contains(t, string(claimed.body), `laurel:me:ann:c1`)
	w.do("POST", "/v1/claims/laurel:me:ann:c1/confirm", "").ok()
	require.Equal(t, string(w.get("/v1/members/ann/rewards").ok().body), string(w.get("/v1/me/rewards", ann...).ok().body))
	w.do("POST", "/v1/events/laurel:me:ann:v1/void", "").ok()
}

// TestATokenIsGoodForItsMemberAlone tries what a token must not do.
func TestATokenIsGoodForItsMemberAlone(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", visit("v1", "bob")).ok()
	ann := as(w.token("ann"))
	before := w.journal()
	for name, c := range map[string]struct{ body, code string }{
		"another member":           {`{"id":"x","type":"visit","member":"bob"}`, "not_for_members"},
		"a type of the shop's":     {`{"id":"x","type":"purchase","data":{"order_id":"o","amount":5}}`, "not_for_members"},
		"a type that there is not": {`{"id":"x","type":"vist"}`, "not_for_members"},
		"a type of Laurel's own":   {`{"id":"x","type":"joined"}`, "not_for_members"},
	} {
		w.do("POST", "/v1/me/events", c.body, ann...).problem(403, c.code)
		require.Equal(t, before, w.journal(), name)
	}
	w.do("POST", "/v1/me/events", `{"id":"bob:x","type":"visit"}`, ann...).problem(400, "wrong_parameter")
	w.do("POST", "/v1/me/events", fmt.Sprintf(`{"id":%q,"type":"visit"}`, strings.Repeat("x", 190)), ann...).problem(400, "wrong_parameter")
	w.do("POST", "/v1/me/events", `{"type":"visit","points":9999}`, ann...).problem(400, "invalid_event")
	w.do("POST", "/v1/me/events?dry_run=true", `{"id":"x","type":"visit"}`, ann...).problem(400, "wrong_parameter")
	require.Equal(t, before, w.journal())

	w.do("POST", "/v1/me/events", `{"id":"v1","type":"visit"}`, ann...).ok() // an id of the shop's is not taken
	w.do("POST", "/v1/events", `{"id":"laurel:me:ann:v2","type":"visit","member":"ann"}`).problem(400, "invalid_event")

	// No key opens what is a member's, and no member's token what is a key's.
	for _, r := range api.MemberRoutes() {
		w.do(r.Method, r.Path, "").problem(401, "token_invalid")
		w.do(r.Method, r.Path, "", "Authorization", "").problem(401, "token_missing")
		w.advance(time.Minute)
	}
	ann = as(w.token("ann"))
	for _, r := range api.Routes() {
		body := ""
		if r.Body > 0 {
			body = "x"
		}
		p := w.do(r.Method, r.Path, body, ann...).problem(403, "scope_missing")
		require.Contains(t, p.Detail, "/v1/me")
	}
	w.do("GET", "/v1/me/progress?token=x", "", ann...).problem(400, "key_in_query")

	w.advance(15 * time.Minute)
	w.get("/v1/me/progress", ann...).problem(401, "token_expired")
	w.get("/v1/leaderboards", ann...).problem(401, "key_unknown")
	ann, bob := as(w.token("ann")), as(w.token("bob"))
	first := w.get("/v1/me/leaderboards/by_visits", ann...).ok()
	stands := w.get("/v1/me/leaderboards/by_visits", append(ann, "If-None-Match", first.header.Get("ETag"))...)
	require.Equal(t, http.StatusNotModified, stands.status)
	others := w.get("/v1/me/leaderboards/by_visits", append(bob, "If-None-Match", first.header.Get("ETag"))...)
	require.Equal(t, 200, others.status, "who uses the device next does not see what the one before did")
	require.Contains(t, first.header.Get("Vary"), "Authorization")

	require.Equal(t, 200, w.do("DELETE", "/v1/members/bob", "").status)
	w.get("/v1/me", bob...).problem(401, "token_invalid")
	w.do("POST", "/v1/me/events", `{"id":"x","type":"visit"}`, bob...).problem(401, "token_invalid")
	w.do("POST", "/v1/members/bob/tokens", "").problem(410, "member_erased")
	require.NotContains(t, w.log.String(), "eyJ")
}

// TestTokenAdministration mints and rotates.
func TestTokenAdministration(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, 201, w.do("POST", "/v1/members/ann/tokens", "").status)
	require.Equal(t, 201, w.do("POST", "/v1/members/ann/tokens", `{"ttl":"1 hour"}`).status)
	for _, body := range []string{`{"ttl":"2 hours"}`, `{"ttl":"none"}`, `{"ttl":"1 month"}`, `{"ttl":15}`, `{"for":"ever"}`, `[`} {
		require.Equal(t, 400, w.do("POST", "/v1/members/ann/tokens", body).status, body)
	}
	_, till := w.key(keys.Request{Program: "acme", Name: "till", Scopes: []keys.Scope{keys.EventsWrite}})
	w.do("POST", "/v1/members/ann/tokens", "", as(till)...).problem(403, "scope_missing")

	type tokenKey struct {
		ID, Program string
		Private     string `json:"private_key"`
	}
	var made tokenKey
	old := w.token("ann")
	a := w.do("POST", "/v1/admin/token-keys", "")
	require.Equal(t, 201, a.status)
	a.json(&made)
	require.Contains(t, made.Private, "BEGIN PRIVATE KEY")
	w.do("POST", "/v1/admin/token-keys", "").problem(409, "too_many_keys")
	var list struct{ Data []tokenKey }
	a = w.get("/v1/admin/token-keys").ok()
	a.json(&list)
	require.Len(t, list.Data, 2)
	require.NotContains(t, string(a.body), "PRIVATE")
	require.NotContains(t, string(a.body), "seed")
	require.JSONEq(t, `{"data":[],"has_more":false,"next_cursor":null}`, string(w.get("/v1/admin/token-keys", as(w.secrets["bravo"])...).ok().body))
	w.do("DELETE", "/v1/admin/token-keys/"+made.ID, "", as(w.secrets["bravo"])...).problem(404, "not_found")
	for _, k := range list.Data {
		if k.ID != made.ID {
			require.NotContains(t, string(w.do("DELETE", "/v1/admin/token-keys/"+k.ID, "").ok().body), "PRIVATE")
			w.do("DELETE", "/v1/admin/token-keys/"+k.ID, "").problem(404, "not_found")
		}
	}
	w.get("/v1/me/challenges", as(old)...).problem(401, "token_invalid")
	w.do("POST", "/v1/me/events", `{"id":"v1","type":"visit"}`, as(w.token("ann"))...).ok()
}

// TestPagesOfOtherOrigins asks as browsers do: before a call, and with it.
func TestPagesOfOtherOrigins(t *testing.T) {
	w := newWorld(t)
	const shop, elsewhere, bravos = "https://shop.example", "https://elsewhere.example", "https://bravo.example"
	require.JSONEq(t, `{"program":"acme","origins":[]}`, string(w.get("/v1/admin/program").ok().body))
	set := w.do("PATCH", "/v1/admin/program", `{"origins":["https://shop.example"]}`).ok()
	require.JSONEq(t, `{"program":"acme","origins":["https://shop.example"]}`, string(set.body))
	w.do("PATCH", "/v1/admin/program", `{}`).ok()
	w.do("PATCH", "/v1/admin/program", `{"origins":["https://bravo.example"]}`, as(w.secrets["bravo"])...).ok()
	p := w.do("PATCH", "/v1/admin/program", `{"origins":["https://fine.example","*"]}`).problem(400, "invalid_body")
	require.Equal(t, "origins[1]", p.Errors[0].Location)
	w.do("PATCH", "/v1/admin/program", `{"origin":[]}`).problem(400, "invalid_body")

	asks := func(path, origin string) *answer {
		return w.do("OPTIONS", path, "", "Authorization", "", "Origin", origin, "Access-Control-Request-Method", "GET",
			"Access-Control-Request-Headers", "authorization")
	}
	may := asks("/v1/me/progress", shop)
	require.Equal(t, 204, may.status)
	require.Equal(t, shop, may.header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, may.header.Get("Access-Control-Allow-Headers"), "Authorization")
	require.Equal(t, "GET,POST,DELETE", may.header.Get("Access-Control-Allow-Methods"))
	require.Empty(t, may.header.Get("Access-Control-Allow-Credentials"))
	require.Empty(t, asks("/v1/me/progress", elsewhere).header.Get("Access-Control-Allow-Origin"))
	for _, path := range []string{"/v1/members/ann", "/v1/events", "/v1/admin/keys"} {
		other := asks(path, shop)
		require.Equal(t, 204, other.status, path)
		require.Empty(t, other.header.Get("Access-Control-Allow-Origin"), path)
		require.Empty(t, w.get("/v1/leaderboards", "Origin", shop).header.Get("Access-Control-Allow-Origin"))
	}

	ann := as(w.token("ann"))
	w.do("POST", "/v1/me/events", `{"id":"v1","type":"visit"}`, append(ann, "Origin", shop)...).ok()
	seen := w.get("/v1/me/progress", append(ann, "Origin", shop)...).ok()
	require.Equal(t, shop, seen.header.Get("Access-Control-Allow-Origin"))
	require.Contains(t, seen.header.Get("Access-Control-Expose-Headers"), "ETag")
	require.Contains(t, seen.header.Get("Vary"), "Origin")
	wrong := w.get("/v1/me/progress", "Authorization", "Bearer x", "Origin", shop)
	wrong.problem(401, "token_invalid")
	require.Equal(t, shop, wrong.header.Get("Access-Control-Allow-Origin"), "a page can read why")
	before := w.journal()
	for _, origin := range []string{elsewhere, bravos, "null"} {
		w.do("POST", "/v1/me/events", `{"id":"v2","type":"visit"}`, append(ann, "Origin", origin)...).problem(403, "origin_refused")
	}
	require.Equal(t, before, w.journal())
	w.get("/v1/me/progress", ann...).ok()
}

// TestMembersHaveRates: one who taps without end is slowed down, and nobody else is.
func TestMembersHaveRates(t *testing.T) {
	w := newWorld(t, func(o *api.Options) {
		o.Member, o.BadKeys = api.Rate{PerSecond: 1, Burst: 3}, api.Rate{PerSecond: 1, Burst: 3}
	})
	ann, bob := as(w.token("ann")), as(w.token("bob"))
	for range 3 {
		w.get("/v1/me/challenges", ann...).problem(404, "member_unknown")
	}
	a := w.get("/v1/me/challenges", ann...)
	a.problem(429, "rate_limited")
	require.Equal(t, "1", a.header.Get("Retry-After"))
	w.get("/v1/me/challenges", bob...).problem(404, "member_unknown")

	foreign, _, err := must(tokens.NewRing(&settings.Memory{}, w.time)).Mint(tokens.Member{Program: "acme", ID: "ann"}, time.Minute)
	require.NoError(t, err)
	for range 3 {
		w.get("/v1/me", as(foreign)...).problem(401, "token_invalid")
	}
	w.get("/v1/me", as(foreign)...).problem(429, "rate_limited")
	w.get("/v1/me/challenges", bob...).problem(404, "member_unknown")
}
