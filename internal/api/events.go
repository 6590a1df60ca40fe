package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/program"
)

// sendEvent takes one event and answers with its effects. This is the path that everything else is measured by: it reads
// the body once, keeps nothing of it but copies, and writes the answer by hand.
func sendEvent(c call) error {
	if err := c.takes(mediaJSON, mediaCloudEvent); err != nil {
		return err
	}
	dry, err := c.flag("dry_run")
	if err != nil {
		return err
	}
	e, errs := c.readEvent()
	if len(errs) > 0 {
		return malformed("invalid_event", "the body is not an event", errs)
	}
	r, err := c.submit(e, dry)
	if err != nil {
		return err
	}
	if r.Refusal != nil {
		c.client.refused.Inc()
		return refused(r.Refusal)
	}
	return c.sendOutcome(r.Outcome, dry)
}

// submit hands one event to the program.
func (c call) submit(e *event.Event, dry bool) (program.Result, error) {
	if refusal := engine.RefuseCommand(e, c.program.Rules); refusal != nil {
		return program.Result{Refusal: refusal}, nil
	}
	if wrong := c.stamp(e); wrong != nil {
		return program.Result{}, wrong
	}
	return c.decide(e, dry)
}

// imagined is the outcome of a dry run: nothing was accepted.
func imagined(o *engine.Outcome, dry bool) *engine.Outcome {
	if !dry || o.Duplicate {
		return o
	}
	like := *o
	like.Seq = 0
	return &like
}

func (c call) sendOutcome(o *engine.Outcome, dry bool) error {
	switch {
	case dry && !o.Duplicate:
		o = imagined(o, dry)
	case !dry && o.Duplicate:
		c.client.duplicates.Inc()
	case !dry:
		c.client.accepted.Inc()
	}
	buffer := buffers.Get().(*[]byte)
	b := engine.AppendAnswer((*buffer)[:0], o)
	err := c.send(http.StatusOK, b)
	release(buffer, b)
	return err
}

// takes refuses bodies that say they are of another media type. Saying nothing, and what curl and a browser's fetch say when
// they are told nothing, are taken for the first of the types: a bearer key is never sent by a page of somebody else's.
func (c call) takes(types ...string) error {
	if media := c.media(); media != "" && !contains(untold, media) && !contains(types, media) {
		return refuse("media_type_refused", "this call takes "+strings.Join(types, " or "))
	}
	return nil
}

// untold are the media types of bodies whose sender did not say one: curl's, and fetch's of a text.
var untold = []string{"application/x-www-form-urlencoded", "text/plain"}

func contains(types []string, media string) bool {
	for _, t := range types {
		if strings.EqualFold(t, media) {
			return true
		}
	}
	return false
}

// media is the media type of the body, without parameters.
func (c call) media() string {
	media, _, _ := bytes.Cut(c.http.Context().Request.Header.ContentType(), []byte(";"))
	return string(bytes.TrimSpace(media))
}

// recorded is an event as it stands in the journal, with its outcome.
type recorded struct {
	ID       string           `json:"id"`
	Type     string           `json:"type"`
	Member   string           `json:"member"`
	From     string           `json:"merged_from,omitempty"` // the member that it was when it was accepted
	Time     calendar.Instant `json:"time"`
	Accepted calendar.Instant `json:"accepted_at"`
	Imported bool             `json:"imported,omitempty"`
	Late     bool             `json:"late,omitempty"`
	Refused  string           `json:"refused,omitempty"` // the code of the refusal of a command
	By       *event.By        `json:"by,omitempty"`      // who caused it, of a call of an administrator and of a partner's event
	Data     json.RawMessage  `json:"data"`
	Outcome  json.RawMessage  `json:"outcome"`
}

// showEvent answers with an event and what it meant.
func showEvent(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	id, err := c.id("event")
	if err != nil {
		return err
	}
	rec, err := findRecord(c.program.Store(), id)
	if err != nil {
		return err
	}
	if rec == nil || !sees(c.key, rec) {
		return notFound("event")
	}
	if c.program.Erased(rec.Event.Member) {
		return c.noMember(rec.Event.Member)
	}
	return c.show(recordNow(c.program, rec))
}

