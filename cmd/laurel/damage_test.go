package main

import (
	bigendian "encoding/binary"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/require"
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
	for _, m := range printedKey.FindAllStringSubmatch(banner, -1) {
		keys = append(keys, m[1])
	}
	return keys
}

// spoil changes a byte of a record behind the store's back, as a disk does that forgets.
func spoil(t *testing.T, data, program string, seq uint64) {
	t.Helper()
	db, err := pebble.Open(filepath.Join(data, "journal"), &pebble.Options{FormatMajorVersion: pebble.FormatValueSeparation})
	require.NoError(t, err)
	it, err := db.NewIter(nil)
	require.NoError(t, err)
	spoilt := 0
	for ok := it.First(); ok; ok = it.Next() {
		if key := it.Key(); len(key) == 2+len(program)+8 && string(key[2:2+len(program)]) == program && bigendian.BigEndian.Uint64(key[2+len(program):]) == seq {
			value := append([]byte(nil), it.Value()...)
			value[len(value)/2] ^= 4
			require.NoError(t, db.Set(append([]byte(nil), key...), value, pebble.Sync))
			spoilt++
		}
	}
	require.NoError(t, it.Close())
	require.Equal(t, 1, spoilt)
	require.NoError(t, db.Close())
}
