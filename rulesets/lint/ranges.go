package lint

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// reasoner knows what an expression may look at.
type reasoner struct {
	scope    *expression.Scope
	audience func(id string) *expression.Expression // nil where there is none
	within   int                                    // audiences
	answers  map[question][]clause                  // those given before
}

// field is the declared field that a path names, nil without one. Fields of list items are not known.
func (r reasoner) field(path string) *event.Field {
	if name, ok := strings.CutPrefix(path, "event."); ok && len(r.scope.Events) > 0 {
		return r.scope.Events[0].Schema.Field(name)
	}
	if name, ok := strings.CutPrefix(path, "member."); ok && r.scope.Member != nil {
		return r.scope.Member.Field(name)
	}
	return nil
}

// isDate reports whether n is a date or a time, so that a text beside it is a date too.
func (r reasoner) isDate(n ast.Node) bool {
	if b, ok := n.(*ast.BinaryNode); ok && b.Operator == "??" {
		return r.isDate(b.Left)
	}
	switch path := n.String(); path {
	case "event.date", "event.time", "member.joined":
		return true
	default:
		f := r.field(path)
		return f != nil && (f.Type == event.TypeDate || f.Type == event.TypeTime)
	}
}

// of is what n can be where what is known of other parts is given.
func (r reasoner) of(n ast.Node, given clause) domain {
	if d, known := given[n.String()]; known {
		return d
	}
	switch n := n.(type) {
	case *ast.IntegerNode:
		return point(number(int64(n.Value))).and(domain{whole: true})
	case *ast.FloatNode:
		exact, _ := new(big.Rat).SetString(strconv.FormatFloat(n.Value, 'f', -1, 64))
		return point(exact)
	case *ast.StringNode:
		return text(n.Value)
	case *ast.BoolNode:
		return truth(n.Value)
	case *ast.UnaryNode:
		return r.unary(n, given)
	case *ast.BinaryNode:
		return r.binary(n, given)
	case *ast.ConditionalNode:
		return r.conditional(n, given)
	case *ast.MemberNode:
		return r.reference(n)
	case *ast.BuiltinNode:
		return r.call(n.Name, n.Arguments, given)
	case *ast.CallNode:
		return r.call(n.Callee.String(), n.Arguments, given)
	default:
		return domain{}
	}
}

func (r reasoner) unary(n *ast.UnaryNode, given clause) domain {
	switch n.Operator {
	case "-":
		return r.of(n.Node, given).negated()
	case "+":
		return r.of(n.Node, given)
	default:
		return truths
	}
}

func (r reasoner) binary(n *ast.BinaryNode, given clause) domain {
	switch n.Operator {
	case "+":
		return r.of(n.Left, given).plus(r.of(n.Right, given))
	case "-":
		return r.of(n.Left, given).plus(r.of(n.Right, given).negated())
	case "*":
		return r.of(n.Left, given).times(r.of(n.Right, given))
	case "/":
		if by := r.of(n.Right, given); by.isPoint() && by.low.Sign() != 0 {
			out := r.of(n.Left, given).times(point(new(big.Rat).Inv(by.low)))
			out.whole = false
			return out
		}
		return domain{}
	case "%":
		return r.remainder(n, given)
	case "??":
		return r.of(n.Left, given).or(r.of(n.Right, given))
	default:
		return truths
	}
}

// remainder has the sign of the dividend and is nearer to 0 than the divisor.
func (r reasoner) remainder(n *ast.BinaryNode, given clause) domain {
	of, by := r.of(n.Left, given), r.of(n.Right, given)
	out := domain{whole: of.whole && by.whole}
	if by.isPoint() && by.low.Sign() > 0 {
		out.low, out.high, out.lowOpen, out.highOpen = opposite(by.low), by.low, true, true
		if of.low != nil && of.low.Sign() >= 0 {
			out.low, out.lowOpen = number(0), false
		}
	}
	return out
}

// conditional is what either part can be where its condition lets it be chosen.
func (r reasoner) conditional(n *ast.ConditionalNode, given clause) domain {
	var out *domain
	choose := func(part ast.Node, outcome bool) {
		for _, c := range r.clauses(n.Cond, outcome) {
			both, possible := c.and(given)
			if !possible {
				continue
			}
			d := r.of(part, both)
			if out != nil {
				d = out.or(d)
			}
			out = &d
		}
	}
	choose(n.Exp1, true)
	choose(n.Exp2, false)
	if out == nil {
		return domain{}
	}
	return *out
}

