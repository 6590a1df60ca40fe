package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/leaderboards/boardtest"
)

var (
	kills    = flag.Int("kills", 25, "how often the server is killed; `make crash` says 1000")
	seedFlag = flag.Int64("seed", 0, "seed of the randomized tests; 0 takes a new one")
)

const crashRuleset = `program: crashed
events:
  buy: {order: text, amount: integer}
points:
  stars: {expire: 2 days after earning}
counters:
  bought: {when: buy, add: event.amount}
rules:
  pay: {when: buy, give: {stars: event.amount}, limit: 1 ever by event.order}
badges:
  regular: {counter: bought, levels: {bronze: 50, silver: 500, gold: 5000, jade: 50000}}
streaks:
  daily: {when: buy, every: day, goals: [{at: 2, give: {stars: 1}}]}
leaderboards:
  top: {counter: bought}
rewards:
  drink: {cost: {stars: 3}}
promotions:
  happy: {on_call: true, open_for: 2 hours}
boosts:
  double: {of: stars, during: happy, times: 2}
`

// crash drives a real server that is killed again and again, a Redis that is killed with it, a sandbox clock that is
// moved forward and a receiver of webhooks that sometimes fails.
type crash struct {
	t        *testing.T
	seed     int64
	r        *rand.Rand
	args     []string
	data     string
	key      string
	redis    *boardtest.Server
	away     bool // the Redis
	loop     int
	receiver *crashReceiver
	members  []*crashMember
	clock    time.Time       // the last instant that the clock acknowledged
	restarts []time.Duration // from the start of the process to its listening
	counts   map[string]int
}

// TestCrash: what was acknowledged is there after every kill with the same answer; what was under way is there whole or
// not at all, and sending it again has one effect; boards, ledgers and webhooks say in the end what the acknowledged
// calls add up to; and the journal replays to the state that is stored.
func TestCrash(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = time.Now().UnixNano()
	}
	t.Logf("-seed %d", seed)
	c := newCrash(t, seed)
	for loop := range *kills {
		s := c.start()
		if loop == 0 {
			require.Equal(t, 201, s.do("POST", "/v1/admin/webhooks", `{"url":"`+c.receiver.url+`"}`, nil))
		}
		c.recheck(s, 50)
		c.load(s)
	}
	if c.away {
		c.redis.Restart(t)
	}
	s := c.start()
	for _, m := range c.members {
		require.NoError(t, m.finish(s), "what was under way is sent again, as a client does")
	}
	c.recheck(s, -1)
	c.checkBoards(s)
	c.checkLedgers(s)
	c.checkWebhooks()
	s.interrupt()
	out, errs, exit := laurel(t, "replay", "--data", c.data)
	require.Equal(t, 0, exit, "%s%s", out, errs)
	t.Logf("%s%s", c.table(), out)
	for _, kind := range []string{"event", "batch", "void", "amend", "claim", "confirm", "cancel", "return", "adjust", "fire", "profile"} {
		require.NotZero(t, c.counts[kind], "no %s was acknowledged", kind)
	}
	for _, kind := range []string{"refused", "clock step", "Redis comes back empty"} {
		require.NotZero(t, c.counts[kind], kind)
	}
}

func newCrash(t *testing.T, seed int64) *crash {
	dir := t.TempDir()
	ruleset := filepath.Join(dir, "ruleset.yaml")
	require.NoError(t, os.WriteFile(ruleset, []byte(crashRuleset), 0o600))
	c := &crash{
		t: t, seed: seed, r: rand.New(rand.NewSource(seed)), data: filepath.Join(dir, "data"),
		redis: boardtest.StartRedis(t), receiver: newCrashReceiver(t, seed), counts: map[string]int{},
	}
	c.args = []string{ruleset, "--data", c.data, "--sandbox", "--webhooks-allow-private", "--redis", c.redis.URL}
	for i := range 8 {
		c.members = append(c.members, &crashMember{id: fmt.Sprintf("m%d", i), r: rand.New(rand.NewSource(c.r.Int63()))})
	}
	return c
}

func (c *crash) start() *server {
	began := time.Now()
	s := serveBinary(c.t, c.args...)
	c.restarts = append(c.restarts, time.Since(began))
	if c.key == "" {
		c.key = s.key
	}
	s.key = c.key
	return s
}

