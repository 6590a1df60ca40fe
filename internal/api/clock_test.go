package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/api"
)

// playClock is the clock of programs of which acme is a sandbox.
type playClock struct {
	w     *world
	alarm *api.ClockAlarm
}

func (p *playClock) Status(program string) api.ClockStatus {
	return api.ClockStatus{Now: calendar.Instant(p.w.clock.Load()), Sandbox: program == "acme", Alarm: p.alarm}
}

func (p *playClock) Advance(_ context.Context, program string, to calendar.Instant) error {
	if program != "acme" {
		return api.ErrLiveProgram
	}
	p.w.clock.Store(int64(to))
	return nil
}

func (p *playClock) Confirm() bool {
	was := p.alarm != nil
	p.alarm = nil
	return was
}

// TestTheClockOfASandbox moves a clock, and is refused on a live program and with what is no move.
func TestTheClockOfASandbox(t *testing.T) {
	play := &playClock{alarm: &api.ClockAlarm{Since: noon, Jump: 3600, Holds: "jump"}}
	w := newWorld(t, func(o *api.Options) { o.Clockwork = play })
	play.w = w
	require.JSONEq(t, `{"now":"2026-12-02T12:00:00Z","sandbox":true,"ahead_seconds":0,
		"alarm":{"since":"2026-12-02T12:00:00Z","jump_seconds":3600,"holds":"jump"}}`,
		string(w.get("/v1/admin/clock").ok().body))
	require.Contains(t, string(w.do("POST", "/v1/admin/clock", `{"forward":"3 days"}`).ok().body), `"now":"2026-12-05T12:00:00Z"`)
	moved := w.do("POST", "/v1/admin/clock", `{"to":"2026-12-24T18:00:00+01:00"}`).ok()
	require.Contains(t, string(moved.body), `"now":"2026-12-24T17:00:00Z"`)
	require.Contains(t, string(moved.body), `"reached":true`)
	for _, body := range []string{`{}`, `{"forward":"3 days","to":"2027-01-01T00:00:00Z"}`, `{"forward":"soon"}`, `{"forward":3}`, `{"to":"tomorrow"}`,
		`{"to":"2026-12-01T00:00:00Z"}`, `{"forward":"3 years"}`, `{"back":"1 day"}`, `[`} {
		require.Equal(t, 400, w.do("POST", "/v1/admin/clock", body).status, body)
	}
	far := w.do("POST", "/v1/admin/clock", `{"to":"2029-01-01T00:00:00Z"}`)
	far.problem(400, "invalid_body")
	require.Contains(t, string(far.body), `"location":"to"`)
	require.Contains(t, string(far.body), "two years at most")
	w.bravo("POST", "/v1/admin/clock", `{"forward":"3 days"}`).problem(409, "not_a_sandbox")
	require.Equal(t, "2026-12-24T17:00:00Z", calendar.Instant(w.clock.Load()).String())
}

// A page in an operator's browser cannot confirm the clock: browsers say that they act for a page, and a page's own name that was
// made to lead here is none of this listener's.
func TestAPageCannotConfirmTheClock(t *testing.T) {
	w := newWorld(t)
	confirm := func(host string, headers ...string) int {
		req, err := http.NewRequest("POST", w.operators+"/clock/confirm", nil)
		require.NoError(t, err)
		if host != "" {
			req.Host = host
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := w.client.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}
	require.Equal(t, 200, confirm(""))
	require.Equal(t, 200, confirm("localhost:9090"))
	require.Equal(t, 200, confirm("[::1]:9090"))
	require.Equal(t, 403, confirm("", "Origin", "https://evil.example"))
	require.Equal(t, 403, confirm("", "Origin", "null"))
	require.Equal(t, 403, confirm("", "Sec-Fetch-Site", "cross-site"))
	require.Equal(t, 403, confirm("rebinding.example:9090"))
}
