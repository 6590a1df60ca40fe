package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const cloudPurchase = `{"specversion":"1.0","id":"o1","source":"/shops/7","type":"com.example.purchase","subject":"ann","time":"2026-12-02T11:00:00Z",
	"datacontenttype":"application/json","traceparent":"00-x","data":{"order_id":"o1","amount":12.50}}`

// cloudHeaders are the same in the binary mode, but for the data.
var cloudHeaders = []string{"ce-specversion", "1.0", "ce-id", "o1", "ce-source", "/shops/7", "ce-type", "com.example.purchase", "ce-subject", "ann",
	"ce-time", "2026-12-02T11:00:00Z", "ce-traceparent", "00-x"}

const structured, batched = "application/cloudevents+json", "application/cloudevents-batch+json"

// TestCloudEvents sends one event in all modes of CloudEvents, and as Laurel has it: it is the same, and counts once.
func TestCloudEvents(t *testing.T) {
	w := newWorld(t)
	first := w.do("POST", "/v1/events", cloudPurchase, "Content-Type", structured+"; charset=utf-8").ok()
	first.holds(t, `"id":"/shops/7|o1"`, `"duplicate":false`, `"points":"stars","amount":25`)
	stars := w.stars("ann")
	again := strings.Replace(string(first.body), `"duplicate":false`, `"duplicate":true`, 1)
	const data = `{"amount":12.5,"order_id":"o1"}`
	for name, a := range map[string]*answer{
		"structured": w.do("POST", "/v1/events", cloudPurchase, "Content-Type", strings.ToUpper(structured)),
		"binary":     w.do("POST", "/v1/events", data, cloudHeaders...),
		"our own":    w.do("POST", "/v1/events", `{"id":"/shops/7|o1","type":"purchase","member":"ann","time":"2026-12-02T11:00:00Z","data":`+data+`}`),
	} {
		require.Equal(t, again, string(a.ok().body), name)
	}
	many := w.do("POST", "/v1/events/batch", `[`+cloudPurchase+`,`+strings.ReplaceAll(cloudPurchase, "/shops/7", "/shops/8")+`,`+
		strings.ReplaceAll(cloudPurchase, `"subject":"ann",`, "")+`, 7]`, "Content-Type", batched).ok()
	many.holds(t, `{"results":[`+again, `"id":"/shops/8|o1"`, `{"id":"/shops/7|o1","line":3,"status":400,"code":"invalid_event"`,
		`"location":"subject","code":"missing_field"`,
		`{"line":4,"status":400`, `"summary":{"accepted":1,"duplicates":1,"refused":2}`)
	require.InDelta(t, stars+25, w.stars("ann"), 0, "the same id of another source is another event")
	w.do("POST", "/v1/events/%2Fshops%2F7%7Co1/void", "").ok()

	// What may be left out, and what is not ASCII.
	w.do("POST", "/v1/events", `{"specversion":"1.0","id":"v1","source":"x","type":"visit","subject":"zoë","time":null}`, "Content-Type", structured).ok()
	w.do("POST", "/v1/events", "", append(cloudHeaders, "ce-type", "visit", "ce-id", "v1", "ce-source", "x", "ce-subject", "zo%C3%AB", "ce-time", "")...).
		ok().holds(t, `"duplicate":true`)
	dry := w.do("POST", "/v1/events?dry_run=true", strings.ReplaceAll(cloudPurchase, `"o1"`, `"o2"`), "Content-Type", structured).ok()
	dry.holds(t, `"seq":0`)
}

