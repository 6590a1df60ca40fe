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
	dir         string
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
	f.StringVar(&o.dir, "dir", "", "directory for the stores (default: a temporary one)")
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
	report := &benchReport{Machine: fmt.Sprintf("%d cores, %s/%s, %d connections, 20 rules, %d members, store in %s",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, o.connections, o.members, dir)}
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
	if o.asJSON {
		return json.NewEncoder(out).Encode(report)
	}
	fmt.Fprintln(out, report.Machine)
	for _, f := range report.Figures {
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
	idle := server.memory()
	load := newLoad(server, bare, o)
	if err := load.everyMember(); err != nil { // so that what is measured is a program in use, not members joining
		return err
	}
	if used := server.memory(); used > idle {
		report.add("memory a member, with "+limit, float64(used-idle)/float64(o.members), "bytes",
			fmt.Sprintf("resident set, %d members of one event each", o.members))
	}

	var single, decode []sample
	for range o.rounds {
		decode = append(decode, load.events(bare.address, "/decode"))
		single = append(single, load.events(server.address, "/v1/events"))
		fmt.Fprintf(progress, "  single %.0f/s, bare decode %.0f/s\n", single[len(single)-1].rate, decode[len(decode)-1].rate)
	}
	name := "with " + limit
	ratios := make([]float64, len(single))
	for i := range single {
		ratios[i] = single[i].rate / decode[i].rate
	}
	report.add("single events, "+name, median(rates(single)), "events/s", fmt.Sprintf("bare decode %.0f/s", median(rates(decode))))
	report.add("single events as a ratio to bare decode, "+name, median(ratios), "", "")
	report.add("single events p50, "+name, median(latencies(single, 0.5)), "ms", "")
	report.add("single events p99, "+name, median(latencies(single, 0.99)), "ms", "")

	var batches []sample
	for range o.rounds {
		batches = append(batches, load.batches(500))
		fmt.Fprintf(progress, "  batches of 500: %.0f events/s\n", batches[len(batches)-1].rate)
	}
	report.add("NDJSON batches of 500, "+name, median(rates(batches)), "events/s", "")

	polls, hellos, err := load.polls(o.rounds)
	if err != nil {
		return err
	}
	for i := range polls {
		ratios[i] = polls[i].rate / hellos[i].rate
	}
	report.add("progress polled with a matching ETag, "+name, median(rates(polls)), "reads/s", fmt.Sprintf("bare hello %.0f/s", median(rates(hellos))))
	report.add("polls as a ratio to a bare hello, "+name, median(ratios[:len(polls)]), "", "")

	restart, err := server.killAndRestart(ctx)
	if err != nil {
		return err
	}
	report.add("from kill -9 to serving, "+name, restart.Seconds(), "s", "")
	return nil
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

func writeBenchRuleset(dir, limit string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "bench.yaml")
	return path, os.WriteFile(path, []byte(strings.Replace(benchRuleset, "LIMIT", limit, 1)), 0o600)
}
