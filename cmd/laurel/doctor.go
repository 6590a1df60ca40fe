package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/cobra"

	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/configuration"
	"github.com/laurel-engine/laurel/internal/keys"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/internal/zonefile"
	"github.com/laurel-engine/laurel/leaderboards/redisboard"
	"github.com/laurel-engine/laurel/rulesets"
)

// finding is what one look has found. A warning is no failure: the server would do its work.
type finding struct {
	Name   string `json:"name"`
	State  string `json:"state"` // ok, warning or failed
	Detail string `json:"detail"`
}

// valued is a setting with where its value was said.
type valued struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

// examination is all that the doctor looks at.
type examination struct {
	o        *serveOptions
	settings *configuration.Set
	paths    []string
	url      string

	running bool // somebody has the data directory open
	found   []finding
}

func newDoctor() *cobra.Command {
	var o serveOptions
	var asJSON bool
	var url string
	settings := serveSettings(&o)
	cmd := &cobra.Command{
		Use:   "doctor [RULESET…]",
		Short: "Show every setting with its source, and look at all that they point at",
		Long: "Takes the flags, the environment and the file that laurel serve would, shows each value with its source, and looks at the data directory,\n" +
			"the disk, the clock, time zones, Redis, certificate, key file, ports and rulesets. Beside a running server it asks that, too: over --url with\n" +
			"a key in LAUREL_KEY. No secret is printed. Exit code 1 when something has failed, 3 where a setting is wrong, 4 and 5 as of other commands.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := settings.Read(os.Getenv); err != nil {
				return &failure{exitUsage, err.Error()}
			}
			e := &examination{o: &o, settings: settings, paths: args, url: url}
			failed := e.look(cmd.Context())
			if err := e.print(cmd.OutOrStdout(), asJSON); err != nil {
				return err
			}
			return failed
		},
	}
	settings.Flags(cmd.Flags())
	cmd.Flags().StringVar(&url, "url", env("LAUREL_URL", ""), "address of a running server, which is asked too, with a key in LAUREL_KEY (LAUREL_URL)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// look looks at everything, in the order in which a start would need it.
func (e *examination) look(ctx context.Context) error {
	e.say("version", fmt.Sprintf("laurel %s, %s, %s/%s", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH), nil)
	for _, unknown := range e.settings.Unknown(os.Environ(), elsewhere...) {
		e.warn("environment", unknown)
	}
	zones, err := zonefile.Read(e.o.zones)
	if err == nil {
		e.say("time zones", "release "+zones.Release(), nil)
	} else {
		e.say("time zones", "", err)
	}
	for _, path := range e.paths {
		_, diagnostics := rulesets.LoadPathIn(zones, path)
		if diagnostics.HasErrors() {
			e.say("ruleset", "", fmt.Errorf("%s has errors; laurel check shows them", path))
		} else {
			e.say("ruleset", path+" compiles", nil)
		}
	}
	e.disk()
	e.data()
	e.clock(ctx)
	e.tls()
	e.redis(ctx)
	e.port("API", e.o.listen)
	e.port("operators", e.o.operators)
	err = e.server(ctx)
	for _, f := range e.found {
		if f.State == "failed" && err == nil {
			err = &failure{code: exitFailed}
		}
	}
	return err
}

func (e *examination) say(name, detail string, err error) {
	f := finding{name, "ok", detail}
	if err != nil {
		f.State, f.Detail = "failed", err.Error()
	}
	e.found = append(e.found, f)
}

func (e *examination) warn(name, detail string) {
	e.found = append(e.found, finding{name, "warning", detail})
}

// disk looks at the room on the disk of the data directory, or of where it would be made.
func (e *examination) disk() {
	reserve, err := parseSize(e.o.reserve)
	if err != nil {
		e.say("disk", "", fmt.Errorf("keep-free: %w", err))
		return
	}
	dir := e.o.data
	for _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) && filepath.Dir(dir) != dir; _, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	usage, err := vfs.Default.GetDiskUsage(dir)
	if err != nil {
		e.say("disk", "", err)
		return
	}
	text := fmt.Sprintf("%d MiB of %d are free, and %d are to stay so", usage.AvailBytes>>20, usage.TotalBytes>>20, reserve>>20)
	switch kind := fileSystem(dir); {
	case usage.AvailBytes < reserve:
		e.say("disk", "", errors.New(text+": nothing would be written"))
	case usage.AvailBytes < 2*reserve:
		e.warn("disk", text)
	case kind != "":
		e.warn("disk", text+"; its file system is "+kind+", on which a power cut or a restart may lose what was acknowledged")
	default:
		e.say("disk", text, nil)
	}
}

// data looks at the data directory: who may read it, who has it open, what is in it, and whether its secrets can be read.
func (e *examination) data() {
	key, err := readKey(e.o.keyFile)
	if err != nil {
		e.say("key file", "", err)
	} else if key != nil {
		e.say("key file", e.o.keyFile, nil)
	}
	info, err := os.Stat(e.o.data)
	if errors.Is(err, os.ErrNotExist) {
		e.say("data", e.o.data+" is not there yet; the first start makes it", nil)
		return
	} else if err != nil {
		e.say("data", "", err)
		return
	}
	if open := info.Mode().Perm() & 0o007; open != 0 && runtime.GOOS != "windows" {
		e.warn("data", fmt.Sprintf("%s is open to others on this machine (mode %04o); the next start closes it", e.o.data, info.Mode().Perm()))
	}
	db, err := pebblestore.Open(e.o.data, pebblestore.Options{Existing: true, Key: key, Logger: slog.New(slog.DiscardHandler)})
	switch {
	case errors.Is(err, pebblestore.ErrLocked):
		e.running = true
		e.say("data", e.o.data+" is in use by a server that runs", nil)
		return
	case errors.Is(err, pebblestore.ErrNoData):
		e.say("data", e.o.data+" is there, and empty", nil)
		return
	case err != nil:
		e.say("data", "", err)
		return
	}
	programs, err := program.Known(db.Settings())
	e.say("data", fmt.Sprintf("%s, format %d, of programs: %s", e.o.data, pebblestore.Format, strings.Join(programs, ", ")), err)
	e.secrets(db, key != nil)
	e.keys(db, programs)
	if err := db.Close(); err != nil {
		e.say("data", "", err)
	}
}

