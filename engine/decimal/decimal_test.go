package decimal

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseAndString(t *testing.T) {
	for text, want := range map[string]Decimal{
		"0":                     0,
		"1":                     One,
		"-3":                    -3 * One,
		"12.5":                  12_500_000,
		"0.000001":              1,
		"-0.000001":             -1,
		"9223372036854.775807":  Max,
		"-9223372036854.775808": Min,
		"9007199254.740993":     9_007_199_254_740_993,
		"1000000.1":             1_000_000_100_000,
		"-9223372036854.7758":   -9_223_372_036_854_775_800,
	} {
		got, err := Parse(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.Equal(t, text, got.String())
		require.Equal(t, "x"+text, string(got.Append([]byte("x"))))
		fromBytes, err := ParseBytes([]byte(text))
		require.NoError(t, err)
		require.Equal(t, got, fromBytes)
	}
}

func TestParseDropsOnlyZeros(t *testing.T) {
	for text, want := range map[string]string{
		"10.00":             "10",
		"0.0":               "0",
		"1.1000000000000":   "1.1",
		"12.3456780":        "12.345678",
		"0.000000000000000": "0",
	} {
		require.Equal(t, want, MustParse(text).String(), text)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrSyntax, "-": ErrSyntax, "+1": ErrSyntax, ".5": ErrSyntax, "5.": ErrSyntax, "-.5": ErrSyntax,
		"00": ErrSyntax, "01": ErrSyntax, "-01": ErrSyntax, "007.5": ErrSyntax,
		"-0": ErrSyntax, "-0.0": ErrSyntax, "-0.00000000": ErrSyntax,
		"1e2": ErrSyntax, "1E2": ErrSyntax, "1.5e1": ErrSyntax, "NaN": ErrSyntax, "Infinity": ErrSyntax,
		" 1": ErrSyntax, "1 ": ErrSyntax, "1_000": ErrSyntax, "1,5": ErrSyntax, "0x10": ErrSyntax, "1.2.3": ErrSyntax,
		"--1": ErrSyntax, "null": ErrSyntax, `"1"`: ErrSyntax, "٣": ErrSyntax,
		"0.0000001": ErrDigits, "-0.0000001": ErrDigits, "1.0000000000001": ErrDigits,
		"9223372036854.775808": ErrRange, "-9223372036854.775809": ErrRange, "9223372036855": ErrRange,
		"18446744073709.551616": ErrRange, "100000000000000000000000000000000000000000000": ErrRange,
		// Of several faults the syntax is named first, then the digits.
		"100000000000000000000000000000000000000000000x": ErrSyntax,
		"9223372036855.0000001":                          ErrDigits,
	} {
		_, err := Parse(text)
		require.ErrorIs(t, err, want, text)
	}
	require.PanicsWithValue(t, "decimal: not a decimal number: 1e2", func() { MustParse("1e2") })
}

func TestFromInt(t *testing.T) {
	for n, ok := range map[int64]bool{
		0: true, -7: true, 9223372036854: true, -9223372036854: true,
		9223372036855: false, -9223372036855: false, math.MaxInt64: false, math.MinInt64: false,
	} {
		d, got := FromInt(n)
		require.Equal(t, ok, got, n)
		if ok {
			require.Equal(t, Decimal(n)*One, d)
		}
	}
}

func TestArithmeticStopsAtTheRange(t *testing.T) {
	for _, c := range []struct {
		name string
		op   func(Decimal, Decimal) (Decimal, bool)
		a, b Decimal
		want Decimal
		ok   bool
	}{
		{"add", Decimal.Add, MustParse("0.1"), MustParse("0.2"), MustParse("0.3"), true},
		{"add to the end", Decimal.Add, Max - 1, 1, Max, true},
		{"add beyond", Decimal.Add, Max, 1, 0, false},
		{"add below", Decimal.Add, Min, -1, 0, false},
		{"sub", Decimal.Sub, 0, Max, -Max, true},
		{"sub beyond", Decimal.Sub, 0, Min, 0, false},
		{"sub to the end", Decimal.Sub, -1, Max, Min, true},
		{"mul", Decimal.Mul, MustParse("1.15"), MustParse("100"), MustParse("115"), true},
		{"mul to the end", Decimal.Mul, Min, One, Min, true},
		{"mul beyond", Decimal.Mul, Min, -One, 0, false},
		{"mul far beyond", Decimal.Mul, Max, Max, 0, false},
		{"half to even, down", Decimal.Mul, 1, MustParse("2.5"), 2, true},
		{"half to even, up", Decimal.Mul, 1, MustParse("3.5"), 4, true},
		{"half to even, negative", Decimal.Mul, -1, MustParse("2.5"), -2, true},
		{"above half", Decimal.Mul, 1, MustParse("2.500001"), 3, true},
	} {
		got, ok := c.op(c.a, c.b)
		require.Equal(t, c.ok, ok, c.name)
		if ok {
			require.Equal(t, c.want, got, c.name)
		}
	}
}

func TestFraction(t *testing.T) {
	for text, digits := range map[string]int{
		"0": 0, "120": 0, "12.50": 1, "-0.25": 2, "1.234": 3, "0.000001": 6, "9223372036854.775807": 6, "-1.1": 1,
	} {
		d := MustParse(text)
		require.Equal(t, digits, d.Fraction(), text)
		require.Equal(t, digits == 0, d.IsInt(), text)
	}
}

func TestJSON(t *testing.T) {
	type order struct {
		Amount Decimal  `json:"amount"`
		Tip    *Decimal `json:"tip,omitempty"`
	}
	var o order
	require.NoError(t, json.Unmarshal([]byte(`{"amount": 9007199254740.993, "tip": null}`), &o))
	require.Equal(t, "9007199254740.993", o.Amount.String())
	require.Nil(t, o.Tip)
	text, err := json.Marshal(o)
	require.NoError(t, err)
	require.Equal(t, `{"amount":9007199254740.993}`, string(text))

	for body, want := range map[string]error{
		`{"amount": "1"}`: ErrSyntax, `{"amount": 1e2}`: ErrSyntax, `{"amount": -0}`: ErrSyntax, `{"amount": null}`: ErrSyntax,
		`{"amount": 0.1234567}`: ErrDigits, `{"amount": 99999999999999}`: ErrRange,
	} {
		kept := order{Amount: One}
		require.ErrorIs(t, json.Unmarshal([]byte(body), &kept), want, body)
		require.Equal(t, One, kept.Amount, "a refused number changes nothing")
	}
}

// TestWorkedAmounts holds the rounding facts of the worked cases: one rounding, at the end, of exact products.
func TestWorkedAmounts(t *testing.T) {
	for _, c := range []struct {
		factors []string
		mode    Rounding
		want    string
	}{
		{[]string{"19.99", "1"}, Down, "19"},
		{[]string{"0.29", "100"}, Down, "29"},
		{[]string{"100", "1.15"}, Down, "115"},
		{[]string{"33.33", "2", "1.5"}, Down, "99"},
		{[]string{"7.77", "1.5", "1.5"}, Down, "17"},
		{[]string{"1.250", "10"}, Down, "12"},
		{[]string{"2.50", "1"}, Nearest, "2"},
		{[]string{"3.50", "1"}, Nearest, "4"},
	} {
		product := One.Wide()
		for _, factor := range c.factors {
			var err error
			product, err = product.Mul(MustParse(factor).Wide())
			require.NoError(t, err)
		}
		points, err := product.RoundTo(0, c.mode)
		require.NoError(t, err)
		require.Equal(t, c.want, points.String(), c.factors)
	}
}

func TestEveryPriceTimesHundredIsItsCents(t *testing.T) {
	for cents := range Decimal(100_000) {
		d, ok := (cents * One / 100).Mul(100 * One)
		require.True(t, ok)
		if d != cents*One {
			require.Equal(t, cents*One, d)
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	text := []byte("1234567.125")
	buffer := make([]byte, 0, 64)
	a, b := MustParse("19.99"), MustParse("1.15")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		d, _ := ParseBytes(text)
		buffer = d.Append(buffer[:0])
		product, _ := a.Wide().Mul(b.Wide())
		share, _ := product.Div(MustParse("3").Wide())
		sum, _ := share.Add(product)
		a, _ = sum.Floor().Decimal()
		huge, _ := Max.Wide().Mul(Max.Wide())
		_, _ = huge.Div(huge)
	}))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0", "-0", "12.5", "1e2", "007", "0.0000001", "9223372036854.775807", "-9223372036854.775809", "1.50000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		wantDecimal, wantErr := parseByRat(s, Digits, int64Bound)
		require.ErrorIs(t, err, wantErr)
		if err == nil {
			require.Equal(t, wantDecimal.String(), ratOf(d).Num().String())
			again, err := Parse(d.String())
			require.NoError(t, err)
			require.Equal(t, d, again)
		}
		w, err := ParseWide(s)
		wantWide, wantErr := parseByRat(s, WideDigits, wideBound)
		require.ErrorIs(t, err, wantErr)
		if err == nil {
			require.Equal(t, wantWide.String(), w.big().String())
			again, err := ParseWide(w.String())
			require.NoError(t, err)
			require.Equal(t, w, again)
		}
	})
}
