package program

import (
	"context"
	"time"

	"github.com/laurel-engine/laurel/engine/event"
)

// How jobs share a program with those who send events. Measured with BenchmarkFanOut of package jobs.
const (
	// workPiece is how many events a job hands over at once while others send: they wait for it some hundred microseconds.
	workPiece = 8
	// workRest is how much longer than it works a job rests while others send.
	workRest = 30
	// workAlone is how long nobody else must have sent anything for a job to take all it can get.
	workAlone = 250 * time.Millisecond
)

// Work is Submit for jobs: all events, in pieces. While nobody else sends anything it takes all it can get; else it lets others
// go before, so that a gift to a million members is not felt by anybody else. Events that are refused need nothing more.
func (p *Program) Work(events ...*event.Event) error {
	for len(events) > 0 {
		n := len(events)
		alone := p.alone()
		if !alone {
			n = min(n, workPiece)
		}
		start := time.Now()
		if _, err := p.submit(context.Background(), events[:n]); err != nil {
			return err
		}
		events = events[n:]
		if alone && p.alone() {
			continue
		}
		select {
		case <-time.After(workRest * time.Since(start)):
		case <-p.stop:
		}
	}
	return nil
}

// alone reports whether nobody but jobs has sent anything for a while.
func (p *Program) alone() bool {
	return time.Since(p.start)-time.Duration(p.lastSubmit.Load()) > workAlone
}
