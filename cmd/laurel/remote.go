package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// remote talks to a running server with the key in LAUREL_KEY. Secrets are never flags.
type remote struct {
	base string
	key  string
	http http.Client
	// actor is the person for whom it acts, "" for nobody in particular.
	actor string
}

func dial(base string) (*remote, error) {
	if u, err := url.Parse(base); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &failure{exitUsage, fmt.Sprintf("--url must begin with http:// or https://, not %q; for a server on this machine: http://127.0.0.1:8080", base)}
	}
	key := os.Getenv("LAUREL_KEY")
	if key == "" {
		return nil, &failure{exitUsage, "set LAUREL_KEY to a key of the program"}
	}
	return &remote{base: strings.TrimRight(base, "/"), key: key, http: http.Client{Timeout: 5 * time.Minute}}, nil
}

// preferData lets go of an address that only the environment has, where a data directory was given by hand.
func preferData(cmd *cobra.Command, url *string) {
	if data := cmd.Flag("data"); data != nil && data.Changed && !cmd.Flag("url").Changed {
		*url = ""
	}
}

// problem is an error body of the API.
type problem struct {
	Code   string             `json:"code"`
	Title  string             `json:"title"`
	Detail string             `json:"detail"`
	Errors []event.FieldError `json:"errors"`
}

// call sends a request and returns the body of a successful answer.
func (c *remote) call(ctx context.Context, method, path, contentType string, body []byte) ([]byte, error) {
	answer, err := c.ask(ctx, method, path, contentType, body)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, &failure{exitUnreachable, err.Error()}
	}
	return text, nil
}

// ask sends a request, with more headers by their names, and returns a successful answer while it comes.
func (c *remote) ask(ctx context.Context, method, path, contentType string, body []byte, headers ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, &failure{exitUsage, err.Error()}
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.actor != "" {
		req.Header.Set("Laurel-Actor", c.actor)
	}
	for pair := range slices.Chunk(headers, 2) {
		req.Header.Set(pair[0], pair[1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &failure{exitUnreachable, err.Error()}
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, &failure{exitUnreachable, err.Error()}
	}
	r := &refusedCall{status: resp.StatusCode}
	_ = json.Unmarshal(answer, &r.problem)
	r.retry, _ = strconv.Atoi(resp.Header.Get("Retry-After"))
	return nil, r
}

// refusedCall is a request that the server has refused.
type refusedCall struct {
	status int
	retry  int // seconds after which it may be made again
	problem
}

// Error makes it an error.
func (r *refusedCall) Error() string { return r.Unwrap().Error() }

// Unwrap is how a command that makes such a call ends.
func (r *refusedCall) Unwrap() error {
	code := exitFailed
	if r.status == http.StatusUnauthorized || r.status == http.StatusForbidden {
		code = exitNotAuthorised
	}
	message := fmt.Sprintf("the server answers %d %s: %s", r.status, r.Code, strings.TrimSpace(r.Title+" "+r.Detail))
	for _, e := range r.Errors {
		message += "\n  " + said(e)
	}
	return &failure{code, message}
}

// about is why it was refused, on a line.
func (r *refusedCall) about() string {
	text := r.Code + ": " + r.Detail
	for _, e := range r.Errors {
		text += "; " + said(e)
	}
	return text
}

// ofRow reports whether it is what was sent that cannot be taken, and not who sends it, or when.
func (r *refusedCall) ofRow() bool {
	return r.status < 500 && !r.passes() && r.status != http.StatusUnauthorized && r.status != http.StatusForbidden
}

// passes reports whether the same call may well succeed later.
func (r *refusedCall) passes() bool {
	return r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable
}

// said is an error with what to write instead.
func said(e event.FieldError) string {
	if e.Suggestion == "" {
		return e.Location + ": " + e.Message
	}
	return e.Location + ": " + e.Message + " (" + e.Suggestion + ")"
}

// remoteImporter sends lines to a running server.
type remoteImporter struct{ client *remote }

func newRemoteImporter(url string) (importer, error) {
	c, err := dial(url)
	return &remoteImporter{c}, err
}

// remoteResult is one line of the answer to an import: an outcome, or a problem.
type remoteResult struct {
	Duplicate bool               `json:"duplicate"`
	Code      string             `json:"code"`
	Title     string             `json:"title"`
	Detail    string             `json:"detail"`
	Errors    []event.FieldError `json:"errors"`
}

func (i *remoteImporter) take(ctx context.Context, page []*line) error {
	var body bytes.Buffer
	var of []*line
	for _, l := range page {
		if l.refusal == nil {
			body.Write(l.text)
			body.WriteByte('\n')
			of = append(of, l)
		}
	}
	if len(of) == 0 {
		return nil
	}
	answer, err := i.client.call(ctx, http.MethodPost, "/v1/imports", "application/x-ndjson", body.Bytes())
	if err != nil {
		return err
	}
	s := bufio.NewScanner(bytes.NewReader(answer))
	s.Buffer(nil, 1<<22)
	for _, l := range of {
		if !s.Scan() {
			return &failure{exitFailed, "the server's answer ends too early"}
		}
		var r remoteResult
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return &failure{exitFailed, "the server's answer is not JSON: " + err.Error()}
		}
		l.duplicate = r.Duplicate
		if r.Code != "" {
			l.refusal = &engine.Refusal{Code: r.Code, Message: strings.TrimSpace(r.Title + " " + r.Detail), Errors: r.Errors}
		}
	}
	return nil
}

func (i *remoteImporter) close() error { return nil }
