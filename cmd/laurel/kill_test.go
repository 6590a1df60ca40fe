package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killLoops is how often the server is killed; LAUREL_KILLS raises it.
func killLoops(t *testing.T) int {
	n, err := strconv.Atoi(env("LAUREL_KILLS", "50"))
	require.NoError(t, err)
	return n
}

const killRuleset = `program: killed
events:
  ping: {order: text}
points:
  stars: {}
rules:
  one: {when: ping, give: {stars: 1}, limit: 1 ever by event.order}
streaks:
  daily: {when: ping, every: day, goals: [{at: 2, give: {stars: 1}}]}
`

// TestKill kills a real server under load again and again. Every acknowledged event must be there afterwards with the
// same effects; one that was under way is there whole or not at all; none has two effects.
func TestKill(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	dir := t.TempDir()
	ruleset := filepath.Join(dir, "ruleset.yaml")
	require.NoError(t, os.WriteFile(ruleset, []byte(killRuleset), 0o600))
	args := []string{ruleset, "--data", filepath.Join(dir, "data")}

	const members = 8
	sent := [members]int{}         // events sent so far, by member
	answers := map[string]string{} // what was acknowledged
	key := ""
	for loop := range killLoops(t) {
		s := serveBinary(t, args...)
		if loop == 0 {
			key = s.key
		}
		s.key = key
		require.Equal(t, "", recheck(s, answers, r), "loop %d, seed %d", loop, seed)
		acknowledged := hammer(s, &sent, time.Duration(5+r.Intn(496))*time.Millisecond)
		for id, answer := range acknowledged {
			answers[id] = answer
		}
	}
	s := serveBinary(t, args...)
	s.key = key
	t.Logf("%d events acknowledged over %d kills", len(answers), killLoops(t))
	require.Greater(t, len(answers), killLoops(t), "the load must have reached the server")
	for m := range members {
		for n := range sent[m] { // what was under way when the server died is sent again, like a client would
			id := fmt.Sprintf("e-%d-%d", m, n)
			answer, err := ping(s, m, n)
			require.NoError(t, err)
			if first, known := answers[id]; known {
				require.Equal(t, first, answer, "event %s, seed %d", id, seed)
			}
		}
		var p struct {
			Points map[string]struct{ Issued int }
		}
		require.Equal(t, 200, s.do("GET", fmt.Sprintf("/v1/members/m%d/progress", m), "", &p))
		require.Equal(t, sent[m], p.Points["stars"].Issued, "each event of member %d has one effect", m)
	}
}

// hammer sends events of every member at once until the server is killed, after a time.
func hammer(s *server, sent *[8]int, after time.Duration) map[string]string {
	acknowledged := map[string]string{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for m := range sent {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				n := sent[m]
				sent[m]++
				answer, err := ping(s, m, n)
				if err != nil {
					return
				}
				mu.Lock()
				acknowledged[fmt.Sprintf("e-%d-%d", m, n)] = answer
				mu.Unlock()
			}
		}()
	}
	time.AfterFunc(after, func() { _ = s.cmd.Process.Kill() })
	wg.Wait()
	<-s.stopped
	return acknowledged
}

// recheck sends acknowledged events again: fifty at random after each restart, all of them at the end.
func recheck(s *server, answers map[string]string, r *rand.Rand) string {
	ids := make([]string, 0, len(answers))
	for id := range answers {
		ids = append(ids, id)
	}
	for range min(50, len(ids)) {
		id := ids[r.Intn(len(ids))]
		var m, n int
		if _, err := fmt.Sscanf(id, "e-%d-%d", &m, &n); err != nil {
			return err.Error()
		}
		answer, err := ping(s, m, n)
		if err != nil || answer != answers[id] {
			return fmt.Sprintf("%s was acknowledged with %s, and is now %s (%v)", id, answers[id], answer, err)
		}
	}
	return ""
}

// ping sends the n-th event of a member and returns the answer, in which being a duplicate does not count.
func ping(s *server, m, n int) (string, error) {
	body := fmt.Sprintf(`{"id":"e-%d-%d","type":"ping","member":"m%d","data":{"order":"%d-%d"}}`, m, n, m, m, n)
	req, err := http.NewRequest(http.MethodPost, s.base+"/v1/events", bytes.NewReader([]byte(body)))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d: %s", resp.StatusCode, answer)
	}
	return strings.Replace(string(answer), `"duplicate":true`, `"duplicate":false`, 1), err
}
