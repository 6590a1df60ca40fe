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
		out = append(out, engine.Part{Text: c.whole(n), Cond: holds, Reads: c.reads(n)})
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

// whole is the source of n with the brackets that belong to it, which the tree does not have.
func (c *compiler) whole(n ast.Node) string {
	at := span(n)
	from, to := at.From, min(at.To, len(c.source))
	depth, missing := 0, 0 // of brackets; how many that close were opened before
	quote := rune(0)
	for _, r := range c.source[from:to] {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case r == '(':
			depth++
		case r == ')':
			if depth--; depth < 0 {
				missing, depth = missing+1, 0
			}
		}
	}
	for ; missing > 0 && from > 0; from-- {
		if c.source[from-1] == '(' {
			missing--
		}
	}
	for ; depth > 0 && to < len(c.source); to++ {
		if c.source[to] == ')' {
			depth--
		}
	}
	return string(c.source[from:to])
}