// explained is what an event did, and why each definition did or did not do something for it.
type explained struct {
	recorded
	Origin      string             `json:"origin,omitempty"` // the event that it is about, or that led to it
	Definitions []explainedStep    `json:"definitions"`
	Did         []explainedDeed    `json:"did"`
	Short       []engine.Shortfall `json:"short"`           // what challenges and tiers lacked after it
	After       *engine.Progress   `json:"after,omitempty"` // where the member stood after it; what groups had brought is not told
}

type explainedDeed struct {
	Kind       string            `json:"kind"`
	Definition string            `json:"definition,omitempty"`
	What       string            `json:"what"`
	Amount     *decimal.Decimal  `json:"amount,omitempty"` // of points
	At         *calendar.Instant `json:"at,omitempty"`
	Of         string            `json:"of,omitempty"` // the event whose points it touched
	Balance    *decimal.Decimal  `json:"balance,omitempty"`
	Said       string            `json:"said"`
}

type explainedStep struct {
	Definition string        `json:"definition"`
	Event      string        `json:"event"` // the event itself, or one that it caused
	Fired      bool          `json:"fired"`
	Reason     engine.Reason `json:"reason,omitempty"`
	Said       string        `json:"said,omitempty"`
	Detail     string        `json:"detail,omitempty"` // which part was false, and what it saw
	File       string        `json:"file"`
	Line       int           `json:"line"`
}

// explainEvent answers with an event, what it meant, and why.
func explainEvent(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	id, err := c.id("event")
	if err != nil {
		return err
	}
	x, err := c.program.Explain(id)
	if err != nil {
		return err
	}
	if x == nil || !sees(c.key, x.Record) {
		return notFound("event")
	}
	if c.program.Erased(x.Record.Event.Member) {
		return c.noMember(x.Record.Event.Member)
	}
	out := explained{recorded: recordNow(c.program, x.Record), Origin: x.Origin, Definitions: make([]explainedStep, len(x.Steps)),
		Did: make([]explainedDeed, len(x.Did)), Short: x.Short, After: x.After}
	for i := range x.Did {
		d := &x.Did[i]
		out.Did[i] = explainedDeed{Kind: d.Kind, Definition: d.Definition, What: d.What, At: given(d.At), Of: d.Of, Balance: d.Balance, Said: d.Words()}
		if d.Balance != nil {
			out.Did[i].Amount = &d.Amount
		}
	}
	for i, s := range x.Steps {
		out.Definitions[i] = explainedStep{Definition: s.Definition, Event: s.Event, Fired: s.Fired, Reason: s.Reason, Said: s.Reason.Words(),
			Detail: s.Detail, File: s.Position.File, Line: s.Position.Line}
	}
	if c.key.Narrowed() { // where the member stands has come of others' events
		out.After, out.Short = nil, nil
		for i := range out.Did {
			out.Did[i].Balance = nil
		}
	}
	if out.Short == nil {
		out.Short = []engine.Shortfall{}
	}
	return c.show(out)
}

func showRecord(rec *engine.Record) recorded {
	e := &rec.Event
	r := recorded{ID: e.ID, Type: e.Type, Member: e.Member, Time: e.Time, Accepted: e.Arrived, Imported: e.Past, Late: late(e),
		By: e.By, Data: object(e.Data), Outcome: engine.AppendAnswer(nil, &rec.Outcome)}
	if rec.Outcome.Refusal != nil {
		r.Refused = rec.Outcome.Refusal.Code
	}
	return r
}

// recordNow is a record as its member's of now.
func recordNow(p *program.Program, rec *engine.Record) recorded {
	if now := p.Merged(rec.Event.Member); now != "" {
		return showRecordOf(rec, now)
	}
	return showRecord(rec)
}

// showRecordOf is a record as one of a member, into whom its own may have been merged.
func showRecordOf(rec *engine.Record, member string) recorded {
	r := showRecord(rec)
	if r.Member != member && r.Member != "" {
		r.Member, r.From = member, r.Member
	}
	return r
}

func findRecord(store engine.Store, id string) (*engine.Record, error) {
	seq, err := store.Seq(id)
	if err != nil || seq == 0 {
		return nil, err
	}
	b, err := store.Record(seq)
	if err != nil || b == nil {
		return nil, err
	}
	return engine.DecodeRecord(b)
}

// object is data as JSON, where the engine's own events may have none.
func object(data []byte) json.RawMessage {
	if len(data) == 0 {
		return json.RawMessage("{}")
	}
	return data
}
