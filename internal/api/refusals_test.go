package api_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/internal/api"
)

// refusal is a request that must be refused, and how.
type refusal struct {
	name       string
	method     string // POST when empty
	path       string // /v1/events when empty
	body       string
	headers    []string
	status     int
	code       string
	location   string // of the only error; "" when the problem has none
	field      string // code of that error
	suggestion string
}

// event is an event of ann's with these members in place of the usual ones.
func newEvent(members string) string {
	return `{"id":"bad","type":"purchase","member":"ann",` + members + `}`
}

// data is a purchase with these fields besides the required ones.
func data(fields string) string {
	return newEvent(`"data":{"order_id":"o","amount":1` + "," + fields + `}`)
}

func amount(text string) string { return newEvent(`"data":{"order_id":"o","amount":` + text + `}`) }

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text))
	_ = z.Close()
	return b.String()
}

const (
	inQuotes   = "write it in quotes"
	noQuotes   = "write the number without quotes"
	noExponent = "write 100, not 1e2"
	likeTime   = `write it like "2026-12-01T09:00:00+01:00"`
)

var badEnvelopes = []refusal{
	{name: "no body", body: "", status: 400, code: "invalid_json", location: "byte 1", field: "invalid_json"},
	{name: "null", body: "null", status: 400, code: "invalid_event", location: "body", field: "wrong_type"},
	{name: "an array", body: "[]", status: 400, code: "invalid_event", location: "body", field: "wrong_type"},
	{name: "a text", body: `"x"`, status: 400, code: "invalid_event", location: "body", field: "wrong_type"},
	{name: "cut short", body: purchase[:60], status: 400, code: "invalid_json", location: "byte 61", field: "invalid_json"},
	{name: "something after it", body: `{"id":"1","type":"visit","member":"ann"}{}`, status: 400, code: "invalid_json",
		location: "byte 41", field: "invalid_json"},
	{name: "a comma too many", body: `{"id":"1","type":"visit","member":"ann",}`, status: 400, code: "invalid_json", location: "byte 41", field: "invalid_json"},
	{name: "a byte order mark", body: "\ufeff{}", status: 400, code: "invalid_json", location: "byte 1", field: "invalid_json"},
	{name: "a misspelt key", body: newEvent(`"tiem":"2026-12-02T11:00:00Z"`), status: 400, code: "invalid_event", location: "tiem", field: "unknown_field",
		suggestion: "did you mean time?"},
	{name: "a program in the body", body: newEvent(`"program":"bravo"`), status: 400, code: "invalid_event", location: "program", field: "unknown_field"},
	{name: "a key twice", body: newEvent(`"id":"bad"`), status: 400, code: "invalid_event", location: "id", field: "duplicate_field"},
	{name: "a key in two cases", body: newEvent(`"Member":"bob"`), status: 400, code: "invalid_event", location: "Member", field: "unknown_field",
		suggestion: "did you mean member?"},
	{name: "no id", body: `{"type":"visit","member":"ann"}`, status: 400, code: "invalid_event", location: "id", field: "missing_field"},
	{name: "no type", body: `{"id":"bad","member":"ann"}`, status: 400, code: "invalid_event", location: "type", field: "missing_field"},
	{name: "no member", body: `{"id":"bad","type":"visit"}`, status: 400, code: "invalid_event", location: "member", field: "missing_field"},
	{name: "data is a list", body: newEvent(`"data":[]`), status: 400, code: "invalid_event", location: "data", field: "wrong_type"},
	{name: "data is null", body: newEvent(`"data":null`), status: 400, code: "invalid_event", location: "data", field: "wrong_type"},
	{name: "data nests too deep", body: newEvent(`"data":` + strings.Repeat(`{"a":`, 10_001) + "1" + strings.Repeat("}", 10_001)),
		status: 400, code: "invalid_json", location: "byte 138", field: "invalid_json"},
}

