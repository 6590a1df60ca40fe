package event_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

func TestParseEvent(t *testing.T) {
	at, err := calendar.ParseInstant("2026-12-01T08:00:00Z")
	require.NoError(t, err)
	body := []byte(" {\"type\":\"purchase\", \"id\":\"o\\u00e91\",\"member\":\"ann\",\"time\":\"2026-12-01T09:00:00+01:00\",\n" +
		"\"data\": {\"a\": [1, {\"b\":null}]} } ")
	e, errs := event.Parse(body)
	require.Empty(t, errs)
	clear(body) // nothing of it is kept
	require.Equal(t, &event.Event{ID: "oé1", Type: "purchase", Member: "ann", Time: at, Timed: true, Data: []byte(`{"a": [1, {"b":null}]}`)}, e)

	e, errs = event.Parse([]byte(`{"id":"1","type":"visit","member":"ann"}`))
	require.Empty(t, errs)
	require.False(t, e.Timed)
	require.Equal(t, "{}", string(e.Data))
}

func TestParseEventErrors(t *testing.T) {
	const good = `"id":"1","type":"visit","member":"ann"`
	for body, want := range map[string]event.FieldError{
		`{"type":"visit","member":"ann"}`:               {Location: "id", Code: "missing_field"},
		`{"id":"1","member":"ann"}`:                     {Location: "type", Code: "missing_field"},
		`{"id":"1","type":"visit"}`:                     {Location: "member", Code: "missing_field"},
		`{` + good + `,"id":"1"}`:                       {Location: "id", Code: "duplicate_field"},
		`{` + good + `,"ID":"1"}`:                       {Location: "ID", Code: "unknown_field", Suggestion: "did you mean id?"},
		`{` + good + `,"tiem":"2026-12-01T09:00:00Z"}`:  {Location: "tiem", Code: "unknown_field", Suggestion: "did you mean time?"},
		`{` + good + `,"zzzzzzzzz":{"a":[]}}`:           {Location: "zzzzzzzzz", Code: "unknown_field"},
		`{` + good + `,"time":"2026-12-01"}`:            {Location: "time", Code: "wrong_time", Suggestion: `write it like "2026-12-01T09:00:00+01:00"`},
		`{` + good + `,"time":1764579600}`:              {Location: "time", Code: "wrong_type", Suggestion: "write it in quotes"},
		`{` + good + `,"data":[1,2]}`:                   {Location: "data", Code: "wrong_type"},
		`{"id":"","type":"visit","member":"ann"}`:       {Location: "id", Code: "wrong_id"},
		`{"id":"1","type":"visit","member":"a\u202eb"}`: {Location: "member", Code: "wrong_id"},
		`["id"]`:                          {Location: "body", Code: "wrong_type"},
		``:                                {Location: "byte", Code: "invalid_json"},
		`{` + good + `}}`:                 {Location: "byte", Code: "invalid_json"},
		`{` + good + `,"data":{"a":NaN}}`: {Location: "byte", Code: "invalid_json"},
		`{` + good + `,"data":` + strings.Repeat("[", 20):     {Location: "byte", Code: "invalid_json"},
		"{" + good + `,"data":{"a":"` + "\xff" + `"}}`:        {Location: "byte", Code: "invalid_json"},
		"{" + good + `,"data":{"a":"\u0000"}}`:                {Location: "byte", Code: "invalid_json"},
		"{" + good + `,"data":{"a":"\ud800"}}`:                {Location: "byte", Code: "invalid_json"},
		"{" + good + `,"data":` + strings.Repeat(`{"a":`, 20): {Location: "byte", Code: "invalid_json"},
	} {
		e, errs := event.Parse([]byte(body))
		require.NotNil(t, e)
		require.Len(t, errs, 1, "%s: %v", body, errs)
		require.NotEmpty(t, errs[0].Message)
		errs[0].Message = ""
		if want.Code == "invalid_json" {
			errs[0].Location, _, _ = strings.Cut(errs[0].Location, " ")
		}
		require.Equal(t, want, errs[0], "%s", body)
	}
}

func TestParseEvents(t *testing.T) {
	var ids []string
	var wrong int
	errs := event.ParseArray([]byte(`[{"id":"1","type":"visit","member":"ann"}, 7, {"id":"2","type":"visit","member":"ann"},{"id":"3"}]`),
		func(e *event.Event, errs []event.FieldError) bool {
			ids = append(ids, e.ID)
			wrong += len(errs)
			return true
		})
	require.Empty(t, errs)
	require.Equal(t, []string{"1", "", "2", "3"}, ids)
	require.Equal(t, 3, wrong, "one for 7, two for what 3 lacks")

	ids = nil
	errs = event.ParseArray([]byte(`[{"id":"1","type":"visit","member":"ann"},{},{}]`), func(e *event.Event, _ []event.FieldError) bool {
		ids = append(ids, e.ID)
		return false
	})
	require.Empty(t, errs)
	require.Equal(t, []string{"1"}, ids)

	for _, body := range []string{``, `{}`, `[`, `[{}`, `[{},]`, `[{}]]`, `[{"a":nul}]`} {
		errs := event.ParseArray([]byte(body), func(*event.Event, []event.FieldError) bool { return true })
		require.Len(t, errs, 1, body)
		require.Equal(t, "invalid_json", errs[0].Code, body)
	}
}

