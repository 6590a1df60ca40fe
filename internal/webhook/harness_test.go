package webhook_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// shop raises two messages for each new member: joined and badge_earned.
const shop = `
program: shop
events: {buy: {}}
points: {stars: {}}
badges: {first: {}}
rules:
  star: {when: buy, give: {stars: 1}}
  first: {when: buy, give: {badge: first}, limit: 1 ever}
`

var versions = sync.OnceValue(func() []engine.Version {
	p, diagnostics := rulesets.Parse("shop.yaml", []byte(shop))
	if diagnostics.HasErrors() {
		panic(diagnostics.Error())
	}
	return []engine.Version{{Number: 1, From: calendar.Beginning, Rules: p.Ruleset}}
})

// clock is a clock that tests move.
type clock struct{ now atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.now.Store(int64(calendar.FromTime(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))))
	return c
}

func (c *clock) Now() calendar.Instant { return calendar.Instant(c.now.Load()) }
func (c *clock) time() time.Time       { return c.Now().Time() }
func (c *clock) after(d time.Duration) { c.now.Add(d.Microseconds()) }

// receivers answer in place of the network, by address.
type receivers struct {
	mu     sync.Mutex
	answer map[string]func(id string, body string) webhook.Result
	got    map[string][]string // bodies that were taken
	ids    map[string]string   // body by id: it is the same each time
	tries  map[string]int      // by id
	t      testing.TB
}

func (r *receivers) Send(_ context.Context, e *webhook.Endpoint, id string, body []byte, _ time.Time) webhook.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, again := r.ids[id]; again && known != string(body) {
		r.t.Errorf("message %s had another body before", id)
	}
	r.ids[id] = string(body)
	r.tries[id]++
	result := webhook.Result{Status: 200}
	if answer := r.answer[e.URL]; answer != nil {
		result = answer(id, string(body))
	}
	if result.Delivered() {
		r.got[e.URL] = append(r.got[e.URL], string(body))
	}
	return result
}

// bodies are what an endpoint took.
func (r *receivers) bodies(url string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got[url])
}

func (r *receivers) answers(url string, answer func(id, body string) webhook.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer[url] = answer
}

func status(code int) func(string, string) webhook.Result {
	return func(string, string) webhook.Result {
		if code == 0 {
			return webhook.Result{Error: "connection refused"}
		}
		return webhook.Result{Status: code}
	}
}

// world is a program with its deliverer.
type world struct {
	t        testing.TB
	clock    *clock
	program  *program.Program
	settings *settings.Memory
	hooks    *webhook.Endpoints
	d        *webhook.Deliverer
	out      *receivers
	sent     int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), settings: &settings.Memory{}}
	w.out = &receivers{t: t, answer: map[string]func(string, string) webhook.Result{}, got: map[string][]string{},
		ids: map[string]string{}, tries: map[string]int{}}
	w.program = openProgram(t, engine.NewMemory(), w.clock)
	t.Cleanup(func() { _ = w.program.Close() })
	w.restart()
	return w
}

func openProgram(t testing.TB, store engine.Store, c *clock) *program.Program {
	t.Helper()
	p, err := program.Open(program.Options{Store: store, Versions: versions(), Boards: leaderboards.NewMemory(), Now: c.Now, Secret: []byte("secret")})
	require.NoError(t, err)
	return p
}

// restart makes the deliverer again: it knows what is stored.
func (w *world) restart() {
	w.t.Helper()
	var err error
	w.hooks, err = webhook.NewEndpoints(w.settings, webhook.Guard{}, w.clock.time)
	require.NoError(w.t, err)
	w.d = webhook.NewDeliverer("shop", w.program, w.hooks, w.out.Send, slog.New(slog.DiscardHandler))
}

// endpoint makes one at an address, for some types or all.
func (w *world) endpoint(url string, types ...string) *webhook.Endpoint {
	w.t.Helper()
	e, _, err := w.d.Create(webhook.Change{URL: &url, Types: &types})
	require.NoError(w.t, err)
	return e
}

// joins lets new members buy for the first time: each raises two messages.
func (w *world) joins(n int) {
	w.t.Helper()
	events := make([]*event.Event, n)
	for i := range events {
		w.sent++
		events[i] = &event.Event{ID: fmt.Sprintf("e%d", w.sent), Type: "buy", Member: fmt.Sprintf("m%d", w.sent), Data: []byte("{}")}
	}
	results, err := w.program.Submit(events...)
	require.NoError(w.t, err)
	for _, r := range results {
		require.Nil(w.t, r.Refusal)
	}
}

// deliver makes one tick and waits until nothing is left to do now.
func (w *world) deliver() {
	w.t.Helper()
	_, err := w.d.Tick(w.t.Context())
	require.NoError(w.t, err)
	w.d.Wait()
}

// pass lets time pass with a tick every so often.
func (w *world) pass(d, every time.Duration) {
	w.t.Helper()
	for ; d > 0; d -= every {
		w.clock.after(every)
		w.deliver()
	}
}

func (w *world) status(e *webhook.Endpoint) webhook.Status {
	w.t.Helper()
	s, err := w.d.Status(e)
	require.NoError(w.t, err)
	return s
}

func (w *world) list(e *webhook.Endpoint, list func(*webhook.Endpoint, string, func(*webhook.Delivery) bool) error) (all []*webhook.Delivery) {
	w.t.Helper()
	require.NoError(w.t, list(e, "", func(x *webhook.Delivery) bool { all = append(all, x); return true }))
	return all
}
