package document

import (
	"encoding/json"
	"strconv"
	"strings"
)

// JSONSchema describes documents of section s for editors and validators, as JSON Schema draft-07. It comes from the same
// table that reads them, so that it cannot say anything else; what only the whole document tells (whether an id is
// defined, whether an expression fits its event) is left to the reader.
func (s *Section) JSONSchema(id, title string) []byte {
	w := &schemaWriter{definitions: map[string]any{}, sections: map[*Section]bool{}}
	root := w.section(s)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["$id"], root["title"] = id, title
	root["definitions"] = w.definitions
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("document: a schema is not JSON: " + err.Error())
	}
	return append(text, '\n')
}

type object = map[string]any

type schemaWriter struct {
	definitions object
	sections    map[*Section]bool
}

// ref is a reference to a section's definition, which is written when it is first needed.
func (w *schemaWriter) ref(s *Section) object {
	name := strings.ReplaceAll(s.Name, " ", "_")
	if !w.sections[s] {
		w.sections[s] = true
		w.definitions[name] = w.section(s)
	}
	return object{"$ref": "#/definitions/" + name}
}

func (w *schemaWriter) section(s *Section) object {
	properties, required := object{}, []string{}
	for i := range s.Fields {
		f := &s.Fields[i]
		properties[f.Name] = w.field(f)
		if f.Required {
			required = append(required, f.Name)
		}
	}
	out := object{"type": "object", "description": s.Doc, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// field is a field with what an editor shows of it.
func (w *schemaWriter) field(f *Field) object {
	out := w.value(f)
	if _, reference := out["$ref"]; reference {
		out = object{"allOf": []any{out}} // draft-07 ignores what stands beside a reference
	}
	if f.Doc != "" {
		out["description"] = f.Doc
	}
	if f.Fallback != "" {
		out["default"] = typed(f.Fallback)
	}
	return out
}

// value is any of the forms that a field's value can have.
func (w *schemaWriter) value(f *Field) object {
	var forms []any
	if f.Phrase != nil {
		forms = append(forms, f.Phrase.schema())
	}
	if f.Words != nil {
		forms = append(forms, enum(f.Words))
	}
	if f.Record != nil {
		forms = append(forms, w.ref(f.Record))
	}
	if f.Entries != nil {
		forms = append(forms, object{"type": "object", "propertyNames": object{"pattern": ID.pattern.String()}, "additionalProperties": w.ref(f.Entries)})
	}
	if f.Free {
		forms = append(forms, w.free(f))
	}
	if f.Many {
		forms = append(forms, object{"type": "array", "items": anyOf(forms), "minItems": 1})
	}
	return anyOf(forms)
}

func anyOf(forms []any) object {
	if len(forms) == 1 {
		one := object{}
		for k, v := range forms[0].(object) {
			one[k] = v
		}
		return one
	}
	return object{"anyOf": forms}
}

// free is a map whose keys the author chooses.
func (w *schemaWriter) free(f *Field) object {
	out := object{"type": "object"}
	if f.Recursive {
		name := strings.ReplaceAll(f.Values.Name, " ", "_")
		if _, known := w.definitions[name]; !known {
			w.definitions[name] = object{}
			self := object{"$ref": "#/definitions/" + name}
			w.definitions[name] = object{"anyOf": []any{f.Values.Phrase.schema(), object{"type": "array", "items": self, "minItems": 1, "maxItems": 1},
				object{"type": "object", "additionalProperties": self}}, "description": f.Values.Doc}
		}
		out["additionalProperties"] = object{"$ref": "#/definitions/" + name}
		return out
	}
	if f.Keys != nil {
		properties := object{}
		for i := range f.Keys {
			properties[f.Keys[i].Name] = w.field(&f.Keys[i])
		}
		out["properties"] = properties
	}
	switch {
	case f.Values != nil:
		out["additionalProperties"] = w.field(f.Values)
	case f.Keys != nil:
		out["additionalProperties"] = false
	}
	return out
}

// schema is a phrase as editors check it: the types that YAML makes of it, and its regular expression.
func (p *Phrase) schema() object {
	switch p {
	case Boolean:
		return object{"type": "boolean"}
	case Whole:
		return object{"type": "integer", "minimum": 0}
	case Number:
		return object{"type": "number"}
	case Text:
		return object{"type": []string{"string", "number", "boolean"}}
	case Condition:
		return object{"type": []string{"string", "boolean"}}
	case Amount:
		return object{"type": []string{"string", "number"}}
	case Rank, Cost:
		return object{"type": []string{"string", "number"}, "pattern": p.pattern.String(), "examples": p.Examples}
	}
	out := object{"type": "string"}
	if p.pattern != nil {
		out["pattern"], out["examples"] = p.pattern.String(), p.Examples
	}
	return out
}

func enum(list []string) object {
	var all []any
	for _, w := range list {
		all = append(all, typed(w))
	}
	return object{"enum": all}
}

// typed is a text as YAML reads it without quotes.
func typed(text string) any {
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return text
}
