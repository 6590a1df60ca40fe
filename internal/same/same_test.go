//go:build same

package same

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	events = flag.Int("events", 200_000, "how many events are sent")
	base   = flag.String("base", "", "another build of laurel, to show the first answer that differs")
	record = flag.String("record", "", "a commit: record its build's digests, which behaviour is held to from then on")
)

const (
	baseFile    = "testdata/base.txt"
	storyEvents = 125
	perServer   = 32 // stories that one server serves
	// begins is where the clocks of all servers stand first: whatever else is played, a story is the same.
	begins = "2026-03-26T00:00:00Z"
)

// TestSame holds this build's answers to those that are recorded, or to those of another build.
func TestSame(t *testing.T) {
	build := filepath.Join(t.TempDir(), "laurel")
	out, err := exec.Command("go", "build", "-o", build, "../../cmd/laurel").CombinedOutput()
	require.NoError(t, err, "%s", out)
	recorded, commit := readBase(t)
	lists := drawn(t, recorded)
	seen := newTally()
	var mu sync.Mutex
	var lines []string
	t.Run("stories", func(t *testing.T) {
		for i, stories := range lists {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel() // a server waits as long as it works
				mine := play(t, build, stories)
				mu.Lock()
				for _, st := range stories {
					seen.add(st, mine[st.id])
					lines = append(lines, st.line()+" "+digest(mine[st.id]))
				}
				mu.Unlock()
				switch {
				case *base != "":
					compare(t, stories, mine, play(t, *base, stories))
				case *record == "":
					for _, st := range stories {
						assert.Equal(t, recorded[st.line()], digest(mine[st.id]),
							"%s is answered otherwise than it is recorded: `make same BASE=%s` shows where", st.line(), commit)
					}
				}
			})
		}
	})
	seen.report(t)
	if *record != "" && !t.Failed() {
		slices.Sort(lines)
		require.NoError(t, os.WriteFile(baseFile, []byte("commit "+*record+"\n"+strings.Join(lines, "\n")+"\n"), 0o600))
	}
}

// line names a story in the file of digests: an edited ruleset is another story.
func (st *story) line() string {
	return fmt.Sprintf("%s %d %s", st.name, st.seed, short(st.original))
}

func short(text string) string { return digest(text)[:12] }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// drawn is as many stories as there are to be events: of the rulesets that have digests, where those are compared.
func drawn(t *testing.T, recorded map[string]string) (lists [][]*story) {
	sources, n := corpus(t), 0
	require.NotEmpty(t, sources)
	compared := *base == "" && *record == ""
	missing := 0
	var list []*story
	for seed := int64(1); n < *events; seed++ {
		before := n
		for _, s := range sources {
			if n >= *events {
				break
			}
			st := newStory(s, seed, storyEvents)
			if compared && recorded[st.line()] == "" {
				missing++
				continue
			}
			n += storyEvents
			if list = append(list, st); len(list) == perServer {
				lists, list = append(lists, list), nil
			}
		}
		if n == before {
			break
		}
	}
	if len(list) > 0 {
		lists = append(lists, list)
	}
	if compared {
		require.Greater(t, n, *events*9/10, "%d rulesets are new or were changed: record the digests anew", missing)
	}
	return lists
}

// play has a build serve stories, and returns their transcripts.
func play(t *testing.T, binary string, stories []*story) map[string]string {
	s := newServer(t, binary)
	s.start(stories, false)
	texts := map[string]*strings.Builder{}
	for _, st := range stories {
		texts[st.id] = &strings.Builder{}
		if st.hooked {
			status, answer := s.do(st.id, http.MethodPost, "/v1/admin/webhooks", "", `{"url":"`+s.hooks.url+`/`+st.id+`"}`)
			require.Equal(t, http.StatusCreated, status, "%s", answer)
		}
	}
	for part := range 3 {
		switch part {
		case 1:
			s.stop(syscall.SIGKILL)
			s.start(stories, false)
		case 2:
			s.stop(syscall.SIGTERM)
			s.start(stories, true)
		}
		tell(s, stories, texts, func(st *story) []call { return st.parts[part] })
	}
	tell(s, stories, texts, func(st *story) []call { return st.reads })
	var behind []string
	if !assert.Eventually(t, func() bool { behind = s.behind(); return len(behind) == 0 }, 5*time.Minute, 20*time.Millisecond, "webhooks are delivered") {
		require.FailNow(t, "not delivered", "%s\n%s", behind, s.errs.String())
	}
	s.stop(syscall.SIGTERM)
	all := map[string]string{}
	for _, st := range stories {
		erased := st.erased()
		for _, body := range slices.Sorted(maps.Keys(s.hooks.got[st.id])) {
			if slices.ContainsFunc(erased, func(member string) bool { return strings.Contains(body, fmt.Sprintf(`"member":%q`, member)) }) {
				continue // whether it was delivered before the erasure is chance
			}
			fmt.Fprintf(texts[st.id], "webhook\n%s\n", body)
		}
		all[st.id] = texts[st.id].String()
	}
	return all
}

