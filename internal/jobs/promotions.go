package jobs

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/program"
)

// turned is the row that says up to when openings and closings of promotions have been told.
const turned = "c/promotions"

// Turn tells the world outside that promotions have opened and closed: an event of no member each, under an id of its own, so
// that each is told once. What opens before a program first ran is history.
func Turn(p *program.Program) (done int, err error) {
	now := p.Now()
	stored, err := p.Store().Get(turned)
	if err != nil {
		return 0, err
	}
	through := now
	if stored != nil {
		var after calendar.Instant
		if after, err = calendar.ParseInstant(string(stored)); err != nil || after >= now {
			return 0, err
		}
		var turns []*engine.Event
		turns, through = p.Turns(after, now)
		if done, err = submit(p, turns, nil); err != nil || done == 0 && through == now {
			return done, err
		}
	}
	// A call that came in meanwhile may open a promotion at this very instant.
	return done, p.Put(engine.Row{Key: turned, Value: []byte((through - 1).String())})
}
