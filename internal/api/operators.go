package api

import (
	"encoding/json"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// operatorRoutes are those of the operators' listener, which nobody else must be able to reach: it asks for no key.
func (s *Server) operatorRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { s.writeChecks(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { s.writeChecks(w, s.ready(r)) })
	mux.HandleFunc("POST /clock/confirm", s.confirmClock)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// checked is the result of one check.
type checked struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
	Guide string `json:"guide,omitempty"`
	minor bool
}

func newChecked(name string, err error) checked {
	if err != nil {
		return checked{Name: name, Error: err.Error()}
	}
	return checked{Name: name, OK: true}
}

func (s *Server) ready(r *http.Request) []checked {
	serving := checked{Name: "serving", OK: !s.draining.Load()}
	if !serving.OK {
		serving.Error = "the server is about to stop"
	}
	list := []checked{serving}
	list = append(list, s.programChecks()...)
	for _, check := range s.checks {
		c := newChecked(check.Name, check.Run(r.Context()))
		c.minor = check.Minor
		if !c.OK {
			c.Guide = check.Guide
		}
		list = append(list, c)
	}
	return list
}

// programChecks are those of the programs. While one of them runs, that others have stopped is no reason to send nobody here.
func (s *Server) programChecks() (list []checked) {
	some := false
	for _, id := range s.programs.Locals() {
		if l := s.programs.Local(id); l != nil {
			c := newChecked("program "+id, l.up())
			list, some = append(list, c), some || c.OK
		}
	}
	for i := range list {
		list[i].minor = some
	}
	return list
}

func (s *Server) writeChecks(w http.ResponseWriter, list []checked) {
	answer := struct {
		OK       bool      `json:"ok"`
		Degraded bool      `json:"degraded,omitempty"`
		Version  string    `json:"version,omitempty"`
		Checks   []checked `json:"checks,omitempty"`
	}{OK: true, Version: s.version, Checks: list}
	for _, c := range list {
		answer.OK = answer.OK && (c.OK || c.minor)
		answer.Degraded = answer.Degraded || !c.OK && c.minor
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !answer.OK {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(answer) // the connection is gone: there is nobody to tell
}
