package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards"
)

// TestAJobThatFailsAgainAndAgainIsToldOnceAMinute holds that it does not fill the log, and that its status tells each failure.
func TestAJobThatFailsAgainAndAgainIsToldOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	text, ctx := slog.New(slog.NewTextHandler(&log, nil)), context.Background()
	j := &Job{Name: "boards"}
	require.Nil(t, j.look("club").LastRun, "it has not run yet")
	away := fmt.Errorf("%w: refused", leaderboards.ErrUnavailable)
	for range 50 {
		j.tell(ctx, text, "club", 0, leaderboards.ErrDamaged)
		j.tell(ctx, text, "club", 0, away)
		j.tell(ctx, text, "club", 1, nil)
	}
	require.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
	require.EqualValues(t, 100, j.status.Failures)
	require.NotNil(t, j.look("club").LastRun)
	j.tell(ctx, text, "club", 0, errors.New("something else"))
	require.Contains(t, log.String(), "something else", "another trouble is told at once")
}
