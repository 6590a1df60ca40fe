package expression

import (
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/checker"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"

	"github.com/laurel-engine/laurel/engine/event"
)

// verify asks expr's own type checker, strict at every level, whether it agrees. It knows less than the compiler (nothing
// of guards, levels, dates in quotes), so that an error from here means a hole in there.
func (c *compiler) verify(source string) *Error {
	tree, err := parser.Parse(source)
	if err == nil {
		ast.Walk(&tree.Node, &translator{dates: c.dates})
		_, err = checker.Check(tree, c.scope.config())
	}
	fe, located := errors.AsType[*file.Error](err)
	switch {
	case err == nil:
		return nil
	case located:
		return &Error{fe.From, fe.To, fe.Message, ""}
	default:
		return &Error{0, 1, err.Error(), ""}
	}
}

// translator makes of our types what expr's checker takes for them: of a quoted date a time, and of our exact remainder,
// which expr has for integers only, a division.
type translator struct{ dates map[int]bool }

func (t *translator) Visit(n *ast.Node) {
	switch node := (*n).(type) {
	case *ast.StringNode:
		if t.dates[node.Location().From] {
			ast.Patch(n, &ast.ConstantNode{Value: time.Time{}})
		}
	case *ast.BinaryNode:
		if node.Operator == "%" {
			division := *node
			division.Operator = "/"
			ast.Patch(n, &division)
		}
	}
}

// config is expr's configuration for this scope.
func (s *Scope) config() *conf.Config {
	if s.checking != nil {
		return s.checking
	}
	c := conf.CreateNew()
	c.WithEnv(s.types())
	for name, signature := range map[string]any{
		"has": new(func(any) bool), "days_between": new(func(time.Time, time.Time) float64), "age": new(func(time.Time) float64),
		"month": new(func(time.Time) float64), "day": new(func(time.Time) float64), "bucket": new(func(string) float64),
	} {
		expr.Function(name, func(...any) (any, error) { return nil, nil }, signature)(c)
	}
	s.checking = c
	return c
}

var exprTypes = map[Type]types.Type{
	Boolean: types.Bool, Number: types.Float64, Text: types.String, Date: types.TypeOf(time.Time{}), Time: types.TypeOf(time.Time{}),
}

func (s *Scope) types() types.Map {
	env := types.Map{"member": s.memberTypes()}
	tables := types.Map{}
	for name := range s.Names.Tables {
		tables[name] = types.Map{types.Extra: types.Float64}
	}
	env["table"] = tables
	if t := s.event(); t != nil {
		event := schemaTypes(t.Schema)
		for name, d := range derived {
			event[name] = exprTypes[d.operand.typ]
		}
		env["event"] = event
	}
	return env
}

func (s *Scope) memberTypes() types.Map {
	member := types.Map{}
	if s.Member != nil {
		member = schemaTypes(s.Member)
	}
	for name, o := range ownFields {
		member[name] = exprTypes[o.typ]
	}
	for name, g := range keptGroups {
		entries := types.Map{}
		for _, id := range g.ids(s.Names) {
			if g.read != nil {
				entries[id] = exprTypes[g.read(s.Names, id).typ]
				continue
			}
			fields := types.Map{}
			for field := range maps.Keys(g.fields) {
				fields[field] = exprTypes[g.fields[field](s.Names, id).typ]
			}
			entries[id] = fields
		}
		member[name] = entries
	}
	audiences := types.Map{}
	for _, id := range s.Names.AudienceIDs {
		audiences[id] = types.Bool
	}
	member["in"] = audiences
	return member
}

// schemaTypes describes a schema; a record's fields, which the schema keeps flat, are nested again.
func schemaTypes(schema *event.Schema) types.Map {
	out := types.Map{}
	for _, f := range schema.Fields {
		in := out
		path := strings.Split(f.Name, ".")
		for _, record := range path[:len(path)-1] {
			if _, ok := in[record]; !ok {
				in[record] = types.Map{}
			}
			in = in[record].(types.Map)
		}
		in[path[len(path)-1]] = fieldType(f)
	}
	return out
}

func fieldType(f *event.Field) types.Type {
	if f.Type != event.TypeList {
		return exprTypes[typeOf(f.Type)]
	}
	if scalar := f.Items.Field(""); scalar != nil {
		return types.Array(fieldType(scalar))
	}
	return types.Array(schemaTypes(f.Items))
}
