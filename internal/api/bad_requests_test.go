package api_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
)

var seed = flag.Uint64("seed", 0, "seed of the randomized tests; 0 takes a new one")

// TestBadRequests makes bad requests of the description, for every route: bodies, paths, queries and headers with something wrong in them. None
// of them is a failure of the server or waits, and every refusal says where; the network between reports what was accepted and does not fit.
func TestBadRequests(t *testing.T) {
	from := *seed
	if from == 0 {
		from = rand.Uint64()
	}
	t.Logf("-seed %d", from)
	b := &badRequests{dice: rand.New(rand.NewPCG(from, 1)), program: "acme", known: acmesValues()}
	require.NoError(t, json.Unmarshal(must(api.OpenAPI()), &b.document))
	play := &playClock{}
	b.hooked = newHooked(t, func(o *api.Options) {
		o.Clockwork, o.Member = play, api.Rate{PerSecond: 1e6, Burst: 1e6}
	})
	play.w = b.world
	b.do("POST", "/v1/events", purchase).ok()
	b.do("POST", "/v1/events", visit("v1", "bob")).ok()
	b.create(`{"url":"https://example.com/x"}`)
	b.do("POST", "/v1/members/ann/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c1").ok()
	for _, r := range append(api.Routes(), api.MemberRoutes()...) {
		b.route(t, r)
	}
	require.Equal(t, 201, b.world.bravo("PUT", "/v1/members/bob", `{"fields":{"country":"JP"}}`).status)
	b.sale("s1")
	b.bravo("POST", "/v1/admin/rewards/card/codes", "AAA-1\nAAA-2\n", "Content-Type", "text/plain").ok()
	b.program, b.known = "bravo", bravosValues()
	for _, r := range api.Routes() {
		b.route(t, r)
	}
	require.Greater(t, b.sent, 20_000)
	t.Logf("%d requests, %d refused", b.sent, b.refused)
	b.do("POST", "/v1/events", strings.ReplaceAll(purchase, `"o1"`, `"last"`)).ok() // it is all still there
}

type badRequests struct {
	*hooked
	document specified
	program  string
	known    map[string]any // values of fields by their names
	dice     *rand.Rand
	device   string // ann's token
	sent     int
	told     int64 // of what does not fit
	refused  int
}

// route sends bad requests to a route.
func (b *badRequests) route(t *testing.T, r api.Route) {
	path := api.Shown(r.Path)
	op := b.document.Paths[path][strings.ToLower(r.Method)]
	fill := strings.NewReplacer("{member}", "ann", "{event}", "o1", "{claim}", "c1", "{board}", "by_visits", "{counter}", "thermometer", "{challenge}", "dash",
		"{streak}", "comes", "{reward}", "sticker", "{section}", "rules", "{definition}", "welcome", "{promotion}", "none")
	if b.program == "bravo" {
		fill = strings.NewReplacer("{member}", "bob", "{event}", "s1", "{claim}", "k", "{board}", "top_sellers", "{streak}", "daily", "{reward}", "card",
			"{section}", "promotions", "{definition}", "typhoon", "{promotion}", "typhoon", "{code}", "AAA-1")
	}
	if r.Method == "DELETE" {
		fill = strings.NewReplacer("{member}", "nobody")
	}
	whole := strings.NewReplacer("{", "", "}", "").Replace(fill.Replace(path))
	key := "k" // the same for all of a route, so that few of them are done
	body := ""
	if op.RequestBody != nil {
		for media, content := range op.RequestBody.Content {
			if media != "application/x-ndjson" && !strings.HasSuffix(media, "json") {
				continue
			}
			fits := b.document.sample(b.known, content.Schema, "")
			body = written(fits)
			for _, one := range spoiled(fits, b.dice) {
				b.send(t, r.Method, whole, one, "Content-Type", media, "Idempotency-Key", key)
			}
			if media == "application/cloudevents+json" {
				b.binary(t, r.Method, whole)
			}
		}
		for _, header := range [][]string{{"Content-Type", "text/html"}, {"Content-Type", "application/xml; charset=utf-16"}, {"Content-Type", "application/json; x"},
			{"Content-Type", ";"}, {"Content-Encoding", "gzip"}, {"Content-Encoding", "br, gzip"}, {"Idempotency-Key", strings.Repeat("x", 300)},
			{"Idempotency-Key", "\u202e"}, {"Idempotency-Key", "laurel:me:ann:x"},
			{"If-None-Match", strings.Repeat(`"x",`, 1000)}} {
			b.send(t, r.Method, whole, body, header...)
		}
	} else {
		b.send(t, r.Method, whole, "{", "Content-Type", "application/json")
	}
	for _, p := range op.Parameters {
		if p.Explode {
			p.Name += ".x"
		}
		for _, part := range parts {
			switch p.In {
			case "query":
				if p.Name == "min_seq" && len(part) > 6 { // which is not here yet, and said to be so
					continue
				}
				b.send(t, r.Method, whole+"?"+p.Name+"="+part, body, "Idempotency-Key", key)
				b.send(t, r.Method, whole+"?"+p.Name+"="+part+"&"+p.Name+"=1", body)
			case "path":
				at := fill.Replace(strings.Replace(path, "{"+p.Name+"}", part, 1))
				b.send(t, r.Method, strings.NewReplacer("{", "", "}", "").Replace(at), body, "Idempotency-Key", key)
			}
		}
	}
	for _, query := range []string{"?x=1", "?%00", "?=1", "?a[]=1", "?token=x", "?%FF=%FF", "?" + strings.Repeat("x=1&", 500)} {
		b.send(t, r.Method, whole+query, body)
	}
}

