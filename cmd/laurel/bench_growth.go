package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/laurel-engine/laurel/engine/integer"
)

// benchGrowth sends events in batches until a server has so many, and tells what they hold on the disk at rest, and how long a start
// after a kill takes, at a quarter of them and at all.
func benchGrowth(ctx context.Context, progress io.Writer, report *benchReport, bare *child, o benchOptions, dir string) error {
	server, err := startServer(ctx, dir, "1000 stars per day")
	if err != nil {
		return err
	}
	defer func() { server.stop() }()
	l := newLoad(server, bare, o)
	client, req, resp := &fasthttp.HostClient{Addr: server.address}, fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	last := 0
	for _, most := range []int{o.events / 4, o.events} {
		started, cpu := time.Now(), server.cpu()
		for n := last; n < most; n += 500 {
			if l.batch(client, req, resp, 500) == 0 {
				return fmt.Errorf("a batch was answered with %d: %.300s", resp.StatusCode(), resp.Body())
			}
		}
		name := fmt.Sprintf("at %d events", most)
		report.add("server CPU an event of a batch, up to there, "+name, (server.cpu()-cpu).Seconds()*1e6/float64(most-last), "us", "")
		report.add("resident memory, "+name, float64(server.memory())/(1<<20), "MiB", "")
		fmt.Fprintf(progress, "  %s: %.0f/s\n", name, float64(most-last)/time.Since(started).Seconds())
		last = most
		restart, err := server.killAndRestart(ctx)
		if err != nil {
			return err
		}
		report.add("from kill -9 to serving, "+name, restart.Seconds(), "s", "")
		server.stop()
		used, err := bytesBelow(filepath.Join(dir, "data"), "journal", "state", "settings")
		if err != nil {
			return err
		}
		report.add("disk an event at rest, "+name, float64(used)/float64(most), "bytes", "")
		if err := server.start(ctx); err != nil {
			return err
		}
		client = &fasthttp.HostClient{Addr: server.address}
	}
	return nil
}

// bytesBelow is what the files of some directories of one hold.
func bytesBelow(dir string, names ...string) (total int64, err error) {
	for _, name := range names {
		err := filepath.WalkDir(filepath.Join(dir, name), func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				total += info.Size()
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return total, nil
}

// batch posts NDJSON of n events, and returns n when they were taken.
func (l *load) batch(c *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response, n int) int {
	l.prepare(req, l.server.address, "POST", "/v1/events/batch", "application/x-ndjson")
	body := req.Body()[:0]
	count := integer.Exact[uint64](n)
	last := l.sent.Add(count)
	for i := last - count + 1; i <= last; i++ {
		body = append(l.appendEvent(body, i), '\n')
	}
	req.SetBodyRaw(body)
	return l.send(c, req, resp, n)
}