var badIDs = []refusal{
	{name: "a number", body: `{"id":1,"type":"visit","member":"ann"}`, status: 400, code: "invalid_event", location: "id",
		field: "wrong_type", suggestion: inQuotes},
	{name: "null", body: `{"id":null,"type":"visit","member":"ann"}`, status: 400, code: "invalid_event", location: "id",
		field: "wrong_type", suggestion: inQuotes},
	{name: "empty", body: `{"id":"","type":"visit","member":"ann"}`, status: 400, code: "invalid_event", location: "id", field: "wrong_id"},
	{name: "empty member", body: `{"id":"bad","type":"visit","member":""}`, status: 400, code: "invalid_event", location: "member", field: "wrong_id"},
	{name: "201 bytes", body: `{"id":"` + strings.Repeat("a", 201) + `","type":"visit","member":"ann"}`, status: 400, code: "invalid_event",
		location: "id", field: "wrong_id"},
	{name: "an escaped NUL", body: `{"id":"a\u0000b","type":"visit","member":"ann"}`, status: 400, code: "invalid_json",
		location: "byte 15", field: "invalid_json"},
	{name: "a raw NUL", body: "{\"id\":\"a\x00b\",\"type\":\"visit\",\"member\":\"ann\"}", status: 400, code: "invalid_json",
		location: "byte 9", field: "invalid_json"},
	{name: "one of Laurel's own", body: `{"id":"laurel:tick/1","type":"visit","member":"ann"}`, status: 400, code: "invalid_event",
		location: "id", field: "wrong_id"},
	{name: "a line break", body: `{"id":"a\nb","type":"visit","member":"ann"}`, status: 400, code: "invalid_event", location: "id", field: "wrong_id"},
	{name: "right to left", body: `{"id":"bad","type":"visit","member":"a\u202eb"}`, status: 400, code: "invalid_event", location: "member", field: "wrong_id"},
	{name: "right to left, raw", body: "{\"id\":\"bad\",\"type\":\"visit\",\"member\":\"a\u202eb\"}", status: 400, code: "invalid_event",
		location: "member", field: "wrong_id"},
	{name: "no width", body: `{"id":"bad","type":"visit","member":"a\u200bb"}`, status: 400, code: "invalid_event", location: "member", field: "wrong_id"},
	{name: "not UTF-8", body: "{\"id\":\"a\xffb\",\"type\":\"visit\",\"member\":\"ann\"}", status: 400, code: "invalid_json",
		location: "byte 11", field: "invalid_json"},
	{name: "half a surrogate pair", body: `{"id":"\ud800","type":"visit","member":"ann"}`, status: 400, code: "invalid_json",
		location: "byte 14", field: "invalid_json"},
	{name: "taken by another event", body: `{"id":"o1","type":"visit","member":"ann","data":{}}`, status: 409, code: "event_conflict", location: "id",
		field: "event_conflict", suggestion: "send a new event under a new id"},
	{name: "taken with a higher amount", body: strings.Replace(purchase, "12.50", "1250", 1), status: 409, code: "event_conflict", location: "id",
		field: "event_conflict", suggestion: "send a new event under a new id"},
	{name: "taken without the time", body: strings.Replace(purchase, `"time":"2026-12-02T11:00:00Z",`, "", 1), status: 409, code: "event_conflict", location: "id",
		field: "event_conflict", suggestion: "send a new event under a new id"},
}

var badTypes = []refusal{
	{name: "misspelt", body: `{"id":"bad","type":"purchse","member":"ann"}`, status: 422, code: "unknown_event_type", location: "type",
		field: "unknown_event_type", suggestion: "did you mean purchase?"},
	{name: "empty", body: `{"id":"bad","type":"","member":"ann"}`, status: 422, code: "unknown_event_type", location: "type", field: "unknown_event_type"},
	{name: "not a text", body: `{"id":"bad","type":7,"member":"ann"}`, status: 400, code: "invalid_event", location: "type",
		field: "wrong_type", suggestion: inQuotes},
	{name: "of another program", body: `{"id":"bad","type":"sale","member":"ann"}`, status: 422, code: "unknown_event_type",
		location: "type", field: "unknown_event_type"},
	{name: "built in", body: `{"id":"bad","type":"joined","member":"ann"}`, status: 422, code: "unknown_event_type",
		location: "type", field: "unknown_event_type"},
	{name: "a command that gives points", body: `{"id":"bad","type":"points.grant","member":"ann","data":{"points":"stars","amount":1000000}}`, status: 422,
		code: "unknown_event_type", location: "type", field: "unknown_event_type"},
	{name: "a command that changes a profile", body: `{"id":"bad","type":"member.put","member":"ann","data":{}}`, status: 422, code: "unknown_event_type",
		location: "type", field: "unknown_event_type"},
}

