package overlay

import (
	"iter"

	"github.com/RaduBerinde/btreemap"

	"github.com/laurel-engine/laurel/engine"
)

// Rows are keys and values in the order of a scan. They can be gone through once.
type Rows = iter.Seq2[string, []byte]

// Range is what a scan asks for: the rows with a prefix that come after a key or, backwards, before it; "" for all of them.
type Range struct {
	Prefix, From string
	Back         bool
}

// Scan lays what is here over the rows of the tables in the same range and order, which open gives as they are at that moment. Nothing
// is gathered and nothing leaves until open has returned, so it should not wait for a disk; what it returns may.
func (o *Overlay) Scan(r Range, open func() (Rows, error)) (Rows, error) {
	c := cursor{first: btreemap.GE(r.Prefix), last: btreemap.Max[string](), back: r.Back}
	end, some := beyond(r.Prefix)
	if some {
		c.last = btreemap.LT(end)
	}
	switch {
	case !r.Back && r.From >= r.Prefix:
		c.first = btreemap.GT(r.From)
	case r.Back && r.From != "" && (!some || r.From < end):
		c.last = btreemap.LT(r.From)
	}
	return o.lay(c, open)
}

// beyond is the first text behind all that start with a prefix.
func beyond(prefix string) (end string, some bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1}), true
		}
	}
	return "", false
}

// lay is the rows of one instant. What gathers goes on changing, so a scan of more rows of it than the first few has a copy, of which
// the tree copies what is changed later.
func (o *Overlay) lay(c cursor, open func() (Rows, error)) (Rows, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rows, err := open()
	if err != nil {
		return nil, err
	}
	if o.leaves != nil {
		rows = c.of(o.leaves.rows).over(rows)
	}
	top := c.of(o.gathers.rows)
	if top.more {
		top.rows = top.rows.Clone()
	}
	return top.over(rows), nil
}

// few are the rows that are taken from a tree at first, most at once later.
const few, most = 16, 512

// cursor goes through the rows of a tree.
type cursor struct {
	rows  *tree
	first btreemap.LowerBound[string]
	last  btreemap.UpperBound[string]
	back  bool
	taken []engine.Row
	at    int  // in taken
	more  bool // behind those
}

// of is the cursor over a tree, with its first rows.
func (c cursor) of(rows *tree) *cursor {
	c.rows = rows
	c.take(few)
	return &c
}

// row is the one that the cursor stands at, nil at the end.
func (c *cursor) row() *engine.Row {
	if c.at == len(c.taken) && c.more {
		c.take(min(2*len(c.taken), most))
	}
	if c.at == len(c.taken) {
		return nil
	}
	return &c.taken[c.at]
}

// take takes the next rows.
func (c *cursor) take(n int) {
	c.taken, c.at, c.more = c.taken[:0], 0, false
	take := func(key string, value []byte) bool {
		if c.more = len(c.taken) == n; !c.more {
			c.taken = append(c.taken, engine.Row{Key: key, Value: value})
		}
		return !c.more
	}
	if c.back {
		c.rows.DescendFunc(c.last, c.first, take)
	} else {
		c.rows.AscendFunc(c.first, c.last, take)
	}
	if !c.more {
		return
	}
	if c.back {
		c.last = btreemap.LT(c.taken[n-1].Key)
	} else {
		c.first = btreemap.GT(c.taken[n-1].Key)
	}
}

// over lays the rows of the cursor over others.
func (c *cursor) over(below Rows) Rows {
	return func(yield func(key string, value []byte) bool) {
		for key, value := range below {
			row := c.row()
			for ; row != nil && row.Key != key && (row.Key < key) != c.back; row = c.row() {
				if c.at++; row.Value != nil && !yield(row.Key, row.Value) {
					return
				}
			}
			if row != nil && row.Key == key {
				continue // it takes the place of the one below, and comes before the next
			}
			if !yield(key, value) {
				return
			}
		}
		for row := c.row(); row != nil; row = c.row() {
			if c.at++; row.Value != nil && !yield(row.Key, row.Value) {
				return
			}
		}
	}
}
