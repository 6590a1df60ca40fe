package clock

import (
	"time"

	"golang.org/x/sys/unix"
)

// passed counts on while the machine sleeps, unlike Go's monotonic clock: a laptop that wakes up is no jump.
func passed() func() time.Duration {
	return func() time.Duration {
		var t unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
			panic("clock: the machine has no clock of its running time: " + err.Error())
		}
		return time.Duration(t.Nano())
	}
}
