package api_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// specified is the document as it is read here.
type specified struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	Parameters  []parameter
	Responses   map[string]any
	RequestBody *struct {
		Content map[string]struct{ Schema schema }
	}
}

type parameter struct {
	Name, In string
	Explode  bool
}

// schema is as much of a JSON Schema as is needed to write something that fits it.
type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]schema
	Items      *schema
	Enum       []any
	Const      any
	AnyOf      []schema
	Maximum    *json.Number
}

// acmesValues are values of fields by their names, with which calls get further than with any that fit.
func acmesValues() map[string]any {
	return map[string]any{
		"subject": "ann", "source": "/shop", "datacontenttype": "application/json", "type": "purchase",
		"member": "ann", "points": "stars", "reward": "sticker", "url": "https://example.com/x",
		"ttl": "15 minutes", "forward": "1 hour",
		"to": "2026-12-02T13:00:00Z", "time": "2026-12-02T11:00:00Z", "overlap": "1 hour", "open_for": "1 hour", "timezone": "Europe/Berlin",
		"scopes": []any{"events:read"}, "types": []any{"joined"}, "origins": []any{"https://example.com"}, "enabled": true,
		"data": map[string]any{"order_id": "o", "amount": json.Number("12.5"), "note": "x", "made_at": "2026-12-01T09:00:00Z", "friend": "bob", "gift": true,
			"pieces": json.Number("3"), "weight": json.Number("0.25"), "on_day": "2026-12-01",
			"items": []any{map[string]any{"sku": "a", "qty": json.Number("1")}}},
		"fields": map[string]any{"birthday": "2000-02-29", "level": json.Number("3")},
	}
}

func bravosValues() map[string]any {
	values := acmesValues()
	maps.Copy(values, map[string]any{"type": "sale", "member": "bob", "points": "miles", "reward": "donation", "fields": map[string]any{"country": "JP"},
		"data": map[string]any{"amount": json.Number("12.5")}})
	return values
}

// sample is something that fits a schema, with all of its fields.
func (d *specified) sample(known map[string]any, s schema, field string) any {
	if value, ok := known[field]; ok {
		return value
	}
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.sample(known, d.Components.Schemas[name], field)
	}
	if len(s.AnyOf) > 0 {
		return d.sample(known, s.AnyOf[0], field)
	}
	if s.Const != nil {
		return s.Const
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	typ, ok := s.Type.(string)
	if list, several := s.Type.([]any); several {
		typ, ok = list[0].(string)
	}
	switch {
	case !ok:
		return nil
	case typ == "object":
		out := map[string]any{}
		for name, p := range s.Properties {
			out[name] = d.sample(known, p, name)
		}
		return out
	case typ == "array":
		return []any{d.sample(known, *s.Items, field)}
	case typ == "boolean":
		return true
	case typ == "integer", typ == "number":
		return json.Number("5")
	}
	return "x"
}

// written is JSON.
func written(v any) string { return string(must(json.Marshal(v))) }

// raw is text in the place of JSON.
type raw string

// MarshalJSON writes a mark, which spoiled replaces: what is raw may be no JSON.
func (r raw) MarshalJSON() ([]byte, error) { return json.Marshal("\u0001" + string(r) + "\u0001") }

// values are what is put into the place of a value.
var values = []raw{"null", "true", "-1", "0", "1.5", "1e2", "-0", "1e400", "9223372036854775807", "9223372036854775808", "0.0000001", "NaN", "Infinity",
	"01", "+1",
	`""`, `"x"`, `"\u0000"`, `"\ud800"`, `"\u202e"`, `"\n"`, `"1"`, "[]", "{}", "[[]]", `[null]`, `{"a":1}`, `{"a":1,"a":2}`, "\"\xc3\x28\"", "undefined",
	raw(`"` + strings.Repeat("x", 20_000) + `"`), raw("[" + strings.Repeat("1,", 10_000) + "1]"), raw(strings.Repeat("9", 5000))}

