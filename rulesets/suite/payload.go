package suite

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets/document"
)

// payload writes what a test sends as JSON, the way an app would: text as the field's type asks for it, everything else as
// it is written, so that what does not fit is refused by the same decoder that refuses it in production.
type payload struct {
	schema *event.Schema
	places map[string]*document.Node // by location, as the decoder names them
}

func newPayload(s *event.Schema) *payload {
	return &payload{schema: s, places: map[string]*document.Node{}}
}

var jsonNumber = regexp.MustCompile(`^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$`)

// object writes a map of the fields of s. outer is the location of the record that the map is an item of, record the path
// of the nested record that it is.
func (p *payload) object(n *document.Node, outer string, s *event.Schema, record string) []byte {
	out := []byte{'{'}
	for i, pair := range n.Pairs {
		if i > 0 {
			out = append(out, ',')
		}
		name := record + pair.Key.Text
		out = append(append(out, quoted(pair.Key.Text)...), ':')
		out = append(out, p.value(pair.Value, pair.Key, outer+name, s, name)...)
	}
	return append(out, '}')
}

func (p *payload) value(n, key *document.Node, location string, s *event.Schema, name string) []byte {
	f := s.Field(name)
	p.places[location] = n
	if f == nil {
		p.places[location] = key
	}
	switch n.Kind {
	case document.Map:
		return p.object(n, location[:len(location)-len(name)], s, name+".")
	case document.List:
		return p.list(n, f, location)
	default:
		return scalar(n, f)
	}
}

func (p *payload) list(n *document.Node, f *event.Field, location string) []byte {
	items := event.NewSchema("", 0)
	if f != nil && f.Items != nil {
		items = f.Items
	}
	out := []byte{'['}
	for i, item := range n.Items {
		if i > 0 {
			out = append(out, ',')
		}
		at := location + "[" + strconv.Itoa(i) + "]"
		p.places[at] = item
		switch item.Kind {
		case document.Map:
			out = append(out, p.object(item, at+".", items, "")...)
		case document.List:
			out = append(out, p.list(item, nil, at)...)
		default:
			out = append(out, scalar(item, items.Field(""))...)
		}
	}
	return append(out, ']')
}

// scalar writes a text in quotes, and what is meant as a number or as true or false without.
func scalar(n *document.Node, f *event.Field) []byte {
	literal := n.Plain() && (n.Text == "true" || n.Text == "false" || jsonNumber.MatchString(n.Text))
	switch {
	case n.Null:
		return []byte("null")
	case literal && (f == nil || f.Type.Kind() == event.Number || f.Type.Kind() == event.Boolean):
		return []byte(n.Text)
	default:
		return quoted(n.Text)
	}
}

func quoted(text string) []byte {
	out, err := json.Marshal(text)
	if err != nil {
		panic("suite: a text must be writable as JSON: " + err.Error())
	}
	return out
}

// misfits tells of fields that an app could not send like this. whole is where what is missing is missed.
func (s *reader) misfits(errs []event.FieldError, p *payload, whole *document.Node) {
	for _, e := range errs {
		at := p.places[e.Location]
		if at == nil {
			at = whole
		}
		suggestion := e.Suggestion
		switch {
		case e.Code == "wrong_type" && (at.Kind != document.Scalar || at.Plain()):
			suggestion = "" // it speaks of the quotes of JSON
		case e.Code == "unknown_field" && suggestion == "" && len(p.schema.Names()) > 0:
			suggestion = "there is: " + strings.Join(p.schema.Names(), ", ")
		}
		s.Node(at, suggestion, "%s: %s", e.Location, e.Message)
	}
}

// profile reads a member's fields: those that the ruleset declares, and the built-in name and timezone. A new member needs
// those that are required.
func (s *reader) profile(n, whole *document.Node, fresh bool) engine.Profile {
	var out engine.Profile
	declared := document.NewMap(n)
	for _, f := range n.Pairs {
		switch text := f.Value.Text; f.Key.Text {
		case "name":
			out.Name = &text
		case "timezone":
			out.Timezone = &text
			s.zone(f.Value)
		default:
			declared.Pairs = append(declared.Pairs, f)
		}
	}
	p := newPayload(s.rules.Member)
	data := p.object(declared, "", s.rules.Member, "")
	_, errs := s.rules.Member.Decode(data, "")
	kept := errs[:0]
	for _, e := range errs {
		if fresh || e.Code != "missing_field" {
			kept = append(kept, e)
		}
	}
	s.misfits(kept, p, whole)
	out.Fields = map[string]json.RawMessage{}
	p.flat(declared, "", out.Fields)
	return out
}

// flat writes the fields of a profile one by one, those of a record under their path.
func (p *payload) flat(n *document.Node, record string, out map[string]json.RawMessage) {
	for _, f := range n.Pairs {
		name := record + f.Key.Text
		if f.Value.Kind == document.Map && p.schema.Field(name) == nil {
			p.flat(f.Value, name+".", out)
			continue
		}
		out[name] = p.value(f.Value, f.Key, name, p.schema, name)
	}
}

func (s *reader) zone(n *document.Node) {
	if _, err := calendar.LoadZone(n.Text); err != nil {
		s.Node(n, "", "%v", err)
	}
}