// binary sends CloudEvents in the binary mode.
func (b *badRequests) binary(t *testing.T, method, uri string) {
	data := b.known["data"]
	whole := func(name, value string) []string {
		headers := []string{"ce-specversion", "1.0", "ce-id", "e", "ce-source", "/x", "ce-type", "x." + b.known["type"].(string), "ce-subject",
			b.known["member"].(string), "ce-time", "2026-12-02T11:00:00Z"}
		return append(headers, name, value)
	}
	for _, one := range spoiled(data, b.dice) {
		b.send(t, method, uri, one, whole("Content-Type", "application/json")...)
	}
	for _, name := range []string{"ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-extension"} {
		for _, part := range parts {
			b.send(t, method, uri, written(data), whole(name, part)...)
		}
	}
}

// saysWhere are the codes of refusals of something in the request, which say what.
var saysWhere = map[string]bool{"invalid_json": true, "invalid_event": true, "invalid_body": true, "wrong_parameter": true,
	"key_in_query": true, "unknown_event_type": true}

func (b *badRequests) send(t *testing.T, method, uri, body string, headers ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, b.base, strings.NewReader(body))
	require.NoError(t, err)
	path, query, _ := strings.Cut(uri, "?")
	req.URL.Opaque, req.URL.RawQuery = path, query // as it is
	req.Header.Set("Authorization", "Bearer "+b.secrets[b.program])
	if strings.HasPrefix(uri, "/v1/me") && !strings.HasPrefix(uri, "/v1/members") {
		req.Header.Set("Authorization", "Bearer "+b.devices())
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	sent := func() string { return fmt.Sprintf("%s %s %q\n%.300q", method, uri[:min(len(uri), 300)], headers, body) }
	resp, err := b.client.Do(req)
	require.NoError(t, err, "%s", sent())
	defer resp.Body.Close()
	b.sent++
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		return
	}
	answered, err := io.ReadAll(resp.Body)
	require.NoError(t, err, "%s", sent())
	require.Less(t, resp.StatusCode, 500, "%s\n%s\n%s", sent(), answered, b.log)
	if now := b.misfits.Load(); now > b.told {
		b.told = now
		t.Logf("%s\n%d %.300s", sent(), resp.StatusCode, answered)
		require.Less(t, b.told, int64(30), "this is enough to begin with")
	}
	if resp.StatusCode < 400 {
		return
	}
	b.refused++
	var p problem
	require.NoError(t, json.Unmarshal(answered, &p), "%s", sent())
	if !saysWhere[p.Code] {
		return
	}
	require.NotEmpty(t, p.Errors, "%s\n%s", sent(), answered)
	for _, e := range p.Errors {
		require.NotEmpty(t, e.Location, "%s\n%s", sent(), answered)
		require.NotEmpty(t, e.Message, "%s\n%s", sent(), answered)
	}
}

// devices is a token of ann's.
func (b *badRequests) devices() string {
	if b.device == "" {
		b.device = b.token("ann")
	}
	return b.device
}
