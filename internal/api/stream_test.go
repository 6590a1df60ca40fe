package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/keys"
)

// message is a server-sent event as a reader gets it.
type message struct {
	id, name, data string
}

// reader reads a stream as a browser does: it remembers the last id, and comes back with it.
type reader struct {
	t      *testing.T
	key    string
	last   string
	body   *bufio.Scanner
	cancel context.CancelFunc
}

// follow opens a stream. It reports false when there is no server, or it answers with a problem.
func (r *reader) follow(url string) (status int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(r.t, err)
	req.Header.Set("Authorization", "Bearer "+r.key)
	if r.last != "" {
		req.Header.Set("Last-Event-ID", r.last)
	}
	resp, err := streams.Do(req) //nolint:bodyclose // the context closes it
	if err != nil {
		cancel()
		return 0, err
	}
	r.cancel, r.body = cancel, bufio.NewScanner(resp.Body)
	r.body.Buffer(make([]byte, 0, 4096), 1<<20)
	return resp.StatusCode, nil
}

// streams is a client that keeps as many connections as there are readers.
var streams = &http.Client{Transport: described.Transport(&http.Transport{DisableKeepAlives: true}, func(err error) { panic(err) })}

// told are the schemas of what the topics of streams say.
var told = map[string]string{"member": "StreamedEvent", "event": "StreamedEvent", "leaderboard": "StreamedLeaderboard", "promotion": "Message"}

// next is the next message, false when the stream has ended.
func (r *reader) next() (m message, ok bool) {
	for r.body.Scan() {
		name, value, _ := strings.Cut(r.body.Text(), ": ")
		switch name {
		case "id":
			m.id = value
		case "event":
			m.name = value
		case "data":
			m.data = value
		case "":
			if m.id != "" { // only now is it whole
				r.last = m.id
			}
			if m.data != "" {
				require.NoError(r.t, described.Fits(told[m.name], []byte(m.data)))
				return m, true
			}
			m = message{}
		}
	}
	return m, false
}

func (r *reader) mustNext() message {
	r.t.Helper()
	m, ok := r.next()
	require.True(r.t, ok, "the stream has ended")
	return m
}

func (w *world) follow(query string) *reader {
	w.t.Helper()
	r := &reader{t: w.t, key: w.secrets["acme"]}
	status, err := r.follow(w.base + "/v1/stream?" + query)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, status)
	w.t.Cleanup(r.cancel)
	return r
}

func TestAMemberIsFollowed(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", visit("v0", "ann")).ok()
	r := w.follow("member=ann")
	w.do("POST", "/v1/events", visit("v1", "bob")).ok()
	w.do("POST", "/v1/events", visit("v2", "ann")).ok()
	m := r.mustNext()
	require.Equal(t, "member", m.name)
	var e struct {
		ID, Type, Member string
		Data             json.RawMessage
		Outcome          struct{ Seq uint64 }
		Messages         []struct{ Type string }
	}
	require.NoError(t, json.Unmarshal([]byte(m.data), &e))
	require.Equal(t, []string{"v2", "visit", "ann"}, []string{e.ID, e.Type, e.Member})
	require.Nil(t, e.Data, "what was sent is for those who may read events")
	require.Equal(t, m.id, fmt.Sprint(e.Outcome.Seq))
	r.cancel()

	w.do("POST", "/v1/events", visit("v3", "ann")).ok() // while nobody reads
	back := &reader{t: t, key: r.key, last: r.last}
	_, err := back.follow(w.base + "/v1/stream?member=ann")
	require.NoError(t, err)
	defer back.cancel()
	require.Contains(t, back.mustNext().data, `"v3"`)
	all := w.follow("member=ann&after=0")
	for _, id := range []string{"v0", "v2", "v3"} {
		require.Contains(t, all.mustNext().data, `"id":"`+id+`"`)
	}
}

// A member's own device follows that member and nobody else, as long as its token is good.
func TestADeviceFollowsItsMember(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", visit("v1", "ann")).ok()
	w.do("POST", "/v1/events", visit("v2", "bob")).ok()
	token := w.token("ann")
	w.get("/v1/me/stream?member=bob", as(token)...).problem(400, "wrong_parameter")
	w.get("/v1/stream?member=ann", as(token)...).problem(403, "scope_missing")
	r := &reader{t: t, key: token}
	status, err := r.follow(w.base + "/v1/me/stream?after=0")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	defer r.cancel()
	require.Contains(t, r.mustNext().data, `"id":"v1"`)
	w.do("POST", "/v1/events", visit("v3", "ann")).ok()
	require.Contains(t, r.mustNext().data, `"id":"v3"`)
}

