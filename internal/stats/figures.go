package stats

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// AsOf says what figures are of.
type AsOf struct {
	Seq uint64           `json:"as_of_seq"` // the last event that is counted
	At  calendar.Instant `json:"as_of"`     // when it was asked
	// MovesFrom is the first day of which figures may still move, by what arrives late.
	MovesFrom string `json:"moves_from"`
}

// Figures are the numbers of a program at a moment.
type Figures struct {
	AsOf
	follower *Follower
	store    engine.Store
	rules    *engine.Ruleset
	cal      calendar.Calendar
	now      calendar.Instant
	err      error
}

// Figures waits until what is durable is counted, some seconds at most, and reads from there.
func (f *Follower) Figures(ctx context.Context) *Figures {
	f.Settle(ctx)
	x := &Figures{follower: f, store: f.program.Store(), rules: f.program.Rules(), now: f.program.Now()}
	x.cal = x.rules.Calendar
	x.AsOf = AsOf{Seq: f.written.Load(), At: x.now, MovesFrom: x.label(calendar.Day, x.Day(x.cal.Before(x.now, x.rules.Late)))}
	return x
}

// Range are days, both included.
type Range struct{ From, To calendar.Key }

// Day is the day of an instant.
func (x *Figures) Day(at calendar.Instant) calendar.Key { return x.cal.Key(calendar.Day, at) }

// Today is the day that it is.
func (x *Figures) Today() calendar.Key { return x.Day(x.now) }

func (x *Figures) label(p calendar.Period, k calendar.Key) string { return x.cal.Label(p, k) }

func (x *Figures) period(p calendar.Period, day calendar.Key) calendar.Key {
	return x.cal.KeyOfDate(p, calendar.Date(day)) //nolint:gosec // a day
}

// each calls yield for the cells whose keys begin so.
func (x *Figures) each(k key, yield func(k keyReader, sum decimal.Decimal, count int64)) {
	x.scan(k, "", func(rest keyReader, sum decimal.Decimal, count int64) bool {
		yield(rest, sum, count)
		return true
	})
}

// between calls yield for the cells whose keys begin so, with a number from one up to another behind it, which is read already.
func (x *Figures) between(k key, from, to calendar.Key, yield func(n calendar.Key, k keyReader, sum decimal.Decimal, count int64)) {
	after := string(append(slices.Clone(k).number(from-1), 0xff))
	x.scan(k, after, func(rest keyReader, sum decimal.Decimal, count int64) bool {
		n := rest.number()
		if n > to {
			return false
		}
		yield(n, rest, sum, count)
		return true
	})
}

func (x *Figures) scan(k key, after string, yield func(rest keyReader, sum decimal.Decimal, count int64) bool) {
	begin := string(k)
	err := x.store.Scan(begin, after, func(name string, value []byte) bool {
		var c cell
		if err := c.decode(value); err != nil {
			x.err = errors.Join(x.err, err)
			return false
		}
		return yield(keyReader(strings.Clone(name[len(begin):])), c.sum, c.count)
	})
	x.err = errors.Join(x.err, err)
}

// Err is what could not be read, nil where all could.
func (x *Figures) Err() error { return errors.Join(x.err, x.follower.Failed()) }

// share is a part of a whole, to four digits; 0 of nothing.
func share(part, whole float64) decimal.Decimal {
	if whole == 0 {
		return 0
	}
	return decimal.Decimal(math.Round(part/whole*10_000)) * (decimal.One / 10_000)
}

// sorted are the values of a map in the order of its keys.
func sorted[K cmp.Ordered, V any](m map[K]*V) []V {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	list := make([]V, 0, len(keys))
	for _, k := range keys {
		list = append(list, *m[k])
	}
	return list
}

func need[K comparable, V any](m map[K]*V, k K, begin V) *V {
	if m[k] == nil {
		m[k] = &begin
	}
	return m[k]
}
