package enginetest

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/tasks"
)

// Runtime is a processor over a store as the tasks of time need it: whatever is handed over is committed at once. It
// implements tasks.VirtualTime.
type Runtime struct {
	S engine.Store
	P *engine.Processor
	// At is the time of the clock.
	At calendar.Instant
	// Accepted is called for every event that was accepted again; nil for nothing.
	Accepted func(*engine.Outcome)
}

// Store is the store.
func (h *Runtime) Store() engine.Store { return h.S }

// Versions are those of the processor.
func (h *Runtime) Versions() []engine.Version { return h.P.Versions() }

// Now is the time of the clock.
func (h *Runtime) Now() calendar.Instant { return h.At }

// Clock is that of the processor.
func (h *Runtime) Clock() (last, first calendar.Instant) { return h.P.Clock() }

// News are those of the processor.
func (h *Runtime) News() engine.News { return h.P.News() }

// Due are those of the processor.
func (h *Runtime) Due(by calendar.Instant, most int) ([]*event.Event, error) {
	return h.P.Due(by, most)
}

// Turns are those of the processor.
func (h *Runtime) Turns(after, by calendar.Instant) ([]*event.Event, calendar.Instant) {
	return h.P.Turns(after, by)
}

// Set moves the clock.
func (h *Runtime) Set(now calendar.Instant) { h.At = now }

// Erased asks the processor.
func (h *Runtime) Erased(member string) bool { return h.P.Erased(member) }

// Submit lets events arrive at the time of the clock.
func (h *Runtime) Submit(events ...*event.Event) error {
	for _, e := range events {
		e.Arrived = h.At
		out, refusal, err := h.P.Process(e)
		if err != nil {
			return err
		}
		if refusal == nil && !out.Duplicate && h.Accepted != nil {
			h.Accepted(out)
		}
	}
	return h.commit(false)
}

// Put writes rows.
func (h *Runtime) Put(rows ...engine.Row) error {
	h.P.Put(rows...)
	return h.commit(false)
}

// Flush writes a checkpoint.
func (h *Runtime) Flush() error { return h.commit(true) }

func (h *Runtime) commit(checkpoint bool) error {
	b := h.P.Take(checkpoint)
	b.Complete()
	if err := h.S.Commit(b); err != nil {
		return err
	}
	h.P.Committed(b)
	return nil
}

// CloseSeasons closes all seasons that have reached their close, with what time has done before.
func (h *Runtime) CloseSeasons() error { return tasks.Quiesce(h) }