// derivedRanges are what the fields that every event and member has can be.
var derivedRanges = map[string]domain{
	"event.hour":            between(number(0), number(23)),
	"event.month":           between(number(1), number(12)),
	"event.days_since_last": between(number(0), nil),
	"event.is_first":        truths,
	"event.day":             text("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}

func (r reasoner) reference(n *ast.MemberNode) domain {
	path := n.String()
	if d, ok := derivedRanges[path]; ok {
		return d
	}
	if path == "event.type" {
		var names []string
		for _, t := range r.scope.Events {
			names = append(names, t.Name)
		}
		return domain{texts: names}
	}
	if name, ok := strings.CutPrefix(n.Node.String(), "table."); ok {
		return r.table(name)
	}
	if f := r.field(path); f != nil {
		return fieldRange(f)
	}
	if parts := strings.Split(path, "."); len(parts) >= 3 && parts[0] == "member" {
		return r.kept(parts[1], parts[len(parts)-1], parts[2])
	}
	return domain{}
}

func fieldRange(f *event.Field) domain {
	switch f.Type {
	case event.TypeBoolean:
		return truths
	case event.TypeInteger:
		return domain{whole: true}
	default:
		return domain{}
	}
}

// table is all that is in one.
func (r reasoner) table(name string) domain {
	var out *domain
	for _, v := range r.scope.Names.Tables[name] {
		exact, _ := new(big.Rat).SetString(v.String())
		d := point(exact)
		if out != nil {
			d = out.or(d)
		}
		out = &d
	}
	if out == nil {
		return domain{}
	}
	return *out
}

// kept is state of a member: member.GROUP.ID, or member.challenge.ID.LAST.
func (r reasoner) kept(group, last, id string) domain {
	switch {
	case group == "has_badge", group == "challenge" && last == "done", group == "in":
		return truths
	case group == "streak", group == "rewards", group == "challenge" && last == "times":
		return between(number(0), nil)
	case group == "tier" && r.scope.Names.Tiers[id] != nil:
		levels := []string{""}
		for _, l := range r.scope.Names.Tiers[id].Ladder.Levels {
			levels = append(levels, l.Name)
		}
		return domain{texts: levels}
	default:
		return domain{}
	}
}

// fixedRanges are the results of functions that do not depend on what they are asked about.
var fixedRanges = map[string]domain{
	"bucket": between(number(0), number(99)), "month": between(number(1), number(12)), "day": between(number(1), number(31)),
	"len": between(number(0), nil), "count": between(number(0), nil), "age": {whole: true}, "days_between": {whole: true},
	"lower": {lower: true}, "has": truths, "any": truths, "all": truths, "none": truths,
}

func (r reasoner) call(name string, args []ast.Node, given clause) domain {
	if d, ok := fixedRanges[name]; ok {
		return d
	}
	if len(args) == 0 {
		return domain{}
	}
	first := r.of(args[0], given)
	switch name {
	case "min", "max":
		for _, a := range args[1:] {
			first = extreme(first, r.of(a, given), name == "max")
		}
		return first
	case "abs":
		return absolute(first)
	case "floor", "ceil", "round":
		return rounded(first)
	default:
		return domain{}
	}
}

// extreme is the smaller or the larger of two numbers.
func extreme(a, b domain, larger bool) domain {
	if larger {
		return extreme(a.negated(), b.negated(), false).negated()
	}
	out := domain{whole: a.whole && b.whole, high: a.high, highOpen: a.highOpen}
	if b.high != nil {
		if c := sign(b.high, a.high); a.high == nil || c < 0 || c == 0 && b.highOpen {
			out.high, out.highOpen = b.high, b.highOpen
		}
	}
	if a.low != nil && b.low != nil {
		out.low, out.lowOpen = a.low, a.lowOpen
		if c := sign(b.low, a.low); c < 0 || c == 0 && !b.lowOpen {
			out.low, out.lowOpen = b.low, b.lowOpen
		}
	}
	return out
}

// sign compares two numbers, of which the second may be missing.
func sign(a, b *big.Rat) int {
	if b == nil {
		return 0
	}
	return a.Cmp(b)
}

func absolute(d domain) domain {
	out := domain{low: number(0), whole: d.whole}
	if d.low != nil && d.low.Sign() >= 0 {
		return d
	}
	if d.low != nil && d.high != nil {
		out.high = new(big.Rat).Neg(d.low)
		if d.high.Cmp(out.high) > 0 {
			out.high = d.high
		}
	}
	return out
}

// rounded is a whole number next to what is in d.
func rounded(d domain) domain {
	out := domain{whole: true}
	if d.low != nil {
		out.low = floor(d.low)
	}
	if d.high != nil {
		out.high = ceil(d.high)
	}
	return out
}

// constant is the only value that n can be: a number, or the text in quotes that it is; for a date, its number of days.
func (r reasoner) constant(n ast.Node, date bool) (d domain, ok bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		if !date {
			return text(n.Value), true
		}
		day, err := calendar.ParseDate(n.Value)
		return point(number(int64(day))), err == nil
	case *ast.BoolNode:
		return truth(n.Value), true
	}
	d = r.of(n, nil)
	return d, d.isPoint()
}
