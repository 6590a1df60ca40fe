package cases

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// idempotency translates requests that are repeated, changed or malformed. Each is read as the API reads it, from its bytes.
type idempotency struct {
	*ledger
	concurrency int
	world       func() *world
	tenants     map[string]*world
	responses   []any
	refusal     *engine.Refusal // of the last request
}

func newIdempotency(c *semanticCase, newWorld func() *world) family {
	var config struct {
		ledgerConfig
		Concurrency int `json:"concurrency"`
	}
	c.configure(&config)
	f := &idempotency{ledger: &ledger{config: config.ledgerConfig}, concurrency: max(1, config.Concurrency)}
	f.world, f.tenants = newWorld, map[string]*world{}
	f.prepare(c)
	return f
}

func (f *idempotency) step(w *world, s *step) {
	if s.Action != "http_event" {
		f.ledger.step(w, s)
		return
	}
	w = f.tenant(w, s.Tenant)
	for range f.concurrency {
		f.request(w, s)
	}
}

// tenant is the world of a tenant, a program of its own with the same ruleset.
func (f *idempotency) tenant(w *world, name string) *world {
	if name == "" {
		return w
	}
	if f.tenants[name] == nil {
		f.tenants[name] = f.world()
		f.tenants[name].publish(f.ruleset())
	}
	f.tenants[name].reach(w.now)
	return f.tenants[name]
}

// request sends what a sender wrote, as the data of an earning's envelope.
func (f *idempotency) request(w *world, s *step) {
	member, data := envelope(s)
	body := fmt.Sprintf(`{"id": %q, "type": "earning", "member": %q, "data": %s}`, s.ID, member, data)
	e, errs := event.Parse([]byte(body))
	a := &answer{id: s.ID}
	if len(errs) > 0 {
		a.refusal = &engine.Refusal{Code: errs[0].Code}
	} else {
		w.join(member, f.config.Zone)
		a = w.send(e)
	}
	f.keep(s, a)
	f.refusal = a.refusal
	response := map[string]any{"status": statusOf(a.refusal), "replayed": a.duplicate()}
	if a.refusal != nil {
		response["error"] = refused(a.refusal)
	}
	f.responses = append(f.responses, response)
}

// envelope takes the member, and what remains as the data, out of a body. What is no JSON remains as it is.
func envelope(s *step) (member, data string) {
	raw := []byte(s.Body)
	if s.RawBody != nil {
		raw = []byte(*s.RawBody)
	}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(raw, &body); err != nil {
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) {
			cannot("the body is no object: %v", err)
		}
		return s.member(), string(raw)
	}
	var of string
	if json.Unmarshal(body["member"], &of) != nil {
		cannot("the body names no member")
	}
	delete(body, "member")
	delete(body, "type")
	return of, written(body)
}

// statusOf is the HTTP status of an answer (api: Errors).
func statusOf(r *engine.Refusal) int {
	switch {
	case r == nil:
		return 200
	case r.Code == "invalid_json":
		return 400
	case r.Code == engine.CodeConflict:
		return 409
	default:
		return 422
	}
}

func (f *idempotency) look(w *world, key string, want any) any {
	switch {
	case key == "responses":
		return f.responses
	case key == "error":
		if f.refusal == nil {
			return nil
		}
		return refused(f.refusal)
	case f.tenants[key] != nil:
		f.tenants[key].reach(w.now)
		return f.ledger.look(f.tenants[key], "available", want)
	}
	return f.ledger.look(w, key, want)
}
