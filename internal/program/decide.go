package program

import (
	"runtime"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

const (
	// maxBatch is how many events are decided before their batch is handed on. Larger batches would make the first of them
	// wait longer than a sync takes.
	maxBatch = 1024
	// slice is how many events of one request are decided before others have their turn, and reads theirs.
	slice = 64
	// While batches hold gatherFrom events or more, one of less than a slice waits gatherTime for others: each batch costs a sync
	// and some wake-ups, which many can share. A lone event is handed on at once.
	gatherFrom = 2
	gatherTime = 500 * time.Microsecond
)

// decide is the first stage: it lets the processor decide whatever comes in, and hands the batch on when the second stage
// is free and nothing more waits. While a batch is on its way to the disk the next one grows, so that batches are as large
// as the load makes them.
func (p *Program) decide() {
	defer close(p.commits)
	d := decider{Program: p, commit: &commit{}, gathered: time.NewTimer(0)}
	for d.next() {
	}
	d.gathered.Stop()
}

// decider is the first stage at work.
type decider struct {
	*Program
	*commit             // what is handed on next
	idle     bool       // the second stage waits for it
	long     []*request // of more than a slice, which take turns
	before   int        // events of the batch before
	wave     []*request // that are decided together
	upcoming []*event.Event
	reads    engine.Reads
	gathered *time.Timer
	gathers  bool // until gathered
}

// next does one thing. It reports false when there is nothing more to do.
func (d *decider) next() bool {
	if d.ready() {
		return d.handOn()
	}
	if len(d.long) > 0 {
		return d.turn()
	}
	select {
	case r := <-d.queue:
		return d.take(r)
	case <-d.free:
		d.idle = true
	case <-d.gathered.C:
		d.gathers = false
	case <-d.stop:
		return d.end()
	}
	return true
}

// ready reports whether the batch is to be handed on: it is full, or the second stage is free and nothing more waits, nor is
// expected to come within a moment.
func (d *decider) ready() bool {
	switch {
	case d.events >= maxBatch:
		return true
	case !d.idle || len(d.requests) == 0 && d.events < slice || len(d.queue) > 0:
		return false
	default:
		return d.events >= slice || !d.gathers && len(d.long) == 0
	}
}

// handOn hands the batch on and begins the next.
func (d *decider) handOn() bool {
	d.before, d.idle, d.gathers = d.events, false, false
	c := d.commit
	d.commit = &commit{}
	return d.hand(c)
}

// turn lets those pass that wait now, and decides a slice of a long request.
func (d *decider) turn() bool {
	select {
	case r := <-d.queue:
		if !d.take(r) {
			return false
		}
	default:
	}
	select {
	case <-d.free:
		d.idle = true
	case <-d.stop:
		return d.end()
	default:
	}
	runtime.Gosched() // others are on the same ones
	r := d.long[0]
	d.long = d.long[1:]
	return d.decideWave(r)
}

// take begins with a request, and with those that wait behind it, up to about a slice of events.
func (d *decider) take(r *request) bool {
	if len(d.requests) == 0 && d.events == 0 && d.before >= gatherFrom {
		d.gathers = true
		d.gathered.Reset(gatherTime)
	}
	d.wave = append(d.wave[:0], r)
	for n := len(r.next()); n < slice && len(d.queue) > 0; { // nobody else takes from it
		r := <-d.queue
		d.wave = append(d.wave, r)
		n += len(r.next())
	}
	return d.decideWave(d.wave...)
}

// next are the events of a request that are decided next.
func (r *request) next() []*event.Event {
	return r.events[r.decided:min(r.decided+slice, len(r.events))]
}

// decideWave decides the next events of some requests.
func (d *decider) decideWave(wave ...*request) bool {
	if err := d.decideNext(wave); err != nil {
		d.fail(err)
		return false
	}
	for _, r := range wave {
		if r.decided < len(r.events) {
			d.long = append(d.long, r)
		} else {
			d.add(r)
		}
	}
	return true
}

// end hands on what was decided, with a checkpoint, so that the next start has no tail to apply.
func (d *decider) end() bool {
	d.flush = true
	d.hand(d.commit)
	return false
}

// decideNext lets the processor decide the next events of some requests. What they ask the store for is read beforehand, while
// nobody waits for the processor.
func (d *decider) decideNext(wave []*request) (err error) {
	defer broken(&err)
	d.ComeIntoForce()
	d.upcoming = d.upcoming[:0]
	for _, r := range wave {
		d.upcoming = append(d.upcoming, r.next()...)
	}
	if err := d.read(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.processor.Use(&d.reads)
	defer d.processor.Use(nil)
	for _, r := range wave {
		if err := d.decideRequest(r); err != nil {
			return err
		}
	}
	return nil
}

// read reads what the upcoming events will ask the store for.
func (d *decider) read() error {
	if len(d.upcoming) == 0 {
		return nil
	}
	d.foresee()
	for {
		if err := d.reads.Load(d.store); err != nil || !d.foreseeMore() {
			return err
		}
	}
}

func (d *decider) foresee() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.processor.Foresee(&d.reads, d.upcoming)
}

func (d *decider) foreseeMore() bool {
	if !d.reads.More() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.processor.ForeseeMore(&d.reads)
}

// decideRequest lets the processor decide the next events of a request. The lock is held.
func (d *decider) decideRequest(r *request) error {
	for _, e := range r.next() {
		d.neverBefore(e)
		out, refusal, err := d.processor.Process(e)
		if err != nil {
			return err
		}
		r.results[r.decided] = Result{Outcome: out, Refusal: refusal}
		r.decided++
		d.events++
	}
	if r.decided == len(r.events) {
		d.processor.Put(r.rows...)
		d.processor.Rewrite(r.rewritten)
	}
	return nil
}
