package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
)

// mediaNDJSON is the media type of one JSON value a line.
const mediaNDJSON = "application/x-ndjson"

// chunk is how many events of a batch are handed to the program at once: enough that one sync serves many, and few enough
// that those of others do not wait long for their turn.
const chunk = 1000

// item is one event of a batch, or what is wrong with it.
type item struct {
	event *event.Event
	line  int // from 1
	wrong *problem
}

// sendBatch takes many events and answers with one result each, in order, and a summary. A line that is refused stops
// nothing; an array that is not well-formed is refused as a whole.
func sendBatch(c call) error {
	if err := c.takes(mediaJSON, mediaNDJSON, mediaCloudBatch); err != nil {
		return err
	}
	body := c.http.Context().Request.Body()
	lines := c.media() == mediaNDJSON
	var items []item
	var err error
	t := c.begin()
	defer t.leave()
	switch {
	case lines:
		items, err = readLines(body, t)
	case strings.EqualFold(c.media(), mediaCloudBatch):
		items, err = readCloudBatch(body, t)
	default:
		items, err = readArray(body, t)
	}
	if err != nil {
		return err
	}
	return c.run(items, lines, t)
}

func readArray(body []byte, t *turn) (items []item, err error) {
	errs := event.ParseArray(body, func(e *event.Event, errs []event.FieldError) bool {
		items = append(items, newItem(e, errs, len(items)+1))
		t.one()
		return len(items) <= MaxBatchEvents
	})
	return wholeArray(items, errs)
}

// wholeArray is what was read of an array, or why it is none.
func wholeArray(items []item, errs []event.FieldError) ([]item, error) {
	switch {
	case len(errs) > 0:
		return nil, malformed("invalid_event", "the body is not an array of events", errs)
	case len(items) > MaxBatchEvents:
		return nil, tooManyEvents()
	}
	return items, nil
}

func readLines(body []byte, t *turn) ([]item, error) {
	count := bytes.Count(body, []byte("\n")) + 1
	if count > MaxBatchEvents+1 { // the last line may end with a line break of its own
		return nil, tooManyEvents()
	}
	items := make([]item, 0, count)
	for line := 1; len(body) > 0; line++ {
		var text []byte
		text, body, _ = bytes.Cut(body, []byte("\n"))
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		e, errs := event.Parse(text)
		items = append(items, newItem(e, errs, line))
		t.one()
	}
	return items, nil
}

func newItem(e *event.Event, errs []event.FieldError, line int) item {
	i := item{event: e, line: line}
	if len(errs) > 0 {
		i.wrong = malformed("invalid_event", "this is not an event", errs)
	}
	return i
}

func tooManyEvents() *problem {
	return refuse("too_many_events", "a request takes at most "+strconv.Itoa(MaxBatchEvents)+" events: send them in several")
}

// run submits items in order and answers. A batch of one chunk is answered like any request; from a longer one the results
// of a chunk are on their way while the next is decided.
func (c call) run(items []item, lines bool, t *turn) error {
	if err := c.charge(len(items) - 1); err != nil {
		return err
	}
	r := &results{call: c, lines: lines, id: string(c.http.Response().Header.Peek("X-Request-Id"))}
	buffer := buffers.Get().(*[]byte)
	defer func() { release(buffer, r.b) }()
	r.b = (*buffer)[:0]
	r.open()
	first := items[:min(chunk, len(items))]
	if err := r.submit(first, t); err != nil {
		return err // nothing was answered yet: the whole request fails
	}
	h := c.http.Response()
	h.Header.SetContentType(mediaJSON)
	if lines {
		h.Header.SetContentType(mediaNDJSON)
	}
	h.Header.Set("Cache-Control", "no-store")
	h.SetStatusCode(http.StatusOK)
	if len(first) == len(items) {
		r.close()
		h.SetBody(r.b)
		return nil
	}
	rest := *r // the stream outlives this handler and its buffer
	rest.b = bytes.Clone(r.b)
	c.http.Context().SetBodyStreamWriter(func(w *bufio.Writer) { rest.stream(w, items[chunk:]) })
	return nil
}

// results writes what became of the items of a batch.
type results struct {
	call  call
	lines bool
	id    string // of the request
	b     []byte
	any   bool

	accepted, duplicates, refused int
}

// stream submits and writes chunk after chunk. The answer has begun, so a program that stops now is told line by line.
// A client that has gone ends it between two chunks; what was accepted is found again as a duplicate.
func (r *results) stream(w *bufio.Writer, items []item) {
	defer func() {
		if broken := recover(); broken != nil {
			r.call.server.log.Error("a batch failed", "request_id", r.id, "error", fmt.Sprintf("panic: %v\n%s", broken, debug.Stack()))
		}
	}()
	t := r.call.begin()
	defer t.leave()
	for len(items) > 0 {
		sent := false
		if t.without(func() { sent = r.flush(w) }); !sent {
			return
		}
		n := min(chunk, len(items))
		if err := r.submit(items[:n], t); err != nil {
			p := asProblem(r.call.stopped(err))
			if p.because != nil {
				r.call.server.log.Error("a batch failed", "request_id", r.id, "error", p.because)
			}
			for i := range items[:n] {
				r.refuse(&items[i], p)
			}
		}
		items = items[n:]
	}
	r.close()
	r.flush(w)
}