// secrets looks whether they can be read, and changes none.
func (e *examination) secrets(db *pebblestore.DB, encrypted bool) {
	for _, prefix := range []string{"secret/", "tokens/", "webhooks/"} {
		if _, _, err := db.Settings().List(prefix); err != nil {
			e.say("secrets", "", err)
			return
		}
	}
	if encrypted {
		e.say("secrets", "they can be read with the key file", nil)
	} else {
		e.warn("secrets", "those of webhooks and tokens lie in the data directory as they are: laurel secrets new-key, and --key-file")
	}
}

// keys counts the keys of each program.
func (e *examination) keys(db *pebblestore.DB, programs []string) {
	ring, err := keys.NewRing(db.Settings(), time.Now)
	if err != nil {
		e.say("keys", "", err)
		return
	}
	for _, id := range programs {
		active := 0
		for _, k := range ring.List(id) {
			if k.Revoked.IsZero() && (k.Expires.IsZero() || k.Expires.After(time.Now())) {
				active++
			}
		}
		if active == 0 {
			e.warn("keys", "program "+id+" has no key that works: laurel keys create makes one")
		} else {
			e.say("keys", fmt.Sprintf("program %s has %d that work", id, active), nil)
		}
	}
}

func (e *examination) clock(ctx context.Context) {
	now := time.Now()
	if err := clock.Kernel().Vouch(ctx, now); err != nil {
		e.warn("clock", fmt.Sprintf("it says %s, and nobody vouches for it: %v", now.UTC().Format(time.RFC3339), err))
		return
	}
	e.say("clock", "it says "+now.UTC().Format(time.RFC3339)+", and a time server keeps it", nil)
}

func (e *examination) tls() {
	shown, err := openCertificate(e.o.cert, e.o.certKey, slog.New(slog.DiscardHandler))
	if err == nil && shown == nil {
		return
	}
	if err == nil {
		if err = shown.ending(time.Now()); err == nil {
			e.say("certificate", "it ends at "+shown.expires().UTC().Format(time.RFC3339), nil)
			return
		}
	}
	e.say("certificate", "", err)
}

func (e *examination) redis(ctx context.Context) {
	if e.o.redis == "" {
		return
	}
	release, policy, err := e.askRedis(ctx)
	switch {
	case err != nil:
		e.say("redis", "", err)
	case policy != "" && policy != redisboard.Keeps:
		e.warn("redis", "it drops keys when it is full: set its maxmemory-policy to "+redisboard.Keeps+", not "+policy)
	default:
		e.say("redis", "version "+cmp.Or(release, "unknown")+" answers, and drops nothing", nil)
	}
}

func (e *examination) askRedis(ctx context.Context) (release, policy string, err error) {
	roots, err := authorities(e.o.redisCA)
	if err != nil {
		return "", "", err
	}
	board, err := redisboard.Open(e.o.redis, roots)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, board.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if err = board.Check(ctx); err == nil {
		err = board.Ping(ctx)
	}
	if err != nil {
		return "", "", err
	}
	release, _ = board.Release(ctx) // a managed one may tell neither
	policy, _ = board.Policy(ctx)
	return release, policy, nil
}

// port looks whether a server could listen there, or does.
func (e *examination) port(name, address string) {
	ln, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		e.say("port", address+" is free for the "+name, ln.Close())
	case e.running:
		e.say("port", address+" is in use, as a server runs", nil)
	default:
		e.say("port", "", fmt.Errorf("the %s cannot listen: %w", name, err))
	}
}

// server asks a running server how it does.
func (e *examination) server(ctx context.Context) error {
	if e.url == "" {
		return nil
	}
	c, err := dial(e.url)
	if err != nil {
		return err
	}
	answer, err := c.call(ctx, http.MethodGet, "/v1/admin/status", "application/json", nil)
	if err != nil {
		return err
	}
	var status struct {
		Program, Version string
		Checks           []struct {
			Name, Error string
			OK          bool
		}
	}
	if err := json.Unmarshal(answer, &status); err != nil {
		return &failure{exitFailed, "the server's answer is not what it should be: " + err.Error()}
	}
	e.say("server", fmt.Sprintf("it serves program %s, with version %s", status.Program, status.Version), nil)
	for _, check := range status.Checks {
		if !check.OK {
			e.say("server", "", fmt.Errorf("its check %s fails (docs/operations/alarms.md) %s", check.Name, check.Error))
		}
	}
	return nil
}

func (e *examination) print(out io.Writer, asJSON bool) error {
	values := make([]valued, 0, len(e.settings.All))
	for _, one := range e.settings.All {
		values = append(values, valued{one.Name, one.Shown(), one.Source})
	}
	if asJSON {
		ok := true
		for _, f := range e.found {
			ok = ok && f.State != "failed"
		}
		return json.NewEncoder(out).Encode(map[string]any{"ok": ok, "settings": values, "checks": e.found})
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tSOURCE")
	for _, v := range values {
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, v.Value, v.Source)
	}
	fmt.Fprintln(w)
	fmt.Fprintln(w, "CHECK\tSTATE\tDETAIL")
	for _, f := range e.found {
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, f.State, f.Detail)
	}
	return w.Flush()
}
