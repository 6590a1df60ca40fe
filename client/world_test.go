package client_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/client"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/api/conformance"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/stats"
	"github.com/laurel-engine/laurel/internal/tokens"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

const cafe = `
program: cafe
currency: EUR
client_events: [visit]
member: {country?: text, level?: number}
events:
  purchase: {order: text, amount: money}
  visit: {}
points:
  stars: {expire: 12 months after earning}
rules:
  stars_per_euro: {when: purchase, give: {stars: event.amount * 2}}
  birthday: {when: visit, give: {reward: cake}}
  rain: {when: purchase, during: rainy_day, give: {stars: 1}}
counters:
  spent: {when: purchase, add: event.amount}
  visits: {when: visit, every: week}
challenges:
  dash: {when: purchase, add: event.amount, goal: 60, give: {stars: 100}}
leaderboards:
  spenders: {counter: spent}
  regulars: {counter: visits}
promotions:
  rainy_day: {on_call: true, open_for: 1 hour}
rewards:
  free_drink: {cost: {stars: 20}}
  donation: {cost: {stars: 10 or more}}
  cake: {valid: 30 days, codes: generated}
`

// world is a server that restarts, and a network in front of it that fails.
type world struct {
	t      tester
	store  *engine.Memory
	ring   *keys.Ring
	tokens *tokens.Ring
	pages  *tokens.Origins
	key    string
	proxy  *httptest.Server

	mu      sync.Mutex // guards what follows
	program *program.Program
	numbers *stats.Follower
	server  *api.Server
	address string
	dice    *rand.Rand
	faulty  bool

	network http.RoundTripper // to the server

	got, unchanged, faults atomic.Int64 // answers of the server, those of them that are 304, and what the network did
}

// tester is a test, or an example.
type tester interface {
	require.TestingT
	Cleanup(func())
}

func newWorld(t tester) *world {
	kept := &settings.Memory{}
	w := &world{t: t, store: engine.NewMemory(), dice: rand.New(rand.NewPCG(7, 11))}
	w.network = described.Transport(direct, func(err error) { t.Errorf("%v", err) })
	var err error
	w.ring, err = keys.NewRing(kept, time.Now)
	require.NoError(t, err)
	w.tokens, err = tokens.NewRing(kept, time.Now)
	require.NoError(t, err)
	w.pages, err = tokens.NewOrigins(kept)
	require.NoError(t, err)
	_, w.key, err = w.ring.Create(keys.Request{Program: "cafe", Name: "all", Scopes: keys.Scopes()})
	require.NoError(t, err)
	w.start()
	w.proxy = httptest.NewServer(http.HandlerFunc(w.forward))
	t.Cleanup(func() {
		w.proxy.CloseClientConnections()
		w.stop()
		w.proxy.Close()
	})
	return w
}

func (w *world) client(options ...client.Option) *client.Client {
	c, err := client.New(w.proxy.URL+"/", w.key, append([]client.Option{client.WithBackoff(time.Millisecond, 20*time.Millisecond),
		client.WithTries(100), client.WithTimeout(time.Second)}, options...)...)
	require.NoError(w.t, err)
	return c
}

// programs is the one program, as the server asks for it.
type programs map[string]*api.Local

func (p programs) Local(id string) *api.Local { return p[id] }
func (p programs) Owner(string) string        { return "" }
func (p programs) Locals() []string           { return slices.Sorted(maps.Keys(p)) }

func (w *world) start() {
	compiled, diagnostics := rulesets.Parse("cafe.yaml", []byte(cafe))
	require.False(w.t, diagnostics.HasErrors(), diagnostics.Error())
	boards := leaderboards.NewMemory()
	p, err := program.Open(program.Options{Store: w.store, Versions: []engine.Version{{Number: 1, Rules: compiled.Ruleset}}, Boards: boards,
		Ranks: boards, Now: func() calendar.Instant { return calendar.FromTime(time.Now()) }})
	require.NoError(w.t, err)
	numbers := stats.Follow(p, slog.New(slog.DiscardHandler))
	s := api.New(api.Options{Programs: programs{"cafe": {Program: p, Statistics: numbers}}, Keys: w.ring, Tokens: w.tokens, Origins: w.pages,
		Log: slog.New(slog.DiscardHandler), Heartbeat: 20 * time.Millisecond})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(w.t, err)
	go func() { _ = s.Serve(ln) }()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.program, w.numbers, w.server, w.address = p, numbers, s, "http://"+ln.Addr().String()
}

