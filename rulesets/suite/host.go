package suite

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// host is the world as the work that time asks for needs it.
type host struct{ *world }

// Store implements tasks.VirtualTime, as do the methods below.
func (h host) Store() engine.Store { return h.store }

// Versions are that of the ruleset and the one that everybody joined under.
func (h host) Versions() []engine.Version { return h.processor.Versions() }

// Now is the time of the story.
func (h host) Now() calendar.Instant { return h.now }

// Clock is the time of the story, too: nothing is ever on its way.
func (h host) Clock() (last, first calendar.Instant) {
	_, first = h.processor.Clock()
	return h.now, first
}

// Submit lets events arrive now.
func (h host) Submit(events ...*event.Event) error {
	for _, e := range events {
		e.Arrived = h.now
		// News are told to everybody there ever was, also to who has been merged into another.
		if _, refusal := h.process(e); refusal != nil && refusal.Code != engine.CodeMerged {
			return refusal
		}
	}
	return nil
}

// Put writes rows.
func (h host) Put(rows ...engine.Row) error {
	h.processor.Put(rows...)
	h.commit()
	return nil
}

// Flush writes what is only in memory.
func (h host) Flush() error {
	h.checkpoint()
	return nil
}

// Erased is false: no step erases anybody.
func (h host) Erased(string) bool { return false }

// News are those of the processor.
func (h host) News() engine.News { return h.processor.News() }

// Turns are none: nobody outside is to be told of a test.
func (h host) Turns(_, by calendar.Instant) ([]*event.Event, calendar.Instant) { return nil, by }

// Due are those of the processor.
func (h host) Due(by calendar.Instant, most int) ([]*event.Event, error) {
	return h.processor.Due(by, most)
}

// Set moves the time of the story.
func (h host) Set(now calendar.Instant) { h.now = now }
