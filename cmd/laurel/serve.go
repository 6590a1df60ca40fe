package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/backup"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/configuration"
	"github.com/laurel-engine/laurel/internal/host"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/internal/tokens"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/internal/zonefile"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/examples"
)

// underWay is how long a stopping server waits for requests under way.
const underWay = 20 * time.Second

type serveOptions struct {
	data        string
	listen      string
	operators   string
	redis       string
	redisCA     string
	private     bool
	reserve     string
	archive     string
	erasures    string
	keyRate     int
	programRate int
	zones       string
	demo        bool
	sandbox     bool
	sandboxAt   string
	acceptClock bool
	empty       bool
	verbose     bool
	drain       time.Duration
	cert        string
	certKey     string
	behindTLS   bool
	proxies     []string
	accessLog   string
	keyFile     string
	settings    *configuration.Set // that the above were read from; nil in tests
	machine     *clock.Clock       // nil: the machine's own
	// store is a program's, for tests of one that fails; nil: that of the data directory.
	store func(db *pebblestore.DB, program string) (engine.Store, error)
}

func newServe() *cobra.Command {
	var o serveOptions
	settings := serveSettings(&o)
	cmd := &cobra.Command{
		Use:   "serve [RULESET…]",
		Short: "Run programs: take events, answer with their effects, keep boards and time",
		Long: "Serves one program for each RULESET, a file or a directory of files, and those that laurel programs create has made.\n" +
			"Everything is kept in the data directory.\n" +
			"The first start leaves an API key in the file first-key.PROGRAM of it, and shows it on a terminal. With --demo it serves the\n" +
			"shipped coffee ruleset with 500 invented members and 30 days of their events.\n" +
			"A flag is stronger than the environment, and that than the file of --config.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settings.Read(os.Getenv); err != nil {
				return &failure{exitUsage, err.Error()}
			}
			o.settings = settings
			return serve(cmd.Context(), cmd.OutOrStdout(), o, args)
		},
	}
	settings.Flags(cmd.Flags())
	return cmd
}

