package jobs

import (
	"context"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
)

// host is a program as the closing of seasons needs it.
type host struct{ *program.Program }

// Submit hands events to the program. One that is refused, as of an erased member, needs nothing more.
func (h host) Submit(events ...*engine.Event) error {
	_, err := h.Program.Submit(events...)
	return err
}

// CloseSeasons closes the seasons of leaderboards that have come to their close: their tables are written and their prizes
// paid, piece by piece, so that others have their turn in between. It returns how many events and rows that took. Stopped at
// any point, the next run goes on from there.
func CloseSeasons(ctx context.Context, p *program.Program) (done int, err error) {
	for ctx.Err() == nil {
		n, err := engine.CloseSeasons(host{p})
		done += n
		if err != nil || n == 0 {
			return done, err
		}
	}
	return done, ctx.Err()
}
