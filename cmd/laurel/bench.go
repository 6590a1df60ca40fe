package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// benchRuleset is the program that is measured; LIMIT stands for the limit of its first rule.
//
//go:embed bench.yaml
var benchRuleset string

type benchOptions struct {
	connections int
	rounds      int
	round       time.Duration
	members     int
	events      int
	shapes      bool
	brands      bool
	dir         string
	postgres    string
	asJSON      bool
}

func newBench() *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: durable events, batches, polling, memory and restart",
		Long: "Starts servers of its own over an empty store and loads them from this process, so that server and load share the\n" +
			"machine. Single events and polls are told as ratios to bare Fiber handlers measured in the same run, in turns.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return bench(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.connections, "connections", 128, "connections for single events and polls")
	f.IntVar(&o.rounds, "rounds", 5, "rounds of each measurement; medians are told")
	f.DurationVar(&o.round, "round", 3*time.Second, "length of a round")
	f.IntVar(&o.members, "members", 100_000, "members")
	f.IntVar(&o.events, "events", 1_000_000, "events up to which disk and restart are measured; 0 for not")
	f.BoolVar(&o.shapes, "shapes", true, "measure long histories, many lots, many rules and a gift to every member")
	f.BoolVar(&o.brands, "brands", false, "measure only what a brand notices of another one that floods the server")
	f.StringVar(&o.dir, "dir", "", "directory for the stores (default: a temporary one)")
	f.StringVar(&o.postgres, "postgres", "", "URL of a PostgreSQL database to compare with: one transaction an event, in a schema that is dropped")
	f.BoolVar(&o.asJSON, "json", false, "print JSON")
	cmd.AddCommand(newBenchBare())
	return cmd
}

// benchReport is what a run of the benchmark found.
type benchReport struct {
	Machine string        `json:"machine"`
	Figures []benchFigure `json:"figures"`
}

type benchFigure struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Detail string  `json:"detail,omitempty"`
}

func (r *benchReport) add(name string, value float64, unit, detail string) {
	r.Figures = append(r.Figures, benchFigure{name, value, unit, detail})
}

