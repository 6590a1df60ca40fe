package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// benchTables are what somebody would write who keeps points in PostgreSQL: events, balances and a ledger, in a schema of their own
// that is dropped with the run.
const benchTables = `
create table events (id text primary key, member text not null, at timestamptz not null default now(), data jsonb not null);
create table balances (member text primary key, stars numeric not null);
create table ledger (id bigint generated always as identity primary key, member text not null, event text not null references events, stars numeric not null);
create index on ledger (member, id);
`

// benchPeer is an endpoint that does for one event what one transaction must: is its id new, the balance, the entry that explains it.
// No rule is asked, no streak, tier or board is kept.
type benchPeer struct{ pool *pgxpool.Pool }

func newBenchPeer(ctx context.Context, url, schema string) (*benchPeer, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.RuntimeParams["search_path"] = schema
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return &benchPeer{pool}, err
}

func (p *benchPeer) accept(c *fiber.Ctx) error {
	var e benchEvent
	if err := json.Unmarshal(c.BodyRaw(), &e); err != nil {
		return err
	}
	ctx := context.Background()
	err := pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		batch := &pgx.Batch{} // one round trip
		batch.Queue(`insert into events (id, member, data) values ($1, $2, $3)`, e.ID, e.Member, c.BodyRaw())
		batch.Queue(`insert into balances (member, stars) values ($1, $2) on conflict (member) do update set stars = balances.stars + excluded.stars`,
			e.Member, e.Data.Amount.String())
		batch.Queue(`insert into ledger (member, event, stars) values ($1, $2, $3)`, e.Member, e.ID, e.Data.Amount.String())
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	return c.SendString(`{"id":"` + e.ID + `"}`)
}

// benchPostgres compares single events with such an endpoint.
func benchPostgres(ctx context.Context, report *benchReport, o benchOptions, dir string) error {
	schema := "laurel_bench_" + strconv.FormatInt(time.Now().UnixNano(), 36)
	conn, err := pgx.Connect(ctx, o.postgres)
	if err != nil {
		return &failure{exitUnreachable, "PostgreSQL is not reached: " + err.Error()}
	}
	defer func() {
		_, _ = conn.Exec(context.Background(), "drop schema if exists "+schema+" cascade")
		_ = conn.Close(context.Background())
	}()
	if _, err := conn.Exec(ctx, "create schema "+schema+"; set search_path = "+schema+";"+benchTables); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	peer := &child{args: []string{"bench", "bare", "--schema", schema}, env: []string{"LAUREL_BENCH_POSTGRES=" + o.postgres}}
	if err := peer.start(ctx); err != nil {
		return err
	}
	defer peer.stop()
	server, err := startServer(ctx, dir, "1 ever by event.order_id")
	if err != nil {
		return err
	}
	defer server.stop()
	load := newLoad(server, peer, o)
	if err := load.everyMember(); err != nil {
		return err
	}
	var single, theirs []sample
	for range o.rounds {
		theirs = append(theirs, machineWide(func() sample { return load.events(peer.address, "/transaction") }))
		single = append(single, machineWide(func() sample { return load.events(server.address, "/v1/events") }))
	}
	report.add("single events as a ratio to one PostgreSQL transaction an event", ratio(single, theirs, func(s *sample) float64 { return s.rate }), "",
		fmt.Sprintf("%.0f/s to %.0f/s", median(rates(single)), median(rates(theirs))))
	cpu := func(s *sample) float64 { return s.cpu }
	report.add("CPU of the machine a single event as a ratio to that", ratio(single, theirs, cpu), "",
		fmt.Sprintf("%.0f us to %.0f us", median(values(single, cpu)), median(values(theirs, cpu))))
	return nil
}

// machineWide runs a round and adds what all processes but this one used of the processors: who asks a database has it work as well.
func machineWide(round func() sample) sample {
	started, before := time.Now(), busy()-ownCPU()
	s := round()
	if things := s.rate * time.Since(started).Seconds(); things > 0 {
		s.cpu = (busy() - ownCPU() - before).Seconds() * 1e6 / things
	}
	return s
}

// busy is the time that the processors have worked since the system started, 0 where it does not tell.
func busy() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := bytes.Fields(line)
	sum := int64(0)
	for _, i := range []int{1, 2, 3, 6, 7} { // user, nice, system, interrupts
		if i < len(fields) {
			n, _ := strconv.ParseInt(string(fields[i]), 10, 64)
			sum += n
		}
	}
	return time.Duration(sum) * time.Second / ticks
}

func ownCPU() time.Duration { return cpuOf(os.Getpid()) }
