package webhook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// Bounds of one try.
const (
	deadline  = 10 * time.Second // for all of it
	maxAnswer = 64 << 10         // bytes of the answer's body that are read
	maxHeader = 16 << 10         // bytes of its header
	idleConns = 8                // kept open to one receiver
	maxError  = 200              // bytes of an error that are kept
	// maxRetryAfter is the longest wait that a receiver can ask for.
	maxRetryAfter = time.Hour
)

// Result is what became of one try. A Status of 0 says that there was no answer, and Error why.
type Result struct {
	Status     int           `json:"status,omitempty"`
	Error      string        `json:"error,omitempty"`
	RetryAfter time.Duration `json:"-"`
}

// Delivered reports whether the receiver has the message.
func (r Result) Delivered() bool { return r.Status >= 200 && r.Status < 300 }

// Send tries once to deliver a message. It returns when the receiver has answered, and after the deadline at the latest.
type Send func(ctx context.Context, e *Endpoint, id string, body []byte, at time.Time) Result

// Client sends messages over HTTP.
type Client struct{ http *http.Client }

// ClientOptions are what a client is made of; the zero value is for production.
type ClientOptions struct {
	Guard    Guard
	Resolver *net.Resolver // nil: the system's
	// Dial replaces the network in tests. The guard does not see what it connects to.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Transport lets tests change how connections are secured.
	Transport func(*http.Transport)
}

// NewClient makes a client. It uses no proxy, follows no redirects, asks for no compression and keeps no cookies.
func NewClient(o ClientOptions) *Client {
	if o.Dial == nil {
		d := &net.Dialer{Timeout: deadline, Resolver: o.Resolver, ControlContext: o.Guard.Control}
		o.Dial = d.DialContext
	}
	t := &http.Transport{DialContext: o.Dial, ForceAttemptHTTP2: true, TLSHandshakeTimeout: deadline, MaxIdleConnsPerHost: idleConns,
		IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: maxHeader, DisableCompression: true}
	if o.Transport != nil {
		o.Transport(t)
	}
	return &Client{&http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// Send is a Send.
func (c *Client) Send(ctx context.Context, e *Endpoint, id string, body []byte, at time.Time) Result {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return Result{Error: "the address cannot be used"}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Laurel-Webhooks/1")
	if err := Sign(r.Header, e.Signing(at), id, body, at); err != nil {
		return Result{Error: err.Error()}
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return Result{Error: reason(err)}
	}
	// The status decides. What follows is read so that the connection can be used again, if it is short.
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer)
	_ = answer.Body.Close()
	result := Result{Status: answer.StatusCode}
	switch {
	case result.Delivered():
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		result.Error = "redirects are not followed"
	default:
		result.Error = "the receiver answered " + strconv.Itoa(answer.StatusCode)
		result.RetryAfter = retryAfter(answer.Header.Get("Retry-After"))
	}
	return result
}

// Close closes connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// retryAfter reads seconds; a date is not worth its clocks.
func retryAfter(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxRetryAfter)
}

// reason is an error in words that can be shown and kept: without the address, which may have a token in its query.
func reason(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) {
		if outer.Timeout() {
			return "there was no answer in " + deadline.String()
		}
		err = outer.Err
	}
	// Whether a name exists in the network that the server is in, and who answers for it, is nobody's business: one that does
	// not resolve and one that leads there are told alike. The same goes for the address that was dialled.
	var unresolved *net.DNSError
	var dialled *net.OpError
	switch {
	case errors.Is(err, ErrForbidden), errors.As(err, &unresolved):
		return ErrForbidden.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case errors.As(err, &dialled) && dialled.Op == "dial":
		return "the host cannot be reached"
	}
	text := err.Error()
	return text[:min(len(text), maxError)]
}
