package jobs

import (
	"context"

	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// webhooks starts deliveries at each tick. They go on by themselves: a receiver that is slow holds up no job.
func webhooks(d *webhook.Deliverer) *Job {
	return &Job{Name: "webhooks", run: d.Tick}
}

// redact forgets erased members in the store, and what was still to be told of them.
func redact(ctx context.Context, p *program.Program, d *webhook.Deliverer) error {
	n, err := p.Redact(ctx)
	if err != nil || n == 0 || d == nil {
		return err
	}
	return d.Sweep()
}
