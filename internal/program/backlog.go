package program

import (
	"errors"
	"math"
	"sync/atomic"
	"time"
)

// ErrBusy is the answer where so much waits to be decided that it would take longer than a second: sending it again later is better than
// waiting in a line that grows.
var ErrBusy = errors.New("more waits than is decided within a second; send it again")

// longestWait is how long what waits may take to be decided and written.
const longestWait = time.Second

// startPace is what deciding an event is taken to cost before any was decided.
const startPace = 50 * time.Microsecond

// backlog knows how much waits, and how long that will take.
type backlog struct {
	events  atomic.Int64 // that were handed over, and are not on the disk
	pace    atomic.Int64 // nanoseconds from one event to the next while there is always one
	writing atomic.Int64 // when the batch began that is being written, nanoseconds of the process; 0 for none

	took, done float64 // nanoseconds of steady work and events of it, the older the less they count
}

// full reports whether what waits takes too long for anything more to be taken. Where nothing waits it never is.
func (b *backlog) full(now time.Duration) bool {
	waits := b.events.Load()
	return waits > 0 && b.wait(waits, now) > longestWait
}

// enter adds events to what waits.
func (b *backlog) enter(n int) { b.events.Add(int64(n)) }

// leave takes events off: they are on the disk, or were never decided.
func (b *backlog) leave(n int) { b.events.Add(-int64(n)) }

// wait is how long some events take, and what is being written.
func (b *backlog) wait(events int64, now time.Duration) time.Duration {
	pace := time.Duration(b.pace.Load())
	if pace == 0 {
		pace = startPace
	}
	wait := time.Duration(events) * pace
	if began := b.writing.Load(); began != 0 {
		wait += now - time.Duration(began)
	}
	return wait
}

// wrote learns from a batch that answers some events how long one takes, by what was written in the last second or two of steady work: a disk
// that stalls once does not make all that comes slow. It counts from when the batch before was written, if there was always something to do
// since; it returns that for the next, 0 where nothing waits. One goroutine calls it.
func (b *backlog) wrote(events int, before, now time.Duration) time.Duration {
	if took := now - before; events > 0 && before > 0 && took > 0 {
		kept := math.Exp(-took.Seconds())
		b.took, b.done = b.took*kept+float64(took), b.done*kept+float64(events)
		b.pace.Store(max(1, int64(b.took/b.done)))
	}
	if b.events.Load() > int64(events) {
		return now
	}
	return 0
}
