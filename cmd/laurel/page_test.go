package main

import (
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var shownCall = regexp.MustCompile(`(?s)<pre><code>(curl.*?)</code></pre>`)

// TestCallsOfThePage copies every call that /docs/api shows, and runs it against the demo. Each is taken: what is refused is refused for what
// the demo has or does not have, and not for how it is asked.
func TestCallsOfThePage(t *testing.T) {
	demo := serveBinary(t, "--demo", "--data", filepath.Join(t.TempDir(), "data"))
	_, page, err := demo.try("GET", "/docs/api", "", "")
	require.NoError(t, err)
	var made struct{ Token string }
	require.Equal(t, 201, demo.do("POST", "/v1/members/ann/tokens", "", &made))
	env := append(os.Environ(), "API="+checked(t, demo.base), "KEY="+demo.key, "TOKEN="+made.Token)
	calls := 0
	for _, m := range shownCall.FindAllStringSubmatch(string(page), -1) {
		call := html.UnescapeString(m[1])
		if strings.Contains(call, "/stream") || strings.Contains(call, "-X DELETE") && strings.HasSuffix(call, `/members/ann"`) {
			continue // has no end, or ends her
		}
		cmd := exec.Command("bash", "-c", strings.Replace(call, "curl ", `curl -sS -o /dev/null -w "%{http_code}" `, 1))
		cmd.Env = env
		status, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s\n%s", call, status)
		require.Contains(t, []string{"200", "201", "403", "404", "409", "410", "422"}, string(status), call)
		calls++
	}
	require.Greater(t, calls, 90)
}