func TestBoardsAndAllEventsAreFollowed(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", visit("v0", "ann")).ok()
	r := w.follow("leaderboard=by_visits&events=true&member=ann&promotions=true")
	first := r.mustNext()
	require.Equal(t, "leaderboard", first.name, "how it stands is read first")
	w.do("POST", "/v1/events", visit("v1", "ann")).ok()
	got := map[string]string{}
	for range 3 {
		m := r.mustNext()
		got[m.name] = m.data
		if m.name != "leaderboard" && len(got) == 1 {
			require.Empty(t, m.id, "an event has been sent when all messages about it have")
		}
	}
	require.Contains(t, got["event"], `"data":{`)
	require.Contains(t, got["member"], `"id":"v1"`)
	require.Contains(t, got["leaderboard"], `"leaderboard":"by_visits"`)
}

func TestPromotionsAreFollowed(t *testing.T) {
	w := newWorld(t)
	turns := func() { must(tasks.TellTurns(closer{w.programs["bravo"].Program})) }
	turns() // from now on
	r := &reader{t: t, key: w.secrets["bravo"]}
	_, err := r.follow(w.base + "/v1/stream?promotions=true")
	require.NoError(t, err)
	defer r.cancel()
	w.bravo("POST", "/v1/promotions/typhoon/fire", `{}`, "Idempotency-Key", "f1").ok()
	turns()
	m := r.mustNext()
	require.Equal(t, "promotion", m.name)
	require.Contains(t, m.data, `"promotion_opened"`)
	require.Contains(t, m.data, `"typhoon"`)
}

func TestStreamsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", visit("v1", "ann")).ok()
	_, narrow := w.key(keys.Request{Program: "acme", Name: "boards", Scopes: []keys.Scope{keys.LeaderboardsRead}})
	w.get("/v1/stream").problem(400, "wrong_parameter")
	w.get("/v1/stream?member=nobody").problem(404, "member_unknown")
	w.get("/v1/stream?leaderboard=none").problem(404, "not_found")
	w.get("/v1/stream?member=ann&after=1000").problem(400, "wrong_parameter")
	w.get("/v1/stream?member=ann", "Last-Event-ID", "x").problem(400, "wrong_parameter")
	w.get("/v1/stream?member=ann", "Authorization", "Bearer "+narrow).problem(403, "scope_missing")
}

// A stream ends with its key, and with its member.
func TestAStreamEnds(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.Heartbeat = 10 * time.Millisecond })
	w.do("POST", "/v1/events", visit("v1", "ann")).ok()
	key, secret := w.key(keys.Request{Program: "acme", Name: "short", Scopes: keys.Scopes()})
	r := &reader{t: t, key: secret}
	_, err := r.follow(w.base + "/v1/stream?member=ann")
	require.NoError(t, err)
	must(w.ring.Revoke("acme", key.ID))
	_, more := r.next()
	require.False(t, more)

	r = w.follow("member=ann")
	w.do("DELETE", "/v1/members/ann", "").ok()
	for more := true; more; {
		_, more = r.next()
	}
}

// Each of a thousand readers gets every message of its member once and in order, whoever else does not read, and while the server
// restarts.
func TestAThousandReaders(t *testing.T) {
	w := newWorld(t)
	const readers, members, before, after = 1000, 50, 4, 4
	for m := range members {
		w.do("POST", "/v1/events", visit(fmt.Sprint("join", m), fmt.Sprint("m", m))).ok()
	}
	deaf, err := net.Dial("tcp", strings.TrimPrefix(w.base, "http://"))
	require.NoError(t, err)
	defer func() { _ = deaf.Close() }()
	_, err = fmt.Fprintf(deaf, "GET /v1/stream?events=true&after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", w.secrets["acme"])
	require.NoError(t, err)

	var all, connected sync.WaitGroup
	var base sync.Map // where the server is
	base.Store("at", w.base)
	connected.Add(readers)
	for i := range readers {
		all.Go(func() {
			r := &reader{t: t, key: w.secrets["acme"]}
			var got []string
			var once sync.Once
			for len(got) < before+after {
				at, _ := base.Load("at")
				status, err := r.follow(fmt.Sprintf("%s/v1/stream?member=m%d", at, i%members))
				if err != nil || status != http.StatusOK {
					continue // it restarts
				}
				once.Do(connected.Done)
				for len(got) < before+after {
					m, ok := r.next()
					if !ok {
						break
					}
					var e struct{ ID string }
					if !assert.NoError(t, json.Unmarshal([]byte(m.data), &e)) {
						return
					}
					got = append(got, e.ID)
				}
				r.cancel()
			}
			for n := range before + after {
				assert.Equal(t, fmt.Sprintf("v%d-%d", n, i%members), got[n])
			}
		})
	}
	send := func(n int) {
		for m := range members {
			w.do("POST", "/v1/events", visit(fmt.Sprintf("v%d-%d", n, m), fmt.Sprint("m", m))).ok()
		}
	}
	connected.Wait()
	for n := range before {
		send(n)
	}
	w.restartServer()
	base.Store("at", w.base)
	for n := range after {
		send(before + n)
	}
	all.Wait()
}
