package api

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// What the access log has of a request besides its route. No value of a query is ever in it.
const (
	AccessRoutes = "routes" // nothing: the ids of members and events stand in paths
	AccessPaths  = "paths"
)

// trace is the id that the caller's tracing has for a request (W3C Trace Context).
var trace = regexp.MustCompile(`^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}`)

// traceOf is the caller's id of a request, as attributes of a log; none where it has sent none.
func traceOf(c *fiber.Ctx) []slog.Attr {
	header := c.Context().Request.Header.Peek("Traceparent")
	if len(header) == 0 {
		return nil
	}
	if m := trace.FindSubmatch(header); m != nil {
		return []slog.Attr{slog.String("trace_id", string(m[1]))}
	}
	return nil
}

// access writes a line for a request that was answered, if operators want one.
func (s *Server) access(c *fiber.Ctx, route string, id requestID, took time.Duration) {
	if s.accessLog == "" {
		return
	}
	r := c.Response()
	size := r.Header.ContentLength() // unknown of a stream
	if size < 0 || !r.IsBodyStream() {
		size = max(0, len(r.Body()))
	}
	attrs := []slog.Attr{slog.String("request_id", s.requestID(id)), slog.String("method", strings.Clone(c.Method())), slog.String("route", route),
		slog.Int("status", r.StatusCode()), slog.Int("bytes", size), slog.Duration("took", took), slog.String("address", s.address(c))}
	if s.accessLog == AccessPaths {
		attrs = append(attrs, slog.String("path", string(pathOf(c.Context().RequestURI()))))
	}
	if caller, known := c.Locals(callerKey{}).(caller); known {
		attrs = append(attrs, slog.String("program", caller.program), slog.String("key", caller.key))
	}
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "request", append(attrs, traceOf(c)...)...)
}

// caller is whose request it is.
type caller struct{ program, key string }

type callerKey struct{}

// refusedKey tells that a key was refused, once a minute for each reason; nothing of the key is in it.
func (s *Server) refusedKey(c *fiber.Ctx, why *problem) {
	if again, may := s.told.May(why.code); may {
		s.log.Warn("a key was refused", append(again, "code", why.code, "route", c.Route().Path, "address", s.address(c))...)
	}
}
