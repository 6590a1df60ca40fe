package expression

import "github.com/expr-lang/expr/ast"

// Children are the parts of n, in the order of the source.
func Children(n ast.Node) []ast.Node { return children(n) }

// Span is the place of all of n in its source, in runes.
func Span(n ast.Node) (from, to int) {
	at := span(n)
	return at.From, at.To
}

// Walk calls visit for n and all below it, the parts before the whole.
func Walk(n ast.Node, visit func(ast.Node)) {
	for _, c := range children(n) {
		Walk(c, visit)
	}
	visit(n)
}
