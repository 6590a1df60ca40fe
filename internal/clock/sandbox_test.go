package clock

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type rows map[string][]byte

func (r rows) Put(key string, value []byte) error { r[key] = value; return nil }

func (r rows) List(prefix string, yield func(string, []byte) bool) error {
	for key, value := range r {
		if strings.HasPrefix(key, prefix) && !yield(key, value) {
			break
		}
	}
	return nil
}

func TestASandboxIsOneFromItsFirstStart(t *testing.T) {
	m, store := newMachine(), rows{}
	live, err := OpenSandbox(store, "live", m.clock, false, true)
	require.NoError(t, err)
	require.Nil(t, live)
	_, err = OpenSandbox(store, "live", m.clock, true, false)
	require.ErrorIs(t, err, ErrLive, "a program with events is never made one")
	s, err := OpenSandbox(store, "play", m.clock, true, true)
	require.NoError(t, err)
	require.Equal(t, m.clock.Now(), s.Now())

	start := m.wall
	s.Set(m.clock.Now().Add(48 * time.Hour))
	s.Set(m.clock.Now().Add(time.Hour)) // back is nowhere
	m.runs(time.Hour)
	require.Equal(t, start.Add(49*time.Hour), s.Now().Time().UTC(), "it runs on from there")
	require.NoError(t, s.Keep())
	again, err := OpenSandbox(store, "play", m.clock, false, false)
	require.NoError(t, err, "it stays one without being asked for")
	require.Equal(t, s.Now(), again.Now())

	store["sandbox/play"] = []byte("soon")
	_, err = OpenSandbox(store, "play", m.clock, false, false)
	require.ErrorContains(t, err, "damaged")
}
