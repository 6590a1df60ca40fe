package program

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// ErrStopped is the answer of a program that accepts nothing any more: it was closed, or its store failed.
var ErrStopped = errors.New("the program accepts no events: it is stopping or its store has failed")

// ErrFull is the answer while the disk is nearly full: what is there can be read, and nothing is written.
var ErrFull = errors.New("the disk is nearly full; nothing is written until there is room")

// ErrHeld is the answer of a program while nothing is accepted, because the machine's clock cannot be right.
var ErrHeld = errors.New("nothing is accepted until the clock is right")

// ErrPaused is the answer of a program that was paused: what is there can be read, and nothing is accepted.
var ErrPaused = errors.New("the program is paused; nothing is accepted until it is resumed")

// Options are what a program is made of.
type Options struct {
	Store    engine.Store
	Versions []engine.Version // the last one is in force
	// Sources are the files of the version in force, by name.
	Sources map[string]string
	// Paused are the definitions of it that give nothing, by section and id.
	Paused []string
	// Boards serves leaderboards. Ranks is the same board when it is in process, so that answers can tell ranks.
	Boards leaderboards.Board
	Ranks  engine.Ranks
	// Now is the time by which what is due happens, and what is accepted is dated.
	Now func() calendar.Instant
	// Ahead is how far ahead of Now the time is that events take which have none of their own, and that questions are asked at,
	// while nobody vouches for the machine's clock. nil: it is not.
	Ahead func() time.Duration
	// Held is why nothing may be accepted, nil while it may; nil for never. What time does goes on.
	Held func() error
	// Full reports whether nothing must be written for want of room; nil: there always is.
	Full func() bool
	// Erased is told the pseudonyms of those who are erased, before the erasure is answered, and of all who ever were when the program starts;
	// nil: nobody is.
	Erased func(pseudonyms ...string)
	// Secret is what the ids of erased members are hashed with, and generated codes are made of; it must never change.
	Secret []byte
}

// Program is one running program.
type Program struct {
	store     engine.Store
	boards    leaderboards.Board
	now       func() calendar.Instant
	ahead     func() time.Duration
	held      func() error
	sources   map[string]string
	paused    []string
	full      func() bool
	inProcess bool // the boards are in process and fed by the processor itself
	resting   atomic.Bool
	backlog   backlog
	erased    func(pseudonyms ...string)

	queue   chan *request
	commits chan *commit
	free    chan struct{} // a token when the second stage waits for a batch
	done    chan struct{}
	stop    chan struct{}
	closing sync.Once

	mu        sync.Mutex // guards processor and views
	processor *engine.Processor
	views     map[string]*view
	copies    copies
	followers followers
	tells     atomic.Pointer[func([]engine.Accepted)]
	renamed   atomic.Uint64
	acted     atomic.Uint64 // the last event that a call of an administrator is

	start      time.Time
	lastSubmit atomic.Int64 // when somebody other than a job last submitted, in nanoseconds since start
	durable    atomic.Uint64
	waitMu     sync.Mutex
	waiters    *sync.Cond
	failure    atomic.Pointer[error]
	rules      atomic.Pointer[engine.Ruleset] // in force
	planned    atomic.Pointer[planned]        // the version that is to come, nil for none
}

// request is events that wait for their results, in order.
type request struct {
	events    []*event.Event
	decided   int // how many of them are
	results   []Result
	rows      []engine.Row
	rewritten []engine.Rewritten
	flush     bool // write a checkpoint with its batch
	kept      bool // its rows are durable with its batch
	done      chan struct{}
	err       error
}

// Result is what became of one event: an outcome or a refusal.
type Result struct {
	Outcome *engine.Outcome
	Refusal *engine.Refusal
}

// commit is a batch on its way to the store, with the requests that it answers.
type commit struct {
	batch    *engine.Batch
	requests []*request
	events   int // of the requests
	flush    bool
	kept     bool
	last     uint64
}

