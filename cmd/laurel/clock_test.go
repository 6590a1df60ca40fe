package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/clock"
)

// fading has points that expire within a day, so that a wrong clock would show.
const fading = "program: quiet\ntitle: Quiet\ncurrency: EUR\nlate: 3 days\nevents: {buy: {}}\npoints: {stars: {expire: 1 day after earning}}\n" +
	"rules: {buy: {when: buy, give: {stars: 1}}}\nrewards: {mug: {cost: {stars: 1}}}\ncounters: {bought: {when: buy, every: day, public: true}}\n"

// fakeMachine is a machine whose wall clock is set by hand, and what others say of it.
type fakeMachine struct {
	off     atomic.Int64 // how far its wall clock is ahead
	vouched atomic.Bool
}

func (m *fakeMachine) set(off time.Duration) { m.off.Store(int64(off)) }

func (m *fakeMachine) clock() *clock.Clock {
	start := time.Now()
	return clock.Of(func() time.Time { return time.Now().Add(time.Duration(m.off.Load())) }, func() time.Duration { return time.Since(start) },
		clock.VoucherFunc(func(context.Context, time.Time) error {
			if m.vouched.Load() {
				return nil
			}
			return errors.New("nobody knows")
		}))
}

// serveOn is serveBinary on a machine of the test's own.
func serveOn(t *testing.T, m *fakeMachine, data, ruleset string, accept bool) (s *server, stop func()) {
	t.Helper()
	return serveWith(t, serveOptions{data: data, acceptClock: accept, machine: m.clock()}, ruleset)
}

// serveWith is serveBinary in this process.
func serveWith(t *testing.T, o serveOptions, ruleset string) (s *server, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s, done := serveUntil(ctx, t, o, ruleset)
	return s, func() {
		cancel()
		require.NoError(t, <-done)
	}
}

// serveUntil serves in this process until ctx is over, or something ends it: then it tells why.
func serveUntil(ctx context.Context, t *testing.T, o serveOptions, paths ...string) (s *server, ended <-chan error) {
	t.Helper()
	out, in := io.Pipe()
	done := make(chan error, 1)
	o.listen, o.operators, o.reserve = "127.0.0.1:0", "127.0.0.1:0", "1MiB"
	if o.demo {
		paths = nil
	}
	go func() { // serve closes what it has opened
		done <- serve(ctx, in, o, paths)
		_ = in.Close()
	}()
	s = &server{t: t}
	s.read(out)
	if s.base == "" {
		require.FailNow(t, "the server ended before it listened", <-done)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return s, done
}

// buy sends an event without a time.
func (s *server) buy(id string) (status int, code, retry string) {
	s.t.Helper()
	return s.post("/v1/events", fmt.Sprintf(`{"id":%q,"type":"buy","member":"ann","data":{}}`, id))
}

// post answers with the status, the code of a problem and Retry-After.
func (s *server) post(path, body string) (status int, code, retry string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, strings.NewReader(body))
	require.NoError(s.t, err)
	req.Header.Set("Idempotency-Key", path)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.key)
	resp, err := checking(s.t).RoundTrip(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	var problem struct{ Code string }
	require.NoError(s.t, json.NewDecoder(resp.Body).Decode(&problem))
	return resp.StatusCode, problem.Code, resp.Header.Get("Retry-After")
}

func (s *server) accepts(id string) {
	s.t.Helper()
	status, code, _ := s.buy(id)
	require.Equal(s.t, http.StatusOK, status, code)
}

func (s *server) stars() float64 {
	s.t.Helper()
	var progress struct {
		Points map[string]struct{ Spendable float64 }
	}
	require.Equal(s.t, http.StatusOK, s.do("GET", "/v1/members/ann/progress", "", &progress))
	return progress.Points["stars"].Spendable
}

// operators is what a path of the operators' listener says.
func (s *server) operators(method, path string) string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, strings.TrimSuffix(s.health, "/readyz")+path, nil)
	require.NoError(s.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	require.NoError(s.t, err)
	return b.String()
}

