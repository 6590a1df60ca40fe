package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"

	"github.com/laurel-engine/laurel/engine/tasks"
	"github.com/laurel-engine/laurel/internal/clock"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/seldom"
	"github.com/laurel-engine/laurel/internal/settings"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Tick is how often jobs look for what is due: the longest that an expiry or a board outside this process is behind.
const Tick = time.Second

// page is how much a job does before it lets others have their turn.
const page = 500

// Runner runs the jobs of all programs on ticks. Programs come and go while it does.
type Runner struct {
	scheduler gocron.Scheduler
	log       *slog.Logger
	every     time.Duration
	ctx       context.Context
	cancel    context.CancelFunc
	mu        sync.Mutex
	programs  map[string]*programJobs
}

// programJobs are the jobs of one program.
type programJobs struct {
	program *program.Program
	Options
	ctx    context.Context // over when the program is removed
	cancel context.CancelFunc
	under  underWay
	// time is held by whoever does the work of time: a tick, or the clock of a sandbox that is moved.
	time sync.Mutex
	jobs []*Job
	// sweep mends boards.
	sweep *Sweep
	acts  acts
}

// Options are what a program has besides itself.
type Options struct {
	Boards  Boards             // outside this process; nil when they are in it
	Hooks   *webhook.Deliverer // nil without webhooks
	Sandbox *clock.Sandbox     // nil for a live program
	// Statistics are what counts what is accepted; nil: nobody does.
	Statistics Statistics
	// Audit has what administrators do; nil: nobody asks.
	Audit settings.Store
}

// NewRunner makes a runner that ticks at an interval. Start begins.
func NewRunner(every time.Duration, log *slog.Logger) (*Runner, error) {
	s, err := gocron.NewScheduler(gocron.WithLogger(quiet{}), gocron.WithStopTimeout(10*time.Second))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Runner{scheduler: s, log: log, every: every, ctx: ctx, cancel: cancel, programs: map[string]*programJobs{}}, nil
}

// quiet drops gocron's own messages: runs and failures are told by Status.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Error(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}

// Add schedules the jobs of a program, of which there must be none yet.
func (r *Runner) Add(p *program.Program, o Options) error {
	id := p.Rules().Program
	w := &programJobs{program: p, Options: o}
	w.ctx, w.cancel = context.WithCancel(r.ctx)
	w.makeJobs(r.log)
	r.mu.Lock()
	_, twice := r.programs[id]
	if !twice {
		r.programs[id] = w
	}
	r.mu.Unlock()
	if twice {
		w.cancel()
		return fmt.Errorf("program %s has jobs already", id)
	}
	err := r.schedule(id, w)
	if err != nil {
		r.Remove(id)
	}
	return err
}

// schedule has the jobs of a program run at every tick.
func (r *Runner) schedule(id string, w *programJobs) error {
	if w.Sandbox == nil || !w.Sandbox.Stands() { // one that stands does it when it is moved, never in between two calls
		if err := r.tick(w, id+"/time", func() { w.doTime(w.ctx, r.log) }); err != nil {
			return err
		}
	}
	for _, j := range w.jobs {
		if j.kind != nil {
			continue
		}
		if err := r.tick(w, id+"/"+j.Name, func() { j.once(w.ctx, r.log, id) }); err != nil {
			return err
		}
	}
	return nil
}

// Remove ends the jobs of a program, and returns when nothing of them is under way any more: what they were at they need not finish, as
// whoever runs the program next goes on with it. Deliveries are cut off. A program that has no jobs is left alone.
func (r *Runner) Remove(id string) {
	r.mu.Lock()
	w := r.programs[id]
	delete(r.programs, id)
	r.mu.Unlock()
	if w == nil {
		return
	}
	w.cancel()
	r.scheduler.RemoveByTags(id)
	w.under.end()
	if w.Hooks != nil {
		w.Hooks.Wait()
	}
}

