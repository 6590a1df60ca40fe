package expression

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Expression is a compiled expression. Exactly one of Cond, Amount, Pick and Collect is set, as asked for.
type Expression struct {
	Cond    engine.Cond
	Amount  engine.Amount
	Pick    engine.Pick
	Collect engine.Collect

	Source      string
	Canonical   string        // the same for all ways of writing it
	Tree        ast.Node      // for lints
	Scope       *Scope        // what it looks at
	Constant    *decimal.Wide // of an amount that is a number
	EventFields []string      // the declared fields of the event that it reads, sorted
	Field       *event.Field  // of a Key: the field it names
	Kept        bool          // it reads state that depends on the order of arrival
	// Of a condition: what it asks at least, and whether evaluating it cannot fail.
	Clauses engine.Clauses
	Safe    bool
	Parts   []engine.Part // those that `and` joins
}

// Condition compiles a condition.
func Condition(source string, scope *Scope) (*Expression, []Error) {
	return compile(source, scope, buildCondition)
}

func buildCondition(c *compiler, root ast.Node, e *Expression) {
	o := c.want(root, Boolean, "a condition must be true or false")
	e.Cond, e.Clauses, e.Safe, e.Parts = o.cond, o.clauses, o.safe, c.parts(root, o)
}

// Amount compiles a number.
func Amount(source string, scope *Scope) (*Expression, []Error) {
	return compile(source, scope, buildAmount)
}

func buildAmount(c *compiler, root ast.Node, e *Expression) {
	o := c.want(root, Number, "this must be a number")
	e.Amount, e.Constant = o.number, o.literal
}

// IsField reports whether an expression is one field, and computes nothing.
func (e *Expression) IsField() bool {
	_, plain := e.Tree.(*ast.MemberNode)
	return plain
}

// Key compiles the name of one event field or declared member field: what `by`, `split`, `to` and `from` take. It may be
// absent; no guard is needed.
func Key(source string, scope *Scope) (*Expression, []Error) {
	return compile(source, scope, buildKey)
}

func buildKey(c *compiler, root ast.Node, e *Expression) {
	switch o := c.maybe(root); {
	case o.typ == Unknown:
	case o.field == nil || o.typ == List:
		c.fail(span(root), "this must be one field of the event or the member", "such as event.order_id or member.team")
	default:
		e.Pick, e.Field = o.value, o.field
	}
}

// Keys compiles what `distinct` takes: a field, or a field of a list's items, `event.items.sku`.
func Keys(source string, scope *Scope) (*Expression, []Error) {
	return compile(source, scope, buildKeys)
}

func buildKeys(c *compiler, root ast.Node, e *Expression) { e.Collect = c.collect(root) }

// EventFields are the paths below `event` that a source reads, whether or not they are declared, sorted; nil where it
// cannot be parsed.
func EventFields(source string) []string {
	tree, errs := parse(source)
	if errs != nil {
		return nil
	}
	var paths []string
	var walk func(ast.Node)
	walk = func(n ast.Node) {
		if segs := segments(n); len(segs) > 1 && segs[0].name == "event" {
			if p := joined(segs[1:]); !derivedName(p) {
				paths = append(paths, p)
			}
			return
		}
		for _, c := range children(n) {
			walk(c)
		}
	}
	walk(tree)
	slices.Sort(paths)
	return slices.Compact(paths)
}

func parse(source string) (ast.Node, []Error) {
	if n := utf8.RuneCountInString(source); n > MaxLength {
		return nil, []Error{{0, 1, fmt.Sprintf("the expression has %d characters, more than %d", n, MaxLength),
			"move a part of it into an audience or a table"}}
	}
	if strings.TrimSpace(source) == "" {
		return nil, []Error{{0, 1, "the expression is empty", "such as event.amount >= 10"}}
	}
	tree, err := parser.Parse(source)
	if err != nil {
		if fe, located := errors.AsType[*file.Error](err); located {
			return nil, []Error{syntaxError(fe)}
		}
		return nil, []Error{{0, 1, err.Error(), ""}}
	}
	if errs := audit(source, tree.Node); len(errs) > 0 {
		return tree.Node, errs
	}
	return tree.Node, nil
}

type builder func(*compiler, ast.Node, *Expression)