var badTimes = []refusal{
	{name: "no offset", body: newEvent(`"time":"2026-12-02T11:00:00"`), status: 400, code: "invalid_event", location: "time",
		field: "wrong_time", suggestion: likeTime},
	{name: "a date", body: newEvent(`"time":"2026-12-02"`), status: 400, code: "invalid_event", location: "time", field: "wrong_time", suggestion: likeTime},
	{name: "a number", body: newEvent(`"time":1764673200`), status: 400, code: "invalid_event", location: "time", field: "wrong_type", suggestion: inQuotes},
	{name: "null", body: newEvent(`"time":null`), status: 400, code: "invalid_event", location: "time", field: "wrong_type", suggestion: inQuotes},
	{name: "30 February", body: newEvent(`"time":"2026-02-30T11:00:00Z"`), status: 400, code: "invalid_event", location: "time",
		field: "wrong_time", suggestion: likeTime},
	{name: "hour 24", body: newEvent(`"time":"2026-12-02T24:00:00Z"`), status: 400, code: "invalid_event", location: "time",
		field: "wrong_time", suggestion: likeTime},
	{name: "six minutes ahead", body: newEvent(`"time":"2026-12-02T12:06:00Z","data":{"order_id":"o","amount":1}`), status: 422, code: "event_in_future",
		location: "time", field: "event_in_future"},
	{name: "five minutes and a microsecond ahead", body: newEvent(`"time":"2026-12-02T12:05:00.000001Z","data":{"order_id":"o","amount":1}`), status: 422,
		code: "event_in_future", location: "time", field: "event_in_future"},
	{name: "four days back", body: newEvent(`"time":"2026-11-28T12:00:00Z","data":{"order_id":"o","amount":1}`), status: 422, code: "event_too_late",
		location: "time", field: "event_too_late", suggestion: "bring older events in with an import"},
}

var badNumbers = []refusal{
	{name: "NaN", body: amount("NaN"), status: 400, code: "invalid_json", location: "byte 78", field: "invalid_json"},
	{name: "Infinity", body: amount("Infinity"), status: 400, code: "invalid_json", location: "byte 78", field: "invalid_json"},
	{name: "-Infinity", body: amount("-Infinity"), status: 400, code: "invalid_json", location: "byte 79", field: "invalid_json"},
	{name: "a plus", body: amount("+1"), status: 400, code: "invalid_json", location: "byte 78", field: "invalid_json"},
	{name: "a leading zero", body: amount("01"), status: 400, code: "invalid_json", location: "byte 80", field: "invalid_json"},
	{name: "no digit before the point", body: amount(".5"), status: 400, code: "invalid_json", location: "byte 78", field: "invalid_json"},
	{name: "no digit after the point", body: amount("5."), status: 400, code: "invalid_json", location: "byte 80", field: "invalid_json"},
	{name: "hexadecimal", body: amount("0x10"), status: 400, code: "invalid_json", location: "byte 79", field: "invalid_json"},
	{name: "1e400", body: amount("1e400"), status: 422, code: "does_not_fit", location: "data.amount", field: "wrong_number", suggestion: noExponent},
	{name: "1e2", body: amount("1e2"), status: 422, code: "does_not_fit", location: "data.amount", field: "wrong_number", suggestion: noExponent},
	{name: "-0", body: amount("-0"), status: 422, code: "does_not_fit", location: "data.amount", field: "wrong_number", suggestion: noExponent},
	{name: "tenths of a cent", body: amount("10.005"), status: 422, code: "does_not_fit", location: "data.amount", field: "too_many_digits",
		suggestion: "round the amount before sending it"},
	{name: "seven fractional digits", body: data(`"weight":0.1234567`), status: 422, code: "does_not_fit", location: "data.weight", field: "too_many_digits"},
	{name: "half a piece", body: data(`"pieces":10.5`), status: 422, code: "does_not_fit", location: "data.pieces", field: "wrong_type"},
	{name: "2^63", body: data(`"weight":9223372036854775808`), status: 422, code: "does_not_fit", location: "data.weight", field: "out_of_range"},
	{name: "400 digits", body: data(`"weight":` + strings.Repeat("9", 400)), status: 422, code: "does_not_fit", location: "data.weight", field: "out_of_range"},
	{name: "in quotes", body: amount(`"12.50"`), status: 422, code: "does_not_fit", location: "data.amount", field: "wrong_type", suggestion: noQuotes},
	{name: "null", body: amount("null"), status: 422, code: "does_not_fit", location: "data.amount", field: "missing_field"},
	{name: "a boolean", body: amount("true"), status: 422, code: "does_not_fit", location: "data.amount", field: "wrong_type"},
}

