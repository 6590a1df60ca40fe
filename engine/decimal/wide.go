package decimal

import (
	"math/bits"
	"strconv"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Wide is a signed 128-bit integer of units of 10^-12, in two's complement: Hi × 2^64 + Lo, divided by Den where a division has
// left a fraction. It exists while one expression is computed. Its magnitude is at most 10^26; a larger result is ErrOverflow.
// The zero Wide is 0. Fractions are reduced, so that equal numbers are equal Wides.
type Wide struct {
	Hi  int64
	Lo  uint64
	Den uint64 // 0 stands for 1
}

// WideDigits is how many fractional digits a Wide keeps.
const WideDigits = 12

const wideOne = 1_000_000_000_000

// maxUnits is a whole number, so that Floor, Ceil and Round stay inside the range, and symmetric, so that Neg and Abs do.
const maxUnits = 100_000_000_000_000_000_000_000_000 * wideOne

var limit = uint128{maxUnits >> 64, maxUnits & (1<<64 - 1)}

// Add returns w + b. Its error is ErrOverflow.
func (w Wide) Add(b Wide) (Wide, error) {
	if w.Den|b.Den != 0 {
		return addFraction(w, b)
	}
	lo, carry := bits.Add64(w.Lo, b.Lo, 0)
	hi := w.Hi + b.Hi + integer.Signed(carry)
	return checked(Wide{Hi: hi, Lo: lo}, (w.Hi^hi)&(b.Hi^hi) < 0)
}

// Sub returns w - b. Its error is ErrOverflow.
func (w Wide) Sub(b Wide) (Wide, error) {
	if w.Den|b.Den != 0 {
		b, err := b.Neg()
		if err != nil {
			return Wide{}, err
		}
		return addFraction(w, b)
	}
	lo, borrow := bits.Sub64(w.Lo, b.Lo, 0)
	hi := w.Hi - b.Hi - integer.Signed(borrow)
	return checked(Wide{Hi: hi, Lo: lo}, (w.Hi^b.Hi)&(w.Hi^hi) < 0)
}

// Mul returns w × b, which of two numbers without a fraction is rounded half-even to twelve digits. Its error is ErrOverflow.
func (w Wide) Mul(b Wide) (Wide, error) {
	if w.Den|b.Den != 0 {
		return mulFraction(w, b)
	}
	negative := (w.Hi < 0) != (b.Hi < 0)
	x, y := w.magnitude(), b.magnitude()
	if x.hi|y.hi == 0 {
		if hi, lo := bits.Mul64(x.lo, y.lo); hi < wideOne {
			q, r := bits.Div64(hi, lo, wideOne)
			if r > wideOne/2 || r == wideOne/2 && q&1 == 1 {
				return bounded(negative, uint128{0, q}.increment())
			}
			return bounded(negative, uint128{0, q})
		}
	}
	q, r := divideShort(x.times(y), wideOne)
	return quotient(negative, q, uint128{0, r}, uint128{0, wideOne})
}

// Div returns w / b. Its error is ErrDivisionByZero or ErrOverflow.
func (w Wide) Div(b Wide) (Wide, error) {
	x, d := w.magnitude(), b.magnitude()
	if (d == uint128{}) {
		return Wide{}, ErrDivisionByZero
	}
	if x.hi|d.hi|w.Den|b.Den == 0 {
		if hi, lo := bits.Mul64(x.lo, wideOne); hi < d.lo {
			if q, r := bits.Div64(hi, lo, d.lo); r == 0 {
				return bounded((w.Hi < 0) != (b.Hi < 0), uint128{0, q})
			}
		}
	}
	if d.hi != 0 && w.Den|b.Den == 0 {
		if q, r := divideLong(x.times(uint128{0, wideOne}), d); r == (uint128{}) {
			return bounded((w.Hi < 0) != (b.Hi < 0), q)
		}
	}
	return divFraction(w, b)
}

// Rem returns the exact remainder of w / b, which has the sign of w: -5.5 % 2 is -1.5. Its error is ErrDivisionByZero.
func (w Wide) Rem(b Wide) (Wide, error) {
	x, d := w.magnitude(), b.magnitude()
	if (d == uint128{}) {
		return Wide{}, ErrDivisionByZero
	}
	if w.Den|b.Den != 0 {
		return remBig(w, b)
	}
	if x.less(d) {
		return w, nil
	}
	if d.hi == 0 {
		_, r := bits.Div64(x.hi%d.lo, x.lo, d.lo)
		return compose(w.Hi < 0, uint128{0, r}), nil
	}
	_, r := divideLong([4]uint64{x.lo, x.hi}, d)
	return compose(w.Hi < 0, r), nil
}

// Neg returns -w. The error is nil for every Wide that this package returned.
func (w Wide) Neg() (Wide, error) {
	if w.Den != 0 { // whose numerator may be larger than the number
		n := compose(w.Hi >= 0, w.magnitude())
		n.Den = w.Den
		return n, nil
	}
	return bounded(w.Hi >= 0, w.magnitude())
}

// Abs returns |w|. The error is nil for every Wide that this package returned.
func (w Wide) Abs() (Wide, error) {
	if w.Hi >= 0 {
		return w, nil
	}
	return w.Neg()
}

// Cmp returns -1, 0 or 1 as w is less than, equal to or greater than b.
func (w Wide) Cmp(b Wide) int {
	switch {
	case w == b:
		return 0
	case w.Den|b.Den != 0:
		return cmpFraction(w, b)
	case w.Hi < b.Hi, w.Hi == b.Hi && w.Lo < b.Lo:
		return -1
	}
	return 1
}

// Sign returns -1, 0 or 1 as w is negative, zero or positive.
func (w Wide) Sign() int { return w.Cmp(Wide{}) }

// String returns the shortest text of w, with at most twelve fractional digits.
func (w Wide) String() string {
	if w.Den != 0 {
		w = compose(w.Hi < 0, w.magnitude().divideRounded(uint128{0, w.Den}, Nearest))
	}
	const group, groupDigits = 1_000_000_000_000_000_000, 18
	var buffer [48]byte
	dst := buffer[:0]
	if w.Hi < 0 {
		dst = append(dst, '-')
	}
	m := w.magnitude()
	whole, fraction := divideShort([4]uint64{m.lo, m.hi}, wideOne)
	high, low := bits.Div64(whole[1], whole[0], group)
	if high > 0 {
		dst = appendPadded(strconv.AppendUint(dst, high, 10), low, groupDigits)
	} else {
		dst = strconv.AppendUint(dst, low, 10)
	}
	return string(appendFraction(dst, fraction, WideDigits))
}

func small(n int64) Wide { return Wide{Hi: n >> 63, Lo: integer.Bits(n)} }

func (w Wide) magnitude() uint128 {
	if w.Hi >= 0 {
		return uint128{integer.Bits(w.Hi), w.Lo}
	}
	lo, borrow := bits.Sub64(0, w.Lo, 0)
	return uint128{-integer.Bits(w.Hi) - borrow, lo}
}

// compose gives a magnitude below 2^127 its sign.
func compose(negative bool, m uint128) Wide {
	if !negative {
		return Wide{Hi: integer.Signed(m.hi), Lo: m.lo}
	}
	lo, borrow := bits.Sub64(0, m.lo, 0)
	return Wide{Hi: integer.Signed(-m.hi - borrow), Lo: lo}
}

// bounded gives a magnitude its sign, or ErrOverflow beyond the limit.
func bounded(negative bool, m uint128) (Wide, error) {
	if limit.less(m) {
		return Wide{}, ErrOverflow
	}
	return compose(negative, m), nil
}

// checked lets a sum through that did not wrap and lies inside the limit.
func checked(w Wide, wrapped bool) (Wide, error) {
	if wrapped || limit.less(w.magnitude()) {
		return Wide{}, ErrOverflow
	}
	return w, nil
}

// quotient rounds q, with the remainder r of the divisor d, half-even and gives it its sign.
func quotient(negative bool, q [4]uint64, r, d uint128) (Wide, error) {
	m := uint128{q[1], q[0]}
	if q[2]|q[3] != 0 || limit.less(m) {
		return Wide{}, ErrOverflow
	}
	if roundsUp(m.lo&1 == 1, r, d, Nearest) {
		m = m.increment()
	}
	return bounded(negative, m)
}
