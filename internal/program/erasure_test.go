package program_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
)

func accept(t *testing.T, p *program.Program, e *event.Event) {
	t.Helper()
	results, err := p.Submit(e)
	require.NoError(t, err)
	require.Nil(t, results[0].Refusal)
}

// Members are erased and redacted while events come in; afterwards a replay proves the store.
func TestRedactionGoesOnBesideEvents(t *testing.T) {
	stores(t, func(t *testing.T, store engine.Store) {
		p, _ := open(t, store)
		for i := range 200 {
			accept(t, p, newEvent(fmt.Sprint("e", i), fmt.Sprintf("member-%d", i%20), "buy"))
		}
		var others sync.WaitGroup
		others.Go(func() {
			for i := range 500 {
				results, err := p.Submit(newEvent(fmt.Sprint("f", i), fmt.Sprintf("member-%d", 10+i%10), "buy"))
				if err != nil || results[0].Refusal != nil {
					t.Errorf("%v %v", err, results)
					return
				}
			}
		})
		for i := range 5 {
			accept(t, p, engine.NewErasure(fmt.Sprintf("member-%d", i)))
			require.True(t, p.Erased(fmt.Sprintf("member-%d", i)))
			n, err := p.Redact(context.Background())
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
		others.Wait()
		require.NoError(t, p.Close())
		replayed, err := engine.Replay(store, []engine.Version{{Number: 1, From: calendar.Beginning, Rules: compile(t, shop)}})
		require.NoError(t, err)
		require.Empty(t, replayed.Differs)
		require.Equal(t, replayed.Stored, replayed.Hash)
	})
}

// A redaction that is stopped is done by the next one.
func TestARedactionThatIsStopped(t *testing.T) {
	stores(t, func(t *testing.T, store engine.Store) {
		p, _ := open(t, store)
		for i := range 1100 {
			_, err := p.Submit(newEvent(fmt.Sprint("e", i), "ann", "buy"))
			require.NoError(t, err)
		}
		accept(t, p, engine.NewErasure("ann"))
		stopped, stop := context.WithCancel(context.Background())
		stop()
		_, err := p.Redact(stopped)
		require.ErrorIs(t, err, engine.ErrStopped)
		require.NoError(t, p.Close())
		p, _ = open(t, store)
		require.True(t, p.Erased("ann"), "the id stays blocked")
		n, err := p.Redact(context.Background())
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

func TestASecretIsMadeOnce(t *testing.T) {
	s := &failing{}
	first, err := program.Secret(s, "shop")
	require.NoError(t, err)
	require.Len(t, first, 32)
	other, err := program.Secret(s, "shop2")
	require.NoError(t, err)
	require.NotEqual(t, first, other)
	again, err := program.Secret(s, "shop")
	require.NoError(t, err)
	require.Equal(t, first, again)
	s.err = errors.New("the disk is gone")
	_, err = program.Secret(s, "shop3")
	require.ErrorIs(t, err, s.err)
}
