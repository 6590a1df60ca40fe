package clock

import (
	"context"
	"fmt"
	"time"
)

// Voucher is somebody who may know whether the wall clock is right: the kernel that keeps it by a time server, or another
// machine. It returns nil when it vouches for what the wall clock shows, else why it does not, which may be that it cannot tell.
type Voucher interface {
	Vouch(ctx context.Context, wall time.Time) error
}

// VoucherFunc is a function as a Voucher.
type VoucherFunc func(ctx context.Context, wall time.Time) error

// Vouch implements Voucher.
func (f VoucherFunc) Vouch(ctx context.Context, wall time.Time) error { return f(ctx, wall) }

// Other vouches for a wall clock that agrees with the one of another machine to within so much.
func Other(within time.Duration, now func(context.Context) (time.Time, error)) Voucher {
	return VoucherFunc(func(ctx context.Context, wall time.Time) error {
		asked := time.Now() // the monotonic clock: an answer takes time
		theirs, err := now(ctx)
		if err != nil {
			return err
		}
		if off := wall.Add(time.Since(asked)).Sub(theirs); off.Abs() > within {
			return fmt.Errorf("the clocks differ by %s", off.Round(time.Second))
		}
		return nil
	})
}

// maxAsking is how long the vouchers have for their answers.
const maxAsking = 2 * time.Second

// Ask asks those who may vouch for the wall clock, when it is not believed by itself. It reports whether it is believed then.
func (c *Clock) Ask(ctx context.Context) bool {
	if c.Alarm() == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, maxAsking)
	defer cancel()
	for _, v := range c.vouchers {
		wall, passed := c.wall().Round(0), c.passed()
		if v.Vouch(ctx, wall) == nil && c.vouched(wall, passed) {
			return true
		}
	}
	return false
}

// vouched believes the wall clock, unless it was set while somebody vouched for it.
func (c *Clock) vouched(wall time.Time, passed time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, mark := c.wall().Round(0), c.passed()
	if (now.Sub(wall) - (mark - passed)).Abs() > time.Second {
		return false
	}
	c.believe(now, mark, true)
	c.look()
	return true
}
