package api

import (
	"bytes"

	"github.com/valyala/fasthttp"
)

// misframed says what is wrong with the header lines of a request, "" for nothing. Proxies in front of a server may read a
// request with such a header otherwise than the server does, and whoever sends it could slip a second request past them
// (RFC 9112, sections 2.2, 3.2, 5.2 and 6.3; RFC 9110, section 5.5).
func misframed(h *fasthttp.RequestHeader) string {
	raw := h.RawHeaders()
	var length []byte
	var encoded bool
	hosts, keys := 0, 0
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		line, ended := bytes.CutSuffix(line, []byte("\r"))
		if !ended {
			return "a header line ends with a line feed alone; end it with a carriage return and a line feed"
		}
		if bytes.ContainsAny(line, "\x00\r") {
			return "a header line has a NUL or a carriage return in it"
		}
		if len(line) == 0 {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			return "a header line goes on in the next one; write it in one line"
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case is(name, "content-length"):
			value = bytes.TrimSpace(value)
			if length != nil && !bytes.Equal(length, value) {
				return "there are two headers Content-Length that differ"
			}
			length = value
		case is(name, "transfer-encoding"):
			if encoded || !bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
				return "Transfer-Encoding is something else than chunked"
			}
			encoded = true
		case is(name, "host"):
			hosts++
		case is(name, "authorization"):
			keys++
		}
	}
	switch {
	case encoded && length != nil:
		return "there are both Content-Length and Transfer-Encoding"
	case hosts > 1:
		return "there are two headers Host"
	case keys > 1:
		return "there are two headers Authorization"
	case hosts == 0 && h.IsHTTP11():
		return "the header Host is missing"
	}
	return ""
}

// is reports whether the name of a header is another one's in any case. The other is in lower case.
func is(name []byte, lower string) bool {
	return len(name) == len(lower) && bytes.EqualFold(name, []byte(lower))
}
