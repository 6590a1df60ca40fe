package boardtest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// startAttempts bounds the search for a port that nobody else takes between our finding it and the server's using it.
const startAttempts = 5

// Server is a Redis, or a Valkey, which a test has for itself.
type Server struct {
	URL string

	port     string // empty if the server was not started here
	binary   string // what to start on the port
	settings []string
	process  *os.Process
	stop     func() // kills it and waits for its end
}

// Redis returns the URL of an empty Redis that lives as long as the test.
func Redis(t testing.TB) string {
	t.Helper()
	return StartRedis(t).URL
}

// StartRedis starts an empty server without persistence on a free loopback port and stops it when the test ends. If the
// environment has LAUREL_TEST_REDIS, the server at that URL is used instead: it is flushed, and tests of several
// packages must not share it at the same time. Where there is neither, the test fails.
func StartRedis(t testing.TB) *Server {
	t.Helper()
	if url := os.Getenv("LAUREL_TEST_REDIS"); url != "" {
		s := &Server{URL: url}
		s.Restart(t)
		return s
	}
	s := &Server{binary: findServer(t)}
	for range startAttempts {
		s.port = freePort(t)
		if s.start(t) {
			s.URL = "redis://127.0.0.1:" + s.port
			t.Cleanup(func() { s.stop() })
			return s
		}
	}
	require.FailNow(t, "the Redis server does not start", s.binary)
	return nil
}

// Restart kills the server and starts it again, empty, on its port. One that was not started here loses its data, its
// scripts and its connections, which is the same to a client.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.port != "" {
		s.stop()
		require.True(t, s.start(t), "the Redis server does not start again on port %s", s.port)
		return
	}
	options, err := redis.ParseURL(s.URL)
	require.NoError(t, err, "LAUREL_TEST_REDIS")
	client := redis.NewClient(options)
	defer client.Close()
	ctx := context.Background()
	require.NoError(t, client.FlushAll(ctx).Err(), "LAUREL_TEST_REDIS")
	require.NoError(t, client.ScriptFlush(ctx).Err())
	require.NoError(t, client.Do(ctx, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").Err())
}

// start runs the server until it accepts connections, and reports false if it ends before that.
func (s *Server) start(t testing.TB) bool {
	t.Helper()
	log := &readiness{ready: make(chan struct{})}
	command := s.command(t)
	command.Stdout, command.Stderr = log, log
	require.NoError(t, command.Start())
	s.process = command.Process
	exited := make(chan struct{})
	go func() {
		_ = command.Wait() // how it ended does not matter: it was killed, or the caller tries again
		close(exited)
	}()
	s.stop = func() {
		_ = command.Process.Kill() // an error means that it has ended by itself
		<-exited
	}
	select {
	case <-log.ready:
		return true
	case <-exited:
		return false
	}
}

func findServer(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.FailNow(t, "There is no redis-server or valkey-server on PATH and LAUREL_TEST_REDIS is not set: run `make test`.")
	return ""
}

// freePort is a port that is free, and below those that systems give to whoever asks for any: a server that is killed finds it
// again.
func freePort(t testing.TB) string {
	t.Helper()
	for {
		port := strconv.Itoa(20_000 + rand.IntN(12_000))
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			require.NoError(t, listener.Close())
			return port
		}
	}
}

// readiness is the log of a server, which says when it accepts connections.
type readiness struct {
	text  bytes.Buffer
	ready chan struct{}
	once  sync.Once
}

func (r *readiness) Write(p []byte) (int, error) {
	r.text.Write(p)
	// The last line of a server, and of a Sentinel.
	if bytes.Contains(r.text.Bytes(), []byte("Ready to accept connections")) || bytes.Contains(r.text.Bytes(), []byte("+monitor master")) {
		r.once.Do(func() { close(r.ready) })
	}
	return len(p), nil
}
