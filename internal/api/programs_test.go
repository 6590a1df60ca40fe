package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/host"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/leaderboards"
)

const shopRuleset = "program: shop\nevents: {buy: {}}\npoints: {stars: {}}\nrules: {buy: {when: buy, give: {stars: 10}}}\n"

const neverTest = `
ruleset: a.yaml
tests:
  - name: never
    steps:
      - event: {type: buy, member: ann}
        at: 2026-12-01T09:00:00Z
        expect: {points: {stars: 1}}
`

// hosted is a world whose programs come and go, without any, and a key of its server.
func hosted(t *testing.T) (w *world, h *host.Host, server []string) {
	quiet := slog.New(slog.DiscardHandler)
	w = newWorld(t, func(o *api.Options) {
		runner, err := jobs.NewRunner(time.Millisecond, quiet)
		require.NoError(t, err)
		endpoints, err := webhook.NewEndpoints(o.Activations.Settings, webhook.Guard{}, time.Now)
		require.NoError(t, err)
		machine := clock.New(clock.VoucherFunc(func(context.Context, time.Time) error { return nil }))
		stores := map[string]engine.Store{}
		data := assembly.Data{Settings: o.Activations.Settings, Full: func() bool { return false },
			Store: func(id string) (engine.Store, error) {
				if stores[id] == nil {
					stores[id] = engine.NewMemory()
				}
				return stores[id], nil
			},
			Drop: func(_ context.Context, id string) error { delete(stores, id); return nil }}
		require.NoError(t, assembly.Resume(t.Context(), machine, data, true))
		h = host.New(host.Options{Runner: runner, Activations: o.Activations, Endpoints: endpoints, Log: quiet,
			Belongings: []host.Belonging{o.Keys, endpoints, o.Tokens, o.Origins},
			Parts: assembly.Parts{Data: data, Machine: machine, Log: quiet,
				Boards: func(engine.Store) leaderboards.Board { return leaderboards.NewMemory() }}})
		runner.Start()
		t.Cleanup(func() { require.NoError(t, h.Close()); require.NoError(t, runner.Stop()) })
		o.Programs, o.Administration, o.Clock = h, h, time.Now
	})
	_, secret := w.key(keys.Request{Name: "server", Scopes: []keys.Scope{keys.Admin}, Live: true})
	return w, h, as(secret)
}

type createdProgram struct {
	api.ProgramStatus
	Key struct{ Secret string }
}

func (a *answer) created() *answer {
	a.t.Helper()
	require.Equal(a.t, 201, a.status, "%s", a.body)
	return a
}

func bodyOf(t *testing.T, fields map[string]any) string {
	t.Helper()
	b, err := json.Marshal(fields)
	require.NoError(t, err)
	return string(b)
}

// A brand is created, paused and removed while the server runs, and another one does not notice.
func TestProgramsComeAndGo(t *testing.T) {
	w, _, server := hosted(t)
	create := func(text string, more ...string) *answer {
		t.Helper()
		return w.do("POST", "/v1/admin/programs", bodyOf(t, map[string]any{"files": map[string]string{"a.yaml": text}, "sandbox": true, "note": "the pilot"}),
			append(server, more...)...)
	}
	var shop, other createdProgram
	create(shopRuleset, "Laurel-Actor", "Ann").created().json(&shop)
	require.Equal(t, api.ProgramRunning, shop.State)
	require.True(t, shop.Sandbox)
	require.Equal(t, "server, for Ann", shop.By)
	w.do("POST", "/v1/admin/programs", bodyOf(t, map[string]any{"files": map[string]string{"b.yaml": "program: other\nevents: {buy: {}}\n"}}),
		server...).created().json(&other)
	require.Contains(t, shop.Key.Secret, "lk_test_")
	require.Contains(t, other.Key.Secret, "lk_live_")
	require.False(t, other.Sandbox)

	buy := func(id string, secret string) *answer {
		t.Helper()
		return w.do("POST", "/v1/events", `{"id":"`+id+`","type":"buy","member":"ann"}`, as(secret)...)
	}
	buy("e1", shop.Key.Secret).ok()
	buy("e1", other.Key.Secret).ok()
	create(shopRuleset).problem(409, "program_exists")
	p := create("program: third\nevents: {buy: {}}\nrules: {r: {when: by, give: {stars: 1}}}\n").problem(422, "invalid_ruleset")
	require.Contains(t, p.Errors[0].Location, "a.yaml:3")
	w.do("POST", "/v1/admin/programs", bodyOf(t, map[string]any{"files": map[string]string{"a.yaml": "program: third\nevents: {buy: {}}\n",
		"a_test.yaml": neverTest}}), server...).problem(422, "tests_failed")

	var list struct{ Data []api.ProgramStatus }
	w.get("/v1/admin/programs", server...).ok().json(&list)
	states := map[string]api.ProgramState{}
	for _, s := range list.Data {
		states[s.Program] = s.State
	}
	require.Equal(t, api.ProgramRunning, states["shop"])
	require.Equal(t, api.ProgramNotServed, states["acme"], "its data is there, and nobody serves it")

	var s api.ProgramStatus
	w.do("POST", "/v1/admin/programs/shop/pause", `{"reason":"the contract has ended"}`, server...).ok().json(&s)
	require.Equal(t, api.ProgramPaused, s.State)
	buy("e2", shop.Key.Secret).problem(503, "program_paused")
	w.get("/v1/members/ann/progress", as(shop.Key.Secret)...).ok().holds(t, `"spendable":10`)
	buy("e2", other.Key.Secret).ok()
	w.get("/v1/admin/programs/shop", server...).ok().holds(t, "the contract has ended")
	w.do("POST", "/v1/admin/programs/shop/resume", `{}`, server...).ok()
	buy("e2", shop.Key.Secret).ok()
	var key struct{ Secret string }
	w.do("POST", "/v1/admin/programs/shop/keys", `{"name":"again","scopes":["events:write"]}`, server...).created().json(&key)
	buy("e3", key.Secret).ok()

	w.do("DELETE", "/v1/admin/programs/shop", "", server...).problem(400, "wrong_parameter")
	buy("e4", shop.Key.Secret).ok()
	w.do("DELETE", "/v1/admin/programs/shop?confirm=shop", "", server...).ok()
	buy("e5", shop.Key.Secret).problem(401, "key_unknown")
	w.get("/v1/admin/programs/shop", server...).problem(404, "not_found")
	for _, call := range [][2]string{{"DELETE", "?confirm=shop"}, {"POST", "/pause"}, {"POST", "/resume"}, {"POST", "/keys"}} {
		text := map[string]string{"/keys": `{"name":"a","scopes":["admin"]}`, "/pause": "{}", "/resume": "{}"}[call[1]]
		w.do(call[0], "/v1/admin/programs/shop"+call[1], text, server...).problem(404, "not_found")
	}
	buy("e5", other.Key.Secret).ok()
	create(shopRuleset).created().json(&shop)
	w.get("/v1/members/ann/progress", as(shop.Key.Secret)...).problem(404, "member_unknown")
	rows, _, err := w.kept.List("")
	require.NoError(t, err)
	of := 0
	for _, r := range rows {
		if r.Key == "programs/shop" || r.Key == "secret/shop" {
			of++
		}
	}
	require.Equal(t, 2, of, "the new one has rows of its own")
}

