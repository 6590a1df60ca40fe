package decimal

import (
	"math/big"
	"math/bits"

	"github.com/laurel-engine/laurel/engine/integer"
)

// What a division leaves is kept as a fraction, so that x / n * n is x. Its parts are reduced, which makes every number one Wide.
// Fractions of ordinary size are computed with in place; what does not fit goes by math/big and keeps 24 digits at least where its
// size allows.

// den is the denominator: 1 for a number without one.
func (w Wide) den() uint64 { return max(w.Den, 1) }

// fraction gives the reduced fraction n / d its sign, or ErrOverflow beyond the limit. n is below 2^127.
func fraction(negative bool, n uint128, d uint64) (Wide, error) {
	if d == 1 {
		return bounded(negative, n)
	}
	w := compose(negative, n)
	w.Den = d
	return w, nil
}

// divFraction is w / b for b other than 0.
func divFraction(w, b Wide) (Wide, error) {
	negative := (w.Hi < 0) != (b.Hi < 0)
	n1, n2, d1, d2, unit := w.magnitude(), b.magnitude(), w.den(), b.den(), uint64(wideOne)
	cancelLong(&n2, &unit)
	if n2.hi != 0 {
		return divBig(w, b)
	}
	by := n2.lo
	cancelLong(&n1, &by)
	cancel(&d1, &d2)
	cancel(&d1, &unit)
	n, fits := n1.timesShort(d2)
	if fits {
		n, fits = n.timesShort(unit)
	}
	hi, d := bits.Mul64(by, d1)
	if !fits || hi != 0 {
		return divBig(w, b)
	}
	return fraction(negative, n, d)
}

// mulFraction is w × b where one of them is a fraction.
func mulFraction(w, b Wide) (Wide, error) {
	negative := (w.Hi < 0) != (b.Hi < 0)
	n1, n2, d1, d2, unit := w.magnitude(), b.magnitude(), w.den(), b.den(), uint64(wideOne)
	cancelLong(&n1, &d2)
	cancelLong(&n2, &d1)
	cancelLong(&n1, &unit)
	cancelLong(&n2, &unit)
	if n1.hi != 0 {
		n1, n2 = n2, n1
	}
	n, fits := n2.timesShort(n1.lo)
	hi, d := bits.Mul64(d1, d2)
	over, d := bits.Mul64(d, unit)
	if n1.hi != 0 || !fits || hi|over != 0 {
		return fromRat(new(big.Rat).Mul(w.Rat(), b.Rat()))
	}
	return fraction(negative, n, d)
}

// addFraction is w + b where one of them is a fraction.
func addFraction(w, b Wide) (Wide, error) {
	d1, d2 := w.den(), b.den()
	common := gcd(d1, d2)
	n1, fits := w.magnitude().timesShort(d2 / common)
	n2, fit := b.magnitude().timesShort(d1 / common)
	hi, d := bits.Mul64(d1/common, d2)
	if !fits || !fit || hi != 0 {
		return fromRat(new(big.Rat).Add(w.Rat(), b.Rat()))
	}
	x, y := compose(w.Hi < 0, n1), compose(b.Hi < 0, n2)
	lo, carry := bits.Add64(x.Lo, y.Lo, 0)
	sum := Wide{Hi: x.Hi + y.Hi + integer.Signed(carry), Lo: lo}
	if (x.Hi^sum.Hi)&(y.Hi^sum.Hi) < 0 {
		return fromRat(new(big.Rat).Add(w.Rat(), b.Rat()))
	}
	n := sum.magnitude()
	cancelLong(&n, &d)
	return fraction(sum.Hi < 0, n, d)
}

func divBig(w, b Wide) (Wide, error) { return fromRat(new(big.Rat).Quo(w.Rat(), b.Rat())) }

