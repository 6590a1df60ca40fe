package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
)

func TestASandboxIsOneFromItsFirstStart(t *testing.T) {
	m, store := newMachine(), &settings.Memory{}
	live, err := OpenSandbox(store, "live", m.clock, Mark{}, true)
	require.NoError(t, err)
	require.Nil(t, live)
	_, err = OpenSandbox(store, "live", m.clock, Mark{Sandbox: true}, false)
	require.ErrorIs(t, err, ErrLive, "a program with events is never made one")
	s, err := OpenSandbox(store, "play", m.clock, Mark{Sandbox: true}, true)
	require.NoError(t, err)
	require.Equal(t, m.clock.Now(), s.Now())

	start := m.wall
	s.Set(m.clock.Now().Add(48 * time.Hour))
	s.Set(m.clock.Now().Add(time.Hour)) // back is nowhere
	m.runs(time.Hour)
	require.Equal(t, start.Add(49*time.Hour), s.Now().Time().UTC(), "it runs on from there")
	require.NoError(t, s.Keep())
	again, err := OpenSandbox(store, "play", m.clock, Mark{}, false)
	require.NoError(t, err, "it stays one without being asked for")
	require.Equal(t, s.Now(), again.Now())

	require.NoError(t, settings.Put(store, "sandbox/play", []byte("soon")))
	_, err = OpenSandbox(store, "play", m.clock, Mark{}, false)
	require.ErrorContains(t, err, "damaged")
}

func TestASandboxMayStandStill(t *testing.T) {
	m, store := newMachine(), &settings.Memory{}
	noon := m.clock.Now().Add(-2000 * time.Hour)
	s, err := OpenSandbox(store, "play", m.clock, Mark{Sandbox: true, At: noon}, true)
	require.NoError(t, err)
	m.runs(time.Hour)
	require.Equal(t, noon, s.Now())
	require.Equal(t, -2001*time.Hour.Microseconds(), s.Ahead())
	s.Set(noon.Add(time.Minute))
	s.Set(noon) // back is nowhere
	require.NoError(t, s.Keep())
	again, err := OpenSandbox(store, "play", m.clock, Mark{Sandbox: true, At: noon.Add(-time.Hour)}, true)
	require.NoError(t, err)
	m.runs(time.Hour)
	require.Equal(t, noon.Add(time.Minute), again.Now(), "where it was left, whatever a later start asks for")
}
