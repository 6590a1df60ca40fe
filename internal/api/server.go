package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valyala/fasthttp"

	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/seldom"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/tokens"
)

// Bounds of requests.
const (
	MaxEvent = 64 << 10 // bytes of one event, and of every other body that is not a batch (architecture: Bounds)
	MaxBatch = 5 << 20  // bytes of a batch (architecture: Bounds)
	// MaxBatchEvents is how many events a batch has at most: the smallest possible ones would make an answer many times
	// the size of the request.
	MaxBatchEvents = 50_000

	maxHeader    = 8 << 10
	readTimeout  = 10 * time.Second
	writeTimeout = 60 * time.Second
	idleTimeout  = 75 * time.Second
)

// KeyRate is how many requests a second a key may make where nobody says otherwise.
const KeyRate = 200_000

// Standard rates. A key's is generous: it is there so that one runaway client is stopped, not to sell calls by.
var (
	standardRate    = Rate{PerSecond: KeyRate, Burst: 2 * KeyRate}
	standardBadKeys = Rate{PerSecond: 10, Burst: 20}
)

// Check is one condition of being ready.
type Check struct {
	Name string
	Run  func(ctx context.Context) error
	// Minor is set where the server does its work all the same: it is ready then, and degraded.
	Minor bool
	// Guide is the page of the guide that says what to do; it is shown while the check fails.
	Guide string
}

// Options are what a server is made of. Programs, Keys, Tokens and Origins are required.
type Options struct {
	Programs Programs
	Keys     *keys.Ring
	Tokens   *tokens.Ring     // of members' own devices
	Origins  *tokens.Origins  // of web pages that call with them
	Log      *slog.Logger     // nil: the default one
	Clock    func() time.Time // nil: time.Now; for keys and rates, programs have their own
	Rate     Rate             // of one key, in requests, and in events for batches; zero: 200,000 a second
	// ProgramRate is that of all keys and devices of a program together; zero: there is none.
	ProgramRate Rate
	BadKeys     Rate // of one address that sends keys or tokens that are none; zero: 10 a second, 20 at once
	Member      Rate // of one member's devices, in requests; zero: 20 a second, 100 at once
	// ReadTimeout is how long a request may take to arrive, so that slow senders cannot hold connections; zero: 10 seconds.
	ReadTimeout time.Duration
	// Clockwork is the clock of programs; nil: it cannot be moved.
	Clockwork Clock
	// Heartbeat is how often a stream says that it is there; zero: 5 seconds.
	Heartbeat time.Duration
	// Metrics are told with the server's own.
	Metrics []prometheus.Collector
	// Jobs is what operators are shown of a program's jobs; nil: nothing.
	Jobs func(program string) any
	// Checks are asked by /readyz, besides whether each program runs and whether the server is about to stop.
	Checks []Check
	// Activations change rulesets; nil: they cannot be changed at run time.
	Activations *activation.Manager
	// Administration creates and removes programs; nil: nobody can.
	Administration Administration
	// Backup writes a backup of the whole server as it is now; nil: there are none.
	Backup func(to io.Writer) error
	// AccessLog is what is logged of each request: AccessRoutes, AccessPaths, or nothing.
	AccessLog string
	// Proxies are those that are believed when they say who called them.
	Proxies []netip.Prefix
	// Settings have the audit log.
	Settings settings.Store
	// Version of the build, told to operators.
	Version string
}

// Server answers on the public listener and on the operators'.
type Server struct {
	programs  Programs
	keys      *keys.Ring
	tokens    *tokens.Ring
	origins   *tokens.Origins
	members   memberClients
	perMember addresses // by program and member
	log       *slog.Logger
	now       func() time.Time
	rate      Rate
	together  Rate      // of a program's keys and devices
	programOf sync.Map  // string -> *gcra
	badKeys   addresses // by the network of the caller
	proxies   []netip.Prefix
	accessLog string
	told      seldom.Log
	clients   sync.Map // *keys.Key -> *client
	turns     *turns
	bodies    *bodies
	jobs      func(program string) any
	clockwork Clock
	// activations change rulesets; nil where they cannot be.
	activations    *activation.Manager
	administration Administration
	backup         func(to io.Writer) error
	checks         []Check
	settings       settings.Store
	version        string
	metrics        *metrics
	app            *fiber.App
	operators      *http.Server

	start    string // of this process: part of request ids and of ETags whose versions begin again with it
	requests atomic.Uint64
	draining atomic.Bool

	began time.Time // of this process
	rates rates

	heartbeat time.Duration
	streams   atomic.Int64 // that are open
	closing   chan struct{}
	closed    sync.Once
}

