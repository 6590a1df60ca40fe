package decimal

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func wide(t testing.TB, text string) Wide {
	w, err := ParseWide(text)
	require.NoError(t, err, text)
	return w
}

func TestWideText(t *testing.T) {
	for _, text := range []string{
		"0", "1", "-1", "0.000000000001", "-0.000000000001", "12.5", "1000000000000000000", "1000000000000000000.000000000001",
		"99999999999999999999999999.999999999999", "100000000000000000000000000", "-100000000000000000000000000",
		"18446744.073709551615", "18446744.073709551616", "1000000000000000001",
	} {
		require.Equal(t, text, wide(t, text).String())
	}
	for text, want := range map[string]error{
		"0.0000000000001": ErrDigits, "100000000000000000000000000.1": ErrRange, "1e3": ErrSyntax, "-0": ErrSyntax,
		"340282366920938463463374607.431768211456": ErrRange,
	} {
		_, err := ParseWide(text)
		require.ErrorIs(t, err, want, text)
	}
}

func TestWideOperations(t *testing.T) {
	for _, c := range []struct {
		a, op, b, want string
		err            error
	}{
		{"0.1", "+", "0.2", "0.3", nil},
		{"1", "/", "3", "0.333333333333", nil},
		{"2", "/", "3", "0.666666666667", nil},
		{"-2", "/", "3", "-0.666666666667", nil},
		{"0.000000000001", "/", "2", "0", nil}, // as it is written; half a unit is left
		{"0.000000000003", "/", "2", "0.000000000002", nil},
		{"0.000000000005", "*", "0.5", "0.000000000002", nil},
		{"0.000000000007", "*", "0.5", "0.000000000004", nil},
		{"5.5", "%", "2", "1.5", nil},
		{"-5.5", "%", "2", "-1.5", nil},
		{"5.5", "%", "-2", "1.5", nil},
		{"1", "%", "0.3", "0.1", nil},
		{"100000000000000000000000000", "+", "0.000000000001", "", ErrOverflow},
		{"-100000000000000000000000000", "-", "0.000000000001", "", ErrOverflow},
		{"100000000000000000000000000", "*", "1.000000000001", "", ErrOverflow},
		{"100000000000000", "*", "1000000000000", "100000000000000000000000000", nil},
		{"100000000000000000000000000", "/", "0.5", "", ErrOverflow},
		{"100000000000000000000000000", "/", "100000000000000000000000000", "1", nil},
		{"1", "/", "0", "", ErrDivisionByZero},
		{"0", "%", "0", "", ErrDivisionByZero},
	} {
		op := map[string]func(Wide, Wide) (Wide, error){"+": Wide.Add, "-": Wide.Sub, "*": Wide.Mul, "/": Wide.Div, "%": Wide.Rem}[c.op]
		got, err := op(wide(t, c.a), wide(t, c.b))
		require.ErrorIs(t, err, c.err, "%s %s %s", c.a, c.op, c.b)
		if c.err == nil {
			require.Equal(t, c.want, got.String(), "%s %s %s", c.a, c.op, c.b)
		}
	}
}

// What is divided and multiplied again is what it was, without an allocation.
func TestDivisionIsExact(t *testing.T) {
	for _, n := range []string{"3", "7", "1.2", "0.07", "365", "1.19", "999.99", "12345.678901"} {
		for _, x := range []string{"1", "10", "0.01", "19.99", "1000000", "-5.5"} {
			q, err := wide(t, x).Div(wide(t, n))
			require.NoError(t, err)
			back, err := q.Mul(wide(t, n))
			require.NoError(t, err)
			require.Equal(t, wide(t, x), back, "%s / %s * %s", x, n, n)
		}
	}
	gross, vat, three := wide(t, "10"), wide(t, "1.2"), wide(t, "3")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		net, _ := gross.Div(vat)
		points, _ := net.Mul(three)
		sum, _ := points.Add(net)
		rest, _ := sum.Sub(net)
		if d, _ := rest.RoundTo(0, Down); d != 25*One || net.Cmp(points) >= 0 {
			panic("10 / 1.2 * 3 is 25")
		}
	}))
}

