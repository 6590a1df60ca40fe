package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/keys"
)

var keyNames = []string{"name", "scopes", "role", "event_types", "partner", "expires_at", "live"}

// created is a new key with its secret, which is told this one time.
type created struct {
	*keys.Key
	Secret string `json:"secret"`
}

// createKey makes a key of the caller's program: {"name", "scopes" or "role"}, and {"event_types", "partner", "expires_at", "live"}, which are
// optional.
func createKey(c call) error {
	if err := c.takes(mediaJSON); err != nil {
		return err
	}
	q, err := readKeyRequest(c.http.Context().Request.Body())
	if err != nil {
		return err
	}
	for i, name := range q.EventTypes {
		if c.program == nil { // it is not this key's
			break
		}
		if there := c.eventTypes(); !slices.Contains(there, name) {
			return refuse("invalid_body", "such a key cannot be made", event.FieldError{Location: "event_types[" + strconv.Itoa(i) + "]", Code: "wrong_value",
				Message: "the ruleset has no such type of events", Suggestion: oneOf(name, there)})
		}
	}
	q.Program = c.key.Program
	q.Live = q.Live || q.Program == "" // the server is no sandbox
	act, err := c.act()
	if err != nil {
		return err
	}
	k, secret, err := c.server.keys.By(act).Create(q)
	var invalid *keys.InvalidError
	switch {
	case errors.As(err, &invalid):
		return refuse("invalid_body", "such a key cannot be made", invalid.Errors...)
	case errors.Is(err, keys.ErrTooMany):
		return refuse("too_many_keys", "two keys of this name are active: revoke one of them first")
	case err != nil:
		return err
	}
	return c.write(http.StatusCreated, created{Key: k, Secret: secret})
}

func readKeyRequest(body []byte) (q keys.Request, err error) {
	var wrong []event.FieldError
	errs := event.ParseObject(body, "", keyNames, func(name string, value []byte) {
		var failed error
		expected := "a text is expected"
		switch name {
		case "name":
			failed = json.Unmarshal(value, &q.Name)
		case "scopes":
			expected = "a list of scopes is expected"
			failed = json.Unmarshal(value, &q.Scopes)
		case "role":
			failed = json.Unmarshal(value, &q.Role)
		case "partner":
			failed = json.Unmarshal(value, &q.Partner)
		case "event_types":
			expected = "a list of types of events is expected"
			failed = json.Unmarshal(value, &q.EventTypes)
		case "live":
			expected = "true or false is expected"
			failed = json.Unmarshal(value, &q.Live)
		case "expires_at":
			expected = "a time with its offset is expected"
			q.Expires, failed = readTime(value)
		}
		if failed != nil {
			wrong = append(wrong, event.FieldError{Location: name, Code: "wrong_type", Message: expected})
		}
	})
	if errs = append(errs, wrong...); len(errs) > 0 {
		return q, malformed("invalid_body", "the body does not describe a key", errs)
	}
	return q, nil
}

// readTime reads a time or null, which is none.
func readTime(value []byte) (time.Time, error) {
	var text *string
	if err := json.Unmarshal(value, &text); err != nil || text == nil {
		return time.Time{}, err
	}
	at, err := calendar.ParseInstant(*text)
	if err != nil {
		return time.Time{}, err
	}
	return at.Time(), nil
}

// shownKey is a key as lists have it.
type shownKey struct {
	*keys.Key
	LastUsed   time.Time `json:"last_used,omitzero"` // the hour
	ReplacedBy string    `json:"replaced_by,omitempty"`
}

func listKeys(c call) error {
	list := []shownKey{}
	for _, k := range c.server.keys.List(c.key.Program) {
		one := shownKey{Key: k, LastUsed: c.server.keys.LastUsed(k)}
		if next := c.server.keys.ReplacedBy(k); next != nil {
			one.ReplacedBy = next.ID
		}
		list = append(list, one)
	}
	return listed(c, list)
}

// revokeKey ends a key, for good. A key of another program is not found.
func revokeKey(c call) error {
	id, err := c.id("key")
	if err != nil {
		return err
	}
	act, err := c.act()
	if err != nil {
		return err
	}
	k, err := c.server.keys.By(act).Revoke(c.key.Program, id)
	if errors.Is(err, keys.ErrUnknown) {
		return notFound("key")
	}
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, k)
}

// showJobs answers with how the program's jobs are doing.
func showJobs(c call) error {
	if c.server.jobs == nil {
		return c.show(whole[struct{}](nil))
	}
	return c.show(map[string]any{"data": c.server.jobs(c.key.Program), "has_more": false, "next_cursor": nil})
}

// version is one version of a program's ruleset. Zones is the release of the time zone data that it is judged by. Of the one in
// force Sources are its files by name, and Data the time zone data, where it is asked for.
type version struct {
	Version int               `json:"version"`
	Hash    string            `json:"hash"`
	From    calendar.Instant  `json:"from"`
	Zones   string            `json:"time_zones"`
	By      string            `json:"by,omitempty"`
	Note    string            `json:"note,omitempty"`
	Data    []byte            `json:"time_zone_data,omitempty"`
	Sources map[string]string `json:"sources,omitempty"`
	InUse   *engine.InUse     `json:"in_use,omitempty"`
}

// listRulesets answers with the versions of the program's ruleset, the one in force last.
func listRulesets(c call) error {
	all, _ := c.program.Rulesets()
	list := make([]version, len(all))
	about, err := c.server.activations.About(c.program)
	if err != nil {
		return err
	}
	for i, v := range all {
		list[i] = version{Version: v.Number, Hash: v.Rules.Hash, From: v.From, Zones: v.Zones.Release(), By: about[v.Number].By, Note: about[v.Number].Note}
	}
	return listed(c, list)
}

// showRuleset answers with the ruleset in force and its files; with ?in_use=true also with the names that the journal uses,
// which takes as long as the journal is, and with ?time_zone_data=true with the data that it is judged by, for tools.
func showRuleset(c call) error {
	all, sources := c.program.Rulesets()
	v := all[len(all)-1]
	answer := version{Version: v.Number, Hash: v.Rules.Hash, From: v.From, Zones: v.Zones.Release(), Sources: sources}
	asked, err := c.flag("in_use")
	if err == nil && asked {
		answer.InUse, err = engine.NamesInUse(c.program.Store())
	}
	if err != nil {
		return err
	}
	if asked, err = c.flag("time_zone_data"); err != nil {
		return err
	}
	if asked {
		answer.Data = v.Zones.Archive()
	}
	return c.show(answer)
}