func (r *results) flush(w *bufio.Writer) bool {
	_, err := w.Write(r.b)
	r.b = r.b[:0]
	return err == nil && w.Flush() == nil
}

// submit hands a chunk's events to the program and writes their results. After an error nothing is written.
func (r *results) submit(items []item, t *turn) error {
	events := make([]*event.Event, 0, len(items))
	for i := range items {
		item := &items[i]
		if item.wrong == nil {
			if refusal := engine.RefuseCommand(item.event, r.call.program.Rules); refusal != nil {
				item.wrong = refused(refusal)
			}
		}
		if item.wrong == nil {
			item.wrong = r.call.stamp(item.event)
		}
		if item.wrong == nil {
			r.call.program.Decode(item.event)
			events = append(events, item.event)
		}
		t.one()
	}
	var outcomes []program.Result
	if len(events) > 0 {
		var err error
		if t.without(func() { outcomes, err = r.offer(events) }); err != nil {
			return err
		}
	}
	accepted, duplicates, refusals := r.accepted, r.duplicates, r.refused
	for i := range items {
		if items[i].wrong != nil {
			r.refuse(&items[i], items[i].wrong)
			continue
		}
		r.result(&items[i], outcomes[0])
		outcomes = outcomes[1:]
		t.one()
	}
	r.call.client.accepted.Add(float64(r.accepted - accepted))
	r.call.client.duplicates.Add(float64(r.duplicates - duplicates))
	r.call.client.refused.Add(float64(r.refused - refusals))
	return nil
}

// offer hands events to the program. A batch whose answer has begun waits rather than being refused in the middle, but not for ever.
func (r *results) offer(events []*event.Event) ([]program.Result, error) {
	began := time.Now()
	for {
		outcomes, err := r.call.program.Offer(events...)
		if !errors.Is(err, program.ErrBusy) || !r.any || time.Since(began) > longestTurn {
			return outcomes, err
		}
		time.Sleep(busyWait)
	}
}

// How long a batch waits before it looks again whether its program has time for it, and how long in all.
const (
	busyWait    = 50 * time.Millisecond
	longestTurn = 30 * time.Second
)

func (r *results) result(i *item, result program.Result) {
	if result.Refusal != nil {
		r.refuse(i, refused(result.Refusal))
		return
	}
	if result.Outcome.Duplicate {
		r.duplicates++
	} else {
		r.accepted++
	}
	r.separate()
	r.b = engine.AppendAnswer(r.b, result.Outcome)
	r.end()
}

// maxExplained is how many events of a batch that were not accepted are told all that is wrong with them. Of the others the
// answer has the code: nobody reads more, and an answer must not be many times the size of the request.
const maxExplained = 100

// refuse writes the result of an event that was not accepted: what a problem would say, and which line it is about.
func (r *results) refuse(i *item, p *problem) {
	r.refused++
	r.separate()
	r.b = append(r.b, '{')
	if i.event != nil && i.event.ID != "" {
		r.b = append(event.AppendText(append(r.b, `"id":`...), i.event.ID), ',')
	}
	r.b = strconv.AppendInt(append(r.b, `"line":`...), int64(i.line), 10)
	r.b = strconv.AppendInt(append(r.b, `,"status":`...), int64(p.status()), 10)
	r.b = event.AppendText(append(r.b, `,"code":`...), p.code)
	if p.member != "" {
		r.b = event.AppendText(append(r.b, `,"member":`...), p.member)
	}
	if r.refused <= maxExplained {
		r.explain(p)
	}
	r.b = append(r.b, '}')
	r.end()
}

func (r *results) explain(p *problem) {
	r.b = event.AppendText(append(r.b, `,"detail":`...), p.detail)
	if len(p.errors) > 0 {
		errs, err := json.Marshal(p.errors)
		if err != nil {
			panic("api: errors must be writable as JSON: " + err.Error())
		}
		r.b = append(append(r.b, `,"errors":`...), errs...)
	}
}

// open, separate, end and close write what stands around results: line breaks, or an object with an array.
func (r *results) open() {
	if !r.lines {
		r.b = append(r.b, `{"results":[`...)
	}
}

func (r *results) separate() {
	if !r.lines && r.any {
		r.b = append(r.b, ',')
	}
	r.any = true
}

func (r *results) end() {
	if r.lines {
		r.b = append(r.b, '\n')
	}
}

func (r *results) close() {
	if !r.lines {
		r.b = append(r.b, `],"summary":`...)
	}
	r.b = strconv.AppendInt(append(r.b, `{"accepted":`...), int64(r.accepted), 10)
	r.b = strconv.AppendInt(append(r.b, `,"duplicates":`...), int64(r.duplicates), 10)
	r.b = strconv.AppendInt(append(r.b, `,"refused":`...), int64(r.refused), 10)
	r.b = append(r.b, '}')
	if r.lines {
		r.b = append(r.b, '\n')
	} else {
		r.b = append(r.b, '}')
	}
}
