package decimal

import (
	"flag"
	"math/big"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// This file holds a second implementation of everything on math/big, written from the definitions, and compares.

var seed = flag.Uint64("seed", 0, "seed of the randomized tests; 0 takes a new one")

func random(t *testing.T) *rand.Rand {
	s := *seed
	if s == 0 {
		s = uint64(time.Now().UnixNano())
	}
	t.Logf("to repeat: -seed %d", s)
	return rand.New(rand.NewPCG(s, 0))
}

var (
	bigUnit    = big.NewInt(wideOne)
	wideBound  = new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil)
	int64Bound = new(big.Int).Lsh(big.NewInt(1), 63)
	grammar    = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

func (w Wide) big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(w.Hi), 64)
	return n.Add(n, new(big.Int).SetUint64(w.Lo))
}

func wideOf(n *big.Int) Wide {
	low := new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1))
	return Wide{Hi: new(big.Int).Rsh(n, 64).Int64(), Lo: low.Uint64()}
}

func ratOf(d Decimal) *big.Rat { return new(big.Rat).SetInt64(int64(d)) }

// parseByRat returns the number in units of 10^-digits, or the error that Parse has to give. The bound itself is included
// for a negative int64, and on both sides for a Wide.
func parseByRat(s string, digits int, bound *big.Int) (*big.Int, error) {
	if !grammar.MatchString(s) {
		return nil, ErrSyntax
	}
	r, _ := new(big.Rat).SetString(s)
	if r.Sign() == 0 && strings.HasPrefix(s, "-") {
		return nil, ErrSyntax
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	r.Mul(r, new(big.Rat).SetInt(scale))
	if !r.IsInt() {
		return nil, ErrDigits
	}
	n := r.Num()
	if n.CmpAbs(bound) > 0 || n.Cmp(bound) == 0 && bound == int64Bound {
		return nil, ErrRange
	}
	return n, nil
}

// divide returns n / d rounded by a rule stated on the exact quotient.
func divide(n, d *big.Int, mode Rounding) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	if r.Sign() == 0 || mode == Down {
		return q
	}
	away := big.NewInt(int64(n.Sign() * d.Sign()))
	half := new(big.Int).Lsh(r, 1).CmpAbs(d)
	if mode == Up || half > 0 || half == 0 && q.Bit(0) == 1 {
		q.Add(q, away)
	}
	return q
}

// adversarial returns a number of units whose size and digits lie where mistakes live: around powers of two and ten, at
// the limits of 64 and 128 bits, whole, halves, and every length in between.
func adversarial(r *rand.Rand) Wide {
	n := new(big.Int)
	switch r.IntN(6) {
	case 0:
		n.SetInt64(int64(r.Uint64() >> r.IntN(64)))
	case 1:
		n.Lsh(big.NewInt(1), uint(r.IntN(127)))
	case 2:
		n.Exp(big.NewInt(10), big.NewInt(r.Int64N(39)), nil)
	case 3:
		n.Lsh(new(big.Int).SetUint64(r.Uint64()), uint(r.IntN(63)))
		n.Add(n, new(big.Int).SetUint64(r.Uint64()))
	case 4:
		n.Mul(big.NewInt(r.Int64N(2_000_000)), big.NewInt(wideOne/2))
	case 5:
		n.Sub(wideBound, big.NewInt(r.Int64N(4)))
	}
	n.Add(n, big.NewInt(r.Int64N(5)-2))
	if n.CmpAbs(wideBound) > 0 {
		n.Rem(n, wideBound)
	}
	if r.IntN(2) == 0 {
		n.Neg(n)
	}
	return wideOf(n)
}

func requireWide(t *testing.T, want *big.Int, got Wide, err error, op string, a, b Wide) {
	if want.CmpAbs(wideBound) > 0 {
		require.ErrorIs(t, err, ErrOverflow, "%v %s %v", a, op, b)
		return
	}
	if err != nil || want.Cmp(got.big()) != 0 {
		require.Failf(t, "wrong result", "%v %s %v = %v, %v, want %v units", a, op, b, got, err, want)
	}
}

// kept is the number that is left of an exact one: itself where a fraction of units fits 127 bits over 64, else with 24 digits,
// else with twelve; nil beyond the limit.
func kept(x *big.Rat) *big.Rat {
	units := new(big.Rat).Mul(x, new(big.Rat).SetInt(bigUnit))
	if new(big.Int).Quo(units.Num(), units.Denom()).CmpAbs(wideBound) > 0 ||
		new(big.Int).Abs(units.Num()).Cmp(new(big.Int).Mul(wideBound, units.Denom())) > 0 {
		return nil
	}
	fits := func(u *big.Rat) bool { return u.Denom().BitLen() <= 64 && u.Num().BitLen() <= 127 }
	if fits(units) {
		return x
	}
	square := new(big.Int).Mul(bigUnit, bigUnit)
	long := new(big.Rat).Mul(x, new(big.Rat).SetInt(square))
	long.SetFrac(divide(long.Num(), long.Denom(), Nearest), square)
	if fits(new(big.Rat).Mul(long, new(big.Rat).SetInt(bigUnit))) {
		return long
	}
	return new(big.Rat).SetFrac(divide(units.Num(), units.Denom(), Nearest), bigUnit)
}

