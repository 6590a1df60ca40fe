package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The minter of the documents mints what the server takes, without asking it, until its key is deleted; restarts change nothing.
func TestMinterOfTheDocuments(t *testing.T) {
	var source, ruleset block
	for _, b := range readDocument(t, "../../docs/api.md").blocks {
		switch b.file {
		case "mint.go":
			source = b
		case "gym.yaml":
			ruleset = b
		}
	}
	minter, dir := buildProgram(t, t.TempDir(), source), t.TempDir()
	file := write(t, dir, "gym.yaml", ruleset.text)
	s := serveBinary(t, file, "--data", filepath.Join(dir, "data"))
	key := s.key
	var made struct {
		ID      string
		Private string `json:"private_key"`
	}
	require.Equal(t, 201, s.do("POST", "/v1/admin/token-keys", "", &made))
	cmd := exec.Command(minter, "ann")
	cmd.Env = append(os.Environ(), "TOKEN_KEY="+made.Private, "TOKEN_KEY_ID="+made.ID, "PROGRAM=gym")
	token, err := cmd.Output()
	require.NoError(t, err)
	for range 2 {
		s.key = strings.TrimSpace(string(token))
		require.Equal(t, http.StatusOK, s.do("POST", "/v1/me/events", `{"id":"w1","type":"workout","data":{"minutes":45}}`, nil))
		var progress struct {
			Points map[string]struct{ Spendable float64 }
		}
		require.Equal(t, http.StatusOK, s.do("GET", "/v1/me/progress", "", &progress))
		require.EqualValues(t, 45, progress.Points["sweat"].Spendable)
		require.Equal(t, http.StatusForbidden, s.do("GET", "/v1/members/ann/progress", "", nil))
		s.interrupt()
		s = serveBinary(t, file, "--data", filepath.Join(dir, "data"))
	}
	s.key = key
	require.Equal(t, http.StatusOK, s.do("DELETE", "/v1/admin/token-keys/"+made.ID, "", nil))
	s.key = strings.TrimSpace(string(token))
	require.Equal(t, http.StatusUnauthorized, s.do("GET", "/v1/me/progress", "", nil))
	s.interrupt()
}