var badFields = []refusal{
	{name: "misspelt", body: data(`"ntoe":"x"`), status: 422, code: "does_not_fit", location: "data.ntoe", field: "unknown_field",
		suggestion: "did you mean note?"},
	{name: "missing", body: newEvent(`"data":{"order_id":"o"}`), status: 422, code: "does_not_fit", location: "data.amount", field: "missing_field"},
	{name: "twice", body: data(`"amount":2`), status: 422, code: "does_not_fit", location: "data.amount", field: "duplicate_field"},
	{name: "in another case", body: data(`"Amount":2`), status: 422, code: "does_not_fit", location: "data.Amount", field: "unknown_field",
		suggestion: "did you mean amount?"},
	{name: "a text that is a number", body: data(`"note":5`), status: 422, code: "does_not_fit", location: "data.note", field: "wrong_type", suggestion: inQuotes},
	{name: "a text with NUL", body: data(`"note":"\u0000"`), status: 400, code: "invalid_json", location: "byte 94", field: "invalid_json"},
	{name: "a text that is not UTF-8", body: data("\"note\":\"\xc3\x28\""), status: 400, code: "invalid_json", location: "byte 90", field: "invalid_json"},
	{name: "a boolean that is a text", body: data(`"gift":"yes"`), status: 422, code: "does_not_fit", location: "data.gift", field: "wrong_type"},
	{name: "a date that is none", body: data(`"on_day":"2026-02-30"`), status: 422, code: "does_not_fit", location: "data.on_day", field: "wrong_date",
		suggestion: `write it like "2026-12-01"`},
	{name: "a time without offset", body: data(`"made_at":"2026-12-01T09:00:00"`), status: 422, code: "does_not_fit", location: "data.made_at",
		field: "wrong_time", suggestion: likeTime},
	{name: "a member that cannot be one", body: data(`"friend":"\u2066x"`), status: 422, code: "does_not_fit", location: "data.friend", field: "wrong_id"},
	{name: "a list that is none", body: data(`"items":"x"`), status: 422, code: "does_not_fit", location: "data.items", field: "wrong_type"},
	{name: "a list's field misspelt", body: data(`"items":[{"sku":"a","qty":1},{"suk":"b","sku":"b","qty":1}]`), status: 422, code: "does_not_fit",
		location: "data.items[1].suk", field: "unknown_field", suggestion: "did you mean sku?"},
	{name: "a list's field missing", body: data(`"items":[{"sku":"a"}]`), status: 422, code: "does_not_fit",
		location: "data.items[0].qty", field: "missing_field"},
	{name: "201 items", body: data(`"items":[` + strings.Repeat(`{"sku":"a","qty":1},`, 200) + `{"sku":"a","qty":1}]`), status: 422, code: "does_not_fit",
		location: "data.items", field: "list_too_long"},
}

