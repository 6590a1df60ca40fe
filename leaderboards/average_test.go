package leaderboards_test

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Averages are ordered as their fractions are, and shown half-even.
func TestAveragesAreOrderedByTheirFractions(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	type average struct {
		sum   int64
		n     int
		value decimal.Decimal
		rest  int64
	}
	var list []average
	add := func(sum int64, n int) {
		a := average{sum: sum, n: n}
		a.value, a.rest = leaderboards.Average(decimal.Decimal(sum), n)
		list = append(list, a)
	}
	for _, n := range []int{1, 2, 3, 7, math.MaxInt32, math.MaxInt32 - 1, 1 << 30} {
		for _, sum := range []int64{0, 1, -1, 5, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1} {
			add(sum, n)
		}
	}
	for range 300 {
		n := 1 + r.IntN(9)
		if r.IntN(3) == 0 {
			n = 1 + r.IntN(math.MaxInt32)
		}
		sum := r.Int64N(100) - 50
		if r.IntN(3) == 0 {
			sum = int64(r.Uint64())
		}
		add(sum, n)
	}
	for _, a := range list {
		x := new(big.Rat).SetFrac64(a.sum, int64(a.n))
		away := new(big.Rat).Sub(x, new(big.Rat).SetInt64(int64(a.value)))
		half := away.Abs(away).Cmp(big.NewRat(1, 2))
		require.True(t, half < 0 || half == 0 && a.value&1 == 0, "%d/%d is shown as %d", a.sum, a.n, a.value)
		for _, b := range list {
			want := x.Cmp(new(big.Rat).SetFrac64(b.sum, int64(b.n)))
			require.Equal(t, want, cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.rest, b.rest)), "%d/%d and %d/%d", a.sum, a.n, b.sum, b.n)
		}
	}
}
