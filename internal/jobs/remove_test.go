package jobs_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/leaderboards"
)

// slow is a board outside that answers when it is given up.
type slow struct {
	*absent
	asked chan struct{}
	under atomic.Int64
}

func (s *slow) Epoch(ctx context.Context, _ string) (string, error) {
	s.under.Add(1)
	defer s.under.Add(-1)
	select {
	case s.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return "", errAway
}

// A program that is removed has nothing under way when Remove returns, and nothing happens to it any more; added again, it goes on, and
// meanwhile others did.
func TestAProgramIsRemovedAndAddedAgain(t *testing.T) {
	store, c := &told{Store: engine.NewMemory(), commits: make(chan struct{}, 1)}, &clock{}
	p := open(t, store, leaderboards.NewMemory(), c)
	hooks, err := webhook.NewEndpoints(&settings.Memory{}, webhook.Guard{}, func() time.Time { return c.Now().Time() })
	require.NoError(t, err)
	sent, sending := make(chan struct{}, 1), atomic.Int64{}
	d := webhook.NewDeliverer("club", p, hooks, func(ctx context.Context, _ *webhook.Endpoint, _ string, _ []byte, _ time.Time) webhook.Result {
		sending.Add(1)
		defer sending.Add(-1)
		select {
		case sent <- struct{}{}:
		default:
		}
		<-ctx.Done()
		return webhook.Result{Error: "cut off"}
	}, slog.New(slog.DiscardHandler))
	url := "https://example.com/"
	_, _, err = d.Create(webhook.Change{URL: &url})
	require.NoError(t, err)
	submit(t, p, "e1", "ann", "buy", "{}")

	runner, err := jobs.NewRunner(time.Millisecond, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.NoError(t, err)
	boards := &slow{absent: &absent{Memory: leaderboards.NewMemory()}, asked: make(chan struct{}, 1)}
	require.NoError(t, runner.Add(p, jobs.Options{Boards: boards, Hooks: d}))
	require.Error(t, runner.Add(p, jobs.Options{}), "one is enough")
	runner.Start()
	<-sent
	<-boards.asked
	runner.Remove("club")
	require.Zero(t, boards.under.Load())
	require.Zero(t, sending.Load())
	require.Empty(t, runner.Status("club"))
	runner.Remove("club")

	c.after(30 * 24 * time.Hour)
	otherStore := &told{Store: engine.NewMemory(), commits: make(chan struct{}, 1)}
	other := openUnder(t, strings.Replace(club, "program: club", "program: other", 1), otherStore, leaderboards.NewMemory(), c)
	submit(t, other, "e1", "ann", "buy", "{}")
	c.after(60 * 24 * time.Hour)
	require.NoError(t, runner.Add(other, jobs.Options{}))
	for len(expiries(t, otherStore.Store, "ann")) == 0 {
		<-otherStore.commits
	}
	require.Empty(t, expiries(t, store.Store, "ann"), "of who is removed nobody takes care")
	require.NoError(t, runner.Add(p, jobs.Options{}))
	for len(expiries(t, store.Store, "ann")) == 0 {
		<-store.commits
	}
	require.NoError(t, runner.Stop())
}
