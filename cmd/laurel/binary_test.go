package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// binary is the real program, built once for all tests that run it.
var binary string

// built is how.
var built = []string{"build"}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "laurel-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "laurel")
	if out, err := exec.Command("go", append(built, "-o", binary, ".")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s", out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// laurel runs the binary to its end.
func laurel(t *testing.T, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		require.NoError(t, err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// server is a running `laurel serve`.
type server struct {
	t       *testing.T
	cmd     *exec.Cmd
	base    string
	health  string
	key     string
	banner  string
	errs    *bytes.Buffer
	stopped chan struct{}
}

// log is what a server has logged, once it has stopped.
func (s *server) log() string {
	<-s.stopped
	return s.errs.String()
}

// serveBinary starts a server and returns when it has said where it listens.
func serveBinary(t *testing.T, args ...string) *server {
	t.Helper()
	return serveIn(t, "", args...)
}

// serveIn is serveBinary in a working directory.
func serveIn(t *testing.T, dir string, args ...string) *server {
	t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0"}, args...)
	s := &server{t: t, cmd: exec.Command(binary, args...), stopped: make(chan struct{})}
	s.cmd.Dir = dir
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(t, err)
	s.errs = &bytes.Buffer{}
	s.cmd.Stderr = s.errs
	require.NoError(t, s.cmd.Start())
	t.Cleanup(s.kill)
	s.read(stdout)
	if s.base == "" || s.health == "" {
		_ = s.cmd.Wait()
		close(s.stopped)
		require.FailNow(t, "the server ended before it listened", s.errs.String())
	}
	go func() { // whatever else it prints, and its end
		_, _ = io.Copy(io.Discard, stdout)
		_ = s.cmd.Wait()
		close(s.stopped)
	}()
	return s
}

// read takes what a server prints, up to where it listens.
func (s *server) read(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	for (s.base == "" || s.health == "") && lines.Scan() {
		line := lines.Text()
		s.banner += line + "\n"
		if key := toldKey(line); key != "" {
			s.key = key
		}
		if m := printedAPI.FindStringSubmatch(line); m != nil {
			s.base = "http://" + m[1]
		}
		if m := printedHealth.FindStringSubmatch(line); m != nil {
			s.health = "http://" + m[1]
		}
	}
}

func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	<-s.stopped
}

func (s *server) interrupt() {
	require.NoError(s.t, s.cmd.Process.Signal(os.Interrupt))
	<-s.stopped
}

// do sends a request with the server's key and reads the answer into out unless it is nil.
func (s *server) do(method, path, body string, out any) int {
	s.t.Helper()
	status, answer, err := s.try(method, path, "", body)
	require.NoError(s.t, err)
	if out != nil {
		require.NoError(s.t, json.Unmarshal(answer, out), "%s %s: %s", method, path, answer)
	}
	return status
}

// try is do for a server that may be killed meanwhile; idempotency is the call's Idempotency-Key, or nothing.
func (s *server) try(method, path, idempotency, body string) (status int, answer []byte, err error) {
	req, err := http.NewRequest(method, s.base+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	req.Header.Set("Content-Type", "application/json")
	if idempotency != "" {
		req.Header.Set("Idempotency-Key", idempotency)
	}
	resp, err := checking(s.t).RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}

// pingRuleset is a small program for tests to which it does not matter what is counted.
const pingRuleset = `program: killed
events:
  ping: {order: text}
points:
  stars: {}
rules:
  one: {when: ping, give: {stars: 1}, limit: 1 ever by event.order}
streaks:
  daily: {when: ping, every: day, goals: [{at: 2, give: {stars: 1}}]}
`