var badBodies = []refusal{
	{name: "an event of 64 KiB and a byte", body: data(`"note":"` + strings.Repeat("x", api.MaxEvent-len(data(`"note":""`))+1) + `"`),
		status: 413, code: "body_too_large"},
	{name: "a body for a read", method: "GET", path: "/v1/members/ann", body: "{}", status: 413, code: "body_too_large"},
	{name: "gzip", body: gzipped(purchase), headers: []string{"Content-Encoding", "gzip"}, status: 415, code: "content_encoding_refused"},
	{name: "a gzip bomb", path: "/v1/events/batch", body: gzipped(strings.Repeat(" ", 100<<20)), headers: []string{"Content-Encoding", "gzip"}, status: 415,
		code: "content_encoding_refused"},
	{name: "brotli that is none", body: purchase, headers: []string{"Content-Encoding", "br"}, status: 415, code: "content_encoding_refused"},
	{name: "lines for one event", body: purchase, headers: []string{"Content-Type", "application/x-ndjson"}, status: 415, code: "media_type_refused"},
	{name: "multipart", body: "--x\r\n\r\n--x--", headers: []string{"Content-Type", "multipart/form-data; boundary=x"}, status: 415, code: "media_type_refused"},
	{name: "XML", path: "/v1/events/batch", body: "<a/>", headers: []string{"Content-Type", "application/xml"}, status: 415, code: "media_type_refused"},
	{name: "JSON for an import", path: "/v1/imports", body: "[]", status: 415, code: "media_type_refused"},
	{name: "an array that is none", path: "/v1/events/batch", body: purchase, status: 400, code: "invalid_json", location: "byte 1", field: "invalid_json"},
	{name: "an array cut short", path: "/v1/events/batch", body: "[" + purchase + ",", status: 400, code: "invalid_json",
		location: "byte 117", field: "invalid_json"},
	{name: "an array of too many", path: "/v1/events/batch", body: "[" + strings.Repeat("1,", api.MaxBatchEvents) + "1]", status: 413, code: "too_many_events"},
	{name: "too many lines", path: "/v1/events/batch", body: strings.Repeat("{}\n", api.MaxBatchEvents+1),
		headers: []string{"Content-Type", "application/x-ndjson"}, status: 413, code: "too_many_events"},
}

