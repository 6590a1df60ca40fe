package client_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/client"
)

// Readers get every event once and in order, however often the connection breaks in the middle of one, and the server restarts.
func TestAStreamHasNoGap(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	const events = 120
	first := client.Event{ID: "e0", Type: "visit", Member: "m0"}
	_, err := c.Send(t.Context(), &first)
	require.NoError(t, err)
	w.fail(true)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all sync.WaitGroup
	beginning := uint64(0)
	for range 3 {
		all.Go(func() {
			var byEvents, byMember []string
			boards, after := 0, uint64(0)
			for m, err := range c.Stream(ctx, client.Topics{Events: true, Member: "m0", Leaderboard: "regulars", After: &beginning}) {
				if !assert.NoError(t, err) {
					return
				}
				assert.GreaterOrEqual(t, m.After, after)
				after = m.After
				switch m.Topic {
				case "event":
					byEvents = append(byEvents, m.Event.ID)
					assert.Equal(t, m.Event.ID, m.Event.Outcome.ID)
				case "member":
					byMember = append(byMember, m.Event.ID)
				case "leaderboard":
					assert.Equal(t, "regulars", m.Leaderboard)
					boards++
				}
				if len(byEvents) == events && len(byMember) == events/2 {
					break
				}
			}
			for i := range events {
				assert.Equal(t, fmt.Sprint("e", i), byEvents[i])
				if i%2 == 0 {
					assert.Equal(t, fmt.Sprint("e", i), byMember[i/2])
				}
			}
			assert.Positive(t, boards)
		})
	}
	for i := 1; i < events; i++ {
		e := client.Event{ID: fmt.Sprint("e", i), Type: "visit", Member: fmt.Sprint("m", i%2)}
		_, err := c.Send(ctx, &e)
		require.NoError(t, err)
		if i%40 == 0 {
			w.restart()
		}
	}
	all.Wait()
	require.Greater(t, w.faults.Load(), int64(20))

	// Whoever comes back goes on behind the last message.
	last := uint64(events - 1)
	for m, err := range c.Stream(ctx, client.Topics{Events: true, After: &last}) {
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint("e", events-1), m.Event.ID)
		require.EqualValues(t, events, m.After)
		break
	}
}

func TestPromotionsAndRefusalsOfStreams(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	for _, topics := range []client.Topics{{}, {Member: "nobody"}} {
		n := 0
		for _, err := range c.Stream(t.Context(), topics) {
			n++
			require.NotEmpty(t, client.Code(err))
		}
		require.Equal(t, 1, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range c.Stream(ctx, client.Topics{Events: true}) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

// The messages of one event come together, once its last one is there: a connection that breaks between them repeats none. What was cut
// off counts for nothing, and promotions are told as webhooks are.
func TestMessagesThatAreCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		parts := []string{
			"retry: 2000\nid: 4\n\nevent: promotion\ndata: {\"type\":\"promotion_opened\",\"timestamp\":\"2026-12-02T12:00:00Z\",\"data\":{\"promotion\":\"rain\"}}\n\n",
			"id: 5\nevent: promotion\ndata: {\"type\":\"promotion_opened\",\"timestamp\":\"2026-12-02T12:00:00Z\",\"data\":{\"promotion\":\"rain\"}}\n",
			": still here\nid: 5\n\n" + "event: leaderboard\ndata: {\"leaderboard\":\"b\"}\n\nid: 6\nevent: leaderboard\ndata: {\"leaderboard\":\"c\"}\n\n",
		}
		c, err := client.New("https://x", "lk_x", client.WithHTTPClient(&http.Client{Transport: network(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.Header.Get("Last-Event-ID"))
			if len(asked) > len(parts) {
				return said(410, `{"code":"member_erased"}`), nil
			}
			return &http.Response{StatusCode: 200, Body: said(200, parts[len(asked)-1]).Body}, nil
		})}))
		require.NoError(t, err)
		var got []string
		for m, err := range c.Stream(t.Context(), client.Topics{Promotions: true}) {
			if err != nil {
				require.Equal(t, "member_erased", client.Code(err))
				continue
			}
			got = append(got, fmt.Sprint(m.Leaderboard, m.After))
		}
		require.Equal(t, []string{"b5", "c6"}, got)
		require.Equal(t, ",4,4,6", strings.Join(asked, ","))
	})
}

// A connection on which nothing is heard is given up, and another one taken.
func TestASilentStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tried := 0
		c, err := client.New("https://x", "lk_x", client.WithHTTPClient(&http.Client{Transport: network(func(r *http.Request) (*http.Response, error) {
			if tried++; tried < 3 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return said(401, `{"code":"key_revoked"}`), nil
		})}))
		require.NoError(t, err)
		for _, err := range c.Stream(t.Context(), client.Topics{Events: true}) {
			require.Equal(t, "key_revoked", client.Code(err))
		}
		require.Equal(t, 3, tried)
	})
}
