package api

import (
	"math"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// status is how a program and its server do, for those who have no way to the operators' listener. Of other programs it tells nothing.
type status struct {
	Program  string             `json:"program"`
	OK       bool               `json:"ok"`
	Checks   []checkShown       `json:"checks"`
	Version  string             `json:"version"` // of the build
	Started  calendar.Instant   `json:"started_at"`
	Uptime   float64            `json:"uptime_seconds"`
	Now      calendar.Instant   `json:"now"` // of the program's clock
	Sandbox  bool               `json:"sandbox"`
	Durable  uint64             `json:"durable_seq"`
	Ruleset  *versionShown      `json:"ruleset"`
	Rate     *float64           `json:"events_per_second"` // since it was asked before; null the first time
	Latency  map[string]latency `json:"latency"`           // of the server, by route
	Memory   uint64             `json:"memory_bytes"`
	Routines int                `json:"goroutines"`
	// Lag is how many events were accepted and are not counted by statistics; null where none are kept.
	Lag *uint64 `json:"statistics_lag"`
}

// checkShown is a check of the server. Why it fails is told of the program's own alone: others may name those of somebody else.
type checkShown struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

// latency is how long requests of a route have taken since the server started, in seconds; null where there was none.
type latency struct {
	Requests uint64   `json:"requests"`
	P50      *float64 `json:"p50"`
	P99      *float64 `json:"p99"`
}

// latencyRoutes are those whose latencies are told.
var latencyRoutes = [...][2]string{{post, "/v1/events"}, {post, "/v1/events/batch"}, {get, "/v1/members/:member/progress"}, {get, "/v1/leaderboards/:board"}}

func showStatus(c call) error {
	s, now := c.server, time.Now()
	versions, _ := c.program.Rulesets()
	last := versions[len(versions)-1]
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	out := status{Program: c.key.Program, OK: true, Version: s.version, Started: calendar.FromTime(s.began), Uptime: now.Sub(s.began).Seconds(),
		Now: c.program.Now(), Durable: c.program.Durable(), Ruleset: &versionShown{last.Number, last.Rules.Hash}, Latency: map[string]latency{},
		Memory: memory.HeapAlloc, Routines: runtime.NumGoroutine()}
	if c.local.Statistics != nil && c.local.Statistics.Failed() == nil {
		lag := c.local.Statistics.Lag()
		out.Lag = &lag
	}
	if s.clockwork != nil {
		out.Sandbox = s.clockwork.Status(c.key.Program).Sandbox
	}
	own := newChecked("program "+c.key.Program, c.program.Failed())
	out.Checks = append(out.Checks, checkShown{own.Name, own.OK, own.Error})
	out.OK = own.OK
	for _, check := range s.checks {
		err := check.Run(c.http.UserContext())
		out.Checks = append(out.Checks, checkShown{Name: check.Name, OK: err == nil})
		out.OK = out.OK && (err == nil || check.Minor)
	}
	out.Rate = s.rates.of(c.key.Program, out.Durable, now)
	for _, r := range latencyRoutes {
		out.Latency[r[0]+" "+r[1]] = s.metrics.latency(r[0], r[1])
	}
	return c.write(http.StatusOK, out) // it is never the same twice
}

// rates are how many events programs take, between two questions.
type rates struct {
	mu   sync.Mutex
	last map[string]sample
}

// sample is how far a program was.
type sample struct {
	at   time.Time
	seq  uint64
	rate *float64
}

// leastSpan is between two samples at least.
const leastSpan = time.Second

// of is the rate of a program since the sample before, nil where there was none.
func (r *rates) of(id string, seq uint64, now time.Time) *float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[string]sample{}
	}
	before, known := r.last[id]
	span := now.Sub(before.at)
	if known && span < leastSpan {
		return before.rate
	}
	next := sample{at: now, seq: seq}
	if known && seq >= before.seq {
		rate := math.Round(float64(seq-before.seq)/span.Seconds()*10) / 10
		next.rate = &rate
	}
	r.last[id] = next
	return next.rate
}

// latency are the quantiles of a route, as exact as the buckets of its histogram.
func (m *metrics) latency(method, route string) (l latency) {
	var told dto.Metric
	if h, ok := m.duration.WithLabelValues(method, route).(prometheus.Histogram); !ok || h.Write(&told) != nil {
		return l
	}
	h := told.GetHistogram()
	l.Requests = h.GetSampleCount()
	l.P50, l.P99 = quantile(h, 0.5), quantile(h, 0.99)
	return l
}

// quantile is one of a histogram, in a straight line between the ends of its bucket; nil where nothing was observed.
func quantile(h *dto.Histogram, q float64) *float64 {
	want := q * float64(h.GetSampleCount())
	if want == 0 {
		return nil
	}
	low, below := 0.0, 0.0
	for _, b := range h.GetBucket() {
		if n := float64(b.GetCumulativeCount()); n >= want {
			value := low + (b.GetUpperBound()-low)*(want-below)/(n-below)
			return &value
		} else if n > below {
			below = n
		}
		low = b.GetUpperBound()
	}
	return &low // above the last bucket
}