// Listen tells which types of messages somebody listens to (engine.Processor.Listen).
func (p *Program) Listen(to func(message string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.processor.Listen(to)
}

// Open starts a program: it applies the tail of the journal, fills the boards and begins to take events.
func Open(o Options) (*Program, error) {
	processor, err := engine.NewProcessor(o.Store, o.Versions, o.Ranks)
	if err != nil {
		return nil, err
	}
	processor.SealCodes(o.Secret)
	p := &Program{store: o.Store, boards: o.Boards, now: o.Now, ahead: o.Ahead, held: o.Held, sources: o.Sources, paused: o.Paused, full: o.Full,
		inProcess: o.Ranks != nil, processor: processor,
		queue: make(chan *request, 4*maxBatch), commits: make(chan *commit), free: make(chan struct{}, 1), done: make(chan struct{}), stop: make(chan struct{}),
		views: map[string]*view{}, copies: copies{of: map[copyKey]*copied{}},
		followers: followers{members: map[string][]*Follower{}, boards: map[string][]*Follower{}}}
	if p.ahead == nil {
		p.ahead = func() time.Duration { return 0 }
	}
	if p.held == nil {
		p.held = func() error { return nil }
	}
	p.waiters, p.start = sync.NewCond(&p.waitMu), time.Now()
	p.lastSubmit.Store(-int64(workAlone))
	if b := processor.Take(processor.Dirty() > 0); !b.Empty() {
		b.Complete()
		if err := o.Store.Commit(b); err != nil {
			return nil, err
		}
		processor.Committed(b)
	}
	p.durable.Store(processor.Last())
	p.followers.since = processor.Last()
	p.rules.Store(processor.Rules())
	if p.erased = o.Erased; p.erased == nil {
		p.erased = func(...string) {}
	}
	p.erased(processor.ErasedMembers()...)
	go p.decide()
	go p.commit()
	if p.inProcess {
		if err := errors.Join(p.forgetOutside(), p.Rebuild(context.Background())); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// Rest lets the program accept nothing, or accept again. Reads go on, and so does what time does.
func (p *Program) Rest(rest bool) { p.resting.Store(rest) }

// Resting reports whether the program accepts nothing because somebody has paused it.
func (p *Program) Resting() bool { return p.resting.Load() }

// Submit hands events to the program and waits until they are durable. Results come in the order of the events. The error is
// ErrPaused while somebody has paused it, ErrFull while the disk is nearly full, and ErrHeld while the machine's clock cannot be right:
// then nothing is accepted but history, which has its own time.
func (p *Program) Submit(events ...*event.Event) ([]Result, error) {
	return p.SubmitContext(context.Background(), events...)
}

// Waiting is how many events have been handed over and are not answered yet.
func (p *Program) Waiting() int64 { return p.backlog.events.Load() }

// Offer is Submit for those who can send again: it takes nothing, and is ErrBusy, where more waits than is decided within a second.
func (p *Program) Offer(events ...*event.Event) ([]Result, error) {
	if p.backlog.full(time.Since(p.start)) {
		return nil, ErrBusy
	}
	return p.Submit(events...)
}

// SubmitContext is Submit that waits no longer than ctx lets it. Events that were handed over by then belong to the program, and
// may be accepted all the same.
func (p *Program) SubmitContext(ctx context.Context, events ...*event.Event) ([]Result, error) {
	if p.resting.Load() {
		return nil, ErrPaused
	}
	if slices.ContainsFunc(events, func(e *event.Event) bool { return !e.Past }) {
		if err := p.held(); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHeld, err)
		}
	}
	p.lastSubmit.Store(int64(time.Since(p.start)))
	p.backlog.enter(len(events))
	defer p.backlog.leave(len(events))
	return p.submit(ctx, events)
}

func (p *Program) submit(ctx context.Context, events []*event.Event) ([]Result, error) {
	if p.full != nil && p.full() {
		return nil, ErrFull
	}
	now, present := p.times()
	rules := p.rules.Load()
	for _, e := range events {
		arrive(e, now, present)
		decode(rules, e)
	}
	r := &request{events: events, results: make([]Result, len(events)), done: make(chan struct{})}
	return r.results, p.enqueueContext(ctx, r)
}

// Decode reads the data of an event by the version in force, which Submit would do.
func (p *Program) Decode(e *event.Event) { decode(p.rules.Load(), e) }

// decode reads the data of an event here, and not where one goroutine decides.
func decode(rules *engine.Ruleset, e *event.Event) {
	if t := rules.EventType(e.Type); t != nil && !t.Builtin {
		_ = e.Decode(t.Schema)
	}
}

// arrive dates an event that comes in.
func arrive(e *event.Event, now, present calendar.Instant) {
	e.Arrived, e.Clock = now, present
	if !e.Timed {
		e.Time = present
	}
}

// neverBefore keeps an event that has no time of its own from being older than what was accepted before it, where the clock was
// ahead then and has been put right: it would be late by a clock that was wrong. The lock is held.
func (p *Program) neverBefore(e *event.Event) {
	if last, _ := p.processor.Clock(); !e.Timed && !e.Past {
		e.Time = max(e.Time, last)
	}
}

// Put writes index rows of jobs, such as how far an outbox was drained, with the next batch. A crash may lose them, in the order
// in which they were put: then the job does again what they told of.
func (p *Program) Put(rows ...engine.Row) error {
	return p.enqueue(&request{rows: rows, done: make(chan struct{})})
}

// Keep is Put of rows without which it is not known what there was to do: they are durable when it returns.
func (p *Program) Keep(rows ...engine.Row) error {
	return p.enqueue(&request{rows: rows, kept: true, done: make(chan struct{})})
}

// Flush writes a checkpoint: states and scores stand in the store as after everything submitted before.
func (p *Program) Flush() error { return p.enqueue(&request{flush: true, done: make(chan struct{})}) }

func (p *Program) enqueue(r *request) error { return p.enqueueContext(context.Background(), r) }

func (p *Program) enqueueContext(ctx context.Context, r *request) error {
	select {
	case p.queue <- r:
	case <-p.stop:
		return ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
		select {
		case <-r.done:
			return r.err
		default:
			return ErrStopped
		}
	}
}

// asked is how many events of its requests a batch answers.
func (c *commit) asked() (n int) {
	for _, r := range c.requests {
		n += len(r.events)
	}
	return n
}

// add puts a decided request into the batch that answers it.
func (c *commit) add(r *request) {
	c.requests = append(c.requests, r)
	c.flush, c.kept = c.flush || r.flush, c.kept || r.kept
}

// hand gives a batch to the second stage. It reports false when the store has failed and nobody commits any more.
func (p *Program) hand(c *commit) bool {
	if err := p.finish(c); err != nil {
		p.fail(err)
		return false
	}
	select {
	case p.commits <- c:
		return true
	case <-p.done:
		return false
	}
}

// finish takes what was decided since the last batch. The commit before it needs the lock.
func (p *Program) finish(c *commit) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer broken(&err)
	c.batch, c.last = p.processor.Take(c.flush), p.processor.Last()
	c.batch.Kept = c.kept
	return nil
}

