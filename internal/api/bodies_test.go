package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
)

// So many large requests of a program have a place, and the next waits for one of them; another program does not.
func TestPlacesForLargeBodies(t *testing.T) {
	b := newBodies(time.Hour)
	var held []*lease
	for range largeBodies {
		held = append(held, b.take("flood"))
	}
	granted := make(chan *lease)
	go func() { granted <- b.take("flood") }()
	require.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting["flood"]) == 1
	}, time.Minute, time.Millisecond)
	b.take("quiet").release()
	held[0].release()
	held[0].release() // again changes nothing
	held[0] = <-granted
	for _, l := range held {
		l.release()
	}
	require.Empty(t, b.held)
	require.Empty(t, b.waiting)
	b.leases.Range(func(id, _ any) bool { require.Fail(t, "a lease is left", id); return false })
}

// A body that never arrives does not keep its place.
func TestAPlaceEndsByItself(t *testing.T) {
	b := newBodies(time.Millisecond)
	for range 3 * largeBodies {
		b.take("flood")
	}
	require.Eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.held) == 0
	}, time.Minute, time.Millisecond)
}

// Who sends the name of a place has none, and takes none from others.
func TestAPlaceCannotBeNamed(t *testing.T) {
	s := New(Options{})
	l := s.bodies.take("shop")
	h := &fasthttp.RequestHeader{}
	h.SetMethod(get)
	h.SetRequestURI("/v1/events")
	h.Set(leaseHeader, l.id)
	s.app.Server().HeaderReceived(h)
	s.leave(h)
	require.Equal(t, map[string]int{"shop": 1}, s.bodies.held)
	l.release()
}
