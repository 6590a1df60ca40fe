package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/host"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/tokens"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

const shop = `
program: %s
events: {buy: {}}
points: {stars: {}}
rules: {buy: {when: buy, give: {stars: 10}}}
counters: {buys: {when: buy}}
leaderboards: {buys: {counter: buys}}
`

// store is a program's store that can be told to fail, or to have a mistake of ours show.
type store struct {
	*engine.Memory
	fails, panics, fenced, breaks atomic.Bool
}

func (s *store) Commit(b *engine.Batch) error {
	if s.fenced.Load() {
		return fmt.Errorf("epoch 7: %w", engine.ErrFenced)
	}
	if s.breaks.Load() {
		panic("a batch does not continue the journal")
	}
	if s.fails.Load() {
		return errors.New("the disk is gone")
	}
	return s.Memory.Commit(b)
}

func (s *store) Seq(id string) (uint64, error) {
	if s.panics.Load() {
		panic("a sum does not come out")
	}
	return s.Memory.Seq(id)
}

// log is written by many.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// process is a host behind listeners.
type process struct {
	*host.Host
	t               *testing.T
	base, operators string
	stores          map[string]*store
	ring            *keys.Ring
	runner          *jobs.Runner
	log             *log
}

func start(t *testing.T) *process {
	p := &process{t: t, stores: map[string]*store{}, log: &log{}}
	logger, kept := slog.New(slog.NewTextHandler(p.log, nil)), &settings.Memory{}
	var err error
	p.ring, err = keys.NewRing(kept, time.Now)
	require.NoError(t, err)
	endpoints, err := webhook.NewEndpoints(kept, webhook.Guard{}, time.Now)
	require.NoError(t, err)
	p.runner, err = jobs.NewRunner(time.Millisecond, logger)
	require.NoError(t, err)
	machine := clock.New(clock.VoucherFunc(func(context.Context, time.Time) error { return nil }))
	data := assembly.Data{Settings: kept, Full: func() bool { return false }, Store: func(id string) (engine.Store, error) {
		if p.stores[id] == nil {
			p.stores[id] = &store{Memory: engine.NewMemory()}
		}
		return p.stores[id], nil
	}}
	require.NoError(t, assembly.Resume(t.Context(), machine, data, true))
	p.Host = host.New(host.Options{Runner: p.runner, Activations: &activation.Manager{Settings: data.Settings, Log: logger}, Endpoints: endpoints, Log: logger,
		Send: func(context.Context, *webhook.Endpoint, string, []byte, time.Time) webhook.Result {
			return webhook.Result{Status: 200}
		},
		Parts: assembly.Parts{Data: data, Machine: machine, Log: logger,
			Boards: func(engine.Store) leaderboards.Board { return leaderboards.NewMemory() }}})
	signing, err := tokens.NewRing(kept, time.Now)
	require.NoError(t, err)
	origins, err := tokens.NewOrigins(kept)
	require.NoError(t, err)
	server := api.New(api.Options{Programs: p.Host, Keys: p.ring, Tokens: signing, Origins: origins, Log: logger, Clockwork: p.Clockwork(),
		Jobs: func(id string) any { return p.runner.Status(id) }})
	p.base, p.operators = p.listen(server.Serve), p.listen(server.ServeOperators)
	p.runner.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, server.Shutdown(ctx))
		require.NoError(t, p.runner.Stop())
	})
	return p
}

func (p *process) listen(serve func(net.Listener) error) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	done := make(chan error, 1)
	go func() { done <- serve(ln) }()
	p.t.Cleanup(func() { require.NoError(p.t, <-done) })
	return "http://" + ln.Addr().String()
}

// add serves a program and makes a key for it.
func (p *process) add(id string) (key string) {
	p.t.Helper()
	require.NoError(p.t, p.Add(p.compile(id)))
	_, key, err := p.ring.First(keys.Request{Program: id, Name: "first", Scopes: keys.Scopes()})
	require.NoError(p.t, err)
	return key
}