func requireKept(t *testing.T, exact *big.Rat, got Wide, err error, op string, a, b Wide) {
	want := kept(exact)
	if want == nil {
		require.ErrorIs(t, err, ErrOverflow, "%v %s %v", a, op, b)
		return
	}
	if err != nil || want.Cmp(got.Rat()) != 0 {
		require.Failf(t, "wrong result", "%v %s %v = %v, %v, want %v", a, op, b, got.Rat(), err, want)
	}
}

// calculateOn goes on with what a division has left.
func calculateOn(t *testing.T, f, a, b Wide) {
	x, y := f.Rat(), b.Rat()
	if f.Den == 0 {
		return
	}
	got, err := f.Mul(b)
	requireKept(t, new(big.Rat).Mul(x, y), got, err, "*", f, b)
	if x.Mul(x, y).Cmp(a.Rat()) == 0 {
		require.NoError(t, err)
		require.Equal(t, a, got, "a / b * b is a, and the same Wide")
	}
	x = f.Rat()
	got, err = f.Add(b)
	requireKept(t, new(big.Rat).Add(x, y), got, err, "+", f, b)
	got, err = b.Sub(f)
	requireKept(t, new(big.Rat).Sub(y, x), got, err, "-", b, f)
	if y.Sign() != 0 {
		got, err = f.Div(b)
		requireKept(t, new(big.Rat).Quo(x, y), got, err, "/", f, b)
		q := new(big.Rat).Quo(x, y)
		whole := new(big.Rat).SetInt(new(big.Int).Quo(q.Num(), q.Denom()))
		got, err = f.Rem(b)
		requireKept(t, new(big.Rat).Sub(x, whole.Mul(whole, y)), got, err, "%", f, b)
	}
	require.Equal(t, x.Cmp(y), f.Cmp(b))
	require.Equal(t, y.Cmp(x), b.Cmp(f))
	n, d := x.Num(), x.Denom()
	floor := new(big.Int).Div(n, d)
	require.Zero(t, f.Floor().Rat().Cmp(new(big.Rat).SetInt(floor)), "floor of %v", x)
	require.Zero(t, f.Round().Rat().Cmp(new(big.Rat).SetInt(divide(n, d, Nearest))), "round of %v", x)
	negative, err := f.Neg()
	require.NoError(t, err)
	require.Zero(t, negative.Rat().Cmp(new(big.Rat).Neg(x)))
	require.Zero(t, negative.Ceil().Rat().Cmp(new(big.Rat).SetInt(new(big.Int).Neg(floor))), "ceil of minus %v", x)
	six := divide(new(big.Int).Mul(n, big.NewInt(1_000_000)), d, Nearest)
	amount, err := f.Decimal()
	requireDecimal(t, six, amount, err, x)
}

func requireDecimal(t *testing.T, want *big.Int, got Decimal, err error, what ...any) {
	if !want.IsInt64() {
		require.ErrorIs(t, err, ErrOverflow, what...)
		return
	}
	if err != nil || want.Int64() != int64(got) {
		require.Failf(t, "wrong result", "%v = %v, %v, want %v millionths", what, got, err, want)
	}
}

func TestWideAgainstBig(t *testing.T) {
	r := random(t)
	for range 100_000 {
		a, b := adversarial(r), adversarial(r)
		x, y := a.big(), b.big()

		got, err := a.Add(b)
		requireWide(t, new(big.Int).Add(x, y), got, err, "+", a, b)
		got, err = a.Sub(b)
		requireWide(t, new(big.Int).Sub(x, y), got, err, "-", a, b)
		got, err = a.Mul(b)
		requireWide(t, divide(new(big.Int).Mul(x, y), bigUnit, Nearest), got, err, "*", a, b)
		require.Equal(t, x.Cmp(y), a.Cmp(b))
		if y.Sign() == 0 {
			_, err = a.Div(b)
			require.ErrorIs(t, err, ErrDivisionByZero)
			_, err = a.Rem(b)
			require.ErrorIs(t, err, ErrDivisionByZero)
			continue
		}
		got, err = a.Div(b)
		requireKept(t, new(big.Rat).SetFrac(x, y), got, err, "/", a, b)
		if err == nil {
			calculateOn(t, got, a, b)
		}
		got, err = a.Rem(b)
		requireWide(t, new(big.Int).Rem(x, y), got, err, "%", a, b)
	}
}