// commit is the second stage: it makes batches durable and answers.
func (p *Program) commit() {
	defer close(p.done)
	var before time.Duration // when the batch before was written, while something waited behind it
	for {
		select {
		case p.free <- struct{}{}:
		default:
		}
		c, open := <-p.commits
		if !open {
			return
		}
		if !c.batch.Empty() {
			p.backlog.writing.Store(int64(time.Since(p.start)))
			if err := p.write(c.batch); err != nil {
				p.fail(err)
				return
			}
			p.backlog.writing.Store(0)
		}
		p.advance(c.last)
		before = p.backlog.wrote(c.asked(), before, time.Since(p.start))
		for _, a := range c.batch.Accepted {
			if engine.MayRename(a.Event) {
				p.renamed.Store(a.Outcome.Seq)
			}
			if engine.IsAct(a.Event) {
				p.acted.Store(a.Outcome.Seq)
			}
			if as := engine.ErasedAs(a.Event); as != nil {
				p.erased(as...)
			}
		}
		p.followers.tell(c.batch.Accepted)
		for _, r := range c.requests {
			close(r.done)
		}
		if tell := p.tells.Load(); tell != nil && len(c.batch.Accepted) > 0 {
			(*tell)(c.batch.Accepted)
		}
	}
}

// Tell lets somebody know of what is accepted from now on, batch by batch once each is durable and answered. It must not take long: no
// batch is committed meanwhile. What it is given may be kept, and is not to be changed. nil ends it.
func (p *Program) Tell(of func([]engine.Accepted)) {
	if of == nil {
		p.tells.Store(nil)
		return
	}
	p.tells.Store(&of)
}

