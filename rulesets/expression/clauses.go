package expression

import (
	"math"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// An index of rules needs to know of a condition what it asks at least (engine.Clauses): comparisons of a name with
// constants, joined by and, or. A part that can fail is always asked, because its failure is told.

// joinedClauses is what and or or of l and r come to.
func joinedClauses(and bool, l, r operand) engine.Clauses {
	switch {
	case !and:
		return l.clauses.Or(r.clauses)
	case !l.safe: // where it fails, the right side says nothing
		return l.clauses
	default:
		return l.clauses.And(r.clauses)
	}
}

// asked is the clause that one test makes; nil where o is no name.
func asked(o operand, in []event.Value, low, high event.Value) engine.Clauses {
	if o.path == "" || o.value == nil || o.path[0] == '#' {
		return nil
	}
	return engine.Clauses{{{Path: o.path, Pick: o.value, In: in, Low: low, High: high}}}
}

// comparedClauses are those of a comparison of a name with a constant, in either order.
func comparedClauses(operator string, l, r operand) engine.Clauses {
	if r.constant == nil {
		l, r = r, l
		operator = mirrored(operator)
	}
	if r.constant == nil {
		return nil
	}
	c := *r.constant
	switch operator {
	case "==":
		return asked(l, []event.Value{c}, event.Value{}, event.Value{})
	case ">=":
		return asked(l, nil, c, event.Value{})
	case "<=":
		return asked(l, nil, event.Value{}, c)
	case ">":
		if low, ok := next(c, +1); ok {
			return asked(l, nil, low, event.Value{})
		}
	case "<":
		if high, ok := next(c, -1); ok {
			return asked(l, nil, event.Value{}, high)
		}
	}
	return nil
}

func mirrored(operator string) string {
	switch operator {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	default:
		return operator
	}
}

// next is the value right after v, or right before it: numbers have six digits, dates are days.
func next(v event.Value, step int) (event.Value, bool) {
	switch v.Kind {
	case event.Number:
		n := int64(v.Number())
		if step > 0 && n == math.MaxInt64 || step < 0 && n == math.MinInt64 {
			return v, false
		}
		return event.NumberValue(decimal.Decimal(n + int64(step))), true
	case event.Date:
		return event.DateValue(v.Date().AddDays(step)), true
	default:
		return v, false
	}
}

// memberOf are the clauses of `x in [constants]`.
func memberOf(l operand, values []event.Value) engine.Clauses {
	if len(values) == 0 {
		return nil
	}
	slices.SortFunc(values, func(a, b event.Value) int { return strings.Compare(a.Key(), b.Key()) })
	return asked(l, slices.CompactFunc(values, event.Value.Equal), event.Value{}, event.Value{})
}
