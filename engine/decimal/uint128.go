package decimal

import (
	"math"
	"math/bits"
)

// uint128 is the magnitude of a Wide.
type uint128 struct{ hi, lo uint64 }

func (a uint128) less(b uint128) bool {
	return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo
}

// push appends a decimal digit to a, or returns false when the result does not fit; a is then of no use.
func (a *uint128) push(digit byte) bool {
	d := uint64(digit - '0')
	if a.hi == 0 && a.lo <= (math.MaxUint64-9)/10 {
		a.lo = a.lo*10 + d
		return true
	}
	overflow, hi := bits.Mul64(a.hi, 10)
	carry, lo := bits.Mul64(a.lo, 10)
	var c uint64
	a.lo, c = bits.Add64(lo, d, 0)
	a.hi, c = bits.Add64(hi, carry, c)
	return overflow == 0 && c == 0
}

// times returns a × b.
func (a uint128) times(b uint128) (product [4]uint64) {
	var c uint64
	h00, l00 := bits.Mul64(a.lo, b.lo)
	h01, l01 := bits.Mul64(a.lo, b.hi)
	h10, l10 := bits.Mul64(a.hi, b.lo)
	h11, l11 := bits.Mul64(a.hi, b.hi)
	product[0] = l00
	product[1], c = bits.Add64(h00, l01, 0)
	product[2], c = bits.Add64(l11, h01, c)
	product[3] = h11 + c
	product[1], c = bits.Add64(product[1], l10, 0)
	product[2], c = bits.Add64(product[2], h10, c)
	product[3] += c
	return product
}

// divideShort returns n / d and its remainder by long division, one limb at a time.
func divideShort(n [4]uint64, d uint64) (q [4]uint64, r uint64) {
	for i := 3; i >= 0; i-- {
		q[i], r = bits.Div64(r, n[i], d)
	}
	return q, r
}

// divideLong returns n / d and its remainder for d of two limbs and n[3] = 0 (Knuth's algorithm D). The quotient has two
// limbs, as d is at least 2^64.
func divideLong(n [4]uint64, d uint128) (q, r uint128) {
	s := uint(bits.LeadingZeros64(d.hi))
	d = uint128{d.hi<<s | d.lo>>(64-s), d.lo << s}
	n3 := n[2] >> (64 - s)
	n2 := n[2]<<s | n[1]>>(64-s)
	n1 := n[1]<<s | n[0]>>(64-s)
	n0 := n[0] << s
	q.hi, r = divideStep(uint128{n3, n2}, n1, d)
	q.lo, r = divideStep(r, n0, d)
	return q, uint128{r.hi >> s, r.lo>>s | r.hi<<(64-s)}
}

// divideStep divides the three limbs n, next by d, whose top bit is set, for n < d: one limb of a quotient.
func divideStep(n uint128, next uint64, d uint128) (q uint64, r uint128) {
	var top, carry uint64
	if n.hi == d.hi {
		q = math.MaxUint64
		top, carry = bits.Add64(n.lo, d.hi, 0)
	} else {
		q, top = bits.Div64(n.hi, n.lo, d.hi)
	}
	hi, lo := bits.Mul64(q, d.lo)
	for carry == 0 && (uint128{top, next}).less(uint128{hi, lo}) {
		q--
		top, carry = bits.Add64(top, d.hi, 0)
		hi, lo = bits.Mul64(q, d.lo)
	}
	var borrow uint64
	r.lo, borrow = bits.Sub64(next, lo, 0)
	r.hi, _ = bits.Sub64(top, hi, borrow)
	return q, r
}

// roundsUp says whether a quotient with the remainder r of the divisor d is rounded away from zero.
func roundsUp(odd bool, r, d uint128, mode Rounding) bool {
	switch mode {
	case Down:
		return false
	case Up:
		return r != uint128{}
	}
	lo, borrow := bits.Sub64(d.lo, r.lo, 0)
	hi, _ := bits.Sub64(d.hi, r.hi, borrow)
	rest := uint128{hi, lo}
	return rest.less(r) || rest == r && odd
}

// increment returns a + 1; a is always far from its end here.
func (a uint128) increment() uint128 {
	lo, carry := bits.Add64(a.lo, 1, 0)
	return uint128{a.hi + carry, lo}
}
