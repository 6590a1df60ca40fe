package stats_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/stats"
)

// bare is a processor with its store, without a program around it.
type bare struct {
	t         *testing.T
	store     *engine.Memory
	processor *engine.Processor
	versions  []engine.Version
	now       calendar.Instant
}

func newBare(t *testing.T, text string) *bare {
	b := &bare{t: t, store: engine.NewMemory(), versions: []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(t, text)}}}
	b.now, _ = calendar.ParseInstant("2026-01-05T12:00:00Z")
	var err error
	b.processor, err = engine.NewProcessor(b.store, b.versions, nil)
	require.NoError(t, err)
	return b
}

func (b *bare) activate(text string) {
	b.now = b.now.Add(time.Second)
	v := engine.Version{Number: len(b.versions) + 1, From: b.now, Rules: compile(b.t, text)}
	b.versions = append(b.versions, v)
	b.processor.Activate(v)
}

func (b *bare) send(e *event.Event) {
	b.t.Helper()
	if !e.Timed {
		e.Time = b.now
	}
	e.Arrived = b.now
	_, refusal, err := b.processor.Process(e)
	require.NoError(b.t, err)
	require.Nil(b.t, refusal, "%v", refusal)
	batch := b.processor.Take(false)
	batch.Complete()
	require.NoError(b.t, b.store.Commit(batch))
	b.processor.Committed(batch)
}

// did sends an event some days later.
func (b *bare) did(id, kind string, days int) {
	b.t.Helper()
	b.now = b.now.Add(time.Duration(days) * 24 * time.Hour)
	b.send(&event.Event{ID: id, Type: kind, Member: "ann", Data: []byte("{}")})
}

func (b *bare) counted() map[string]string {
	b.t.Helper()
	_, err := stats.Rebuild(b.store, b.versions)
	require.NoError(b.t, err)
	return rows(b.t, b.store)
}

// activeDays are those on which somebody was active by a type, "" for what the ruleset calls activity.
func activeDays(of map[string]string, name string) (n int) {
	for key := range figures(of, "a", "TCN") {
		if strings.HasPrefix(key, name+"d") {
			n++
		}
	}
	return n
}

// What is called activity is so by the version that was in force, also when it is voided later.
func TestActivityOfItsTime(t *testing.T) {
	text := "program: shop\nactivity: [%s]\nevents: {buy: {}, go: {}}\n"
	b := newBare(t, fmt.Sprintf(text, "buy"))
	b.did("b1", "buy", 0)
	b.did("g1", "go", 1)
	b.activate(fmt.Sprintf(text, "go"))
	b.did("b2", "buy", 1)
	b.did("g2", "go", 1)
	require.Equal(t, 2, activeDays(b.counted(), ""), "b1 and g2")
	require.Equal(t, 2, activeDays(b.counted(), "buy"))
	b.send(engine.NewVoid("b1"))
	require.Equal(t, 1, activeDays(b.counted(), ""))
	b.send(engine.NewVoid("b2"))
	require.Equal(t, 1, activeDays(b.counted(), ""))
	require.Zero(t, activeDays(b.counted(), "buy"))
}

// The days of a member are known for a window of time: what lies before stays counted, and a void of it changes nothing.
func TestWhatLiesBeforeTheWindow(t *testing.T) {
	b := newBare(t, "program: shop\nevents: {buy: {}}\n")
	b.did("b1", "buy", 0)
	b.did("b2", "buy", stats.Window)
	b.did("b3", "buy", 1)
	require.Equal(t, 3, activeDays(b.counted(), ""))
	b.send(engine.NewVoid("b1"))
	require.Equal(t, 3, activeDays(b.counted(), ""))
	b.send(engine.NewVoid("b2"))
	require.Equal(t, 2, activeDays(b.counted(), ""))
}

// Opening balances are apart from what was issued, and lots of history are of the month in which they were given.
func TestOpeningBalances(t *testing.T) {
	b := newBare(t, "program: shop\nevents: {buy: {}}\npoints: {stars: {}}\nrewards: {cup: {cost: {stars: 20}}}\n")
	b.send(&event.Event{ID: "b0", Type: "buy", Member: "ann", Data: []byte("{}"), Past: true, Timed: true, Time: b.now.Add(-201 * 24 * time.Hour)})
	e := engine.NewAdjustment("opening", "ann", engine.Adjustment{Points: "stars", Amount: 50_000_000, Reason: "opening balance"})
	e.Past, e.Timed, e.Time = true, true, b.now.Add(-200*24*time.Hour)
	b.send(e)
	b.send(engine.NewClaim("c1", "ann", "cup", 0))
	b.send(engine.NewConfirm("c2", "c1", 0))
	counted := b.counted()
	flows := map[string]string{}
	for key, value := range figures(counted, "m", "TNC") {
		flows[key[len(key)-1:]] = value
	}
	require.Equal(t, map[string]string{"o": "50 1", "s": "-20 1"}, flows)
	ages := figures(counted, "b", "TNNC")
	require.Len(t, ages, 2)
	for key := range ages {
		require.True(t, strings.HasSuffix(key, " 0i") || strings.HasSuffix(key, " 7s"), key)
	}
}
