package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/laurel-engine/laurel/engine/integer"
)

// load sends requests on a fixed number of connections, as fast as answers come.
type load struct {
	server, bare *child
	o            benchOptions
	sent         atomic.Uint64 // numbers events, so that no id is used twice
	each         int           // how many events everybody has sent at least
	history      *history      // nil: events happen when they arrive
}

// history tells when events happen: the first one begins it, and each next one comes a step later.
type history struct {
	begins time.Time
	first  uint64
	step   time.Duration
}

func newLoad(server, bare *child, o benchOptions) *load {
	return &load{server: server, bare: bare, o: o}
}

// sample is one round.
type sample struct {
	rate    float64 // a second
	latency []time.Duration
	cpu     float64 // of the process that answered, in microseconds for each
}

// measured runs a round against a process, and adds what it used of the processors.
func measured(c *child, round func() sample) sample {
	started, before := time.Now(), c.cpu()
	s := round()
	if things := s.rate * time.Since(started).Seconds(); things > 0 {
		s.cpu = (c.cpu() - before).Seconds() * 1e6 / things
	}
	return s
}

// quantile is a latency in milliseconds.
func (s *sample) quantile(q float64) float64 {
	if len(s.latency) == 0 {
		return 0
	}
	slices.Sort(s.latency)
	return float64(s.latency[min(len(s.latency)-1, int(q*float64(len(s.latency))))].Microseconds()) / 1000
}

// appendEvent appends the body of the n-th event, about 300 bytes, spread over the members.
func (l *load) appendEvent(b []byte, n uint64) []byte {
	member := n * 2654435761 % integer.Exact[uint64](l.o.members)
	b = append(b, `{"id":"b`...)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `","type":"purchase","member":"member-`...)
	b = strconv.AppendUint(b, member, 10)
	if h := l.history; h != nil {
		b = append(b, `","time":"`...)
		b = h.begins.Add(time.Duration(n-h.first)*h.step).AppendFormat(b, time.RFC3339Nano) //nolint:gosec // a few millions of steps
	}
	b = append(b, `","data":{"order_id":"order-`...)
	b = strconv.AppendUint(b, n, 10)
	b = append(b, `","amount":`...)
	b = strconv.AppendUint(b, n%97, 10)
	b = append(b, `.50,"store":"s`...)
	b = append(b, byte('0'+n%2), byte('0'+n/2%10))
	b = append(b, `","channel":"`...)
	b = append(b, benchChannels[n%uint64(len(benchChannels))]...)
	b = append(b, `","items":[{"sku":"latte","category":"coffee","qty":1,"price":4.50},{"sku":"earl_grey","category":"`...)
	b = append(b, benchCategories[n%uint64(len(benchCategories))]...)
	return append(b, `","qty":2,"price":3.20}]}}`...)
}

// What events say, so that two or three of the twenty rules fire for one, as in a program in use.
var (
	benchChannels   = []string{"web", "store", "app", "web", "partner"}
	benchCategories = []string{"food", "food", "tea", "food", "coffee", "food", "food"}
)

// run keeps every connection busy for a round; do sends one request and says how many things it carried.
func (l *load) run(connections int, address string, do func(*fasthttp.HostClient, *fasthttp.Request, *fasthttp.Response) int) sample {
	client := &fasthttp.HostClient{Addr: address, MaxConns: connections}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all []time.Duration
	var things atomic.Int64
	started := time.Now()
	for range connections {
		wg.Add(1)
		go func() {
			defer wg.Done()
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			var own []time.Duration
			for time.Since(started) < l.o.round {
				at := time.Now()
				things.Add(int64(do(client, req, resp)))
				own = append(own, time.Since(at))
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
		}()
	}
	wg.Wait()
	return sample{rate: float64(things.Load()) / time.Since(started).Seconds(), latency: all}
}

// events posts single events to a path of either server.
func (l *load) events(address, path string) sample {
	return l.run(l.o.connections, address, func(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) int {
		l.prepare(req, address, http.MethodPost, path, "application/json")
		req.SetBodyRaw(l.appendEvent(req.Body()[:0], l.sent.Add(1)))
		return l.send(c, req, resp, 1)
	})
}

// batches posts NDJSON of n events.
func (l *load) batches(n int) sample {
	return l.run(4, l.server.address, func(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) int {
		return l.batch(c, req, resp, n)
	})
}

func (l *load) prepare(req *fasthttp.Request, address, method, path, contentType string) {
	req.Header.SetMethod(method)
	req.SetRequestURI("http://" + address + path)
	req.Header.Set("Authorization", "Bearer "+l.server.key)
	req.Header.SetContentType(contentType)
}

// send counts a request only when it was answered with success.
func (l *load) send(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response, carries int) int {
	if err := c.Do(req, resp); err != nil || resp.StatusCode() >= 400 {
		return 0
	}
	return carries
}

// everyMember sends an event of each member.
func (l *load) everyMember() error {
	client := &fasthttp.HostClient{Addr: l.server.address}
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	l.prepare(req, l.server.address, http.MethodPost, "/v1/events/batch", "application/x-ndjson")
	for first := 0; first < l.o.members; first += 1000 {
		var body []byte
		for m := first; m < min(first+1000, l.o.members); m++ {
			id := fmt.Sprintf("all-%d-%d", l.each, m)
			body = fmt.Appendf(body, `{"id":%q,"type":"purchase","member":"member-%d",`, id, m)
			body = fmt.Appendf(body, `"data":{"order_id":%q,"amount":1,"store":"s00","channel":"web"}}`+"\n", id)
		}
		req.SetBodyRaw(body)
		if l.send(client, req, resp, 1) == 0 {
			return fmt.Errorf("a batch was answered with %d: %.300s", resp.StatusCode(), resp.Body())
		}
	}
	l.each++
	return nil
}

// polls reads members' progress with an ETag that matches, in turns with a bare hello.
func (l *load) polls(rounds int) (polls, hellos []sample, err error) {
	const members = 1000
	tags := make([]string, members)
	client := &fasthttp.HostClient{Addr: l.server.address}
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	for m := range tags {
		l.prepare(req, l.server.address, http.MethodGet, fmt.Sprintf("/v1/members/member-%d/progress", m), "")
		if l.send(client, req, resp, 1) == 0 {
			return nil, nil, fmt.Errorf("progress was answered with %d: %.300s", resp.StatusCode(), resp.Body())
		}
		tags[m] = string(resp.Header.Peek("ETag"))
	}
	var n, stale atomic.Uint64
	for range rounds {
		hellos = append(hellos, l.run(l.o.connections, l.bare.address, func(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) int {
			l.prepare(req, l.bare.address, http.MethodGet, "/hello", "")
			return l.send(c, req, resp, 1)
		}))
		polls = append(polls, l.run(l.o.connections, l.server.address, func(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) int {
			m := n.Add(1) % members
			l.prepare(req, l.server.address, http.MethodGet, "/v1/members/member-"+strconv.FormatUint(m, 10)+"/progress", "")
			req.Header.Set("If-None-Match", tags[m])
			done := l.send(c, req, resp, 1)
			if resp.StatusCode() != http.StatusNotModified {
				stale.Add(1)
			}
			return done
		}))
	}
	if stale.Load() > 0 {
		return nil, nil, fmt.Errorf("%d polls were not answered with 304", stale.Load())
	}
	return polls, hellos, nil
}
