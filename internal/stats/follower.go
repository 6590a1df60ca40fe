package stats

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// layout numbers how rows are made. Those of another number are made again, from the journal.
const layout = 1

// Program is what a follower needs of the program that it follows.
type Program interface {
	Store() engine.Store
	Put(rows ...engine.Row) error
	Flush() error
	Durable() uint64
	Rules() *engine.Ruleset
	Rulesets() (versions []engine.Version, sources map[string]string)
	Now() calendar.Instant
	Tell(of func([]engine.Accepted))
}

// Bounds of the follower.
const (
	queued    = 256             // batches that wait; one that finds no room is read from the journal
	linger    = 5 * time.Second // how long a change waits to be written
	maxChange = 5_000           // so many rows are written at once: events wait for the one commit that takes them
	slice     = 1_000           // so many records are read of the journal before the follower looks whether it is to stop
	patience  = 2 * time.Second // how long a question waits for what was accepted before it
)

// Follower follows what a program accepts, and counts it.
type Follower struct {
	program Program
	log     *slog.Logger

	feed  chan []engine.Accepted
	asked chan chan struct{}
	stop  context.CancelFunc
	ended <-chan struct{}
	over  sync.WaitGroup

	counter  *counter
	versions map[int]*engine.Ruleset
	counted  atomic.Uint64 // the last event that is counted
	written  atomic.Uint64 // the last event of which the rows tell
	failed   atomic.Pointer[error]

	census census
}

// Follow begins to follow a program.
func Follow(p Program, log *slog.Logger) *Follower {
	ctx, stop := context.WithCancel(context.Background())
	f := &Follower{program: p, log: log, feed: make(chan []engine.Accepted, queued), asked: make(chan chan struct{}), stop: stop, ended: ctx.Done()}
	p.Tell(f.accepted)
	f.over.Go(func() { pprof.Do(ctx, pprof.Labels("laurel", "statistics"), f.run) })
	return f
}

// Stop ends it. What was counted is written, if the program still takes it.
func (f *Follower) Stop() {
	f.program.Tell(nil)
	f.stop()
	f.over.Wait()
}

// accepted is told of a batch. It never waits.
func (f *Follower) accepted(batch []engine.Accepted) {
	select {
	case f.feed <- batch:
	default:

	}
}

// Lag is how many events were accepted and are not counted.
func (f *Follower) Lag() uint64 {
	durable, counted := f.program.Durable(), f.counted.Load()
	return durable - min(durable, counted)
}