// settled lets the job of what is due run.
func (s *server) settled() {
	s.t.Helper()
	ran := func() (at time.Time) {
		var jobs struct {
			Data []struct {
				Job     string
				LastRun time.Time `json:"last_run"`
			}
		}
		_ = s.do("GET", "/v1/admin/jobs", "", &jobs)
		for _, job := range jobs.Data {
			if job.Job == "settle" {
				at = job.LastRun
			}
		}
		return at
	}
	before := ran()
	require.Eventually(s.t, func() bool { return ran().After(before) }, soon, 100*time.Millisecond)
}

// TestDaysAheadAtAStartTakesNothing holds that a clock some days ahead, for which nobody vouches, lets nothing expire, whoever asks
// or writes; that events are counted by it; and that nothing of it is left once it is put right.
func TestDaysAheadAtAStartTakesNothing(t *testing.T) {
	data, ruleset := silentUnder(t, fading, 2*time.Hour)
	m := &fakeMachine{}
	m.set(5 * 24 * time.Hour)
	s, stop := serveOn(t, m, data, ruleset, false)
	require.Contains(t, s.banner, "nobody vouches for it; events are accepted, and nothing expires")
	require.Contains(t, s.banner, "--accept-clock")
	ready := s.operators("GET", "/readyz")
	require.Contains(t, ready, "POST /clock/confirm")
	require.Contains(t, s.operators("GET", "/metrics"), "laurel_clock_alarm 1")
	require.EqualValues(t, 1, s.stars())
	s.accepts("e2")
	require.EqualValues(t, 2, s.stars())
	s.settled()
	require.EqualValues(t, 2, s.stars())
	status, code, _ := s.post("/v1/members/ann/claims", `{"reward":"mug"}`)
	require.Equal(t, http.StatusOK, status, "what is shown can be spent: %s", code)
	require.EqualValues(t, 1, s.stars())
	var e struct{ Time time.Time }
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/events/e2", "", &e))
	require.WithinDuration(t, time.Now().Add(5*24*time.Hour), e.Time, time.Minute, "it happened by the clock")
	key := s.key
	stop()
	out, stderr, exit := laurel(t, "replay", "--data", data)
	require.Zero(t, exit, out+stderr)

	m.set(0)
	m.vouched.Store(true)
	s, stop = serveOn(t, m, data, ruleset, false)
	s.key = key
	require.NotContains(t, s.banner, "CLOCK")
	s.accepts("e3")
	require.EqualValues(t, 2, s.stars())
	stop()
}

// TestWhatIsEarnedMeanwhileStays holds that, when a clock that nobody vouched for is found right, what is due happens, and what was
// earned by it lasts as long as it should.
func TestWhatIsEarnedMeanwhileStays(t *testing.T) {
	data, ruleset := silentUnder(t, fading, 64*time.Hour)
	m := &fakeMachine{}
	s, stop := serveOn(t, m, data, ruleset, false)
	s.accepts("e2")
	require.EqualValues(t, 2, s.stars())
	status, code, _ := s.post("/v1/members/ann/claims", `{"reward":"mug"}`)
	require.Equal(t, http.StatusOK, status, code)
	require.EqualValues(t, 1, s.stars())
	require.Contains(t, s.operators("POST", "/clock/confirm"), "true")
	require.EqualValues(t, 1, s.stars(), "the claim holds the older one, and not for shorter than it says")
	s.settled()
	require.EqualValues(t, 1, s.stars())
	s.accepts("e3")
	require.EqualValues(t, 2, s.stars())
	stop()
	out, stderr, exit := laurel(t, "replay", "--data", data)
	require.Zero(t, exit, out+stderr)
}