func compile(source string, scope *Scope, build builder) (*Expression, []Error) {
	c, e, errs := compileUnverified(source, scope, build)
	if e == nil {
		return nil, errs
	}
	if (e.Cond != nil || e.Amount != nil) && !scope.AnyEvent {
		if err := c.verify(source); err != nil {
			return nil, []Error{*err}
		}
	}
	return e, nil
}

func compileUnverified(source string, scope *Scope, build builder) (*compiler, *Expression, []Error) {
	root, errs := parse(source)
	if root == nil || len(errs) > 0 {
		return nil, nil, errs
	}
	c := &compiler{source: []rune(source), scope: scope, read: map[string]bool{}, conds: map[ast.Node]cond{},
		named: map[ast.Node]engine.Read{}, dates: map[int]bool{}}
	e := &Expression{Source: source, Canonical: root.String(), Tree: root, Scope: scope}
	build(c, root, e)
	if len(c.errs) > 0 {
		return nil, nil, c.errs
	}
	e.charge()
	e.Kept = c.kept
	e.EventFields = slices.Sorted(maps.Keys(c.read))
	return c, e, nil
}

// charge makes a long expression take its steps. A short one takes the one that the engine counts for each.
func (e *Expression) charge() {
	steps := stepsOf(e.Tree) - 1
	if steps < 4 {
		return
	}
	if cond := e.Cond; cond != nil {
		e.Cond = func(f *engine.Facts) bool { return f.Spend(steps) && cond(f) }
	}
	if amount := e.Amount; amount != nil && e.Constant == nil {
		e.Amount = func(f *engine.Facts) decimal.Wide {
			if !f.Spend(steps) {
				return decimal.Wide{}
			}
			return amount(f)
		}
	}
}

// compiler turns an audited tree into closures. It goes on after an error and says all that is wrong.
type compiler struct {
	source []rune
	scope  *Scope
	errs   []Error
	known  []string        // paths of optional values that are present here
	rows   []*event.Schema // of the lists that predicates are inside of, outermost first
	read   map[string]bool
	conds  map[ast.Node]cond        // the sides of and and or
	named  map[ast.Node]engine.Read // what names stand for
	dates  map[int]bool             // where texts were taken for dates
	kept   bool
}

func (c *compiler) fail(at file.Location, message, suggestion string) operand {
	c.errs = append(c.errs, Error{at.From, at.To, message, suggestion})
	return operand{}
}

// want compiles n, which must be of type t.
func (c *compiler) want(n ast.Node, t Type, message string) operand {
	o := c.operand(n)
	if o.typ == t || o.typ == Unknown {
		if o.typ == Unknown {
			return operand{}
		}
		return o
	}
	return c.fail(span(n), fmt.Sprintf("%s, but this is %s", message, o.typ), c.instead(n, o.typ, t))
}

// instead is how a value of one type is made one of another, "" where that is not to be guessed.
func (c *compiler) instead(n ast.Node, is, want Type) string {
	_, literal := n.(*ast.StringNode)
	switch shown := c.text(n); {
	case want == Boolean && is == Number:
		return "compare it: " + shown + " > 0"
	case want == Boolean && is == Text && !literal:
		return "compare it: " + shown + ` == "…"`
	case want == Number && literal:
		return "numbers stand without quotes, fields too"
	case want == Number && is == Text:
		return "declare the field as number, where events send one"
	case want == Number && (is == Date || is == Time):
		return "count days: days_between(a, b)"
	case want == Number && is == Boolean:
		return "write: (if " + shown + " { 1 } else { 0 })"
	case want == List && is != List:
		return "a list is a field declared as one: [text], or [{sku: text}]"
	}
	return ""
}

// operand compiles n, which must be present.
func (c *compiler) operand(n ast.Node) operand {
	o := c.part(n)
	o.node = n
	return o
}

func (c *compiler) part(n ast.Node) operand {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode:
		return c.numberLiteral(n)
	case *ast.BoolNode:
		return booleanConstant(n.Value)
	case *ast.StringNode:
		return textConstant(n.Value)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.IdentifierNode, *ast.MemberNode, *ast.PointerNode:
		return c.present(n)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		return c.call(n, n.Callee.(*ast.IdentifierNode).Value, n.Arguments)
	case *ast.ArrayNode:
		return c.fail(span(n), "a list can stand only after in, or as the default of a list", `such as event.store in ["mitte", "nord"]`)
	default:
		panic(fmt.Sprintf("expression: audit let a %T pass", n))
	}
}

