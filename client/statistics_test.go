package client_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/client"
)

// A brand's own dashboard.
func TestStatistics(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.client(), context.Background()
	_, err := c.Send(ctx, &client.Event{ID: "p1", Type: "purchase", Member: "ann", Data: map[string]any{"order": "o1", "amount": 30}})
	require.NoError(t, err)
	today := time.Now().UTC()
	day := today.Format(time.DateOnly)

	overview, err := c.Overview(ctx, client.InDays(today.AddDate(0, -2, 0).Format(time.DateOnly), day), client.Per("month"))
	require.NoError(t, err)
	require.EqualValues(t, 1, overview.Members.Total)
	require.Equal(t, "60", overview.Points[0].Issued.String())
	require.Len(t, overview.Series, 3)
	require.NotZero(t, overview.Seq)

	forward, err := c.RollForward(ctx, "stars", client.InDays(day, day))
	require.NoError(t, err)
	require.True(t, forward.Balanced)
	require.Equal(t, "60", forward.Rows[0].Closing.String())

	owed, err := c.Liability(ctx, "stars")
	require.NoError(t, err)
	require.Equal(t, "60", owed.Live.String())

	back, err := c.Retention(ctx, client.Where("kind", "rolling"))
	require.NoError(t, err)
	require.EqualValues(t, 1, back.Cohorts[0].Members)

	dash, err := c.ChallengeNumbers(ctx, "dash")
	require.NoError(t, err)
	require.EqualValues(t, 1, dash.Steps[2].Members, "half of it")
	board, err := c.BoardNumbers(ctx, "spenders")
	require.NoError(t, err)
	require.EqualValues(t, 1, board.Ranked)
	rain, err := c.PromotionNumbers(ctx, "rainy_day")
	require.NoError(t, err)
	require.Equal(t, "rules/rain", rain.Definitions[0].Definition)
	rule, err := c.DefinitionNumbers(ctx, "rules", "stars_per_euro", day, day)
	require.NoError(t, err)
	require.EqualValues(t, 1, rule.Fired)

	var refused *client.Problem
	_, err = c.TierNumbers(ctx, "club")
	require.ErrorAs(t, err, &refused)
	_, err = c.StreakNumbers(ctx, "daily")
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 404, refused.Status)
}
