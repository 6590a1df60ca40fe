package api

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
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
	upDesc  = prometheus.NewDesc("laurel_program_up", "1 while the program takes events.", []string{"program"}, nil)
	seqDesc = prometheus.NewDesc("laurel_program_durable_seq", "The last event that is durable.", []string{"program"}, nil)
)

// Describe implements prometheus.Collector.
func (programCollector) Describe(ch chan<- *prometheus.Desc) { ch <- upDesc; ch <- seqDesc }

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
		}
	}
}
