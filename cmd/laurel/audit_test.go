package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
)

const adjustable = "program: shop\nevents: {buy: {}}\npoints: {stars: {}}\nrules: {buy: {when: buy, give: {stars: 10}}}\n"

// An audit log stands over restarts, and an entry that was edited, taken out or moved is found, in a file and where it is kept: also the last
// one, where the head was set back with it, as the journal tells of it.
func TestAnAuditLogIsVerified(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s := serveBinary(t, write(t, dir, "shop.yaml", adjustable), "--data", data)
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"b1","type":"buy","member":"zoe"}`, nil))
	adjust := func(key string) {
		t.Helper()
		req, err := http.NewRequest("POST", s.base+"/v1/members/zoe/adjustments", strings.NewReader(`{"points":"stars","amount":3,"reason":"a cup"}`))
		require.NoError(t, err)
		for name, value := range map[string]string{"Authorization": "Bearer " + s.key, "Content-Type": "application/json",
			"Idempotency-Key": key, "Laurel-Actor": "Ann"} {
			req.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, 200, resp.StatusCode)
	}
	adjust("k1")
	require.Equal(t, 200, s.do("GET", "/v1/admin/audit", "", nil)) // which waits for it
	t.Setenv("LAUREL_KEY", s.key)
	_, stderr, exit := laurel(t, "keys", "create", "desk", "--role", "support", "--url", checked(t, s.base))
	require.Equal(t, exitDone, exit, stderr)
	s.interrupt()
	s = serveBinary(t, filepath.Join(dir, "shop.yaml"), "--data", data)
	s.key = os.Getenv("LAUREL_KEY")
	adjust("k2")
	adjust("k3")
	stdout, stderr, exit := laurel(t, "audit", "verify", "--url", checked(t, s.base))
	require.Equal(t, exitDone, exit, stderr)
	require.Contains(t, stdout, "6 entries, whole") // the ruleset, the first key, one more, and three adjustments
	_, answer, err := s.try("GET", "/v1/admin/audit?format=ndjson", "", "")
	require.NoError(t, err)
	text := string(answer)
	require.Equal(t, exitDone, verify(t, "file", text))
	lines := strings.Split(strings.TrimSpace(text), "\n")
	require.Len(t, lines, 7)
	require.Contains(t, lines[5], "a cup")
	require.Equal(t, exitFailed, verify(t, "edited", strings.Replace(text, "a cup", "a mug", 1)))
	require.Equal(t, exitFailed, verify(t, "removed", strings.Join(append(lines[:3:3], lines[4:]...), "\n")))
	require.Equal(t, exitFailed, verify(t, "cut off", strings.Join(lines[:5], "\n")))
	require.Equal(t, exitFailed, verify(t, "reordered", strings.Join([]string{lines[0], lines[2], lines[1], lines[3], lines[4], lines[5], lines[6]}, "\n")))
	s.interrupt()

	within := func(want int, says string, change func(settings.Store)) {
		t.Helper()
		copied := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.CopyFS(copied, os.DirFS(data)))
		db, err := pebblestore.Open(copied, pebblestore.Options{Existing: true})
		require.NoError(t, err)
		change(db.Settings())
		require.NoError(t, db.Close())
		stdout, stderr, exit := laurel(t, "audit", "verify", "--data", copied)
		require.Equal(t, want, exit, stdout+stderr)
		require.Contains(t, stdout+stderr, says)
	}
	place := func(n int) string { return fmt.Sprintf("audit/shop/%014x/%02x", 0, n) }
	swap := func(s settings.Store, key, old, young string) {
		row, err := s.Get(key)
		require.NoError(t, err)
		require.Contains(t, string(row.Value), old)
		require.NoError(t, settings.Put(s, key, []byte(strings.Replace(string(row.Value), old, young, 1))))
	}
	hash := func(s settings.Store, n int) string {
		row, err := s.Get(place(n))
		require.NoError(t, err)
		var e struct{ Hash string }
		require.NoError(t, json.Unmarshal(row.Value, &e))
		return e.Hash
	}
	within(exitDone, "shop: 6 entries, whole", func(settings.Store) {})
	within(exitFailed, "entry 3: it was edited", func(s settings.Store) { swap(s, place(3), "Ann", "Bob") })
	within(exitFailed, "entry 4: it is missing", func(s settings.Store) { require.NoError(t, settings.Delete(s, place(4))) })
	within(exitFailed, "entry 6: it is missing", func(s settings.Store) { require.NoError(t, settings.Delete(s, place(6))) })
	within(exitFailed, "of the journal is points.adjust", func(s settings.Store) {
		swap(s, "audit-head/shop", hash(s, 6), hash(s, 5))
		swap(s, "audit-head/shop", `"n":6`, `"n":5`)
		require.NoError(t, settings.Delete(s, place(6)))
	})
	within(exitFailed, "entry 2: it is missing", func(s settings.Store) {
		three, err := s.Get(place(3))
		require.NoError(t, err)
		two, err := s.Get(place(2))
		require.NoError(t, err)
		require.NoError(t, settings.Put(s, place(2), three.Value))
		require.NoError(t, settings.Put(s, place(3), two.Value))
	})
}

// verify is the exit code of laurel audit verify of a file.
func verify(t *testing.T, name, text string) int {
	t.Helper()
	file := write(t, t.TempDir(), name+".ndjson", text)
	stdout, stderr, exit := laurel(t, "audit", "verify", file)
	t.Log(name, stdout, stderr)
	return exit
}
