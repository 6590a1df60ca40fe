package api

import (
	"encoding/json"
	"errors"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// voidEvent undoes an event as if it had never been. Repeating it is harmless.
func voidEvent(c call) error { return c.reverse(engine.NewVoid, false) }

// releaseEvent makes what an event gave and is held back available: all of it, or with {"data": {…}} what has been shipped so far.
func releaseEvent(c call) error {
	if len(c.http.Context().Request.Body()) > 0 {
		id, data, err := c.readData(false)
		if err != nil {
			return err
		}
		if data != nil {
			return c.reverse(func(string) *event.Event { return engine.NewPartialRelease(id, data) }, true)
		}
	}
	return c.reverse(engine.NewRelease, false)
}

// refuseEvent takes what an event gave and is held back away again.
func refuseEvent(c call) error { return c.reverse(engine.NewRefuse, false) }

func (c call) reverse(command func(event string) *event.Event, body bool) error {
	id, err := c.id("event")
	if err != nil {
		return err
	}
	if !body {
		if err := c.noBody(); err != nil {
			return err
		}
	}
	if err := c.reversible(id); err != nil {
		return err
	}
	key, err := c.optionalKey()
	if err != nil {
		return err
	}
	return c.once(command(id).Keyed(key))
}

// amendEvent makes an event what it would have been with other data: {"data": {…}}, the fields that replace the event's.
func amendEvent(c call) error {
	_, data, err := c.readData(true)
	if err != nil {
		return err
	}
	return c.reverse(func(id string) *event.Event { return engine.NewAmend(id, data) }, true)
}

// readData reads {"data": {…}}: the fields that replace the event's.
func (c call) readData(required bool) (id string, data json.RawMessage, err error) {
	if id, err = c.id("event"); err != nil {
		return "", nil, err
	}
	if err := c.takes(mediaJSON); err != nil {
		return "", nil, err
	}
	errs := event.ParseObject(c.http.Context().Request.Body(), "", []string{"data"}, func(_ string, value []byte) {
		data = append(data, value...)
	})
	if len(errs) == 0 && data == nil && required {
		errs = append(errs, event.FieldError{Location: "data", Code: "missing_field", Message: "the fields that replace the event's are expected"})
	}
	if len(errs) > 0 {
		return "", nil, malformed("invalid_body", "the body does not say what the event becomes", errs)
	}
	return id, data, nil
}

// noBody refuses a body where none is taken; an empty object is none.
func (c call) noBody() error {
	if body := c.http.Context().Request.Body(); len(body) > 0 {
		if err := c.takes(mediaJSON); err != nil {
			return err
		}
		if errs := event.ParseObject(body, "", nil, nil); len(errs) > 0 {
			return malformed("invalid_body", "this call takes no body", errs)
		}
	}
	return nil
}

// carryOut hands a command to the program and answers with what it did.
func (c call) carryOut(e *event.Event) error {
	out, err := c.accept(e)
	if err != nil {
		return err
	}
	return c.sendOutcome(out, c.query("dry_run") == "true")
}

// maxKey bounds an Idempotency-Key.
const maxKey = 255

// idempotencyKey is the key that makes a call harmless to repeat: {"Idempotency-Key": …}. The command's id is made of it,
// so that the journal itself keeps the answer.
func (c call) idempotencyKey() (string, error) {
	key, err := c.optionalKey()
	if err == nil && key == "" {
		err = refuse("idempotency_key_missing", "send an Idempotency-Key: a text of your own that is new for each thing you want done, and the "+
			"same when you try again")
	}
	if err == nil && c.self != "" {
		return c.own("Idempotency-Key", key)
	}
	return key, err
}

// optionalKey is idempotencyKey for a call that is harmless to repeat without one; "" where none was sent.
func (c call) optionalKey() (string, error) {
	key := c.http.Get("Idempotency-Key")
	if key != "" && (len(key) > maxKey || event.CheckID(key) != "") {
		return "", refuse("wrong_parameter", "the Idempotency-Key does not fit", event.FieldError{Location: "Idempotency-Key", Code: "wrong_id",
			Message: "at most 255 printable characters are expected"})
	}
	return key, nil
}

// once is carryOut for a command whose id is made of an Idempotency-Key.
func (c call) once(e *event.Event) error {
	err := c.carryOut(e)
	var p *problem
	if errors.As(err, &p) && p.code == engine.CodeConflict {
		return refuse("idempotency_key_reused", "this Idempotency-Key was used for another request: take a new one")
	}
	return err
}

// adjust changes a balance by hand: {"points", "amount", "reason", "below_zero", "expires_at"}, the last two optional.
func adjust(c call) error {
	member, err := c.id("member")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	if err := c.takes(mediaJSON); err != nil {
		return err
	}
	a, errs := readAdjustment(c.http.Context().Request.Body())
	if len(errs) > 0 {
		return malformed("invalid_body", "the body is not an adjustment", errs)
	}
	if !c.program.Known(member) {
		return c.noMember(member)
	}
	return c.once(engine.NewAdjustment(key, member, a))
}

// unread is why a field of a body was not taken.
func unread(name, expected string, err error) event.FieldError {
	code := "wrong_type"
	switch {
	case errors.Is(err, decimal.ErrRange):
		code, expected = "out_of_range", "a number lies between -9223372036854.775808 and 9223372036854.775807"
	case errors.Is(err, decimal.ErrDigits):
		code, expected = "too_many_digits", "a number has at most six fractional digits"
	}
	return event.FieldError{Location: name, Code: code, Message: expected}
}

func readAdjustment(body []byte) (a engine.Adjustment, errs []event.FieldError) {
	given := map[string]bool{}
	var wrong []event.FieldError
	errs = event.ParseObject(body, "", []string{"points", "amount", "reason", "below_zero", "expires_at"}, func(name string, value []byte) {
		given[name] = true
		var err error
		expected := "a text is expected"
		switch name {
		case "points":
			err = json.Unmarshal(value, &a.Points)
		case "reason":
			err = json.Unmarshal(value, &a.Reason)
		case "expires_at":
			err = json.Unmarshal(value, &a.Expires)
		case "amount":
			expected = "a number is expected"
			a.Amount, err = decimal.Parse(string(value))
		case "below_zero":
			expected = "true or false is expected"
			err = json.Unmarshal(value, &a.BelowZero)
		}
		if err != nil {
			wrong = append(wrong, unread(name, expected, err))
		}
	})
	for _, name := range []string{"points", "amount", "reason"} {
		if len(errs) == 0 && !given[name] {
			wrong = append(wrong, event.FieldError{Location: name, Code: "missing_field", Message: "this field is required"})
		}
	}
	return a, append(errs, wrong...)
}