// load has all members at work, and kills the server after 5 to 500 ms. The clock is moved
// before the load, so that it arrives, or during it.
func (c *crash) load(s *server) {
	forward := fmt.Sprintf(`{"forward":"%d minutes"}`, 1+c.r.Intn(12*60))
	c.loop++
	when := c.loop % 4
	stepped := ""
	if when == 0 {
		stepped = c.stepClock(s, forward)
	}
	after := time.After(time.Duration(5+c.r.Intn(496)) * time.Millisecond)
	var wg sync.WaitGroup
	for _, m := range c.members {
		wg.Go(func() {
			for m.step(s) == nil {
			}
		})
	}
	if when == 1 {
		wg.Go(func() { stepped = c.stepClock(s, forward) })
	}
	resume := c.hurtRedis()
	<-after
	s.kill()
	wg.Wait()
	resume()
	if stepped != "" {
		c.counts[stepped]++
	}
}

// hurtRedis kills the Redis, which then stays away for some loops, or comes back at once and empty, or hangs until the server has
// been killed.
func (c *crash) hurtRedis() (resume func()) {
	resume = func() {}
	switch p := c.r.Intn(12); {
	case c.loop%8 == 0, c.away && p < 4, !c.away && p == 0:
		c.redis.Restart(c.t)
		c.away = false
		c.counts["Redis comes back empty"]++
	case c.away:
	case p == 2:
		c.redis.Kill()
		c.away = true
		c.counts["Redis is killed and stays away"]++
	case p == 3:
		c.redis.Pause(c.t)
		resume = func() { c.redis.Resume(c.t) }
		c.counts["Redis hangs"]++
	}
	return resume
}

// stepClock moves the sandbox's clock forward, so that claims end, points expire and streaks break while others are at
// work; the server may be killed on the way. What was acknowledged of it stands at the next step. It tells what came of it,
// nothing where the server was gone before.
func (c *crash) stepClock(s *server, forward string) string {
	step := func(body string) (now time.Time) {
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		status, answer, err := s.try(method, "/v1/admin/clock", "", body)
		if err != nil {
			return time.Time{}
		}
		var clock struct{ Now time.Time }
		if err := json.Unmarshal(answer, &clock); status != http.StatusOK || err != nil {
			c.t.Errorf("the clock answers %d %s", status, answer)
		}
		return clock.Now
	}
	before := step("")
	if before.IsZero() {
		return ""
	}
	if before.Before(c.clock) {
		c.t.Errorf("the clock went back from %s to %s", c.clock, before)
	}
	c.clock = before
	after := step(forward)
	if after.IsZero() {
		return "clock step cut off"
	}
	c.clock = after
	return "clock step"
}

// recheck sends n acknowledged calls of each member again, all of them where n is negative.
func (c *crash) recheck(s *server, n int) {
	for _, m := range c.members {
		again := m.done
		if n >= 0 && len(again) > 0 {
			again = make([]*crashCall, n)
			for i := range again {
				again[i] = m.done[c.r.Intn(len(m.done))]
			}
		}
		for _, call := range again {
			answer, err := call.send(s)
			require.NoError(c.t, err)
			require.Equal(c.t, call.answer, answer, "%s %s %s, -seed %d", call.method, call.path, call.body, c.seed)
			c.counts["sent again"]++
		}
	}
}

func (c *crash) checkBoards(s *server) {
	for _, m := range c.members {
		var score int
		require.Eventually(c.t, func() bool {
			var standing struct{ Score int }
			status := s.do("GET", "/v1/leaderboards/top/standings/"+m.id, "", &standing)
			score = standing.Score
			return status == http.StatusOK && score == m.bought()
		}, time.Minute, 20*time.Millisecond, "the board has %d of %s, -seed %d", score, m.id, c.seed)
	}
}

// checkLedgers: each purchase has one entry that issues, what is left is what the entries add up to.
func (c *crash) checkLedgers(s *server) {
	for _, m := range c.members {
		var p struct {
			Points map[string]struct{ Spendable, Pending, Held, Debt int }
		}
		require.Equal(c.t, 200, s.do("GET", "/v1/members/"+m.id+"/progress", "", &p))
		stars := p.Points["stars"]
		issued, balance := map[string]int{}, 0
		for cursor, more := "", true; more; {
			var page struct {
				Data []struct {
					Event, Kind, Source string
					Amount, Balance     int
				}
				HasMore    bool   `json:"has_more"`
				NextCursor string `json:"next_cursor"`
			}
			require.Equal(c.t, 200, s.do("GET", "/v1/members/"+m.id+"/ledger?order=oldest&limit=200"+cursor, "", &page))
			for _, e := range page.Data {
				balance = e.Balance
				if e.Kind == "issued" && e.Source == "rules/pay" && strings.HasPrefix(e.Event, "buy-") { // not by an amendment
					issued[e.Event]++
				}
			}
			cursor, more = "&cursor="+page.NextCursor, page.HasMore
		}
		require.Equal(c.t, stars.Spendable+stars.Pending+stars.Held-stars.Debt, balance, "%s, -seed %d", m.id, c.seed)
		for _, e := range m.purchases {
			require.Equal(c.t, 1, issued[e.id], "entries that issue for %s, -seed %d", e.id, c.seed)
		}
		require.Len(c.t, issued, len(m.purchases))
	}
}