// Failed is why nothing is counted any more, nil while it is.
func (f *Follower) Failed() error {
	if err := f.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// Settle waits until what is durable is counted and written, at most some seconds: answers say up to where they go.
func (f *Follower) Settle(ctx context.Context) {
	if f.written.Load() == f.program.Durable() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f.CatchUp(ctx)
}

// CatchUp waits until what is durable is counted and written, or ctx is over. It reports whether it is.
func (f *Follower) CatchUp(ctx context.Context) bool {
	answer := make(chan struct{})
	select {
	case f.asked <- answer:
	case <-f.ended:
		return false
	case <-ctx.Done():
		return false
	}
	select {
	case <-answer:
		return f.Failed() == nil
	case <-f.ended:
		return false
	case <-ctx.Done():
		return false
	}
}

// run counts until it is stopped. What cannot be counted ends the counting, and nothing else.
func (f *Follower) run(ctx context.Context) {
	err := f.begin(ctx)
	if err == nil {
		err = f.follow(ctx)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	f.failed.Store(&err)
	f.log.Error("statistics are not kept any more; all else goes on. Rebuild them with `laurel replay --stats` once the server is stopped",
		"program", f.program.Rules().Program, "error", err)
	for {
		select {
		case answer := <-f.asked:
			close(answer)
		case <-ctx.Done():
			return
		}
	}
}

// begin finds out how far the rows are.
func (f *Follower) begin(ctx context.Context) error {
	mark, known, err := ReadMark(f.program.Store())
	if err == nil && !known {
		mark, err = 0, clearRows(f.program.Store(), func(rows []engine.Row) error { return errors.Join(ctx.Err(), f.program.Put(rows...)) })
	}
	if err != nil {
		return err
	}
	f.counted.Store(mark)
	f.written.Store(mark)
	f.counter, err = newCounter(f.program.Store(), f.version)
	return err
}

// version finds a version of the program by its number.
func (f *Follower) version(number int) *engine.Ruleset {
	if r := f.versions[number]; r != nil {
		return r
	}
	f.versions = map[int]*engine.Ruleset{}
	list, _ := f.program.Rulesets()
	for _, v := range list {
		f.versions[v.Number] = v.Rules
	}
	return f.versions[number]
}

func (f *Follower) follow(ctx context.Context) error {
	tick := time.NewTicker(linger)
	defer tick.Stop()
	if err := f.catchUp(ctx); err != nil {
		return err
	}
	for {
		var err error
		select {
		case batch := <-f.feed:
			err = f.take(ctx, batch)
		case <-tick.C:
			if err = f.catchUp(ctx); err == nil {
				err = f.write()
			}
		case answer := <-f.asked:
			if err = f.catchUp(ctx); err == nil {
				err = f.write()
			}
			if err != nil && ctx.Err() == nil {
				f.failed.Store(&err)
			}
			close(answer)
		case <-ctx.Done():
			return f.write()
		}
		if err != nil {
			return err
		}
	}
}

// take counts a batch; if there is a gap before it, what is in the gap as well.
func (f *Follower) take(ctx context.Context, batch []engine.Accepted) error {
	if next := f.counted.Load() + 1; batch[0].Outcome.Seq > next {
		return f.catchUp(ctx)
	}
	for i := range batch {
		if a := &batch[i]; a.Outcome.Seq == f.counted.Load()+1 {
			f.counter.count(a.Present(), a.Event, a.Outcome)
			f.counted.Store(a.Outcome.Seq)
		}
	}
	return f.spill()
}

// spill writes when much has changed.
func (f *Follower) spill() error {
	if f.counter.err != nil {
		return f.counter.err
	}
	if f.counter.pending() < maxChange {
		return nil
	}
	return f.write()
}

// catchUp counts what is durable and was not told, or did not find room.
func (f *Follower) catchUp(ctx context.Context) error {
	for n := slice; n == slice && f.counted.Load() < f.program.Durable(); {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n = 0
		var failed error
		err := f.program.Store().Records(f.counted.Load()+1, func(seq uint64, b []byte) bool {
			var rec *engine.Record
			if rec, failed = engine.DecodeRecord(b); failed != nil {
				return false
			}
			f.counter.count(rec.Present, &rec.Event, &rec.Outcome)
			f.counted.Store(seq)
			n++
			return n < slice
		})
		if err = errors.Join(err, failed); err == nil {
			err = f.spill()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// write writes what has changed, with the mark, in one commit.
func (f *Follower) write() error {
	if f.counter.err != nil {
		return f.counter.err
	}
	counted := f.counted.Load()
	if counted == f.written.Load() {
		return nil
	}
	if err := f.program.Put(append(f.counter.take(), markOf(counted))...); err != nil {
		return err
	}
	f.written.Store(counted)
	f.counter.forget()
	return nil
}

func markOf(seq uint64) engine.Row {
	return engine.Row{Key: markRow, Value: binary.AppendUvarint(binary.AppendUvarint(nil, layout), seq)}
}

// ReadMark is up to which event the statistics in a store tell. known is false where there are none, or none that this build reads.
func ReadMark(store engine.Store) (seq uint64, known bool, err error) {
	value, err := store.Get(markRow)
	if err != nil || value == nil {
		return 0, false, err
	}
	r := numbers{b: value}
	made, seq := r.uint(), r.uint()
	last, _ := store.Head()
	if r.damaged || made != layout || seq > last {
		return 0, false, nil
	}
	return seq, true, nil
}

// clearRows deletes all rows of statistics.
func clearRows(store engine.Store, put func([]engine.Row) error) error {
	for {
		var rows []engine.Row
		err := store.Scan(prefix, "", func(key string, _ []byte) bool {
			rows = append(rows, engine.Row{Key: string(append([]byte(nil), key...))})
			return len(rows) < maxChange
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := put(rows); err != nil {
			return err
		}
	}
}

// Rebuild rebuilds the statistics of a program that nobody runs. It returns how many events they tell of.
func Rebuild(store engine.Store, versions []engine.Version) (uint64, error) {
	put := func(rows []engine.Row) error { return store.Commit(&engine.Batch{Rows: rows, Kept: true}) }
	if err := clearRows(store, put); err != nil {
		return 0, err
	}
	byNumber := map[int]*engine.Ruleset{}
	for _, v := range versions {
		byNumber[v.Number] = v.Rules
	}
	c, err := newCounter(store, func(number int) *engine.Ruleset { return byNumber[number] })
	if err != nil {
		return 0, err
	}
	last := uint64(0)
	for from := uint64(1); ; from = last + 1 {
		var failed error
		err := store.Records(from, func(seq uint64, b []byte) bool {
			var rec *engine.Record
			if rec, failed = engine.DecodeRecord(b); failed != nil {
				return false
			}
			c.count(rec.Present, &rec.Event, &rec.Outcome)
			last = seq
			return c.pending() < maxChange
		})
		if err := errors.Join(err, failed, c.err); err != nil {
			return last, err
		}
		if last < from {
			return last, put([]engine.Row{markOf(last)})
		}
		if err := put(append(c.take(), markOf(last))); err != nil {
			return last, err
		}
		c.forget()
	}
}
