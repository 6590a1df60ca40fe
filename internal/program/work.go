package program

import (
	"time"

	"github.com/laurel-engine/laurel/engine"
)

// How jobs share a program with those who send events.
const (
	// workPiece is how many events a job hands over at once while others send: they wait for it some hundred microseconds.
	workPiece = 16
	// workRest is how much longer than it works a job rests while others send. Measured with BenchmarkFanOut of package jobs.
	workRest = 4
)

// Work is Submit for jobs: all events, in pieces. While nobody else sends anything it takes all it can get; else it lets others
// go before, so that a gift to a million members is not felt by anybody else. Events that are refused need nothing more.
func (p *Program) Work(events ...*engine.Event) error {
	quiet := p.asked.Load() == p.worked.Load()
	for len(events) > 0 {
		n := len(events)
		if !quiet {
			n = min(n, workPiece)
		}
		asked, start := p.asked.Load(), time.Now()
		if _, err := p.submit(events[:n]); err != nil {
			return err
		}
		events = events[n:]
		p.worked.Store(p.asked.Load())
		if quiet = p.asked.Load() == asked; quiet {
			continue
		}
		select {
		case <-time.After(workRest * time.Since(start)):
		case <-p.stop:
		}
	}
	return nil
}
