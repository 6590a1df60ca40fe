package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/host"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/rulesets"
)

// reloader reads the files of the rulesets again when it is asked to, and puts those that have changed into force. A file that cannot be
// served leaves the version that is in force, and /readyz names it until it has been mended.
type reloader struct {
	paths       []string
	zones       *calendar.Zones
	programs    *host.Host
	activations *activation.Manager
	files       assembly.Files    // that were served last
	certificate *shownCertificate // nil without one
	log         *slog.Logger

	mu     sync.Mutex
	failed map[string]error // by path
}

// watch reloads at each signal until ctx ends.
func (r *reloader) watch(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case <-signals:
			r.reload()
		case <-ctx.Done():
			return
		}
	}
}

func (r *reloader) reload() {
	if r.certificate != nil {
		r.certificate.reload()
	}
	failed := map[string]error{}
	for _, path := range r.paths {
		if err := r.one(path); err != nil {
			failed[path] = err
			r.log.Error("a ruleset was not reloaded; the version in force stays", "path", path, "error", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = failed
}

func (r *reloader) one(path string) error {
	loaded, diagnostics := rulesets.LoadPathIn(r.zones, path)
	if diagnostics.HasErrors() {
		return diagnostics
	}
	id := loaded.Ruleset.Program
	local := r.programs.Local(id)
	if local == nil || local.Program == nil {
		return fmt.Errorf("it is program %s now, which is not served: start the server again", id)
	}
	if known, err := r.files.Known(id, loaded.Ruleset.Hash); err != nil || known {
		return err
	}
	done, err := r.activations.Activate(local.Program, activation.Draft{Files: loaded.Sources, About: program.About{By: "SIGHUP", Note: path,
		Act: audit.Here(loaded.Ruleset.Program, "ruleset.activate", "SIGHUP")}})
	if err != nil {
		return err
	}
	if done.Changed {
		r.log.Info("a ruleset was reloaded", "program", id, "version", *done.Version, "plan", done.Plan.String())
	}
	return r.files.Keep(id, loaded.Ruleset.Hash)
}

// check tells what could not be reloaded.
func (r *reloader) check(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(r.failed)) {
		errs = append(errs, fmt.Errorf("%s was not reloaded, and the version before is in force: %w", path, r.failed[path]))
	}
	return errors.Join(errs...)
}
