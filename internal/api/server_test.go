package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/stats"
	"github.com/laurel-engine/laurel/internal/tokens"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

const acmeRuleset = `
program: acme
client_events: [visit]
currency: EUR
timezone: Europe/Berlin
member:
  birthday?: date
  level?: integer
events:
  purchase:
    order_id: text
    amount: money
    note?: text
    made_at?: time
    friend?: member
    gift?: boolean
    pieces?: integer
    weight?: number
    on_day?: date
    items?: [{sku: text, qty: integer}]
  visit:
    store?: text
  parcel:
    worth: integer
points:
  stars:
    expire: 12 months after earning
rules:
  shipped:
    when: parcel
    pending: 14 days
    give: {stars: event.worth}
  per_euro:
    when: purchase
    give: {stars: event.amount * 2}
  welcome:
    when: joined
    give: {stars: 5}
counters:
  spent:
    when: purchase
    add: event.amount
    every: week
  thermometer:
    when: purchase
    add: event.amount
    by: everyone
    public: true
  visits:
    when: visit
streaks:
  comes: {when: visit, every: week, join: opt_in}
rewards:
  sticker: {cost: {stars: 5}}
challenges:
  dash:
    title: Spend sixty
    join: opt_in
    when: purchase
    add: event.amount
    goal: 60
    give: {stars: 100}
leaderboards:
  top_spenders:
    counter: spent
  by_visits:
    counter: visits
`

const bravoRuleset = `
program: bravo
currency: JPY
timezone: Asia/Tokyo
member:
  country: text
events:
  purchase:
    order_id: text
    amount: money
  sale:
    amount: number
points:
  miles: {}
rules:
  per_yen:
    when: sale
    give: {miles: event.amount}
  typhoon:
    when: sale
    during: typhoon
    give: {miles: 1000}
promotions:
  typhoon: {title: A typhoon, on_call: true, open_for: 2 hours}
  spring: {during: 2027-03-01 to 2027-05-31}
counters:
  sold:
    when: sale
    add: event.amount
leaderboards:
  top_sellers:
    counter: sold
rewards:
  tea: {cost: {miles: 100}}
  donation: {cost: {miles: 10 or more}, limit: 1 per day}
  secret: {hidden: true, cost: {miles: 1}}
  card: {title: A gift card, cost: {miles: 1}, codes: pool}
streaks:
  daily: {when: sale, every: day, freeze: {hold: 1, cost: {miles: 20}}, repair: {within: 48 hours, cost: {miles: 30}}, goal: 30, give: {miles: 1}}
`

// failing is a store that can be told to stop committing.
type failing struct {
	*engine.Memory
	broken atomic.Bool
	stalls atomic.Pointer[chan struct{}] // until it is closed
}

func (f *failing) Commit(b *engine.Batch) error {
	if stalls := f.stalls.Load(); stalls != nil {
		<-*stalls
	}
	if f.broken.Load() {
		return errors.New("the disk is full")
	}
	return f.Memory.Commit(b)
}

// here are programs that run in this process; others run on a node next door.
type here map[string]*api.Local

func (h here) Local(id string) *api.Local { return h[id] }

func (h here) Owner(id string) string {
	if id == "next_door" {
		return "10.0.0.2:7000"
	}
	return ""
}

func (h here) Locals() []string { return slices.Sorted(maps.Keys(h)) }

// world is a server with two programs, and a client.
type world struct {
	t         *testing.T
	options   api.Options
	server    *api.Server
	shutdown  func()
	base      string
	operators string
	client    *http.Client
	ring      *keys.Ring
	tokens    *tokens.Ring
	origins   *tokens.Origins
	log       *bytes.Buffer
	clock     atomic.Int64 // microseconds
	stores    map[string]*failing
	programs  here
	misfits   atomic.Int64
	secrets   map[string]string // of a key with every scope, by program
	kept      *settings.Memory  // what is set at run time
}

var noon = must(calendar.ParseInstant("2026-12-02T12:00:00Z"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newWorld(t *testing.T, change ...func(*api.Options)) *world {
	t.Helper()
	w := &world{t: t, log: &bytes.Buffer{}, stores: map[string]*failing{}, programs: here{}, secrets: map[string]string{}}
	network := &http.Transport{MaxIdleConnsPerHost: 64}
	w.client = &http.Client{Transport: &listeners{w, network, described.Transport(network, w.misfit)}}
	w.clock.Store(int64(noon))
	kept := &settings.Memory{}
	w.kept = kept
	w.ring, w.tokens, w.origins = must(keys.NewRing(kept, w.time)), must(tokens.NewRing(kept, w.time)), must(tokens.NewOrigins(kept))
	for id, text := range map[string]string{"acme": acmeRuleset, "bravo": bravoRuleset} {
		w.programs[id] = w.local(id, text)
		_, w.secrets[id] = w.key(keys.Request{Program: id, Name: "all", Scopes: keys.Scopes()})
	}
	o := api.Options{Activations: &activation.Manager{Settings: kept, Log: slog.New(slog.DiscardHandler)}, Programs: w.programs,
		Keys: w.ring, Tokens: w.tokens, Origins: w.origins, Clock: w.time,
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Version: "test", Settings: kept}
	for _, f := range change {
		f(&o)
	}
	w.options = o
	w.serve()
	return w
}

// listeners are the network to the two listeners, of which the operators' is not described.
type listeners struct {
	w       *world
	network *http.Transport
	public  http.RoundTripper
}

func (l *listeners) RoundTrip(r *http.Request) (*http.Response, error) {
	if "http://"+r.URL.Host == l.w.operators {
		return l.network.RoundTrip(r)
	}
	return l.public.RoundTrip(r)
}

func (l *listeners) CloseIdleConnections() { l.network.CloseIdleConnections() }

// misfit is told of what does not fit the description of the API.
func (w *world) misfit(err error) {
	w.misfits.Add(1)
	w.t.Errorf("%v", err)
}

func (w *world) serve() {
	w.server = api.New(w.options)
	w.base = "http://" + w.listen(w.server.Serve)
	w.operators = "http://" + w.listen(w.server.ServeOperators)
	server := w.server
	w.shutdown = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		w.client.CloseIdleConnections()
		require.NoError(w.t, server.Shutdown(ctx))
	})
	w.t.Cleanup(w.shutdown)
}

