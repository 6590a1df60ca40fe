package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/store/segments"
)

// One damaged record fails what needs it, and nothing else: the rest of its program and other programs go on.
func TestADamagedRecordIsNoReasonForOthersToWait(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	one := write(t, dir, "one.yaml", pingRuleset)
	two := write(t, dir, "two.yaml", strings.Replace(pingRuleset, "program: killed", "program: other", 1))
	s := serveBinary(t, one, two, "--data", data)
	keys := printedKeys(s.banner)
	require.Len(t, keys, 2)
	ping := func(key string, n int) int {
		s.key = key
		return s.do("POST", "/v1/events", fmt.Sprintf(`{"id":"%d","type":"ping","member":"ann","data":{"order":"%d"}}`, n, n), nil)
	}
	for n := range 5 {
		require.Equal(t, http.StatusOK, ping(keys[0], n))
		require.Equal(t, http.StatusOK, ping(keys[1], n))
	}
	s.interrupt()

	spoil(t, data, "killed", 2)
	s = serveBinary(t, one, two, "--data", data)
	var p struct{ Code string }
	s.key = keys[0]
	require.Equal(t, http.StatusInternalServerError, s.do("GET", "/v1/events/1", "", &p))
	require.Equal(t, "record_damaged", p.Code)
	require.Equal(t, http.StatusInternalServerError, ping(keys[0], 1), "sent again")
	require.Equal(t, http.StatusInternalServerError, s.do("POST", "/v1/events/1/void", "", nil))
	require.Equal(t, http.StatusOK, ping(keys[0], 6))
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/members/ann/progress", "", nil))
	require.Equal(t, http.StatusOK, ping(keys[1], 6))
	s.interrupt()
	require.Zero(t, s.cmd.ProcessState.ExitCode())

	spoil(t, data, "killed", 6) // the newest one
	s = serveBinary(t, one, two, "--data", data)
	require.Equal(t, http.StatusServiceUnavailable, ping(keys[0], 7))
	require.Equal(t, http.StatusOK, ping(keys[1], 7))
	s.interrupt()
}

// printedKeys are the keys of a banner, in the order of the programs.
func printedKeys(banner string) (keys []string) {
	for line := range strings.Lines(banner) {
		if key := toldKey(strings.TrimSuffix(line, "\n")); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// spoil changes a byte of a record behind the store's back, as a disk does that forgets.
func spoil(t *testing.T, data, program string, seq uint64) {
	t.Helper()
	journal, err := segments.Open(segments.Options{FS: vfs.Default, Dir: filepath.Join(data, "journal", program), Program: program})
	require.NoError(t, err)
	name, at, size, err := journal.Place(seq)
	require.NoError(t, err)
	require.NoError(t, journal.Close())
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	b[at+size/2] ^= 4
	require.NoError(t, os.WriteFile(name, b, 0o600))
}
