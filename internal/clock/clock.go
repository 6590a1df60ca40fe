package clock

import (
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// How far the wall clock is believed by itself.
const (
	// MaxJump is how far it may be off from where it should have got to since it was last read, and all that it was off within a
	// day together (operations: The clock).
	MaxJump = 5 * time.Minute
	// MaxSilence is how far ahead of the last acceptance it may be at a start. Beyond that somebody has to vouch for it.
	MaxSilence = time.Hour
	// MaxAhead is how far ahead of the last acceptance events are still accepted by a clock that nobody vouches for.
	MaxAhead = 7 * 24 * time.Hour
)

// aDay is over which small steps of the wall clock are added up.
const aDay = 24 * time.Hour

// Clock is the wall clock as long as it runs like a clock. After a jump it goes on from where it was, so that nothing
// expires, fires or closes by a wrong time, and raises an alarm. So it does at a start, where nobody has seen how time has
// passed since the last acceptance: it goes on from there until the wall clock is found to be right. It is safe for concurrent use.
type Clock struct {
	wall     func() time.Time
	passed   func() time.Duration // since some instant; it never jumps
	vouchers []Voucher

	mu     sync.Mutex
	at     time.Time     // where the clock was when it was last believed
	mark   time.Duration // of passed, at that time
	day    time.Time     // what small steps are added up from
	began  time.Duration // of passed, at that time
	resume bool          // the wall clock has not been believed since the start; at is the last acceptance
	last   time.Time     // never gone back behind
	alarm  *Alarm
}

// New is the machine's clock, with those who may vouch for it.
func New(vouchers ...Voucher) *Clock { return Of(time.Now, passed(), vouchers...) }

// Of is a clock of a machine: what its wall clock shows, and how much time has passed since some instant.
func Of(wall func() time.Time, passed func() time.Duration, vouchers ...Voucher) *Clock {
	c := &Clock{wall: wall, passed: passed, vouchers: vouchers}
	c.believe(wall().Round(0), passed(), true)
	c.last = c.at
	return c
}

// Resume tells the clock, before anybody asks it, when something was last accepted; 0 for never.
func (c *Clock) Resume(accepted calendar.Instant) {
	if accepted == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.last, c.resume = accepted.Time(), accepted.Time(), true
}

// Now is the time by which what is due happens. It never goes back, not behind the last acceptance either.
func (c *Clock) Now() calendar.Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return calendar.FromTime(c.last)
}

// Ahead is how far ahead of Now the time is that events take which have none of their own, and that questions are asked at: while
// what takes is held, as far as the wall clock is; else 0.
func (c *Clock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wall := c.look(); c.alarm != nil && c.alarm.Holds == HoldsTaking {
		return max(0, wall.Sub(c.last))
	}
	return 0
}

// Held is why nothing may be accepted, nil while it may.
func (c *Clock) Held() error {
	if a := c.Alarm(); a != nil && a.Holds == HoldsAcceptance {
		return a
	}
	return nil
}

// look reads the wall clock, and believes it or raises the alarm.
func (c *Clock) look() (wall time.Time) {
	wall, passed := c.wall().Round(0), c.passed()
	kept := c.at.Add(passed - c.mark)
	jump := wall.Sub(kept)
	steps := wall.Sub(c.day.Add(passed - c.began))
	switch {
	case c.resume && jump >= -MaxJump && jump <= MaxSilence, !c.resume && jump.Abs() <= MaxJump && steps.Abs() <= MaxJump:
		kept = wall
		c.believe(wall, passed, c.resume || passed-c.began >= aDay)
	default:
		if !c.resume && steps.Abs() > jump.Abs() {
			jump = steps
		}
		if c.alarm == nil {
			c.alarm = &Alarm{Since: kept}
		}
		c.alarm.Jump, c.alarm.Holds = jump, c.holds(jump)
	}
	if kept.After(c.last) {
		c.last = kept
	}
	return wall
}

// believe goes on from what the wall clock shows. Anew forgets the small steps until then.
func (c *Clock) believe(wall time.Time, passed time.Duration, anew bool) {
	if anew {
		c.day, c.began = wall, passed
	}
	c.at, c.mark, c.resume, c.alarm = wall, passed, false, nil
}

// holds is what waits while the wall clock is off: while the process runs it knows how much time has passed, and goes on by that.
func (c *Clock) holds(jump time.Duration) Holds {
	switch {
	case !c.resume:
		return HoldsJump
	case jump < 0 || jump > MaxAhead:
		return HoldsAcceptance
	default:
		return HoldsTaking
	}
}

// Alarm is how the wall clock is off, nil while it is believed.
func (c *Clock) Alarm() *Alarm {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	if c.alarm == nil {
		return nil
	}
	held := *c.alarm
	return &held
}

// Behind is how far a clock that is believed is behind what was accepted: so long acceptance stands still.
func (c *Clock) Behind() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wall := c.look(); c.alarm == nil && c.last.Sub(wall) > MaxJump {
		return c.last.Sub(wall)
	}
	return 0
}

// Confirm believes the wall clock as it is. It reports whether there was an alarm.
func (c *Clock) Confirm() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := c.look()
	if c.alarm == nil {
		return false
	}
	c.believe(wall, c.passed(), true)
	c.look()
	return true
}
