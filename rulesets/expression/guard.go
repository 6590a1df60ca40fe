package expression

import (
	"slices"
	"strconv"

	"github.com/expr-lang/expr/ast"
)

// assuming compiles n where the optional values at paths are known to be present.
func (c *compiler) assuming(paths []string, n ast.Node) operand {
	before := len(c.known)
	c.known = append(c.known, paths...)
	o := c.operand(n)
	c.known = c.known[:before]
	return o
}

// proves are the paths of optional values that are present whenever n comes out as outcome.
func (c *compiler) proves(n ast.Node, outcome bool) []string {
	switch n := n.(type) {
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return c.proves(n.Node, !outcome)
		}
	case *ast.BinaryNode:
		switch n.Operator {
		case "and", "&&":
			return c.provesJoined(n, outcome, outcome)
		case "or", "||":
			return c.provesJoined(n, outcome, !outcome)
		}
	case *ast.ConditionalNode:
		a := slices.Concat(c.proves(n.Cond, true), c.proves(n.Exp1, outcome))
		b := slices.Concat(c.proves(n.Cond, false), c.proves(n.Exp2, outcome))
		return common(a, b)
	case *ast.CallNode:
		if outcome && n.Callee.(*ast.IdentifierNode).Value == "has" && len(n.Arguments) == 1 {
			if p := c.path(n.Arguments[0]); p != "" {
				return []string{p}
			}
		}
	}
	return nil
}

// provesJoined is what both sides prove where both must have come out so, otherwise what each of them proves.
func (c *compiler) provesJoined(n *ast.BinaryNode, outcome, both bool) []string {
	left, right := c.proves(n.Left, outcome), c.proves(n.Right, outcome)
	if both {
		return slices.Concat(left, right)
	}
	return common(left, right)
}

func common(a, b []string) []string {
	var out []string
	for _, p := range a {
		if slices.Contains(b, p) {
			out = append(out, p)
		}
	}
	return out
}

// path names a reference for guards, "" for all else. Items of different predicates have different paths.
func (c *compiler) path(n ast.Node) string {
	segs := segments(n)
	if segs == nil {
		return ""
	}
	if segs[0].name == "#" {
		return "#" + strconv.Itoa(len(c.rows)) + "." + joined(segs[1:])
	}
	return joined(segs)
}