// restartServer is another server over the same programs, elsewhere.
func (w *world) restartServer() {
	w.shutdown()
	w.serve()
}

func (w *world) listen(serve func(net.Listener) error) (address string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	done := make(chan error, 1)
	go func() { done <- serve(ln) }()
	w.t.Cleanup(func() { require.NoError(w.t, <-done) })
	return ln.Addr().String()
}

func (w *world) time() time.Time { return calendar.Instant(w.clock.Load()).Time() }

func (w *world) advance(d time.Duration) { w.clock.Add(d.Microseconds()) }

// local is a program that is served, with its statistics.
func (w *world) local(id, ruleset string) *api.Local {
	p := w.open(id, ruleset)
	follower := stats.Follow(p, slog.New(slog.DiscardHandler))
	w.t.Cleanup(follower.Stop)
	return &api.Local{Program: p, Statistics: follower}
}

func (w *world) open(id, ruleset string) *program.Program {
	compiled, diagnostics := rulesets.Parse(id+".yaml", []byte(ruleset))
	require.False(w.t, diagnostics.HasErrors(), diagnostics.Error())
	w.stores[id] = &failing{Memory: engine.NewMemory()}
	boards := leaderboards.NewMemory()
	sources := map[string]string{id + ".yaml": ruleset}
	versions, err := program.Versions(w.kept, compiled.Ruleset, program.Text{Files: sources}, noon, program.Compiler{Compile: assembly.Ruleset})
	require.NoError(w.t, err)
	versions[0].From = 0 // events of the past are sent too
	p, err := program.Open(program.Options{Store: w.stores[id], Versions: versions,
		Sources: sources, Boards: boards, Ranks: boards, Now: func() calendar.Instant { return calendar.Instant(w.clock.Load()) }})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = p.Close() })
	return p
}

func (w *world) key(q keys.Request) (*keys.Key, string) {
	k, secret, err := w.ring.Create(q)
	require.NoError(w.t, err)
	return k, secret
}

// journal is how many events are in the journals of all programs, decided or durable.
func (w *world) journal() (n uint64) {
	for _, l := range w.programs {
		require.NoError(w.t, l.Program.Settled())
		n += l.Program.Durable()
	}
	return n
}

// answer is what the server said.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

func (a *answer) json(into any) {
	a.t.Helper()
	require.NoError(a.t, json.Unmarshal(a.body, into), "%s", a.body)
}

func (a *answer) ok() *answer {
	a.t.Helper()
	require.Equal(a.t, http.StatusOK, a.status, "%s", a.body)
	return a
}

// problem is an error as clients read it.
type problem struct {
	Type, Title, Code, Detail string
	Status                    int
	RequestID                 string `json:"request_id"`
	Errors                    []event.FieldError
}

// problem checks that the answer is one, with this status and code.
func (a *answer) problem(status int, code string) problem {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.body)
	require.Equal(a.t, "application/problem+json", a.header.Get("Content-Type"))
	var p problem
	a.json(&p)
	require.Equal(a.t, code, p.Code, "%s", a.body)
	require.Equal(a.t, status, p.Status)
	require.Equal(a.t, http.StatusText(status), p.Title)
	require.Equal(a.t, "urn:laurel:problem:"+code, p.Type)
	require.NotEmpty(a.t, p.Detail)
	require.Equal(a.t, a.header.Get("X-Request-Id"), p.RequestID)
	require.NotEmpty(a.t, p.RequestID)
	return p
}

// do sends a request of acme with a key of all scopes; headers are name, value, name, value, and "" takes one away.
func (w *world) do(method, path, body string, headers ...string) *answer {
	w.t.Helper()
	req, err := http.NewRequest(method, w.base+path, strings.NewReader(body))
	require.NoError(w.t, err)
	req.Header.Set("Authorization", "Bearer "+w.secrets["acme"])
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Del(pair[0])
		if pair[1] != "" {
			req.Header.Set(pair[0], pair[1])
		}
	}
	resp, err := w.client.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return &answer{t: w.t, status: resp.StatusCode, header: resp.Header, body: b}
}

func (w *world) get(path string, headers ...string) *answer {
	w.t.Helper()
	return w.do("GET", path, "", headers...)
}

// as is the header of a key.
func as(secret string) []string { return []string{"Authorization", "Bearer " + secret} }
