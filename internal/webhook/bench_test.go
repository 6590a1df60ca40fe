package webhook_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// BenchmarkDeliver is one delivery to a receiver on this machine, over http, signed, from a store on disk.
func BenchmarkDeliver(b *testing.B) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	})}
	go func() { _ = s.Serve(ln) }()
	b.Cleanup(func() { _ = s.Close() })
	db, err := pebblestore.Open(b.TempDir(), pebblestore.Options{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	store, err := db.Program("shop")
	require.NoError(b, err)
	w := &world{t: b, clock: newClock()}
	w.program = openProgram(b, store, w.clock)
	b.Cleanup(func() { _ = w.program.Close() })
	guard := webhook.Guard{Private: true}
	w.hooks, err = webhook.NewEndpoints(db.Settings(), guard, w.clock.time)
	require.NoError(b, err)
	client := webhook.NewClient(webhook.ClientOptions{Guard: guard})
	w.d = webhook.NewDeliverer("shop", w.program, w.hooks, client.Send, slog.New(slog.DiscardHandler))
	e := w.endpoint("http://"+ln.Addr().String()+"/", "joined")
	for n := b.N; n > 0; n -= 1000 {
		w.joins(min(n, 1000))
	}
	b.ResetTimer()
	w.deliver()
	b.StopTimer()
	require.Zero(b, w.status(e).Behind+uint64(w.status(e).Waiting))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkTick is what a tick costs with an endpoint that has nothing to do.
func BenchmarkTick(b *testing.B) {
	w := newWorld(b)
	w.endpoint(one)
	w.joins(1)
	w.deliver()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = w.d.Tick(b.Context())
	}
}

// BenchmarkScan is what a record of the journal costs that raised nothing.
func BenchmarkScan(b *testing.B) {
	const records = 1000
	w := newWorld(b)
	w.joins(1)
	events := make([]*event.Event, records)
	for i := range events {
		events[i] = &event.Event{ID: fmt.Sprintf("again%d", i), Type: "buy", Member: "m1", Data: []byte("{}")}
	}
	_, err := w.program.Submit(events...)
	require.NoError(b, err)
	for b.Loop() {
		through, err := engine.Messages(w.program.Store(), "shop", 1, records, func([]engine.Message) bool { b.Fatal("nothing was raised"); return false })
		if err != nil || through != records+1 {
			b.Fatal(through, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
}
