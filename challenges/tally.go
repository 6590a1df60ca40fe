package challenges

import (
	"cmp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// MaxDistinct is how many values a distinct counter keeps per subject and period (semantics: Bounds on state).
const MaxDistinct = 1000

// MaxAtMost is the largest N of `at_most: N per …`: each of the N earliest contributions is kept while its period is open.
const MaxAtMost = 100

// Contribution is what one event adds to a counter.
type Contribution struct {
	At    calendar.Instant // the event's time
	ID    string           // the event's id, which orders events of one instant
	Value decimal.Decimal
	Keys  []string // for Distinct
}

// before orders contributions by (time, id), the order from which progress is defined (semantics: Time).
func (c *Contribution) before(at calendar.Instant, id string) bool {
	return c.At < at || c.At == at && strings.Compare(c.ID, id) < 0
}

// Tally is the fold of a counter over one period. Whatever the order in which contributions arrive, it ends the same.
type Tally struct {
	Value decimal.Decimal
	Count int // contributions that count
	// Zeros is how many of them brought nothing to a sum: those do not change when it was reached.
	Zeros int
	// At is when the value was reached: the latest contribution's time, or for Highest and Lowest the earliest that had
	// the value, as the tie rule of boards wants it. ID belongs to it, for Highest, Lowest and Latest.
	At calendar.Instant
	ID string
	// Kept are the contributions that count in each still open period of at_most, by (Bucket, time, id).
	Kept []Kept
	// Keys are the values of a distinct counter with how many contributions brought each, sorted.
	Keys []KeyCount
	Full bool // a distinct counter that has met MaxDistinct values
}

// Kept is a contribution that counts in one period of at_most.
type Kept struct {
	Bucket calendar.Key
	At     calendar.Instant
	ID     string
	Value  decimal.Decimal
}

// KeyCount is one distinct value, how many contributions brought it, and when the first of them was.
type KeyCount struct {
	Key   string
	Count int
	First calendar.Instant
}

// Add folds c into t. It fails with decimal.ErrOverflow and then changes nothing.
func (t *Tally) Add(fold Fold, c Contribution) error {
	switch fold {
	case Add:
		sum, ok := t.Value.Add(c.Value)
		if !ok {
			return decimal.ErrOverflow
		}
		t.Value = sum
		t.reached(c.At, c.Value == 0)
	case Highest:
		t.extreme(c, c.Value > t.Value)
	case Lowest:
		t.extreme(c, c.Value < t.Value)
	case Latest:
		if t.Count == 0 || !c.before(t.At, t.ID) {
			t.Value, t.At, t.ID = c.Value, c.At, c.ID
		}
	case Distinct:
		t.addKeys(c)
	}
	t.Count++
	return nil
}

// reached brings up to date when a sum was reached: with the latest contribution to it; while all of them were zeros, with the
// first. It keeps the time only: of several contributions at one instant it does not matter which came last.
func (t *Tally) reached(at calendar.Instant, zero bool) {
	switch none := t.Zeros == t.Count; {
	case t.Count == 0, none && !zero:
		t.At = at
	case none:
		t.At = min(t.At, at)
	case !zero:
		t.At = max(t.At, at)
	}
	if zero {
		t.Zeros++
	}
}

// Exchange replaces what one set of contributions brought to a sum, a member's share before and after, which is part of it. It
// fails with decimal.ErrOverflow and then changes nothing. The time is not moved back, which takes all that is left.
func (t *Tally) Exchange(was, is *Tally) error {
	more, ok := is.Value.Sub(was.Value)
	sum, fits := t.Value.Add(more)
	if !ok || !fits {
		return decimal.ErrOverflow
	}
	t.Value, t.Count, t.Zeros = sum, t.Count-was.Count, t.Zeros-was.Zeros
	if is.Count > 0 {
		t.reached(is.At, is.Zeros == is.Count)
		t.Count, t.Zeros = t.Count+is.Count, t.Zeros+is.Zeros
		if is.Zeros == is.Count {
			t.Zeros-- // counted by reached
		}
	}
	return nil
}

func (t *Tally) extreme(c Contribution, better bool) {
	if t.Count == 0 || better || c.Value == t.Value && c.before(t.At, t.ID) {
		t.Value, t.At, t.ID = c.Value, c.At, c.ID
	}
}

func (t *Tally) addKeys(c Contribution) {
	for _, key := range c.Keys {
		t.addKey(KeyCount{Key: key, Count: 1, First: c.At})
	}
	t.Value, _ = decimal.FromInt(int64(len(t.Keys)))
}

// addKey counts a value. The tally's value was reached when the last of its keys first came.
func (t *Tally) addKey(k KeyCount) {
	i, found := slices.BinarySearchFunc(t.Keys, k.Key, func(k KeyCount, s string) int { return strings.Compare(k.Key, s) })
	switch {
	case found:
		t.Keys[i].Count += k.Count
		if was := t.Keys[i].First; k.First < was {
			if t.Keys[i].First = k.First; was == t.At {
				t.At = slices.MaxFunc(t.Keys, func(a, b KeyCount) int { return cmp.Compare(a.First, b.First) }).First
			}
		}
	case len(t.Keys) >= MaxDistinct:
		t.Full = true
	default:
		if len(t.Keys) == 0 || k.First > t.At {
			t.At = k.First
		}
		t.Keys = slices.Insert(t.Keys, i, k)
	}
}

// AddAtMost folds c into t where only the n earliest contributions of each bucket count, by (time, id). An earlier one that
// arrives late replaces the last one that counted.
func (t *Tally) AddAtMost(fold Fold, c Contribution, bucket calendar.Key, n int) error {
	first := sortedIndex(t.Kept, Kept{Bucket: bucket, At: calendar.Beginning})
	end := first
	for end < len(t.Kept) && t.Kept[end].Bucket == bucket {
		end++
	}
	kept := Kept{Bucket: bucket, At: c.At, ID: c.ID, Value: c.Value}
	at := sortedIndex(t.Kept, kept)
	if end-first < n {
		if err := t.Add(fold, c); err != nil {
			return err
		}
		t.Kept = slices.Insert(t.Kept, at, kept)
		return nil
	}
	if at == end { // later than all that count
		return nil
	}
	last := t.Kept[end-1]
	if fold == Add {
		rest, ok := t.Value.Sub(last.Value)
		sum, fits := rest.Add(c.Value)
		if !ok || !fits {
			return decimal.ErrOverflow
		}
		t.Value = sum
		t.Zeros += zeros(c.Value) - zeros(last.Value)
	}
	t.Kept = slices.Insert(slices.Delete(t.Kept, end-1, end), at, kept)
	if fold == Add {
		t.reachedByKept() // what was replaced may have been the latest
	} else {
		t.refold(fold)
	}
	return nil
}

func zeros(v decimal.Decimal) int {
	if v == 0 {
		return 1
	}
	return 0
}

// reachedByKept finds when a sum was reached by what is kept, the latest of which is the latest of all. A later instant may be in an
// earlier bucket, where the member has gone east between the two.
func (t *Tally) reachedByKept() {
	none := t.Zeros == t.Count
	if !none {
		t.At = calendar.Beginning
	}
	for i := range t.Kept {
		if k := &t.Kept[i]; none {
			t.At = min(t.At, k.At)
		} else if k.Value != 0 {
			t.At = max(t.At, k.At)
		}
	}
}

// refold computes an extreme again from the contributions kept, after one of them stopped counting.
func (t *Tally) refold(fold Fold) {
	t.Count, t.Zeros = 0, 0
	for _, k := range t.Kept {
		_ = t.Add(fold, Contribution{At: k.At, ID: k.ID, Value: k.Value})
	}
}

func sortedIndex(kept []Kept, k Kept) int {
	i, _ := slices.BinarySearchFunc(kept, k, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID))
	})
	return i
}