func TestWholeNumbers(t *testing.T) {
	for text, want := range map[string][3]string{ // floor, ceil, round
		"2.5":  {"2", "3", "2"},
		"3.5":  {"3", "4", "4"},
		"-2.5": {"-3", "-2", "-2"},
		"-3.5": {"-4", "-3", "-4"},
		"-0.1": {"-1", "0", "0"},
		"7":    {"7", "7", "7"},
		"99999999999999999999999999.999999999999": {"99999999999999999999999999", "100000000000000000000000000", "100000000000000000000000000"},
	} {
		w := wide(t, text)
		require.Equal(t, want, [3]string{w.Floor().String(), w.Ceil().String(), w.Round().String()}, text)
	}
}

func TestRoundTo(t *testing.T) {
	for _, c := range []struct {
		text   string
		digits int
		want   [3]string // down, nearest, up
	}{
		{"2.5", 0, [3]string{"2", "2", "3"}},
		{"-2.5", 0, [3]string{"-2", "-2", "-3"}},
		{"1.005", 2, [3]string{"1", "1", "1.01"}},
		{"1.015", 2, [3]string{"1.01", "1.02", "1.02"}},
		{"1.000000000001", 6, [3]string{"1", "1", "1"}},
		{"-0.0000005", 6, [3]string{"0", "0", "0"}},
		{"2.0000004", 0, [3]string{"2", "2", "2"}},
		{"2.9999996", 0, [3]string{"3", "3", "3"}},
		{"12", 0, [3]string{"12", "12", "12"}},
	} {
		for mode, word := range map[Rounding]string{Down: "down", Nearest: "nearest", Up: "up"} {
			require.Equal(t, word, mode.String())
			got, err := wide(t, c.text).RoundTo(c.digits, mode)
			require.NoError(t, err)
			require.Equal(t, c.want[mode], got.String(), "%s to %d digits, %s", c.text, c.digits, mode)
		}
	}
	_, err := wide(t, "9223372036854.7758079").RoundTo(Digits, Down)
	require.ErrorIs(t, err, ErrOverflow)
	d, err := wide(t, "9223372036854.7758074").RoundTo(Digits, Up)
	require.NoError(t, err)
	require.Equal(t, Max, d)
	require.Panics(t, func() { _, _ = Wide{}.RoundTo(7, Down) })
}

// A Wide written by hand can lie outside the range; its sign cannot be changed unnoticed.
func TestNegAndAbsOutsideTheRange(t *testing.T) {
	outside := Wide{Hi: math.MinInt64}
	_, err := outside.Neg()
	require.ErrorIs(t, err, ErrOverflow)
	_, err = outside.Abs()
	require.ErrorIs(t, err, ErrOverflow)
}

func BenchmarkParseBytes(b *testing.B) {
	text := []byte("1234.56")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseBytes(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	d, dst := MustParse("1234.56"), make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		dst = d.Append(dst[:0])
	}
}

func BenchmarkDecimalMul(b *testing.B) {
	x, y := MustParse("42.5"), MustParse("1.15")
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := x.Mul(y); !ok {
			b.Fatal("overflow")
		}
	}
}

// BenchmarkFloorOfProduct is `floor(event.amount * 2)`, the expression that the design's figures are about.
func BenchmarkFloorOfProduct(b *testing.B) {
	x, y := MustParse("42.5"), MustParse("2").Wide()
	b.ReportAllocs()
	for b.Loop() {
		product, err := x.Wide().Mul(y)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := product.RoundTo(0, Down); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWide(b *testing.B) {
	small, huge := wide(b, "19.99"), wide(b, "12345678901234567890.5")
	for _, c := range []struct {
		name string
		op   func(Wide, Wide) (Wide, error)
		x, y Wide
	}{
		{"add", Wide.Add, small, small},
		{"mul", Wide.Mul, small, small},
		{"div", Wide.Div, small, small},
		{"div_128_bits", Wide.Div, huge, huge},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.op(c.x, c.y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
