package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// call is one call: the same bytes, id and key however often it is tried.
type call struct {
	method, path string
	query        url.Values
	key          string // the Idempotency-Key
	media        string // of the body
	body         []byte
}

func newCall(method, path string, options []CallOption) *call {
	q := &call{method: method, path: path}
	for _, o := range options {
		o(q)
	}
	return q
}

// lostError is a try that has no answer, or not all of it: it may have been carried out or not.
type lostError struct{ cause error }

func (l *lostError) Error() string { return "laurel: no answer: " + l.cause.Error() }
func (l *lostError) Unwrap() error { return l.cause }

// lost makes an error of a connection one, without the address: a path may have a code, which belongs into no log.
func lost(err error) error {
	var with *url.Error
	if errors.As(err, &with) {
		err = with.Err
	}
	return &lostError{err}
}

// again reports whether another try may do better. All calls are harmless to repeat, so an answer that was lost is no obstacle.
func again(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		switch p.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var untrusted *tls.CertificateVerificationError
	var l *lostError
	return errors.As(err, &l) && !errors.As(err, &untrusted)
}

// do makes a call, with as many tries as it takes and there are, and has the answer read.
func (c *Client) do(ctx context.Context, q *call, read func(body []byte) error) error {
	for n := 1; ; n++ {
		err := c.try(ctx, q, read)
		if err == nil || n >= c.tries || !again(err) {
			return err
		}
		if ended := c.wait(ctx, n, err); ended != nil {
			return ended
		}
	}
}

// wait waits after the nth try, at least as long as the server asks for. It does not where the context would end before: then the error
// says so, and what became of the last try.
func (c *Client) wait(ctx context.Context, n int, last error) error {
	d := c.least
	for i := 1; i < n && d < c.most; i++ {
		d = min(2*d, c.most)
	}
	d = d/2 + rand.N(d/2+1) //nolint:gosec // so that those who failed together do not come back together; it is no secret
	var p *Problem
	if errors.As(last, &p) && p.RetryAfter > 0 {
		d = p.RetryAfter + d/4
	}
	if deadline, bounded := ctx.Deadline(); bounded && ctx.Err() == nil && time.Until(deadline) < d {
		return fmt.Errorf("%w, and no time is left to try again: %w", last, context.DeadlineExceeded)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("%w, and %w", last, context.Cause(ctx))
	case <-time.After(d):
		return nil
	}
}

// try makes a call once.
func (c *Client) try(ctx context.Context, q *call, read func(body []byte) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := c.request(ctx, q)
	if err != nil {
		return err
	}
	had := c.kept.find(q)
	if had != nil {
		req.Header.Set("If-None-Match", had.etag)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return lost(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return lost(err)
	case resp.StatusCode == http.StatusNotModified && had != nil:
		return read(had.body)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		if resp.Header.Get("Content-Type") == "application/problem+json" && !json.Valid(body) {
			return &lostError{io.ErrUnexpectedEOF} // it was cut off
		}
		return newProblem(resp, body)
	}
	if err := read(body); err != nil {
		return err
	}
	c.kept.keep(q, answer{resp.Header.Get("ETag"), body})
	return nil
}

func (c *Client) request(ctx context.Context, q *call) (*http.Request, error) {
	address := c.base + q.path
	if len(q.query) > 0 {
		address += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, address, bytes.NewReader(q.body))
	if err != nil {
		return nil, errors.New("laurel: this cannot be a path")
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("User-Agent", "laurel-client")
	if q.media != "" {
		req.Header.Set("Content-Type", q.media)
	}
	if q.key != "" {
		req.Header.Set("Idempotency-Key", q.key)
	}
	return req, nil
}

// decode reads an answer. One that was cut off is a lost one.
func decode(into any) func(body []byte) error {
	return func(body []byte) error {
		if !json.Valid(body) {
			return &lostError{io.ErrUnexpectedEOF}
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber() // numbers are exact decimals
		if err := d.Decode(into); err != nil {
			return fmt.Errorf("laurel: the answer is not as expected: %w", err)
		}
		return nil
	}
}

// maxKept is the longest answer that is kept.
const maxKept = 64 << 10

// cache keeps answers of reads with their ETag. Where it is full any one of them makes room.
type cache struct {
	most    int
	mu      sync.Mutex
	answers map[string]answer
}

type answer struct {
	etag string
	body []byte
}

// name is the same for a read whatever it has to have seen.
func (q *call) name() string {
	without := url.Values{}
	for name, values := range q.query {
		if name != "min_seq" {
			without[name] = values
		}
	}
	return q.path + "?" + without.Encode()
}

func (k *cache) find(q *call) *answer {
	if q.method != http.MethodGet {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if a, ok := k.answers[q.name()]; ok {
		return &a
	}
	return nil
}

func (k *cache) keep(q *call, a answer) {
	if q.method != http.MethodGet || a.etag == "" || len(a.body) > maxKept || k.most <= 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.answers == nil {
		k.answers = map[string]answer{}
	}
	name := q.name()
	if _, had := k.answers[name]; !had && len(k.answers) >= k.most {
		for other := range k.answers {
			delete(k.answers, other)
			break
		}
	}
	k.answers[name] = a
}
