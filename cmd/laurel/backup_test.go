package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const pilot = "program: pilot\nevents: {buy: {amount: money}}\ncurrency: EUR\npoints: {stars: {expire: [30 days after earning]}}\n" +
	"rules: {buy: {when: buy, give: {stars: event.amount}}}\ncounters: {buys: {when: buy}}\nleaderboards: {buys: {counter: buys}}\n"

// serverKeyOf is the key of the server of a data directory.
func serverKeyOf(t *testing.T, data string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(data, serverKeyFile))
	require.NoError(t, err)
	return strings.TrimSpace(string(text))
}

// A server is backed up under load, destroyed and restored: what had been accepted by then is known by its id, replays to the same states, and
// whoever was erased since is nowhere.
func TestABackupIsRestored(t *testing.T) {
	dir := t.TempDir()
	data, ruleset := filepath.Join(dir, "data"), write(t, dir, "pilot.yaml", pilot)
	list := filepath.Join(dir, "elsewhere", "erasures")
	s := serveBinary(t, "--data", data, "--erasures", list, ruleset)
	t.Setenv("LAUREL_KEY", serverKeyOf(t, data))
	send := func(s *server, id string, n int) int {
		return s.do("POST", "/v1/events", fmt.Sprintf(`{"id":"%s","type":"buy","member":"member-%d","data":{"amount":%d.25}}`, id, n%50, n), nil)
	}
	for i := range 300 {
		require.Equal(t, 200, send(s, fmt.Sprint("before-", i), i))
	}
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"z1","type":"buy","member":"zacharias-who-left","data":{"amount":7}}`, nil))
	require.Equal(t, 200, s.do("PUT", "/v1/members/zacharias-who-left", `{"name":"Zacharias Werner"}`, nil))
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"y1","type":"buy","member":"yolanda-who-left-before","data":{"amount":7}}`, nil))
	require.Equal(t, 200, s.do("DELETE", "/v1/members/yolanda-who-left-before", "", nil))

	erased(t, s)

	var stop atomic.Bool
	var load sync.WaitGroup
	for worker := range 4 {
		load.Go(func() {
			for i := 0; !stop.Load(); i++ {
				if status := send(s, fmt.Sprintf("during-%d-%d", worker, i), i%1000); status != 200 {
					t.Errorf("answered %d", status)
					return
				}
			}
		})
	}
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	out, stderr, exit := laurel(t, "backup", first, "--url", checked(t, s.base))
	require.Equal(t, exitDone, exit, stderr)
	require.Contains(t, out, "pilot: ")
	out, stderr, exit = laurel(t, "backup", second, "--url", s.base)
	require.Equal(t, exitDone, exit, stderr)
	require.Contains(t, out, second)
	stop.Store(true)
	load.Wait()
	_, stderr, exit = laurel(t, "backup", first, "--url", s.base)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "is there already")

	require.Equal(t, 200, s.do("DELETE", "/v1/members/zacharias-who-left", "", nil))
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	require.Equal(t, 3, bytes.Count(text, []byte("\n")), "a line for the list, and one for each: %s", text)
	require.NotContains(t, string(text), "zacharias")
	key := s.key
	s.kill()
	require.NoError(t, os.RemoveAll(data))

	restored := filepath.Join(dir, "restored")
	_, stderr, exit = laurel(t, "restore", second, "--data", restored)
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "--erasures")
	out, stderr, exit = laurel(t, "restore", second, "--data", restored, "--erasures", list)
	require.Equal(t, exitDone, exit, stderr)
	require.Contains(t, out, "1 member erased again")
	requireNowhere(t, restored, "zacharias", "Zacharias", "yolanda")
	_, stderr, exit = laurel(t, "restore", second, "--data", restored, "--erasures", list)
	require.Equal(t, exitFailed, exit)
	require.Contains(t, stderr, "is not empty")

	out, stderr, exit = laurel(t, "replay", "--data", restored)
	require.Equal(t, exitDone, exit, out+stderr)
	s = serveBinary(t, "--data", restored, "--erasures", list, ruleset)
	s.key = key
	for i := range 300 {
		var answer struct{ Duplicate bool }
		body := fmt.Sprintf(`{"id":"before-%d","type":"buy","member":"member-%d","data":{"amount":%d.25}}`, i, i%50, i)
		require.Equal(t, 200, s.do("POST", "/v1/events", body, &answer))
		require.True(t, answer.Duplicate)
	}
	require.Equal(t, 410, s.do("GET", "/v1/members/zacharias-who-left/progress", "", nil))
	require.Equal(t, 410, s.do("GET", "/v1/members/yolanda-who-left-before/progress", "", nil))
	require.Equal(t, 200, s.do("GET", "/v1/members/member-1/progress", "", nil))
	require.Equal(t, 200, send(s, "after", 1))
	s.interrupt()
	out, stderr, exit = laurel(t, "replay", "--data", restored)
	require.Equal(t, exitDone, exit, out+stderr)

	// Of a stopped server too.
	third := filepath.Join(dir, "third")
	_, stderr, exit = laurel(t, "backup", third, "--data", restored)
	require.Equal(t, exitDone, exit, stderr)
	_, stderr, exit = laurel(t, "restore", third, "--data", filepath.Join(dir, "again"), "--erasures", "none")
	require.Equal(t, exitDone, exit, stderr)
	requireNowhere(t, filepath.Join(dir, "again"), "zacharias")
}