// erased are the members that are erased.
func (st *story) erased() (members []string) {
	for _, part := range st.parts {
		for _, c := range part {
			if c.method == http.MethodDelete && c.feature == "erase" {
				members = append(members, strings.TrimPrefix(c.path, "/v1/members/"))
			}
		}
	}
	return members
}

// tell makes the calls of all stories, two stories at once, each one's in their order.
func tell(s *server, stories []*story, texts map[string]*strings.Builder, calls func(*story) []call) {
	queue := make(chan *story, len(stories))
	for _, st := range stories {
		queue <- st
	}
	close(queue)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for st := range queue {
				for _, c := range calls(st) {
					s.make(st, c, texts[st.id])
				}
			}
		})
	}
	workers.Wait()
}

// What is random in every run.
var drawnAnew = regexp.MustCompile(`"request_id":"[^"]*"|laurel:erased/[A-Za-z0-9_-]+|` +
	`"ahead_seconds":[-0-9.e+]+|/[0-9a-f]{32}\b|"code":"[0-9A-Z]{4}(-[0-9A-Z]{4})+"`)

// without leaves out what is random. Most answers have nothing of it.
func without(answer string) string {
	for _, mark := range []string{`"request_id":`, "laurel:", `"ahead_seconds":`, `"code":`} {
		if strings.Contains(answer, mark) {
			return drawnAnew.ReplaceAllString(answer, "…")
		}
	}
	return answer
}

// make moves the clock to the call, which does all that is due, and makes it.
func (s *server) make(st *story, c call, to *strings.Builder) {
	if s.moved(st, c.at) {
		for reached := false; !reached; {
			status, answer := s.do(st.id, http.MethodPost, "/v1/admin/clock", "", `{"to":"`+c.at.Format(time.RFC3339)+`"}`)
			if status != http.StatusOK {
				s.t.Errorf("the clock of %s: %d %s", st.id, status, answer)
				return
			}
			reached = strings.Contains(answer, `"reached":true`)
		}
	}
	status, answer := s.do(st.id, c.method, c.path, c.key, c.body)
	if status >= http.StatusInternalServerError {
		s.t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, status, answer)
	}
	fmt.Fprintf(to, "%s %s %s %s %s\n%d %s\n", c.at.Format(time.RFC3339), c.method, c.path, c.key, c.body, status, without(answer))
}

// compare fails with the first call that the two builds answer differently.
func compare(t *testing.T, stories []*story, mine, others map[string]string) {
	for _, st := range stories {
		a, b := bufio.NewScanner(strings.NewReader(mine[st.id])), bufio.NewScanner(strings.NewReader(others[st.id]))
		a.Buffer(nil, 1<<26)
		b.Buffer(nil, 1<<26)
		for said := ""; ; said = a.Text() {
			more, others := a.Scan(), b.Scan()
			if !more && !others {
				break
			}
			require.Equal(t, b.Text(), a.Text(), "%s, after %s", st.line(), said)
		}
	}
}

func readBase(t *testing.T) (recorded map[string]string, commit string) {
	text, err := os.ReadFile(baseFile)
	if os.IsNotExist(err) && *record != "" {
		return nil, ""
	}
	require.NoError(t, err)
	recorded = map[string]string{}
	for line := range strings.Lines(string(text)) {
		if of, found := strings.CutPrefix(line, "commit "); found {
			commit = strings.TrimSpace(of)
		} else if i := strings.LastIndexByte(strings.TrimSpace(line), ' '); i > 0 {
			recorded[line[:i]] = strings.TrimSpace(line[i+1:])
		}
	}
	return recorded, commit
}