var badMembers = []refusal{
	{name: "what only the engine gives", method: "PUT", path: "/v1/members/ann", body: `{"tier":"gold"}`, status: 422, code: "does_not_fit",
		location: "tier", field: "unknown_field"},
	{name: "a balance", method: "PATCH", path: "/v1/members/ann", body: `{"balance":9999}`, status: 422, code: "does_not_fit",
		location: "balance", field: "unknown_field"},
	{name: "a key in two cases", method: "PATCH", path: "/v1/members/ann", body: `{"name":"Ann","Name":"Bob"}`, status: 422, code: "does_not_fit",
		location: "Name", field: "unknown_field", suggestion: "did you mean name?"},
	{name: "a key twice", method: "PATCH", path: "/v1/members/ann", body: `{"name":"Ann","name":"Bob"}`, status: 422, code: "does_not_fit",
		location: "name", field: "duplicate_field"},
	{name: "not JSON", method: "PUT", path: "/v1/members/ann", body: `{"name":}`, status: 400, code: "invalid_json", location: "byte 9", field: "invalid_json"},
	{name: "not an object", method: "PUT", path: "/v1/members/ann", body: `[]`, status: 422, code: "does_not_fit", location: "body", field: "wrong_type"},
	{name: "a name that is a number", method: "PUT", path: "/v1/members/ann", body: `{"name":5}`, status: 422, code: "does_not_fit", location: "name",
		field: "wrong_type", suggestion: inQuotes},
	{name: "a name with a line break", method: "PUT", path: "/v1/members/ann", body: `{"name":"a\nb"}`, status: 422, code: "does_not_fit",
		location: "name", field: "wrong_value"},
	{name: "a name of 201 bytes", method: "PUT", path: "/v1/members/ann", body: `{"name":"` + strings.Repeat("a", 201) + `"}`, status: 422, code: "does_not_fit",
		location: "name", field: "wrong_value"},
	{name: "a zone that is a path", method: "PUT", path: "/v1/members/ann", body: `{"timezone":"../../etc/passwd"}`, status: 422, code: "does_not_fit",
		location: "timezone", field: "wrong_timezone"},
	{name: "the zone Local", method: "PUT", path: "/v1/members/ann", body: `{"timezone":"Local"}`, status: 422, code: "does_not_fit",
		location: "timezone", field: "wrong_timezone"},
	{name: "an empty zone", method: "PATCH", path: "/v1/members/ann", body: `{"timezone":""}`, status: 422, code: "does_not_fit",
		location: "timezone", field: "wrong_timezone"},
	{name: "a misspelt zone", method: "PATCH", path: "/v1/members/ann", body: `{"timezone":"Europe/Brelin"}`, status: 422, code: "does_not_fit",
		location: "timezone", field: "wrong_timezone", suggestion: "did you mean Europe/Berlin?"},
	{name: "an unknown field", method: "PATCH", path: "/v1/members/ann", body: `{"fields":{"brithday":"2000-01-01"}}`, status: 422, code: "does_not_fit",
		location: "fields.brithday", field: "unknown_field", suggestion: "did you mean birthday?"},
	{name: "a field twice", method: "PATCH", path: "/v1/members/ann", body: `{"fields":{"level":1,"level":2}}`, status: 422, code: "does_not_fit",
		location: "fields.level", field: "duplicate_field"},
	{name: "fields that are none", method: "PATCH", path: "/v1/members/ann", body: `{"fields":null}`, status: 422, code: "does_not_fit",
		location: "fields", field: "wrong_type"},
	{name: "a field of another type", method: "PATCH", path: "/v1/members/ann", body: `{"fields":{"level":1.5}}`, status: 422, code: "does_not_fit",
		location: "fields.level", field: "wrong_type"},
	{name: "a date that is none", method: "PATCH", path: "/v1/members/ann", body: `{"fields":{"birthday":"2001-02-29"}}`, status: 422, code: "does_not_fit",
		location: "fields.birthday", field: "wrong_date", suggestion: `write it like "2026-12-01"`},
	{name: "an id with NUL", method: "PUT", path: "/v1/members/a%00b", body: `{}`, status: 400, code: "wrong_parameter",
		location: "path.member", field: "wrong_id"},
	{name: "an id that is not UTF-8", method: "PUT", path: "/v1/members/a%FFb", body: `{}`, status: 400, code: "wrong_parameter",
		location: "path.member", field: "wrong_id"},
	{name: "an id right to left", method: "PUT", path: "/v1/members/%E2%80%AEx", body: `{}`, status: 400, code: "wrong_parameter",
		location: "path.member", field: "wrong_id"},
	{name: "an id of 201 bytes", method: "PUT", path: "/v1/members/" + strings.Repeat("a", 201), body: `{}`, status: 400, code: "wrong_parameter",
		location: "path.member", field: "wrong_id"},
	{name: "an unknown challenge", path: "/v1/members/ann/challenges/dahs/enroll", status: 404, code: "not_found"},
	{name: "an unknown member", path: "/v1/members/nobody/challenges/dash/enroll", status: 404, code: "member_unknown"},
	{name: "a body for an enrollment", path: "/v1/members/ann/challenges/dash/enroll", body: `{"bonus":1}`, status: 400, code: "invalid_body",
		location: "bonus", field: "unknown_field"},
}

