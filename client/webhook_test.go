package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/client"
	"github.com/laurel-engine/laurel/internal/webhook"
)

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=" //nolint:gosec // of this test alone
	older  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs="
	told   = `{"type":"tier_reached","timestamp":"2026-12-02T12:00:00Z","data":{"member":"ann","number":4,"event":"o1","tier":"club","level":"gold"}}`
)

// signed is a request as the server sends it.
func signed(t *testing.T, body string, at time.Time, secrets ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	require.NoError(t, webhook.Sign(r.Header, secrets, "msg_1", []byte(body), at))
	return r
}

func TestWebhooksAreVerified(t *testing.T) {
	hook := client.Webhook{Secrets: []string{secret}}
	now := time.Now()
	m, err := hook.Read(signed(t, told, now, secret))
	require.NoError(t, err)
	require.Equal(t, []any{"msg_1", "tier_reached", "ann", uint64(4), "o1"}, []any{m.ID, m.Type, m.Member, m.Number, m.Event})
	require.Contains(t, string(m.Data), `"level":"gold"`)
	require.Equal(t, time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC), m.Timestamp)

	// While a secret is rotated either side may have both.
	_, err = hook.Read(signed(t, told, now, older, secret))
	require.NoError(t, err)
	_, err = client.Webhook{Secrets: []string{secret, older}}.Read(signed(t, told, now, older))
	require.NoError(t, err)

	_, err = hook.Read(signed(t, told, now, older))
	require.ErrorIs(t, err, client.ErrWebhookSignature)
	for _, at := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		_, err = hook.Read(signed(t, told, now.Add(at), secret))
		require.ErrorIs(t, err, client.ErrWebhookTimestamp)
		_, err = client.Webhook{Secrets: hook.Secrets, Tolerance: 10 * time.Minute}.Read(signed(t, told, now.Add(at), secret))
		require.NoError(t, err)
	}
	changed := signed(t, told, now, secret)
	require.ErrorIs(t, hook.Verify(changed.Header, []byte(strings.Replace(told, "gold", "ruby", 1))), client.ErrWebhookSignature)
	changed.Header.Set("webhook-id", "msg_2")
	require.ErrorIs(t, hook.Verify(changed.Header, []byte(told)), client.ErrWebhookSignature)
	require.ErrorIs(t, client.Webhook{}.Verify(signed(t, told, now, secret).Header, []byte(told)), client.ErrWebhookSignature)
	require.ErrorIs(t, hook.Verify(http.Header{}, []byte(told)), client.ErrWebhookHeaders)
	for _, wrong := range []string{"", "whsec_", "whsec_AAAA", "whsec_%"} {
		require.Error(t, client.Webhook{Secrets: []string{wrong}}.Verify(signed(t, told, now, secret).Header, []byte(told)), wrong)
	}
	_, err = hook.Read(signed(t, strings.Repeat("x", 1<<20+1), now, secret))
	require.ErrorContains(t, err, "as long as this")
	_, err = hook.Read(signed(t, `{}`, now, secret))
	require.ErrorContains(t, err, "no message")
}
