package api

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/internal/stats"
)

// metrics are what operators see of the server. No label ever names a member, an event or a key.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	events   *prometheus.CounterVec
	replaced *prometheus.CounterVec
	unserved *routeMetrics
}

func newMetrics(programs Programs, others ...prometheus.Collector) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "laurel_http_requests_total",
			Help: "Requests answered."}, []string{"method", "route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "laurel_http_request_duration_seconds",
			Help:    "From the end of a request's header and body to its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}}, []string{"method", "route"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "laurel_events_total",
			Help: "Events that apps sent, by what became of them."}, []string{"program", "result"}),
		replaced: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "laurel_replaced_key_requests_total",
			Help: "Requests with a key that a younger one of its name has replaced."}, []string{"program"}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.events, m.replaced, programCollector{programs},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(others...)
	m.unserved = m.route("", "unserved")
	return m
}

// routeMetrics are those of one route, found once so that requests do not look them up.
type routeMetrics struct {
	requests *prometheus.CounterVec
	duration prometheus.Observer
	byStatus [600]atomic.Pointer[prometheus.Counter]
}

func (m *metrics) route(method, path string) *routeMetrics {
	labels := prometheus.Labels{"method": method, "route": path}
	return &routeMetrics{requests: m.requests.MustCurryWith(labels), duration: m.duration.With(labels)}
}

func (r *routeMetrics) observe(status int, took time.Duration) {
	r.count(status)
	r.duration.Observe(took.Seconds())
}

func (r *routeMetrics) count(status int) {
	if status < 0 || status >= len(r.byStatus) {
		status = 0
	}
	known := r.byStatus[status].Load()
	if known == nil {
		c := r.requests.WithLabelValues(strconv.Itoa(status))
		known = &c
		r.byStatus[status].Store(known)
	}
	(*known).Inc()
}

// programCollector reports the programs as they are when asked.
type programCollector struct{ programs Programs }

var (
	upDesc   = prometheus.NewDesc("laurel_program_up", "1 while the program takes events.", []string{"program"}, nil)
	seqDesc  = prometheus.NewDesc("laurel_program_durable_seq", "The last event that is durable.", []string{"program"}, nil)
	waitDesc = prometheus.NewDesc("laurel_program_waiting_events", "Events that have arrived and are not answered yet.", []string{"program"}, nil)
)

// What statistics have counted. Types of events beyond the first 200 are one, "other".
var (
	lagDesc = prometheus.NewDesc("laurel_statistics_lag_events", "Events that were accepted and are not counted by statistics yet.", []string{"program"}, nil)

	issuedDesc = prometheus.NewDesc("laurel_points_issued_total", "Points that were issued, opening balances included.", []string{"program", "points"}, nil)
	spentDesc  = prometheus.NewDesc("laurel_points_spent_total", "Points that were spent.", []string{"program", "points"}, nil)
	expireDesc = prometheus.NewDesc("laurel_points_expired_total", "Points that have expired.", []string{"program", "points"}, nil)
	owedDesc   = prometheus.NewDesc("laurel_points_outstanding", "Points that members have, less debt.", []string{"program", "points"}, nil)
	eventsDesc = prometheus.NewDesc("laurel_accepted_events_total", "Accepted events and calls by type; late, refused, noted and voided are some of accepted.",
		[]string{"program", "type", "result"}, nil)
	claimsDesc = prometheus.NewDesc("laurel_claims_total", "Claims of rewards that came to a state.", []string{"program", "state"}, nil)
)

// Describe implements prometheus.Collector.
func (programCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{upDesc, seqDesc, waitDesc, lagDesc, issuedDesc, spentDesc, expireDesc, owedDesc, eventsDesc, claimsDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c programCollector) Collect(ch chan<- prometheus.Metric) {
	for _, id := range c.programs.Locals() {
		l := c.programs.Local(id)
		if l == nil {
			continue
		}
		up := 1.0
		if l.up() != nil {
			up = 0
		}
		ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up, id)
		if l.Program != nil {
			ch <- prometheus.MustNewConstMetric(seqDesc, prometheus.GaugeValue, float64(l.Program.Durable()), id)
			ch <- prometheus.MustNewConstMetric(waitDesc, prometheus.GaugeValue, float64(l.Program.Waiting()), id)
		}
		if l.Statistics != nil {
			collectStatistics(ch, id, l.Statistics)
		}
	}
}

// collectStatistics tells what a program's statistics have counted, as far as it can be read.
func collectStatistics(ch chan<- prometheus.Metric, id string, s *stats.Follower) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, kind, value, append([]string{id}, labels...)...)
	}
	points := func(d *prometheus.Desc, kind prometheus.ValueType, value decimal.Decimal, of string) {
		tell(d, kind, float64(value)/float64(decimal.One), of)
	}
	tell(lagDesc, prometheus.GaugeValue, float64(s.Lag()))
	totals, err := s.Totals()
	if err != nil {
		return
	}
	for _, p := range totals.Points {
		points(issuedDesc, prometheus.CounterValue, p.Issued, p.Points)
		points(spentDesc, prometheus.CounterValue, p.Spent, p.Points)
		points(expireDesc, prometheus.CounterValue, p.Expired, p.Points)
		points(owedDesc, prometheus.GaugeValue, p.Outstanding, p.Points)
	}
	for _, e := range totals.Events {
		tell(eventsDesc, prometheus.CounterValue, float64(e.Count), e.Type, e.Result)
	}
	for state, count := range totals.Claims {
		tell(claimsDesc, prometheus.CounterValue, float64(count), state)
	}
}
