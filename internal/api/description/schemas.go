package description

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// written is how a schema is written.
type writtenSchema struct {
	About   string
	Like    string
	Fields  named[yaml.Node]
	Either  []string
	By      string
	Schema  yaml.Node
	Example yaml.Node

	closed bool // it has fields, though there may be none of them
}

// schemas are the components of all sections.
func (m *maker) schemas() object {
	out, seen := object{}, map[string]string{}
	for _, s := range m.sections {
		for _, e := range s.Schemas {
			if seen[e.name] != "" {
				m.wrong("%s: there is a schema %s in %s already", s.file, e.name, seen[e.name])
			}
			seen[e.name] = s.file
			made, err := m.component(e.name, &e.of)
			if err != nil {
				m.wrong("%s: schema %s: %w", s.file, e.name, err)
			}
			out.set(e.name, made)
		}
	}
	out = append(out, m.messages()...)
	for _, name := range references(out) {
		if out.get(name) == nil {
			m.wrong("there is no schema %s, which is spoken of: write it under `schemas` of the section that it belongs to", name)
		}
	}
	return out
}

// references are the names of all schemas that others speak of.
func references(value any) (names []string) {
	switch v := value.(type) {
	case object:
		for _, m := range v {
			if text, ok := m.value.(string); ok && m.name == "$ref" {
				names = append(names, strings.TrimPrefix(text, "#/components/schemas/"))
			}
			names = append(names, references(m.value)...)
		}
	case []any:
		for _, one := range v {
			names = append(names, references(one)...)
		}
	}
	return names
}

func readSchema(n *yaml.Node) (w writtenSchema, err error) {
	if err = n.Load(&w, yaml.WithKnownFields()); err != nil {
		return w, err
	}
	for i := 0; i < len(n.Content); i += 2 {
		w.closed = w.closed || n.Content[i].Value == "fields"
	}
	return w, nil
}

func (m *maker) component(name string, n *yaml.Node) (object, error) {
	if n.Kind == yaml.ScalarNode {
		return described(n.Value)
	}
	w, err := readSchema(n)
	if err != nil {
		return nil, err
	}
	out := object{}
	switch {
	case len(w.Either) > 0:
		out.set("oneOf", refs(w.Either))
		out.set("discriminator", m.discriminator(name, w))
	case w.closed:
		out.set("type", "object")
		properties, required, err := m.fields(w)
		if err != nil {
			return nil, err
		}
		out.set("properties", properties)
		if len(required) > 0 {
			out.set("required", required)
		}
		out.set("additionalProperties", false)
	default:
		of, err := written(&w.Schema)
		if err != nil {
			return nil, err
		}
		out = append(out, of...)
	}
	if w.About == "" {
		return nil, fmt.Errorf("what it is has to be said, under `about`")
	}
	out.set("description", strings.TrimSpace(w.About))
	if !w.Example.IsZero() {
		example, err := plain(&w.Example)
		if err != nil {
			return nil, err
		}
		out.set("examples", []any{example})
	}
	return out, nil
}

func refs(names []string) (list []any) {
	for _, name := range names {
		list = append(list, object{{"$ref", "#/components/schemas/" + name}})
	}
	return list
}

// discriminator says by which field the alternatives of a schema are told apart.
func (m *maker) discriminator(name string, w writtenSchema) object {
	mapping := object{}
	for _, one := range w.Either {
		n := m.schemaNode(one)
		if n == nil {
			continue
		}
		of, err := readSchema(n)
		if err != nil {
			continue
		}
		by, found := of.Fields.find(w.By)
		made, err := field(&by)
		value, ok := made.get("const").(string)
		if !found || err != nil || !ok {
			m.wrong("schema %s: %s needs a field %s with a constant", name, one, w.By)
			continue
		}
		mapping.set(value, "#/components/schemas/"+one)
	}
	return object{{"propertyName", w.By}, {"mapping", mapping}}
}

func (m *maker) schemaNode(name string) *yaml.Node {
	for i := range m.sections {
		for j := range m.sections[i].Schemas {
			if e := &m.sections[i].Schemas[j]; e.name == name {
				return &e.of
			}
		}
	}
	return nil
}

// fields are those of a schema, with those of the one that it is like.
func (m *maker) fields(w writtenSchema) (properties object, required []any, err error) {
	if w.Like != "" {
		n := m.schemaNode(w.Like)
		if n == nil {
			return nil, nil, fmt.Errorf("there is no schema %s that it could be like", w.Like)
		}
		other, err := readSchema(n)
		if err != nil {
			return nil, nil, err
		}
		if properties, required, err = m.fields(other); err != nil {
			return nil, nil, err
		}
	}
	for _, f := range w.Fields {
		made, err := field(&f.of)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.name, err)
		}
		name, optional := strings.CutSuffix(f.name, "?")
		if made.get("description") == nil && made.get("const") == nil {
			return nil, nil, fmt.Errorf("%s: what it means has to be said, after a point and a space", name)
		}
		for i := range properties {
			if properties[i].name == name { // the one that it is like has another
				properties = append(properties[:i:i], properties[i+1:]...)
				break
			}
		}
		properties.set(name, made)
		if !optional {
			required = append(required, name)
		}
	}
	return properties, required, nil
}
