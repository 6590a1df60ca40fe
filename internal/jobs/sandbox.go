package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/program"
)

// errRemoved is the answer where a program goes while its clock is to be moved.
var errRemoved = fmt.Errorf("the program is being removed: %w", program.ErrStopped)

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
	w := r.find(program)
	if w == nil || w.Sandbox == nil {
		return clock.ErrLive
	}
	var err error
	began := w.under.do(func() {
		w.time.Lock() // no tick meanwhile
		defer w.time.Unlock()
		start := time.Now()
		over := func() bool { return ctx.Err() != nil || w.ctx.Err() != nil || time.Since(start) > within }
		if at := w.program.PlannedFor(); at > w.program.Now() && at < to { // what is due after it is for the next version
			if err = tasks.Advance(moved{host{w.program}, w.Sandbox}, at, over); err == nil {
				w.program.ComeIntoForce()
			}
		}
		if err == nil && !over() {
			err = tasks.Advance(moved{host{w.program}, w.Sandbox}, to, over)
			w.program.ComeIntoForce()
		}
		if failed := w.Sandbox.Keep(); err == nil {
			err = failed
		}
	})
	if !began {
		err = errRemoved
	}
	return err
}
