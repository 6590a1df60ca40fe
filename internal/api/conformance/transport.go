package conformance

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
)

// transport sends, and judges what was sent and answered.
type transport struct {
	checker *Checker
	next    http.RoundTripper
	report  func(error)
}

// Transport is next, with everything that goes through it held against the description. What does not fit is reported.
func (c *Checker) Transport(next http.RoundTripper, report func(error)) http.RoundTripper {
	return &transport{c, next, report}
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	x := &Exchange{Method: r.Method, URI: r.URL.RequestURI(), Header: r.Header}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return nil, err
		}
		x.Body = body
		if r = r.Clone(r.Context()); len(body) > 0 || r.ContentLength > 0 {
			r.Body = io.NopCloser(bytes.NewReader(body))
		} else {
			r.Body = http.NoBody
		}
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	x.Status, x.Answer = resp.StatusCode, resp.Header
	if strings.HasPrefix(resp.Header.Get("Content-Type"), mediaStream) { // it has no end
		if err := t.checker.Check(x); err != nil {
			t.report(err)
		}
		return resp, nil
	}
	body, failed := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{failed}))
	if failed == nil { // one that was cut off is nobody's
		if x.Answered, err = plain(resp.Header, body); err != nil {
			return nil, err
		}
		if err := t.checker.Check(x); err != nil {
			t.report(err)
		}
	}
	return resp, nil
}

// plain is a body that may have been compressed.
func plain(h http.Header, body []byte) ([]byte, error) {
	if len(body) == 0 || h.Get("Content-Encoding") != "gzip" {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// broken is a body that ends with an error, or just ends.
type broken struct{ err error }

// Read implements io.Reader.
func (b broken) Read([]byte) (int, error) {
	if b.err == nil {
		return 0, io.EOF
	}
	return 0, b.err
}
