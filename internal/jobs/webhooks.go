package jobs

import (
	"context"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// webhooks starts deliveries at each tick. They go on by themselves: a receiver that is slow holds up no job.
func webhooks(d *webhook.Deliverer) *Job {
	return &Job{Name: "webhooks", run: d.Tick, backlog: d.Backlog}
}

// Statistics count what is accepted. *stats.Follower does.
type Statistics interface {
	// CatchUp waits until what is durable is counted, or ctx is over. It reports whether it is.
	CatchUp(ctx context.Context) bool
	// Failed is why nothing is counted any more, nil while it is.
	Failed() error
}

// countWithin is how long a redaction waits for statistics to be counted before it is tried again.
const countWithin = 10 * time.Second

// redact forgets erased members in the store. What was still to be told and counted of them goes first: once they are redacted, nobody
// would find it any more.
func redact(ctx context.Context, p *program.Program, d *webhook.Deliverer, s Statistics) error {
	members, err := engine.ToRedact(p.Store())
	if err != nil {
		return err
	}
	if len(members) > 0 && d != nil {
		if err := d.Sweep(); err != nil {
			return err
		}
	}
	if len(members) > 0 && s != nil && s.Failed() == nil {
		within, cancel := context.WithTimeout(ctx, countWithin)
		defer cancel()
		if !s.CatchUp(within) && s.Failed() == nil {
			return ctx.Err() // they are behind: at the next tick
		}
	}
	_, err = p.Redact(ctx)
	return err
}
