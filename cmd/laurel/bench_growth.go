package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
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
		if err := benchParts(report, filepath.Join(dir, "data"), name, most); err != nil {
			return err
		}
		if err := server.start(ctx); err != nil {
			return err
		}
		client = &fasthttp.HostClient{Addr: server.address}
	}
	return nil
}

// benchParts tells what each part of a data directory at rest holds.
func benchParts(report *benchReport, dir, name string, events int) error {
	journal, err := bytesBelow(dir, "journal")
	if err != nil {
		return err
	}
	db, err := pebblestore.Open(dir, pebblestore.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	store, err := db.Program("bench")
	if err != nil {
		return errors.Join(err, db.Close())
	}
	parts := []string{"s/m/", "s/u/", "l/", "n/", "b/", "d/"}
	ids, rows, err := store.Usage(parts...)
	report.add("disk an event, journal, "+name, float64(journal)/float64(events), "bytes", "")
	report.add("disk an event, ids, "+name, float64(ids)/float64(events), "bytes", "")
	for i, part := range []string{"members", "shared limits", "ledger rows", "snapshots", "scores", "due"} {
		report.add("disk an event, "+part+", "+name, float64(rows[i])/float64(events), "bytes", "rows "+parts[i])
	}
	return errors.Join(err, db.Close())
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