// maybe compiles n, which may be absent.
func (c *compiler) maybe(n ast.Node) operand {
	var o operand
	switch n := n.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.PointerNode:
		o = c.resolve(n)
	case *ast.BinaryNode:
		if n.Operator != "??" {
			return c.operand(n)
		}
		o = c.coalesce(n, true)
	default:
		return c.operand(n)
	}
	o.node = n
	return o
}

// present resolves a name and requires that its value is there: that it is not optional, or guarded.
func (c *compiler) present(n ast.Node) operand {
	o := c.resolve(n)
	if !o.optional || o.path != "" && slices.Contains(c.known, o.path) {
		o.optional = false
		if o.typ == Boolean && o.safe {
			o.clauses = comparedClauses("==", o, booleanConstant(true))
		}
		return o
	}
	shown := c.text(n)
	hint := fmt.Sprintf("give a default: (%s ?? …), or guard it: has(%s) and …", shown, shown)
	if o.path == "" {
		hint = fmt.Sprintf("give a default: (%s ?? 0)", shown)
	}
	return c.fail(span(n), shown+" may be missing here", hint)
}

// text is the source of n.
func (c *compiler) text(n ast.Node) string {
	at := span(n)
	return string(c.source[at.From:min(at.To, len(c.source))])
}

// numberLiteral reads a number from the source text, because expr has made a float of it.
func (c *compiler) numberLiteral(n ast.Node) operand {
	at := n.Location()
	digits := string(c.source[at.From:at.To])
	w, err := decimal.ParseWide(plainNumber(digits))
	if err != nil {
		return c.fail(at, fmt.Sprintf("%s: %v", digits, err), "write digits and at most one point, with at most twelve digits after it")
	}
	return numberConstant(w)
}

// plainNumber drops the separators of 1_000_000 and completes .5, which expr allows.
func plainNumber(s string) string {
	var out []rune
	for i, r := range s {
		switch {
		case r == '_':
		case r == '.' && i == 0:
			out = append(out, '0', '.')
		default:
			out = append(out, r)
		}
	}
	return string(out)
}

func (c *compiler) unary(n *ast.UnaryNode) operand {
	switch n.Operator {
	case "not", "!":
		o := c.operand(n.Node)
		if o.typ == Unknown {
			return operand{}
		}
		if o.typ != Boolean {
			return c.fail(span(n.Node), fmt.Sprintf("not needs a condition, but this is %s", o.typ), "not holds for the next value only: write not (a == b)")
		}
		not := condOperand(func(f *engine.Facts) bool { return !o.cond(f) })
		not.safe = o.safe
		return not
	case "-":
		o := c.want(n.Node, Number, "a sign needs a number")
		if o.typ == Unknown {
			return o
		}
		if o.literal != nil {
			w, _ := o.literal.Neg()
			return numberConstant(w)
		}
		return numberOperand(checkedUnary(decimal.Wide.Neg, o.number))
	default:
		return c.want(n.Node, Number, "a sign needs a number")
	}
}

func (c *compiler) conditional(n *ast.ConditionalNode) operand {
	choose := c.want(n.Cond, Boolean, "after if stands a condition")
	a := c.assuming(c.proves(n.Cond, true), n.Exp1)
	b := c.assuming(c.proves(n.Cond, false), n.Exp2)
	a, b = c.asDates(a, b)
	if choose.typ == Unknown || a.typ == Unknown || b.typ == Unknown {
		return operand{}
	}
	if a.typ != b.typ {
		return c.fail(span(n.Exp2), fmt.Sprintf("both parts of if must be of one type: this is %s, the other %s", b.typ, a.typ), "such as if c { 2 } else { 1 }")
	}
	return either(choose.cond, a, b)
}

// Canonical is the text of an expression without regard to spacing, brackets and ways of writing; ok is false where source
// cannot be parsed.
func Canonical(source string) (text string, ok bool) {
	root, errs := parse(source)
	if errs != nil {
		return "", false
	}
	return root.String(), true
}
