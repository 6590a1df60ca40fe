//go:build same

package same

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server is a build that serves some stories.
type server struct {
	t               *testing.T
	binary, dir     string
	cmd             *exec.Cmd
	base, operators string
	keys            map[string]string // by program
	errs            *bytes.Buffer
	stopped         chan struct{}
	hooks           *hooks
	client          *http.Client

	mu sync.Mutex
	at map[string]time.Time // where the clock of a program was moved since the start
}

var (
	printedAPI    = regexp.MustCompile(`API +(http://\S+)`)
	printedHealth = regexp.MustCompile(`health +(http://\S+)/readyz`)
	printedKey    = regexp.MustCompile(`^  key +(?:(lk_\S+)|in (.+)$)`) // as builds have printed it, or where it is
)

// workspace is a directory in memory where there is one: what is compared is what is answered, not how it is synced.
func workspace(t *testing.T) string {
	if dir, err := os.MkdirTemp("/dev/shm", "laurel-same-"); err == nil {
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dir
	}
	return t.TempDir()
}

func newServer(t *testing.T, binary string) *server {
	return &server{t: t, binary: binary, dir: workspace(t), keys: map[string]string{}, hooks: newHooks(t), client: &http.Client{}}
}

// start serves the stories, each from a file of its own.
func (s *server) start(stories []*story, changed bool) {
	args := []string{"serve", "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0", "--data", filepath.Join(s.dir, "data"), "--keep-free", "1MiB",
		"--webhooks-allow-private", "--sandbox-at", begins}
	for _, st := range stories {
		text := st.text
		if changed && st.changed != "" {
			text = st.changed
		}
		file := filepath.Join(s.dir, st.id+".yaml")
		require.NoError(s.t, os.WriteFile(file, []byte(text), 0o600))
		args = append(args, file)
	}
	s.cmd, s.errs, s.stopped = exec.Command(s.binary, args...), &bytes.Buffer{}, make(chan struct{})
	s.cmd.Stderr = s.errs
	s.cmd.Env = append(os.Environ(), "GOGC=400") // there is room, and time is short
	s.at = map[string]time.Time{}
	stdout, err := s.cmd.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, s.cmd.Start())
	s.t.Cleanup(func() { _ = s.cmd.Process.Kill() })
	s.base, s.operators = "", ""
	var keys []string
	for lines := bufio.NewScanner(stdout); (s.base == "" || s.operators == "") && lines.Scan(); {
		line := lines.Text()
		if m := printedKey.FindStringSubmatch(line); m != nil {
			key := m[1]
			if m[2] != "" {
				text, err := os.ReadFile(m[2])
				require.NoError(s.t, err)
				key = strings.TrimSpace(string(text))
			}
			keys = append(keys, key)
		}
		if m := printedAPI.FindStringSubmatch(line); m != nil {
			s.base = m[1]
		}
		if m := printedHealth.FindStringSubmatch(line); m != nil {
			s.operators = m[1]
		}
	}
	if s.base == "" {
		_ = s.cmd.Wait()
		require.FailNow(s.t, "the server ended before it listened", s.errs.String())
	}
	if len(s.keys) == 0 {
		require.Len(s.t, keys, len(stories), "a key for each program, in their order")
		for i, st := range stories {
			s.keys[st.id] = keys[i]
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, stdout)
		_ = s.cmd.Wait()
		close(s.stopped)
	}()
}

func (s *server) stop(how syscall.Signal) {
	require.NoError(s.t, s.cmd.Process.Signal(how))
	<-s.stopped
	s.client.CloseIdleConnections()
}

// moved reports whether the clock of a story's program is to be moved, and that it was. It is once after each start.
func (s *server) moved(st *story, to time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at[st.id].Equal(to) {
		return false
	}
	s.at[st.id] = to
	return true
}

// do sends a request of a program.
func (s *server) do(program, method, path, key, body string) (status int, answer string) {
	req, err := http.NewRequest(method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+s.keys[program])
	if strings.HasSuffix(body, "\n") {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Errorf("%s %s: %v\n%s", method, path, err, s.errs.String())
		return 0, ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Error(err)
	}
	return resp.StatusCode, string(b)
}

// behind is what metrics say of webhooks that are still to be delivered.
func (s *server) behind() (lines []string) {
	resp, err := http.Get(s.operators + "/metrics")
	require.NoError(s.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	for line := range strings.Lines(string(text)) {
		if (strings.HasPrefix(line, "laurel_webhooks_behind{") || strings.HasPrefix(line, "laurel_webhooks_waiting{")) && !strings.HasSuffix(line, " 0\n") {
			lines = append(lines, line)
		}
	}
	return lines
}

// hooks takes webhooks and keeps each body once, by the program that the path names.
type hooks struct {
	url string
	mu  sync.Mutex
	got map[string]map[string]bool
}

func newHooks(t *testing.T) *hooks {
	h := &hooks{got: map[string]map[string]bool{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		program := strings.Trim(r.URL.Path, "/")
		if h.got[program] == nil {
			h.got[program] = map[string]bool{}
		}
		h.got[program][without(string(body))] = true
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}
