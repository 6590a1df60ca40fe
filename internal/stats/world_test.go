package stats_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/stats"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// shop has something of everything that statistics count.
const shop = `
program: shop
timezone: Europe/Berlin
currency: EUR
late: 7 days
member: {friend?: member}
activity: [buy]
events: {buy: {amount: money}, go: {}}
points:
  stars: {worth: 0.01 EUR, expire: 20 days after earning}
  coins: {pending: 3 days, expire: 30 days after last buy}
  gems: {negative: floor}
rules:
  per_euro: {when: buy, give: {stars: event.amount, coins: event.amount / 2}, limit: 60 stars per day}
  friend: {when: buy, if: event.amount > 30, give: {gems: 2}, to: member.friend}
  happy: {when: buy, during: happy, give: {stars: 2}}
  toll: {when: go, take: {stars: 3}}
  welcome: {when: joined, give: {gems: 5}}
challenges:
  dash: {when: buy, every: month, goal: 4, give: {stars: 10}}
  long: {when: go, add: 1, goals: [{at: 5, give: {gems: 1}}, {at: 20, give: {gems: 4}}]}
streaks: {weekly: {when: go, every: week, goal: 3, give: {gems: 1}}}
badges: {fan: {counter: visits, levels: {bronze: 3, silver: 9}}}
tiers: {club: {earned: stars, levels: {green: 0, gold: 100}}}
counters: {visits: {when: go, every: month}}
leaderboards: {visits: {counter: visits}}
promotions: {happy: {on_call: true, open_for: 2 hours}}
rewards:
  cup: {cost: {stars: 20}, hold: 2 days, valid: 10 days}
  tree: {cost: {stars: 5 or more}, kind: donation}
`

func compile(t testing.TB, text string) *engine.Ruleset {
	t.Helper()
	p, diagnostics := rulesets.Parse("ruleset.yaml", []byte(text))
	require.False(t, diagnostics.HasErrors(), diagnostics.Error())
	return p.Ruleset
}

// world is a program with a follower, whose clock a test moves.
type world struct {
	t        testing.TB
	store    engine.Store
	versions []engine.Version
	program  *program.Program
	follower *stats.Follower
	now      atomic.Int64
	r        *rand.Rand
	n        int
	sent     []string
	claims   []string
	members  []string
	merges   int
}

func newWorld(t testing.TB, store engine.Store, seed int64) *world {
	t.Helper()
	w := &world{t: t, store: store, r: rand.New(rand.NewSource(seed)),
		versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(t, shop)}}}
	w.set("2026-01-05T12:00:00Z")
	for i := range 8 {
		w.members = append(w.members, fmt.Sprint("m", i))
	}
	boards := leaderboards.NewMemory()
	var err error
	w.program, err = program.Open(program.Options{Store: store, Boards: boards, Ranks: boards, Versions: w.versions, Secret: []byte("secret"),
		Now: func() calendar.Instant { return calendar.Instant(w.now.Load()) }})
	require.NoError(t, err)
	t.Cleanup(func() {
		w.leave()
		_ = w.program.Close()
	})
	return w
}

func (w *world) set(at string) {
	i, err := calendar.ParseInstant(at)
	require.NoError(w.t, err)
	w.now.Store(int64(i))
}

func (w *world) after(d time.Duration) { w.now.Store(int64(calendar.Instant(w.now.Load()).Add(d))) }

func (w *world) follow() {
	if w.follower == nil {
		w.follower = stats.Follow(w.program, slog.New(slog.DiscardHandler))
	}
}

func (w *world) leave() {
	if w.follower != nil {
		w.follower.Stop()
		w.follower = nil
	}
}

// send sends an event, which may be refused.
func (w *world) send(e *event.Event) *engine.Outcome {
	w.t.Helper()
	results, err := w.program.Submit(e)
	require.NoError(w.t, err)
	return results[0].Outcome
}

func (w *world) id() string {
	w.n++
	return fmt.Sprint("e", w.n)
}

