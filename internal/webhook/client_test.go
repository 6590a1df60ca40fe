package webhook_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// server is a receiver over TLS on this machine, with a client that may dial it.
func server(t *testing.T, h http.HandlerFunc) (*webhook.Client, *webhook.Endpoint) {
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	client := webhook.NewClient(webhook.ClientOptions{Guard: webhook.Guard{Private: true}, Transport: func(to *http.Transport) {
		to.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	}})
	t.Cleanup(client.Close)
	return client, &webhook.Endpoint{URL: s.URL + "/hook?token=hidden", Secrets: []webhook.Secret{{Secret: oldSecret}}}
}

func TestSend(t *testing.T) {
	now := time.Now()
	client, e := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept-Encoding") != "" ||
			webhook.Verify([]string{oldSecret}, r.Header, body, now) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	require.Equal(t, webhook.Result{Status: 200}, client.Send(t.Context(), e, "msg_1", []byte(`{"type":"joined"}`), now))
}

func TestAnswers(t *testing.T) {
	var reached atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(other.Close)
	for status, want := range map[int]webhook.Result{
		200: {Status: 200}, 204: {Status: 204}, 299: {Status: 299},
		301: {Status: 301, Error: "redirects are not followed"}, 302: {Status: 302, Error: "redirects are not followed"},
		307: {Status: 307, Error: "redirects are not followed"}, 400: {Status: 400, Error: "the receiver answered 400"},
		410: {Status: 410, Error: "the receiver answered 410"}, 429: {Status: 429, Error: "the receiver answered 429", RetryAfter: 7 * time.Second},
		503: {Status: 503, Error: "the receiver answered 503", RetryAfter: 7 * time.Second},
	} {
		client, e := server(t, func(w http.ResponseWriter, _ *http.Request) {
			if status >= 300 && status < 400 {
				w.Header().Set("Location", other.URL) // a loopback address
			}
			if status == 429 || status == 503 {
				w.Header().Set("Retry-After", "7")
			}
			w.WriteHeader(status)
		})
		got := client.Send(t.Context(), e, "msg_1", []byte("{}"), time.Now())
		require.Equal(t, want, got)
		require.Equal(t, status < 300, got.Delivered())
	}
	require.Zero(t, reached.Load(), "redirects are not followed")
}

// A receiver that answers with a gigabyte is read for 64 KiB and cut off.
func TestAGigabyte(t *testing.T) {
	written := make(chan int64, 1)
	client, e := server(t, func(w http.ResponseWriter, _ *http.Request) {
		n, _ := io.Copy(w, io.LimitReader(zeros{}, 1<<30))
		written <- n
	})
	require.Equal(t, webhook.Result{Status: 200}, client.Send(t.Context(), e, "msg_1", []byte("{}"), time.Now()))
	require.Less(t, <-written, int64(64<<20), "what the network holds, and no more")
}

func TestAHugeHeader(t *testing.T) {
	client, e := server(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Huge", strings.Repeat("a", 1<<20)) })
	require.Zero(t, client.Send(t.Context(), e, "msg_1", []byte("{}"), time.Now()).Status)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestErrorsDoNotTellTheAddress(t *testing.T) {
	client, e := server(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	r := client.Send(t.Context(), e, "msg_1", []byte("{}"), time.Now())
	require.Zero(t, r.Status)
	require.NotEmpty(t, r.Error)
	require.NotContains(t, r.Error, "hidden")
	require.NotContains(t, r.Error, "whsec_")
}

// A receiver that sends a byte a minute suffers alone: its tries end after ten seconds each, and meanwhile everything arrives
// elsewhere. Time is that of the test.
func TestASlowReceiverSuffersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var fast []time.Time
		dial := func(_ context.Context, _, address string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				in := bufio.NewReader(theirs)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					if strings.HasPrefix(address, "slow") {
						for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") {
							if _, err := theirs.Write([]byte{b}); err != nil {
								return
							}
							time.Sleep(time.Minute)
						}
						return
					}
					mu.Lock()
					fast = append(fast, time.Now())
					mu.Unlock()
					if _, err := io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
						return
					}
				}
			}()
			return ours, nil
		}
		client := webhook.NewClient(webhook.ClientOptions{Dial: dial})
		defer client.Close()
		w := &world{t: t, clock: newClock(), settings: &settings.Memory{}}
		w.program = openProgram(t, engine.NewMemory(), w.clock)
		defer func() { require.NoError(t, w.program.Close()) }()
		var err error
		w.hooks, err = webhook.NewEndpoints(w.settings, webhook.Guard{Private: true}, w.clock.time)
		require.NoError(t, err)
		// The guard takes http for loopback alone; the pipes need no TLS.
		send := func(ctx context.Context, e *webhook.Endpoint, id string, body []byte, at time.Time) webhook.Result {
			plain := *e
			plain.URL = strings.Replace(e.URL, "https", "http", 1)
			return client.Send(ctx, &plain, id, body, at)
		}
		w.d = webhook.NewDeliverer("shop", w.program, w.hooks, send, slog.New(slog.DiscardHandler))
		slow := w.endpoint("https://slow.example/")
		w.endpoint("https://fast.example/")
		w.joins(200)
		start := time.Now()
		w.deliver()
		require.Len(t, fast, 400)
		for _, at := range fast {
			require.Less(t, at.Sub(start), 100*time.Millisecond, "nobody waits for the slow one")
		}
		took := time.Since(start)
		require.GreaterOrEqual(t, took, 10*time.Second)
		require.LessOrEqual(t, took, 40*time.Second, "tries end, and an endpoint that does not answer gets nothing new")
		require.True(t, w.status(slow).Down)
		require.Equal(t, "there was no answer in 10s", w.status(slow).Error)
		time.Sleep(time.Hour) // of the test: the slow ones find that nobody listens any more
	})
}
