package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/api"
)

// All keys of a program share its rate; another program has one of its own.
func TestARateOfAProgram(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.ProgramRate = api.Rate{PerSecond: 10, Burst: 20} })
	for range 20 {
		w.get("/v1/challenges").ok()
	}
	a := w.get("/v1/challenges")
	a.problem(429, "rate_limited")
	require.Equal(t, "1", a.header.Get("Retry-After"))
	w.bravo("GET", "/v1/challenges", "").ok()
	lines := strings.Repeat(purchase+"\n", 30)
	w.bravo("POST", "/v1/events/batch", lines, "Content-Type", "application/x-ndjson").problem(429, "rate_limited")
}

// Where more waits than is decided within a second, what comes is told so at once, and other programs do not notice.
func TestWhoeverWouldWaitTooLongIsToldSo(t *testing.T) {
	w := newWorld(t)
	stalled := make(chan struct{})
	w.stores["acme"].stalls.Store(&stalled)
	acme, done := w.programs["acme"].Program, make(chan error, 1)
	events := make([]*event.Event, 30_000)
	for i := range events {
		events[i] = &event.Event{ID: fmt.Sprint("e", i), Type: "visit", Member: "ann", Data: []byte("{}")}
	}
	go func() {
		_, err := acme.Submit(events...)
		done <- err
	}()
	require.Eventually(t, func() bool { return acme.Waiting() > 0 }, time.Minute, time.Millisecond)
	a := w.do("POST", "/v1/events", purchase)
	a.problem(503, "overloaded")
	require.Equal(t, "1", a.header.Get("Retry-After"))
	w.do("POST", "/v1/events/batch", purchase+"\n", "Content-Type", "application/x-ndjson").problem(503, "overloaded")
	w.get("/v1/challenges").ok()
	w.bravo("PUT", "/v1/members/bo", `{"name":"Bo"}`)
	close(stalled)
	w.stores["acme"].stalls.Store(nil)
	require.NoError(t, <-done)
	w.do("POST", "/v1/events", purchase).ok()
}
