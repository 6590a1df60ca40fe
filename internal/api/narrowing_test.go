package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/keys"
)

// ofNarrowed are the scopes that a narrowed key may have.
var ofNarrowed = []keys.Scope{keys.EventsWrite, keys.EventsRead, keys.EventsReverse, keys.EventsImport, keys.LeaderboardsRead}

// narrowed is a narrowed key with every scope that it may have.
func (w *world) narrowed(name, partner string, types ...string) string {
	q := keys.Request{Program: "acme", Name: name, Partner: partner, EventTypes: types}
	for _, s := range keys.Scopes() {
		if slices.Contains(ofNarrowed, s) {
			q.Scopes = append(q.Scopes, s)
		}
	}
	_, secret := w.key(q)
	return secret
}

// sale is a purchase whose order no answer to others may tell of.
func sale(id, order string) string {
	return fmt.Sprintf(`{"id":%q,"type":"purchase","member":"ann","time":"2026-12-02T11:00:00Z","data":{"order_id":%q,"amount":10}}`, id, order)
}

// TestAKeyNarrowedToTypes sends, reads and reverses one type of events on every path, and no other.
func TestAKeyNarrowedToTypes(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", sale("shop", "theirs")).ok()
	narrow := as(w.narrowed("door", "", "visit"))
	before := w.journal()
	for name, c := range sendings(w) {
		t.Run(name, func(t *testing.T) {
			w.t = t
			a := c(sale("x-"+name, "x"), narrow)
			require.Contains(t, string(a.body), "key_narrowed", name)
			require.Equal(t, before, w.journal(), name)
		})
	}
	w.t = t
	p := w.do("POST", "/v1/events", sale("x", "x"), narrow...).problem(403, "key_narrowed")
	require.Contains(t, p.Detail, "visit", "it says what the key is for")
	w.do("POST", "/v1/events", visit("v1", "ann"), narrow...).ok()
	w.get("/v1/events/v1", narrow...).ok()
	w.get("/v1/events/v1/explain", narrow...).ok()
	w.nothingOf(narrow, "theirs", "shop")
	w.do("POST", "/v1/events/v1/void", "", narrow...).ok()
}

// TestAPartnersKey is one of another company: events of the brand, and of other partners, are not there for it.
func TestAPartnersKey(t *testing.T) {
	w := newWorld(t)
	bakery, other := as(w.narrowed("bakery", "bakery", "purchase")), as(w.narrowed("florist", "florist"))
	w.do("POST", "/v1/events", sale("shop", "theirs")).ok()
	w.do("POST", "/v1/events", sale("flowers", "theirs"), other...).ok()
	w.do("POST", "/v1/events", visit("v1", "ann"), bakery...).problem(403, "key_narrowed")
	w.nothingOf(bakery, "theirs", "shop", "flowers")
	for _, id := range []string{"shop", "flowers"} { // the same body would be answered with what came of it
		w.do("POST", "/v1/events", sale(id, "theirs"), bakery...).problem(409, "event_conflict")
		w.do("POST", "/v1/events?dry_run=true", sale(id, "theirs"), bakery...).problem(409, "event_conflict")
	}

	for name, c := range sendings(w) {
		t.Run(name, func(t *testing.T) {
			w.t = t
			id := "mine-" + strings.ReplaceAll(name, " ", "-")
			a := c(sale(id, "mine"), bakery)
			require.NotContains(t, string(a.body), "key_narrowed")
			if name == "CloudEvents" || name == "CloudEvents, many" {
				id = "till|" + id
			}
			if name == "dry run" {
				return
			}
			var rec struct {
				By struct{ Partner string }
			}
			w.get("/v1/events/"+id, bakery...).ok().json(&rec)
			require.Equal(t, "bakery", rec.By.Partner)
			w.get("/v1/events/"+id, other...).problem(404, "not_found")
			require.NotContains(t, string(w.get("/v1/events/"+id+"/explain", bakery...).ok().body), `"after"`)
			w.do("POST", "/v1/events/"+id+"/amend", `{"data":{"amount":3}}`, other...).problem(404, "unknown_event")
			w.do("POST", "/v1/events/"+id+"/amend", `{"data":{"amount":3}}`, bakery...).ok()
			w.do("POST", "/v1/events/"+id+"/void", "", bakery...).ok()
			again := c(sale(id, "mine"), other) // as CloudEvent under another id
			require.NotContains(t, string(again.body), `"duplicate":true`)
		})
	}
	w.t = t
	list := string(w.get("/v1/events", bakery...).ok().body)
	require.Contains(t, list, "mine")
	require.Contains(t, list, "event.void", "what it has reversed")
	require.NotContains(t, list, "theirs")
	require.Contains(t, string(w.get("/v1/events").ok().body), `"partner":"bakery"`)
}

