package leaderboards

import (
	"cmp"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSequence grows and shrinks a sequence through many blocks beside a sorted slice.
func TestSequence(t *testing.T) {
	seed := rand.Uint64()
	if text := os.Getenv("LAUREL_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("LAUREL_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := sequence[int]{compare: cmp.Compare[int]}
	var want []int
	for phase := range 8 {
		for range 6000 {
			item := random.IntN(20_000)
			at, known := slices.BinarySearch(want, item)
			position, found := s.search(item)
			require.Equal(t, known, found)
			require.Equal(t, at, position)
			grow := random.IntN(10) < 8
			switch {
			case known && (phase%2 == 1 || !grow):
				position, found = s.remove(item)
				require.True(t, found)
				require.Equal(t, at, position)
				want = slices.Delete(want, at, at+1)
			case !known && phase%2 == 0:
				require.Equal(t, at, s.insert(item))
				want = slices.Insert(want, at, item)
			}
		}
		requireSame(t, want, &s)
	}
	for len(want) > 0 {
		item := want[random.IntN(len(want))]
		at, _ := slices.BinarySearch(want, item)
		want = slices.Delete(want, at, at+1)
		position, found := s.remove(item)
		require.True(t, found)
		require.Equal(t, at, position)
		requireFew(t, &s)
	}
	requireSame(t, want, &s)
	require.Empty(t, s.blocks)
	_, found := s.remove(1)
	require.False(t, found)
}

func requireSame(t *testing.T, want []int, s *sequence[int]) {
	t.Helper()
	require.Equal(t, len(want), s.size)
	require.Equal(t, want, slices.AppendSeq([]int{}, s.from(0)))
	require.Empty(t, slices.Collect(s.from(len(want))))
	for i, item := range want {
		require.Equal(t, item, s.at(i))
	}
	requireFew(t, s)
	for _, block := range s.blocks {
		require.NotEmpty(t, block)
		require.Less(t, len(block), blockSize)
	}
}

// requireFew checks that sparse blocks are joined.
func requireFew(t *testing.T, s *sequence[int]) {
	t.Helper()
	require.LessOrEqual(t, len(s.blocks), 2+s.size/(blockSize/16))
}