func (w *world) stop() {
	w.mu.Lock()
	p, numbers, s := w.program, w.numbers, w.server
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(w.t, s.Shutdown(ctx))
	numbers.Stop()
	require.NoError(w.t, p.Close())
}

// restart ends the server and the program, and begins again with what is durable.
func (w *world) restart() {
	w.stop()
	w.start()
}

func (w *world) fail(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faulty = on
}

// roll is a number below n, and whether the network fails at present.
func (w *world) roll(n int) (dice int, faulty bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dice.IntN(n), w.faulty
}

// connections to the server are not kept, so that it can end.
var direct = &http.Transport{DisableKeepAlives: true}

// described holds what the client sends, and what the server answers, against the description of the API.
var described = func() *conformance.Checker {
	document, err := api.OpenAPI()
	if err != nil {
		panic(err)
	}
	c, err := conformance.New(document)
	if err != nil {
		panic(err)
	}
	return c
}()

// forward is a network that loses requests and answers, cuts answers off, is slow, and busy.
func (w *world) forward(rw http.ResponseWriter, r *http.Request) {
	fault, faulty := w.roll(16)
	if !faulty {
		fault = -1
	}
	if fault >= 0 && fault < 8 {
		w.faults.Add(1)
	}
	switch fault {
	case 0, 1: // the request is lost
		reset(rw)
		return
	case 2:
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	case 3:
		rw.WriteHeader(http.StatusTooManyRequests)
		return
	case 8: // it is slow
		select {
		case <-time.After(50 * time.Millisecond):
		case <-r.Context().Done():
		}
	}
	w.mu.Lock()
	address := w.address
	w.mu.Unlock()
	req, err := http.NewRequestWithContext(r.Context(), r.Method, address+r.RequestURI, r.Body) //nolint:gosec // it leads to this test's server
	if err != nil {
		reset(rw)
		return
	}
	req.Header = r.Header.Clone()
	resp, err := w.network.RoundTrip(req)
	if err != nil { // it restarts
		reset(rw)
		return
	}
	defer resp.Body.Close()
	w.got.Add(1)
	if resp.StatusCode == http.StatusNotModified {
		w.unchanged.Add(1)
	}
	maps.Copy(rw.Header(), resp.Header)
	if resp.Header.Get("Content-Type") == "text/event-stream" {
		w.forwardStream(rw, resp)
		return
	}
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil || fault == 4 || fault == 5: // the answer is lost
		reset(rw)
	case fault == 6: // or half of it
		rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
		rw.WriteHeader(resp.StatusCode)
		_, _ = rw.Write(body[:len(body)/2])
		_ = http.NewResponseController(rw).Flush()
		reset(rw)
	case fault == 7: // or cut off where nobody notices
		rw.Header().Del("Content-Length")
		rw.WriteHeader(resp.StatusCode)
		_, _ = rw.Write(body[:len(body)*2/3])
	default:
		rw.WriteHeader(resp.StatusCode)
		_, _ = rw.Write(body)
	}
}

// forwardStream cuts a stream off somewhere, in the middle of a line as well.
func (w *world) forwardStream(rw http.ResponseWriter, resp *http.Response) {
	rw.WriteHeader(resp.StatusCode)
	left, faulty := w.roll(6000)
	b := make([]byte, 64)
	for {
		n, err := resp.Body.Read(b)
		if _, now := w.roll(2); faulty && now {
			if left -= n; left <= 0 {
				n, err = n/2, io.EOF
				w.faults.Add(1)
			}
		}
		if _, failed := rw.Write(b[:n]); failed != nil || http.NewResponseController(rw).Flush() != nil || err != nil {
			return
		}
	}
}

func reset(rw http.ResponseWriter) {
	conn, _, err := http.NewResponseController(rw).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