func (p *process) compile(id string) *rulesets.Program {
	p.t.Helper()
	l, diagnostics := rulesets.Parse(id+".yaml", fmt.Appendf(nil, shop, id))
	require.False(p.t, diagnostics.HasErrors(), diagnostics.Error())
	return l
}

// answer is what a caller sees.
type answer struct {
	status      int
	retry, body string
}

func (a answer) code() string {
	var problem struct{ Code string }
	_ = json.Unmarshal([]byte(a.body), &problem)
	return problem.Code
}

func (p *process) call(method, url, key, body string) (answer, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("Retry-After"), string(text)}, err
}

func (p *process) do(method, url, key, body string) answer {
	p.t.Helper()
	a, err := p.call(method, url, key, body)
	require.NoError(p.t, err)
	return a
}

func (p *process) buy(key, id string) answer {
	p.t.Helper()
	return p.do("POST", p.base+"/v1/events", key, fmt.Sprintf(`{"id":%q,"type":"buy","member":"ann","data":{}}`, id))
}

// A program that stops, because its store fails or something in it is broken, stops alone: its callers are told so, operators too, its
// jobs end, and the others go on. With the last one the process has nothing left to do.
func TestAProgramStopsAlone(t *testing.T) {
	p := start(t)
	one, two, three, four := p.add("one"), p.add("two"), p.add("three"), p.add("four")
	for _, key := range []string{one, two, three, four} {
		require.Equal(t, 200, p.buy(key, "1").status)
	}
	p.stores["one"].fails.Store(true)
	p.stores["two"].panics.Store(true)
	p.stores["four"].breaks.Store(true)
	stopped := func(a answer) {
		t.Helper()
		require.Equal(t, []any{503, "program_stopped", "30"}, []any{a.status, a.code(), a.retry}, a.body)
		require.NotContains(t, a.body, "the disk is gone", "that is for operators")
	}
	for name, key := range map[string]string{"one": one, "two": two, "four": four} {
		stopped(p.buy(key, "2"))
		<-p.Local(name).Program.Done()
		for _, path := range []string{"/v1/members/ann/progress", "/v1/leaderboards/buys", "/v1/admin/webhooks", "/v1/admin/clock", "/v1/events/1"} {
			stopped(p.do("GET", p.base+path, key, ""))
		}
		stopped(p.do("POST", p.base+"/v1/events/batch", key, `[{"id":"3","type":"buy","member":"ann","data":{}}]`))
		require.Eventually(t, func() bool { return len(p.runner.Status(name)) == 0 }, time.Minute, time.Millisecond)
	}
	require.Equal(t, 200, p.buy(three, "2").status)
	require.Contains(t, p.do("GET", p.base+"/v1/members/ann/progress", three, "").body, `"spendable":20`)
	require.NotEmpty(t, p.runner.Status("three"))

	ready := p.do("GET", p.operators+"/readyz", "", "")
	require.Equal(t, 200, ready.status, "three is to be sent what it is sent")
	for _, part := range []string{`"degraded":true`,
		`{"name":"program one","ok":false,"error":"the store could not commit, so nothing more is acknowledged: the disk is gone"}`,
		`{"name":"program four","ok":false,"error":"a broken invariant stopped the program: a batch does not continue the journal`,
		`{"name":"program two","ok":false,"error":"a broken invariant stopped the program: a sum does not come out`, `{"name":"program three","ok":true}`} {
		require.Contains(t, ready.body, part)
	}
	metrics := p.do("GET", p.operators+"/metrics", "", "").body
	for _, line := range []string{`laurel_program_up{program="one"} 0`, `laurel_program_up{program="two"} 0`, `laurel_program_up{program="three"} 1`} {
		require.Contains(t, metrics, line)
	}
	for _, text := range []string{`program=one error="the store could not commit`, `program=two error="a broken invariant`} {
		require.Contains(t, p.log.String(), text)
	}
	require.NoError(t, p.Stopped())
	select {
	case err := <-p.Ended():
		t.Fatal("one goes on", err)
	default:
	}

	p.stores["three"].fails.Store(true)
	stopped(p.buy(three, "3"))
	err := <-p.Ended()
	require.ErrorContains(t, err, "program one stopped: the store could not commit")
	require.ErrorContains(t, err, "program three stopped: the store could not commit")
	require.Equal(t, 503, p.do("GET", p.operators+"/readyz", "", "").status)
	require.ErrorContains(t, p.Close(), "the disk is gone")
}

