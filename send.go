package laurel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/laurel-engine/laurel/engine"
)

// Event is something that happened to a member.
type Event struct {
	// ID is the sender's own, such as that of the order: an event has one effect for ever, however often it is sent.
	ID string `json:"id"`
	// Type is one of the ruleset's events.
	Type string `json:"type"`
	// Member is the sender's own id of the member, who joins with the first event.
	Member string `json:"member"`
	// Time is when it happened, now where it is zero: at most 5 minutes ahead, and as far back as the ruleset's late lets it.
	Time time.Time `json:"time,omitzero"`
	// Data is what encoding/json writes as an object with the fields of the type; nil for none. Numbers are taken digit by digit:
	// a float64 of 12.1 is 12.1. An amount that was computed is better a decimal.Decimal or a json.Number.
	Data any `json:"data,omitempty"`
}

// body is the event as SendJSON takes it.
func (e Event) body() ([]byte, error) {
	for _, part := range []struct{ name, text string }{{"id", e.ID}, {"type", e.Type}, {"member", e.Member}} {
		if !utf8.ValidString(part.text) { // JSON would replace it, and two ids might become one
			return nil, invalid([]engine.FieldError{{Location: part.name, Code: "wrong_id", Message: "it is not UTF-8"}})
		}
	}
	e.Time = e.Time.UTC()
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	w.SetEscapeHTML(false)
	if err := w.Encode(e); err != nil {
		return nil, fmt.Errorf("event %q cannot be written as JSON: %w", e.ID, err)
	}
	return b.Bytes(), nil
}

// Send takes an event and returns everything that it did, once that is on the disk. The same event again returns the same, marked
// Duplicate; another one under its id is refused with event_conflict. An outcome is to be read, not changed.
//
// A context that ends while the event waits for the disk returns its error, and whether the event was accepted is not known: send
// it again.
func (p *Program) Send(ctx context.Context, e Event) (*engine.Outcome, error) {
	body, err := e.body()
	if err != nil {
		return nil, err
	}
	return p.SendJSON(ctx, body)
}

// SendJSON is Send for an event as the HTTP API takes it: {"id", "type", "member", "time", "data"}, at most engine.MaxEvent bytes.
func (p *Program) SendJSON(ctx context.Context, body []byte) (*engine.Outcome, error) {
	if len(body) > engine.MaxEvent {
		return nil, &engine.Refusal{Code: "body_too_large", Message: fmt.Sprintf("an event has at most %d bytes", engine.MaxEvent)}
	}
	e, errs := engine.ParseEvent(body)
	if len(errs) > 0 {
		return nil, invalid(errs)
	}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	if refusal := engine.RefuseCommand(e, p.program.Rules); refusal != nil {
		return nil, refusal
	}
	return p.submit(ctx, e)
}

func invalid(errs []engine.FieldError) *engine.Refusal {
	if errs[0].Code == "invalid_json" {
		return &engine.Refusal{Code: "invalid_json", Message: "the event is not well-formed JSON", Errors: errs}
	}
	return &engine.Refusal{Code: "invalid_event", Message: "this is not an event", Errors: errs}
}

// Do carries out a command and returns everything that it did, once that is on the disk. Commands are made by the engine's
// functions:
//
//	NewProfile                    what a member told of themselves, whether or not they are known
//	NewVoid, NewAmend             an event as if it had never been, or had been another one
//	NewRelease, NewPartialRelease, NewRefuse
//	                              what an event gave and the ruleset holds back
//	NewClaim, NewConfirm, NewCancel, NewReturn
//	                              a reward: its points are held, spent, given back
//	NewAdjustment                 a balance by hand, with a reason
//	NewEnrollment, NewLeave, NewStreakEnrollment
//	                              what members join
//	NewFreeze, NewRepair          what they buy for a streak
//	NewFire, NewClose             promotions that open on call
//	NewCodes                      codes for the pool of a reward
//	NewErasure                    a member is forgotten
//
// Their ids are keys: a new one for each thing that is wanted, the same one to try again. Void, amend, release and refuse take
// theirs from the event that they are about, and an own one by Keyed. A context that ends is as for Send.
func (p *Program) Do(ctx context.Context, command *engine.Event) (*engine.Outcome, error) {
	if refusal := engine.CheckCommand(command); refusal != nil {
		return nil, refusal
	}
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	defer p.calls.RUnlock()
	e := *command // the program fills it in
	return p.submit(ctx, &e)
}

func (p *Program) submit(ctx context.Context, e *engine.Event) (*engine.Outcome, error) {
	results, err := p.program.SubmitContext(ctx, e)
	switch failed := p.program.Failed(); {
	case errors.Is(err, ErrStopped) && failed != nil:
		return nil, fmt.Errorf("%w: %w", err, failed)
	case errors.Is(err, ErrClock):
		return nil, fmt.Errorf("%w, which in a Go program is Options.AcceptClock", err)
	case err != nil:
		return nil, err
	case results[0].Refusal != nil:
		return nil, results[0].Refusal
	}
	return results[0].Outcome, nil
}
