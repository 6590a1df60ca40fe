package expression

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// segment is one name of a path such as event.address.city.
type segment struct {
	name string
	at   file.Location
}

// segments takes a path apart; an item of a list starts with "#". It is nil where n is no path of names.
func segments(n ast.Node) []segment {
	switch n := n.(type) {
	case *ast.IdentifierNode:
		return []segment{{n.Value, n.Location()}}
	case *ast.PointerNode:
		return []segment{{"#", n.Location()}}
	case *ast.MemberNode:
		base := segments(n.Node)
		name, constant := n.Property.(*ast.StringNode)
		if base == nil || !constant {
			return nil
		}
		return append(base, segment{name.Value, name.Location()})
	default:
		return nil
	}
}

func joined(segs []segment) string {
	names := make([]string, len(segs))
	for i, s := range segs {
		names[i] = s.name
	}
	return strings.Join(names, ".")
}

// resolve compiles a name, which may turn out to be absent.
func (c *compiler) resolve(n ast.Node) operand {
	segs := segments(n)
	if segs == nil {
		return c.lookup(n.(*ast.MemberNode))
	}
	var o operand
	switch root := segs[0]; root.name {
	case "#":
		o = c.item(segs)
	case "event":
		o = c.event(segs)
	case "member":
		o = c.member(segs)
	case "table":
		if len(segs) == 3 {
			return c.inTable(segs[1], textConstant(segs[2].name))
		}
		return c.fail(root.at, "a table is read by key", "write table.NAME[key]")
	default:
		return c.unknownName(root)
	}
	if o.typ != Unknown {
		if o.path = c.path(n); o.value != nil && segs[0].name != "#" {
			c.named[n] = engine.Read{Path: o.path, Pick: o.value}
		}
	}
	return o
}

func (c *compiler) unknownName(s segment) operand {
	if why, banned := replacements[s.name]; banned {
		return c.fail(s.at, s.name+" is not part of the language", why)
	}
	hint := fmt.Sprintf("text stands in quotes: %q; a field starts with event. or member.", s.name)
	if near := Nearest(s.name, []string{"event", "member", "table", "true", "false"}); near != "" {
		hint = "did you mean " + near + "?"
	}
	return c.fail(s.at, "there is no name "+s.name, hint)
}

// item is a field of the list item that a predicate is asked about.
func (c *compiler) item(segs []segment) operand {
	if len(c.rows) == 0 {
		return c.fail(segs[0].at, "# stands for an item, only inside a predicate", "such as any(event.items, .qty > 1)")
	}
	row := len(c.rows) - 1
	schema := c.rows[row]
	f, o := c.declared(schema, "each item", segs[1:], nil, segs[0].at)
	if f == nil {
		return o
	}
	column := f.Slot
	return fieldOperand(f, func(facts *engine.Facts) event.Value {
		item := &facts.Item[row]
		return item.List.Cell(item.Row, column)
	})
}

// declared finds the field that segs name in a schema, and says what is wrong where there is none. Owner names the schema.
func (c *compiler) declared(schema *event.Schema, owner string, segs []segment, others []string, at file.Location) (*event.Field, operand) {
	path := joined(segs)
	if f := schema.Field(path); c.scope.Names.Broken[f] {
		return nil, operand{}
	} else if f != nil {
		return f, operand{}
	}
	if len(segs) == 0 {
		return nil, c.fail(at, owner+" is a group of fields", DidYouMean("", schema.Names()))
	}
	for i := range segs {
		prefix := joined(segs[:i+1])
		if f := schema.Field(prefix); f != nil {
			return nil, c.notARecord(f, segs[i+1]) //nolint:gosec // the whole path is no field, so another follows
		}
		if !isRecord(schema, prefix) {
			names := fieldsBelow(schema, joined(segs[:i]))
			if i == 0 {
				names = append(names, others...)
			}
			where := strings.TrimSuffix(owner+"."+joined(segs[:i]), ".")
			return nil, c.fail(segs[i].at, fmt.Sprintf("%s has no field %q", where, segs[i].name), DidYouMean(segs[i].name, names))
		}
	}
	return nil, c.fail(segs[len(segs)-1].at, owner+"."+path+" is a group of fields", DidYouMean("", fieldsBelow(schema, path)))
}

func (c *compiler) notARecord(f *event.Field, next segment) operand {
	if f.Type == event.TypeList {
		return c.fail(next.at, f.Name+" is a list", fmt.Sprintf("ask about its items: any(event.%s, .%s == …)", f.Name, next.name))
	}
	return c.fail(next.at, fmt.Sprintf("%s is %s and has no fields", f.Name, typeOf(f.Type)), "leave out what follows it")
}

func isRecord(schema *event.Schema, path string) bool {
	return slices.ContainsFunc(schema.Fields, func(f *event.Field) bool { return strings.HasPrefix(f.Name, path+".") })
}

