package jobs_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/leaderboards"
)

// The runner delivers at its ticks, forgets what was still to be told of an erased member, and waits for deliveries when it
// stops.
func TestTheRunnerDelivers(t *testing.T) {
	c, store := &clock{}, engine.NewMemory()
	p := open(t, store, leaderboards.NewMemory(), c)
	hooks, err := webhook.NewEndpoints(&settings.Memory{}, webhook.Guard{}, func() time.Time { return c.Now().Time() })
	require.NoError(t, err)
	sent := make(chan string)
	d := webhook.NewDeliverer("club", p, hooks, func(_ context.Context, _ *webhook.Endpoint, _ string, body []byte, _ time.Time) webhook.Result {
		sent <- string(body)
		return webhook.Result{Status: 500}
	}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	url, types := "https://example.com/", []string{"joined"}
	e, _, err := d.Create(webhook.Change{URL: &url, Types: &types})
	require.NoError(t, err)
	submit(t, p, "e1", "ann", "buy", "{}")
	submit(t, p, "e2", "bob", "buy", "{}")

	runner, err := jobs.NewRunner(time.Millisecond, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.NoError(t, err)
	require.NoError(t, runner.Add(p, jobs.Options{Hooks: d}))
	runner.Start()
	<-sent
	<-sent
	_, err = p.Submit(engine.NewErasure("ann"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s, err := d.Status(e)
		return err == nil && s.Waiting == 1 && s.Behind == 0
	}, 10*time.Second, time.Millisecond)
	require.NoError(t, runner.Stop())
	var left []string
	require.NoError(t, d.Waiting(e, "", func(x *webhook.Delivery) bool { left = append(left, x.Message.Member); return true }))
	require.Equal(t, []string{"bob"}, left)
	require.Equal(t, map[string]float64{"laurel_webhooks_behind": 0, "laurel_webhooks_waiting": 1, "laurel_webhooks_dead": 0,
		"laurel_webhooks_down": 0}, gauges(t, runner, "laurel_webhooks_"))
}

// gauges are the metrics of the club whose names start with a prefix. They have no label but the program's.
func gauges(t *testing.T, runner *jobs.Runner, prefix string) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(runner)
	families, err := registry.Gather()
	require.NoError(t, err)
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if strings.HasPrefix(f.GetName(), prefix) {
				require.Len(t, m.GetLabel(), 1)
				require.Equal(t, "club", m.GetLabel()[0].GetValue())
				found[f.GetName()] = m.GetGauge().GetValue()
			}
		}
	}
	return found
}
