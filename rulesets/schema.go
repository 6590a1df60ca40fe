package rulesets

import (
	"regexp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

var fieldName = regexp.MustCompile(`^([a-z][a-z0-9_]{0,39})(\?)?$`)

// maxRecords bounds how deep records nest in an event.
const maxRecords = 4

// schemas reads `member` and `events`.
func (b *builder) schemas() {
	b.rules.Member = event.NewSchema(b.rules.Currency, b.rules.Digits, b.schemaFields(b.root.Values["member"], "", false, expression.MemberNames(), 0)...)
	if f := b.rules.Member.Field(engine.AliasField); b.rules.Names == engine.NamesAlias && (f == nil || f.Type != event.TypeText && !b.names.Broken[f]) {
		b.Node(b.root.Values["names"], "declare it, such as member: {alias?: text}", "boards are to show the member field alias, and there is no such text")
	}
	for _, t := range engine.BuiltinEvents() {
		b.events[t.Name] = t
		b.rules.Events = append(b.rules.Events, t)
	}
	if events := b.root.Values["events"]; events != nil {
		for _, p := range events.Pairs {
			b.eventType(p)
		}
	}
	b.rules.ClientEvents, b.rules.Activity = b.sentEvents("client_events"), b.sentEvents("activity")
}

// sentEvents are the types of events that a field lists, which apps send.
func (b *builder) sentEvents(field string) (names []string) {
	for _, n := range b.root.List(field) {
		switch t := b.events[n.Text]; {
		case t == nil:
			b.unknown(n, 0, len(n.Text), "event", n.Text, b.declaredEvents())
		case t.Builtin:
			b.Node(n, "name events of this program", "%s is raised by the engine, never sent", n.Text)
		default:
			names = append(names, n.Text)
		}
	}
	return names
}

func (b *builder) eventType(p document.Pair) {
	name := p.Key.Text
	if !b.IsID(p.Key) {
		return
	}
	if t := b.events[name]; t != nil && t.Builtin {
		b.Node(p.Key, "give it another name", "%s is a built-in event", name)
		return
	}
	t := &engine.EventType{Name: name}
	t.Schema = event.NewSchema(b.rules.Currency, b.rules.Digits, b.schemaFields(p.Value, "", false, expression.DerivedNames(), 0)...)
	b.events[name] = t
	b.rules.Events = append(b.rules.Events, t)
}

func (b *builder) declaredEvents() []string {
	var names []string
	for name, t := range b.events {
		if !t.Builtin {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// schemaFields reads a map of fields. Records become fields with a path. Taken are names that every event or member has.
func (b *builder) schemaFields(n *document.Node, prefix string, optional bool, taken []string, depth int) []*event.Field {
	if n == nil || n.Null {
		return nil
	}
	if n.Kind != document.Map {
		b.Node(n, "write name: type", "fields are a map, but this is %s", n.Kind)
		return nil
	}
	if depth > maxRecords {
		b.Node(n, "send a flatter event", "records nest deeper than %d", maxRecords)
		return nil
	}
	var out []*event.Field
	seen := map[string]bool{}
	for _, p := range n.Pairs {
		m := fieldName.FindStringSubmatch(p.Key.Text)
		switch {
		case m == nil:
			b.Node(p.Key, "small letters, digits and _; ? at the end makes it optional", "%q is not a field's name", p.Key.Text)
			continue
		case slices.Contains(taken, m[1]):
			b.Node(p.Key, "give it another name", "%s is built in", m[1])
			continue
		case seen[m[1]]:
			b.Node(p.Key, "keep one of them", "%s is declared twice", m[1])
			continue
		}
		seen[m[1]] = true
		out = append(out, b.schemaField(p.Value, prefix+m[1], optional || m[2] != "", depth)...)
	}
	return out
}

func (b *builder) schemaField(n *document.Node, path string, optional bool, depth int) []*event.Field {
	f := &event.Field{Name: path, Optional: optional}
	switch n.Kind {
	case document.Map:
		return b.schemaFields(n, path+".", optional, nil, depth+1)
	case document.List:
		f.Type, f.Items = event.TypeList, b.itemSchema(n, depth)
	default:
		var known bool
		if f.Type, known = b.fieldType(n); !known {
			b.names.Broken[f] = true
		}
	}
	return []*event.Field{f}
}

func (b *builder) itemSchema(n *document.Node, depth int) *event.Schema {
	if len(n.Items) != 1 {
		b.Node(n, "write [text] or [{sku: text}]", "a list has one type of item")
		return event.NewSchema(b.rules.Currency, b.rules.Digits)
	}
	item := n.Items[0]
	if item.Kind == document.Map {
		return event.NewSchema(b.rules.Currency, b.rules.Digits, b.schemaFields(item, "", false, nil, depth+1)...)
	}
	scalar := b.schemaField(item, "", false, depth+1)
	return event.NewSchema(b.rules.Currency, b.rules.Digits, scalar...)
}

// fieldType reads a type, and says so where there is none of that name.
func (b *builder) fieldType(n *document.Node) (t event.FieldType, known bool) {
	for t := event.TypeText; t < event.TypeList; t++ {
		if t.String() == n.Text {
			return t, true
		}
	}
	suggestion := expression.DidYouMean(n.Text, document.Type.Examples)
	if name, marked := strings.CutSuffix(n.Text, "?"); marked && document.Type.Matches(name) {
		suggestion = "mark the field's name: NAME?: " + name
	}
	if other, ok := otherTypes[n.Text]; ok {
		suggestion = "did you mean " + other + "?"
	}
	b.Node(n, suggestion, "there is no type %q", n.Text)
	return event.TypeText, false
}

// otherTypes are what types are called elsewhere.
var otherTypes = map[string]string{
	"string": "text", "str": "text", "int": "integer", "float": "number", "decimal": "number", "bool": "boolean",
	"datetime": "time", "timestamp": "time", "currency": "money", "user": "member",
}
