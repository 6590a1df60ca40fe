package jobs

import (
	"context"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/clock"
)

// moved is a program whose clock is moved. Nobody is to be told of webhooks in between: they are told what has happened when
// the next tick delivers.
type moved struct {
	host
	clock *clock.Sandbox
}

// Set implements tasks.VirtualTime.
func (m moved) Set(now calendar.Instant) { m.clock.Set(now) }

// Advance moves the clock of a program that is a sandbox up to an instant. All that falls due on the way happens at its own
// instant, one after another, by the same steps as in a test of a ruleset. It may stop before the end, when ctx is over or the
// time that is given to it; then it is called again. A live program is refused with clock.ErrLive.
func (r *Runner) Advance(ctx context.Context, program string, to calendar.Instant, within time.Duration) error {
	r.mu.Lock()
	w := r.programs[program]
	r.mu.Unlock()
	if w == nil || w.Sandbox == nil {
		return clock.ErrLive
	}
	w.time.Lock() // no tick meanwhile
	defer w.time.Unlock()
	start := time.Now()
	err := tasks.Advance(moved{host{w.program}, w.Sandbox}, to, func() bool { return ctx.Err() != nil || time.Since(start) > within })
	if failed := w.Sandbox.Keep(); err == nil {
		err = failed
	}
	return err
}
