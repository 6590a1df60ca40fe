package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/jobs"
)

func (w *world) operator(path string) *answer {
	w.t.Helper()
	resp, err := w.client.Get(w.operators + path)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return &answer{t: w.t, status: resp.StatusCode, header: resp.Header, body: b}
}

func TestOperators(t *testing.T) {
	w := newWorld(t, func(o *api.Options) {
		o.Checks = []api.Check{{Name: "redis", Run: func(context.Context) error { return nil }}}
	})
	w.do("POST", "/v1/events", purchase).ok()
	w.do("POST", "/v1/events", purchase).ok()
	w.do("POST", "/v1/events", amount("-0")).problem(422, "does_not_fit")
	w.get("/v1/members/ann/progress").ok()
	w.get("/nothing").problem(404, "route_not_found")

	metrics := string(w.operator("/metrics").ok().body)
	for _, line := range []string{
		`laurel_http_requests_total{method="POST",route="/v1/events",status="200"} 2`,
		`laurel_http_requests_total{method="POST",route="/v1/events",status="422"} 1`,
		`laurel_http_requests_total{method="GET",route="/v1/members/:member/progress",status="200"} 1`,
		`laurel_http_requests_total{method="",route="unserved",status="404"} 1`,
		`laurel_events_total{program="acme",result="accepted"} 1`,
		`laurel_events_total{program="acme",result="duplicate"} 1`,
		`laurel_events_total{program="acme",result="refused"} 1`,
		`laurel_program_up{program="acme"} 1`,
		`laurel_program_durable_seq{program="acme"} 1`,
		"go_goroutines",
	} {
		require.Contains(t, metrics, line)
	}
	require.NotContains(t, metrics, `"ann"`)
	require.JSONEq(t, `{"ok":true,"version":"test"}`, string(w.operator("/healthz").ok().body))
	require.JSONEq(t, `{"ok":true,"version":"test","checks":[{"name":"serving","ok":true},{"name":"program acme","ok":true},
		{"name":"program bravo","ok":true},{"name":"redis","ok":true}]}`, string(w.operator("/readyz").ok().body))
	w.operator("/debug/pprof/").ok()
	require.Equal(t, 404, w.operator("/v1/events").status)

	w.server.Drain()
	ready := w.operator("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, ready.status)
	require.Contains(t, string(ready.body), `{"name":"serving","ok":false,"error":"the server is about to stop"}`)
	w.operator("/healthz").ok()
	w.do("POST", "/v1/events", purchase).ok() // what is on its way is still answered
}

// TestDegraded has a check fail with which the server does its work all the same: it stays in rotation, and says so.
func TestDegraded(t *testing.T) {
	w := newWorld(t, func(o *api.Options) {
		o.Checks = []api.Check{{Name: "redis", Minor: true, Run: func(context.Context) error { return errors.New("away") }}}
	})
	require.JSONEq(t, `{"ok":true,"degraded":true,"version":"test","checks":[{"name":"serving","ok":true},{"name":"program acme","ok":true},
		{"name":"program bravo","ok":true},{"name":"redis","ok":false,"error":"away"}]}`, string(w.operator("/readyz").ok().body))
	w.server.Drain()
	require.Equal(t, http.StatusServiceUnavailable, w.operator("/readyz").status)
}

// TestStoreFails stops a program's store: nothing of it is acknowledged or shown any more, and the other goes on.
func TestStoreFails(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	w.stores["acme"].broken.Store(true)
	a := w.do("POST", "/v1/events", visit("v1", "bob"))
	a.problem(503, "program_stopped")
	require.Equal(t, "30", a.header.Get("Retry-After"))
	<-w.programs["acme"].Program.Done()
	w.do("POST", "/v1/events", visit("v2", "bob")).problem(503, "program_stopped")
	w.do("POST", "/v1/events/batch", visit("v3", "bob"), "Content-Type", "application/x-ndjson").problem(503, "program_stopped")
	w.get("/v1/members/bob/progress").problem(503, "program_stopped")
	w.get("/v1/leaderboards/by_visits").problem(503, "program_stopped")
	last, _ := w.stores["acme"].Head()
	require.EqualValues(t, 1, last)

	ready := w.operator("/readyz").ok() // the other one is to be sent what it is sent
	require.Contains(t, string(ready.body), `"degraded":true`)
	require.Contains(t, string(ready.body), `{"name":"program acme","ok":false,"error":"the store could not commit`)
	require.Contains(t, string(ready.body), `{"name":"program bravo","ok":true}`)
	require.Contains(t, string(w.operator("/metrics").body), `laurel_program_up{program="acme"} 0`)
	require.Equal(t, 201, w.do("PUT", "/v1/members/zoe", `{"fields":{"country":"JP"}}`, as(w.secrets["bravo"])...).status)

	w.stores["bravo"].broken.Store(true)
	w.do("PUT", "/v1/members/zac", `{"fields":{"country":"JP"}}`, as(w.secrets["bravo"])...).problem(503, "program_stopped")
	require.Equal(t, http.StatusServiceUnavailable, w.operator("/readyz").status, "nobody is served any more")
}

func TestPanic(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.Jobs = func(string) any { panic(errors.New("a secret of ours")) } })
	p := w.get("/v1/admin/jobs").problem(500, "internal")
	require.NotContains(t, p.Detail, "secret")
	require.Contains(t, w.log.String(), "a secret of ours")
	require.Contains(t, w.log.String(), p.RequestID)
	require.Contains(t, w.log.String(), "operators_test.go")
	w.get("/v1/leaderboards").ok()
}

