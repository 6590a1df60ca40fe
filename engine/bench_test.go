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
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// BenchmarkProcess is the engine's part of an event: 20 rules, a streak, a challenge, a tier and a board; 10,000 members,
// states in memory, batches of 500 taken and dropped. It tells ns, bytes and allocations an event.
func BenchmarkProcess(b *testing.B) {
	for _, limit := range []string{"1000 stars per day", "1 ever by event.order_id"} {
		b.Run(strings.ReplaceAll(limit, " ", "_"), func(b *testing.B) { benchmarkProcess(b, limit) })
	}
}

func benchmarkProcess(b *testing.B, limit string) {
	src, err := os.ReadFile("../cmd/laurel/bench.yaml")
	require.NoError(b, err)
	prog, diags := rulesets.Parse("bench.yaml", []byte(strings.Replace(string(src), "LIMIT", limit, 1)))
	require.False(b, diags.HasErrors(), diags.Error())
	p, err := engine.NewProcessor(engine.NewMemory(), []engine.Version{{Number: 1, From: calendar.Beginning, Rules: prog.Ruleset}}, leaderboards.NewMemory())
	require.NoError(b, err)
	at, err := calendar.ParseInstant("2026-12-01T09:00:00+01:00")
	require.NoError(b, err)
	r := rand.New(rand.NewSource(1))
	events := make([]*engine.Event, b.N)
	for i := range events {
		at = at.Add(10 * time.Millisecond)
		data := fmt.Sprintf(`{"order_id":"o%d","amount":%d.%02d,"store":"s%02d","channel":"app","items":[{"sku":"latte","category":"coffee","qty":1,"price":4.5}]}`, i, r.Intn(80), r.Intn(100), r.Intn(20))
		events[i] = &engine.Event{ID: fmt.Sprintf("e%d", i), Type: "purchase", Member: fmt.Sprintf("m%d", r.Intn(10_000)), Time: at, Arrived: at, Data: []byte(data)}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i, e := range events {
		if _, refusal, err := p.Process(e); refusal != nil || err != nil {
			b.Fatal(refusal, err)
		}
		if i%500 == 499 {
			p.Committed(p.Take(false))
		}
	}
}
