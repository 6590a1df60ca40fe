package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/api/conformance"
)

// raw sends bytes over a connection of its own and reads one answer.
func (w *world) raw(text string) *answer {
	w.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.base, "http://"))
	require.NoError(w.t, err)
	defer conn.Close()
	require.NoError(w.t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, text)
	require.NoError(w.t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, described.Check(&conformance.Exchange{Status: resp.StatusCode, Answer: resp.Header, Answered: b}))
	if resp.Close { // http takes the header out
		resp.Header.Set("Connection", "close")
	}
	return &answer{t: w.t, status: resp.StatusCode, header: resp.Header, body: b}
}

// TestRaw sends what no well-behaved client does. Bodies that are too large are refused before they are read.
func TestRaw(t *testing.T) {
	w := newWorld(t)
	before := w.journal()
	head := func(path string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + w.secrets["acme"] + "\r\nContent-Type: application/json\r\n"
	}
	length := func(n int) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n", n) }
	for name, c := range map[string]struct {
		text   string
		status int
		code   string
	}{
		"an event of 5 MiB":       {head("/v1/events") + length(api.MaxBatch), 413, "body_too_large"},
		"a batch over 5 MiB":      {head("/v1/events/batch") + length(api.MaxBatch+1), 413, "body_too_large"},
		"a batch by another name": {head("/v1/events/batch/") + length(api.MaxEvent+1), 413, "body_too_large"},
		"chunks without end": {head("/v1/events") + "Transfer-Encoding: chunked\r\n\r\n11000\r\n" + strings.Repeat("x", 0x11000) + "\r\n",
			413, "body_too_large"},
		"no HTTP":                       {"hello\r\n\r\n", 400, "bad_request"},
		"a header of 16 KiB":            {"GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 16<<10) + "\r\n\r\n", 431, "header_too_large"},
		"a program in a header":         {head("/v1/events") + "X-Program: bravo\r\n" + length(2) + "{}", 400, "invalid_event"},
		"a path that climbs":            {"GET /v1/members/../../metrics HTTP/1.1\r\nHost: x\r\n\r\n", 404, "route_not_found"},
		"a method override in a header": {head("/v1/admin/keys/aaaaaaaa") + "X-HTTP-Method-Override: DELETE\r\n" + length(0), 405, "method_not_allowed"},
		"two lengths":                   {head("/v1/events") + "Content-Length: 3\r\n" + length(2) + "{}", 400, "bad_request"},
		"a length and chunks":           {head("/v1/events") + "Transfer-Encoding: chunked\r\n" + length(2) + "0\r\n\r\n", 400, "bad_request"},
		"chunks and a length":           {head("/v1/events") + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"},
		"an encoding that is none":      {head("/v1/events") + "Transfer-Encoding: identity\r\n\r\nGET /v1/smuggled HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request"},
		"two encodings":                 {head("/v1/events") + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"},
		"no host":                       {"GET /v1/challenges HTTP/1.1\r\n\r\n", 400, "bad_request"},
		"two hosts":                     {"GET /v1/challenges HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n", 400, "bad_request"},
		"two keys": {"GET /v1/challenges HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + w.secrets["acme"] + "\r\nauthorization: Bearer " +
			w.secrets["bravo"] + "\r\n\r\n", 400, "bad_request"},
		"a bare line feed":       {"GET /v1/challenges HTTP/1.1\r\nHost: x\nX-A: 1\r\n\r\n", 400, "bad_request"},
		"a NUL in a header":      {"GET /v1/challenges HTTP/1.1\r\nHost: x\r\nX-A: 1\x002\r\n\r\n", 400, "bad_request"},
		"a bare carriage return": {"GET /v1/challenges HTTP/1.1\r\nHost: x\r\nX-A: 1\r2\r\n\r\n", 400, "bad_request"},
		"a folded header":        {"GET /v1/challenges HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n  2\r\n\r\n", 400, "bad_request"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			a := w.raw(c.text)
			a.problem(c.status, c.code)
			if c.code == "bad_request" {
				require.Equal(t, "close", a.header.Get("Connection"))
			}
		})
	}
	for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
		w.raw("GET /v1/challenges HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: " + scheme + " " + w.secrets["acme"] + "\r\n\r\n").ok()
	}
	w.raw("POST /v1/events/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + w.secrets["acme"] +
		"\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n[]").ok()
	w.t = t
	require.Equal(t, before, w.journal())
	require.NotContains(t, w.log.String(), "lk_")
}

// TestASlowRequestIsCutOff sends a byte at a time, which never ends by itself: the time is for the whole request, and each
// byte does not begin it again.
func TestASlowRequestIsCutOff(t *testing.T) {
	w := newWorld(t, func(o *api.Options) { o.ReadTimeout = 50 * time.Millisecond })
	for name, head := range map[string]string{
		"headers": "GET /v1/challenges HTTP/1.1\r\nHost: x\r\nX-Slow: ",
		"a body": "POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + w.secrets["acme"] +
			"\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(w.base, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
			_, err = io.WriteString(conn, head)
			require.NoError(t, err)
			ended := make(chan error, 1)
			go func() {
				_, err := io.Copy(io.Discard, conn)
				ended <- err
			}()
			every := time.NewTicker(time.Millisecond)
			defer every.Stop()
			for {
				select {
				case err := <-ended:
					require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server waited for as long as bytes came")
					return
				case <-every.C:
					_, _ = io.WriteString(conn, "x")
				}
			}
		})
	}
}