var badReads = []refusal{
	{name: "an unknown event", method: "GET", path: "/v1/events/nothing", status: 404, code: "not_found"},
	{name: "an unknown member", method: "GET", path: "/v1/members/nobody", status: 404, code: "member_unknown"},
	{name: "an unknown member's progress", method: "GET", path: "/v1/members/nobody/progress", status: 404, code: "member_unknown"},
	{name: "an unknown member's past", method: "GET", path: "/v1/members/nobody/progress?at=2026-12-01T00:00:00Z", status: 404, code: "member_unknown"},
	{name: "a member before it joined", method: "GET", path: "/v1/members/ann/progress?at=2026-12-01T00:00:00Z", status: 404, code: "member_unknown"},
	{name: "an unknown member's ledger", method: "GET", path: "/v1/members/nobody/ledger", status: 404, code: "member_unknown"},
	{name: "an unknown member's standing", method: "GET", path: "/v1/leaderboards/top_spenders/standings/nobody", status: 404, code: "member_unknown"},
	{name: "an unknown board", method: "GET", path: "/v1/leaderboards/top_spender", status: 404, code: "not_found", location: "path.board", field: "not_found",
		suggestion: "did you mean top_spenders?"},
	{name: "a board of another program", method: "GET", path: "/v1/leaderboards/top_sellers", status: 404, code: "not_found",
		location: "path.board", field: "not_found"},
	{name: "a season that is none", method: "GET", path: "/v1/leaderboards/top_spenders?season=2026-W54", status: 400, code: "wrong_parameter",
		location: "query.season", field: "wrong_value", suggestion: "write it like 2026-W49"},
	{name: "a season of a board that has none", method: "GET", path: "/v1/leaderboards/by_visits?season=previous", status: 400, code: "wrong_parameter",
		location: "query.season", field: "wrong_value"},
	{name: "a part of a board that has none", method: "GET", path: "/v1/leaderboards/by_visits?split=berlin", status: 400, code: "wrong_parameter",
		location: "query.split", field: "wrong_value"},
	{name: "rank 0", method: "GET", path: "/v1/leaderboards/by_visits?from_rank=0", status: 400, code: "wrong_parameter",
		location: "query.from_rank", field: "wrong_value"},
	{name: "a page of 1,001", method: "GET", path: "/v1/leaderboards/by_visits?limit=1001", status: 400, code: "wrong_parameter",
		location: "query.limit", field: "wrong_value"},
	{name: "a page of 1,001 entries", method: "GET", path: "/v1/members/ann/ledger?limit=1001", status: 400, code: "wrong_parameter",
		location: "query.limit", field: "wrong_value"},
	{name: "a limit in words", method: "GET", path: "/v1/members/ann/ledger?limit=ten", status: 400, code: "wrong_parameter",
		location: "query.limit", field: "wrong_value"},
	{name: "a cursor that is none", method: "GET", path: "/v1/members/ann/ledger?cursor=xyz", status: 400, code: "wrong_parameter", location: "query.cursor",
		field: "wrong_value", suggestion: "send next_cursor of the page before"},
	{name: "an instant without offset", method: "GET", path: "/v1/members/ann/progress?at=2026-12-01", status: 400, code: "wrong_parameter", location: "query.at",
		field: "wrong_value", suggestion: "write it like 2026-12-01T09:00:00Z"},
	{name: "an instant in ten years", method: "GET", path: "/v1/members/ann/progress?at=2036-12-01T00:00:00Z", status: 400, code: "wrong_parameter",
		location: "query.at", field: "wrong_value"},
	{name: "what has not happened yet", method: "GET", path: "/v1/members/ann?min_seq=99", status: 503, code: "not_yet"},
	{name: "a misspelt parameter", path: "/v1/events?dryrun=true", body: purchase, status: 400, code: "wrong_parameter", location: "query", field: "unknown_field",
		suggestion: "did you mean dry_run?"},
	{name: "a parameter twice", path: "/v1/events?dry_run=true&dry_run=false", body: purchase, status: 400, code: "wrong_parameter",
		location: "query.dry_run", field: "duplicate_field"},
	{name: "a dry run that is neither", path: "/v1/events?dry_run=1", body: purchase, status: 400, code: "wrong_parameter",
		location: "query.dry_run", field: "wrong_value"},
	{name: "a counter that is not public", method: "GET", path: "/v1/counters/spent", status: 404, code: "not_found"},
	{name: "an unknown counter", method: "GET", path: "/v1/counters/nothing", status: 404, code: "not_found"},
}

var badRoutes = []refusal{
	{name: "an unknown path", method: "GET", path: "/v1/nothing", status: 404, code: "route_not_found"},
	{name: "the root", method: "GET", path: "/", status: 404, code: "route_not_found"},
	{name: "a slash too many", path: "/v1/events/", body: purchase, status: 404, code: "route_not_found"},
	{name: "another case", path: "/V1/events", body: purchase, status: 404, code: "route_not_found"},
	{name: "metrics on the public listener", method: "GET", path: "/metrics", status: 404, code: "route_not_found"},
	{name: "profiles on the public listener", method: "GET", path: "/debug/pprof/", status: 404, code: "route_not_found"},
	{name: "a wrong method", method: "DELETE", path: "/v1/events", status: 405, code: "method_not_allowed"},
	{name: "a method that nobody knows", method: "BREW", path: "/v1/events", status: 405, code: "method_not_allowed"},
	{name: "a read of what is written", method: "GET", path: "/v1/imports", status: 405, code: "method_not_allowed"},
}