func TestJobs(t *testing.T) {
	w := newWorld(t, func(o *api.Options) {
		o.Jobs = func(program string) any { return []jobs.Status{{Job: "settle", Program: program}} }
	})
	require.JSONEq(t, `{"data":[{"job":"settle","program":"acme","last_run":null,"next_due":null,"backlog":null,"lateness_p99_seconds":0,"done":0,"failures":0}],
		"has_more":false,"next_cursor":null}`,
		string(w.get("/v1/admin/jobs").ok().body))
}

// TestCodes holds the table against the source: every code that the engine or this package writes is in it, once.
func TestCodes(t *testing.T) {
	documented := map[string]bool{}
	for _, c := range append(api.Codes(), api.FieldCodes()...) {
		require.False(t, documented[c.Code], "%s is there twice", c.Code)
		require.NotEmpty(t, c.Meaning)
		documented[c.Code] = true
	}
	written := regexp.MustCompile(`(?:Code\w* *[:=]=? *|refuse\(|malformed\(|code: |wrong\([^"]*(?:"[^"]*", )?)"([a-z_]+)"`)
	found := 0
	for _, pattern := range []string{"*.go", "../keys/*.go", "../../engine/check.go", "../../engine/command_check.go",
		"../../engine/event/*.go", "../../engine/processor.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, m := range written.FindAllStringSubmatch(string(text), -1) {
				found++
				require.True(t, documented[m[1]], "%s writes %s, which is not in the table", name, m[1])
			}
		}
	}
	require.Greater(t, found, 50)
}

// The status of a program is for its admins, and tells nothing of other programs.
func TestStatus(t *testing.T) {
	w := newWorld(t, func(o *api.Options) {
		o.Checks = []api.Check{{Name: "store", Run: func(context.Context) error { return nil }},
			{Name: "rulesets", Minor: true, Run: func(context.Context) error { return errors.New("bravo.yaml has errors") }}}
	})
	var s struct {
		Program, Version string
		OK               bool
		Durable          uint64   `json:"durable_seq"`
		Rate             *float64 `json:"events_per_second"`
		Ruleset          struct{ Version int }
		Latency          map[string]struct {
			Requests int
			P50, P99 *float64
		}
	}
	w.get("/v1/admin/status").ok().json(&s)
	require.Nil(t, s.Rate)
	require.Nil(t, s.Latency["POST /v1/events"].P50)
	w.visit("v1", "ann", w.time())
	answer := w.get("/v1/admin/status").ok()
	answer.json(&s)
	require.True(t, s.OK, "a minor check does not make it fail")
	require.Equal(t, []any{"acme", "test", uint64(1), 1}, []any{s.Program, s.Version, s.Durable, s.Ruleset.Version})
	require.Equal(t, 1, s.Latency["POST /v1/events"].Requests)
	require.LessOrEqual(t, *s.Latency["POST /v1/events"].P50, *s.Latency["POST /v1/events"].P99)
	require.NotContains(t, string(answer.body), "bravo")
}