// serve is the only wiring of the product, and reads top to bottom as the order of starting; stopping is the reverse.
func serve(ctx context.Context, out io.Writer, o serveOptions, paths []string) (result error) {
	log := newLog(o.verbose)
	tellConfiguration(log, o.settings)

	zones, err := zonefile.Read(o.zones)
	if err != nil {
		return &failure{exitUsage, "--zones: " + err.Error()}
	}
	loaded, err := loadAll(zones, o.demo, paths)
	if err == nil && len(loaded) == 0 && !o.empty {
		err = nothingToServe(o.data)
	}
	if err != nil {
		return err
	}

	keepFree, err := parseSize(o.reserve)
	if err != nil {
		return &failure{exitUsage, "--keep-free: " + err.Error()}
	}
	var at calendar.Instant // where the clocks of new sandboxes stand
	if o.sandboxAt != "" {
		if at, err = calendar.ParseInstant(o.sandboxAt); err != nil || at <= 0 || at >= clock.End {
			return &failure{exitUsage, fmt.Sprintf("--sandbox-at is %q: write a time of 1970 to 2199 with its offset, such as 2026-12-01T09:00:00Z", o.sandboxAt)}
		}
	}
	shown, err := openCertificate(o.cert, o.certKey, log)
	if err != nil {
		return err
	}
	proxies, err := prefixes(o.proxies)
	if err != nil {
		return err
	}
	key, err := readKey(o.keyFile)
	if err != nil {
		return err
	}
	db, err := pebblestore.Open(o.data, pebblestore.Options{Logger: log, Reserve: keepFree, Archive: o.archive, Key: key})
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	defer closing(&result, log, "store", db.Close)

	if err := reserve(db, o.demo); err != nil {
		return err
	}
	if err := encrypt(ctx, db, log); err != nil {
		return err
	}

	redis, err := openRedis(ctx, o, log)
	if err != nil {
		return err
	}
	if redis != nil {
		defer closing(&result, log, "redis", redis.Close)
	}

	runner, err := jobs.NewRunner(jobs.Tick, log)
	if err != nil {
		return err
	}

	guard := webhook.Guard{Private: o.private}
	endpoints, err := webhook.NewEndpoints(db.Settings(), guard, time.Now)
	if err != nil {
		return err
	}
	outgoing := webhook.NewClient(webhook.ClientOptions{Guard: guard})
	defer outgoing.Close()

	machine := o.machine
	if machine == nil {
		machine = clock.New(vouchers(redis)...)
	}
	if err := assembly.Resume(ctx, machine, assembly.Embedded(db), o.acceptClock); err != nil {
		return err
	}
	data := assembly.Embedded(db)
	if o.store != nil {
		data.Store = func(id string) (engine.Store, error) { return o.store(db, id) }
	}
	ring, err := keys.NewRing(db.Settings(), time.Now)
	if err != nil {
		return err
	}
	signing, err := tokens.NewRing(db.Settings(), time.Now)
	if err != nil {
		return err
	}
	origins, err := tokens.NewOrigins(db.Settings())
	if err != nil {
		return err
	}
	erasures, err := backup.OpenErasures(cmp.Or(o.erasures, filepath.Join(o.data, "erasures")), time.Now)
	if err != nil {
		return &failure{exitUsage, "--erasures: " + err.Error()}
	}
	activations := &activation.Manager{Settings: db.Settings(), Zones: zones, Log: log}
	programs := host.New(host.Options{Runner: runner, Activations: activations, Endpoints: endpoints, Send: outgoing.Send, Log: log,
		Belongings: []host.Belonging{ring, endpoints, signing, origins},
		Parts: assembly.Parts{Data: data, Boards: boardsFor(redis), Machine: machine, Mark: clock.Mark{Sandbox: o.sandbox || o.demo || at != 0, At: at},
			Zones: zones, Log: log, Erased: func(id string, pseudonyms ...string) {
				if err := erasures.Add(id, pseudonyms...); err != nil {
					log.Error("a restored backup could bring back members who were erased", "program", id, "error", err)
				}
			}}})
	defer closing(&result, log, "programs", programs.Close)
	created, err := programs.Created(ctx, loaded)
	if err != nil {
		return &failure{exitUsage, err.Error()}
	}
	if loaded = append(loaded, created...); len(loaded) == 0 && !o.empty {
		return errNothingToServe
	}
	for _, l := range loaded {
		err := programs.Add(l)
		if errors.Is(err, engine.ErrDamaged) { // no reason for the others to wait
			programs.LeaveOut(l.Ruleset.Program, err)
		} else if err != nil {
			return &failure{exitUsage, "program " + l.Ruleset.Program + ": " + err.Error()}
		}
	}
	if err := programs.Stopped(); err != nil {
		return &failure{exitUsage, err.Error()}
	}

	if o.demo {
		if err := seedDemo(programs.Local(loaded[0].Ruleset.Program).Program, out); err != nil {
			return err
		}
	}
	again := &reloader{paths: paths, zones: zones, programs: programs, activations: activations, files: assembly.Files{Settings: db.Settings()},
		certificate: shown, log: log}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	defer signal.Stop(asked)
	watched := sourcesOf(db, redis, machine, programs, runner)
	watched.rulesets, watched.certificate = again.check, shown
	raising := watched.alarms()
	server := api.New(api.Options{Programs: programs, Keys: ring, Tokens: signing, Origins: origins, Log: log,
		Jobs: func(id string) any { return runner.Status(id) }, Version: buildVersion(), Proxies: proxies, AccessLog: o.accessLog,
		Checks:    checks(raising),
		Clockwork: programs.Clockwork(), Activations: activations, Administration: programs, Settings: db.Settings(),
		Rate: perSecond(o.keyRate), ProgramRate: perSecond(o.programRate),
		Backup:  func(to io.Writer) error { return writeBackup(db, to) },
		Metrics: append(metricsOf(machine, redis), runner, diskMetrics{db}, alarmMetrics{raising})})
	public, err := listen(o.listen)
	if err != nil {
		return err
	}
	operators, err := listen(o.operators)
	if err != nil {
		return err
	}
	// A secret is told once: not before all that could end this start has gone well.
	secrets, err := firstKeys(ring, o.data, loaded, o.demo, programs)
	if err != nil {
		return err
	}
	made := ""
	if !o.demo {
		if made, err = serverKey(ring, o.data); err != nil {
			return err
		}
	}
	runner.Start()
	defer closing(&result, log, "jobs", runner.Stop)
	tending, leave := context.WithCancel(context.WithoutCancel(ctx)) // it is served while it drains, too
	defer leave()
	go machine.Tend(tending, log)
	go again.watch(tending, asked)
	go keepUses(tending, ring, log)
	go settings.Watch(tending, db.Settings(), settings.Poll, log, func() error {
		return errors.Join(ring.Load(), endpoints.Load(), signing.Load(), origins.Load())
	})
	if redis != nil {
		go redis.Watch(tending)
	}
	defer func() { result = errors.Join(result, ring.KeepUses()) }()
	if shown != nil {
		go shown.watch(tending, certificateEvery)
	}
	began := time.Now()
	log.Info("the server has started", "version", buildVersion(), "programs", programs.Locals(), "data", o.data, "api", public.Addr().String(),
		"operators", operators.Addr().String(), "tls", shown != nil)
	failed := make(chan error, 2)
	go func() { failed <- server.Serve(shown.over(public)) }()
	go func() { failed <- server.ServeOperators(shown.over(operators)) }()
	banner(out, o, loaded, secrets, notice(machine), shown.scheme()+"://"+public.Addr().String(), shown.scheme()+"://"+operators.Addr().String())
	for _, warning := range []string{open("the API", public.Addr(), shown, o.behindTLS), open("the operators' listener", operators.Addr(), shown, o.behindTLS)} {
		if warning != "" {
			fmt.Fprintf(out, "  WARNING  %s\n", warning)
			log.Warn(warning)
		}
	}
	if made != "" {
		fmt.Fprintf(out, "  server   its key is in %s: laurel programs creates and removes programs with it\n", made)
	}

	select {
	case <-ctx.Done():
	case err = <-failed:
	case <-db.Failed():
		err = db.Err()
	case err = <-programs.Ended(): // one that stops is no reason for the others to
	}
	why := "asked to"
	if err != nil {
		why = err.Error()
	}
	log.Info("the server stops", "why", why, "drain", o.drain.String())
	defer func() { log.Info("the server has stopped", "served", time.Since(began).Round(time.Second).String()) }()
	if err == nil {
		err = linger(server, db, programs, o.drain)
	}
	shutdown, cancel := context.WithTimeout(context.Background(), underWay)
	defer cancel()
	return errors.Join(err, server.Shutdown(shutdown))
}

