package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// BenchmarkRedact forgets one of a thousand members, who have sent twenty events each.
func BenchmarkRedact(b *testing.B) {
	w := program(b, club)
	const events = 20_000
	for i := range events {
		w.send(fmt.Sprint("m", i%1000), "buy", "amount", i%50)
	}
	w.erase("m1")
	w.commit(true)
	members, err := engine.ToRedact(w.store)
	require.NoError(b, err)
	b.ResetTimer()
	for range b.N {
		_, err := engine.Redact(w.store, w.versions, members, func() bool { return true })
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
}
