package lint

import (
	"math/big"
	"slices"
	"strings"
)

// domain is the set of values that a part of an expression can have; where that is not known exactly it is too large, never
// too small. Numbers lie in an interval, texts may be listed. True and false are texts here, dates are numbers of days.
type domain struct {
	low, high         *big.Rat // nil: no bound
	lowOpen, highOpen bool     // the bound itself is not in it
	whole             bool     // whole numbers only
	texts             []string // nil: any text
	lower             bool     // texts without capitals
	except            []string // texts, and numbers as big.Rat writes them
}

var truths = domain{texts: []string{"true", "false"}}

func number(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func between(low, high *big.Rat) domain {
	return domain{low: low, high: high, whole: true}
}

func point(n *big.Rat) domain { return domain{low: n, high: n} }

func text(s ...string) domain { return domain{texts: s} }

func truth(v bool) domain {
	if v {
		return text("true")
	}
	return text("false")
}

// isPoint reports whether only one number is in d.
func (d domain) isPoint() bool { return d.low != nil && d.high != nil && d.low.Cmp(d.high) == 0 }

// and is what is in both.
func (d domain) and(e domain) domain {
	if e.low != nil && (d.low == nil || e.low.Cmp(d.low) > 0 || e.low.Cmp(d.low) == 0 && e.lowOpen) {
		d.low, d.lowOpen = e.low, e.lowOpen
	}
	if e.high != nil && (d.high == nil || e.high.Cmp(d.high) < 0 || e.high.Cmp(d.high) == 0 && e.highOpen) {
		d.high, d.highOpen = e.high, e.highOpen
	}
	d.whole, d.lower = d.whole || e.whole, d.lower || e.lower
	switch {
	case d.texts == nil:
		d.texts = e.texts
	case e.texts != nil:
		d.texts = slices.DeleteFunc(slices.Clone(d.texts), func(s string) bool { return !slices.Contains(e.texts, s) })
	}
	d.except = append(slices.Clip(d.except), e.except...)
	return d
}

// or is the smallest domain that has both.
func (d domain) or(e domain) domain {
	out := domain{whole: d.whole && e.whole}
	if d.low != nil && e.low != nil {
		out.low, out.lowOpen = d.low, d.lowOpen
		if c := e.low.Cmp(d.low); c < 0 || c == 0 && !e.lowOpen {
			out.low, out.lowOpen = e.low, e.lowOpen
		}
	}
	if d.high != nil && e.high != nil {
		out.high, out.highOpen = d.high, d.highOpen
		if c := e.high.Cmp(d.high); c > 0 || c == 0 && !e.highOpen {
			out.high, out.highOpen = e.high, e.highOpen
		}
	}
	if d.texts != nil && e.texts != nil {
		out.texts = append(slices.Clip(d.texts), e.texts...)
	}
	return out
}

// maxEnumerated bounds how many whole numbers are tried one by one.
const maxEnumerated = 64

// empty reports whether nothing is in d.
func (d domain) empty() bool {
	if d.texts != nil {
		return !slices.ContainsFunc(d.texts, func(s string) bool {
			return !slices.Contains(d.except, s) && (!d.lower || s == strings.ToLower(s))
		})
	}
	if d.low == nil || d.high == nil {
		return false
	}
	if d.whole {
		return d.withoutWhole()
	}
	switch c := d.low.Cmp(d.high); {
	case c > 0:
		return true
	case c == 0:
		return d.lowOpen || d.highOpen || slices.Contains(d.except, d.low.RatString())
	default:
		return false
	}
}

// withoutWhole reports whether no whole number lies between the bounds.
func (d domain) withoutWhole() bool {
	n := ceil(d.low)
	if d.lowOpen && n.Cmp(d.low) == 0 {
		n.Add(n, number(1))
	}
	for range maxEnumerated {
		if c := n.Cmp(d.high); c > 0 || c == 0 && d.highOpen {
			return true
		}
		if !slices.Contains(d.except, n.RatString()) {
			return false
		}
		n = new(big.Rat).Add(n, number(1))
	}
	return false
}

// String describes d: "0 to 23", "monday or tuesday", "1 or more"; "" where there is nothing to say.
func (d domain) String() string {
	d = d.closed()
	switch {
	case d.texts != nil:
		return strings.Join(d.texts, " or ")
	case d.isPoint():
		return shown(d.low)
	case d.low != nil && d.high != nil:
		return shown(d.low) + " to " + shown(d.high)
	case d.low != nil:
		return shown(d.low) + " or more"
	case d.high != nil:
		return shown(d.high) + " or less"
	case d.whole:
		return "a whole number"
	default:
		return ""
	}
}

// closed is d with bounds that are in it, as far as that can be said: whole numbers above 3 are 4 or more.
func (d domain) closed() domain {
	if d.whole && d.lowOpen && d.low != nil {
		d.low = new(big.Rat).Add(floor(d.low), number(1))
	}
	if d.whole && d.highOpen && d.high != nil {
		d.high = new(big.Rat).Sub(ceil(d.high), number(1))
	}
	return d
}

// shown is a number as people write it, cut at six digits.
func shown(n *big.Rat) string {
	if n.IsInt() {
		return n.RatString()
	}
	return strings.TrimRight(n.FloatString(6), "0")
}

func floor(n *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Div(n.Num(), n.Denom())) // Euclidean: rounds down, the denominator is positive
}

func ceil(n *big.Rat) *big.Rat {
	f := floor(new(big.Rat).Neg(n))
	return f.Neg(f)
}

func (d domain) plus(e domain) domain {
	return domain{low: sum(d.low, e.low), high: sum(d.high, e.high), lowOpen: d.lowOpen || e.lowOpen, highOpen: d.highOpen || e.highOpen,
		whole: d.whole && e.whole}
}

func sum(a, b *big.Rat) *big.Rat {
	if a == nil || b == nil {
		return nil
	}
	return new(big.Rat).Add(a, b)
}

func (d domain) negated() domain {
	return domain{low: opposite(d.high), high: opposite(d.low), lowOpen: d.highOpen, highOpen: d.lowOpen, whole: d.whole}
}

func opposite(a *big.Rat) *big.Rat {
	if a == nil {
		return nil
	}
	return new(big.Rat).Neg(a)
}

// times is the product, known where one side is a constant or both are not negative.
func (d domain) times(e domain) domain {
	if !e.isPoint() {
		d, e = e, d
	}
	whole := d.whole && e.whole
	switch {
	case e.isPoint() && e.low.Sign() < 0:
		out := d.negated().times(point(new(big.Rat).Neg(e.low)))
		out.whole = whole
		return out
	case e.isPoint():
		return domain{low: product(d.low, e.low), high: product(d.high, e.low), lowOpen: d.lowOpen, highOpen: d.highOpen, whole: whole}
	case d.low != nil && e.low != nil && d.low.Sign() >= 0 && e.low.Sign() >= 0:
		return domain{low: product(d.low, e.low), high: product(d.high, e.high), whole: whole}
	default:
		return domain{whole: whole}
	}
}

func product(a, b *big.Rat) *big.Rat {
	if a == nil || b == nil {
		return nil
	}
	return new(big.Rat).Mul(a, b)
}
