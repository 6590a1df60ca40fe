package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds that options change.
const (
	standardTries   = 10
	standardTimeout = 30 * time.Second
	leastWait       = 100 * time.Millisecond
	mostWait        = 10 * time.Second
	standardKept    = 1000
)

// Client calls one program of a Laurel server: that of its key. Any number of goroutines may use it; make one and keep it.
type Client struct {
	base, key string
	http      *http.Client
	tries     int
	timeout   time.Duration
	least     time.Duration // that is waited before the second try
	most      time.Duration
	kept      cache
}

// Option changes how a client works.
type Option func(*Client)

// WithHTTPClient makes a client use the connections of another one. Redirects are never followed: a write would become a read.
func WithHTTPClient(h *http.Client) Option { return func(c *Client) { c.http = h } }

// WithTries is how often a call is tried at most, 10 times unless it is said; 1 is once. What ends the tries earlier is the context.
func WithTries(n int) Option { return func(c *Client) { c.tries = max(1, n) } }

// WithTimeout is how long one try may take, 30 seconds unless it is said. How long all of them may take says the context.
func WithTimeout(d time.Duration) Option { return func(c *Client) { c.timeout = d } }

// WithBackoff is how long is waited before the second try, and how long before any at most, unless the server asks for more: 100 ms and
// 10 s unless it is said. In between it doubles; what is waited is between half of it and all of it, by chance.
func WithBackoff(least, most time.Duration) Option {
	return func(c *Client) { c.least, c.most = least, max(least, most) }
}

// WithCache is how many answers of reads are kept with their ETag, 1,000 unless it is said; 0 for none.
func WithCache(n int) Option { return func(c *Client) { c.kept.most = n } }

// connections are those of a backend, whose goroutines all call the same host: net/http would keep two of them.
func connections() *http.Client {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // somebody has put another one there, on purpose
		return http.DefaultClient
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = t.MaxIdleConns
	return &http.Client{Transport: t}
}

// New makes a client of the server at an address such as https://laurel.example.com, with an API key.
func New(base, key string, options ...Option) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("laurel: the address of a server is expected, such as https://laurel.example.com")
	}
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("laurel: this cannot be a key; one is made with laurel keys create, and begins with lk_")
	}
	c := &Client{base: strings.TrimRight(base, "/"), key: key, tries: standardTries, timeout: standardTimeout,
		least: leastWait, most: mostWait, kept: cache{most: standardKept}}
	for _, o := range options {
		o(c)
	}
	if c.http == nil {
		c.http = connections()
	}
	own := *c.http
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.Timeout = 0 // each try has its own, and a stream has none
	c.http = &own
	return c, nil
}

// NewID is a new id for an event or an Idempotency-Key: 128 random bits.
func NewID() string { return rand.Text() }

// CallOption says more about one call. A server refuses what a call does not take.
type CallOption func(*call)

// WithKey is the Idempotency-Key of a command, one that you have written down: the same key is the same command, whoever sends it again
// and when. Without it each call of a method is a new command.
func WithKey(key string) CallOption { return func(c *call) { c.key = key } }

// WithMinSeq makes a read wait until it shows the event with this Seq.
func WithMinSeq(seq uint64) CallOption { return parameter("min_seq", strconv.FormatUint(seq, 10)) }

// At reads progress or a ledger as of another instant.
func At(t time.Time) CallOption { return parameter("at", t.UTC().Format(time.RFC3339Nano)) }

// OldestFirst turns a history round, which otherwise begins with the latest.
func OldestFirst() CallOption { return parameter("order", "oldest") }

// PageSize is how many entries are asked for at once.
func PageSize(n int) CallOption { return parameter("limit", strconv.Itoa(n)) }

// ForMember reads a part of the catalogue as it is for a member.
func ForMember(member string) CallOption { return parameter("member", member) }

func parameter(name, value string) CallOption {
	return func(c *call) {
		if c.query == nil {
			c.query = url.Values{}
		}
		c.query.Set(name, value)
	}
}

// Path is the path of a call, such as Path("members", "ann", "progress"). Its parts may be any text.
func Path(parts ...string) string {
	b := strings.Builder{}
	b.WriteString("/v1")
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}

// Get reads what there is no method for, such as Path("rewards"): into is decoded from the answer.
func (c *Client) Get(ctx context.Context, path string, into any, options ...CallOption) error {
	return c.do(ctx, newCall(http.MethodGet, path, options), decode(into))
}

func get[T any](ctx context.Context, c *Client, path string, options []CallOption) (*T, error) {
	into := new(T)
	if err := c.Get(ctx, path, into, options...); err != nil {
		return nil, err
	}
	return into, nil
}

// send makes a call with a body, nil for none, that is harmless to repeat.
func send[T any](ctx context.Context, c *Client, method, path string, body any, options []CallOption) (*T, error) {
	q := newCall(method, path, options)
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("laurel: what is to be sent cannot be written as JSON: %w", err)
		}
		q.body, q.media = b, "application/json"
	}
	into := new(T)
	if err := c.do(ctx, q, decode(into)); err != nil {
		return nil, err
	}
	return into, nil
}

// Command posts what there is no method for, such as Path("members", "ann", "adjustments"), with an Idempotency-Key. The body may be nil.
func (c *Client) Command(ctx context.Context, path string, body any, options ...CallOption) (*Outcome, error) {
	return send[Outcome](ctx, c, http.MethodPost, path, body, append([]CallOption{WithKey(NewID())}, options...))
}

// pages reads a list to its end, a page at a time.
func pages[T any](ctx context.Context, c *Client, path string, options []CallOption) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := ""; ; {
			type page struct {
				Data []T
				Next string `json:"next_cursor"`
			}
			with := options
			if cursor != "" {
				with = slices.Concat(options, []CallOption{parameter("cursor", cursor)})
			}
			p, err := get[page](ctx, c, path, with)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, one := range p.Data {
				if !yield(one, nil) {
					return
				}
			}
			if cursor = p.Next; cursor == "" {
				return
			}
		}
	}
}