// TestYearsAheadAtAStartAcceptsNothing holds that by a clock far ahead nothing is accepted and nothing expires, and that putting it
// right, or confirming it, is all it takes.
func TestYearsAheadAtAStartAcceptsNothing(t *testing.T) {
	data, ruleset := silentUnder(t, fading, 2*time.Hour)
	m := &fakeMachine{}
	m.set(10 * 365 * 24 * time.Hour)
	s, stop := serveOn(t, m, data, ruleset, false)
	status, code, retry := s.buy("e2")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "clock_wrong", code)
	require.Equal(t, "30", retry)
	require.Contains(t, s.operators("GET", "/readyz"), "nothing is accepted")
	require.Contains(t, s.operators("GET", "/metrics"), "laurel_clock_acceptance_held 1")
	require.EqualValues(t, 1, s.stars())
	s.settled()
	require.EqualValues(t, 1, s.stars())
	m.set(0)
	m.vouched.Store(true)
	require.Eventually(t, func() bool { status, _, _ := s.buy("e2"); return status == http.StatusOK }, soon, 200*time.Millisecond)
	require.EqualValues(t, 2, s.stars())
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true`)
	stop()
}

// TestBehindAtAStartIsHeldAndThenStands holds that by a clock that is behind what was accepted nothing is accepted and balances
// read as they were; and that once it is known to be right events without a time are dated by the last acceptance, never late.
func TestBehindAtAStartIsHeldAndThenStands(t *testing.T) {
	data, ruleset := silentUnder(t, fading, -40*24*time.Hour)
	s, stop := serveOn(t, &fakeMachine{}, data, ruleset, false)
	require.EqualValues(t, 1, s.stars())
	status, code, _ := s.buy("e2")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "clock_wrong", code)
	require.Contains(t, s.operators("POST", "/clock/confirm"), "true")
	s.accepts("e2")
	require.EqualValues(t, 2, s.stars())
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true`)
	require.NotContains(t, s.operators("GET", "/metrics"), "laurel_clock_behind_seconds 0")
	key := s.key
	stop()

	s, stop = serveOn(t, &fakeMachine{}, data, ruleset, true)
	s.key = key
	require.Contains(t, s.banner, "ahead of the machine's clock, which is right")
	s.accepts("e3")
	require.EqualValues(t, 3, s.stars())
	stop()
}

// TestAWeekendOnASynchronisedMachineNeedsNoHand holds what most restarts come to: what is due happens.
func TestAWeekendOnASynchronisedMachineNeedsNoHand(t *testing.T) {
	data, ruleset := silentUnder(t, fading, 64*time.Hour)
	m := &fakeMachine{}
	m.vouched.Store(true)
	s, stop := serveOn(t, m, data, ruleset, false)
	require.NotContains(t, s.banner, "CLOCK")
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true`)
	require.Zero(t, s.stars(), "a day has passed")
	s.accepts("e2")
	require.EqualValues(t, 1, s.stars())
	stop()
}

// TestADemoNeedsNoHandAfterALongSilence: nobody vouches for the clock, and a demo that was left for weeks goes on.
func TestADemoNeedsNoHandAfterALongSilence(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	then, now := &fakeMachine{}, &fakeMachine{}
	then.set(-20 * 24 * time.Hour)
	_, stop := serveWith(t, serveOptions{data: data, demo: true, machine: then.clock()}, "")
	stop()
	s, stop := serveWith(t, serveOptions{data: data, demo: true, machine: now.clock()}, "")
	require.NotContains(t, s.banner, "CLOCK")
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true`)
	require.NotContains(t, s.operators("GET", "/readyz"), `"ok":false`)
	require.Equal(t, http.StatusOK, s.do("POST", "/v1/events", `{"id":"after-weeks","type":"visit","member":"ann","data":{"store":"s1"}}`, nil))
	stop()
}

// TestAcceptClockIsThatItIsRight holds that the flag lets a start after any silence go on as if somebody had vouched.
func TestAcceptClockIsThatItIsRight(t *testing.T) {
	data, ruleset := silentUnder(t, fading, 400*24*time.Hour)
	s, stop := serveOn(t, &fakeMachine{}, data, ruleset, true)
	require.Contains(t, s.operators("GET", "/readyz"), `"ok":true`)
	require.Zero(t, s.stars())
	s.accepts("e2")
	stop()
}
