package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/keys"
)

func TestKeys(t *testing.T) {
	w := newWorld(t)
	revoked, revokedSecret := w.key(keys.Request{Program: "acme", Name: "revoked", Scopes: keys.Scopes()})
	_, err := w.ring.Revoke("acme", revoked.ID)
	require.NoError(t, err)
	_, expiredSecret := w.key(keys.Request{Program: "acme", Name: "expired", Scopes: keys.Scopes(), Expires: w.time().Add(time.Hour)})
	_, elsewhere := w.key(keys.Request{Program: "nowhere", Name: "elsewhere", Scopes: keys.Scopes()})
	_, nextDoor := w.key(keys.Request{Program: "next_door", Name: "elsewhere", Scopes: keys.Scopes()})
	w.advance(time.Hour)
	good := w.secrets["acme"]
	before := w.journal()
	for name, c := range map[string]struct {
		path    string
		headers []string
		status  int
		code    string
	}{
		"no key":                      {"/v1/events", []string{"Authorization", ""}, 401, "key_missing"},
		"another scheme":              {"/v1/events", []string{"Authorization", "Basic " + good}, 401, "key_missing"},
		"the key alone":               {"/v1/events", []string{"Authorization", good}, 401, "key_missing"},
		"an empty key":                {"/v1/events", []string{"Authorization", "Bearer "}, 401, "key_missing"},
		"an unknown key":              {"/v1/events", as("lk_test_" + strings.Repeat("a", 43)), 401, "key_unknown"},
		"a key with one change":       {"/v1/events", as(good[:len(good)-1] + string(good[len(good)-1]^1)), 401, "key_unknown"},
		"a live key of a test one":    {"/v1/events", as(strings.Replace(good, "lk_test_", "lk_live_", 1)), 401, "key_unknown"},
		"a key cut short":             {"/v1/events", as(good[:20]), 401, "key_unknown"},
		"a key and a space":           {"/v1/events", as(" " + good), 401, "key_unknown"},
		"a key of 6 kB":               {"/v1/events", as("lk_live_" + strings.Repeat("a", 6000)), 401, "key_unknown"},
		"a JWT of dots":               {"/v1/events", as(strings.Repeat(".", 6000)), 401, "key_unknown"},
		"a revoked key":               {"/v1/events", as(revokedSecret), 401, "key_revoked"},
		"an expired key":              {"/v1/events", as(expiredSecret), 401, "key_expired"},
		"a program that is not here":  {"/v1/events", as(elsewhere), 503, "unavailable"},
		"a program that is next door": {"/v1/events", as(nextDoor), 503, "unavailable"},
		"a key in the query":          {"/v1/events?key=" + good, nil, 400, "key_in_query"},
		"a key alone in the query":    {"/v1/events?access_token=" + good, []string{"Authorization", ""}, 400, "key_in_query"},
		"a key in another parameter":  {"/v1/events?dry_run=" + good, nil, 400, "key_in_query"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			a := w.do("POST", c.path, purchase, c.headers...)
			a.problem(c.status, c.code)
			if c.status == 401 {
				require.Equal(t, "Bearer", a.header.Get("WWW-Authenticate"))
			}
			require.NotContains(t, string(a.body), "lk_live_a")
			require.NotContains(t, string(a.body), good[8:])
		})
	}
	w.t = t
	require.Equal(t, before, w.journal())
	require.NotContains(t, w.log.String(), "lk_")
	w.do("POST", "/v1/events", purchase, "X-Program", "bravo", "Cookie", "key="+elsewhere).ok()
	w.get("/v1/members/ann", as(w.secrets["bravo"])...).problem(404, "member_unknown")
}

