package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/audit"
	"github.com/laurel-engine/laurel/internal/webhook"
)

// hook is an endpoint as the API shows it: without its secrets.
type hook struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Types     []string     `json:"types"`
	Enabled   bool         `json:"enabled"`
	Because   string       `json:"disabled_because,omitempty"`
	Since     time.Time    `json:"disabled_at,omitzero"`
	Created   time.Time    `json:"created_at"`
	Secrets   []hookSecret `json:"secrets"`
	Behind    uint64       `json:"behind"`
	Waiting   int          `json:"waiting"`
	Dead      int          `json:"dead"`
	Down      bool         `json:"down"`
	Delivered *time.Time   `json:"last_delivered_at,omitempty"`
	Error     string       `json:"last_error,omitempty"`
}

// hookSecret is what is told of a secret: until when it signs.
type hookSecret struct {
	Until *time.Time `json:"until"`
}

// createdHook is an endpoint with its new secret, which is told this one time.
type createdHook struct {
	hook
	Secret string `json:"secret"`
}

func (c call) hooks() (*webhook.Deliverer, error) {
	if d := c.local.Webhooks; d != nil {
		return d, nil
	}
	return nil, notFound("webhook")
}

// hook finds the endpoint of the path. One of another program is not found.
func (c call) hook() (*webhook.Deliverer, *webhook.Endpoint, error) {
	d, err := c.hooks()
	if err != nil {
		return nil, nil, err
	}
	id, err := c.id("webhook")
	if err != nil {
		return nil, nil, err
	}
	e, err := d.Find(id)
	return d, e, hookProblem(err)
}

func hookProblem(err error) error {
	var invalid *webhook.InvalidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		return refuse("invalid_body", "such a webhook cannot be had", invalid.Errors...)
	case errors.Is(err, webhook.ErrUnknown):
		return notFound("webhook")
	case errors.Is(err, webhook.ErrNoDelivery):
		return notFound("dead delivery")
	case errors.Is(err, webhook.ErrTooMany):
		return refuse("too_many_webhooks", "the program has as many webhooks as it may have")
	case errors.Is(err, webhook.ErrNoRoom):
		return refuse("too_many_waiting", "too many messages wait already")
	}
	return err
}

func showHook(d *webhook.Deliverer, e *webhook.Endpoint) (hook, error) {
	s, err := d.Status(e)
	h := hook{ID: e.ID, URL: e.URL, Types: e.Types, Enabled: e.Disabled == "", Because: e.Disabled, Since: e.Since, Created: e.Created,
		Behind: s.Behind, Waiting: s.Waiting, Dead: s.Dead, Down: s.Down, Error: s.Error}
	if h.Types == nil {
		h.Types = []string{}
	}
	for _, secret := range e.Secrets {
		var until *time.Time
		if !secret.Until.IsZero() {
			until = &secret.Until
		}
		h.Secrets = append(h.Secrets, hookSecret{until})
	}
	if s.LastOK != 0 {
		at := s.LastOK.Time()
		h.Delivered = &at
	}
	return h, err
}

// createWebhook makes an endpoint: {"url", "types"}, the latter optional. It gets what happens from now on.
func createWebhook(c call) error {
	d, err := c.hooks()
	if err != nil {
		return err
	}
	change, err := c.hookChange("url", "types", "enabled")
	if err != nil {
		return err
	}
	if change.Act, err = c.act(); err != nil {
		return err
	}
	e, secret, err := d.Create(change)
	if err != nil {
		return hookProblem(err)
	}
	return c.writeHook(http.StatusCreated, d, e, secret)
}

func (c call) writeHook(status int, d *webhook.Deliverer, e *webhook.Endpoint, secret string) error {
	h, err := showHook(d, e)
	if err != nil {
		return err
	}
	if secret != "" {
		return c.write(status, createdHook{h, secret})
	}
	return c.write(status, h)
}

