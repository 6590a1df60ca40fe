package expression

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// Bounds on an expression (architecture: Bounds). MaxLength holds before parsing, because 600,000 parentheses would end
// the process inside the parser.
const (
	MaxLength     = 2000 // characters
	MaxNodes      = 200
	MaxPredicates = 2 // nested
)

// replacements say what to write instead of the functions of expr that the language does not have.
var replacements = map[string]string{
	"now":        "use event.time: a rule must give the same answer when it is replayed",
	"date":       `write the date in quotes: event.date < "2026-12-01"`,
	"duration":   "use days_between(a, b)",
	"timezone":   "event.date, event.day and event.hour are local already",
	"filter":     "use any, all, none, count or sum with a predicate",
	"map":        "use any, all, none, count or sum with a predicate",
	"find":       "use any(list, predicate)",
	"one":        "use count(list, predicate) == 1",
	"mean":       "divide: sum(event.items, .price) / len(event.items)",
	"reduce":     "use sum(list, value)",
	"upper":      "compare lower(x) with text in lower case",
	"trim":       "send the text as it is to be compared",
	"hasPrefix":  `use matches "^…"`,
	"hasSuffix":  `use matches "…$"`,
	"contains":   `use matches "…"`,
	"startsWith": `use matches "^…"`,
	"endsWith":   `use matches "…$"`,
	"int":        "numbers need no conversion; floor(x) cuts the fraction",
	"float":      "numbers need no conversion",
	"repeat":     "text is compared, never made",
	"keys":       "use table.NAME[key]",
	"values":     "use table.NAME[key]",
	"get":        "write the path: event.items, table.NAME[key]",
	"length":     "write len(x)",
	"size":       "write len(x)",
	"avg":        "divide: sum(event.items, .price) / len(event.items)",
	"average":    "divide: sum(event.items, .price) / len(event.items)",
	"first":      "lists have no order here: use any(list, predicate)",
	"last":       "lists have no order here: use any(list, predicate)",
	"**":         "multiply: x * x",
	"^":          "multiply: x * x",
	"..":         "compare: x >= 1 and x <= 9",
}

// children are the parts of n, in the order of the source.
func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.MemberNode:
		return []ast.Node{n.Node, n.Property}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.SliceNode:
		return []ast.Node{n.Node}
	case *ast.PredicateNode:
		return []ast.Node{n.Node}
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.SequenceNode:
		return n.Nodes
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.CallNode:
		return append([]ast.Node{n.Callee}, n.Arguments...)
	default:
		return nil
	}
}

// span is the place of all of n: expr locates an operation at its operator.
func span(n ast.Node) file.Location {
	at := n.Location()
	_, unlocated := n.(*ast.ConditionalNode)
	for i, c := range children(n) {
		s := span(c)
		if unlocated && i == 0 {
			at = s
		}
		at.From, at.To = min(at.From, s.From), max(at.To, s.To)
	}
	if m, ok := n.(*ast.MemberNode); ok {
		if _, constant := m.Property.(*ast.StringNode); !constant {
			at.To++ // the bracket of table.NAME[key]
		}
	}
	return at
}

// auditor walks a parsed tree before anything else does, and allows what the language has.
type auditor struct {
	errs       []Error
	seen       map[ast.Node]bool
	predicates int
}

// audit is what is wrong with a tree, without regard to names and types.
func audit(source string, root ast.Node) []Error {
	a := &auditor{seen: map[ast.Node]bool{}}
	a.shared(root)
	if len(a.errs) == 0 && len(a.seen) > MaxNodes {
		return []Error{{0, 1, "the expression has more than 200 parts", "move a part of it into an audience or a table"}}
	}
	if len(a.errs) > 0 {
		return a.errs
	}
	a.tokens(source)
	a.walk(root)
	return a.errs
}

// shared finds nodes that have two parents, which is how expr chains comparisons. Walking such a tree takes exponential
// time, so that nothing else may be done with it.
func (a *auditor) shared(n ast.Node) {
	if a.seen[n] {
		at := n.Location()
		if segments(n) != nil {
			at = span(n)
		}
		a.refuse(at, "comparisons cannot be chained", "write: a <= x and x <= b")
		return
	}
	a.seen[n] = true
	for _, c := range children(n) {
		a.shared(c)
	}
}

// tokens refuses what leaves no trace in the tree.
func (a *auditor) tokens(source string) {
	tokens, err := lexer.Lex(file.NewSource(source))
	if err != nil {
		return // the parser has said so
	}
	for _, t := range tokens {
		switch {
		case t.Is(lexer.Operator, "|"):
			a.refuse(t.Location, "pipes are not part of the language", "write the call: lower(x)")
		case t.Is(lexer.Operator, "::"):
			a.refuse(t.Location, ":: is not part of the language", "leave it out")
		}
	}
}

func (a *auditor) refuse(at file.Location, message, suggestion string) {
	a.errs = append(a.errs, Error{at.From, at.To, message, suggestion})
}

func (a *auditor) walk(n ast.Node) {
	_, predicate := n.(*ast.PredicateNode)
	if predicate {
		a.predicates++
	}
	if message, suggestion := a.banned(n); message != "" {
		at := span(n)
		if _, binary := n.(*ast.BinaryNode); binary {
			at = n.Location()
		}
		a.refuse(at, message, suggestion)
	}
	for _, c := range children(n) {
		a.walk(c)
	}
	if predicate {
		a.predicates--
	}
}

// banned says why a node is not part of the language, "" when it is.
func (a *auditor) banned(n ast.Node) (message, suggestion string) {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode, *ast.UnaryNode, *ast.ArrayNode,
		*ast.IdentifierNode, *ast.BuiltinNode, *ast.ConditionalNode:
		return "", ""
	case *ast.PointerNode:
		if n.Name != "" {
			return "#" + n.Name + " is not part of the language", "# is the item, .field one of its fields"
		}
	case *ast.BinaryNode:
		if why, banned := replacements[n.Operator]; banned {
			return n.Operator + " is not part of the language", why
		}
	case *ast.MemberNode:
		if n.Optional {
			return "?. is not part of the language", "write (x ?? default), or has(x) and …"
		}
	case *ast.CallNode:
		if _, named := n.Callee.(*ast.IdentifierNode); !named {
			return "methods are not part of the language", "write a function: lower(event.sku)"
		}
	case *ast.PredicateNode:
		if a.predicates > MaxPredicates {
			return "predicates are nested more than twice", "send the event with a flatter list"
		}
	case *ast.ChainNode:
		return "", "" // its member says so
	case *ast.NilNode:
		return "nil is not part of the language", "write has(x), or not has(x)"
	case *ast.VariableDeclaratorNode:
		return "variables are not part of the language", "name a condition in audiences, a number in tables"
	case *ast.SequenceNode:
		return "an expression is one value", "join conditions with and"
	case *ast.MapNode:
		return "maps are not part of the language", "declare a table: table.NAME[key]"
	case *ast.SliceNode:
		return "slices are not part of the language", "ask about a list's items: any(event.items, …)"
	case *ast.BytesNode:
		return "bytes are not part of the language", `write text: "…"`
	default:
		return "this is not part of the language", ""
	}
	return "", ""
}