func TestParseObject(t *testing.T) {
	read := func(body string) (map[string]string, []event.FieldError) {
		got := map[string]string{}
		errs := event.ParseObject([]byte(body), "fields.", []string{"name", "born"}, func(name string, value []byte) { got[name] = string(value) })
		return got, errs
	}
	got, errs := read(`{"name": "Ann" , "born":[1, 2]}`)
	require.Empty(t, errs)
	require.Equal(t, map[string]string{"name": `"Ann"`, "born": "[1, 2]"}, got)
	for body, want := range map[string][2]string{
		`{"nmae":1}`:          {"fields.nmae", "unknown_field"},
		`{"Name":1}`:          {"fields.Name", "unknown_field"},
		`{"name":1,"name":2}`: {"fields.name", "duplicate_field"},
		`7`:                   {"fields", "wrong_type"},
		`{"name":}`:           {"byte 9", "invalid_json"},
	} {
		_, errs := read(body)
		require.Len(t, errs, 1, body)
		require.Equal(t, want, [2]string{errs[0].Location, errs[0].Code}, body)
	}
}

// envelope is what the reference reads of an event.
type envelope struct {
	members map[string]jsontext.Value
	deep    bool
}

// referenceEnvelope reads an event with another, strict JSON reader. ok is false when it is not well-formed, not an object,
// or has names twice.
func referenceEnvelope(body []byte) (envelope, bool) {
	out := envelope{members: map[string]jsontext.Value{}}
	d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return out, false
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return out, false
		}
		key := name.String()
		value, err := d.ReadValue()
		if _, twice := out.members[key]; err != nil || twice {
			return out, false
		}
		out.members[key] = value.Clone()
		out.deep = out.deep || bytes.Count(value, []byte("{"))+bytes.Count(value, []byte("[")) > 16
	}
	if token, err := d.ReadToken(); err != nil || token.Kind() != '}' {
		return out, false
	}
	_, err := d.ReadToken()
	return out, errors.Is(err, io.EOF)
}

func (e envelope) text(name string) (string, bool) {
	if e.members[name].Kind() != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, e.members[name])
	return string(text), err == nil
}

// event is what Parse is to make of it, nil when it is to refuse it.
func (e envelope) event() *event.Event {
	out := &event.Event{Data: []byte("{}")}
	for name, value := range e.members {
		text, isText := e.text(name)
		switch name {
		case "id":
			out.ID = text
		case "member":
			out.Member = text
		case "type":
			out.Type = text
		case "time":
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return nil
			}
			out.Time, out.Timed = calendar.FromTime(at), true
		case "data":
			if value.Kind() != '{' {
				return nil
			}
			out.Data, isText = value, true
		default:
			return nil
		}
		if !isText {
			return nil
		}
	}
	_, typed := e.members["type"]
	if !typed || event.CheckID(out.ID) != "" || event.CheckID(out.Member) != "" {
		return nil
	}
	return out
}

// FuzzParseEvent holds the reader of events against another one: it never panics, keeps nothing of its input, takes
// nothing that the other refuses, and refuses nothing else but deep nesting, NUL and ways of writing a time.
func FuzzParseEvent(f *testing.F) {
	for _, seed := range []string{
		`{"id":"1","type":"visit","member":"ann","time":"2026-12-01T09:00:00+01:00","data":{"a":[1,2.5e3,"x\u00e9\n",null,true]}}`,
		`{"id":"1","type":"visit","member":"ann"}`,
		`{"id":"1","id":"2","type":"visit","member":"ann"}`,
		`{"ID":"1","type":"visit","member":"\ud83d\ude00"}`,
		`{"id":1}`, `{`, `[]`, `null`, ``, "{\"id\":\"\xff\"}", `{"id":"\u0000"}`, `{"data":{"a":01}}`, `{"data":{"a":-}}`,
		`{"id":"a","type":"b","member":"c","time":"2026-02-30T00:00:00Z"}`, `{"id":"1","type":"visit","member":"ann"} x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		original := bytes.Clone(body)
		got, errs := event.Parse(body)
		require.NotNil(t, got)
		require.Equal(t, original, body, "the input is not written to")
		for _, e := range errs {
			require.NotEmpty(t, e.Code)
			require.True(t, utf8.ValidString(e.Location))
		}
		read, ok := referenceEnvelope(body)
		var want *event.Event
		if ok {
			want = read.event()
		}
		if len(errs) == 0 {
			require.NotNil(t, want, "accepted what the reference refuses")
			data := bytes.Clone(got.Data)
			clear(body)
			require.Equal(t, data, got.Data, "the data is a copy")
			require.Equal(t, want.ID, got.ID)
			require.Equal(t, want.Type, got.Type)
			require.Equal(t, want.Member, got.Member)
			require.Equal(t, want.Timed, got.Timed)
			require.Equal(t, want.Time, got.Time)
			require.Equal(t, string(want.Data), string(got.Data))
			return
		}
		if want == nil || read.deep || bytes.Contains(original, []byte(`\u0000`)) {
			return
		}
		if text, timed := read.text("time"); timed {
			if _, err := calendar.ParseInstant(text); err != nil {
				return
			}
		}
		t.Fatalf("refused what the reference accepts: %v", errs)
	})
}

// BenchmarkParseEvent reads an event of the usual size.
func BenchmarkParseEvent(b *testing.B) {
	body := []byte(`{"id":"order-000017","type":"purchase","member":"member-4711","time":"2026-12-01T09:00:00+01:00","data":{"order_id":"000017",` +
		`"amount":12.50,"store":"Berlin","channel":"app","items":[{"sku":"latte","category":"drink","qty":1,"price":4.50},` +
		`{"sku":"bagel","category":"food","qty":2,"price":4.00}]}}`)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := event.Parse(body); errs != nil {
			b.Fatal(errs)
		}
	}
}