// hookChange reads a body of what an endpoint shall be.
func (c call) hookChange(names ...string) (change webhook.Change, err error) {
	if err := c.takes(mediaJSON); err != nil {
		return change, err
	}
	err = c.fields(names, "the body does not describe a webhook", func(name string, value []byte) (expected string, failed error) {
		switch name {
		case "url":
			return "a text is expected", json.Unmarshal(value, &change.URL)
		case "types":
			return "a list of types of messages is expected", json.Unmarshal(value, &change.Types)
		default:
			return "true or false is expected", json.Unmarshal(value, &change.Enabled)
		}
	})
	return change, err
}

// fields reads the fields of the body one by one; read tells what is expected where it fails.
func (c call) fields(names []string, detail string, read func(name string, value []byte) (expected string, failed error)) error {
	var wrong []event.FieldError
	errs := event.ParseObject(c.http.Context().Request.Body(), "", names, func(name string, value []byte) {
		if expected, failed := read(name, value); failed != nil {
			wrong = append(wrong, unread(name, expected, failed))
		}
	})
	if errs = append(errs, wrong...); len(errs) > 0 {
		return malformed("invalid_body", detail, errs)
	}
	return nil
}

func listWebhooks(c call) error {
	d, err := c.hooks()
	if err != nil {
		return listed[hook](c, nil)
	}
	var list []hook
	for _, e := range d.List() {
		h, err := showHook(d, e)
		if err != nil {
			return err
		}
		list = append(list, h)
	}
	return listed(c, list)
}

func showWebhook(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	h, err := showHook(d, e)
	if err != nil {
		return err
	}
	return c.show(h)
}

// patchWebhook changes address, types, or whether the endpoint is enabled. One that is enabled again gets what it has missed.
func patchWebhook(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	change, err := c.hookChange("url", "types", "enabled")
	if err != nil {
		return err
	}
	if change.Act, err = c.act(); err != nil {
		return err
	}
	if e, err = d.Change(e.ID, change); err != nil {
		return hookProblem(err)
	}
	return c.writeHook(http.StatusOK, d, e, "")
}

func removeWebhook(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	act, err := c.act()
	if err != nil {
		return err
	}
	if err := d.Remove(e.ID, act); err != nil {
		return hookProblem(err)
	}
	return c.write(http.StatusOK, map[string]any{"id": e.ID, "removed": true})
}

// rotateWebhook makes a new secret: {"overlap"}, optional, is how long the one before goes on signing: "24 hours" if it is
// not said, "none" for one that has leaked.
func rotateWebhook(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	overlap := webhook.Overlap
	if len(c.http.Context().Request.Body()) > 0 {
		if overlap, err = c.overlap(); err != nil {
			return err
		}
	}
	act, err := c.act()
	if err != nil {
		return err
	}
	e, secret, err := d.Rotate(e.ID, overlap, act)
	if err != nil {
		return hookProblem(err)
	}
	return c.writeHook(http.StatusOK, d, e, secret)
}

func (c call) overlap() (overlap time.Duration, err error) {
	if err := c.takes(mediaJSON); err != nil {
		return 0, err
	}
	overlap = webhook.Overlap
	err = c.fields([]string{"overlap"}, "the body does not say for how long", func(_ string, value []byte) (string, error) {
		var text string
		failed := json.Unmarshal(value, &text)
		if failed == nil {
			overlap, failed = exactly(text)
		}
		return `a number of minutes, hours or days is expected, such as "24 hours", or "none"`, failed
	})
	return overlap, err
}

var errNotExact = errors.New("api: not a duration of exact length")

// exactly reads a duration as a length of time, or "none"; days have 24 hours here.
func exactly(text string) (time.Duration, error) {
	if text == "none" {
		return 0, nil
	}
	d, err := calendar.ParseDuration(text)
	if err != nil {
		return 0, err
	}
	unit, ok := map[calendar.Unit]time.Duration{calendar.Minute: time.Minute, calendar.Hour: time.Hour, calendar.Day: 24 * time.Hour}[d.Unit]
	if !ok || d.N > 366*24*60 {
		return 0, errNotExact
	}
	return time.Duration(d.N) * unit, nil
}