// TestScopes asks for every route with every scope: one of them opens it, all others do not. No route is open without.
func TestScopes(t *testing.T) {
	w := newWorld(t)
	secrets := map[keys.Scope]string{}
	for _, s := range keys.Scopes() {
		_, secrets[s] = w.key(keys.Request{Program: "acme", Name: string(s), Scopes: []keys.Scope{s}})
	}
	before := w.journal()
	for _, r := range api.Routes() {
		path := strings.NewReplacer(":event", "none", ":member", "none", ":board", "none", ":challenge", "none", ":counter", "none", ":key", "none").Replace(r.Path)
		t.Run(r.Method+" "+r.Path, func(t *testing.T) {
			w.t = t
			body := ""
			if r.Body > 0 {
				body = "x" // nothing that anything could be made of
			}
			require.True(t, r.Scope.Valid() || r.Path == "/v1/stream", "a stream needs the scopes of its topics: TestStreamsThatAreRefused")
			for _, s := range keys.Scopes() {
				if r.Scope == "" {
					break
				}
				a := w.do(r.Method, path, body, as(secrets[s])...)
				if s != r.Scope {
					p := a.problem(403, "scope_missing")
					require.Contains(t, p.Detail, string(r.Scope))
					require.Contains(t, p.Detail, keys.Operator, "it says who may")
					continue
				}
				require.NotContains(t, []int{401, 403, 405, 500}, a.status, "%s", a.body)
			}
			w.do(r.Method, path, body, "Authorization", "").problem(401, "key_missing")
		})
	}
	w.t = t
	require.LessOrEqual(t, w.journal(), before)
}

func TestKeyAdministration(t *testing.T) {
	w := newWorld(t)
	type created struct {
		keys.Key
		Secret string `json:"secret"`
	}
	create := func(body string) created {
		a := w.do("POST", "/v1/admin/keys", body)
		require.Equal(t, 201, a.status, "%s", a.body)
		require.Equal(t, "no-store", a.header.Get("Cache-Control"))
		require.NotContains(t, string(a.body), "sha256")
		var c created
		a.json(&c)
		return c
	}
	first := create(`{"name":"till","scopes":["events:write","events:write"],"live":true,"expires_at":"2027-01-01T00:00:00+01:00"}`)
	require.Regexp(t, `^lk_live_[0-9A-Za-z]{43}$`, first.Secret)
	require.Equal(t, first.Secret[8:16], first.ID)
	require.Equal(t, "acme", first.Program)
	require.Equal(t, []keys.Scope{"events:write"}, first.Scopes)
	require.Equal(t, "2026-12-31T23:00:00Z", first.Expires.Format(time.RFC3339))
	w.do("POST", "/v1/events", purchase, as(first.Secret)...).ok()

	second := create(`{"name":"till","scopes":["events:write"]}`)
	w.do("POST", "/v1/events", purchase, as(first.Secret)...).ok()
	w.do("POST", "/v1/events", purchase, as(second.Secret)...).ok()
	w.do("POST", "/v1/admin/keys", `{"name":"till","scopes":["events:write"]}`).problem(409, "too_many_keys")

	list := string(w.get("/v1/admin/keys").ok().body)
	require.Contains(t, list, first.ID)
	require.NotContains(t, list, first.Secret)
	require.NotContains(t, list, "sha256")

	support := create(`{"name":"desk","role":"support"}`)
	require.Equal(t, "support", support.Role)
	require.Contains(t, support.Scopes, keys.PointsAdjust)
	both := w.do("POST", "/v1/admin/keys", `{"name":"desk 2","role":"support","scopes":["events:write"]}`).problem(400, "invalid_body")
	require.Equal(t, "role", both.Errors[0].Location)
	unknown := w.do("POST", "/v1/admin/keys", `{"name":"desk 2","role":"suport"}`).problem(400, "invalid_body")
	require.Equal(t, "did you mean support?", unknown.Errors[0].Suggestion)

	missing := w.do("DELETE", "/v1/admin/keys/zzzzzzzz", "").problem(404, "not_found")
	foreign := w.do("DELETE", "/v1/admin/keys/"+first.ID, "", as(w.secrets["bravo"])...).problem(404, "not_found")
	missing.RequestID, foreign.RequestID = "", ""
	require.Equal(t, missing, foreign)
	require.NotContains(t, string(w.get("/v1/admin/keys", as(w.secrets["bravo"])...).ok().body), first.ID)

	w.do("DELETE", "/v1/admin/keys/"+first.ID, "").ok()
	again := w.do("DELETE", "/v1/admin/keys/"+first.ID, "").ok()
	require.Contains(t, string(again.body), "revoked_at")
	w.do("POST", "/v1/events", purchase, as(first.Secret)...).problem(401, "key_revoked")
	w.do("POST", "/v1/events", purchase, as(second.Secret)...).ok()
}

