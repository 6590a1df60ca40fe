//go:build !linux

package clock

import "time"

// passed is Go's monotonic clock. It may stand still while the machine sleeps; then the jump on waking up has to be confirmed.
func passed() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