func (w *world) anyone() string { return w.members[w.r.Intn(len(w.members))] }

func (w *world) buy(member string, amount int, at calendar.Instant) {
	e := &event.Event{ID: w.id(), Type: "buy", Member: member, Data: fmt.Appendf(nil, `{"amount":%d}`, amount), Time: at, Timed: at != 0}
	if w.send(e) != nil {
		w.sent = append(w.sent, e.ID)
	}
}

// step does something at random.
func (w *world) step() {
	r, now := w.r, calendar.Instant(w.now.Load())
	var at calendar.Instant
	if r.Intn(4) == 0 {
		at = now.Add(-time.Duration(r.Intn(6*24)) * time.Hour)
	}
	pick := func(list []string) string {
		if len(list) == 0 {
			return "none"
		}
		return list[r.Intn(len(list))]
	}
	amount := func(most int) decimal.Decimal { return decimal.Decimal(1+r.Intn(most)) * decimal.One }
	switch n := r.Intn(100); {
	case n < 35:
		w.buy(w.anyone(), 1+r.Intn(60), at)
	case n < 55:
		e := &event.Event{ID: w.id(), Type: "go", Member: w.anyone(), Data: []byte("{}"), Time: at, Timed: at != 0}
		if w.send(e) != nil {
			w.sent = append(w.sent, e.ID)
		}
	case n < 62:
		w.send(engine.NewVoid(pick(w.sent)))
	case n < 65:
		w.send(engine.NewAmend(pick(w.sent), fmt.Appendf(nil, `{"amount":%d}`, 1+r.Intn(60))))
	case n < 68:
		by := engine.Adjustment{Points: "stars", Amount: amount(40) - 20*decimal.One, Reason: "test", BelowZero: r.Intn(2) == 0}
		w.send(engine.NewAdjustment(w.id(), w.anyone(), by))
	case n < 76:
		reward := []string{"cup", "tree"}[r.Intn(2)]
		id := w.id()
		if out := w.send(engine.NewClaim(id, w.anyone(), reward, amount(30))); out != nil && out.Refusal == nil {
			w.claims = append(w.claims, id)
		}
	case n < 80:
		w.send(engine.NewConfirm(w.id(), pick(w.claims), 0))
	case n < 82:
		w.send(engine.NewCancel(w.id(), pick(w.claims)))
	case n < 85:
		w.send(engine.NewReturn(w.id(), pick(w.claims), amount(10)))
	case n < 87:
		a, b := w.anyone(), w.anyone()
		if a != b {
			if out := w.send(engine.NewMerge(w.id(), a, b)); out != nil {
				w.merges++
			}
		}
	case n < 88 && r.Intn(3) == 0:
		m := w.anyone()
		w.send(engine.NewErasure(m))
		w.members = append(w.members, fmt.Sprint("m", len(w.members)+100*w.n))
	case n < 90:
		w.send(engine.NewProfile(w.id(), w.anyone(), engine.Profile{Fields: map[string]json.RawMessage{"friend": fmt.Appendf(nil, "%q", w.anyone())}}))
	case n < 92:
		w.send(&event.Event{ID: w.id(), Type: "buy", Member: w.anyone(), Data: []byte(`{"amount":9}`), Past: true, Timed: true,
			Time: now.Add(-time.Duration(1+r.Intn(60*24)) * time.Hour)})
	case n < 93:
		w.send(engine.NewFire(w.id(), "happy", calendar.Duration{N: 3, Unit: calendar.Hour}, "test"))
	default:
		w.after(time.Duration(r.Intn(60)) * time.Hour)
	}
	w.after(time.Duration(r.Intn(120)) * time.Minute)
}

// rows are all rows of statistics in a store but the mark.
func rows(t testing.TB, store engine.Store) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, store.Scan("t/", "", func(key string, value []byte) bool {
		if !strings.HasPrefix(key, "t/-") {
			found[strings.Clone(key)] = string(value)
		}
		return true
	}))
	return found
}