// write writes the records of a batch, moves the scores on the boards at hand, and makes it durable.
func (p *Program) write(b *engine.Batch) (err error) {
	defer broken(&err)
	done := 0
	b.CompleteSlowly(func() {
		if done++; done%slice == 0 {
			runtime.Gosched() // others are on the same ones
		}
	})
	if err := p.store.Commit(b); err != nil {
		return fmt.Errorf("the store could not commit, so nothing more is acknowledged: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.processor.Committed(b)
	return nil
}

// broken makes a panic of the engine an error. It is a mistake of ours that may have left something half changed; it stops the
// program, and the journal brings back what was committed.
func broken(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("a broken invariant stopped the program: %v\n%s", cause, debug.Stack())
	}
}

func (p *Program) advance(last uint64) {
	p.waitMu.Lock()
	p.durable.Store(last)
	p.waiters.Broadcast()
	p.waitMu.Unlock()
}

// fail stops the program for good.
func (p *Program) fail(err error) {
	p.failure.CompareAndSwap(nil, &err)
	p.closing.Do(func() { close(p.stop) })
	p.waitMu.Lock()
	p.waiters.Broadcast()
	p.waitMu.Unlock()
}

// Failed is why the program stopped, nil while it runs.
func (p *Program) Failed() error {
	if err := p.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// Done is closed when the program has stopped, be it closed or failed.
func (p *Program) Done() <-chan struct{} { return p.done }

// Close takes no more events, commits what was taken, writes a checkpoint and returns.
func (p *Program) Close() error {
	p.closing.Do(func() { close(p.stop) })
	<-p.done
	return p.Failed()
}

// Wait returns when everything up to seq is durable.
func (p *Program) Wait(seq uint64) error {
	if p.durable.Load() >= seq {
		return nil
	}
	p.waitMu.Lock()
	defer p.waitMu.Unlock()
	for p.durable.Load() < seq {
		if p.Failed() != nil {
			return ErrStopped
		}
		p.waiters.Wait()
	}
	return nil
}

// Durable is the sequence number up to which events are durable.
func (p *Program) Durable() uint64 { return p.durable.Load() }

// Rules is the ruleset in force.
func (p *Program) Rules() *engine.Ruleset { return p.rules.Load() }

// Now is the program's clock, by which what is due happens.
func (p *Program) Now() calendar.Instant { return p.now() }

// Present is the instant that questions are asked at: it is ahead of Now while nobody vouches for the machine's clock, so that
// what takes is held.
func (p *Program) Present() calendar.Instant {
	_, present := p.times()
	return present
}

func (p *Program) times() (now, present calendar.Instant) {
	now = p.now()
	return now, now.Add(p.ahead())
}

// Store is the program's store, for reads that look at what is committed.
func (p *Program) Store() engine.Store { return p.store }

// Boards serves the program's leaderboards.
func (p *Program) Boards() leaderboards.Board { return p.boards }