// fieldsBelow are the names that can follow path.
func fieldsBelow(schema *event.Schema, path string) []string {
	var names []string
	for _, f := range schema.Fields {
		rest, below := f.Name, true
		if path != "" {
			rest, below = strings.CutPrefix(f.Name, path+".")
		}
		if name, _, _ := strings.Cut(rest, "."); below && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func fieldOperand(f *event.Field, p pick) operand {
	o := reference(typeOf(f.Type), p, f.Items)
	o.field, o.optional = f, f.Optional
	return o
}

func (c *compiler) event(segs []segment) operand {
	t := c.scope.event()
	if t == nil && c.scope.AnyEvent {
		return operand{}
	}
	if t == nil {
		return c.fail(segs[0].at, "there is no event here: only the member can be asked about", "move what asks about the event into `if`")
	}
	if len(segs) == 2 {
		if d, ok := derived[segs[1].name]; ok {
			return c.derived(segs[1], d)
		}
	}
	f, o := c.declared(t.Schema, "event", segs[1:], derivedNames(), segs[0].at)
	if f == nil {
		return o
	}
	if other := c.scope.lacking(f); other != nil {
		return c.fail(segs[len(segs)-1].at, fmt.Sprintf("%s does not declare %s as %s does", other.Name, f.Name, t.Name),
			"with several events in `when`, use fields that all of them declare alike, or write one definition each")
	}
	c.read[f.Name] = true
	slot := f.Slot
	o = fieldOperand(f, func(f *engine.Facts) event.Value { return f.Event.Fields[slot] })
	switch o.typ {
	case Number:
		o.number = func(f *engine.Facts) decimal.Wide { return f.Event.Fields[slot].Number().Wide() }
	case Text:
		o.text = func(f *engine.Facts) string { return f.Event.Fields[slot].Text() }
	}
	if t.Builtin {
		o.options, o.optionsOf = c.scope.Names.Options[f.Name], f.Name
	}
	return o
}

// derivedField is a field that every event has.
type derivedField struct {
	operand operand
	kept    bool
}

var weekdays = []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

var derived = map[string]derivedField{
	"type":     {operand: textReference(func(f *engine.Facts) string { return f.Event.Type })},
	"time":     {operand: operand{typ: Time, instant: func(f *engine.Facts) calendar.Instant { return f.Event.Time }}},
	"date":     {operand: dateReference((*engine.Facts).Date)},
	"day":      {operand: weekday()},
	"hour":     {operand: whole((*engine.Facts).Hour)},
	"month":    {operand: whole((*engine.Facts).Month)},
	"is_first": {kept: true, operand: condReference((*engine.Facts).IsFirst)},
	"days_since_last": {kept: true, operand: sometimes(reference(Number, func(f *engine.Facts) event.Value {
		days, ok := f.DaysSinceLast()
		if !ok {
			return event.Value{}
		}
		return integer(days)
	}, nil))},
}

func weekday() operand {
	o := textReference((*engine.Facts).Weekday)
	o.options, o.optionsOf = weekdays, "day"
	return o
}

func sometimes(o operand) operand {
	o.optional = true
	return o
}

// whole is the operand of a whole number.
func whole(count func(*engine.Facts) int) operand {
	return reference(Number, func(f *engine.Facts) event.Value { return integer(count(f)) }, nil)
}

func integer(n int) event.Value { return event.NumberValue(decimal.Decimal(n) * decimal.One) }

// DerivedNames are the fields that every event has, which none can declare, sorted.
func DerivedNames() []string { return derivedNames() }

func derivedNames() []string { return slices.Sorted(maps.Keys(derived)) }

func derivedName(path string) bool {
	_, ok := derived[path]
	return ok
}

func (c *compiler) derived(s segment, d derivedField) operand {
	if d.kept && !c.keptState(s.at, "event."+s.name) {
		return operand{}
	}
	o := d.operand
	if s.name == "type" {
		for _, t := range c.scope.Events {
			o.options = append(o.options, t.Name)
		}
		o.optionsOf = "event in `when` named"
	}
	return o
}

// keptState reports whether state that depends on the order of arrival may be read, and says so where not.
func (c *compiler) keptState(at file.Location, path string) bool {
	c.kept = true
	if c.scope.Kept {
		return true
	}
	c.fail(at, fmt.Sprintf("%s may not read %s: its progress must not depend on the order of arrival", c.scope.Reader, path),
		"it may read the event's other fields and declared member fields; rules and boosts may read this")
	return false
}

// lookup is table.NAME[key].
func (c *compiler) lookup(n *ast.MemberNode) operand {
	base := segments(n.Node)
	if len(base) == 2 && base[0].name == "table" {
		return c.inTable(base[1], c.operand(n.Property))
	}
	if base != nil && c.resolve(n.Node).typ == Unknown {
		return operand{}
	}
	return c.fail(span(n), "only a table is read by key", "ask about a list's items: any(event.items, …)")
}

func (c *compiler) inTable(name segment, key operand) operand {
	table, ok := c.scope.Names.Tables[name.name]
	if !ok {
		return c.fail(name.at, "there is no table "+name.name, DidYouMean(name.name, slices.Collect(maps.Keys(c.scope.Names.Tables))))
	}
	if key.typ == Unknown {
		return operand{}
	}
	if key.typ != Text {
		return c.fail(name.at, fmt.Sprintf("the key of a table is text, but this is %s", key.typ), "send the key as text")
	}
	if key.constant != nil {
		word := key.constant.Text()
		if _, ok := table[word]; !ok {
			return c.fail(name.at, fmt.Sprintf("table %s has no %q", name.name, word), DidYouMean(word, slices.Collect(maps.Keys(table))))
		}
	}
	k := key.text
	return sometimes(reference(Number, func(f *engine.Facts) event.Value {
		d, ok := table[k(f)]
		if !ok {
			return event.Value{}
		}
		return event.NumberValue(d)
	}, nil))
}
