package engine_test

import (
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// BenchmarkDecide is BenchmarkProcess of events that are decoded already, as a program's callers hand them over, and of batches that
// are completed elsewhere: what the one goroutine that decides does.
func BenchmarkDecide(b *testing.B) { benchmarkProcess(b, "1000 stars per day", true) }

// BenchmarkProcess is the engine's part of an event: 20 rules, a streak, a challenge, a tier and a board; 10,000 members,
// states in memory, batches of 500 taken and dropped. It tells ns, bytes and allocations an event.
func BenchmarkProcess(b *testing.B) {
	for _, limit := range []string{"1000 stars per day", "1 ever by event.order_id"} {
		b.Run(strings.ReplaceAll(limit, " ", "_"), func(b *testing.B) { benchmarkProcess(b, limit, false) })
	}
}

func benchmarkProcess(b *testing.B, limit string, decoded bool) {
	src, err := os.ReadFile("../cmd/laurel/bench.yaml")
	require.NoError(b, err)
	prog, diags := rulesets.Parse("bench.yaml", []byte(strings.Replace(string(src), "LIMIT", limit, 1)))
	require.False(b, diags.HasErrors(), diags.Error())
	p, err := engine.NewProcessor(engine.NewMemory(), []engine.Version{{Number: 1, From: calendar.Beginning, Rules: prog.Ruleset}}, leaderboards.NewMemory())
	require.NoError(b, err)
	at, err := calendar.ParseInstant("2026-12-01T09:00:00+01:00")
	require.NoError(b, err)
	r := rand.New(rand.NewSource(1))
	events := make([]*event.Event, b.N)
	for i := range events {
		at = at.Add(10 * time.Millisecond)
		data := fmt.Sprintf(`{"order_id":"o%d","amount":%d.%02d,"store":"s%02d","channel":"app","items":[{"sku":"latte","category":"coffee","qty":1,"price":4.5}]}`,
			i, r.Intn(80), r.Intn(100), r.Intn(20))
		events[i] = &event.Event{ID: fmt.Sprintf("e%d", i), Type: "purchase", Member: fmt.Sprintf("m%d", r.Intn(10_000)), Time: at, Arrived: at, Data: []byte(data)}
		if decoded {
			require.Empty(b, events[i].Decode(prog.Ruleset.EventType("purchase").Schema))
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i, e := range events {
		if _, refusal, err := p.Process(e); refusal != nil || err != nil {
			b.Fatal(refusal, err)
		}
		if i%500 == 499 {
			batch := p.Take(false)
			if !decoded {
				batch.Complete() // and a store would be told
			}
			p.Committed(batch)
		}
	}
}

// BenchmarkVoid is a void by how many events of the member were accepted since: it reads and folds them again from the last
// snapshot before.
func BenchmarkVoid(b *testing.B) {
	src, err := os.ReadFile("../cmd/laurel/bench.yaml")
	require.NoError(b, err)
	w := program(b, strings.Replace(string(src), "LIMIT", "1000 stars per day", 1))
	const events = 1500
	for i := range events {
		data := fmt.Sprintf(`{"order_id":"o%d","amount":%d.50,"store":"s%02d","channel":"app","items":[{"sku":"latte","category":"coffee","qty":1,"price":4.5}]}`,
			i, i%80, i%20)
		w.after(20*time.Minute).as(fmt.Sprint("e", i)).send("ann", "purchase", data)
		if i%100 == 0 {
			w.commit(true)
		}
	}
	w.commit(true)
	for _, back := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("%d_events_back", back), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				void := engine.NewVoid(fmt.Sprint("e", events-back))
				void.Time, void.Arrived = w.now, w.now
				if _, refusal, err := w.p.DryRun(void, nil); refusal != nil || err != nil {
					b.Fatal(refusal, err)
				}
			}
		})
	}
}