var badKeyRequests = []refusal{
	{name: "no body", path: "/v1/admin/keys", body: "", status: 400, code: "invalid_json", location: "byte 1", field: "invalid_json"},
	{name: "no name", path: "/v1/admin/keys", body: `{"scopes":["admin"]}`, status: 400, code: "invalid_body", location: "name", field: "wrong_name"},
	{name: "no scopes", path: "/v1/admin/keys", body: `{"name":"a"}`, status: 400, code: "invalid_body", location: "scopes", field: "missing_field"},
	{name: "an unknown scope", path: "/v1/admin/keys", body: `{"name":"a","scopes":["event:write"]}`, status: 400, code: "invalid_body", location: "scopes[0]",
		field: "unknown_scope", suggestion: "did you mean events:write?"},
	{name: "a program", path: "/v1/admin/keys", body: `{"name":"a","scopes":["admin"],"program":"bravo"}`, status: 400, code: "invalid_body",
		location: "program", field: "unknown_field"},
	{name: "scopes that are none", path: "/v1/admin/keys", body: `{"name":"a","scopes":"admin"}`, status: 400, code: "invalid_body",
		location: "scopes", field: "wrong_type"},
	{name: "expired already", path: "/v1/admin/keys", body: `{"name":"a","scopes":["admin"],"expires_at":"2026-12-01T00:00:00Z"}`, status: 400,
		code: "invalid_body", location: "expires_at", field: "wrong_time"},
	{name: "an expiry without offset", path: "/v1/admin/keys", body: `{"name":"a","scopes":["admin"],"expires_at":"2027-12-01"}`, status: 400,
		code: "invalid_body", location: "expires_at", field: "wrong_type"},
	{name: "an unknown key to revoke", method: "DELETE", path: "/v1/admin/keys/aaaaaaaa", status: 404, code: "not_found"},
}

// TestRefusals sends everything that must be refused and checks that it is, how it is told, and that nothing changed.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/events", purchase).ok()
	documented := map[string]bool{}
	for _, c := range append(api.Codes(), api.FieldCodes()...) {
		documented[c.Code] = true
	}
	before, member := w.journal(), string(w.get("/v1/members/ann/progress").ok().body)
	keys := len(w.ring.List("acme"))
	for group, list := range map[string][]refusal{"envelope": badEnvelopes, "id": badIDs, "type": badTypes, "time": badTimes, "number": badNumbers,
		"field": badFields, "body": badBodies, "member": badMembers, "read": badReads, "route": badRoutes, "key": badKeyRequests} {
		for _, r := range list {
			t.Run(group+"/"+r.name, func(t *testing.T) {
				w.t = t
				r.check(w, documented)
				require.Equal(t, before, w.journal(), "nothing was accepted")
				require.Len(t, w.ring.List("acme"), keys)
			})
		}
	}
	w.t = t
	require.Equal(t, member, string(w.get("/v1/members/ann/progress").ok().body))
	require.NotContains(t, w.log.String(), w.secrets["acme"])
}

func (r *refusal) check(w *world, documented map[string]bool) {
	method, path := "POST", "/v1/events"
	if r.method != "" {
		method = r.method
	}
	if r.path != "" {
		path = r.path
	}
	p := w.do(method, path, r.body, r.headers...).problem(r.status, r.code)
	require.True(w.t, documented[p.Code], "%s is not in the table", p.Code)
	if r.location == "" {
		require.Empty(w.t, p.Errors)
		return
	}
	require.Len(w.t, p.Errors, 1)
	e := p.Errors[0]
	require.NotEmpty(w.t, e.Message)
	require.Equal(w.t, event.FieldError{Location: r.location, Code: r.field, Message: e.Message, Suggestion: r.suggestion}, e)
	require.True(w.t, documented[e.Code], "%s is not in the table", e.Code)
}