// Forget drops what is kept of buckets before the given one: no event can reach them any more, and a sum needs them no
// longer.
func (t *Tally) Forget(fold Fold, before calendar.Key) {
	if fold != Add {
		return
	}
	i := 0
	for i < len(t.Kept) && t.Kept[i].Bucket < before {
		i++
	}
	t.Kept = slices.Delete(t.Kept, 0, i)
}

// Merge folds the tally of another, disjoint set of contributions into t: the rolling value of a counter is the merge of
// its days, a group's value that of its members' shares.
func (t *Tally) Merge(fold Fold, o *Tally) error {
	if o.Count == 0 {
		return nil
	}
	count := t.Count
	if fold == Add {
		return t.Exchange(&Tally{}, o)
	}
	if fold == Distinct {
		for _, k := range o.Keys {
			t.addKey(k)
		}
		t.Value, _ = decimal.FromInt(int64(len(t.Keys)))
		t.Full = t.Full || o.Full
	} else if err := t.Add(fold, Contribution{At: o.At, ID: o.ID, Value: o.Value}); err != nil {
		return err
	}
	t.Count = count + o.Count
	return nil
}

// Reached reports whether a goal at the given threshold is met: at least that much, or for Lowest at most.
func (t *Tally) Reached(fold Fold, at decimal.Decimal) bool {
	if t.Count == 0 {
		return at <= 0 && fold != Lowest
	}
	if fold == Lowest {
		return t.Value <= at
	}
	return t.Value >= at
}
