package conformance_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/internal/api"
	"github.com/laurel-engine/laurel/internal/api/conformance"
)

// TestWhatDoesNotFitIsFound changes one thing of an exchange that fits at a time.
func TestWhatDoesNotFitIsFound(t *testing.T) {
	document, err := api.OpenAPI()
	require.NoError(t, err)
	c, err := conformance.New(document)
	require.NoError(t, err)
	const event = `{"id":"e1","type":"visit","member":"ann"}`
	const outcome = `{"id":"e1","seq":1,"duplicate":false,"ruleset":"x","notes":[],"effects":[{"kind":"points","points":"stars","amount":12.5,"wanted":12.5}]}`
	const refusal = `{"type":"urn:laurel:problem:event_conflict","title":"Conflict","status":409,"code":"event_conflict","detail":"x","request_id":"y"}`
	fits := func() *conformance.Exchange {
		return &conformance.Exchange{Method: "POST", URI: "/v1/events?dry_run=true", Header: http.Header{}, Body: []byte(event), Status: 200,
			Answer: http.Header{"Content-Type": {"application/json"}}, Answered: []byte(outcome)}
	}
	refused := func(x *conformance.Exchange) {
		x.Status, x.Answered, x.Answer = 409, []byte(refusal), http.Header{"Content-Type": {"application/problem+json"}}
		x.Body = []byte("{")
	}
	require.Contains(t, c.Unseen(), "POST /v1/events 200")
	require.NoError(t, c.Check(fits()))
	require.NotContains(t, c.Unseen(), "POST /v1/events 200")
	x := fits()
	refused(x)
	require.NoError(t, c.Check(x), "what is sent need not fit where it is refused")

	replace := func(body *[]byte, old, other string) { *body = []byte(strings.Replace(string(*body), old, other, 1)) }
	for name, c1 := range map[string]struct {
		change func(*conformance.Exchange)
		said   string
	}{
		"a field that is not described": {func(x *conformance.Exchange) { replace(&x.Answered, `"seq":1`, `"seq":1,"sum":2`) }, "'sum' not allowed"},
		"in an effect":                  {func(x *conformance.Exchange) { replace(&x.Answered, `"amount"`, `"amuont":1,"amount"`) }, "'amuont' not allowed"},
		"a field that is missing":       {func(x *conformance.Exchange) { replace(&x.Answered, `"duplicate":false,`, ``) }, "missing property 'duplicate'"},
		"null":                          {func(x *conformance.Exchange) { replace(&x.Answered, `"x"`, `null`) }, "got null, want string"},
		"another status":                {func(x *conformance.Exchange) { x.Status = 202 }, "no such status is described"},
		"another media type":            {func(x *conformance.Exchange) { x.Answer.Set("Content-Type", "text/html") }, "is not among those described"},
		"no JSON":                       {func(x *conformance.Exchange) { x.Answered = []byte("{") }, "it is no JSON"},
		"a body that does not fit":      {func(x *conformance.Exchange) { replace(&x.Body, `"id":"e1",`, ``) }, "missing property 'id'"},
		"a body of another kind":        {func(x *conformance.Exchange) { x.Header.Set("Content-Type", "text/csv") }, "is not among those described"},
		"no body":                       {func(x *conformance.Exchange) { x.Body = nil }, "it has no body"},
		"a parameter":                   {func(x *conformance.Exchange) { x.URI = "/v1/events?dry_run=maybe" }, "query parameter dry_run"},
		"a parameter that there is not": {func(x *conformance.Exchange) { x.URI = "/v1/events?dry=true" }, "the query parameter dry is not described"},
		"a code that is not described": {func(x *conformance.Exchange) {
			refused(x)
			replace(&x.Answered, `"code":"event_conflict"`, `"code":"who"`)
		},
			"value must be 'event_conflict'"},
		"a problem with another field": {func(x *conformance.Exchange) { refused(x); replace(&x.Answered, `"status"`, `"why":1,"status"`) }, "'why' not allowed"},
	} {
		x := fits()
		c1.change(x)
		err := c.Check(x)
		require.Error(t, err, name)
		require.Contains(t, err.Error(), c1.said, name)
	}

	read := &conformance.Exchange{Method: "GET", URI: "/v1/members/ann", Header: http.Header{}, Status: 200,
		Answer: http.Header{"Content-Type": {"application/json"}}, Answered: []byte(`{"id":"ann","joined":"2026-12-01T09:00:00Z","fields":{},"seq":1}`)}
	require.ErrorContains(t, c.Check(read), "it has no ETag")
	read.Answer.Set("ETag", `"x"`)
	require.NoError(t, c.Check(read))
	replace(&read.Answered, "2026-12-01", "2026-13-01")
	require.ErrorContains(t, c.Check(read), "is not valid date-time")

	var all struct {
		Components struct{ Schemas map[string]any }
	}
	require.NoError(t, json.Unmarshal(document, &all))
	for name := range all.Components.Schemas { // each of them is one
		if err := c.Fits(name, []byte("{}")); err != nil {
			require.Contains(t, err.Error(), "jsonschema validation failed", name)
		}
	}
	require.NoError(t, c.Examples())
}
