package challenges_test

import (
	"fmt"
	"math/rand"
	"slices"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

func points(n int64) decimal.Decimal {
	d, _ := decimal.FromInt(n)
	return d
}

func contribution(at int64, value int64, keys ...string) challenges.Contribution {
	return challenges.Contribution{At: calendar.Instant(at), ID: fmt.Sprint("e", at), Value: points(value), Keys: keys}
}

// folded is the tally of contributions in the order given.
func folded(t *testing.T, fold challenges.Fold, list ...challenges.Contribution) challenges.Tally {
	t.Helper()
	var tally challenges.Tally
	for _, c := range list {
		require.NoError(t, tally.Add(fold, c))
	}
	return tally
}

func TestWhatEachFoldMakesOfItsContributions(t *testing.T) {
	list := []challenges.Contribution{contribution(1, 5), contribution(2, 9), contribution(3, 2), contribution(4, 9), contribution(5, 2)}
	tests := []struct {
		name    string
		fold    challenges.Fold
		value   int64
		reached calendar.Instant
	}{
		{"add sums, and reached its value with the last one", challenges.Add, 27, 5},
		{"highest reached its value when it first had it", challenges.Highest, 9, 2},
		{"lowest reached its value when it first had it", challenges.Lowest, 2, 3},
		{"latest is the last by time", challenges.Latest, 2, 5},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tally := folded(t, test.fold, list...)
			require.Equal(t, points(test.value), tally.Value)
			require.Equal(t, test.reached, tally.At)
			require.Equal(t, 5, tally.Count)
		})
	}
}

func TestDistinctCountsEachValueOnce(t *testing.T) {
	tally := folded(t, challenges.Distinct, contribution(1, 0, "latte", "mocha"), contribution(2, 0, "latte"), contribution(3, 0, "tea"))
	require.Equal(t, points(3), tally.Value)
	require.Equal(t, calendar.Instant(3), tally.At)
	again := folded(t, challenges.Distinct, contribution(1, 0, "latte"), contribution(9, 0, "latte"))
	require.Equal(t, calendar.Instant(1), again.At, "a value that is known already adds nothing to reach")
}

func TestADistinctCounterIsFullAfterAThousandValues(t *testing.T) {
	var tally challenges.Tally
	for i := range challenges.MaxDistinct {
		require.NoError(t, tally.Add(challenges.Distinct, contribution(int64(i), 0, fmt.Sprintf("sku%04d", i))))
	}
	require.False(t, tally.Full)
	require.NoError(t, tally.Add(challenges.Distinct, contribution(5000, 0, "one more")))
	require.True(t, tally.Full)
	require.Equal(t, points(challenges.MaxDistinct), tally.Value)
	require.NoError(t, tally.Add(challenges.Distinct, contribution(5001, 0, "sku0000")), "known values go on counting")
	require.Equal(t, points(challenges.MaxDistinct), tally.Value)
}

func TestASumThatOverflowsChangesNothing(t *testing.T) {
	full := challenges.Contribution{At: 1, ID: "e1", Value: decimal.Decimal(1<<63 - 1)}
	tally := folded(t, challenges.Add, full)
	before := tally
	require.ErrorIs(t, tally.Add(challenges.Add, contribution(2, 1)), decimal.ErrOverflow)
	require.Equal(t, before, tally)

	var capped challenges.Tally
	require.NoError(t, capped.AddAtMost(challenges.Add, contribution(5, 1), 0, 1))
	require.NoError(t, capped.AddAtMost(challenges.Add, challenges.Contribution{At: 5, ID: "f", Value: full.Value - points(1)}, 1, 1))
	before = capped
	before.Kept = slices.Clone(capped.Kept)
	require.ErrorIs(t, capped.AddAtMost(challenges.Add, contribution(4, 2), 0, 1), decimal.ErrOverflow)
	require.Equal(t, before, capped, "not even the kept contributions")
}

func TestAtMostCountsTheEarliestOfEachPeriod(t *testing.T) {
	var tally challenges.Tally
	add := func(at, value, day int64) {
		require.NoError(t, tally.AddAtMost(challenges.Add, contribution(at, value), calendar.Key(day), 2))
	}
	add(10, 1, 1)
	add(20, 2, 1)
	add(30, 4, 1)
	require.Equal(t, points(3), tally.Value, "the third of a day does not count")
	add(40, 8, 2)
	require.Equal(t, points(11), tally.Value, "another day is another period")
	add(5, 16, 1)
	require.Equal(t, points(16+1+8), tally.Value, "an earlier one that arrives late takes the place of the last")
	require.Equal(t, 3, tally.Count)
}

func TestWhatIsReplacedByALateOneNoLongerSaysWhenTheValueWasReached(t *testing.T) {
	var inTime, late challenges.Tally
	for _, at := range []int64{8, 10} {
		require.NoError(t, inTime.AddAtMost(challenges.Add, contribution(at, 1), 1, 1))
	}
	for _, at := range []int64{10, 8} {
		require.NoError(t, late.AddAtMost(challenges.Add, contribution(at, 1), 1, 1))
	}
	require.Equal(t, calendar.Instant(8), inTime.At)
	require.Equal(t, inTime, late)
}