func TestWideRoundingAgainstBig(t *testing.T) {
	r := random(t)
	for range 50_000 {
		a := adversarial(r)
		x := a.big()
		require.Equal(t, x.Sign(), a.Sign())
		negated, err := a.Neg()
		requireWide(t, new(big.Int).Neg(x), negated, err, "neg", a, a)
		absolute, err := a.Abs()
		requireWide(t, new(big.Int).Abs(x), absolute, err, "abs", a, a)

		// Div rounds to minus infinity for a positive divisor, which is floor; ceil is its mirror image.
		floor := new(big.Int).Div(x, bigUnit)
		ceil := new(big.Int).Neg(new(big.Int).Div(new(big.Int).Neg(x), bigUnit))
		requireWide(t, floor.Mul(floor, bigUnit), a.Floor(), nil, "floor", a, a)
		requireWide(t, ceil.Mul(ceil, bigUnit), a.Ceil(), nil, "ceil", a, a)
		near := divide(x, bigUnit, Nearest)
		requireWide(t, near.Mul(near, bigUnit), a.Round(), nil, "round", a, a)

		digits, mode := r.IntN(Digits+1), Rounding(r.IntN(3))
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(Digits-digits)), nil)
		want := divide(divide(x, big.NewInt(1_000_000), Nearest), unit, mode)
		want.Mul(want, unit)
		got, err := a.RoundTo(digits, mode)
		requireDecimal(t, want, got, err, a, digits, mode)
		got, err = a.Decimal()
		requireDecimal(t, divide(x, big.NewInt(1_000_000), Nearest), got, err, a)

		again, err := ParseWide(a.String())
		require.NoError(t, err)
		require.Equal(t, a, again)
	}
}

func TestDecimalAgainstBig(t *testing.T) {
	r := random(t)
	number := func() Decimal {
		d := Decimal(r.Uint64() >> r.IntN(64))
		return [...]Decimal{d, -d, Max - d>>40, Min + d>>40, d / 500_000 * 500_000, One}[r.IntN(6)]
	}
	ok := func(valid bool) error {
		if valid {
			return nil
		}
		return ErrOverflow
	}
	for range 100_000 {
		a, b := number(), number()
		x, y := big.NewInt(int64(a)), big.NewInt(int64(b))
		got, valid := a.Add(b)
		requireDecimal(t, new(big.Int).Add(x, y), got, ok(valid), a, "+", b)
		got, valid = a.Sub(b)
		requireDecimal(t, new(big.Int).Sub(x, y), got, ok(valid), a, "-", b)
		got, valid = a.Mul(b)
		requireDecimal(t, divide(new(big.Int).Mul(x, y), big.NewInt(1_000_000), Nearest), got, ok(valid), a, "*", b)

		// What is stored comes back from a calculation as it went in, and no product of two is out of its reach.
		back, err := a.Wide().Decimal()
		require.NoError(t, err)
		require.Equal(t, a, back)
		_, err = a.Wide().Mul(b.Wide())
		require.NoError(t, err)
		again, err := Parse(a.String())
		require.NoError(t, err)
		require.Equal(t, a, again)
	}
}

func TestLiteralsAgainstRat(t *testing.T) {
	r := random(t)
	const alphabet = "00001234567899..-"
	for range 100_000 {
		var text strings.Builder
		for range 1 + r.IntN(34) {
			text.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		s := text.String()
		d, err := Parse(s)
		want, wantErr := parseByRat(s, Digits, int64Bound)
		require.ErrorIs(t, err, wantErr, s)
		if err == nil && want.Int64() != int64(d) {
			require.Failf(t, "wrong number", "%s is %v, want %v millionths", s, d, want)
		}
		w, err := ParseWide(s)
		want, wantErr = parseByRat(s, WideDigits, wideBound)
		require.ErrorIs(t, err, wantErr, s)
		if err == nil && want.Cmp(w.big()) != 0 {
			require.Failf(t, "wrong number", "%s is %v, want %v units", s, w, want)
		}
	}
}

func TestLongDivisionAgainstBig(t *testing.T) {
	r := random(t)
	limb := func() uint64 {
		x := r.Uint64()
		return [...]uint64{0, 1, 1 << 63, 1<<63 - 1, 1<<64 - 1, 1<<64 - 2, x, x >> r.IntN(64)}[r.IntN(8)]
	}
	number := func(limbs ...uint64) *big.Int {
		n := new(big.Int)
		for _, l := range limbs {
			n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(l))
		}
		return n
	}
	for range 200_000 {
		n := [4]uint64{limb(), limb(), limb()}
		d := uint128{max(limb(), 1), limb()}
		q, rest := divideLong(n, d)
		wantQ, wantRest := new(big.Int).QuoRem(number(n[2], n[1], n[0]), number(d.hi, d.lo), new(big.Int))
		if wantQ.Cmp(number(q.hi, q.lo)) != 0 || wantRest.Cmp(number(rest.hi, rest.lo)) != 0 {
			require.Failf(t, "wrong quotient", "%x / %x = %x rest %x", n, d, q, rest)
		}
	}
}
