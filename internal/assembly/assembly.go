package assembly

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/plan"
)

// Data is where programs lie.
type Data struct {
	Settings settings.Store
	Store    func(program string) (engine.Store, error)
	Full     func() bool // whether nothing must be written for want of room
	// Drop deletes the data of a program that nobody runs, off the disk. It may be called again.
	Drop func(ctx context.Context, program string) error
}

// Embedded is the data in a data directory.
func Embedded(db *pebblestore.DB) Data {
	return Data{Settings: db.Settings(), Store: func(id string) (engine.Store, error) { return db.Program(id) }, Full: db.Full,
		Drop: func(ctx context.Context, id string) error {
			if err := db.Drop(id); err != nil {
				return err
			}
			return db.Scrub(ctx)
		}}
}

// Parts are what the programs of one process have in common.
type Parts struct {
	Data
	Boards  func(engine.Store) leaderboards.Board // of the program that has a store
	Machine *clock.Clock
	Mark    clock.Mark      // what a program without events becomes
	Zones   *calendar.Zones // nil for the embedded ones
	// Erased is told who is erased of which program, by pseudonym; nil: nobody is.
	Erased func(program string, pseudonyms ...string)
	Log    *slog.Logger
}

// Open starts a program, with the clock that it has if it is a sandbox. Its ruleset becomes a new version unless it is the one
// that was in force last; one that cannot follow that is an error.
func (parts Parts) Open(l *rulesets.Program) (*program.Program, *clock.Sandbox, error) {
	id, files := l.Ruleset.Program, l.Ruleset.Hash
	l, paused, err := parts.inForce(l)
	if err != nil {
		return nil, nil, err
	}
	return parts.open(l, paused, func() error { return Files{parts.Settings}.Keep(id, files) })
}

// Reopen starts a program as it was in force last, whatever its files say; nil where it never ran.
func (parts Parts) Reopen(id string) (*program.Program, error) {
	last, err := program.LastKept(parts.Settings, id)
	if err != nil || last == nil {
		return nil, err
	}
	l, err := Compile(last.Text)
	if err != nil {
		return nil, err
	}
	p, _, err := parts.open(l, last.Text.Paused, func() error { return nil })
	return p, err
}

// open starts a program of a ruleset of which some definitions are paused; kept is called once its version is.
func (parts Parts) open(l *rulesets.Program, paused []string, kept func() error) (*program.Program, *clock.Sandbox, error) {
	id := l.Ruleset.Program
	store, err := parts.Store(id)
	if err != nil {
		return nil, nil, err
	}
	last, err := engine.LastAccepted(store)
	if err != nil {
		return nil, nil, err
	}
	o := program.Options{Store: store, Sources: l.Sources, Paused: paused, Boards: parts.Boards(store), Full: parts.Full}
	o.Ranks, _ = o.Boards.(engine.Ranks)
	if parts.Erased != nil {
		o.Erased = func(pseudonyms ...string) { parts.Erased(id, pseudonyms...) }
	}
	sandbox, err := parts.clock(&o, id, last)
	if err != nil {
		return nil, nil, err
	}
	// A clock that was put back must not date a version before what has been decided already.
	now, present := max(o.Now(), last), program.Text{Files: l.Sources, Zones: parts.Zones, Paused: paused}
	o.Versions, err = program.Versions(parts.Settings, l.Ruleset, present, now, program.Compiler{Compile: Ruleset, Succeeds: Succeeds(store)})
	if err != nil {
		return nil, nil, err
	}
	if err := kept(); err != nil {
		return nil, nil, err
	}
	tellZones(parts.Log, id, o.Versions, now)
	if o.Secret, err = program.Secret(parts.Settings, id); err != nil {
		return nil, nil, err
	}
	p, err := program.Open(o)
	return p, sandbox, err
}

// clock sets the clock of a program whose last event was accepted at an instant.
func (parts Parts) clock(o *program.Options, id string, last calendar.Instant) (*clock.Sandbox, error) {
	served, err := program.Known(parts.Settings) // live, if it is no sandbox: its keys are, whether or not anything was accepted
	if err != nil {
		return nil, err
	}
	records, _ := o.Store.Head()
	sandbox, err := clock.OpenSandbox(parts.Settings, id, parts.Machine, parts.Mark, records == 0 && !slices.Contains(served, id))
	switch {
	case errors.Is(err, clock.ErrLive):
		return nil, errors.New("it is live: a sandbox needs a data directory of its own")
	case err != nil:
		return nil, err
	case sandbox != nil:
		sandbox.Set(last) // as far as it had been moved when a process was killed
		o.Now = sandbox.Now
	default:
		o.Now, o.Ahead, o.Held = parts.Machine.Now, parts.Machine.Ahead, parts.Machine.Held
	}
	return sandbox, nil
}

// Resume tells the machine's clock when a live program accepted something last, and lets it be found right; accept takes it for right.
func Resume(ctx context.Context, machine *clock.Clock, data Data, accept bool) error {
	ids, err := program.Known(data.Settings)
	if err != nil {
		return err
	}
	var last calendar.Instant
	for _, id := range ids {
		if sandbox, err := clock.OpenSandbox(data.Settings, id, machine, clock.Mark{}, false); err != nil || sandbox != nil {
			continue // its clock is its own; a damaged row is told when the program is opened
		}
		accepted, err := data.lastAccepted(id)
		if errors.Is(err, engine.ErrDamaged) {
			continue // it is told when the program is opened; others need not wait
		}
		if err != nil {
			return err
		}
		last = max(last, accepted)
	}
	machine.Resume(last)
	if accept {
		if machine.Confirm() {
			if err := audit.Here(audit.Server, "clock.confirm", "the start of the server with --accept-clock").Record(data.Settings,
				audit.Change("clock", "", last, nil)); err != nil {
				return err
			}
		}
	}
	machine.Ask(ctx)
	return nil
}

func (data Data) lastAccepted(id string) (calendar.Instant, error) {
	store, err := data.Store(id)
	if err != nil {
		return 0, err
	}
	return engine.LastAccepted(store)
}

// Compile makes a program of the text of a version.
func Compile(text program.Text) (*rulesets.Program, error) {
	texts := map[string][]byte{}
	for name, file := range text.Files {
		texts[name] = []byte(file)
	}
	p, diagnostics := rulesets.LoadPaused(text.Zones, texts, text.Paused)
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	return p, nil
}

// Ruleset is the ruleset that Compile makes.
func Ruleset(text program.Text) (*engine.Ruleset, error) {
	p, err := Compile(text)
	if err != nil {
		return nil, err
	}
	return p.Ruleset, nil
}

// Succeeds refuses a ruleset that would change what a running program has counted or promised. The journal is asked which names
// it uses only where the ruleset wants to remove or change one.
func Succeeds(store engine.Store) func(before, next program.Text) error {
	return func(before, next program.Text) error {
		old, err := Compile(before)
		if err != nil {
			return err
		}
		present, err := Compile(next)
		if err != nil {
			return err
		}
		if !plan.Compare(old, present, nil).Blocked() {
			return nil
		}
		used, err := engine.NamesInUse(store)
		if err != nil {
			return err
		}
		changes := plan.Compare(old, present, used)
		if !changes.Blocked() {
			return nil
		}
		return errors.New("this ruleset cannot follow the one that was served before:\n" + changes.Only(plan.Change.IsBlocked).String())
	}
}
