package main

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

// brittle is a store that fails when it is told to.
type brittle struct {
	engine.Store
	broken atomic.Bool
}

func (b *brittle) Commit(batch *engine.Batch) error {
	if b.broken.Load() {
		return errors.New("its journal cannot be written")
	}
	return b.Store.Commit(batch)
}

// A program whose store fails stops alone; the process ends, with an error, when the last one has stopped. What was acknowledged is there
// at the next start.
func TestTheServerEndsWithTheLastProgram(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	one := write(t, dir, "one.yaml", pingRuleset)
	two := write(t, dir, "two.yaml", strings.Replace(pingRuleset, "program: killed", "program: other", 1))
	var mu sync.Mutex
	stores := map[string]*brittle{}
	o := serveOptions{data: data, store: func(db *pebblestore.DB, id string) (engine.Store, error) {
		mu.Lock()
		defer mu.Unlock()
		if stores[id] == nil {
			s, err := db.Program(id)
			if err != nil {
				return nil, err
			}
			stores[id] = &brittle{Store: s}
		}
		return stores[id], nil
	}}
	s, ended := serveUntil(t.Context(), t, o, one, two)
	secrets := printedKeys(s.banner)
	require.Len(t, secrets, 2)
	ping := func(program int, id string) int {
		s.key = secrets[program]
		status, code, retry := s.post("/v1/events", `{"id":"`+id+`","type":"ping","member":"ann","data":{"order":"`+id+`"}}`)
		if status != http.StatusOK {
			require.Equal(t, []string{"program_stopped", "30"}, []string{code, retry})
		}
		return status
	}
	require.Equal(t, http.StatusOK, ping(0, "a"))
	require.Equal(t, http.StatusOK, ping(1, "a"))
	stores["killed"].broken.Store(true)
	require.Equal(t, http.StatusServiceUnavailable, ping(0, "b"))
	require.Equal(t, http.StatusServiceUnavailable, ping(0, "a"), "nothing of it is served")
	for _, id := range []string{"b", "c", "d"} {
		require.Equal(t, http.StatusOK, ping(1, id))
	}
	select {
	case err := <-ended:
		require.FailNow(t, "the other one goes on", err)
	default:
	}
	stores["other"].broken.Store(true)
	require.Equal(t, http.StatusServiceUnavailable, ping(1, "e"))
	err := <-ended
	require.ErrorContains(t, err, "program killed stopped: the store could not commit")
	require.ErrorContains(t, err, "program other stopped: the store could not commit")

	ctx, cancel := context.WithCancel(t.Context())
	s, ended = serveUntil(ctx, t, serveOptions{data: data}, one, two)
	for program, ids := range [][]string{{"a"}, {"a", "b", "c", "d"}} {
		s.key = secrets[program]
		for _, id := range ids {
			require.Equal(t, http.StatusOK, s.do("GET", "/v1/events/"+id, "", nil), "%d %s", program, id)
		}
	}
	require.Equal(t, http.StatusOK, ping(0, "b"), "it is sent again")
	cancel()
	require.NoError(t, <-ended)
}
