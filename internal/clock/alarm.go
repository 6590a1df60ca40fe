package clock

import (
	"fmt"
	"time"
)

// Holds is what waits while the wall clock is not believed.
type Holds string

// What waits.
const (
	// HoldsJump: the process goes on by the time that has passed.
	HoldsJump Holds = "jump"
	// HoldsTaking: events are accepted by the wall clock; what time alone does waits, so that nothing expires, falls or closes.
	HoldsTaking Holds = "what_takes"
	// HoldsAcceptance: nothing is accepted.
	HoldsAcceptance Holds = "acceptance"
)

// Alarm is a wall clock that is not believed, until it is put right, somebody vouches for it or confirms it.
type Alarm struct {
	Since time.Time     // by the clock that is kept
	Jump  time.Duration // how far the wall clock is ahead of that; negative when it is behind
	Holds Holds
}

// Error says what is wrong, what that means and what to do.
func (a *Alarm) Error() string {
	off := a.Jump.Abs().Round(time.Second)
	const ways = "Put the clock right; or if it is right: POST /clock/confirm on the operators' listener, or start with --accept-clock"
	switch {
	case a.Holds == HoldsJump:
		return fmt.Sprintf("the machine's clock has jumped by %s; Laurel goes on by the time that has passed. %s", a.Jump.Round(time.Second), ways)
	case a.Holds == HoldsTaking:
		return fmt.Sprintf("the machine's clock is %s ahead of the last acceptance and nobody vouches for it; events are accepted, "+
			"and nothing expires, falls or closes. %s", off, ways)
	case a.Jump < 0:
		return fmt.Sprintf("the machine's clock is %s behind the last acceptance; nothing is accepted. %s", off, ways)
	default:
		return fmt.Sprintf("the machine's clock is %s ahead of the last acceptance and nobody vouches for it; nothing is accepted. %s", off, ways)
	}
}
