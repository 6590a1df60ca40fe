package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// machine has a wall clock that can be set.
type machine struct {
	wall   time.Time
	passed time.Duration
	clock  *Clock
}

func newMachine() *machine {
	m := &machine{wall: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	m.clock = Of(func() time.Time { return m.wall }, func() time.Duration { return m.passed })
	return m
}

// runs lets time pass, while somebody looks at the clock every minute.
func (m *machine) runs(d time.Duration) {
	for range d / time.Minute {
		m.wall, m.passed = m.wall.Add(time.Minute), m.passed+time.Minute
		m.clock.Now()
	}
}

func (m *machine) now() time.Time { return m.clock.Now().Time().UTC() }

func TestAClockThatRunsIsBelieved(t *testing.T) {
	m := newMachine()
	start := m.wall
	m.runs(48 * time.Hour)
	require.Equal(t, start.Add(48*time.Hour), m.now())
	for range 100 { // it is slow and put right again and again, as NTP does
		m.wall = m.wall.Add(-4 * time.Minute)
		m.runs(time.Hour)
		m.wall = m.wall.Add(4 * time.Minute)
		require.Equal(t, m.wall, m.now())
		require.Nil(t, m.clock.Alarm())
	}
	before := m.now()
	m.wall = m.wall.Add(-3 * time.Minute)
	require.Equal(t, before, m.now())
	require.Nil(t, m.clock.Alarm())
	m.runs(time.Minute)
	require.Equal(t, before, m.now(), "it never goes back")
	m.runs(10 * time.Minute)
	require.Equal(t, m.wall, m.now())
}

// TestAJumpIsHeld holds that no jump beyond five minutes moves the time that programs see, until it is confirmed.
func TestAJumpIsHeld(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 24 * time.Hour, -24 * time.Hour, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		m := newMachine()
		m.runs(time.Hour)
		right := m.now()
		m.wall = m.wall.Add(jump)
		require.Equal(t, right, m.now(), jump)
		require.Equal(t, &Alarm{Since: right, Jump: jump, Holds: HoldsJump}, m.clock.Alarm())
		m.runs(time.Hour)
		require.Equal(t, right.Add(time.Hour), m.now(), "time goes on")
		require.NotNil(t, m.clock.Alarm())

		require.True(t, m.clock.Confirm())
		require.Nil(t, m.clock.Alarm())
		if jump > 0 {
			require.Equal(t, m.wall, m.now())
		} else {
			require.Equal(t, right.Add(time.Hour), m.now(), "it never goes back, whoever confirms")
		}
		require.False(t, m.clock.Confirm())
	}
}

func TestAClockPutRightEndsTheAlarm(t *testing.T) {
	m := newMachine()
	m.runs(time.Hour)
	m.wall = m.wall.Add(24 * time.Hour)
	m.runs(time.Hour)
	require.NotNil(t, m.clock.Alarm())
	m.wall = m.wall.Add(-24 * time.Hour)
	require.Nil(t, m.clock.Alarm())
	require.Equal(t, m.wall, m.now())
}

func TestTheMachinesClock(t *testing.T) {
	c := New()
	before := time.Now().Add(-time.Second)
	require.Nil(t, c.Alarm())
	require.True(t, c.Now().Time().After(before))
	p := passed()
	first := p()
	require.GreaterOrEqual(t, p(), first)
}