// The later of two instants may be on the earlier day, where the member has gone east meanwhile.
func TestASumIsReachedWithTheLatestThatCountsWhateverItsPeriod(t *testing.T) {
	var sum, none challenges.Tally
	add := func(t *challenges.Tally, at, value, day int64) error {
		return t.AddAtMost(challenges.Add, contribution(at, value), calendar.Key(day), 1)
	}
	for _, c := range [][3]int64{{10, 1, 1}, {9, 1, 2}, {8, 1, 2}} {
		require.NoError(t, add(&sum, c[0], c[1], c[2]))
		require.NoError(t, add(&none, c[0], 0, c[2]))
	}
	require.Equal(t, calendar.Instant(10), sum.At)
	require.Equal(t, calendar.Instant(8), none.At, "zeros: the first of them")
}

func TestAtMostForgetsClosedPeriodsOfSumsOnly(t *testing.T) {
	var sum, best challenges.Tally
	for day := range int64(5) {
		require.NoError(t, sum.AddAtMost(challenges.Add, contribution(day*10, 1), calendar.Key(day), 1))
		require.NoError(t, best.AddAtMost(challenges.Highest, contribution(day*10, 10-day), calendar.Key(day), 1))
	}
	sum.Forget(challenges.Add, 3)
	best.Forget(challenges.Highest, 3)
	require.Len(t, sum.Kept, 2)
	require.Equal(t, points(5), sum.Value)
	require.Len(t, best.Kept, 5, "an extreme may have to be found anew")
	require.NoError(t, best.AddAtMost(challenges.Highest, contribution(-1, 3), 0, 1))
	require.Equal(t, points(9), best.Value, "the highest one was replaced")
}

func TestWhenAGoalIsReached(t *testing.T) {
	var empty challenges.Tally
	require.True(t, empty.Reached(challenges.Add, 0), "nothing is asked for")
	require.False(t, empty.Reached(challenges.Add, points(1)))
	require.False(t, empty.Reached(challenges.Lowest, points(100)), "no time was run yet")
	fast := folded(t, challenges.Lowest, contribution(1, 30))
	require.True(t, fast.Reached(challenges.Lowest, points(30)))
	require.False(t, fast.Reached(challenges.Lowest, points(29)))
	sum := folded(t, challenges.Add, contribution(1, 30))
	require.True(t, sum.Reached(challenges.Add, points(30)))
	require.False(t, sum.Reached(challenges.Add, points(31)))
}

// Whatever the order in which contributions arrive, a tally ends as if they had come by time.
func TestTheOrderOfArrivalDoesNotMatter(t *testing.T) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	folds := []challenges.Fold{challenges.Add, challenges.Highest, challenges.Lowest, challenges.Latest, challenges.Distinct}
	for round := range 2000 {
		fold := folds[round%len(folds)]
		list := make([]challenges.Contribution, 1+r.Intn(8))
		for i := range list {
			list[i] = challenges.Contribution{At: calendar.Instant(r.Intn(6)), ID: fmt.Sprintf("e%02d", i), Value: points(int64(r.Intn(5) - 1))}
			for range r.Intn(3) {
				list[i].Keys = append(list[i].Keys, string(rune('a'+r.Intn(4))))
			}
		}
		inOrder := slices.Clone(list)
		sort.Slice(inOrder, func(i, j int) bool {
			a, b := inOrder[i], inOrder[j]
			return a.At < b.At || a.At == b.At && a.ID < b.ID
		})
		n := r.Intn(3) // 0: without at_most
		require.Equal(t, gathered(t, fold, inOrder, n), gathered(t, fold, list, n), "seed %d, round %d, fold %d, at most %d: %+v", seed, round, fold, n, list)
	}
}

// gathered is a tally with at most n contributions a period of two instants; 0 means all.
func gathered(t *testing.T, fold challenges.Fold, list []challenges.Contribution, n int) challenges.Tally {
	t.Helper()
	var tally challenges.Tally
	for _, c := range list {
		if n == 0 || fold == challenges.Distinct {
			require.NoError(t, tally.Add(fold, c))
		} else {
			require.NoError(t, tally.AddAtMost(fold, c, calendar.Key(c.At/2), n))
		}
	}
	return tally
}

// The rolling value of a counter is the merge of its days.
func TestDaysMergeIntoTheirSum(t *testing.T) {
	for _, fold := range []challenges.Fold{challenges.Add, challenges.Highest, challenges.Lowest, challenges.Latest, challenges.Distinct} {
		first := []challenges.Contribution{contribution(1, 3, "a"), contribution(2, 1, "b")}
		second := []challenges.Contribution{contribution(11, 2, "b"), contribution(12, 1, "c")}
		days := []challenges.Tally{folded(t, fold, first...), folded(t, fold, second...)}
		var merged challenges.Tally
		for i := range days {
			require.NoError(t, merged.Merge(fold, &days[i]))
		}
		require.NoError(t, merged.Merge(fold, &challenges.Tally{}), "an empty day adds nothing")
		whole := folded(t, fold, append(first, second...)...)
		require.Equal(t, whole.Value, merged.Value, "fold %d", fold)
		require.Equal(t, whole.Count, merged.Count, "fold %d", fold)
	}
}
