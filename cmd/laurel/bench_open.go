package main

import (
	"net/http"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// openConnections is how many connections an open loop may have under way; where they do not suffice, events wait, and their wait is
// part of their latency.
const openConnections = 512

// atRate posts single events at a fixed rate for a round, whether or not answers keep up. Latency counts from the instant that an
// event was due at, so that a stall counts for everybody who came meanwhile.
func (l *load) atRate(address, path string, perSecond int) sample {
	client := &fasthttp.HostClient{Addr: address, MaxConns: openConnections}
	defer client.CloseIdleConnections()
	due := make(chan time.Time, openConnections)
	var all []time.Duration
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range openConnections {
		workers.Go(func() {
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			var own []time.Duration
			for at := range due {
				l.prepare(req, address, http.MethodPost, path, "application/json")
				req.SetBodyRaw(l.appendEvent(req.Body()[:0], l.sent.Add(1)))
				if l.send(client, req, resp, 1) == 1 {
					own = append(own, time.Since(at))
				}
			}
			mu.Lock()
			all = append(all, own...)
			mu.Unlock()
		})
	}
	started := time.Now()
	every := time.Second / time.Duration(perSecond)
	for at := started; at.Sub(started) < l.o.round; at = at.Add(every) {
		time.Sleep(time.Until(at))
		due <- at
	}
	close(due)
	workers.Wait()
	return sample{rate: float64(len(all)) / time.Since(started).Seconds(), latency: all}
}

// besideBulk is atRate while one connection sends NDJSON of n events without a pause.
func (l *load) besideBulk(perSecond, n int) sample {
	over := make(chan struct{})
	var bulk sync.WaitGroup
	bulk.Go(func() {
		client := &fasthttp.HostClient{Addr: l.server.address}
		req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		for {
			select {
			case <-over:
				return
			default:
				l.batch(client, req, resp, n)
			}
		}
	})
	s := l.atRate(l.server.address, "/v1/events", perSecond)
	close(over)
	bulk.Wait()
	return s
}
