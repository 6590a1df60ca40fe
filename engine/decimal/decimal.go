package decimal

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"strconv"

	"github.com/laurel-engine/laurel/engine/integer"
)

// Decimal is an exact number in millionths: 1 is 1_000_000. Decimals compare with the operators of int64.
type Decimal int64

const (
	// One is the number 1.
	One Decimal = 1_000_000
	// Digits is how many fractional digits a Decimal keeps.
	Digits = 6
	// Max is 9223372036854.775807.
	Max Decimal = math.MaxInt64
	// Min is -9223372036854.775808.
	Min Decimal = math.MinInt64
)

var (
	// ErrSyntax says that the text is not a plain JSON number. An exponent, a leading zero or plus, and -0 are refused too.
	ErrSyntax = errors.New("not a decimal number")
	// ErrRange says that the number is larger than the type can hold.
	ErrRange = errors.New("number out of range")
	// ErrDigits says that the number has more significant fractional digits than the type can hold.
	ErrDigits = errors.New("too many fractional digits")
	// ErrOverflow says that the result of a calculation is larger than the type can hold.
	ErrOverflow = errors.New("number overflow")
	// ErrDivisionByZero says that the divisor of a division or a remainder is 0.
	ErrDivisionByZero = errors.New("division by zero")
)

// FromInt returns n as a Decimal, or false when n lies outside ±9223372036854.
func FromInt(n int64) (Decimal, bool) {
	d := Decimal(n) * One
	return d, d/One == Decimal(n)
}

// Add returns d + b, or false on overflow.
func (d Decimal) Add(b Decimal) (Decimal, bool) {
	sum := d + b
	return sum, (d^sum)&(b^sum) >= 0
}

// Sub returns d - b, or false on overflow.
func (d Decimal) Sub(b Decimal) (Decimal, bool) {
	difference := d - b
	return difference, (d^b)&(d^difference) >= 0
}

// Mul returns d × b rounded half-even to six digits, or false on overflow.
func (d Decimal) Mul(b Decimal) (Decimal, bool) {
	hi, lo := bits.Mul64(magnitude(d), magnitude(b))
	if hi >= uint64(One) {
		return 0, false
	}
	q, r := bits.Div64(hi, lo, uint64(One))
	if r > uint64(One)/2 || r == uint64(One)/2 && q&1 == 1 {
		q++
	}
	return signed((d < 0) != (b < 0), q)
}

// IsInt says whether d has no fraction.
func (d Decimal) IsInt() bool { return d%One == 0 }

// Fraction returns the number of significant fractional digits of d, 0 to 6: 1 for 12.50.
func (d Decimal) Fraction() int {
	digits, rest := Digits, d%One
	for digits > 0 && rest%10 == 0 {
		digits, rest = digits-1, rest/10
	}
	return digits
}

// Wide returns the same number for use in a calculation.
func (d Decimal) Wide() Wide {
	const fits = math.MaxInt64 / int64(One)
	if -fits <= int64(d) && int64(d) <= fits {
		return small(int64(d) * int64(One))
	}
	hi, lo := bits.Mul64(magnitude(d), uint64(One))
	return compose(d < 0, uint128{hi, lo})
}

// String returns the shortest text of d: "12.5", "-3".
func (d Decimal) String() string {
	var buffer [24]byte
	return string(d.Append(buffer[:0]))
}

// Append appends the text of String to dst.
func (d Decimal) Append(dst []byte) []byte {
	if d < 0 {
		dst = append(dst, '-')
	}
	m := magnitude(d)
	dst = strconv.AppendUint(dst, m/uint64(One), 10)
	return appendFraction(dst, m%uint64(One), Digits)
}

// MarshalJSON writes d as a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return d.Append(nil), nil }

// UnmarshalJSON reads a JSON number as ParseBytes does. A null is refused: an absent number has to be said by the type
// that holds it.
func (d *Decimal) UnmarshalJSON(text []byte) error {
	parsed, err := ParseBytes(text)
	if err == nil {
		*d = parsed
	}
	return err
}

// appendFraction appends "." and the fraction, a number of so many digits, without its trailing zeros.
func appendFraction(dst []byte, fraction uint64, digits int) []byte {
	if fraction == 0 {
		return dst
	}
	return bytes.TrimRight(appendPadded(append(dst, '.'), fraction, digits), "0")
}

// appendPadded appends n, at most 10^18 - 1, with leading zeros up to so many digits.
func appendPadded(dst []byte, n uint64, digits int) []byte {
	dst = append(dst, "000000000000000000"[:digits]...)
	for i := len(dst) - 1; n > 0; i-- {
		dst[i] += byte(n % 10)
		n /= 10
	}
	return dst
}

// magnitude returns |d|, which for Min does not fit in a Decimal.
func magnitude(d Decimal) uint64 {
	if d < 0 {
		return -integer.Bits(int64(d))
	}
	return integer.Bits(int64(d))
}

// signed gives a magnitude its sign, or false when no Decimal can hold it.
func signed(negative bool, m uint64) (Decimal, bool) {
	if negative {
		return Decimal(integer.Signed(-m)), m <= 1<<63
	}
	return Decimal(integer.Signed(m)), m < 1<<63
}
