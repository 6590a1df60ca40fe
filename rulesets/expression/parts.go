package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine"
)

// parts are the conditions that `and` joins in a condition, each with what it looks at.
func (c *compiler) parts(root ast.Node, whole operand) []engine.Part {
	if whole.cond == nil {
		return nil
	}
	var out []engine.Part
	var take func(n ast.Node, holds cond)
	take = func(n ast.Node, holds cond) {
		if b, joins := n.(*ast.BinaryNode); joins && (b.Operator == "and" || b.Operator == "&&") {
			take(b.Left, c.conds[b.Left])
			take(b.Right, c.conds[b.Right])
			return
		}
		out = append(out, engine.Part{Text: c.text(n), Cond: holds, Reads: c.reads(n)})
	}
	take(root, whole.cond)
	return out
}

// reads are the names below n, each once, in the order written.
func (c *compiler) reads(n ast.Node) []engine.Read {
	var out []engine.Read
	var walk func(ast.Node)
	walk = func(n ast.Node) {
		if r, ok := c.named[n]; ok {
			if !slices.ContainsFunc(out, func(o engine.Read) bool { return o.Path == r.Path }) {
				out = append(out, r)
			}
			return
		}
		for _, child := range children(n) {
			walk(child)
		}
	}
	walk(n)
	return out
}
