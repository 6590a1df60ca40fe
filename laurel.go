// Package laurel is a loyalty program inside a Go program: the engine that `laurel serve` serves, with the same durable store, the
// same rulesets and the same work of time, called instead of requested.
//
//	loyalty, err := laurel.Open("data", laurel.Path("coffee"), laurel.Options{})
//	outcome, err := loyalty.Send(ctx, laurel.Event{ID: "o1", Type: "purchase", Member: "ann", Data: map[string]any{"amount": 12.50}})
//	progress, err := loyalty.Progress(ctx, "ann")
//	err = loyalty.Close()
//
// [Program.Send] takes what happens to members, [Program.Do] what somebody asks for: claims, adjustments, voids, profiles. Both
// answer once it is on the disk, with everything that it did. [Program.Progress], [Program.Ledger], [Program.Leaderboard],
// [Program.Standing] and [Program.Explain] ask. What is refused is an [*engine.Refusal], with a code that does not change, a
// sentence, and for each thing wrong its place and what to write instead.
//
// Amounts are exact decimals (package decimal), times in answers are instants (package calendar) with a Time method. Outcomes,
// progress, entries of ledgers, tables and standings are written by encoding/json as the HTTP API writes them.
//
// One program has one directory at a time, and one process: whoever opens it a second time gets [ErrInUse]. While it is not open
// anywhere `laurel serve --data` can serve it, `laurel replay --data` prove it and a copy of the directory back it up.
package laurel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/store/pebblestore"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets"
)

// What is no refusal, and can be told apart with errors.Is.
var (
	// ErrInUse: the directory is open already, in this process or another one.
	ErrInUse = pebblestore.ErrLocked
	// ErrStopped: the program is closed, or its store has failed, which the error says then; what is on the disk can be opened anew.
	ErrStopped = program.ErrStopped
	// ErrFull: the disk is nearly full (Options.KeepFree). Nothing is written until there is room; questions are answered.
	ErrFull = program.ErrFull
	// ErrClock: the machine's clock cannot be right, so nothing is accepted until it is put right (Options.AcceptClock).
	ErrClock = program.ErrHeld
	// ErrLive: the program is no sandbox, and its clock cannot be moved.
	ErrLive = clock.ErrLive
)

// Options of Open. The zero value is good.
type Options struct {
	// Logger is told what goes wrong behind the calls; slog.Default when nil.
	Logger *slog.Logger
	// SandboxAt makes a new program a sandbox, whose clock stands at this time until Advance moves it, so that a test answers the
	// same every time. A directory is a sandbox for ever, where its clock stood last, whatever a later Open says; a program that
	// has taken live events cannot become one.
	SandboxAt time.Time
	// KeepFree is how many bytes of the disk stay free: below it nothing is written. 1 GiB when 0.
	KeepFree uint64
	// AcceptClock takes the machine's clock for right, however far it is from when something was last accepted. Without it a clock
	// that is far off, and for which no time server vouches, expires nothing at first and further off accepts nothing (operations:
	// The clock).
	AcceptClock bool
}

// Ruleset is where a ruleset comes from: Path, FS, Text, or a function that compiles one in another way.
type Ruleset func() (*rulesets.Program, rulesets.Diagnostics)

// Path is the ruleset at a path: a file, or a directory whose .yaml files make it up together, *_test.yaml aside.
func Path(name string) Ruleset {
	return func() (*rulesets.Program, rulesets.Diagnostics) { return rulesets.LoadPathIn(nil, name) }
}

// FS is the ruleset in a directory of a file system, such as an embed.FS.
func FS(files fs.FS, dir string) Ruleset {
	return func() (*rulesets.Program, rulesets.Diagnostics) { return rulesets.LoadFS(files, dir) }
}

// Text is the ruleset that a text in YAML is.
func Text(yaml string) Ruleset {
	return func() (*rulesets.Program, rulesets.Diagnostics) {
		return rulesets.Parse("ruleset.yaml", []byte(yaml))
	}
}

// Program is one program at work. Its methods may be called by any number of goroutines; a sync to the disk serves all who wait
// for it, so that many at once are as fast as a batch.
type Program struct {
	db      *pebblestore.DB
	program *program.Program
	runner  *jobs.Runner

	ctx     context.Context // over when the program is being closed
	cancel  context.CancelFunc
	tending sync.WaitGroup

	calls  sync.RWMutex // held for reading by every call
	closed bool
	once   sync.Once
	result error // of Close
}

