package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/webhook"
)

// compile builds a program of a document.
func (r *reader) compile(b block) { buildProgram(r.t, r.dir, b) }

func buildProgram(t *testing.T, dir string, b block) (program string) {
	t.Helper()
	source := filepath.Join(dir, b.file)
	require.NoError(t, os.WriteFile(source, []byte(b.text), 0o600))
	program = strings.TrimSuffix(source, ".go")
	out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// lines starts a command that runs until the test ends, and returns what it prints on one of its outputs.
func lines(t *testing.T, cmd *exec.Cmd, output func(*exec.Cmd) (io.ReadCloser, error)) *bufio.Scanner {
	t.Helper()
	out, err := output(cmd)
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return bufio.NewScanner(out)
}

func (s *server) webhooks() (n int) {
	s.t.Helper()
	var list struct{ Data []struct{ ID string } }
	require.Equal(s.t, 200, s.do("GET", "/v1/admin/webhooks", "", &list))
	return len(list.Data)
}

func TestWebhooksListen(t *testing.T) {
	s := serveBinary(t, "--demo", "--webhooks-allow-private", "--data", filepath.Join(t.TempDir(), "data"))
	cmd := exec.Command(binary, "webhooks", "listen", "--url", s.base, "--types", "joined,badge_earned")
	cmd.Env = append(os.Environ(), "LAUREL_KEY="+s.key)
	errs, err := cmd.StderrPipe()
	require.NoError(t, err)
	printed := lines(t, cmd, (*exec.Cmd).StdoutPipe)
	registered := bufio.NewScanner(errs)
	require.True(t, registered.Scan())
	require.Contains(t, registered.Text(), "until this command ends")
	require.Equal(t, 1, s.webhooks())

	at := lastWorkday()
	body := fmt.Sprintf(`{"id":"hook-1","type":"visit","member":"hooked","time":%q,"data":{"store":"s1"}}`, at)
	require.Equal(t, 200, s.do("POST", "/v1/events", body, nil))
	require.True(t, printed.Scan())
	when, err := time.Parse(time.RFC3339, at)
	require.NoError(t, err)
	require.Equal(t, when.UTC().Format(time.RFC3339)+"  joined  hooked #1  (hook-1)", printed.Text())

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	for printed.Scan() { // to its end
	}
	_ = cmd.Wait()
	require.Equal(t, exitInterrupted, cmd.ProcessState.ExitCode())
	require.Zero(t, s.webhooks(), "it is removed")
}

func TestWebhooksListenSaysWhatIsMissing(t *testing.T) {
	s := serveBinary(t, "--demo", "--data", filepath.Join(t.TempDir(), "data"))
	cmd := exec.Command(binary, "webhooks", "listen", "--url", s.base)
	cmd.Env = append(os.Environ(), "LAUREL_KEY="+s.key)
	out, _ := cmd.CombinedOutput()
	require.Equal(t, exitFailed, cmd.ProcessState.ExitCode(), "%s", out)
	require.Contains(t, string(out), "--webhooks-allow-private")
}

// The receiver of docs/api.md takes what the server sends, and nothing else.
func TestReceiverOfTheDocuments(t *testing.T) {
	var source block
	for _, b := range readDocument(t, "../../docs/api.md").blocks {
		if b.file == "receiver.go" {
			source = b
		}
	}
	program := buildProgram(t, t.TempDir(), source)
	s := serveBinary(t, "--demo", "--webhooks-allow-private", "--data", filepath.Join(t.TempDir(), "data"))
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	var made struct{ ID, Secret string }
	require.Equal(t, 201, s.do("POST", "/v1/admin/webhooks", `{"url":"http://`+address+`/"}`, &made))
	receiver := exec.Command(program)
	receiver.Env = append(os.Environ(), "WEBHOOK_SECRET="+made.Secret, "LISTEN="+address)
	printed := lines(t, receiver, (*exec.Cmd).StdoutPipe)

	var rotated struct{ Secret string }
	require.Equal(t, 200, s.do("POST", "/v1/admin/webhooks/"+made.ID+"/rotate", "", &rotated))
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"hook-1","type":"visit","member":"hooked","data":{"store":"s1"}}`, nil))
	require.True(t, printed.Scan())
	require.Contains(t, printed.Text(), `"data":{"member":"hooked","number":1,"event":"hook-1"}}`, "signed with both secrets")

	send := func(secret, signed, sent string, at time.Time) int {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, "http://"+address+"/", bytes.NewReader([]byte(sent)))
		require.NoError(t, err)
		require.NoError(t, webhook.Sign(r.Header, []string{secret}, "msg_"+signed, []byte(signed), at))
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, 200, send(made.Secret, "one", "one", time.Now()))
	require.Equal(t, 200, send(made.Secret, "one", "one", time.Now()), "seen before")
	require.Equal(t, 400, send(rotated.Secret, "two", "two", time.Now()))
	require.Equal(t, 400, send(made.Secret, "two", "three", time.Now()))
	require.Equal(t, 400, send(made.Secret, "two", "two", time.Now().Add(-6*time.Minute)))
	require.Equal(t, 200, send(made.Secret, "last", "last", time.Now()))
	for _, want := range []string{"one", "last"} {
		for printed.Scan() && strings.HasPrefix(printed.Text(), "{") { // what else the member's first visit led to
		}
		require.Equal(t, want, printed.Text())
	}
}
