package expression

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
)

// collect compiles what `distinct` takes. A list adds each of its items, an absent value adds none.
func (c *compiler) collect(root ast.Node) engine.Collect {
	segs := segments(root)
	if segs == nil {
		c.fail(span(root), "distinct takes a field", "such as event.sku or event.items.sku")
		return nil
	}
	if listed, column := c.listField(segs); listed != nil {
		if column == nil {
			return nil
		}
		return eachItem(listed.Slot, column.Slot)
	}
	o := c.maybe(root)
	switch {
	case o.typ == Unknown:
		return nil
	case o.field == nil:
		c.fail(span(root), "distinct takes a declared field", "such as event.sku or event.items.sku")
		return nil
	case o.typ == List && o.items.Field("") == nil:
		c.fail(span(root), "the items of this list have fields", fmt.Sprintf("name one: %s.%s", joined(segs), o.items.Fields[0].Name))
		return nil
	case o.typ == List:
		return eachItem(o.field.Slot, 0)
	}
	p := o.value
	return func(f *engine.Facts, keys []string) []string {
		if v := p(f); v.Kind != event.Absent {
			keys = append(keys, v.Key())
		}
		return keys
	}
}

// listField finds event.LIST.FIELD: the list and the item's field, which is nil after an error.
func (c *compiler) listField(segs []segment) (listed, column *event.Field) {
	t := c.scope.event()
	if t == nil || segs[0].name != "event" {
		return nil, nil
	}
	for i := 2; i < len(segs); i++ {
		f := t.Schema.Field(joined(segs[1:i]))
		if f == nil || f.Items == nil || c.scope.lacking(f) != nil {
			continue
		}
		c.read[f.Name] = true
		column, _ := c.declared(f.Items, joined(segs[:i]), segs[i:], nil, segs[0].at)
		return f, column
	}
	return nil, nil
}

// eachItem collects one column of the list in a slot of the event.
func eachItem(slot, column int) engine.Collect {
	return func(f *engine.Facts, keys []string) []string {
		rows := f.Event.Fields[slot].List()
		if rows == nil {
			return keys
		}
		for row := range rows.Rows {
			if v := rows.Cell(row, column); v.Kind != event.Absent {
				keys = append(keys, v.Key())
			}
		}
		return keys
	}
}
