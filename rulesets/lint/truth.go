package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// clause is what must hold together: what some parts of an expression, by their text, must be.
type clause map[string]domain

// and joins two clauses; possible is false where they contradict one another.
func (c clause) and(d clause) (both clause, possible bool) {
	both = maps.Clone(c)
	if both == nil {
		both = clause{}
	}
	for term, e := range d {
		if other, ok := both[term]; ok {
			e = other.and(e)
		}
		if e.empty() {
			return nil, false
		}
		both[term] = e
	}
	return both, true
}

// Bounds on reasoning, which grows by multiplication and by audiences that name audiences.
const (
	maxClauses  = 32
	maxAudience = 8
)

// unknown stands for a condition of which nothing is known: it may hold.
var unknown = []clause{{}}

// joined is what of a and b can hold together. What would be too large is judged by a part of it.
func joined(a, b []clause) []clause {
	if len(a)*len(b) > maxClauses {
		if len(a) < len(b) {
			return a
		}
		return b
	}
	var out []clause
	for _, x := range a {
		for _, y := range b {
			if both, possible := x.and(y); possible {
				out = append(out, both)
			}
		}
	}
	return out
}

func anyOf(a, b []clause) []clause {
	if len(a)+len(b) > maxClauses {
		return unknown
	}
	return append(slices.Clip(a), b...)
}

// never reports whether n can never come out as outcome.
func (r reasoner) never(n ast.Node, outcome bool) bool { return len(r.clauses(n, outcome)) == 0 }

// question is whether a part of an expression can come out as outcome.
type question struct {
	of      ast.Node
	outcome bool
}

// clauses are the ways in which n can come out as outcome: at least those; none when it cannot.
func (r reasoner) clauses(n ast.Node, outcome bool) []clause {
	q := question{n, outcome}
	ways, known := r.answers[q]
	if !known {
		ways = r.answer(n, outcome)
		r.answers[q] = ways
	}
	return ways
}

func (r reasoner) answer(n ast.Node, outcome bool) []clause {
	switch n := n.(type) {
	case *ast.BoolNode:
		if n.Value != outcome {
			return nil
		}
		return unknown
	case *ast.UnaryNode:
		if n.Operator == "not" || n.Operator == "!" {
			return r.clauses(n.Node, !outcome)
		}
	case *ast.ConditionalNode:
		return anyOf(joined(r.clauses(n.Cond, true), r.clauses(n.Exp1, outcome)), joined(r.clauses(n.Cond, false), r.clauses(n.Exp2, outcome)))
	case *ast.BinaryNode:
		return r.operation(n, outcome)
	case *ast.CallNode:
		return r.presence(n, outcome)
	case *ast.MemberNode:
		if id, ok := strings.CutPrefix(n.String(), "member.in."); ok {
			return r.inAudience(id, outcome)
		}
	}
	return must(n.String(), r.of(n, nil).and(truth(outcome)))
}

// must is one clause about one term, none where nothing is in d.
func must(term string, d domain) []clause {
	if d.empty() {
		return nil
	}
	return []clause{{term: d}}
}

func (r reasoner) operation(n *ast.BinaryNode, outcome bool) []clause {
	switch n.Operator {
	case "and", "&&":
		return r.logic(n, outcome, outcome)
	case "or", "||":
		return r.logic(n, outcome, !outcome)
	case "==", "!=", "<", "<=", ">", ">=":
		return r.comparison(n, outcome)
	case "in":
		if list, ok := n.Right.(*ast.ArrayNode); ok {
			return r.membership(n.Left, list, outcome)
		}
	}
	return must(n.String(), truth(outcome))
}

func (r reasoner) logic(n *ast.BinaryNode, outcome, both bool) []clause {
	a, b := r.clauses(n.Left, outcome), r.clauses(n.Right, outcome)
	if both {
		return joined(a, b)
	}
	return anyOf(a, b)
}

// presence is has(x): always true where the field is not optional.
func (r reasoner) presence(n *ast.CallNode, outcome bool) []clause {
	if n.Callee.String() == "has" && len(n.Arguments) == 1 {
		if f := r.field(n.Arguments[0].String()); f != nil && !f.Optional && !outcome {
			return nil
		}
	}
	return must(n.String(), truth(outcome))
}

func (r reasoner) inAudience(id string, outcome bool) []clause {
	e := r.audience(id)
	if e == nil || r.within >= maxAudience {
		return must("member.in."+id, truth(outcome))
	}
	inner := reasoner{scope: e.Scope, audience: r.audience, within: r.within + 1, answers: map[question][]clause{}}
	return inner.clauses(e.Tree, outcome)
}

var opposites = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

var mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", ">": "<", ">=": "<=", "<=": ">="}

func (r reasoner) comparison(n *ast.BinaryNode, outcome bool) []clause {
	operator, left, right := n.Operator, n.Left, n.Right
	if !outcome {
		operator = opposites[operator]
	}
	date := r.isDate(left) || r.isDate(right)
	if _, ok := r.constant(left, date); ok {
		left, right, operator = right, left, mirrored[operator]
	}
	if c, ok := r.constant(right, date); ok {
		return must(left.String(), r.of(left, nil).and(compared(operator, c)))
	}
	return r.comparedTerms(operator, left, right)
}

// compared are the values that stand in a relation to a constant.
func compared(operator string, c domain) domain {
	switch operator {
	case "==":
		return c
	case "!=":
		if c.texts != nil {
			return domain{except: c.texts}
		}
		return domain{except: []string{c.low.RatString()}}
	case "<":
		return domain{high: c.low, highOpen: true}
	case "<=":
		return domain{high: c.low}
	case ">":
		return domain{low: c.low, lowOpen: true}
	default:
		return domain{low: c.low}
	}
}

// comparedTerms is a comparison of two parts of which neither is constant: a truth of its own, the same for `a < b` and
// `b > a`, the opposite for `a >= b`.
func (r reasoner) comparedTerms(operator string, left, right ast.Node) []clause {
	a, b := left.String(), right.String()
	same := a == b
	switch operator {
	case ">", "<=":
		a, b, left, right, operator = b, a, right, left, mirrored[operator]
	case "==", "!=":
		if a > b {
			a, b = b, a
		}
	}
	x, y := r.of(left, nil), r.of(right, nil)
	switch operator {
	case "<":
		if same || x.low != nil && y.high != nil && x.low.Cmp(y.high) >= 0 {
			return nil
		}
		return must(a+" < "+b, truth(true))
	case ">=":
		if x.high != nil && y.low != nil && x.high.Cmp(y.low) < 0 {
			return nil
		}
		return must(a+" < "+b, truth(false))
	case "==":
		if x.and(y).empty() {
			return nil
		}
		return must(a+" == "+b, truth(true))
	default:
		if same {
			return nil
		}
		return must(a+" == "+b, truth(false))
	}
}

// membership is `x in [constants]`.
func (r reasoner) membership(of ast.Node, list *ast.ArrayNode, outcome bool) []clause {
	date := r.isDate(of)
	of0 := r.of(of, nil)
	var texts, others []string
	var out []clause
	for _, item := range list.Nodes {
		c, ok := r.constant(item, date)
		switch {
		case !ok:
			return must(of.String()+" in "+list.String(), truth(outcome))
		case c.texts != nil:
			texts = append(texts, c.texts...)
		default:
			others = append(others, c.low.RatString())
			out = anyOf(out, must(of.String(), of0.and(c)))
		}
	}
	if !outcome {
		return must(of.String(), of0.and(domain{except: append(texts, others...)}))
	}
	if texts != nil {
		return must(of.String(), of0.and(domain{texts: texts}))
	}
	return out
}
