package clock

import (
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// MaxJump is how far the wall clock may be off from where it should have got to since it was last read (reliability: Clock
// jumps). A larger jump, forward or back, is held until somebody confirms it or the clock is put right.
const MaxJump = 5 * time.Minute

// Clock is the wall clock as long as it runs like a clock. After a jump it goes on from where it was, so that nothing
// expires, fires or closes by a wrong time, and raises an alarm. It is safe for concurrent use.
type Clock struct {
	wall   func() time.Time
	passed func() time.Duration // since some instant; it never jumps

	mu    sync.Mutex
	at    time.Time     // where the clock was when it was last believed
	mark  time.Duration // of passed, at that time
	last  time.Time     // never gone back behind
	alarm *Alarm
}

// Alarm is a jump of the wall clock that nobody has confirmed.
type Alarm struct {
	Since time.Time     // by the clock that is kept
	Jump  time.Duration // how far the wall clock is ahead of that; negative when it is behind
}

// New is the machine's clock.
func New() *Clock { return newClock(time.Now, passed()) }

func newClock(wall func() time.Time, passed func() time.Duration) *Clock {
	now := wall().Round(0)
	return &Clock{wall: wall, passed: passed, at: now, last: now, mark: passed()}
}

// Now is the time. It never goes back.
func (c *Clock) Now() calendar.Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return calendar.FromTime(c.now())
}

func (c *Clock) now() time.Time {
	wall, passed := c.wall().Round(0), c.passed()
	kept := c.at.Add(passed - c.mark)
	switch jump := wall.Sub(kept); {
	case jump.Abs() <= MaxJump:
		kept, c.alarm = wall, nil
		c.at, c.mark = wall, passed
	case c.alarm == nil:
		c.alarm = &Alarm{Since: kept, Jump: jump}
	default:
		c.alarm.Jump = jump
	}
	if kept.After(c.last) {
		c.last = kept
	}
	return c.last
}

// Alarm is the jump that is held, nil while the clock is believed.
func (c *Clock) Alarm() *Alarm {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now()
	if c.alarm == nil {
		return nil
	}
	held := *c.alarm
	return &held
}

// Confirm believes the wall clock as it is. It reports whether there was an alarm.
func (c *Clock) Confirm() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now()
	if c.alarm == nil {
		return false
	}
	c.at, c.mark, c.alarm = c.wall().Round(0), c.passed(), nil
	return true
}
