package description

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v4"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

func (o *object) set(name string, value any) { *o = append(*o, member{name, value}) }

// given sets what is not empty.
func (o *object) given(name, text string) {
	if text != "" {
		o.set(name, text)
	}
}

func (o object) get(name string) any {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := encode(m.name)
		if err != nil {
			return nil, err
		}
		value, err := encode(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// encode is json.Marshal that leaves < and > as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// plain is a node of YAML as what JSON has, with objects in their order.
func plain(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		o := object{}
		for i := 0; i < len(n.Content); i += 2 {
			value, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			o.set(n.Content[i].Value, value)
		}
		return o, nil
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			value, err := plain(c)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case yaml.ScalarNode:
		var value any
		switch n.Tag {
		case "!!int", "!!float": // exactly as it is written
			return json.Number(n.Value), nil
		case "!!timestamp":
			return n.Value, nil
		}
		err := n.Decode(&value)
		return value, err
	case yaml.AliasNode:
		return plain(n.Alias)
	}
	return nil, fmt.Errorf("line %d: this cannot be written as JSON", n.Line)
}

// named is a mapping of YAML in its order.
type named[T any] []entry[T]

type entry[T any] struct {
	name string
	of   T
}

// UnmarshalYAML reads the entries in their order.
func (m *named[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a mapping is expected", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		e := entry[T]{name: n.Content[i].Value}
		if err := n.Content[i+1].Load(&e.of, yaml.WithKnownFields()); err != nil {
			return err
		}
		*m = append(*m, e)
	}
	return nil
}

func (m named[T]) find(name string) (of T, found bool) {
	for _, e := range m {
		if e.name == name {
			return e.of, true
		}
	}
	return of, false
}