// erased waits until the job that takes the erased off the disk has run twice since now.
func erased(t *testing.T, s *server) {
	t.Helper()
	since, seen := time.Now(), map[time.Time]bool{}
	require.Eventually(t, func() bool {
		var list struct {
			Data []struct {
				Job      string
				Last     *time.Time `json:"last_run"`
				Failures int
			}
		}
		require.Equal(t, 200, s.do("GET", "/v1/admin/jobs", "", &list))
		for _, j := range list.Data {
			if j.Job == "erase" && j.Last != nil && j.Last.After(since) {
				require.Zero(t, j.Failures)
				seen[*j.Last] = true
			}
		}
		return len(seen) >= 2
	}, 2*time.Minute, 20*time.Millisecond)
}

// requireNowhere looks for texts in all files of a directory.
func requireNowhere(t *testing.T, dir string, texts ...string) {
	t.Helper()
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, text := range texts {
			require.False(t, bytes.Contains(b, []byte(text)), "%s holds %s", path, text)
		}
		return err
	}))
	require.Positive(t, files)
}

// The state follows from the journal, also where that has what is left of erased members: without it a start makes it again.
func TestAStateIsMadeAgainAfterAnErasure(t *testing.T) {
	dir := t.TempDir()
	data, ruleset := filepath.Join(dir, "data"), write(t, dir, "pilot.yaml", pilot)
	s := serveBinary(t, "--data", data, ruleset)
	for i := range 5 {
		require.Equal(t, 200, s.do("POST", "/v1/events", fmt.Sprintf(`{"id":"e%d","type":"buy","member":"m%d","data":{"amount":7}}`, i, i), nil))
	}
	require.Equal(t, 200, s.do("DELETE", "/v1/members/m2", "", nil))
	erased(t, s)
	key := s.key
	s.interrupt()
	require.NoError(t, os.RemoveAll(filepath.Join(data, "state")))
	s = serveBinary(t, "--data", data, ruleset)
	s.key = key
	require.Equal(t, 410, s.do("GET", "/v1/members/m2/progress", "", nil))
	require.Equal(t, 200, s.do("GET", "/v1/members/m3/progress", "", nil))
	s.interrupt()
	out, stderr, exit := laurel(t, "replay", "--data", data)
	require.Equal(t, exitDone, exit, out+stderr)
}

// A backup that was damaged or is not whole is told, and nothing is left of what was begun.
func TestADamagedBackup(t *testing.T) {
	dir := t.TempDir()
	data, ruleset := filepath.Join(dir, "data"), write(t, dir, "pilot.yaml", pilot)
	s := serveBinary(t, "--data", data, ruleset)
	require.Equal(t, 200, s.do("POST", "/v1/events", `{"id":"e1","type":"buy","member":"ann","data":{"amount":7}}`, nil))
	t.Setenv("LAUREL_KEY", s.key)
	_, stderr, exit := laurel(t, "backup", filepath.Join(dir, "refused"), "--url", s.base)
	require.Equal(t, exitNotAuthorised, exit)
	require.Contains(t, stderr, "server-key")
	require.NoDirExists(t, filepath.Join(dir, "refused"))
	s.interrupt()
	taken := filepath.Join(dir, "taken")
	_, stderr, exit = laurel(t, "backup", taken, "--data", data)
	require.Equal(t, exitDone, exit, stderr)

	var files []string
	require.NoError(t, filepath.WalkDir(taken, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	require.Len(t, files, 3)
	for _, file := range files {
		whole, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, damage := range []func() error{
			func() error { return os.WriteFile(file, whole[:len(whole)/2], 0o600) },
			func() error { return os.Remove(file) },
		} {
			require.NoError(t, damage())
			_, stderr, exit := laurel(t, "restore", taken, "--data", filepath.Join(dir, "restored"), "--erasures", "none")
			require.Equal(t, exitFailed, exit)
			require.Contains(t, stderr, filepath.Base(file))
			require.NoDirExists(t, filepath.Join(dir, "restored"))
			require.NoDirExists(t, filepath.Join(dir, "restored.restoring"))
		}
		require.NoError(t, os.WriteFile(file, whole, 0o600))
	}
	_, stderr, exit = laurel(t, "restore", taken, "--data", filepath.Join(dir, "restored"), "--erasures", filepath.Join(dir, "no-list"))
	require.Equal(t, exitUsage, exit)
	require.Contains(t, stderr, "no-list")
	_, stderr, exit = laurel(t, "restore", dir, "--data", filepath.Join(dir, "restored"), "--erasures", "none")
	require.Equal(t, exitFailed, exit)
	require.Contains(t, stderr, "is no backup of Laurel")
}
