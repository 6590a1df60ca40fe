package engine_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// modes are the fields of an applier that know in which mode an event is applied, with the interfaces of what they answer and the
// most methods that each may have.
var modes = map[string]struct {
	is   string
	most int
}{"decides": {"decisions", 12}, "awarding": {"awarding", 12}}

// TestNobodyAsksForTheMode: what differs between an event that is accepted, one that is applied again and one that a reversal looks at
// is a method of its decisions. Nothing compares them, looks at their type, or keeps a switch in them.
func TestNobodyAsksForTheMode(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	fset := token.NewFileSet()
	methods, asked, set := map[string]int{}, 0, 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		require.NoError(t, err)
		called := map[ast.Node]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if of, ok := n.Type.(*ast.InterfaceType); ok {
					methods[n.Name.Name] = of.Methods.NumFields()
				}
				if of, ok := n.Type.(*ast.StructType); ok && decides(n.Name.Name) {
					for _, f := range of.Fields.List {
						is, plain := f.Type.(*ast.Ident)
						require.False(t, plain && is.Name == "bool", "%s keeps a switch", n.Name.Name)
					}
				}
			case *ast.CallExpr:
				if method, ok := n.Fun.(*ast.SelectorExpr); ok && modeOf(method.X) {
					called[method.X] = true
					asked++
				}
			case *ast.AssignStmt:
				for _, to := range n.Lhs {
					if modeOf(to) {
						called[to] = true
						set++
					}
				}
			case *ast.SelectorExpr:
				require.False(t, modeOf(n) && !called[n], "%s asks for the mode", fset.Position(n.Pos()))
			}
			return true
		})
	}
	for _, m := range modes {
		require.Contains(t, methods, m.is)
		require.LessOrEqual(t, methods[m.is], m.most, m.is)
	}
	require.Greater(t, asked, 20, "the decisions must have been found")
	require.Equal(t, 2, set, "only the processor changes them, where it applies its journal again and after that")
}

// modeOf reports whether an expression is one of those fields.
func modeOf(x ast.Expr) bool {
	field, ok := x.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	_, is := modes[field.Sel.Name]
	return is
}

// decides reports whether a type has decisions.
func decides(name string) bool {
	switch name {
	case "live", "recovered", "recorded", "recomputed", "accepting":
		return true
	}
	return false
}