// Keys of the server are good for its programs, and keys of programs are not.
func TestKeysOfTheServer(t *testing.T) {
	w, h, server := hosted(t)
	_, err := h.Create(api.NewProgram{Files: map[string]string{"a.yaml": shopRuleset}})
	require.NoError(t, err)
	_, program := w.key(keys.Request{Program: "shop", Name: "all", Scopes: keys.Scopes()})
	for _, r := range api.ServerRoutes() {
		path := api.Shown(r.Path)
		t.Run(r.Method+" "+path, func(t *testing.T) {
			w.t = t
			require.Contains(t, w.do(r.Method, r.Path, "", as(program)...).problem(403, "scope_missing").Detail, "server-key")
		})
		w.t = t
		w.do(r.Method, r.Path, "", "Authorization", "").problem(401, "key_missing")
	}
	for _, r := range api.Routes() {
		if r.Path == "/v1/admin/audit" || r.Path == "/v1/admin/keys" || r.Path == "/v1/admin/keys/:key" {
			continue
		}
		require.Contains(t, w.do(r.Method, r.Path, "", server...).problem(403, "scope_missing").Detail, "key of the server", r.Path)
	}
	w.do("POST", "/v1/admin/keys", `{"name":"second","scopes":["admin","events:read"]}`, server...).problem(400, "invalid_body")
	var made struct{ ID, Secret string }
	w.do("POST", "/v1/admin/keys", `{"name":"second","scopes":["admin"],"live":true}`, server...).created().json(&made)
	w.get("/v1/admin/programs", as(made.Secret)...).ok()
	require.NotContains(t, string(w.get("/v1/admin/keys", server...).ok().body), `"all"`)
	w.do("DELETE", "/v1/admin/keys/"+made.ID, "", server...).ok()
	w.get("/v1/admin/programs", as(made.Secret)...).problem(401, "key_revoked")
	log := string(w.get("/v1/admin/audit", server...).ok().body)
	require.Contains(t, log, `"action":"key.revoke"`)
	require.NotContains(t, log, made.Secret[16:])
}

// What was created is served again by the next process, and what was paused stays so.
func TestProgramsAreServedAgain(t *testing.T) {
	w, h, server := hosted(t)
	var shop createdProgram
	w.do("POST", "/v1/admin/programs", bodyOf(t, map[string]any{"files": map[string]string{"a.yaml": shopRuleset}}), server...).created().json(&shop)
	w.do("POST", "/v1/admin/programs/shop/pause", `{}`, server...).ok()
	require.NoError(t, h.Remove("shop"))
	again, err := h.Created(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.NoError(t, h.Add(again[0]))
	w.do("POST", "/v1/events", `{"id":"e1","type":"buy","member":"ann"}`, as(shop.Key.Secret)...).problem(503, "program_paused")
	w.do("POST", "/v1/admin/programs/shop/resume", `{}`, server...).ok()
	w.do("POST", "/v1/events", `{"id":"e1","type":"buy","member":"ann"}`, as(shop.Key.Secret)...).ok()

	again, err = h.Created(t.Context(), again)
	require.NoError(t, err)
	require.Empty(t, again, "a file says it now")
}
