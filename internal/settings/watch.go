package settings

import (
	"context"
	"log/slog"
	"time"

	"github.com/laurel-engine/laurel/internal/seldom"
)

// Poll is how often readers look whether somebody else has written settings.
const Poll = time.Second

// Watch calls changed soon after somebody has written settings, in this process or another one, until ctx ends. It looks at every
// interval; while nothing was written, that costs a look at the revision. What fails is logged, and tried again.
func Watch(ctx context.Context, s Store, every time.Duration, log *slog.Logger, changed func() error) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	var seen uint64
	var told seldom.Log
	for {
		now, err := s.Revision()
		if err == nil && now != seen {
			if err = changed(); err == nil {
				seen = now
			}
		}
		if err != nil && ctx.Err() == nil {
			if again, may := told.May(err.Error()); may {
				log.Error("settings that were changed cannot be read; what was known before holds", append(again, "error", err)...)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}
