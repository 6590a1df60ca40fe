package clock

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// resumed is a machine whose wall clock is so far ahead of the last acceptance when a process starts.
func resumed(ahead time.Duration, vouchers ...Voucher) (m *machine, last time.Time) {
	m = newMachine()
	m.clock = Of(func() time.Time { return m.wall }, func() time.Duration { return m.passed }, vouchers...)
	last = m.wall
	m.clock.Resume(calendar.FromTime(last))
	m.wall = m.wall.Add(ahead)
	return m, last
}

func (m *machine) present() time.Time { return m.now().Add(m.clock.Ahead()) }

func fake(err *error) Voucher {
	return VoucherFunc(func(context.Context, time.Time) error { return *err })
}

// TestAStartBelievesAClockThatRan holds that an hour of silence needs nobody, nor does a clock that is a little behind.
func TestAStartBelievesAClockThatRan(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Minute, time.Hour, -4 * time.Minute} {
		m, last := resumed(ahead)
		require.Nil(t, m.clock.Alarm(), ahead)
		require.NoError(t, m.clock.Held())
		require.Equal(t, last.Add(max(0, ahead)), m.now())
		require.Equal(t, m.now(), m.present())
		m.wall = m.wall.Add(time.Hour)
		require.Equal(t, HoldsJump, m.clock.Alarm().Holds, "from then on it is watched as ever")
	}
	m := newMachine()
	m.clock.Resume(0)
	require.Nil(t, m.clock.Alarm(), "a new program has nothing to lose")
}

// TestAWeekendNeedsNoHandOnASynchronisedMachine holds what most restarts come to.
func TestAWeekendNeedsNoHandOnASynchronisedMachine(t *testing.T) {
	for _, ahead := range []time.Duration{2 * time.Hour, 64 * time.Hour, 400 * 24 * time.Hour} {
		no, yes := errors.New("no"), error(nil)
		m, _ := resumed(ahead, fake(&no), fake(&yes))
		require.True(t, m.clock.Ask(t.Context()))
		require.Nil(t, m.clock.Alarm())
		require.Equal(t, m.wall, m.now())
	}
}

// TestAClockAheadThatNobodyVouchesForHoldsWhatTakes holds that by a clock that is some days ahead events go on, and time does not;
// and that all ways out end that.
func TestAClockAheadThatNobodyVouchesForHoldsWhatTakes(t *testing.T) {
	verdict := errors.New("not synchronised")
	m, last := resumed(64*time.Hour, fake(&verdict))
	require.False(t, m.clock.Ask(t.Context()))
	require.Equal(t, &Alarm{Since: last, Jump: 64 * time.Hour, Holds: HoldsTaking}, m.clock.Alarm())
	require.NoError(t, m.clock.Held())
	m.runs(time.Hour)
	require.Equal(t, last.Add(time.Hour), m.now(), "time goes on from the last acceptance")
	require.Equal(t, last.Add(65*time.Hour), m.present())
	require.ErrorContains(t, m.clock.Alarm(), "64h0m0s ahead of the last acceptance")
	require.ErrorContains(t, m.clock.Alarm(), "--accept-clock")

	corrected, last := resumed(64 * time.Hour)
	corrected.runs(time.Hour)
	corrected.wall = last.Add(90 * time.Minute)
	require.Nil(t, corrected.clock.Alarm(), "put right")
	require.Equal(t, corrected.wall, corrected.now(), "and nothing of the wrong time is left")

	verdict = nil
	require.True(t, m.clock.Ask(t.Context()), "a time server was found")
	require.Equal(t, m.wall, m.now())
	require.Nil(t, m.clock.Alarm())
}

// TestAcceptanceIsHeld holds that by a clock that is behind what was accepted, or very far ahead, nothing is accepted.
func TestAcceptanceIsHeld(t *testing.T) {
	for _, ahead := range []time.Duration{-6 * time.Minute, -400 * 24 * time.Hour, 8 * 24 * time.Hour, 3650 * 24 * time.Hour} {
		verdict := errors.New("cannot tell")
		m, last := resumed(ahead, fake(&verdict))
		require.False(t, m.clock.Ask(t.Context()))
		require.Error(t, m.clock.Held(), ahead)
		require.ErrorContains(t, m.clock.Held(), "nothing is accepted")
		m.runs(time.Hour)
		require.Equal(t, last.Add(time.Hour), m.now())
		require.Equal(t, m.now(), m.present())

		require.True(t, m.clock.Confirm())
		require.NoError(t, m.clock.Held())
		if ahead > 0 {
			require.Equal(t, m.wall, m.now())
			continue
		}
		require.Equal(t, last.Add(time.Hour), m.now(), "what was accepted stays: acceptance stands until the clock has come there")
		if ahead < -time.Hour {
			require.Equal(t, -ahead, m.clock.Behind())
		}
		m.runs(-ahead - 6*time.Minute)
		require.Equal(t, last.Add(time.Hour), m.now())
		m.runs(10 * time.Minute)
		require.Equal(t, m.wall, m.now())
		require.Zero(t, m.clock.Behind())
	}
}

// TestSmallStepsAddUp holds that 44 minutes in steps of five seconds are seen, and that no more than five are followed.
func TestSmallStepsAddUp(t *testing.T) {
	for _, step := range []time.Duration{5 * time.Second, -5 * time.Second} {
		m := newMachine()
		start := m.wall
		for range 528 {
			m.runs(time.Minute)
			m.wall = m.wall.Add(step)
			m.now()
		}
		require.Equal(t, (528 * step).Round(time.Second), m.clock.Alarm().Jump)
		require.LessOrEqual(t, m.now().Sub(start.Add(528*time.Minute)).Abs(), MaxJump)
		m.wall = m.wall.Add(-523 * step)
		require.Nil(t, m.clock.Alarm(), "put right")
		m.runs(25 * time.Hour)
		m.wall = m.wall.Add(50 * step)
		require.Nil(t, m.clock.Alarm(), "every day counts for itself")
	}
}

func TestAnotherMachineVouches(t *testing.T) {
	wall := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for off, right := range map[time.Duration]bool{0: true, 29 * time.Second: true, -29 * time.Second: true, 31 * time.Second: false, -time.Hour: false} {
		v := Other(30*time.Second, func(context.Context) (time.Time, error) { return wall.Add(off), nil })
		require.Equal(t, right, v.Vouch(t.Context(), wall) == nil, off)
	}
	away := errors.New("away")
	require.ErrorIs(t, Other(time.Second, func(context.Context) (time.Time, error) { return wall, away }).Vouch(t.Context(), wall), away)
}

// TestAClockThatIsSetWhileSomebodyVouchesIsNotBelieved holds that a verdict is about what the clock showed.
func TestAClockThatIsSetWhileSomebodyVouchesIsNotBelieved(t *testing.T) {
	var m *machine
	m, _ = resumed(64*time.Hour, VoucherFunc(func(context.Context, time.Time) error {
		m.wall = m.wall.Add(24 * time.Hour)
		return nil
	}))
	require.False(t, m.clock.Ask(t.Context()))
}

func TestTheKernelIsAsked(t *testing.T) {
	_ = Kernel().Vouch(t.Context(), time.Now()) // whatever it says of this machine
}
