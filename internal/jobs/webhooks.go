package jobs

import (
	"context"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// webhooks starts deliveries at each tick. They go on by themselves: a receiver that is slow holds up no job.
func webhooks(d *webhook.Deliverer) *Job {
	return &Job{Name: "webhooks", run: d.Tick, backlog: d.Backlog}
}

// redact forgets erased members in the store. What was still to be told of them goes first: once they are redacted, nobody
// would look for it any more.
func redact(ctx context.Context, p *program.Program, d *webhook.Deliverer) error {
	if d != nil {
		members, err := engine.ToRedact(p.Store())
		if err == nil && len(members) > 0 {
			err = d.Sweep()
		}
		if err != nil {
			return err
		}
	}
	_, err := p.Redact(ctx)
	return err
}