// sendings are all ways in for one event.
func sendings(w *world) map[string]func(body string, as []string) *answer {
	cloud := func(body string) string {
		return strings.NewReplacer(`"type":`, `"specversion":"1.0","source":"till","type":`, `"member":`, `"subject":`).Replace(body)
	}
	send := func(path, media string, wrap func(string) string) func(string, []string) *answer {
		return func(body string, as []string) *answer {
			return w.do("POST", path, wrap(body), append(as, "Content-Type", media)...)
		}
	}
	same := func(body string) string { return body }
	list := func(body string) string { return "[" + body + "]" }
	return map[string]func(string, []string) *answer{
		"single":            send("/v1/events", "application/json", same),
		"dry run":           send("/v1/events?dry_run=true", "application/json", same),
		"batch":             send("/v1/events/batch", "application/json", list),
		"lines":             send("/v1/events/batch", "application/x-ndjson", same),
		"import":            send("/v1/imports", "application/x-ndjson", same),
		"CloudEvents":       send("/v1/events", "application/cloudevents+json", cloud),
		"CloudEvents, many": send("/v1/events/batch", "application/cloudevents-batch+json", func(b string) string { return list(cloud(b)) }),
	}
}

// nothingOf asks every route with a narrowed key about events that are not there for it. No answer tells of them, and nothing changes.
func (w *world) nothingOf(narrow []string, secret string, events ...string) {
	w.t.Helper()
	before := w.journal()
	for _, id := range events {
		for _, r := range api.Routes() {
			if !strings.Contains(r.Path, ":event") && (r.Method != "GET" || strings.HasSuffix(r.Path, "/stream")) {
				continue
			}
			path := strings.NewReplacer(":event", id, ":member", "ann", ":board", "top_spenders", ":reward", "sticker", ":challenge", "dash", ":streak", "comes",
				":counter", "thermometer", ":section", "rules", ":definition", "per_euro", ":version", "1", ":to", "1").Replace(r.Path)
			body := ""
			if strings.HasSuffix(path, "/amend") {
				body = `{"data":{"amount":1}}`
			}
			a := w.do(r.Method, path, body, narrow...)
			require.NotContains(w.t, string(a.body), secret, path)
			if strings.Contains(r.Path, ":event") {
				require.Equal(w.t, 404, a.status, "%s %s: %s", r.Method, path, a.body)
			}
			if r.Scope != "" && !slices.Contains(ofNarrowed, r.Scope) {
				require.Equal(w.t, 403, a.status, path)
			}
		}
	}
	require.NotContains(w.t, string(w.get("/v1/events?member=ann", narrow...).ok().body), secret)
	r := &reader{t: w.t, key: strings.TrimPrefix(narrow[1], "Bearer "), last: "0"}
	_, err := r.follow(w.base + "/v1/stream?events=true&after=0")
	require.NoError(w.t, err)
	defer r.cancel()
	require.Equal(w.t, before, w.journal(), "nothing has changed")
	w.do("POST", "/v1/events", `{"id":"last-`+secret+events[0]+`","type":"visit","member":"bob"}`, narrow...) // after which the stream has passed them
	if m, ok := r.first(); ok {
		require.NotContains(w.t, m.data, secret)
	}
}

// first is the first message of a stream that comes within a moment.
func (r *reader) first() (m message, ok bool) {
	for r.body.Scan() {
		switch text := r.body.Text(); {
		case strings.HasPrefix(text, "data: "):
			return message{data: text[6:]}, true
		case strings.HasPrefix(text, ": still here"):
			return message{}, false
		}
	}
	return message{}, false
}

func TestNarrowingOfKeys(t *testing.T) {
	w := newWorld(t)
	for body, where := range map[string]string{
		`{"name":"a","role":"partner"}`:                                             "partner",
		`{"name":"a","role":"partner","partner":"The Bakery"}`:                      "partner",
		`{"name":"a","role":"app","event_types":["visit"]}`:                         "scopes",
		`{"name":"a","scopes":["events:read","admin"],"partner":"bakery"}`:          "scopes",
		`{"name":"a","role":"till","event_types":["visit","purchas"]}`:              "event_types[1]",
		`{"name":"a","role":"till","event_types":"visit"}`:                          "event_types",
		`{"name":"a","role":"partner","partner":"bakery","event_types":["vi sit"]}`: "event_types[0]",
	} {
		require.Equal(t, where, w.do("POST", "/v1/admin/keys", body).problem(400, "invalid_body").Errors[0].Location, body)
	}
	a := w.do("POST", "/v1/admin/keys", `{"name":"a","role":"partner","partner":"bakery","event_types":["visit","purchase","visit"]}`)
	require.Equal(t, 201, a.status, "%s", a.body)
	require.Contains(t, string(a.body), `"event_types":["purchase","visit"],"partner":"bakery"`)
	require.Contains(t, string(w.get("/v1/admin/keys").ok().body), `"partner":"bakery"`)
}