// spoiled are bodies like one that fits, each with one thing wrong with it or odd about it. None is larger than a call takes: those are cut off
// while they are sent (TestRaw).
func spoiled(fits any, dice *rand.Rand) (bodies []string) {
	whole := written(fits)
	bodies = append(bodies, "", " ", "null", "true", "0", "NaN", `"x"`, "[]", "[[]]", "{}", "{", "[", "}", "\x00", "{\"a\":}", "//", "\xff\xfe",
		whole+whole, whole+"x", whole+",", " "+whole+"\n", "\xef\xbb\xbf"+whole, utf16Of(whole), strings.ReplaceAll(whole, `"`, `'`),
		strings.Replace(whole, ":", "=", 1),
		strings.Repeat("[", 30_000), strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000), strings.Repeat("[", 5_000)+strings.Repeat("]", 5_000),
		strings.TrimSuffix(whole, "}")+","+strings.TrimPrefix(whole, "{"), // every field twice
		strings.TrimSuffix(whole, "}")+`,"n\u0061me_that_there_is_not":1}`, strings.TrimSuffix(whole, "}")+`,"__proto__":{}}`,
		"{"+strings.Repeat(`"x":1,`, 8_000)+`"y":1}`)
	for range 20 {
		bodies = append(bodies, whole[:dice.IntN(len(whole))])
		at := dice.IntN(len(whole))
		bodies = append(bodies, whole[:at]+string([]byte{byte(dice.IntN(256))})+whole[at+1:])
	}
	eachPlace(fits, func(change func(any) any) {
		for _, value := range values {
			bodies = append(bodies, unmarked(written(change(value))))
		}
		bodies = append(bodies, written(change(nothing{})))
	}, func(v any) any { return v })
	return bodies
}

// nothing takes a field out.
type nothing struct{}

// eachPlace calls yield for each value within a value, with what makes the whole with another in its place.
func eachPlace(of any, yield func(change func(any) any), around func(any) any) {
	switch v := of.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			with := func(other any) any {
				changed := maps.Clone(v)
				if changed[name] = other; other == (nothing{}) {
					delete(changed, name)
				}
				return around(changed)
			}
			yield(with)
			yield(func(other any) any { // beside it
				changed := maps.Clone(v)
				if changed[name+"_"] = other; other == (nothing{}) {
					delete(changed, name+"_")
				}
				return around(changed)
			})
			eachPlace(v[name], yield, with)
		}
	case []any:
		for i := range v {
			with := func(other any) any {
				changed := slices.Clone(v)
				if changed[i] = other; other == (nothing{}) {
					changed = slices.Delete(changed, i, i+1)
				}
				return around(changed)
			}
			yield(with)
			eachPlace(v[i], yield, with)
		}
	}
}

// unmarked is the text with what is raw as it is.
func unmarked(text string) string {
	for {
		before, rest, found := strings.Cut(text, `"\u0001`)
		if !found {
			return text
		}
		quoted, after, _ := strings.Cut(rest, `\u0001"`)
		var value string
		if err := json.Unmarshal([]byte(`"`+quoted+`"`), &value); err != nil {
			panic(err)
		}
		text = before + value + after
	}
}

func utf16Of(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// texts are what is put into the place of a part of a path or query, as it is escaped.
var parts = []string{"x", "0", "-1", "1.5", "1e9", "99999999999999999999", strconv.Itoa(1 << 60), "NaN", "null", "true", "%00", "%0A", "%20", "%2F",
	"%2E%2E", "%25", "%FF",
	"%C3%28", "%E2%98%83", "%E2%80%AE", "%22", "%27%20OR%201%3D1", "%7B%7D", "%3Cscript%3E", ":", "..", "*", strings.Repeat("x", 201), strings.Repeat("x", 4000),
	"2026-12-01", "2026-12-01T09:00:00Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2026-W49", "laurel:me:ann:v1", "AAAA", "lk_live_x"}
