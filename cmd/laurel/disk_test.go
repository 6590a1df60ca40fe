//go:build linux

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A server on a disk that somebody else fills refuses what it would have to write and answers what it knows; it starts on the full
// disk; and it goes on when there is room.
func TestServeOnAFullDisk(t *testing.T) {
	mount := t.TempDir()
	require.NoError(t, syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=260m"), "this test mounts a small file system, which takes root")
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(mount, syscall.MNT_DETACH)) })
	ruleset, data := write(t, t.TempDir(), "ruleset.yaml", pingRuleset), filepath.Join(mount, "data")
	args := []string{ruleset, "--data", data, "--keep-free", "60MiB"}
	s := serveBinary(t, args...)
	key := s.key
	send := func(id string) int {
		return s.do("POST", "/v1/events", `{"id":"`+id+`","type":"ping","member":"ann","data":{"order":"`+id+`"}}`, nil)
	}
	require.Equal(t, http.StatusOK, send("1"))
	filler := filepath.Join(mount, "somebody-elses")
	fill := func() {
		f, err := os.OpenFile(filler, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		require.NoError(t, err)
		for b := make([]byte, 1<<20); err == nil; {
			_, err = f.Write(b)
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		require.NoError(t, f.Close())
	}
	refuses := func() { // somebody else takes what the store gives back, too
		t.Helper()
		require.Eventually(t, func() bool {
			fill()
			var p struct{ Code string }
			status := s.do("POST", "/v1/events", `{"id":"2","type":"ping","member":"ann","data":{"order":"2"}}`, &p)
			return status == http.StatusServiceUnavailable && p.Code == "storage_full"
		}, soon, 50*time.Millisecond)
	}
	refuses()
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/members/ann/progress", "", nil), "reads go on")
	s.kill()

	s = serveBinary(t, args...)
	s.key = key
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/members/ann/progress", "", nil), "it starts on a full disk")
	refuses()
	require.NoError(t, os.Remove(filler))
	require.Eventually(t, func() bool { return send("2") == http.StatusOK }, soon, 50*time.Millisecond)
	fill()
	s.interrupt()
	require.NotZero(t, s.cmd.ProcessState.ExitCode(), "a stop that could not close is no success")
	require.NoError(t, os.Remove(filler))
	s = serveBinary(t, args...)
	s.key = key
	require.Equal(t, http.StatusOK, send("2"), "and nothing was lost by it")
	s.interrupt()
	require.Zero(t, s.cmd.ProcessState.ExitCode())
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]uint64{"1": 1, "512MiB": 512 << 20, "1GiB": 1 << 30, "2GB": 2_000_000_000, "3 kB": 0, "-1": 0, "": 0,
		"0": 0, "1XB": 0, "99999999TiB": 0} {
		got, err := parseSize(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want == 0, err != nil, text)
	}
	_, err := parseSize("0")
	require.ErrorContains(t, err, "leaves no room")
}
