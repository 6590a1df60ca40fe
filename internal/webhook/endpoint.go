package webhook

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/settings"
)

// MaxEndpoints is how many endpoints a program may have. Each reads the journal on its own.
const MaxEndpoints = 20

// Overlap is how long the secret that a rotation replaces goes on signing, unless the caller says otherwise.
const Overlap = 24 * time.Hour

// maxOverlap bounds it.
const maxOverlap = 30 * 24 * time.Hour

// maxSecrets bounds how many secrets sign at once: the header grows with each.
const maxSecrets = 3

var (
	// ErrUnknown is the answer to an id that the program has no endpoint under.
	ErrUnknown = errors.New("webhook: there is no such endpoint")
	// ErrTooMany refuses another endpoint.
	ErrTooMany = errors.New("webhook: the program has as many endpoints as it may have")
)

// InvalidError is an endpoint that cannot be had, with everything that is wrong with it.
type InvalidError struct{ Errors []event.FieldError }

// Error makes it an error.
func (e *InvalidError) Error() string {
	return "webhook: " + e.Errors[0].Location + ": " + e.Errors[0].Message
}

// settingsPrefix is what the keys of all rows here start with.
const settingsPrefix = "webhooks/"

// Why an endpoint is not sent anything.
const (
	ByHand = "disabled" // somebody asked for it
	Gone   = "gone"     // the receiver answered 410
)

// Endpoint is one receiver of a program's messages. It never changes: a change puts another one in its place.
type Endpoint struct {
	ID       string    `json:"id"`
	Program  string    `json:"program"`
	URL      string    `json:"url"`
	Types    []string  `json:"types"` // sorted; none for all
	Created  time.Time `json:"created_at"`
	Disabled string    `json:"disabled,omitempty"` // why, "" while it is enabled
	Since    time.Time `json:"disabled_at,omitzero"`
	// From is the last record of the journal when the endpoint was made: it gets what was raised after it. It moves on now
	// and then, so that a store that has lost the cursor does not begin from the start.
	From    uint64   `json:"from"`
	Secrets []Secret `json:"secrets"` // the last one is the newest
}

// Secret signs messages. It is kept as it is, since signing takes the secret itself, and told once, when it is made.
type Secret struct {
	Secret string    `json:"secret"`
	Until  time.Time `json:"until,omitzero"` // zero: until it is replaced
}

// wants reports whether the endpoint takes messages of a type.
func (e *Endpoint) wants(kind string) bool {
	return len(e.Types) == 0 || slices.Contains(e.Types, kind)
}

// Signing are the secrets that sign at an instant, the newest first.
func (e *Endpoint) Signing(at time.Time) []string {
	var list []string
	for _, s := range slices.Backward(e.Secrets) {
		if s.Until.IsZero() || at.Before(s.Until) {
			list = append(list, s.Secret)
		}
	}
	return list
}

// Endpoints is all endpoints of all programs. Its methods may be called by any number of goroutines.
type Endpoints struct {
	guard Guard
	now   func() time.Time
	byID  *settings.Mirror[*Endpoint]
}

// NewEndpoints reads the stored endpoints.
func NewEndpoints(s settings.Store, guard Guard, now func() time.Time) (*Endpoints, error) {
	byID, err := settings.NewMirror(s, settingsPrefix, settings.Codec[*Endpoint]{
		Encode: func(e *Endpoint) ([]byte, error) { return json.Marshal(e) }, Decode: decodeEndpoint})
	return &Endpoints{guard: guard, now: now, byID: byID}, err
}

func decodeEndpoint(value []byte) (*Endpoint, error) {
	e := &Endpoint{}
	if err := json.Unmarshal(value, e); err != nil {
		return nil, err
	}
	if e.ID == "" || len(e.Secrets) == 0 {
		return nil, errors.New("it has no id or no secret")
	}
	return e, nil
}

// Load reads what others have changed of the stored endpoints.
func (r *Endpoints) Load() error { return r.byID.Load() }

// Forget deletes the endpoints of a program that is removed.
func (r *Endpoints) Forget(program string) error {
	return r.byID.DeleteAll(func(e *Endpoint) bool { return e.Program == program })
}

// List is the endpoints of a program, oldest first.
func (r *Endpoints) List(program string) []*Endpoint {
	return r.byID.Oldest(func(x *Endpoint) bool { return x.Program == program }, func(x *Endpoint) (time.Time, string) { return x.Created, x.ID })
}

// Wants reports whether any endpoint of a program takes messages of a type, also one that is disabled: it may be sent them later.
func (r *Endpoints) Wants(program, kind string) bool {
	for _, e := range r.byID.All() {
		if e.Program == program && e.wants(kind) {
			return true
		}
	}
	return false
}

// Find is an endpoint of a program; the error is ErrUnknown.
func (r *Endpoints) Find(program, id string) (*Endpoint, error) {
	if e, known := r.byID.Get(id); known && e.Program == program {
		return e, nil
	}
	return nil, ErrUnknown
}

// Change is what an endpoint shall be; what is nil stays as it is.
type Change struct {
	URL     *string
	Types   *[]string // an empty list: all
	Enabled *bool
	Act     *audit.Act // that it is recorded with
}

// shown is what the audit log has of an endpoint: no secret, and nothing of its address that could be one.
func (e *Endpoint) shown() any {
	address := e.URL
	if u, err := url.Parse(e.URL); err == nil {
		u.User, u.RawQuery = nil, ""
		address = u.String()
	}
	return struct {
		URL      string   `json:"url"`
		Types    []string `json:"types"`
		Disabled string   `json:"disabled,omitempty"`
		Secrets  int      `json:"secrets"`
	}{address, e.Types, e.Disabled, len(e.Secrets)}
}

