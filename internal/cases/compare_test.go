package cases

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
)

// normal is a value as JSON has it, with each number in one writing.
func normal(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		cannot("what came cannot be written as JSON: %v", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	if err := d.Decode(&out); err != nil {
		cannot("what came is no JSON: %v", err)
	}
	return shortest(out)
}

func shortest(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = shortest(v[k])
		}
	case []any:
		for i := range v {
			v[i] = shortest(v[i])
		}
	case json.Number:
		if r, ok := new(big.Rat).SetString(v.String()); ok {
			return json.Number(strings.TrimSuffix(strings.TrimRight(r.FloatString(12), "0"), "."))
		}
	}
	return v
}

// agrees reports whether what came has all that is expected: an object may have more keys, a list no more items.
func agrees(want, came any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := came.(map[string]any)
		for k := range want {
			ok = ok && has(object, k) && agrees(want[k], object[k])
		}
		return ok
	case []any:
		list, ok := came.([]any)
		ok = ok && len(list) == len(want)
		for i := range want {
			ok = ok && agrees(want[i], list[i])
		}
		return ok
	default:
		return want == came
	}
}

func has(object map[string]any, key string) bool {
	_, ok := object[key]
	return ok
}

func written(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// expectation is what is expected of one key.
type expectation struct {
	Key  string
	Want any
}

// compare looks at each expected key, in the order of their names, which is not the file's: looking changes nothing.
func compare(expected []expectation, look func(key string, want any) any, differs func(format string, args ...any), place string) {
	for _, x := range expected {
		came := normal(look(x.Key, x.Want))
		if want := normal(x.Want); !agrees(want, came) {
			differs("%s%s: expected %s, came %s", place, x.Key, written(want), written(came))
		}
	}
}
