package settings_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/settings/settingstest"
)

func TestConformance(t *testing.T) {
	settingstest.Run(t, func(*testing.T) (a, b settings.Store) {
		m := &settings.Memory{}
		return m, m
	})
}

// TestWatch has a reader notice within a poll what somebody else writes, be left alone while nobody does, and be asked again about what
// it could not read.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, log := &settings.Memory{}, &bytes.Buffer{}
		ctx, stop := context.WithCancel(t.Context())
		var seen, told atomic.Int64
		var failure atomic.Pointer[error]
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			settings.Watch(ctx, m, settings.Poll, slog.New(slog.NewTextHandler(log, nil)), func() error {
				told.Add(1)
				if err := failure.Load(); err != nil {
					return *err
				}
				rows, _, err := m.List("")
				seen.Store(int64(len(rows)))
				return err
			})
		}()
		synctest.Wait()
		require.NoError(t, settings.Put(m, "k", nothing))
		time.Sleep(settings.Poll)
		synctest.Wait()
		require.EqualValues(t, 1, seen.Load())
		before := told.Load()
		time.Sleep(time.Minute)
		require.Equal(t, before, told.Load(), "nothing was written")

		gone := errors.New("the database is away")
		failure.Store(&gone)
		require.NoError(t, settings.Put(m, "l", nothing))
		time.Sleep(10 * settings.Poll)
		synctest.Wait()
		require.EqualValues(t, 1, seen.Load())
		failure.Store(nil)
		time.Sleep(settings.Poll)
		synctest.Wait()
		require.EqualValues(t, 2, seen.Load())
		require.Equal(t, 1, bytes.Count(log.Bytes(), []byte(gone.Error())), "it is told once a minute: %s", log)
		stop()
		<-ended
	})
}

var nothing = []byte{}