func bench(ctx context.Context, out, progress io.Writer, o benchOptions) error {
	dir := o.dir
	if dir == "" {
		tmp, err := os.MkdirTemp("", "laurel-bench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(tmp) }()
		dir = tmp
	}
	before := loadAverage()
	report := &benchReport{Machine: fmt.Sprintf("%d cores, %s/%s, %d connections, 20 rules, %d members, store in %s",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, o.connections, o.members, dir)}
	if o.brands {
		if err := benchBrands(ctx, progress, report, o, filepath.Join(dir, "brands")); err != nil {
			return err
		}
		return report.print(out, o, before)
	}
	if o.postgres != "" {
		fmt.Fprintln(progress, "PostgreSQL")
		if err := benchPostgres(ctx, report, o, filepath.Join(dir, "postgres")); err != nil {
			return err
		}
	}
	bare, err := startBare(ctx)
	if err != nil {
		return err
	}
	defer bare.stop()
	for i, limit := range []string{"1000 stars per day", "1 ever by event.order_id"} {
		fmt.Fprintf(progress, "limit %s\n", limit)
		if err := benchLimit(ctx, progress, report, bare, o, filepath.Join(dir, fmt.Sprint(i)), limit); err != nil {
			return err
		}
	}
	if o.shapes {
		fmt.Fprintln(progress, "shapes")
		if err := benchShapes(ctx, progress, report, o, filepath.Join(dir, "shapes")); err != nil {
			return err
		}
		if err := benchGifts(ctx, report, o, filepath.Join(dir, "gifts")); err != nil {
			return err
		}
	}
	if o.events > 0 {
		fmt.Fprintln(progress, "growth")
		if err := benchGrowth(ctx, progress, report, bare, o, filepath.Join(dir, "growth")); err != nil {
			return err
		}
	}
	return report.print(out, o, before)
}

// print tells what was found; before is the load of the processors when it began.
func (r *benchReport) print(out io.Writer, o benchOptions, before string) error {
	r.Machine += "; load of the processors before and after: " + before + " and " + loadAverage()
	if o.asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	fmt.Fprintln(out, r.Machine)
	for _, f := range r.Figures {
		fmt.Fprintf(out, "%-52s %12.2f %-10s %s\n", f.Name, f.Value, f.Unit, f.Detail)
	}
	return nil
}

// benchLimit measures one server: single events against the bare decoder, batches, polls against a bare hello, memory,
// and the time from kill to serving.
func benchLimit(ctx context.Context, progress io.Writer, report *benchReport, bare *child, o benchOptions, dir, limit string) error {
	server, err := startServer(ctx, dir, limit)
	if err != nil {
		return err
	}
	defer func() { server.stop() }()
	load := newLoad(server, bare, o)
	idle, err := server.heap()
	if err != nil {
		return err
	}
	for _, each := range []int{1, 10} {
		for load.each < each {
			if err := load.everyMember(); err != nil { // so that what is measured is a program in use, not members joining
				return err
			}
		}
		used, err := server.heap()
		if err != nil {
			return err
		}
		report.add(fmt.Sprintf("live heap a member of %d events, with %s", each, limit), float64(used-idle)/float64(o.members), "bytes",
			fmt.Sprintf("%d members; %d MiB resident", o.members, server.memory()>>20))
	}

	var single, decode []sample
	for range o.rounds {
		decode = append(decode, measured(bare, func() sample { return load.events(bare.address, "/decode") }))
		single = append(single, measured(server, func() sample { return load.events(server.address, "/v1/events") }))
		fmt.Fprintf(progress, "  single %.0f/s, bare decode %.0f/s\n", single[len(single)-1].rate, decode[len(decode)-1].rate)
	}
	name := "with " + limit
	rate := func(s *sample) float64 { return s.rate }
	cpu := func(s *sample) float64 { return s.cpu }
	p99 := func(s *sample) float64 { return s.quantile(0.99) }
	report.add("single events, "+name, median(rates(single)), "events/s", fmt.Sprintf("bare decode %.0f/s", median(rates(decode))))
	report.add("single events as a ratio to bare decode, "+name, ratio(single, decode, rate), "", "")
	report.add("server CPU a single event as a multiple of bare decode, "+name, ratio(single, decode, cpu), "", cpus(single, decode))
	report.add("single events p50, "+name, median(latencies(single, 0.5)), "ms", "")
	report.add("single events p99, "+name, median(latencies(single, 0.99)), "ms", "")
	report.add("single events p99 as a multiple of bare decode, "+name, ratio(single, decode, p99), "", "")

	var batches []sample
	for range o.rounds {
		batches = append(batches, measured(server, func() sample { return load.batches(500) }))
		fmt.Fprintf(progress, "  batches of 500: %.0f events/s\n", batches[len(batches)-1].rate)
	}
	report.add("NDJSON batches of 500, "+name, median(rates(batches)), "events/s", "")
	report.add("NDJSON batches of 500 as a ratio to bare single decodes, "+name, ratio(batches, decode, rate), "", "")
	report.add("server CPU an event of a batch as a multiple of bare decode, "+name, ratio(batches, decode, cpu), "", cpus(batches, decode))

	for _, perSecond := range []int{1000, 3000} {
		var open, bareOpen, beside []sample
		for range o.rounds {
			bareOpen = append(bareOpen, load.atRate(bare.address, "/decode", perSecond))
			open = append(open, measured(server, func() sample { return load.atRate(server.address, "/v1/events", perSecond) }))
			beside = append(beside, load.besideBulk(perSecond, 500))
		}
		at := fmt.Sprintf("at %d/s, %s", perSecond, name)
		fmt.Fprintf(progress, "  %s: p99 %.1f ms, bare %.1f ms\n", at, median(latencies(open, 0.99)), median(latencies(bareOpen, 0.99)))
		report.add("p50 "+at, median(latencies(open, 0.5)), "ms",
			fmt.Sprintf("bare %.2f ms; %.0f us CPU an event", median(latencies(bareOpen, 0.5)), median(values(open, cpu))))
		report.add("p99 "+at, median(latencies(open, 0.99)), "ms", fmt.Sprintf("bare %.2f ms", median(latencies(bareOpen, 0.99))))
		report.add("p99 as a multiple of bare, "+at, ratio(open, bareOpen, p99), "", "")
		report.add("p99 beside one connection of NDJSON as a multiple of bare, "+at, ratio(beside, bareOpen, p99), "",
			fmt.Sprintf("%.2f ms", median(latencies(beside, 0.99))))
	}

	polls, hellos, err := load.polls(o.rounds)
	if err != nil {
		return err
	}
	report.add("progress polled with a matching ETag, "+name, median(rates(polls)), "reads/s", fmt.Sprintf("bare hello %.0f/s", median(rates(hellos))))
	report.add("polls as a ratio to a bare hello, "+name, ratio(polls, hellos, rate), "", "")

	restart, err := server.killAndRestart(ctx)
	if err != nil {
		return err
	}
	report.add("from kill -9 to serving, "+name, restart.Seconds(), "s", "")
	return nil
}

// ratio is the median of the ratios of rounds that were taken in turns.
func ratio(of, to []sample, value func(*sample) float64) float64 {
	ratios := make([]float64, min(len(of), len(to)))
	for i := range ratios {
		if base := value(&to[i]); base > 0 {
			ratios[i] = value(&of[i]) / base
		}
	}
	return median(ratios)
}

func cpus(of, bare []sample) string {
	cpu := func(s *sample) float64 { return s.cpu }
	return fmt.Sprintf("%.1f us, bare %.1f us", median(values(of, cpu)), median(values(bare, cpu)))
}

func values(samples []sample, value func(*sample) float64) []float64 {
	out := make([]float64, len(samples))
	for i := range samples {
		out[i] = value(&samples[i])
	}
	return out
}

// loadAverage is how many processes wanted a processor in the last minute, "unknown" where the system does not tell.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if first, _, ok := strings.Cut(string(text), " "); err == nil && ok {
		return first
	}
	return "unknown"
}

func rates(samples []sample) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = s.rate
	}
	return out
}

func latencies(samples []sample, q float64) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = s.quantile(q)
	}
	return out
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Clone(v)
	slices.Sort(v)
	return v[len(v)/2]
}

func writeBenchRuleset(dir, text string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bench.yaml")
	return path, os.WriteFile(path, []byte(text), 0o600)
}