func (c *Change) check(guard Guard) error {
	var errs []event.FieldError
	if c.URL != nil {
		if message, suggestion := guard.checkURL(*c.URL); message != "" {
			errs = append(errs, event.FieldError{Location: "url", Code: "wrong_url", Message: message, Suggestion: suggestion})
		}
	}
	if c.Types != nil {
		known := Types()
		for i, name := range *c.Types {
			if !slices.Contains(known, name) {
				errs = append(errs, event.FieldError{Location: "types[" + strconv.Itoa(i) + "]", Code: "wrong_value",
					Message: "there is no such type of message", Suggestion: spelling.Suggest(name, known)})
			}
		}
	}
	if errs != nil {
		return &InvalidError{errs}
	}
	return nil
}

// Types are the types of messages that endpoints can ask for, sorted.
func Types() []string {
	var names []string
	for _, t := range engine.MessageTypes() {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return names
}

// apply is the endpoint after the change.
func (c *Change) apply(e Endpoint, now time.Time) *Endpoint {
	if c.URL != nil {
		e.URL = *c.URL
	}
	if c.Types != nil {
		e.Types = slices.Compact(slices.Sorted(slices.Values(*c.Types)))
	}
	if c.Enabled != nil {
		switch {
		case *c.Enabled:
			e.Disabled, e.Since = "", time.Time{}
		case e.Disabled == "":
			e.Disabled, e.Since = ByHand, now
		}
	}
	return &e
}

// create makes an endpoint that gets what is raised after a record of the journal. The secret is told this one time.
func (r *Endpoints) create(program string, c Change, from uint64) (*Endpoint, string, error) {
	if c.URL == nil {
		return nil, "", &InvalidError{[]event.FieldError{{Location: "url", Code: "missing_field", Message: "an endpoint has an address"}}}
	}
	if err := c.check(r.guard); err != nil {
		return nil, "", err
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		panic("webhook: the system has no randomness: " + err.Error())
	}
	now := r.now().UTC().Truncate(time.Millisecond)
	secret := newSecret()
	e := c.apply(Endpoint{ID: "wh_" + hex.EncodeToString(random[:]), Program: program, Types: []string{}, Created: now, From: from,
		Secrets: []Secret{{Secret: secret}}}, now)
	return e, secret, r.byID.Insert(e.ID, e, func() error {
		if len(r.List(program)) >= MaxEndpoints {
			return ErrTooMany
		}
		return nil
	}, c.Act.Through(settingsPrefix, func() *audit.What { return audit.Change("webhook", e.ID, nil, e.shown()) }))
}

// change changes an endpoint. The error is *InvalidError, ErrUnknown, or one of the settings.
func (r *Endpoints) change(program, id string, c Change) (*Endpoint, error) {
	if err := c.check(r.guard); err != nil {
		return nil, err
	}
	return r.update(program, id, c.Act, func(e Endpoint) *Endpoint { return c.apply(e, r.now().UTC().Truncate(time.Millisecond)) })
}

// Rotate gives an endpoint a new secret, which is told this one time. The one before goes on signing for the overlap, so that
// the receiver can change over in its own time; at most three sign at once.
func (r *Endpoints) Rotate(program, id string, overlap time.Duration, act *audit.Act) (*Endpoint, string, error) {
	if overlap < 0 || overlap > maxOverlap {
		return nil, "", &InvalidError{[]event.FieldError{{Location: "overlap", Code: "wrong_value", Message: "a duration of at most 30 days is expected"}}}
	}
	secret := newSecret()
	e, err := r.update(program, id, act, func(e Endpoint) *Endpoint {
		now := r.now().UTC()
		e.Secrets = slices.DeleteFunc(slices.Clone(e.Secrets), func(s Secret) bool { return !s.Until.IsZero() && !now.Before(s.Until) })
		for i := range e.Secrets {
			if s := &e.Secrets[i]; s.Until.IsZero() || s.Until.After(now.Add(overlap)) {
				s.Until = now.Add(overlap)
			}
		}
		e.Secrets = append(e.Secrets, Secret{Secret: secret})
		e.Secrets = e.Secrets[max(0, len(e.Secrets)-maxSecrets):]
		return &e
	})
	return e, secret, err
}

// disable ends deliveries to an endpoint that does not want them.
func (r *Endpoints) disable(program, id, because string) error {
	_, err := r.update(program, id, nil, func(e Endpoint) *Endpoint {
		if e.Disabled == "" {
			e.Disabled, e.Since = because, r.now().UTC().Truncate(time.Millisecond)
		}
		return &e
	})
	return err
}

// reached notes how far an endpoint has come.
func (r *Endpoints) reached(program, id string, from uint64) error {
	_, err := r.update(program, id, nil, func(e Endpoint) *Endpoint {
		e.From = max(e.From, from)
		return &e
	})
	return err
}

func (r *Endpoints) update(program, id string, act *audit.Act, change func(Endpoint) *Endpoint) (*Endpoint, error) {
	var before, after *Endpoint
	e, err := r.byID.Update(id, func(e *Endpoint) (*Endpoint, error) {
		if e.Program != program {
			return nil, ErrUnknown
		}
		before, after = e, change(*e)
		return after, nil
	}, act.Through(settingsPrefix, func() *audit.What { return audit.Change("webhook", id, before.shown(), after.shown()) }))
	if errors.Is(err, settings.ErrAbsent) {
		return nil, ErrUnknown
	}
	return e, err
}

func (r *Endpoints) remove(program, id string, act *audit.Act) error {
	e, err := r.Find(program, id)
	if err != nil {
		return err
	}
	return r.byID.Delete(id, act.Through(settingsPrefix, func() *audit.What { return audit.Change("webhook", id, e.shown(), nil) }))
}