// checkWebhooks waits until every acknowledged claim was told, and the numbers of each member have no gap.
func (c *crash) checkWebhooks() {
	missing := ""
	require.Eventually(c.t, func() bool {
		missing = c.receiver.missing(c.members)
		return missing == ""
	}, 2*time.Minute, 50*time.Millisecond, "-seed %d", c.seed)
	require.Empty(c.t, missing)
	require.Empty(c.t, c.receiver.changed, "messages that came with two bodies")
}

func (c *crash) table() string {
	for _, m := range c.members {
		for kind, n := range m.counts {
			c.counts[kind] += n
		}
	}
	slices.Sort(c.restarts)
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(what string, value any) { fmt.Fprintf(w, "%s\t%v\n", what, value) }
	fmt.Fprintln(w)
	row("kill -9 of the server", *kills)
	acknowledged := 0
	for _, m := range c.members {
		acknowledged += len(m.done)
	}
	row("calls acknowledged", acknowledged)
	for _, kind := range slices.Sorted(func(yield func(string) bool) {
		for kind := range c.counts {
			if !yield(kind) {
				return
			}
		}
	}) {
		row("  "+kind, c.counts[kind])
	}
	row("webhooks received, different", fmt.Sprintf("%d, %d", c.receiver.received, len(c.receiver.bodies)))
	row("restart p50, p99", fmt.Sprintf("%d ms, %d ms", c.restarts[len(c.restarts)/2].Milliseconds(), c.restarts[len(c.restarts)*99/100].Milliseconds()))
	row("lost, doubled, changed", "0, 0, 0 (else the test has failed)")
	_ = w.Flush()
	return b.String()
}

// crashMember sends one call after the other, each until it is acknowledged, as a client does that keeps an outbox.
type crashMember struct {
	id        string
	r         *rand.Rand
	n         int
	pending   *crashCall
	retried   bool
	done      []*crashCall
	purchases []*crashBuy // all purchases
	live      []*crashBuy // those that may still be voided
	open      []string    // claims to decide
	spent     []string    // claims confirmed
	claims    []string    // claims granted, in order
	counts    map[string]int
}

// crashBuy is a purchase and what it is worth now.
type crashBuy struct {
	id     string
	amount int
}

func (m *crashMember) bought() (sum int) {
	for _, b := range m.purchases {
		sum += b.amount
	}
	return sum
}

// step sends what is pending or something new; an error means that there was no answer.
func (m *crashMember) step(s *server) error {
	if m.pending == nil {
		m.n++
		m.pending = m.next()
	}
	call := m.pending
	answer, err := call.send(s)
	if err != nil {
		m.retried = true
		return err
	}
	if m.counts == nil {
		m.counts = map[string]int{}
	}
	m.counts[call.kind]++
	if m.retried {
		m.counts["sent when the server died"]++
		if call.duplicate {
			m.counts["of these accepted before it died"]++
		}
	}
	m.pending, m.retried = nil, false
	call.answer = answer
	if call.kind != "profile" { // which has no key and may be sent again under a later profile
		m.done = append(m.done, call)
	}
	if call.refused {
		m.counts["refused"]++
	} else if call.then != nil {
		call.then()
	}
	return nil
}

func (m *crashMember) finish(s *server) error {
	if m.pending == nil {
		return nil
	}
	return m.step(s)
}