// New makes a server. Serve and ServeOperators begin.
func New(o Options) *Server {
	s := &Server{began: time.Now(), programs: o.Programs, keys: o.Keys, tokens: o.Tokens, origins: o.Origins, log: o.Log,
		now: o.Clock, rate: o.Rate, together: o.ProgramRate, jobs: o.Jobs, clockwork: o.Clockwork, activations: o.Activations,
		administration: o.Administration, backup: o.Backup, checks: o.Checks, settings: o.Settings, version: o.Version, proxies: o.Proxies, accessLog: o.AccessLog,
		start: newStart(), heartbeat: cmp.Or(o.Heartbeat, heartbeat), closing: make(chan struct{})}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.rate == (Rate{}) {
		s.rate = standardRate
	}
	s.turns, s.bodies = newTurns(), newBodies(2*cmp.Or(o.ReadTimeout, readTimeout))
	s.perMember = newAddresses(cmp.Or(o.Member, standardMemberRate))
	s.badKeys = newAddresses(cmp.Or(o.BadKeys, standardBadKeys))
	s.metrics = newMetrics(s.programs, o.Metrics...)
	s.app = fiber.New(fiber.Config{
		AppName: "Laurel", DisableStartupMessage: true, StrictRouting: true, CaseSensitive: true,
		BodyLimit: MaxEvent, ReadBufferSize: maxHeader, DisablePreParseMultipartForm: true,
		ReadTimeout: cmp.Or(o.ReadTimeout, readTimeout), WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorHandler: s.unserved,
	})
	s.mount(routes)
	s.mountMembers()
	s.mountServer()
	s.mountPublic()
	s.operators = &http.Server{Handler: s.operatorRoutes(), ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}
	return s
}

func newStart() string {
	var b [6]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("api: the system has no randomness: " + err.Error())
	}
	return hex.EncodeToString(b[:])
}

// mount registers the routes and tells fasthttp which of them take large bodies, so that the others are refused by their
// header.
func (s *Server) mount(list []route) {
	var large []*route
	for i := range list {
		rt := &list[i]
		s.add(rt)
		if rt.body > MaxEvent {
			large = append(large, rt)
		}
	}
	server := s.app.Server()
	server.HeaderReceived = func(h *fasthttp.RequestHeader) (config fasthttp.RequestConfig) {
		h.Del(leaseHeader) // nobody else says it
		for _, rt := range large {
			if string(h.Method()) == rt.method && string(pathOf(h.RequestURI())) == rt.path {
				config.MaxRequestBodySize = rt.body
				s.await(h)
				config.ReadTimeout = s.app.Config().ReadTimeout // from now on: it may have waited
			}
		}
		return config
	}
	// Fiber answers methods that it has never heard of by itself, in plain text.
	served, known := server.Handler, s.app.Config().RequestMethods
	server.Handler = func(c *fasthttp.RequestCtx) {
		defer s.leave(&c.Request.Header)
		if wrong := misframed(&c.Request.Header); wrong != "" {
			c.SetConnectionClose() // what follows on it may be no request of its own
			s.unroutable(c, refuse("bad_request", wrong))
			return
		}
		for _, method := range known {
			if string(c.Method()) == method {
				served(c)
				return
			}
		}
		c.Response.Header.Set("Allow", strings.Join([]string{get, head, post, put, patch, del, options}, ", "))
		s.unroutable(c, refuse("method_not_allowed", "there is no such method"))
	}
}

// add registers a route. HEAD costs as much as GET, and fasthttp leaves the body out.
func (s *Server) add(rt *route, before ...fiber.Handler) {
	before = append(before, s.handler(rt, s.metrics.route(rt.method, rt.path)))
	for _, method := range rt.methods() {
		s.app.Add(method, rt.path, before...)
	}
}

func pathOf(uri []byte) []byte {
	path, _, _ := bytes.Cut(uri, []byte("?"))
	return path
}

// unroutable answers a request that never gets to a route.
func (s *Server) unroutable(c *fasthttp.RequestCtx, p *problem) {
	ctx := s.app.AcquireCtx(c)
	defer s.app.ReleaseCtx(ctx)
	id := s.begin(ctx)
	s.fail(ctx, p, id)
	s.access(ctx, "unserved", id, 0)
	s.metrics.unserved.count(ctx.Response().StatusCode())
}

