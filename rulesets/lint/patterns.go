package lint

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// slowPattern is the size of a pattern from which on it is slow: on the longest text it would take an eighth of the work that one
// event may ask for.
const slowPattern = 100

// slowPatterns finds patterns of matches that take much work on each text.
func (l *linter) slowPatterns() {
	for n, e := range l.Expressions {
		l.findPatterns(n, e.Tree)
	}
}

func (l *linter) findPatterns(n *document.Node, tree ast.Node) {
	found := &patterns{}
	ast.Walk(&tree, found)
	slices.SortFunc(found.list, func(a, b *ast.StringNode) int { return a.Location().From - b.Location().From })
	for _, p := range found.list {
		if size, err := expression.PatternSize(p.Value); err == nil && size > slowPattern {
			at := p.Location()
			l.sayOf(n, at.From, at.To, "", "this pattern has %d parts: one event can try it on few texts only", size)
		}
	}
}

// patterns gathers those of a tree.
type patterns struct{ list []*ast.StringNode }

// Visit implements ast.Visitor.
func (v *patterns) Visit(n *ast.Node) {
	if b, ok := (*n).(*ast.BinaryNode); ok && b.Operator == "matches" {
		if p, ok := b.Right.(*ast.StringNode); ok {
			v.list = append(v.list, p)
		}
	}
}