// linger makes /readyz fail, and goes on serving for a while, so that whoever sends requests here has seen it before nobody listens.
func linger(server *api.Server, db *pebblestore.DB, programs *host.Host, drain time.Duration) error {
	server.Drain()
	wait := time.NewTimer(drain)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-db.Failed():
		return db.Err()
	case err := <-programs.Ended():
		return err
	}
}

// perSecond is a rate that may be exceeded for two seconds; none for 0.
func perSecond(n int) api.Rate { return api.Rate{PerSecond: float64(n), Burst: 2 * float64(n)} }

// newLog writes to stderr: text for people at a terminal, JSON for collectors.
func newLog(verbose bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose {
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	if isTerminal(os.Stderr) {
		return slog.New(slog.NewTextHandler(os.Stderr, o))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, o))
}

// closing closes something at the end, and makes the process fail where that cannot be done: what was written last may be lost.
func closing(result *error, log *slog.Logger, what string, closeIt func() error) {
	if err := closeIt(); err != nil {
		log.Error("could not close", "what", what, "error", err)
		*result = errors.Join(*result, &failure{exitFailed, what + " could not be closed: " + err.Error()})
	}
}

// loadAll compiles the rulesets to be served. With errors in one, none is served.
func loadAll(zones *calendar.Zones, demo bool, paths []string) ([]*rulesets.Program, error) {
	if demo {
		if len(paths) > 0 {
			return nil, &failure{exitUsage, "--demo serves the shipped coffee ruleset; leave the RULESET out, or leave --demo out"}
		}
		p, diagnostics := rulesets.LoadFS(examples.FS, "coffee")
		if p == nil {
			return nil, diagnostics
		}
		return []*rulesets.Program{p}, nil
	}
	var list []*rulesets.Program
	seen := map[string]string{}
	for _, path := range paths {
		p, diagnostics := rulesets.LoadPathIn(zones, path)
		if diagnostics.HasErrors() {
			fmt.Fprint(os.Stderr, diagnostics.Error())
			return nil, &failure{exitUsage, path + " has errors; nothing is served"}
		}
		id := p.Ruleset.Program
		if other, twice := seen[id]; twice {
			return nil, &failure{exitUsage, fmt.Sprintf("%s and %s are both program %s; a program is one file or one directory", other, path, id)}
		}
		seen[id] = path
		list = append(list, p)
	}
	return list, nil
}