// makeJobs makes all jobs of the program.
func (w *programJobs) makeJobs(log *slog.Logger) {
	p := w.program
	for _, kind := range tasks.All {
		w.jobs = append(w.jobs, newTimeJob(p, kind))
	}
	w.acts = acts{program: p, settings: w.Audit}
	others := []*Job{{Name: "audit", run: w.acts.follow}, {Name: "erase", run: func(ctx context.Context) (int, error) {
		if _, err := w.acts.follow(ctx); err != nil { // what is redacted can be told no more
			return 0, err
		}
		return 0, redact(ctx, p, w.Hooks, w.Statistics) // one run is about all that wait
	}}}
	if w.Hooks != nil {
		others = append(others, webhooks(w.Hooks))
	}
	if w.Boards != nil {
		others = append(others, &Job{Name: "boards", run: func(ctx context.Context) (int, error) { return Deliver(ctx, p, w.Boards) },
			backlog: func() (int64, error) { return waitingScores(p) }})
	}
	w.sweep = NewSweep(p, w.Boards, log)
	others = append(others, &Job{Name: "sweep", run: w.sweep.tick})
	w.jobs = append(w.jobs, others...)
}

// tick does something for a program at every tick. A run that takes longer than a tick is not started a second time.
func (r *Runner) tick(w *programJobs, name string, do func()) error {
	_, err := r.scheduler.NewJob(gocron.DurationJob(r.every), gocron.NewTask(func() { w.under.do(do) }),
		gocron.WithSingletonMode(gocron.LimitModeReschedule), gocron.WithName(name), gocron.WithTags(w.program.Rules().Program))
	return err
}

// doTime does what time asks for by now, the kinds of work in turns of a piece each: a gift to a million members does not hold
// up the close of a season.
func (w *programJobs) doTime(ctx context.Context, log *slog.Logger) {
	w.time.Lock()
	defer w.time.Unlock()
	w.program.ComeIntoForce()
	id, some, failed := w.program.Rules().Program, true, map[*Job]bool{}
	for some && ctx.Err() == nil {
		some = false
		for _, j := range w.jobs {
			if j.kind == nil || failed[j] || ctx.Err() != nil {
				continue
			}
			done, err := j.piece(ctx)
			j.tell(ctx, log, id, done, err)
			failed[j], some = err != nil, some || done > 0 && err == nil
		}
	}
}

// Start begins to tick.
func (r *Runner) Start() { r.scheduler.Start() }

// Stop waits for running jobs, at most for the scheduler's time, and for deliveries, which are cut off, and ends.
func (r *Runner) Stop() error {
	r.cancel()
	err := r.scheduler.Shutdown()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.programs {
		if w.Hooks != nil {
			w.Hooks.Wait()
		}
	}
	return err
}

// find is the jobs of a program, nil where it has none.
func (r *Runner) find(id string) *programJobs {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.programs[id]
}

// Job is one kind of work for one program.
type Job struct {
	Name string
	run  func(ctx context.Context) (done int, err error)
	// kind is set for the work of time.
	kind *tasks.Task
	// next is when something is due next; backlog how much is due. Both may be nil.
	next    func() (time.Time, error)
	backlog func() (int64, error)

	mu       sync.Mutex
	status   Status
	lateness lateness
	waits    bool      // for the server of the boards, which was logged
	due      time.Time // when something was due next, as far as was known last
	told     seldom.Log
}

// piece does one piece of work. A panic is a failure of the job, and must not end the process.
func (j *Job) piece(ctx context.Context) (done int, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("panic: %v", broken)
		}
	}()
	return j.run(ctx)
}

// once runs a job until nothing is left to do.
func (j *Job) once(ctx context.Context, log *slog.Logger, program string) {
	for ctx.Err() == nil {
		done, err := j.piece(ctx)
		j.tell(ctx, log, program, done, err)
		if err != nil || done < page {
			return
		}
	}
}

// tell notes how a piece of work went.
func (j *Job) tell(ctx context.Context, log *slog.Logger, program string, done int, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &j.status
	now := time.Now().UTC()
	s.LastRun, s.Error = &now, ""
	s.Done += int64(done)
	j.waits = j.waits && err != nil
	if err == nil || ctx.Err() != nil {
		return
	}
	s.Failures++
	s.Error = err.Error()
	level, text, what := slog.LevelError, "a job failed; it is tried again at the next tick", s.Error
	away := errors.Is(err, leaderboards.ErrUnavailable)
	if away {
		level, text, what = slog.LevelWarn, "a job waits for the server of the boards", ""
	}
	if away && j.waits {
		return
	}
	if again, may := j.told.May(what); may {
		j.waits = away
		log.Log(ctx, level, text, append(again, "job", j.Name, "program", program, "error", err)...)
	}
}
