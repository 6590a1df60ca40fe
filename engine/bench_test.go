package engine_test

import (
	"fmt"
	"math/rand"
	"os"
	"runtime"
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

// forgetful is a store that keeps nothing, so that what is measured is the engine's.
type forgetful struct{ *engine.Memory }

// Commit forgets the batch.
func (forgetful) Commit(*engine.Batch) error { return nil }

// BenchmarkMembers is an event of one of many members, all of whom have sent some before: what it takes when members are not held as
// they are used, and what a member holds of the heap.
func BenchmarkMembers(b *testing.B) {
	const members = 100_000
	for _, each := range []int{1, 10} {
		b.Run(fmt.Sprintf("after_%d", each), func(b *testing.B) {
			before := heap()
			p, send := benchmarkProgram(b, "1000 stars per day", members, forgetful{engine.NewMemory()})
			for range each * members {
				send()
			}
			held := float64(heap()-before) / members
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				send()
			}
			b.ReportMetric(held, "B/member")
			require.Positive(b, p.Last())
		})
	}
}

// heap is how much is alive.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// benchmarkProgram is a processor of the program of `laurel bench`, and what sends one purchase of any of so many members, and commits
// every 500.
func benchmarkProgram(b *testing.B, limit string, members int, store engine.Store) (*engine.Processor, func()) {
	src, err := os.ReadFile("../cmd/laurel/bench.yaml")
	require.NoError(b, err)
	prog, diags := rulesets.Parse("bench.yaml", []byte(strings.Replace(string(src), "LIMIT", limit, 1)))
	require.False(b, diags.HasErrors(), diags.Error())
	p, err := engine.NewProcessor(store, []engine.Version{{Number: 1, From: calendar.Beginning, Rules: prog.Ruleset}}, leaderboards.NewMemory())
	require.NoError(b, err)
	at, err := calendar.ParseInstant("2026-12-01T09:00:00+01:00")
	require.NoError(b, err)
	r, n := rand.New(rand.NewSource(1)), 0
	return p, func() {
		at = at.Add(10 * time.Millisecond)
		data := fmt.Sprintf(`{"order_id":"o%d","amount":%d.%02d,"store":"s%02d","channel":"app","items":[{"sku":"latte","category":"coffee","qty":1,"price":4.5}]}`,
			n, r.Intn(80), r.Intn(100), r.Intn(20))
		e := &event.Event{ID: fmt.Sprintf("e%d", n), Type: "purchase", Member: fmt.Sprintf("m%d", r.Intn(members)), Time: at, Arrived: at, Data: []byte(data)}
		if _, refusal, err := p.Process(e); refusal != nil || err != nil {
			b.Fatal(refusal, err)
		}
		if n++; n%500 == 0 {
			batch := p.Take(false)
			batch.Complete()
			if err := store.Commit(batch); err != nil {
				b.Fatal(err)
			}
			p.Committed(batch)
		}
	}
}