func TestAllow(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, "GET, HEAD, POST, OPTIONS", w.do("DELETE", "/v1/events", "").header.Get("Allow"))
	require.Equal(t, "GET, HEAD, PUT, DELETE, PATCH, OPTIONS", w.do("POST", "/v1/members/ann", "").header.Get("Allow"))
	require.Equal(t, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", w.do("BREW", "/v1/events", "").header.Get("Allow"))
	require.Equal(t, "GET, OPTIONS", w.do("HEAD", "/v1/stream", "").header.Get("Allow"), "it has no end")
	w.do("OPTIONS", "/v1/nowhere", "").problem(404, "route_not_found")

	// Every path says what it takes, to everybody, and refuses the rest.
	taken := map[string][]string{"/openapi.json": {"GET"}, "/docs/api": {"GET"}, "/docs/api.css": {"GET"}, "/docs/api.js": {"GET"}}
	for _, r := range append(api.Routes(), api.MemberRoutes()...) {
		taken[r.Path] = append(taken[r.Path], r.Method)
	}
	for path, methods := range taken {
		told := w.do("OPTIONS", path, "", "Authorization", "")
		require.Equal(t, 204, told.status, path)
		require.Empty(t, told.body)
		allow := strings.Split(told.header.Get("Allow"), ", ")
		require.Subset(t, allow, append(methods, "OPTIONS"), path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"} {
			if !slices.Contains(allow, method) {
				wrong := w.do(method, path, "")
				require.Equal(t, 405, wrong.status, "%s %s", method, path)
				require.Equal(t, allow, strings.Split(wrong.header.Get("Allow"), ", "), "%s %s", method, path)
			}
		}
	}
}

// TestHead asks for everything that can be read without its body. What is said of it is the same.
func TestHead(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	w.do("POST", "/v1/members/ann/claims", `{"reward":"sticker"}`, "Idempotency-Key", "c1").ok()
	fill := strings.NewReplacer(":member", "ann", ":event", "o1", ":claim", "c1", ":board", "by_visits", ":counter", "thermometer")
	for _, r := range append(api.Routes(), api.MemberRoutes()...) {
		if r.Method != "GET" || strings.HasSuffix(r.Path, "/stream") {
			continue
		}
		path, headers := fill.Replace(r.Path), []string{}
		if strings.HasPrefix(r.Path, "/v1/me") {
			headers = as(w.token("ann"))
		}
		if strings.Contains(r.Path, "/card.") {
			path += "?code=qr"
		}
		whole, asked := w.do("GET", path, "", headers...), w.do("HEAD", path, "", headers...)
		require.Equal(t, whole.status, asked.status, path)
		require.Empty(t, asked.body, path)
		for _, name := range []string{"Content-Type", "ETag", "Cache-Control", "Content-Length"} {
			if name == "Content-Length" && (whole.status >= 400 || path == "/v1/admin/status") { // it has the request's id, or how long something took
				continue
			}
			require.Equal(t, whole.header.Get(name), asked.header.Get(name), "%s: %s", path, name)
		}
		if etag := whole.header.Get("ETag"); etag != "" {
			require.Equal(t, 304, w.do("HEAD", path, "", append(headers, "If-None-Match", etag)...).status, path)
		}
	}
	require.Equal(t, 401, w.do("HEAD", "/v1/members/ann", "", "Authorization", "").status)
	require.Equal(t, 405, w.do("HEAD", "/v1/imports", "").status)
}
