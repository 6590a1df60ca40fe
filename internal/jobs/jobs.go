package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/webhook"
	"github.com/laurel-engine/laurel/leaderboards"
)

// page is how much a job does before it lets others have their turn.
const page = 500

// Boards is a board outside this process, which can lose its scores. *redisboard.Board is one.
type Boards interface {
	leaderboards.Board
	// Epoch is the mark that SetEpoch last left for a program, "" when it is gone or was never set.
	Epoch(ctx context.Context, program string) (string, error)
	SetEpoch(ctx context.Context, program, epoch string) error
}

// Job is one kind of work for one program.
type Job struct {
	Name    string
	Program string
	run     func(ctx context.Context) (done int, err error)

	mu     sync.Mutex
	status Status
}

// Status is how a job is doing, for operators.
type Status struct {
	Job      string    `json:"job"`
	Program  string    `json:"program"`
	LastRun  time.Time `json:"last_run"`
	Done     int64     `json:"done"` // pieces of work since the start
	Failures int64     `json:"failures"`
	Error    string    `json:"error,omitempty"` // of the last run
}

// Runner runs the jobs of all programs on ticks.
type Runner struct {
	scheduler gocron.Scheduler
	log       *slog.Logger
	every     time.Duration
	ctx       context.Context
	cancel    context.CancelFunc
	mu        sync.Mutex
	jobs      []*Job
	hooks     []*webhook.Deliverer
}

// NewRunner makes a runner that ticks at an interval. Start begins.
func NewRunner(every time.Duration, log *slog.Logger) (*Runner, error) {
	s, err := gocron.NewScheduler(gocron.WithLogger(quiet{}), gocron.WithStopTimeout(10*time.Second))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Runner{scheduler: s, log: log, every: every, ctx: ctx, cancel: cancel}, nil
}

// quiet drops gocron's own messages: runs and failures are told by Status.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Error(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}

// Add schedules the jobs of a program. boards is nil when its boards are in process, hooks when it has no webhooks.
func (r *Runner) Add(p *program.Program, boards Boards, hooks *webhook.Deliverer) error {
	id := p.Rules().Program
	list := []*Job{
		{Name: "settle", Program: id, run: func(context.Context) (int, error) { return Settle(p) }},
		{Name: "news", Program: id, run: func(context.Context) (int, error) { return Spread(p) }},
		{Name: "promotions", Program: id, run: func(context.Context) (int, error) { return Turn(p) }},
		{Name: "gifts", Program: id, run: func(context.Context) (int, error) { return HandOut(p) }},
	}
	list = append(list, &Job{Name: "erase", Program: id, run: func(ctx context.Context) (int, error) {
		return 0, redact(ctx, p, hooks) // one run is about all that wait
	}})
	if hooks != nil {
		list = append(list, webhooks(id, hooks))
	}
	list = append(list, &Job{Name: "seasons", Program: id, run: func(ctx context.Context) (int, error) {
		_, err := CloseSeasons(ctx, p)
		return 0, err // one run is about all that have closed
	}})
	if boards != nil {
		list = append(list, &Job{Name: "boards", Program: id, run: func(ctx context.Context) (int, error) { return Deliver(ctx, p, boards) }})
	}
	for _, j := range list {
		if err := r.schedule(j); err != nil {
			return err
		}
	}
	r.mu.Lock()
	r.jobs = append(r.jobs, list...)
	if hooks != nil {
		r.hooks = append(r.hooks, hooks)
	}
	r.mu.Unlock()
	return nil
}

func (r *Runner) schedule(j *Job) error {
	// A run that takes longer than a tick is not started a second time, and a panic must not end the process.
	_, err := r.scheduler.NewJob(gocron.DurationJob(r.every), gocron.NewTask(func() { j.once(r.ctx, r.log) }),
		gocron.WithSingletonMode(gocron.LimitModeReschedule), gocron.WithName(j.Program+"/"+j.Name))
	return err
}

// once runs a job until nothing is left to do.
func (j *Job) once(ctx context.Context, log *slog.Logger) {
	done, err := j.exhaust(ctx)
	j.mu.Lock()
	defer j.mu.Unlock()
	s := &j.status
	s.Job, s.Program, s.LastRun, s.Error = j.Name, j.Program, time.Now().UTC(), ""
	s.Done += int64(done)
	if err != nil && ctx.Err() == nil {
		s.Failures++
		s.Error = err.Error()
		log.Error("a job failed; it is tried again at the next tick", "job", j.Name, "program", j.Program, "error", err)
	}
}

func (j *Job) exhaust(ctx context.Context) (total int, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("panic: %v", broken)
		}
	}()
	for ctx.Err() == nil {
		done, err := j.run(ctx)
		total += done
		if err != nil || done < page {
			return total, err
		}
	}
	return total, ctx.Err()
}

// Start begins to tick.
func (r *Runner) Start() { r.scheduler.Start() }

