package overlay

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// store is a store of the plainest kind: its tables are maps.
type store struct {
	*Overlay
	rows       map[string]string
	ids        map[string]uint64
	last, mark uint64
	leaving    *Facts
	written    bool // what leaves is in the tables, where the overlay does not know it yet
}

func newStore() *store {
	return &store{Overlay: New(0, 0), rows: map[string]string{}, ids: map[string]uint64{}}
}

// step takes what was gathered one step further on its way, and reports whether it has arrived.
func (s *store) step() bool {
	switch {
	case s.leaving == nil:
		s.leaving = s.Leave()
	case !s.written:
		for id, seq := range s.leaving.IDs() {
			s.ids[id] = seq
		}
		for key, value := range s.leaving.Rows() {
			if s.rows[key] = string(value); value == nil {
				delete(s.rows, key)
			}
		}
		s.last, s.mark, s.written = s.leaving.Last, s.leaving.Mark, true
	default:
		s.Left()
		s.leaving, s.written = nil, false
	}
	return s.leaving == nil
}

func (s *store) get(key string) string {
	if value, found := s.Get(key); found {
		return string(value)
	}
	return s.rows[key]
}

func (s *store) seq(id string) uint64 {
	if seq, found := s.Seq(id); found {
		return seq
	}
	return s.ids[id]
}

// scan is the first rows of a range, as texts. between is called after each.
func (s *store) scan(t *testing.T, r Range, most int, between func()) (rows []string) {
	t.Helper()
	all, err := s.Scan(r, func() (Rows, error) {
		below := listed(s.rows, r)
		return func(yield func(string, []byte) bool) {
			for _, row := range below {
				if key, value, _ := strings.Cut(row, "="); !yield(key, []byte(value)) {
					return
				}
			}
		}, nil
	})
	require.NoError(t, err)
	all(func(key string, value []byte) bool {
		rows = append(rows, key+"="+string(value))
		between()
		return len(rows) < most
	})
	return rows
}

// listed is what a scan of plain rows gives.
func listed(rows map[string]string, r Range) (list []string) {
	keys := slices.Sorted(maps.Keys(rows))
	if r.Back {
		slices.Reverse(keys)
	}
	for _, key := range keys {
		if strings.HasPrefix(key, r.Prefix) && (r.From == "" || (key > r.From) != r.Back && key != r.From) {
			list = append(list, key+"="+rows[key])
		}
	}
	return list
}

func randomKey(r *rand.Rand) string {
	return []string{"a", "b/", "b/c", "b\xff", "d/", "\xff"}[r.IntN(6)] + strings.Repeat("x", r.IntN(3)) + fmt.Sprint(r.IntN(30))
}

func randomRange(r *rand.Rand) Range {
	of := Range{Prefix: []string{"", "a", "b", "b/", "b/c", "b\xff", "d/x", "\xff"}[r.IntN(8)], Back: r.IntN(2) == 0}
	if r.IntN(2) == 0 {
		of.From = randomKey(r)
	}
	return of
}

// commit gathers random rows, of which want is what comes of them.
func (s *store) commit(r *rand.Rand, want map[string]string, seq *uint64) {
	b := &engine.Batch{First: *seq + 1}
	for range r.IntN(3) {
		*seq++
		b.IDs, b.Records = append(b.IDs, fmt.Sprint("e", *seq)), append(b.Records, nil)
	}
	for range r.IntN(20) {
		row := engine.Row{Key: randomKey(r)}
		if r.IntN(3) > 0 {
			row.Value = fmt.Appendf([]byte{}, "%d", r.IntN(1000))
		}
		if r.IntN(2) == 0 {
			b.Rows = append(b.Rows, row)
		} else {
			b.States = append(b.States, row)
		}
	}
	for _, row := range slices.Concat(b.Rows, b.States) {
		if want[row.Key] = string(row.Value); row.Value == nil {
			delete(want, row.Key)
		}
	}
	if len(b.States) > 0 {
		b.Mark = *seq
	}
	s.Gather(b)
}

// Reads find the newest value of every key on each step of its way, whatever lies elsewhere; and a store has the rows of a first part of
// all commits.
func TestReadsAreThoseOfAPlainStore(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		s, want, seq := newStore(), map[string]string{}, uint64(0)
		for range 60 {
			s.commit(r, want, &seq)
			for range r.IntN(3) {
				s.step()
			}
			of, most := randomRange(r), 1+r.IntN(60)
			rows := listed(want, of)
			require.Equal(t, rows[:min(most, len(rows))], s.scan(t, of, most, func() {}), "seed %d, %+v", seed, of)
			for range 10 {
				key := randomKey(r)
				require.Equal(t, want[key], s.get(key), "seed %d, %q", seed, key)
				require.Equal(t, max(1, seq), max(1, s.seq(fmt.Sprint("e", seq))), "seed %d", seed)
			}
		}
		for !s.step() { // what leaves
		}
		for !s.step() { // what has gathered meanwhile
		}
		require.Equal(t, want, s.rows, "seed %d", seed)
		require.Equal(t, seq, s.last, "seed %d", seed)
		require.Len(t, s.ids, int(seq), "seed %d", seed)
		n, bytes, some := s.Gathered()
		require.True(t, n == 0 && bytes == 0 && !some, "seed %d", seed)
	}
}

// A scan gives the rows of the instant at which it began, whatever is committed, written or deleted while it goes on.
func TestAScanIsOfOneInstant(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		s, want, seq := newStore(), map[string]string{}, uint64(0)
		for range r.IntN(40) {
			s.commit(r, want, &seq)
			if r.IntN(4) == 0 {
				s.step()
			}
		}
		for range 10 {
			of := randomRange(r)
			rows := listed(want, of)
			require.Equal(t, rows, s.scan(t, of, 1<<20, func() {
				switch r.IntN(3) {
				case 0:
					s.commit(r, want, &seq)
				case 1:
					s.step()
				}
			}), "seed %d, %+v", seed, of)
		}
	}
}

func TestRangesEndBehindTheirPrefix(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a\xff": "b", "a\x7f": "a\x80", "a\xfe\xff": "a\xff"} {
		end, some := beyond(prefix)
		require.True(t, some)
		require.Equal(t, want, end)
	}
	for _, prefix := range []string{"", "\xff", "\xff\xff"} {
		_, some := beyond(prefix)
		require.False(t, some)
	}
}

// What many batches write over counts once.
func TestSizes(t *testing.T) {
	o := New(7, 3)
	for n := range 5 {
		o.Gather(&engine.Batch{Rows: []engine.Row{{Key: "key", Value: make([]byte, 10*n)}}})
	}
	n, bytes, some := o.Gathered()
	require.Equal(t, []any{1, 43, true}, []any{n, bytes, some})
	facts := o.Leave()
	require.Equal(t, []any{uint64(7), uint64(3), 1, 43}, []any{facts.Last, facts.Mark, facts.Len(), facts.Bytes()})
	n, bytes, some = o.Gathered()
	require.Equal(t, []any{0, 0, false}, []any{n, bytes, some})
}