// remBig is the remainder of w / b where one of them is a fraction.
func remBig(w, b Wide) (Wide, error) {
	x, y := w.Rat(), b.Rat()
	q := new(big.Rat).Quo(x, y)
	whole := new(big.Int).Quo(q.Num(), q.Denom())
	return fromRat(x.Sub(x, y.Mul(y, new(big.Rat).SetInt(whole))))
}

// cmpFraction compares where one of them is a fraction.
func cmpFraction(w, b Wide) int {
	if w.Hi < 0 != (b.Hi < 0) {
		if w.Hi < 0 {
			return -1
		}
		return 1
	}
	x, y := w.magnitude().times(uint128{0, b.den()}), b.magnitude().times(uint128{0, w.den()})
	sign := 1
	if w.Hi < 0 {
		sign = -1
	}
	for i := 3; i >= 0; i-- {
		switch {
		case x[i] < y[i]:
			return -sign
		case x[i] > y[i]:
			return sign
		}
	}
	return 0
}

// Rat returns the same number.
func (w Wide) Rat() *big.Rat {
	m := w.magnitude()
	n := new(big.Int).Lsh(new(big.Int).SetUint64(m.hi), 64)
	n.Or(n, new(big.Int).SetUint64(m.lo))
	if w.Hi < 0 {
		n.Neg(n)
	}
	d := new(big.Int).SetUint64(wideOne)
	return new(big.Rat).SetFrac(n, d.Mul(d, new(big.Int).SetUint64(w.den())))
}

// fromRat returns r, rounded half-even to 24 digits, or to twelve, where it does not fit. Its error is ErrOverflow.
func fromRat(r *big.Rat) (Wide, error) {
	unit := new(big.Int).SetUint64(wideOne)
	units := new(big.Rat).Mul(r, new(big.Rat).SetInt(unit))
	if w, fits, err := fromUnits(units); fits {
		return w, err
	}
	more := new(big.Rat).Mul(units, new(big.Rat).SetInt(unit))
	if w, fits, err := fromUnits(new(big.Rat).SetFrac(halfEven(more), unit)); fits {
		return w, err
	}
	w, _, err := fromUnits(new(big.Rat).SetInt(halfEven(units)))
	return w, err
}

// fromUnits returns a number of units that fits.
func fromUnits(units *big.Rat) (w Wide, fits bool, err error) {
	n, d := new(big.Int).Abs(units.Num()), units.Denom()
	bound := new(big.Int).Lsh(new(big.Int).SetUint64(limit.hi), 64)
	bound.Or(bound, new(big.Int).SetUint64(limit.lo))
	if n.Cmp(bound.Mul(bound, d)) > 0 {
		return Wide{}, true, ErrOverflow
	}
	if !d.IsUint64() || n.BitLen() > 127 {
		return Wide{}, false, nil
	}
	m := uint128{new(big.Int).Rsh(n, 64).Uint64(), new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1)).Uint64()}
	w, err = fraction(units.Sign() < 0, m, d.Uint64())
	return w, true, err
}

func halfEven(r *big.Rat) *big.Int {
	q, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if half := rest.Lsh(rest, 1).CmpAbs(r.Denom()); half > 0 || half == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(r.Sign())))
	}
	return q
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// cancel divides both by what they have in common.
func cancel(a, b *uint64) {
	if g := gcd(*a, *b); g > 1 {
		*a, *b = *a/g, *b/g
	}
}

// cancelLong is cancel for a longer number.
func cancelLong(n *uint128, d *uint64) {
	if *d == 1 {
		return
	}
	_, r := bits.Div64(n.hi%*d, n.lo, *d)
	g := gcd(*d, r)
	if g == 1 {
		return
	}
	q, _ := divideShort([4]uint64{n.lo, n.hi}, g)
	*n, *d = uint128{q[1], q[0]}, *d/g
}

// timesShort returns a × b, or false when it has more than 127 bits.
func (a uint128) timesShort(b uint64) (product uint128, fits bool) {
	p := a.times(uint128{0, b})
	return uint128{p[1], p[0]}, p[2]|p[3] == 0 && p[1] < 1<<63
}
