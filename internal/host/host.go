package host

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/activation"
	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/assembly"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/jobs"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/stats"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/rulesets"
)

// Options are what the programs of a host have in common.
type Options struct {
	Parts  assembly.Parts
	Runner *jobs.Runner
	// Activations know of versions that are planned.
	Activations *activation.Manager
	Endpoints   *webhook.Endpoints
	Send        webhook.Send
	// Belongings are what else is kept of programs, and goes with them.
	Belongings []Belonging
	Log        *slog.Logger
}

// Belonging is something that is kept of programs.
type Belonging interface{ Forget(program string) error }

// Host runs the programs of a process. Its methods may be called by any number of goroutines.
type Host struct {
	Options
	// administering is held while programs are created, paused and removed, changing while one comes or goes.
	administering, changing sync.Mutex
	// programs are by id. The map never changes: a change puts another one in its place.
	programs atomic.Pointer[map[string]*running]
	ended    chan error
	watching sync.WaitGroup
}

var _ api.Programs = (*Host)(nil)

// running is a program with what is known of it here.
type running struct {
	api.Local
	sandbox *clock.Sandbox // nil for a live one
}

// New makes a host without programs.
func New(o Options) *Host {
	h := &Host{Options: o, ended: make(chan error, 1)}
	h.programs.Store(&map[string]*running{})
	return h
}

// ErrLocal refuses a program that is local already.
var ErrLocal = errors.New("the program runs here already")

// Add opens a program, with its jobs and webhooks, and serves it from now on.
func (h *Host) Add(l *rulesets.Program) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	id := l.Ruleset.Program
	if h.at(id) != nil {
		return ErrLocal
	}
	parts := h.Parts
	kept, err := h.kept(id)
	if err != nil {
		return err
	}
	if kept != nil && kept.Sandbox {
		parts.Mark.Sandbox = true
	}
	p, sandbox, err := parts.Open(l)
	if err != nil {
		return err
	}
	p.Rest(kept != nil && kept.State == api.ProgramPaused)
	r := &running{sandbox: sandbox, Local: api.Local{Program: p,
		Webhooks: webhook.NewDeliverer(id, telling(p, sandbox, h.Parts.Machine), h.Endpoints, h.Send, h.Log)}}
	err = h.Endpoints.Load() // whoever ran it before may have changed them
	p.Listen(func(message string) bool { return h.Endpoints.Wants(id, message) })
	if err == nil {
		err = h.Activations.Resume(p)
	}
	r.Statistics = stats.Follow(p, h.Log)
	if err == nil {
		err = h.Runner.Add(p, jobs.Options{Boards: outside(p), Hooks: r.Webhooks, Sandbox: sandbox, Statistics: r.Statistics,
			Audit: h.Parts.Settings})
	}
	if err != nil {
		r.Statistics.Stop()
		return errors.Join(err, p.Close())
	}
	h.set(id, r)
	h.watching.Go(func() { h.watch(id, r) })
	return nil
}

// LeaveOut notes that a program ought to run here and cannot be opened: callers are told, as of one that has stopped.
func (h *Host) LeaveOut(id string, err error) {
	h.changing.Lock()
	defer h.changing.Unlock()
	h.Log.Error("a program is not served", "program", id, "error", err)
	h.set(id, &running{Local: api.Local{Failure: err}})
}

// Remove ends a program: nobody is served by it any more, its jobs and deliveries end, and all that was acknowledged is written down
// when it returns. Of one that is not local nothing is to be done.
func (h *Host) Remove(id string) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	r := h.at(id)
	if r == nil {
		return nil
	}
	h.set(id, nil)
	if r.Program == nil {
		return nil
	}
	h.Runner.Remove(id)
	r.Statistics.Stop()
	return r.Program.Close()
}

// Close removes all programs.
func (h *Host) Close() error {
	var errs []error
	for _, id := range h.Locals() {
		if err := h.Remove(id); err != nil {
			errs = append(errs, fmt.Errorf("program %s: %w", id, err))
		}
	}
	h.watching.Wait()
	return errors.Join(errs...)
}

// watch ends what a program does by itself when it has stopped, and leaves the others alone. One that somebody else runs now is not
// local any more.
func (h *Host) watch(id string, r *running) {
	<-r.Program.Done()
	err := r.Stopped()
	if err == nil {
		return // it was closed
	}
	r.Statistics.Stop()
	if errors.Is(err, engine.ErrFenced) {
		h.Log.Warn("a program is run by somebody else now", "program", id, "error", err)
		h.Runner.Remove(id)
		h.drop(id, r)
		return
	}
	h.Log.Error("a program has stopped, and serves nobody any more; others go on. Start the server again when what is wrong has been seen to",
		"program", id, "error", err)
	h.Runner.Remove(id)
	if err := h.Stopped(); err != nil {
		select {
		case h.ended <- err:
		default: // it is told once
		}
	}
}

// drop lets go of a program, unless it has come back meanwhile.
func (h *Host) drop(id string, r *running) {
	h.changing.Lock()
	defer h.changing.Unlock()
	if h.at(id) == r {
		h.set(id, nil)
	}
}

// Stopped is why no program runs any more, or none could be opened, nil while one does or none ought to.
func (h *Host) Stopped() error {
	var errs []error
	for _, id := range h.Locals() {
		r := h.at(id)
		if r == nil {
			continue
		}
		err := r.Stopped()
		if err == nil {
			return nil
		}
		happened := "program %s stopped: %w"
		if r.Program == nil {
			happened = "program %s: %w"
		}
		errs = append(errs, fmt.Errorf(happened, id, err))
	}
	return errors.Join(errs...)
}

// Ended tells why, when the last program that ran has stopped by itself.
func (h *Host) Ended() <-chan error { return h.ended }

func (h *Host) at(id string) *running { return (*h.programs.Load())[id] }

// set shows a program to readers, or none. The lock is held.
func (h *Host) set(id string, r *running) {
	programs := maps.Clone(*h.programs.Load())
	if programs[id] = r; r == nil {
		delete(programs, id)
	}
	h.programs.Store(&programs)
}

// Local implements api.Programs.
func (h *Host) Local(id string) *api.Local {
	if r := h.at(id); r != nil {
		return &r.Local
	}
	return nil
}

// Owner implements api.Programs: what does not run here runs nowhere.
func (*Host) Owner(string) string { return "" }

// Locals implements api.Programs.
func (h *Host) Locals() []string { return slices.Sorted(maps.Keys(*h.programs.Load())) }

// Sandbox is the clock of a local program that is a sandbox, nil for any other.
func (h *Host) Sandbox(id string) *clock.Sandbox {
	if r := h.at(id); r != nil {
		return r.sandbox
	}
	return nil
}

// outside is the board of a program if it is outside this process.
func outside(p *program.Program) jobs.Boards {
	remote, _ := p.Boards().(jobs.Boards)
	return remote
}
