package integer_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/integer"
)

func TestTheSameBits(t *testing.T) {
	for _, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
		require.Equal(t, n, integer.Signed(integer.Bits(n)))
	}
	require.Equal(t, uint64(math.MaxUint64), integer.Bits(-1))
}

func TestWhatDoesNotFitPanics(t *testing.T) {
	require.Equal(t, int32(math.MinInt32), integer.Exact[int32](int64(math.MinInt32)))
	require.Equal(t, uint8(255), integer.Exact[uint8](255))
	require.Equal(t, int64(math.MaxInt64), integer.Exact[int64](uint64(math.MaxInt64)))
	require.PanicsWithValue(t, "integer: 256 does not fit into uint8", func() { integer.Exact[uint8](256) })
	require.Panics(t, func() { integer.Exact[int32](int64(math.MaxInt32) + 1) })
	require.Panics(t, func() { integer.Exact[uint64](-1) })
	require.Panics(t, func() { integer.Exact[int64](uint64(1 << 63)) })
}
