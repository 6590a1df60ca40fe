package program

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What would wait for longer than a second is refused at once, and what is alone never is.
func TestALineIsNeverLongerThanASecond(t *testing.T) {
	var b backlog
	const second = time.Second
	require.False(t, b.full(second), "nothing waits")
	b.enter(1_000_000)
	require.True(t, b.full(second))
	b.leave(1_000_000)
	require.False(t, b.full(second))

	for range 200 { // a program that takes a millisecond an event
		b.wrote(10, second, second+10*time.Millisecond)
	}
	b.wrote(10, second, second+300*time.Millisecond) // and a disk that stalls once
	taken := 0
	for !b.full(second) {
		b.enter(10)
		taken += 10
	}
	require.InDelta(t, 900, taken, 200)
	b.leave(taken / 2)
	require.False(t, b.full(second), "half a second of work waits")
	b.writing.Store(int64(second))
	require.True(t, b.full(2*second), "and a disk that has not answered for a second")
	b.writing.Store(0)
	require.Zero(t, b.wrote(int(b.events.Load()), second, 2*second), "nothing waits: what comes next does not count from now")
}