// firstKeys creates a key for each program that has none, and a new one for the demo. It returns the secrets by program.
func firstKeys(ring *keys.Ring, data string, loaded []*rulesets.Program, demo bool, programs *host.Host) (map[string]string, error) {
	secrets := map[string]string{}
	for _, l := range loaded {
		id := l.Ruleset.Program
		ring := ring.By(audit.Here(id, "key.create", "the start of the server"))
		create := ring.First
		if demo {
			for _, k := range ring.List(id) {
				if _, err := ring.By(audit.Here(id, "key.revoke", "the start of the demo")).Revoke(id, k.ID); err != nil {
					return nil, err
				}
			}
			create = ring.Create
		}
		_, secret, err := create(keys.Request{Program: id, Name: "first", Role: keys.Operator, Live: programs.Sandbox(id) == nil})
		if err != nil {
			return nil, err
		}
		if secret == "" {
			continue
		}
		secrets[id] = secret
		if !demo {
			if _, err := leave(data, firstKeyFile(id), secret); err != nil {
				return nil, &failure{exitFailed, "the first key of " + id + " cannot be written; laurel keys create makes another one: " + err.Error()}
			}
		}
	}
	return secrets, nil
}

func listen(address string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, &failure{exitUsage, fmt.Sprintf("cannot listen on %s: %v", address, err)}
	}
	return ln, nil
}

// banner tells where everything is, and what to try first.
func banner(out io.Writer, o serveOptions, loaded []*rulesets.Program, secrets map[string]string, clock, public, operators string) {
	ranking := "in process"
	if o.redis != "" {
		ranking = "on Redis"
	}
	fmt.Fprintf(out, "  Laurel · store %s (embedded) · leaderboards %s\n", o.data, ranking)
	for _, l := range loaded {
		id := l.Ruleset.Program
		if o.demo {
			fmt.Fprintf(out, "  Program %s from the shipped coffee ruleset: %s\n", id, demoSize)
		} else {
			fmt.Fprintf(out, "  Program %s\n", id)
		}
		if len(l.Inactive) > 0 {
			fmt.Fprintf(out, "  note     %d %s of it not yet active; laurel check lists them\n", len(l.Inactive), plural(len(l.Inactive), "part"))
		}
		if secret, isNew := secrets[id]; isNew {
			fmt.Fprintf(out, "  key      %s\n", shownKey(out, o, id, secret))
		}
	}
	if clock != "" {
		fmt.Fprintf(out, "  CLOCK    %s\n", clock)
	}
	fmt.Fprintf(out, "  API      %s\n  health   %s/readyz\n", public, operators)
	if o.demo {
		fmt.Fprintf(out, "  try      %s\n", strings.Join([]string{"curl", "-H", `"Authorization: Bearer ` + secrets[loaded[0].Ruleset.Program] + `"`,
			"-d", `'{"id":"o1","type":"purchase","member":"ann","data":{"order_id":"o1","amount":12.50}}'`, public + "/v1/events"}, " "))
	}
}