// Serve answers on the public listener until Shutdown.
func (s *Server) Serve(ln net.Listener) error { return s.app.Listener(ln) }

// ServeOperators answers on the operators' listener until Shutdown.
func (s *Server) ServeOperators(ln net.Listener) error {
	if err := s.operators.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Drain makes /readyz fail, so that load balancers send no more. The server goes on answering until Shutdown.
func (s *Server) Drain() { s.draining.Store(true) }

// Shutdown drains: it takes no more connections, waits for the requests under way, and closes both listeners. An error is
// that of the context, when some of them did not end in time; their connections end with the process.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	s.closed.Do(func() { close(s.closing) }) // streams end, and their readers come back to who is there then
	return errors.Join(s.app.ShutdownWithContext(ctx), s.operators.Shutdown(ctx))
}

// handler is what Fiber calls for a route.
func (s *Server) handler(rt *route, m *routeMetrics) fiber.Handler {
	return func(c *fiber.Ctx) error {
		began := time.Now()
		id := s.begin(c)
		if err := s.answer(c, rt); err != nil {
			s.fail(c, err, id)
		}
		took := time.Since(began)
		m.observe(c.Response().StatusCode(), took)
		s.access(c, rt.path, id, took)
		return nil
	}
}

// requestID names a request in answers and logs.
type requestID uint64

func (s *Server) requestID(id requestID) string {
	return s.start + "-" + strconv.FormatUint(uint64(id), 36)
}

// begin gives a request its id and the headers that every answer has.
func (s *Server) begin(c *fiber.Ctx) requestID {
	id := requestID(s.requests.Add(1))
	var text [40]byte
	b := append(append(text[:0], s.start...), '-')
	h := &c.Context().Response.Header
	h.SetBytesV("X-Request-Id", strconv.AppendUint(b, uint64(id), 36))
	h.Set("X-Content-Type-Options", "nosniff")
	if s.draining.Load() {
		c.Context().SetConnectionClose() // the next request goes to who is there then
	}
	return id
}

// answer admits a request and has its route handle it. A panic is a bug of ours and costs this request alone.
func (s *Server) answer(c *fiber.Ctx, rt *route) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = &problem{code: "internal", detail: "the server failed", because: fmt.Errorf("panic: %v\n%s", broken, debug.Stack())}
		}
	}()
	admitted, err := s.admit(c, rt)
	if err != nil {
		return err
	}
	if s.accessLog != "" {
		c.Locals(callerKey{}, caller{admitted.key.Program, admitted.key.ID})
	}
	if err := rt.checkBody(&c.Context().Request); err != nil {
		return err
	}
	return admitted.stopped(rt.handle(admitted))
}

// checkBody refuses bodies that are compressed, too large or of another kind before anything reads them.
func (rt *route) checkBody(r *fasthttp.Request) error {
	if encoding := r.Header.ContentEncoding(); len(encoding) > 0 && string(encoding) != "identity" {
		return refuse("content_encoding_refused", "send the body without Content-Encoding")
	}
	if len(r.Body()) > rt.body {
		return refuse("body_too_large", "the body is larger than the "+strconv.Itoa(rt.body)+" bytes that this call takes")
	}
	return nil
}

// fail answers with the problem that an error is, and logs what is a failure of ours.
func (s *Server) fail(c *fiber.Ctx, err error, id requestID) {
	p := asProblem(err)
	name := s.requestID(id)
	if p.because != nil {
		attrs := append(traceOf(c), slog.String("request_id", name), slog.String("method", c.Method()), slog.String("route", c.Route().Path),
			slog.Any("error", p.because))
		s.log.LogAttrs(context.Background(), slog.LevelError, "a request failed", attrs...)
	}
	p.write(c, name)
}

// unserved answers what no route did: unknown paths, wrong methods, and what fasthttp could not read. Fiber has found out which methods
// the path takes, which is what OPTIONS asks for.
func (s *Server) unserved(c *fiber.Ctx, err error) error {
	id := s.begin(c)
	if wrong := (*fiber.Error)(nil); errors.As(err, &wrong) && wrong.Code == http.StatusMethodNotAllowed {
		c.Append(fiber.HeaderAllow, options)
		if c.Method() == options {
			c.Status(http.StatusNoContent)
			err = nil
		}
	}
	if err != nil {
		s.fail(c, err, id)
	}
	s.access(c, "unserved", id, 0)
	s.metrics.unserved.count(c.Response().StatusCode())
	return nil
}
