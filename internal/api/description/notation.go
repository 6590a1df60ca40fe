package description

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// split takes a type and what it means apart.
func split(text string) (typ, about string) {
	typ, about, _ = strings.Cut(text, ". ")
	return strings.TrimSuffix(typ, "."), strings.TrimSpace(about)
}

// simple are the types that are not schemas of the document.
var simple = map[string]object{
	"text":    {{"type", "string"}},
	"boolean": {{"type", "boolean"}},
	"integer": {{"type", "integer"}},
	"count":   {{"type", "integer"}, {"minimum", 0}},
	"object":  {{"type", "object"}},
	"bytes":   {{"type", "string"}, {"format", "binary"}},
	"any":     {},
	"null":    {{"type", "null"}},
}

// schemas that have a short name.
var short = map[string]string{"instant": "Instant", "decimal": "Decimal", "amount": "Amount", "duration": "Duration", "id": "ID", "seq": "Seq"}

var (
	schemaName  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	integerFrom = regexp.MustCompile(`^integer (-?\d+) to (\d+)$`)
	textUpTo    = regexp.MustCompile(`^text up to (\d+)$`)
	textOf      = regexp.MustCompile(`^text of (\d+) to (\d+)$`)
)

// schema is the JSON Schema of a type.
func schema(typ string) (object, error) {
	for prefix, make := range map[string]func(object) object{
		"list of ": func(o object) object { return object{{"type", "array"}, {"items", o}} },
		"map of ":  func(o object) object { return object{{"type", "object"}, {"additionalProperties", o}} },
		"page of ": pageOf,
	} {
		rest, ok := strings.CutPrefix(typ, prefix)
		if !ok {
			continue
		}
		if rest, ok = strings.CutSuffix(rest, " or null"); ok {
			return schemaOrNull(prefix + rest)
		}
		of, err := schema(rest)
		return make(of), err
	}
	if rest, ok := strings.CutPrefix(typ, "one of "); ok && !strings.HasSuffix(rest, " or null") {
		return oneOf(rest), nil
	}
	if rest, ok := strings.CutPrefix(typ, "const "); ok {
		return constant(rest)
	}
	if strings.HasPrefix(typ, `"`) {
		return constant(typ)
	}
	if rest, ok := strings.CutSuffix(typ, " or null"); ok {
		return schemaOrNull(rest)
	}
	if types := strings.Split(typ, " or "); len(types) > 1 {
		var list []any
		for _, t := range types {
			of, err := schema(t)
			if err != nil {
				return nil, err
			}
			list = append(list, of)
		}
		return object{{"anyOf", list}}, nil
	}
	return single(typ)
}

// single is the schema of a type that is made of no others.
func single(typ string) (object, error) {
	if of, known := simple[typ]; known {
		return of, nil
	}
	if of, known := short[typ]; known {
		typ = of
	}
	if schemaName.MatchString(typ) {
		return object{{"$ref", "#/components/schemas/" + typ}}, nil
	}
	if m := integerFrom.FindStringSubmatch(typ); m != nil {
		return object{{"type", "integer"}, {"minimum", json.Number(m[1])}, {"maximum", json.Number(m[2])}}, nil
	}
	if m := textUpTo.FindStringSubmatch(typ); m != nil {
		return object{{"type", "string"}, {"maxLength", json.Number(m[1])}}, nil
	}
	if m := textOf.FindStringSubmatch(typ); m != nil {
		return object{{"type", "string"}, {"minLength", json.Number(m[1])}, {"maxLength", json.Number(m[2])}}, nil
	}
	return nil, fmt.Errorf("there is no type %q: see doc.go for those there are", typ)
}

// schemaOrNull lets a type be null. OpenAPI 3.1 has no `nullable`: null is a type.
func schemaOrNull(typ string) (object, error) {
	of, err := schema(typ)
	if err != nil {
		return nil, err
	}
	for i, m := range of {
		if text, plain := m.value.(string); m.name == "type" && plain && of.get("enum") == nil {
			of = append(append(append(object{}, of[:i]...), member{"type", []any{text, "null"}}), of[i+1:]...)
			return of, nil
		}
	}
	return object{{"anyOf", []any{of, object{{"type", "null"}}}}}, nil
}

func oneOf(words string) object {
	var list []any
	for _, w := range strings.Split(words, ", ") {
		list = append(list, w)
	}
	return object{{"type", "string"}, {"enum", list}}
}

func constant(text string) (object, error) {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, fmt.Errorf("%s is no constant of JSON", text)
	}
	return object{{"const", value}}, nil
}

// pageOf is a page of a list.
func pageOf(of object) object {
	return object{{"type", "object"}, {"properties", object{
		{"data", object{{"type", "array"}, {"items", of}}},
		{"has_more", object{{"type", "boolean"}, {"description", "Whether there are more."}}},
		{"next_cursor", object{{"type", []any{"string", "null"}}, {"description", "The cursor of the next page; null on the last one."}}},
	}}, {"required", []any{"data", "has_more", "next_cursor"}}, {"additionalProperties", false}}
}

// field is a type with what it means: a line, or a mapping.
func field(n *yaml.Node) (object, error) {
	if n.Kind == yaml.ScalarNode {
		return described(n.Value)
	}
	var of struct {
		About  string
		Is     string
		Enum   []any
		Schema yaml.Node
	}
	if err := n.Load(&of, yaml.WithKnownFields()); err != nil {
		return nil, err
	}
	out := object{}
	switch {
	case of.Is != "":
		made, err := schema(of.Is)
		if err != nil {
			return nil, err
		}
		out = append(out, made...)
	case of.Enum != nil:
		out = append(out, object{{"type", "string"}, {"enum", of.Enum}}...)
	default:
		made, err := written(&of.Schema)
		if err != nil {
			return nil, err
		}
		out = append(out, made...)
	}
	out.given("description", of.About)
	return out, nil
}

// described is the schema of a type, with what it means.
func described(text string) (object, error) {
	typ, about := split(text)
	made, err := schema(typ)
	if err != nil {
		return nil, err
	}
	out := append(object{}, made...)
	out.given("description", about)
	return out, nil
}

// written is a JSON Schema as it is written, with the types that {is: T} stands for.
func written(n *yaml.Node) (object, error) {
	value, err := plain(n)
	if err != nil {
		return nil, err
	}
	value, err = filled(value)
	of, ok := value.(object)
	if err == nil && !ok {
		err = errors.New("a schema is expected under `schema`")
	}
	return of, err
}

func filled(value any) (any, error) {
	switch v := value.(type) {
	case object:
		if is, ok := v.get("is").(string); ok && len(v) == 1 {
			return schema(is)
		}
		for i := range v {
			var err error
			if v[i].value, err = filled(v[i].value); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range v {
			var err error
			if v[i], err = filled(v[i]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}
