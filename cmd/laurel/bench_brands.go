package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"
)

// Of the loads that a brand is exposed to by its neighbour: how often it sends itself, and by how many connections the other one floods.
const (
	quietRate   = 200
	floodConns  = 32
	floodEvents = 500
	junkBytes   = 1 << 20
)

// benchBrands measures what a brand notices of another one on the same server, which floods it with batches, or with junk. Server and load have
// a processor each where taskset can say so, so that a flood does not slow the measuring.
func benchBrands(ctx context.Context, progress io.Writer, report *benchReport, o benchOptions, dir string) error {
	ruleset := strings.Replace(benchRuleset, "LIMIT", "1000 stars per day", 1)
	quietFile, err := writeBenchRuleset(filepath.Join(dir, "quiet"), strings.Replace(ruleset, "program: bench", "program: quiet", 1))
	if err != nil {
		return err
	}
	floodFile, err := writeBenchRuleset(filepath.Join(dir, "flood"), ruleset)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	server := &child{args: []string{"serve", quietFile, floodFile, "--data", data, "--listen", "127.0.0.1:0", "--operators", "127.0.0.1:0"}}
	if pin, err := exec.LookPath("taskset"); err == nil {
		server.under = []string{pin, "-c", "0"}
	}
	if err := server.start(ctx); err != nil {
		return err
	}
	defer server.stop()
	keys := map[string]string{}
	for _, id := range []string{"quiet", "bench"} {
		text, err := os.ReadFile(filepath.Join(data, "first-key."+id)) //nolint:gosec // of the server that was started above
		if err != nil {
			return err
		}
		keys[id] = strings.TrimSpace(string(text))
	}
	server.key = keys["quiet"]
	quiet := newLoad(server, nil, o)
	other := *server
	other.key = keys["bench"]
	flood := newLoad(&other, nil, o)
	junk := bytes.Repeat([]byte(`{"id":"x","type":"purchase","member":"m","data":{"amount":"`+strings.Repeat("[", 200)+"\"\n"), junkBytes/260)
	floods := map[string]func(*fasthttp.HostClient, *fasthttp.Request, *fasthttp.Response){
		"batches": func(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) {
			flood.batch(c, req, resp, floodEvents)
		},
		"junk": func(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) {
			flood.prepare(req, server.address, http.MethodPost, "/v1/events/batch", "application/x-ndjson")
			req.SetBodyRaw(junk)
			_ = c.Do(req, resp) // refused, line by line
		},
	}
	var alone []sample
	beside := map[string][]sample{}
	for range o.rounds {
		alone = append(alone, quiet.atRate(server.address, "/v1/events", quietRate))
		for name, one := range floods {
			beside[name] = append(beside[name], flooded(server.address, one, func() sample { return quiet.atRate(server.address, "/v1/events", quietRate) }))
		}
	}
	p99 := func(s *sample) float64 { return s.quantile(0.99) }
	fmt.Fprintf(progress, "  a brand alone: p99 %.1f ms\n", median(latencies(alone, 0.99)))
	for name := range floods {
		report.add(fmt.Sprintf("p99 of a brand at %d/s beside another's %s on %d connections, as a multiple of alone", quietRate, name, floodConns),
			ratio(beside[name], alone, p99), "", fmt.Sprintf("%.2f ms to %.2f ms", median(latencies(alone, 0.99)), median(latencies(beside[name], 0.99))))
	}
	return nil
}

// flooded runs a round while connections send one request after the other.
func flooded(address string, send func(*fasthttp.HostClient, *fasthttp.Request, *fasthttp.Response), round func() sample) sample {
	over := make(chan struct{})
	var senders sync.WaitGroup
	for range floodConns {
		senders.Go(func() {
			client := &fasthttp.HostClient{Addr: address}
			req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			for {
				select {
				case <-over:
					return
				default:
					send(client, req, resp)
				}
			}
		})
	}
	s := round()
	close(over)
	senders.Wait()
	return s
}
