package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/laurel-engine/laurel/internal/boards"
	"github.com/laurel-engine/laurel/internal/clock"
)

// maxRedisOff is how far the clock of a Redis may differ from a clock that it vouches for.
const maxRedisOff = 30 * time.Second

// wrong is what /readyz says of a clock that is not believed.
func wrong(machine *clock.Clock) error {
	if a := machine.Alarm(); a != nil {
		return a
	}
	return nil
}

// clockMetrics are how the machine's clock stands.
func clockMetrics(machine *clock.Clock) []prometheus.Collector {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	is := func(holds ...clock.Holds) func() float64 {
		return func() float64 {
			if a := machine.Alarm(); a != nil && slices.Contains(holds, a.Holds) {
				return 1
			}
			return 0
		}
	}
	return []prometheus.Collector{
		gauge("laurel_clock_alarm", "1 while the machine's clock is not believed.", is(clock.HoldsJump, clock.HoldsTaking, clock.HoldsAcceptance)),
		gauge("laurel_clock_acceptance_held", "1 while nothing is accepted because the machine's clock cannot be right.", is(clock.HoldsAcceptance)),
		gauge("laurel_clock_behind_seconds", "How far the machine's clock, which is believed, is behind what was accepted.",
			func() float64 { return machine.Behind().Seconds() }),
	}
}

// vouchers are those who may know whether the machine's clock is right.
func vouchers(redis *boards.Redis) []clock.Voucher {
	list := []clock.Voucher{clock.Kernel()}
	if redis != nil {
		list = append(list, clock.Other(maxRedisOff, redis.Time))
	}
	return list
}

// notice is what whoever starts a server is told of its clock, "" when all is well.
func notice(machine *clock.Clock) string {
	if err := wrong(machine); err != nil {
		return err.Error()
	}
	if behind := machine.Behind(); behind > 0 {
		return fmt.Sprintf("what was accepted last is %s ahead of the machine's clock, which is right: until it has come there, all that has no time of "+
			"its own is dated then",
			behind.Round(time.Second))
	}
	return ""
}
