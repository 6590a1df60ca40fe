package settingstest

import (
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
)

// Cut cuts the power in the middle of writes, over and over. open opens settings that are empty; cut takes away everything that is not
// safe at that moment, while writes go on, and returns the settings as they are afterwards. Of two rows that are always written
// together both are there or none, all that was acknowledged is, and the revision is none that was given before.
func Cut(t *testing.T, rounds uint64, open func(t *testing.T) (s settings.Store, cut func() settings.Store)) {
	for round := range rounds {
		s, cut := open(t)
		var acked, revision atomic.Uint64
		reached, stop, stopped := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() { stopped <- pairs(s, round%7, &acked, &revision, reached, stop) }()
		<-reached
		least, given := acked.Load(), revision.Load()
		after := cut()
		close(stop)
		require.NoError(t, <-stopped)

		rows, now, err := after.List("")
		require.NoError(t, err)
		require.GreaterOrEqual(t, now, given)
		held := map[string]string{}
		for _, r := range rows {
			require.LessOrEqual(t, r.Revision, now)
			held[r.Key] = string(r.Value)
		}
		require.Equal(t, held["a"], held["b"], "both or none")
		n := uint64(0)
		if held["a"] != "" {
			n, err = strconv.ParseUint(held["a"], 10, 64)
			require.NoError(t, err)
		}
		require.GreaterOrEqual(t, n, least, "what was acknowledged is there")
		next, err := after.Apply(now, settings.Change{Key: "next", Value: []byte("x")})
		require.NoError(t, err)
		require.Greater(t, next, now)
	}
}

// pairs writes pairs of rows until it is stopped, and tells when it has written some.
func pairs(s settings.Store, some uint64, acked, revision *atomic.Uint64, reached, stop chan struct{}) error {
	was := uint64(0)
	for n := uint64(0); ; n++ {
		if n == some {
			close(reached)
		}
		select {
		case <-stop:
			return nil
		default:
		}
		value := []byte(strconv.FormatUint(n+1, 10))
		next, err := s.Apply(settings.Whenever, settings.Change{Key: "a", Value: value, Was: was}, settings.Change{Key: "b", Value: value, Was: was})
		switch {
		case err != nil && n < some:
			return fmt.Errorf("before the cut: %w", err)
		case err != nil: // it is gone
			if errors.Is(err, settings.ErrConflict) {
				return err
			}
			return nil
		}
		was = next
		revision.Store(next)
		acked.Store(n + 1)
	}
}
