package api_test

import (
	"context"
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
	play := &playClock{alarm: &api.ClockAlarm{Since: noon, Jump: 3600}}
	w := newWorld(t, func(o *api.Options) { o.Clockwork = play })
	play.w = w
	require.JSONEq(t, `{"now":"2026-12-02T12:00:00Z","sandbox":true,"ahead_seconds":0,"alarm":{"since":"2026-12-02T12:00:00Z","jump_seconds":3600}}`,
		string(w.get("/v1/admin/clock").ok().body))
	require.Contains(t, string(w.do("POST", "/v1/admin/clock", `{"forward":"3 days"}`).ok().body), `"now":"2026-12-05T12:00:00Z"`)
	moved := w.do("POST", "/v1/admin/clock", `{"to":"2026-12-24T18:00:00+01:00"}`).ok()
	require.Contains(t, string(moved.body), `"now":"2026-12-24T17:00:00Z"`)
	require.Contains(t, string(moved.body), `"reached":true`)
	for _, body := range []string{`{}`, `{"forward":"3 days","to":"2027-01-01T00:00:00Z"}`, `{"forward":"soon"}`, `{"forward":3}`, `{"to":"tomorrow"}`,
		`{"to":"2026-12-01T00:00:00Z"}`, `{"forward":"3 years"}`, `{"back":"1 day"}`, `[`} {
		require.Equal(t, 400, w.do("POST", "/v1/admin/clock", body).status, body)
	}
	w.bravo("POST", "/v1/admin/clock", `{"forward":"3 days"}`).problem(409, "not_a_sandbox")
	require.Equal(t, "2026-12-24T17:00:00Z", calendar.Instant(w.clock.Load()).String())
}