// TestCloudEventsThatAreNone says of each what is wrong with it, and where.
func TestCloudEventsThatAreNone(t *testing.T) {
	w := newWorld(t)
	before := w.journal()
	in := func(old, other string) string { return strings.Replace(cloudPurchase, old, other, 1) }
	for name, c := range map[string]struct{ body, code, location, field string }{
		"no subject":        {in(`"subject":"ann",`, ``), "invalid_event", "subject", "missing_field"},
		"null":              {in(`"ann"`, `null`), "invalid_event", "subject", "missing_field"},
		"a number":          {in(`"ann"`, `7`), "invalid_event", "subject", "wrong_type"},
		"no member":         {in(`"ann"`, `" ann"`), "invalid_event", "subject", "wrong_id"},
		"no version":        {in(`"specversion":"1.0",`, ``), "invalid_event", "specversion", "missing_field"},
		"another version":   {in(`"1.0"`, `"0.3"`), "invalid_event", "specversion", "wrong_value"},
		"no source":         {in(`/shops/7`, ``), "invalid_event", "source", "missing_field"},
		"no URI":            {in(`/shops/7`, `a|b`), "invalid_event", "source", "wrong_value"},
		"Laurel's own":      {in(`/shops/7`, `laurel:me:ann:x`), "invalid_event", "id", "wrong_id"},
		"too long":          {in(`/shops/7`, strings.Repeat("x", 199)), "invalid_event", "id", "wrong_id"},
		"no time":           {in(`11:00:00Z`, `11:00`), "invalid_event", "time", "wrong_time"},
		"XML":               {in(`application/json`, `application/xml`), "invalid_event", "datacontenttype", "wrong_value"},
		"base64":            {in(`"data":{"order_id":"o1","amount":12.50}`, `"data_base64":"e30="`), "invalid_event", "data_base64", "wrong_value"},
		"a text as data":    {in(`{"order_id":"o1","amount":12.50}`, `"x"`), "invalid_event", "data", "wrong_type"},
		"a field twice":     {in(`"id":"o1",`, `"id":"o1","id":"o2",`), "invalid_event", "id", "duplicate_field"},
		"no attribute":      {in(`"traceparent"`, `"Subject"`), "invalid_event", "Subject", "unknown_field"},
		"an unknown type":   {in(`com.example.purchase`, `com.example.purchse`), "unknown_event_type", "type", "unknown_event_type"},
		"a command":         {in(`com.example.purchase`, `points.grant`), "unknown_event_type", "type", "unknown_event_type"},
		"a misspelt field":  {in(`"amount"`, `"amuont"`), "does_not_fit", "data.amuont", "unknown_field"},
		"a list":            {`[` + cloudPurchase + `]`, "invalid_event", "body", "wrong_type"},
		"cut off":           {cloudPurchase[:40], "invalid_json", "byte 41", "invalid_json"},
		"nothing":           {``, "invalid_json", "byte 1", "invalid_json"},
		"a duplicate by id": {in(`12.50`, `1e2`), "does_not_fit", "data.amount", "wrong_number"},
	} {
		a := w.do("POST", "/v1/events", c.body, "Content-Type", structured)
		require.GreaterOrEqual(t, a.status, 400, name)
		p := a.problem(a.status, c.code)
		require.Equal(t, c.location, p.Errors[0].Location, "%s: %s", name, a.body)
		require.Equal(t, c.field, p.Errors[0].Code, "%s: %s", name, a.body)
	}
	for name, c := range map[string]struct{ header, value, body, location string }{
		"no subject":      {"ce-subject", "", "{}", "ce-subject"},
		"another version": {"ce-specversion", "1.1", "{}", "ce-specversion"},
		"no time":         {"ce-time", "noon", "{}", "ce-time"},
		"no escape":       {"ce-subject", "100%", "{}", "ce-subject"},
		"no UTF-8":        {"ce-subject", "%FF", "{}", "ce-subject"},
		"no JSON":         {"ce-id", "o1", "{", "byte 2"},
		"no object":       {"ce-id", "o1", "[]", "data"},
	} {
		a := w.do("POST", "/v1/events", c.body, append(cloudHeaders, c.header, c.value)...)
		require.Equal(t, 400, a.status, name)
		var p problem
		a.json(&p)
		require.Equal(t, c.location, p.Errors[0].Location, "%s: %s", name, a.body)
	}
	w.do("POST", "/v1/events", `[]`, "Content-Type", batched).problem(415, "media_type_refused")
	w.do("POST", "/v1/events/batch", cloudPurchase, "Content-Type", structured).problem(415, "media_type_refused")
	w.do("POST", "/v1/events/batch", cloudPurchase, "Content-Type", batched).problem(400, "invalid_json")
	w.do("POST", "/v1/events", "{}", append(cloudHeaders, "Content-Type", "application/xml")...).problem(415, "media_type_refused")
	require.Equal(t, before, w.journal())
}
