package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// runningSums are what the first periods of a count add up to, as far as none of them has changed since: of rolling time, which is
// asked at every event, nothing has to be added up again.
type runningSums struct {
	base   decimal.Decimal   // what every sum has too much: of periods that are forgotten
	sums   []decimal.Decimal // the i-th is that of the periods up to the i-th
	least  decimal.Decimal   // of the values, 0 or below
	beyond bool              // values are so large that sums may not be told from one another
}

// upTo makes the sums those of the first n periods, because the next is about to change.
func (r *runningSums) upTo(periods []PeriodTally, n int) {
	switch {
	case r.beyond:
		return
	case n > maxSummed:
		*r = runningSums{beyond: true}
		return
	case n < minSummed:
		*r = runningSums{}
		return
	}
	r.sums = r.sums[:min(n, len(r.sums))]
	for i := len(r.sums); i < n; i++ {
		value := periods[i].Value
		if isLarge(value) {
			*r = runningSums{beyond: true}
			return
		}
		r.sums, r.least = append(r.sums, r.before(i)+value), min(r.least, value)
	}
}

// before is the sum of the periods before one, and the base.
func (r *runningSums) before(i int) decimal.Decimal {
	if i == 0 {
		return r.base
	}
	return r.sums[i-1]
}

const (
	// minSummed is how many periods are added up just as well each time.
	minSummed = 8
	// maxSummed is how many values, none of which is large, add up to a number within the range in any case.
	maxSummed = 4096
)

// forget follows where the first n periods are dropped.
func (r *runningSums) forget(n int) {
	if n >= len(r.sums) {
		*r = runningSums{beyond: r.beyond}
		return
	}
	r.base = r.sums[n-1]
	r.sums = slices.Delete(r.sums, 0, n)
}

// from is the index of the first period that is not before a key.
func (c *Count) from(first calendar.Key) int {
	i, _ := slices.BinarySearchFunc(c.Periods, first, func(p PeriodTally, k calendar.Key) int {
		switch {
		case p.Key < k:
			return -1
		case p.Key > k:
			return 1
		}
		return 0
	})
	return i
}

// sum is what the periods from one to another add up to. Where days fit, and together do not, it is the greatest number, or the
// least.
func (c *Count) sum(first, last calendar.Key) (sum decimal.Decimal) {
	if c == nil {
		return 0
	}
	i := c.from(first)
	if known := min(len(c.sums.sums), c.from(last+1)); i < known {
		sum, i = c.sums.before(known)-c.sums.before(i), known
	}
	for ; i < len(c.Periods) && c.Periods[i].Key <= last; i++ {
		next, ok := sum.Add(c.Periods[i].Value)
		if !ok {
			if sum < 0 {
				return decimal.Min
			}
			return decimal.Max
		}
		sum = next
	}
	return sum
}

// onlyFalls reports whether the count's sum over rolling time can only fall after a period.
func (c *Count) onlyFalls(after calendar.Key) bool {
	n := len(c.Periods)
	return n == 0 || c.Periods[n-1].Key <= after && c.sums.least >= 0 &&
		!slices.ContainsFunc(c.Periods[len(c.sums.sums):], func(p PeriodTally) bool { return p.Value < 0 })
}
