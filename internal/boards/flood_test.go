package boards

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards/boardtest"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
)

// TestARedisThatComesAndGoesIsToldOnceAMinute holds that a server which is full at one look and has dropped something at the next does
// not fill the log, and that nobody is told that it does not answer.
func TestARedisThatComesAndGoesIsToldOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	r := NewRedis(nil, slog.New(slog.NewTextHandler(&log, nil)))
	full := fmt.Errorf("%w: OOM command not allowed", redisboard.ErrFull)
	for range 100 {
		r.turned(full)
		require.Error(t, r.Ready())
		r.turned(nil)
		require.NoError(t, r.Ready())
	}
	require.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
	require.Contains(t, log.String(), "Redis is full and takes no writes")
	require.Contains(t, log.String(), "Redis answers again")
	require.NotContains(t, log.String(), "does not answer")
	r.turned(errors.New("refused"))
	require.Contains(t, log.String(), "Redis does not answer", "another trouble is told at once")
}

// TestAPolicyThatDropsIsSeenAtTheNextLook holds that nobody waits for the warning of a Redis whose policy was changed.
func TestAPolicyThatDropsIsSeenAtTheNextLook(t *testing.T) {
	node := boardtest.StartNode(t)
	board, err := redisboard.Open(node.URL, nil)
	require.NoError(t, err)
	var log bytes.Buffer
	r := NewRedis(board, slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	ctx := context.Background()
	require.NoError(t, r.Look(ctx))
	require.NoError(t, r.Ready())
	require.NoError(t, node.Client.ConfigSet(ctx, "maxmemory-policy", "allkeys-lru").Err())
	require.NoError(t, r.Look(ctx))
	require.ErrorContains(t, r.Ready(), "allkeys-lru")
	require.NoError(t, r.Look(ctx))
	require.Equal(t, 1, strings.Count(log.String(), "Redis drops keys"), log.String())
}
