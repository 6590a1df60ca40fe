package host

import (
	"context"
	"errors"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// advanceFor is how long one call may move the clock of a sandbox.
const advanceFor = 20 * time.Second

// Clockwork is the clock of the host's programs as the API shows it.
func (h *Host) Clockwork() api.Clock { return clockwork{h} }

type clockwork struct{ host *Host }

// Status implements api.Clock.
func (c clockwork) Status(id string) api.ClockStatus {
	machine := c.host.Parts.Machine
	s := api.ClockStatus{Now: machine.Now()}
	if r := c.host.at(id); r != nil && r.Program != nil {
		s.Now = r.Program.Now()
	}
	if sandbox := c.host.Sandbox(id); sandbox != nil {
		s.Sandbox, s.Ahead = true, (time.Duration(sandbox.Ahead()) * time.Microsecond).Seconds()
	}
	if a := machine.Alarm(); a != nil {
		s.Alarm = &api.ClockAlarm{Since: calendar.FromTime(a.Since), Jump: a.Jump.Seconds(), Holds: string(a.Holds)}
	}
	return s
}

// Advance implements api.Clock.
func (c clockwork) Advance(ctx context.Context, id string, to calendar.Instant) error {
	err := c.host.Runner.Advance(ctx, id, to, advanceFor)
	if errors.Is(err, clock.ErrLive) {
		return api.ErrLiveProgram
	}
	return err
}

// Confirm implements api.Clock.
func (c clockwork) Confirm() bool { return c.host.Parts.Machine.Confirm() }

// telling is a program as its webhooks see it. A receiver of a sandbox is tried again by the machine's time: the sandbox's may stand.
func telling(p *program.Program, sandbox *clock.Sandbox, machine *clock.Clock) webhook.Program {
	if sandbox == nil {
		return p
	}
	return told{p, machine}
}

type told struct {
	*program.Program
	machine *clock.Clock
}

// Now implements webhook.Program.
func (t told) Now() calendar.Instant { return t.machine.Now() }