// Programs come and go while others are served: no call of another one is refused, and who comes back is what it was.
func TestProgramsComeAndGo(t *testing.T) {
	p := start(t)
	steady, fleeting := p.add("steady"), p.add("fleeting")
	stop, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				failed <- nil
				return
			default:
			}
			a, err := p.call("POST", p.base+"/v1/events", steady, fmt.Sprintf(`{"id":"s%d","type":"buy","member":"bob","data":{}}`, n))
			if err != nil || a.status != 200 {
				failed <- fmt.Errorf("%d: %w %v", n, err, a)
				return
			}
		}
	}()
	for n := range 5 {
		require.Equal(t, 200, p.buy(fleeting, fmt.Sprint(n)).status)
		require.ErrorIs(t, p.Add(p.compile("fleeting")), host.ErrLocal)
		require.NoError(t, p.Remove("fleeting"))
		require.NoError(t, p.Remove("fleeting"), "it is gone")
		require.Nil(t, p.Local("fleeting"))
		require.Equal(t, []string{"steady"}, p.Locals())
		gone := p.buy(fleeting, "gone")
		require.Equal(t, []any{503, "unavailable", "1"}, []any{gone.status, gone.code(), gone.retry})
		require.Empty(t, p.runner.Status("fleeting"))
		require.Equal(t, 200, p.do("GET", p.operators+"/readyz", "", "").status)
		require.NotContains(t, p.do("GET", p.operators+"/metrics", "", "").body, `{program="fleeting"} 1`)

		require.Equal(t, fleeting, p.readd("fleeting", fleeting))
		again := p.buy(fleeting, fmt.Sprint(n))
		require.Contains(t, again.body, `"duplicate":true`)
		require.Contains(t, p.do("GET", p.base+"/v1/members/ann/progress", fleeting, "").body, fmt.Sprintf(`"spendable":%d`, 10*(n+1)))
		require.Contains(t, p.do("GET", p.base+"/v1/leaderboards/buys", fleeting, "").body, fmt.Sprintf(`"score":%d`, n+1))
	}
	close(stop)
	require.NoError(t, <-failed)

	p.stores["fleeting"].fenced.Store(true)
	fenced := p.buy(fleeting, "fenced")
	require.Equal(t, []any{503, "unavailable", "1"}, []any{fenced.status, fenced.code(), fenced.retry})
	require.Eventually(t, func() bool { return p.Local("fleeting") == nil }, time.Minute, time.Millisecond, "somebody else runs it")
	require.Equal(t, "unavailable", p.buy(fleeting, "fenced").code())
	require.Equal(t, 200, p.buy(steady, "fenced").status)

	p.LeaveOut("damaged", errors.New("its newest record is damaged"))
	_, damaged, err := p.ring.First(keys.Request{Program: "damaged", Name: "first", Scopes: keys.Scopes()})
	require.NoError(t, err)
	a := p.buy(damaged, "1")
	require.Equal(t, []any{503, "program_stopped"}, []any{a.status, a.code()})
	require.Contains(t, p.do("GET", p.operators+"/readyz", "", "").body, `{"name":"program damaged","ok":false,"error":"its newest record is damaged"}`)
	require.NoError(t, p.Close())
	require.Empty(t, p.Locals())
	select {
	case err := <-p.Ended():
		t.Fatal("nothing has stopped by itself", err)
	default:
	}
}

// readd serves a program again; its key is the one that it had.
func (p *process) readd(id, key string) string {
	p.t.Helper()
	if again := p.add(id); again != "" {
		return again
	}
	return key
}
