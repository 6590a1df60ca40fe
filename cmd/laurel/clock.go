package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
)

// advanceFor is how long one call may move the clock of a sandbox.
const advanceFor = 20 * time.Second

// maxOutage is how long a program may have been silent before a start asks whether the clock is right: ten years ahead would
// let all points expire.
const maxOutage = 30 * 24 * time.Hour

// clockwork is the clock of programs as the API shows it.
type clockwork struct {
	machine   *clock.Clock
	sandboxes map[string]*clock.Sandbox
	programs  map[string]*program.Program
	runner    *jobs.Runner
}

// Status implements api.Clock.
func (c clockwork) Status(id string) api.ClockStatus {
	s := api.ClockStatus{Now: c.programs[id].Now()}
	if sandbox := c.sandboxes[id]; sandbox != nil {
		s.Sandbox, s.Ahead = true, (time.Duration(sandbox.Ahead()) * time.Microsecond).Seconds()
	}
	if a := c.machine.Alarm(); a != nil {
		s.Alarm = &api.ClockAlarm{Since: calendar.FromTime(a.Since), Jump: a.Jump.Seconds()}
	}
	return s
}

// Advance implements api.Clock.
func (c clockwork) Advance(ctx context.Context, id string, to calendar.Instant) error {
	err := c.runner.Advance(ctx, id, to, advanceFor)
	if errors.Is(err, clock.ErrLive) {
		return api.ErrLiveProgram
	}
	return err
}

// Confirm implements api.Clock.
func (c clockwork) Confirm() bool { return c.machine.Confirm() }

// jumped is what /readyz says of a clock that has jumped. The server goes on by the time that has passed since.
func jumped(machine *clock.Clock) error {
	a := machine.Alarm()
	if a == nil {
		return nil
	}
	return fmt.Errorf("the machine's clock has jumped by %s; Laurel goes on by the time that has passed. Put the clock right, or if it is right now: POST /clock/confirm here",
		a.Jump.Round(time.Second))
}

// clockAlarm is 1 while a jump of the machine's clock is held back.
func clockAlarm(machine *clock.Clock) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "laurel_clock_alarm", Help: "1 while a jump of the machine's clock is held back."}, func() float64 {
		if machine.Alarm() != nil {
			return 1
		}
		return 0
	})
}

// timekeeping is how programs are told the time.
type timekeeping struct {
	machine *clock.Clock
	sandbox bool // a new program becomes one
	right   bool // the machine's clock is, however long nothing has happened
}

// clock is the clock of a program whose last event was accepted at an instant. A live one that was silent for too long has
// none: nothing may be written by a clock that may be wrong.
func (k timekeeping) clock(settings clock.Settings, store engine.Store, id string, last calendar.Instant) (now func() calendar.Instant, sandbox *clock.Sandbox, err error) {
	records, _ := store.Head()
	sandbox, err = clock.OpenSandbox(settings, id, k.machine, k.sandbox, records == 0)
	switch {
	case errors.Is(err, clock.ErrLive):
		return nil, nil, errors.New("it is live: a sandbox needs a data directory of its own (--data)")
	case err != nil:
		return nil, nil, err
	case sandbox != nil:
		sandbox.Set(last) // as far as it had been moved when a process was killed
		return sandbox.Now, sandbox, nil
	case !k.right:
		err = afterOutage(k.machine.Now(), last)
	}
	return k.machine.Now, nil, err
}

// afterOutage refuses to start a program that was silent for so long that the clock may be wrong.
func afterOutage(now, last calendar.Instant) error {
	silent := now.Time().Sub(last.Time())
	if last == 0 || silent <= maxOutage {
		return nil
	}
	return fmt.Errorf("the last event was accepted %d days ago, on %s. If the clock of this machine is right, start once with --accept-clock; "+
		"what time has done since is then written down", int(silent.Hours()/24), last.Time().UTC().Format(time.DateOnly))
}