// Stop waits for running jobs, at most for the scheduler's time, and for deliveries, which are cut off, and ends.
func (r *Runner) Stop() error {
	r.cancel()
	err := r.scheduler.Shutdown()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.hooks {
		d.Wait()
	}
	return err
}

// Status is how the jobs of a program are doing.
func (r *Runner) Status(program string) []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []Status{}
	for _, j := range r.jobs {
		if j.Program != program {
			continue
		}
		j.mu.Lock()
		s := j.status
		j.mu.Unlock()
		s.Job, s.Program = j.Name, j.Program
		list = append(list, s)
	}
	return list
}

// Settle writes down what time has done to members by now, one page of them, in order of due instants.
func Settle(p *program.Program) (done int, err error) {
	var ticks []*engine.Event
	err = engine.Due(p.Store(), p.Now(), func(tick *engine.Event) bool {
		ticks = append(ticks, tick)
		return len(ticks) < page
	})
	return submit(p, ticks, err)
}

// HandOut pays one page of gifts to members of groups. A gift is done when nobody is left to be paid; each payment has an
// id of its own, so starting again after a crash pays nobody twice.
func HandOut(p *program.Program) (done int, err error) {
	var key string
	var gift engine.Fanout
	err = engine.Gifts(p.Store(), func(k string, f engine.Fanout) bool {
		key, gift = k, f
		return false
	})
	if err != nil || key == "" {
		return 0, err
	}
	challenge := p.Rules().Challenge(gift.Challenge)
	for after := ""; challenge != nil; {
		var gifts []*engine.Event
		err = engine.Sharers(p.Store(), gift, challenge.Counter.Name, after, func(member string) bool {
			gifts = append(gifts, engine.NewShare(gift, member))
			after = member
			return len(gifts) < page
		})
		n, err := submit(p, gifts, err)
		done += n
		if err != nil {
			return done, err
		}
		if n < page {
			break
		}
	}
	return done, p.Put(engine.Row{Key: key})
}

func submit(p *program.Program, events []*engine.Event, err error) (int, error) {
	if err != nil || len(events) == 0 {
		return 0, err
	}
	_, err = p.Submit(events...)
	return len(events), err
}

// delivered is the row that holds the epoch of the board: the key of the last outbox row it was told of.
const delivered = "c/boards"

// Deliver tells a board outside this process one page of scores. Scores are absolute and versioned, so telling them again
// does no harm. A board whose epoch is not the one stored here was flushed, replaced or promoted without its tail: it is
// built anew from the stored scores first.
func Deliver(ctx context.Context, p *program.Program, boards Boards) (done int, err error) {
	id := p.Rules().Program
	stored, err := p.Store().Get(delivered)
	if err != nil {
		return 0, err
	}
	epoch, err := boards.Epoch(ctx, id)
	if err != nil {
		return 0, err
	}
	if epoch == "" || epoch != string(stored) {
		if err := p.Rebuild(ctx); err != nil {
			return 0, err
		}
	}
	var rows []engine.Row
	last := cmp.Or(string(stored), "start")
	tables := newTables(id)
	err = engine.Outbox(p.Store(), func(key string, s engine.ScoreChange) bool {
		rows = append(rows, engine.Row{Key: key})
		last = key
		tables.add(s)
		return len(rows) < page
	})
	if err != nil || len(rows) == 0 && epoch == last {
		return 0, err
	}
	if err := tables.put(ctx, p, boards); err != nil {
		return 0, err
	}
	if err := boards.SetEpoch(ctx, id, last); err != nil {
		return 0, err
	}
	return len(rows), p.Put(append(rows, engine.Row{Key: delivered, Value: []byte(last)})...)
}

// tables gathers scores by ranking, so that each ranking is told in one call.
type tables struct {
	program string
	order   []leaderboards.Key
	rules   map[leaderboards.Key]leaderboards.Rules
	scores  map[leaderboards.Key][]leaderboards.Score
}

func newTables(program string) *tables {
	return &tables{program: program, rules: map[leaderboards.Key]leaderboards.Rules{}, scores: map[leaderboards.Key][]leaderboards.Score{}}
}

func (t *tables) add(s engine.ScoreChange) {
	s.Key.Program = t.program
	if _, known := t.rules[s.Key]; !known {
		t.order = append(t.order, s.Key)
	}
	t.rules[s.Key] = s.Rules
	t.scores[s.Key] = append(t.scores[s.Key], s.Score)
}

// put tells each ranking its scores. One that is kept under other rules or was damaged is built anew, which includes them.
func (t *tables) put(ctx context.Context, p *program.Program, boards leaderboards.Board) error {
	for _, key := range t.order {
		err := boards.Put(ctx, key, t.rules[key], t.scores[key])
		if errors.Is(err, leaderboards.ErrRules) || errors.Is(err, leaderboards.ErrDamaged) {
			err = p.RebuildOne(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