// pingWebhook sends a test message now and answers with what came of it.
func pingWebhook(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	message, r, err := d.Ping(context.Background(), e.ID) // it has a deadline of its own
	if err != nil {
		return hookProblem(err)
	}
	return c.write(http.StatusOK, struct {
		Message   string `json:"message"`
		Delivered bool   `json:"delivered"`
		webhook.Result
	}{message, r.Delivered(), r})
}

// deliveryRow is a message that has not arrived, as the API shows it.
type deliveryRow struct {
	ID      string            `json:"id"`
	Message string            `json:"message"` // the webhook-id
	Type    string            `json:"type"`
	Member  string            `json:"member,omitempty"`
	Seq     uint64            `json:"seq"`
	Tries   int               `json:"tries"`
	First   *calendar.Instant `json:"first_try_at,omitempty"`
	Last    *calendar.Instant `json:"last_try_at,omitempty"`
	Next    *calendar.Instant `json:"next_try_at,omitempty"`
	webhook.Result
}

// listDeliveries lists the messages that were given up (?state=dead, the standard), or that are to be tried again.
func listDeliveries(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	oldest, err := c.oldestFirst()
	if err != nil {
		return err
	}
	list := d.Dead
	state := c.query("state")
	switch {
	case state == "waiting" && c.query("order") != "":
		return wrongParameter("query.order", "what waits is listed by its next try", "leave it out")
	case state == "waiting":
		list = d.Waiting
	case state != "" && state != "dead":
		return wrongParameter("query.state", "it is dead or waiting", "")
	case oldest:
		list = d.DeadOldest
	}
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	owner := c.owner(e.ID+"/"+cmp.Or(state, "dead"), oldest)
	after, err := c.place(owner)
	if err != nil {
		return err
	}
	out := page[deliveryRow]{Data: []deliveryRow{}}
	last := ""
	err = list(e, after, func(x *webhook.Delivery) bool {
		if out.HasMore = len(out.Data) == int(limit); out.HasMore {
			return false
		}
		last = x.Cursor()
		out.Data = append(out.Data, deliveryRow{ID: x.ID, Message: x.Message.ID(), Type: x.Message.Type, Member: x.Message.Member, Seq: x.Message.Seq,
			Tries: x.Tries, First: given(x.First), Last: given(x.Last), Next: given(x.Next), Result: x.Result})
		return true
	})
	if err != nil {
		return err
	}
	if out.HasMore {
		next := base64.RawURLEncoding.EncodeToString([]byte(owner + "." + last))
		out.NextCursor = &next
	}
	return c.show(out)
}

// place reads ?cursor= of a list whose places are keys. One of another list is not found.
func (c call) place(owner string) (string, error) {
	text := c.query("cursor")
	if text == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", wrongParameter("query.cursor", "this is not a cursor", "send next_cursor of the page before")
	}
	after, mine := strings.CutPrefix(string(b), owner+".")
	if !mine || after == "" {
		return "", noCursor()
	}
	return after, nil
}

// resendDelivery has one dead message tried again.
func resendDelivery(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	id, err := c.id("delivery")
	if err != nil {
		return err
	}
	if err := c.record(audit.Change("webhook", e.ID, nil, map[string]string{"delivery": id})); err != nil {
		return err
	}
	if err := d.Resend(e, id); err != nil {
		return hookProblem(err)
	}
	return c.write(http.StatusOK, map[string]any{"resent": 1})
}

// resendDeliveries has all dead messages tried again, as far as there is room.
func resendDeliveries(c call) error {
	d, e, err := c.hook()
	if err != nil {
		return err
	}
	if err := c.record(audit.Change("webhook", e.ID, nil, nil)); err != nil {
		return err
	}
	n, err := d.ResendAll(e)
	if err != nil {
		return hookProblem(err)
	}
	return c.write(http.StatusOK, map[string]any{"resent": n})
}