func (m *crashMember) next() *crashCall {
	name := fmt.Sprintf("%s-%d", m.id, m.n)
	switch p := m.r.Intn(100); {
	case len(m.purchases) == 0: // whoever is to claim something must be known
	case p < 8 && len(m.live) > 0:
		return m.void(name)
	case p < 16 && len(m.live) > 0:
		return m.amend(name)
	case p < 28:
		return &crashCall{
			kind: "claim", path: "/v1/members/" + m.id + "/claims", key: "claim-" + name, body: `{"reward":"drink"}`,
			then: func() { m.open, m.claims = append(m.open, "claim-"+name), append(m.claims, "claim-"+name) },
		}
	case p < 40 && len(m.open) > 0:
		return m.decide()
	case p < 43 && len(m.spent) > 0:
		claim := m.spent[0]
		m.spent = m.spent[1:]
		return &crashCall{kind: "return", path: "/v1/claims/" + claim + "/return", key: "return-" + name}
	case p < 46:
		body := fmt.Sprintf(`{"points":"stars","amount":%d,"reason":"a correction"}`, []int{-3, -1, 2, 5}[m.r.Intn(4)])
		return &crashCall{kind: "adjust", path: "/v1/members/" + m.id + "/adjustments", key: "adjust-" + name, body: body}
	case p < 47:
		return &crashCall{kind: "fire", path: "/v1/promotions/happy/fire", key: "fire-" + name, body: `{"reason":"rain"}`}
	case p < 49:
		zones := []string{"Europe/Berlin", "Pacific/Auckland", "America/New_York"}
		body := fmt.Sprintf(`{"timezone":%q}`, zones[m.r.Intn(len(zones))])
		return &crashCall{kind: "profile", method: http.MethodPut, path: "/v1/members/" + m.id, body: body}
	case p < 57:
		return m.batch(name)
	}
	body, then := m.buy(name)
	return &crashCall{kind: "event", path: "/v1/events", body: body, then: then}
}

func (m *crashMember) buy(name string) (body string, then func()) {
	b := &crashBuy{id: "buy-" + name, amount: 1 + m.r.Intn(9)}
	body = fmt.Sprintf(`{"id":%q,"type":"buy","member":%q,"data":{"order":%q,"amount":%d}}`, b.id, m.id, name, b.amount)
	return body, func() { m.purchases, m.live = append(m.purchases, b), append(m.live, b) }
}

func (m *crashMember) batch(name string) *crashCall {
	call := &crashCall{kind: "batch", path: "/v1/events/batch"}
	var bodies []string
	var thens []func()
	for i := range 2 + m.r.Intn(8) {
		body, then := m.buy(fmt.Sprintf("%s-%d", name, i))
		bodies, thens = append(bodies, body), append(thens, then)
	}
	call.body = "[" + strings.Join(bodies, ",") + "]"
	call.then = func() {
		for _, then := range thens {
			then()
		}
	}
	return call
}

func (m *crashMember) void(name string) *crashCall {
	i := m.r.Intn(len(m.live))
	b := m.live[i]
	m.live = slices.Delete(m.live, i, i+1)
	return &crashCall{
		kind: "void", path: "/v1/events/" + b.id + "/void", key: "void-" + name,
		then: func() { b.amount = 0 },
	}
}

func (m *crashMember) amend(name string) *crashCall {
	b := m.live[m.r.Intn(len(m.live))]
	amount := m.r.Intn(10)
	return &crashCall{
		kind: "amend", path: "/v1/events/" + b.id + "/amend", key: "amend-" + name,
		body: fmt.Sprintf(`{"data":{"amount":%d}}`, amount),
		then: func() { b.amount = amount },
	}
}

func (m *crashMember) decide() *crashCall {
	claim := m.open[0]
	m.open = m.open[1:]
	if m.r.Intn(3) == 0 {
		return &crashCall{kind: "cancel", path: "/v1/claims/" + claim + "/cancel"}
	}
	return &crashCall{kind: "confirm", path: "/v1/claims/" + claim + "/confirm", then: func() { m.spent = append(m.spent, claim) }}
}

// crashCall is a call, and its answer once there was one.
type crashCall struct {
	kind, method, path, key, body string
	then                          func() // what holds once it is acknowledged and not refused
	answer                        string
	refused, duplicate            bool
}

// send returns what has to be the same each time: what is granted without its mark of a repetition, and the code of a
// refusal. A claim's answer tells its state of now, so that its number has to do.
func (c *crashCall) send(s *server) (string, error) {
	method := c.method
	if method == "" {
		method = http.MethodPost
	}
	status, body, err := s.try(method, c.path, c.key, c.body)
	if err != nil {
		return "", err
	}
	var answer struct {
		Seq  int
		Code string
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("%s: %w", body, err)
	}
	switch status {
	case http.StatusOK:
	case http.StatusConflict:
		c.refused = true
		return answer.Code, nil
	default:
		s.t.Errorf("%s %s %s: %d %s", method, c.path, c.body, status, body)
		return "", fmt.Errorf("%d: %s", status, body)
	}
	c.duplicate = bytes.Contains(body, []byte(`"duplicate":true`))
	if c.kind == "claim" {
		return strconv.Itoa(answer.Seq), nil
	}
	text, _, _ := strings.Cut(string(body), `,"summary":`)
	return strings.ReplaceAll(text, `"duplicate":true`, `"duplicate":false`), nil
}
