package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// shape is a program, and members with a history, whose events are measured in batches.
type shape struct {
	limit   string
	rules   int // beside those of every shape: for stores that there are not
	members int
	each    int // events that each has sent before
}

// benchShapes tells what an event costs by how long its member's history is, how many lots it has, and how many rules there are: the
// server's processor time in a program of much as a multiple of that in one of little, in turns.
func benchShapes(ctx context.Context, progress io.Writer, report *benchReport, o benchOptions, dir string) error {
	const capped, uncapped = "1000 stars per day", "1000000000 stars per day"
	for _, pair := range []struct {
		name         string
		much, little shape
	}{
		{"1,000 events a member to 1", shape{capped, 0, 200, 1000}, shape{capped, 0, 100_000, 1}},
		{"10,000 lots a member to 10", shape{uncapped, 0, 20, 10_000}, shape{uncapped, 0, 20_000, 10}},
		{"10,000 rules to 20", shape{capped, 10_000, 20_000, 1}, shape{capped, 0, 20_000, 1}},
	} {
		fmt.Fprintf(progress, "  %s\n", pair.name)
		var samples [2][]sample
		var loads [2]*load
		for i, s := range []shape{pair.much, pair.little} {
			l, err := s.start(ctx, o, filepath.Join(dir, fmt.Sprint(strings.ReplaceAll(pair.name, " ", "_"), i)))
			if err != nil {
				return err
			}
			defer l.server.stop()
			loads[i] = l
		}
		for range o.rounds {
			for i, l := range loads {
				samples[i] = append(samples[i], measured(l.server, func() sample { return l.batches(500) }))
			}
		}
		cpu := func(s *sample) float64 { return s.cpu }
		report.add("server CPU an event of a batch, "+pair.name, ratio(samples[0], samples[1], cpu), "",
			fmt.Sprintf("%.1f us to %.1f us", median(values(samples[0], cpu)), median(values(samples[1], cpu))))
	}
	return nil
}

// start starts a server of a shape, and lets its members have their history.
func (s shape) start(ctx context.Context, o benchOptions, dir string) (*load, error) {
	var rules strings.Builder
	rules.WriteString("rules:\n")
	for i := range s.rules {
		fmt.Fprintf(&rules, "  other_%05d: {when: purchase, if: event.store == \"x%05d\", give: {stars: 1}, limit: 5 per day}\n", i, i)
	}
	server, err := startServerOf(ctx, dir, strings.Replace(strings.Replace(benchRuleset, "LIMIT", s.limit, 1), "rules:\n", rules.String(), 1))
	if err != nil {
		return nil, err
	}
	o.members = s.members
	l := newLoad(server, nil, o)
	events := s.members * s.each
	begins, lasts := time.Now().Add(-70*time.Hour).UTC(), 60*time.Hour // no more than events may be late; each has an instant of its own
	l.history = &history{begins, 1, lasts / time.Duration(events)}
	client, req, resp := &fasthttp.HostClient{Addr: server.address}, fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	for range (events + 499) / 500 {
		if l.batch(client, req, resp, 500) == 0 {
			return nil, fmt.Errorf("a batch was answered with %d: %.300s", resp.StatusCode(), resp.Body())
		}
	}
	l.history = &history{begins.Add(lasts), l.sent.Load(), time.Millisecond}
	return l, nil
}

// benchGifts tells how much a gift to every member, which a goal of all together gives, holds up others.
func benchGifts(ctx context.Context, report *benchReport, o benchOptions, dir string) error {
	const perSecond = 2000
	together := fmt.Sprintf("challenges:\n  together: {when: purchase, if: event.amount == 1, by: everyone, goal: %d, give: {stars: 1}}\n", o.members+1)
	server, err := startServerOf(ctx, dir, strings.Replace(strings.Replace(benchRuleset, "LIMIT", "1000 stars per day", 1), "challenges:\n", together, 1))
	if err != nil {
		return err
	}
	defer server.stop()
	l := newLoad(server, nil, o)
	if err := l.everyMember(); err != nil {
		return err
	}
	var without []sample
	for range o.rounds {
		without = append(without, l.atRate(server.address, "/v1/events", perSecond))
	}
	client, req, resp := &fasthttp.HostClient{Addr: server.address}, fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	l.prepare(req, server.address, "POST", "/v1/events", "application/json")
	req.SetBodyString(`{"id":"the last","type":"purchase","member":"member-0","data":{"order_id":"the last","amount":1,"store":"s00","channel":"web"}}`)
	if l.send(client, req, resp, 1) == 0 {
		return fmt.Errorf("an event was answered with %d: %.300s", resp.StatusCode(), resp.Body())
	}
	beside := []sample{l.atRate(server.address, "/v1/events", perSecond)}
	report.add(fmt.Sprintf("p99 at %d/s beside %d gifts, as a multiple of without", perSecond, o.members),
		beside[0].quantile(0.99)/max(median(latencies(without, 0.99)), 0.001), "",
		fmt.Sprintf("%.2f ms to %.2f ms", beside[0].quantile(0.99), median(latencies(without, 0.99))))
	return nil
}