// Open opens a program in a directory, which is made if there is none, under a ruleset. It is ready when Open returns: what time
// has done since it was last open is being written down, and answers know of it already.
//
// A ruleset that differs from the one before becomes a new version, which decides from now on; events of the past keep theirs. One
// that would break what was counted or promised is an error that says what (`laurel plan`). Errors of a ruleset are
// rulesets.Diagnostics, each with its line and what to write instead. A directory that somebody has open is ErrInUse.
//
// It may have served other programs, in whose place this one works; two programs at once need two directories, or `laurel serve`.
func Open(dir string, ruleset Ruleset, o Options) (*Program, error) {
	loaded, diagnostics := ruleset()
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("the ruleset has errors:\n%w", diagnostics)
	}
	mark := clock.Mark{Sandbox: !o.SandboxAt.IsZero()}
	if mark.Sandbox {
		if mark.At = calendar.FromTime(o.SandboxAt); mark.At <= 0 {
			return nil, errors.New("Options.SandboxAt is before 1970") //nolint:staticcheck // it begins with a name
		}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	db, err := pebblestore.Open(dir, pebblestore.Options{Logger: o.Logger, Reserve: o.KeepFree})
	if err != nil {
		return nil, err
	}
	p := &Program{db: db}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := p.start(loaded, mark, o); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Program) start(loaded *rulesets.Program, mark clock.Mark, o Options) error {
	machine := clock.New(clock.Kernel())
	if err := assembly.Resume(p.ctx, machine, p.db, o.AcceptClock); err != nil {
		return err
	}
	boards := leaderboards.NewMemory()
	parts := assembly.Parts{DB: p.db, Machine: machine, Mark: mark, Log: o.Logger,
		Boards: func(engine.Store) leaderboards.Board { return boards }}
	working, sandbox, err := parts.Open(loaded)
	if err != nil {
		return fmt.Errorf("program %s: %w", loaded.Ruleset.Program, err)
	}
	p.program = working
	if p.runner, err = jobs.NewRunner(jobs.Tick, o.Logger); err != nil {
		return err
	}
	if err := p.runner.Add(working, jobs.Options{Sandbox: sandbox}); err != nil {
		return err
	}
	p.runner.Start()
	p.tending.Go(func() { machine.Tend(p.ctx, o.Logger) })
	return nil
}

// Close lets the calls under way end, writes everything to the disk and lets go of the directory. All that was answered is on the
// disk before, whatever it returns; an error says that the directory could not be left in order, and the next Open tells what of it
// matters. Closing again does nothing and returns the same.
func (p *Program) Close() error {
	p.once.Do(func() {
		p.cancel()
		p.calls.Lock()
		p.closed = true
		p.calls.Unlock()
		p.tending.Wait()
		var errs []error
		if p.runner != nil {
			errs = append(errs, p.runner.Stop())
		}
		if p.program != nil {
			errs = append(errs, p.program.Close())
		}
		p.result = errors.Join(append(errs, p.db.Close())...)
	})
	return p.result
}

// begin begins a call, which ends with p.calls.RUnlock. It is an error where ctx is over or the program is closed.
func (p *Program) begin(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.calls.RLock()
	if p.closed {
		p.calls.RUnlock()
		return ErrStopped
	}
	return nil
}

// Now is the program's time: the machine's, or that of the sandbox.
func (p *Program) Now() time.Time { return p.program.Present().Time() }

// Advance moves the clock of a sandbox forward to a time, by way of all that falls due until then, each thing at its own instant:
// what expires, falls, closes, or is given. A time that has passed changes nothing. Where ctx ends it on the way, the clock stands
// at some instant before, and it can be called again. A live program is ErrLive.
func (p *Program) Advance(ctx context.Context, to time.Time) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	defer p.calls.RUnlock()
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(p.ctx, cancel)()
	defer cancel()
	until := calendar.FromTime(to)
	if err := p.runner.Advance(ctx, p.program.Rules().Program, until, math.MaxInt64); err != nil {
		return err
	}
	if p.program.Now() < until {
		return ctx.Err()
	}
	return p.program.Settled()
}
