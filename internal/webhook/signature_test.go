package webhook_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/webhook"
)

const (
	oldSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=" //nolint:gosec // of tests
	newSecret = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=" //nolint:gosec // of tests
)

func signed(t *testing.T, secrets []string, id, body string, at time.Time) http.Header {
	t.Helper()
	h := http.Header{}
	require.NoError(t, webhook.Sign(h, secrets, id, []byte(body), at))
	return h
}

// What the standard's own library accepts, the verifier accepts, and the other way round.
func TestSignaturesAreStandard(t *testing.T) {
	now := time.Now()
	body := `{"type":"joined"}`
	for _, secrets := range [][]string{{oldSecret}, {newSecret, oldSecret}} {
		h := signed(t, secrets, "msg_1", body, now)
		for _, s := range secrets {
			library, err := standard.NewWebhook(s)
			require.NoError(t, err)
			require.NoError(t, library.Verify([]byte(body), h))
			require.NoError(t, webhook.Verify([]string{s}, h, []byte(body), now), "each secret alone verifies")
			signature, err := library.Sign("msg_1", now, []byte(body))
			require.NoError(t, err)
			theirs := http.Header{}
			theirs.Set("webhook-id", "msg_1")
			theirs.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
			theirs.Set("webhook-signature", signature)
			require.NoError(t, webhook.Verify(secrets, theirs, []byte(body), now))
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	body := `{"amount":10}`
	good := func() http.Header { return signed(t, []string{oldSecret}, "msg_1", body, now) }
	for name, test := range map[string]struct {
		body   string
		now    time.Time
		change func(http.Header)
		want   error
	}{
		"nothing wrong":     {body, now, func(http.Header) {}, nil},
		"a tampered body":   {`{"amount":99}`, now, func(http.Header) {}, webhook.ErrSignature},
		"another id":        {body, now, func(h http.Header) { h.Set("Webhook-Id", "msg_2") }, webhook.ErrSignature},
		"six minutes old":   {body, now.Add(6 * time.Minute), func(http.Header) {}, webhook.ErrTimestamp},
		"five minutes old":  {body, now.Add(5 * time.Minute), func(http.Header) {}, nil},
		"six minutes ahead": {body, now.Add(-6 * time.Minute), func(http.Header) {}, webhook.ErrTimestamp},
		"a moved timestamp": {body, now, func(h http.Header) { h.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix()+1, 10)) }, webhook.ErrSignature},
		"no timestamp":      {body, now, func(h http.Header) { h.Set("Webhook-Timestamp", "now") }, webhook.ErrTimestamp},
		"no headers":        {body, now, func(h http.Header) { h.Del("Webhook-Signature") }, webhook.ErrHeaders},
		"another version": {body, now, func(h http.Header) {
			h.Set("Webhook-Signature", strings.Replace(h.Get("Webhook-Signature"), "v1,", "v2,", 1))
		}, webhook.ErrSignature},
		"one of several":  {body, now, func(h http.Header) { h.Set("Webhook-Signature", "v1,AAAA "+h.Get("Webhook-Signature")) }, nil},
		"a cut signature": {body, now, func(h http.Header) { s := h.Get("Webhook-Signature"); h.Set("Webhook-Signature", s[:len(s)-4]) }, webhook.ErrSignature},
		"signed by another": {body, now, func(h http.Header) {
			require.NoError(t, webhook.Sign(h, []string{newSecret}, "msg_1", []byte(body), now))
		}, webhook.ErrSignature},
	} {
		h := good()
		test.change(h)
		require.ErrorIs(t, webhook.Verify([]string{oldSecret}, h, []byte(test.body), test.now), test.want, name)
	}
	require.ErrorIs(t, webhook.Verify([]string{"whsec_short"}, good(), []byte(body), now), webhook.ErrSecret)
	require.ErrorIs(t, webhook.Verify(nil, good(), []byte(body), now), webhook.ErrSignature)
}

func TestVerifierRefusesReplays(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	v := &webhook.Verifier{Secrets: []string{oldSecret, newSecret}}
	h := signed(t, []string{oldSecret}, "msg_1", "{}", now)
	require.NoError(t, v.Verify(h, []byte("{}"), now))
	require.ErrorIs(t, v.Verify(h, []byte("{}"), now.Add(time.Minute)), webhook.ErrReplayed)
	again := signed(t, []string{newSecret}, "msg_1", "{}", now.Add(2*time.Minute))
	require.ErrorIs(t, v.Verify(again, []byte("{}"), now.Add(2*time.Minute)), webhook.ErrReplayed, "a retry of what was taken")
	require.ErrorIs(t, v.Verify(signed(t, []string{newSecret}, "msg_2", "{}", now), []byte("{} "), now), webhook.ErrSignature)
	require.NoError(t, v.Verify(signed(t, []string{newSecret}, "msg_2", "{}", now), []byte("{}"), now), "a forgery does not use up an id")
	for i := range 40 { // a captured message never passes, however long somebody waits
		at := now.Add(time.Duration(i) * time.Minute)
		require.Error(t, v.Verify(h, []byte("{}"), at))
		require.NoError(t, v.Verify(signed(t, []string{oldSecret}, "other_"+strconv.Itoa(i), "{}", at), []byte("{}"), at))
	}
}

func TestRotation(t *testing.T) {
	w := newWorld(t)
	url := one
	e, first, err := w.d.Create(webhook.Change{URL: &url})
	require.NoError(t, err)
	verify := func(secret string) error {
		e, err := w.d.Find(e.ID)
		require.NoError(t, err)
		h := http.Header{}
		require.NoError(t, webhook.Sign(h, e.Signing(w.clock.time()), "msg_1", []byte("{}"), w.clock.time()))
		return webhook.Verify([]string{secret}, h, []byte("{}"), w.clock.time())
	}
	require.NoError(t, verify(first))
	_, second, err := w.d.Rotate(e.ID, time.Hour, nil)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	require.NoError(t, verify(first), "both are valid for the overlap")
	require.NoError(t, verify(second))
	w.clock.after(time.Hour)
	require.ErrorIs(t, verify(first), webhook.ErrSignature)
	require.NoError(t, verify(second))

	_, third, err := w.d.Rotate(e.ID, 0, nil)
	require.NoError(t, err)
	require.ErrorIs(t, verify(second), webhook.ErrSignature, "no overlap: a secret that leaked ends at once")
	require.NoError(t, verify(third))
	for range 5 {
		_, third, err = w.d.Rotate(e.ID, time.Hour, nil)
		require.NoError(t, err)
	}
	w.restart()
	require.NoError(t, verify(third), "secrets are stored")
	_, _, err = w.d.Rotate(e.ID, 40*24*time.Hour, nil)
	require.ErrorAs(t, err, new(*webhook.InvalidError))
}
