package api

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/keys"
)

// Whoever waits is served key by key: one that floods has as many turns as one that waits once.
func TestTurnsAreSharedByKey(t *testing.T) {
	turns := newTurns()
	turns.free = 1
	flood, quiet := &keys.Key{ID: "flood"}, &keys.Key{ID: "quiet"}
	turns.take(flood)
	var served []string
	var waiting sync.WaitGroup
	wait := func(key *keys.Key) {
		turns.mu.Lock()
		before := len(turns.waiting[key])
		turns.mu.Unlock()
		waiting.Go(func() {
			turns.take(key)
			served = append(served, key.ID) // only who has the turn does
			turns.leave()
		})
		for now := before; now == before; { // until it waits
			turns.mu.Lock()
			now = len(turns.waiting[key])
			turns.mu.Unlock()
		}
	}
	for range 5 {
		wait(flood)
	}
	wait(quiet)
	wait(quiet)
	turns.leave()
	waiting.Wait()
	require.Equal(t, []string{"flood", "quiet", "flood", "quiet", "flood", "flood", "flood"}, served)
	require.Equal(t, 1, turns.free)
	require.Empty(t, turns.waiting)
	require.Empty(t, turns.order)
}

// A long request lets others have their turn every so many events.
func TestALongRequestPasses(t *testing.T) {
	turns := newTurns()
	turns.free = 1
	long, short := &turn{turns: turns, key: &keys.Key{ID: "long"}}, &keys.Key{ID: "short"}
	turns.take(long.key)
	done := make(chan struct{})
	go func() {
		turns.take(short)
		turns.leave()
		close(done)
	}()
	for waits := false; !waits; {
		turns.mu.Lock()
		waits = len(turns.order) > 0
		turns.mu.Unlock()
	}
	for range turnSlice - 1 {
		long.one()
	}
	select {
	case <-done:
		require.Fail(t, "before its time")
	default:
	}
	long.one()
	<-done
	turns.leave()
	require.Equal(t, 1, turns.free)
}