// A key that another one has replaced goes on, and those who run the server see that it is still used.
func TestUsesOfAReplacedKeyAreReported(t *testing.T) {
	w := newWorld(t)
	old, oldSecret := w.key(keys.Request{Program: "acme", Name: "till", Role: "till"})
	w.get("/v1/rewards", as(oldSecret)...).ok()
	require.NotContains(t, w.log.String(), "replaced")
	w.advance(time.Minute)
	young, youngSecret := w.key(keys.Request{Program: "acme", Name: "till", Role: "till"})
	w.get("/v1/rewards", as(youngSecret)...).ok()
	require.NotContains(t, w.log.String(), "replaced")
	w.advance(time.Hour)
	for range 3 {
		w.get("/v1/rewards", as(oldSecret)...).ok()
	}
	require.Equal(t, 1, strings.Count(w.log.String(), "replaced_by="+young.ID), "once a minute")
	require.Contains(t, string(w.operator("/metrics").ok().body), `laurel_replaced_key_requests_total{program="acme"} 3`)
	shown := func() map[string][2]string {
		var page struct {
			Data []struct {
				ID         string
				LastUsed   string `json:"last_used"`
				ReplacedBy string `json:"replaced_by"`
			}
		}
		w.get("/v1/admin/keys").ok().json(&page)
		list := map[string][2]string{}
		for _, k := range page.Data {
			list[k.ID] = [2]string{k.LastUsed, k.ReplacedBy}
		}
		return list
	}
	require.Equal(t, [2]string{"2026-12-02T13:00:00Z", young.ID}, shown()[old.ID])
	require.Equal(t, [2]string{"2026-12-02T12:00:00Z", ""}, shown()[young.ID])
	require.NoError(t, w.ring.KeepUses())
	revision, err := w.kept.Revision()
	require.NoError(t, err)
	w.get("/v1/rewards", as(oldSecret)...).ok()
	require.NoError(t, w.ring.KeepUses())
	again, err := w.kept.Revision()
	require.NoError(t, err)
	require.Equal(t, revision, again, "it is written once an hour")
	ring, err := keys.NewRing(w.kept, w.time)
	require.NoError(t, err)
	require.Equal(t, "2026-12-02T13:00:00Z", ring.LastUsed(ring.List("acme")[1]).Format(time.RFC3339), "after a restart too")
}

func TestRates(t *testing.T) {
	w := newWorld(t, func(o *api.Options) {
		o.Rate = api.Rate{PerSecond: 10, Burst: 20}
		o.BadKeys = api.Rate{PerSecond: 1, Burst: 5}
	})
	for range 20 {
		w.get("/v1/leaderboards").ok()
	}
	a := w.get("/v1/leaderboards")
	a.problem(429, "rate_limited")
	require.Equal(t, "1", a.header.Get("Retry-After"))
	w.get("/v1/leaderboards", as(w.secrets["bravo"])...).ok()

	w.advance(time.Second)
	for range 10 {
		w.get("/v1/leaderboards").ok()
	}
	w.get("/v1/leaderboards").problem(429, "rate_limited")

	w.advance(time.Hour)
	before := w.journal()
	lines := strings.Repeat(purchase+"\n", 21)
	a = w.do("POST", "/v1/events/batch", lines, "Content-Type", "application/x-ndjson")
	a.problem(429, "rate_limited")
	require.Equal(t, before, w.journal(), "a batch counts its events, and is taken whole or not at all")

	bad := as("lk_live_" + strings.Repeat("x", 43))
	for range 5 {
		w.get("/v1/leaderboards", bad...).problem(401, "key_unknown")
	}
	w.get("/v1/leaderboards", bad...).problem(429, "rate_limited")
	w.get("/v1/leaderboards", append(bad, "X-Forwarded-For", "1.2.3.4", "X-Real-Ip", "1.2.3.4")...).problem(429, "rate_limited")
	w.get("/v1/leaderboards").ok() // a good key from the same address
	w.advance(time.Second)
	w.get("/v1/leaderboards", bad...).problem(401, "key_unknown")
}

// Who has more addresses than are remembered does not make the tries of another one be forgotten, as long as that one goes on.
func TestAddressesAreForgottenOldestFirst(t *testing.T) {
	a := api.NewAddresses(api.Rate{PerSecond: 1, Burst: 3})
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for range 3 {
		require.Zero(t, a("one", now))
	}
	for n := range 25_000 {
		require.Zero(t, a(fmt.Sprint("other ", n), now))
		if n%5000 == 0 {
			require.Positive(t, a("one", now), "it is still too fast")
		}
	}
	require.Zero(t, a("other 100", now), "forgotten, and begins anew")
}
