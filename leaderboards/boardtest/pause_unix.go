//go:build unix

package boardtest

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Pause stops the server, which then holds its connections and answers nothing, until Resume.
func (s *Server) Pause(t testing.TB) { s.signal(t, syscall.SIGSTOP) }

// Resume lets the server go on.
func (s *Server) Resume(t testing.TB) { s.signal(t, syscall.SIGCONT) }

func (s *Server) signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	require.NotNil(t, s.process, "a server that was not started here cannot be stopped: unset LAUREL_TEST_REDIS")
	require.NoError(t, s.process.Signal(sig))
}
