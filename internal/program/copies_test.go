package program_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
)

// slow is a store that reads scores when the test lets it.
type slow struct {
	engine.Store
	is   atomic.Bool
	gate chan struct{}
	read atomic.Int64
}

func (s *slow) Scan(prefix, after string, yield func(string, []byte) bool) error {
	if s.is.Load() && strings.HasPrefix(prefix, "b/") {
		s.read.Add(1)
		<-s.gate
	}
	return s.Store.Scan(prefix, after, yield)
}

// A copy of a ranking is made once for all who ask, who do not wait for it beyond their time; and made again when it is old.
func TestCopiesOfRankings(t *testing.T) {
	store := &slow{Store: engine.NewMemory(), gate: make(chan struct{})}
	p, _ := open(t, store)
	for i, member := range []string{"ann", "bob", "ann"} {
		submit(t, p, fmt.Sprint("e", i), member, "go")
	}
	key := leaderboards.Key{Program: "shop", Board: "visits", Season: leaderboards.AllTime}
	rules := p.Rules().Leaderboard("visits").Rules
	store.is.Store(true)
	bounded, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := p.Copy(bounded, key, rules)
	require.ErrorIs(t, err, leaderboards.ErrUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.True(t, program.Unserved(err))

	shown := func() string {
		board, err := p.Copy(t.Context(), key, rules)
		require.NoError(t, err)
		rows, total, err := board.Page(t.Context(), key, rules, 1, 10)
		require.NoError(t, err)
		text := fmt.Sprint(total)
		for _, row := range rows {
			text += fmt.Sprint(" ", row.Rank, row.Member, row.Value)
		}
		return text
	}
	done := make(chan string)
	for range 10 {
		go func() { done <- shown() }()
	}
	close(store.gate)
	for range 10 {
		require.Equal(t, "2 1ann2 2bob1", <-done)
	}
	require.EqualValues(t, 1, store.read.Load())
	submit(t, p, "later", "bob", "go")
	submit(t, p, "latest", "bob", "go")
	require.Eventually(t, func() bool { return shown() == "2 1bob3 2ann2" }, 30*time.Second, 20*time.Millisecond)
}
