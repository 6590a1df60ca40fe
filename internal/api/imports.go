package api

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// importEvents takes events of the past, one JSON value a line, sorted by time, and answers like a batch. They are judged
// as if they had arrived at their time (semantics: Import of history). Sending an import again is its resume: what was
// accepted is a duplicate. A line out of order is refused and the next one is compared with the line before it.
func importEvents(c call) error {
	if err := c.takes(mediaNDJSON); err != nil {
		return err
	}
	t := c.begin()
	defer t.leave()
	items, err := readLines(c.http.Context().Request.Body(), t)
	if err != nil {
		return err
	}
	now, last := c.program.Now(), calendar.Beginning
	for i := range items {
		item := &items[i]
		if item.wrong != nil {
			continue
		}
		item.event.Past = true
		if item.wrong = notImportable(item.event, last, now); item.wrong == nil {
			last = item.event.Time
		}
	}
	return c.run(items, true, t)
}

// notImportable is why an event cannot be part of an import after one at the instant last, nil when it can.
func notImportable(e *event.Event, last, now calendar.Instant) *problem {
	about := func(code, message string) event.FieldError {
		return event.FieldError{Location: "time", Code: code, Message: message}
	}
	switch {
	case !e.Timed:
		return refuse("invalid_event", "an event of the past needs its time", about("missing_field", "this field is required in an import"))
	case e.Time > now:
		return refuse(engine.CodeInFuture, "an import takes events of the past", about(engine.CodeInFuture, "it lies in the future"))
	case e.Time < last:
		return refuse("import_unsorted", "the events of an import are sorted by time",
			about("import_unsorted", "it is older than the line before"))
	}
	return nil
}
