package enginetest

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
)

// Harness opens the store under test. Reopen closes it cleanly and opens what it left behind. Kill, if there is one, opens what is
// left when the process dies, and TakeOver, of a store that several processes share, opens it for another one.
type Harness struct {
	Open     func(t *testing.T) engine.Store
	Reopen   func(t *testing.T, s engine.Store) engine.Store
	Kill     func(t *testing.T, s engine.Store) engine.Store
	TakeOver func(t *testing.T, s engine.Store) engine.Store
}

// Conformance is what every Store passes.
func Conformance(t *testing.T, h Harness) {
	t.Run("an empty store", func(t *testing.T) {
		s := h.Open(t)
		last, mark := s.Head()
		require.Zero(t, last)
		require.Zero(t, mark)
		value, err := s.Get("s/m/ann")
		require.NoError(t, err)
		require.Nil(t, value)
		seq, err := s.Seq("e1")
		require.NoError(t, err)
		require.Zero(t, seq)
		record, err := s.Record(1)
		require.NoError(t, err)
		require.Nil(t, record)
		require.NoError(t, s.Records(1, func(uint64, []byte) bool { t.Fatal("there are no records"); return false }))
	})
	t.Run("a batch is read back", func(t *testing.T) {
		s := h.Open(t)
		require.NoError(t, s.Commit(batch(1, 3)))
		requireBatches(t, s, 3, 3)
		require.NoError(t, s.Commit(batch(4, 2)))
		requireBatches(t, s, 5, 5)
		s = h.Reopen(t, s)
		requireBatches(t, s, 5, 5)
	})
	t.Run("rows are replaced and deleted", func(t *testing.T) {
		s := h.Open(t)
		put := func(key string, value []byte) {
			require.NoError(t, s.Commit(&engine.Batch{Rows: []engine.Row{{Key: key, Value: value}}}))
		}
		put("d/1", []byte("a"))
		put("d/1", []byte("b"))
		put("d/2", []byte("c"))
		put("d/1", nil)
		value, err := s.Get("d/1")
		require.NoError(t, err)
		require.Nil(t, value)
		require.Equal(t, []string{"d/2=c"}, scan(t, s, "d/", ""))
	})
	t.Run("a scan is in byte order, by prefix, and starts after a key", func(t *testing.T) {
		s := h.Open(t)
		var rows []engine.Row
		for _, key := range []string{"l/b\x002", "l/a\x001", "l/b\x001", "l/ba\x001", "l/b\xff", "m/x", "l"} {
			rows = append(rows, engine.Row{Key: key, Value: []byte("v")})
		}
		require.NoError(t, s.Commit(&engine.Batch{Rows: rows}))
		require.Equal(t, []string{"l/b\x001=v", "l/b\x002=v"}, scan(t, s, "l/b\x00", ""))
		require.Equal(t, []string{"l/b\x002=v"}, scan(t, s, "l/b\x00", "l/b\x001"))
		require.Equal(t, []string{"l/b\x002=v", "l/b\x001=v"}, scanBack(t, s, "l/b\x00", ""))
		require.Equal(t, []string{"l/b\x001=v"}, scanBack(t, s, "l/b\x00", "l/b\x002"))
		require.Equal(t, []string{"l/b\x002=v", "l/b\x001=v"}, scanBack(t, s, "l/b\x00", "l/c"))
		require.Empty(t, scanBack(t, s, "l/b\x00", "l/b\x001"))
		require.Empty(t, scanBack(t, s, "l/b\x00", "l/a"))
		require.Equal(t, []string{"l/a\x001=v", "l/b\x001=v", "l/b\x002=v", "l/b\xff=v", "l/ba\x001=v"}[:3], scan(t, s, "l/", "")[:3])
		require.Len(t, scan(t, s, "l/", ""), 5)
	})
	t.Run("states and their mark", func(t *testing.T) {
		s := h.Open(t)
		b := batch(1, 2)
		b.States, b.Mark = []engine.Row{{Key: "s/m/ann", Value: []byte("state")}}, 2
		require.NoError(t, s.Commit(b))
		s = h.Reopen(t, s)
		last, mark := s.Head()
		require.Equal(t, []uint64{2, 2}, []uint64{last, mark})
		value, err := s.Get("s/m/ann")
		require.NoError(t, err)
		require.Equal(t, "state", string(value))
	})
	t.Run("records are rewritten", func(t *testing.T) {
		s := h.Open(t)
		require.NoError(t, s.Commit(batch(1, 4)))
		require.NoError(t, s.Commit(&engine.Batch{Rewritten: []engine.Rewritten{
			{Seq: 2, Record: []byte("nobody's"), Was: "e2", ID: "x2"}, {Seq: 3, Record: []byte("less"), Was: "e3", ID: "e3"}}}))
		for range 2 {
			for seq, want := range []string{"", "record 1", "nobody's", "less", "record 4"} {
				record, err := s.Record(uint64(seq))
				require.NoError(t, err)
				require.Equal(t, want, string(record))
			}
			for id, want := range map[string]uint64{"e1": 1, "e2": 0, "x2": 2, "e3": 3} {
				seq, err := s.Seq(id)
				require.NoError(t, err)
				require.Equal(t, want, seq, id)
			}
			s = h.Reopen(t, s)
		}
	})
	t.Run("random batches against a model", func(t *testing.T) { conformRandom(t, h) })
	t.Run("keys and values of any bytes", func(t *testing.T) { conformBytes(t, h) })
	t.Run("a large record", func(t *testing.T) { conformLarge(t, h) })
	t.Run("records, rows and rewriting in one batch", func(t *testing.T) { conformAllInOne(t, h) })
	t.Run("a scan deletes what it sees", func(t *testing.T) { conformDeletingScan(t, h) })
	t.Run("reads beside commits", func(t *testing.T) { conformReadsBesideCommits(t, h) })
	t.Run("much is read at once", func(t *testing.T) { conformLoad(t, h) })
	if h.Kill != nil {
		t.Run("rows are no older than their mark after a kill", func(t *testing.T) { conformKill(t, h) })
	}
	if h.TakeOver != nil {
		t.Run("another process takes over", func(t *testing.T) { conformTakeOver(t, h) })
	}
}

func conformRandom(t *testing.T, h Harness) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	s, model := h.Open(t), engine.NewMemory()
	last := uint64(0)
	for range 60 {
		b := batch(last+1, r.Intn(4))
		last += uint64(len(b.Records))
		for range r.Intn(5) {
			row := engine.Row{Key: fmt.Sprintf("%c/%d", "lbd"[r.Intn(3)], r.Intn(12))}
			if r.Intn(4) > 0 {
				row.Value = fmt.Appendf(nil, "%d", r.Int())
			}
			b.Rows = append(b.Rows, row)
		}
		require.NoError(t, s.Commit(b))
		require.NoError(t, model.Commit(b))
		if r.Intn(10) == 0 {
			s = h.Reopen(t, s)
		}
		for _, prefix := range []string{"", "l/", "b/", "d/1"} {
			want := scan(t, model, prefix, "")
			require.Equal(t, want, scan(t, s, prefix, ""), "seed %d", seed)
			slices.Reverse(want)
			require.Equal(t, want, scanBack(t, s, prefix, ""), "seed %d", seed)
		}
	}
}

func batch(first uint64, n int) *engine.Batch {
	b := &engine.Batch{First: first}
	for i := range n {
		seq := first + uint64(i)
		b.Records = append(b.Records, fmt.Appendf(nil, "record %d", seq))
		b.IDs = append(b.IDs, fmt.Sprintf("e%d", seq))
	}
	return b
}

func requireBatches(t *testing.T, s engine.Store, last, n int) {
	t.Helper()
	head, _ := s.Head()
	require.EqualValues(t, last, head)
	count := 0
	require.NoError(t, s.Records(1, func(seq uint64, b []byte) bool {
		count++
		require.Equal(t, fmt.Sprintf("record %d", seq), string(b))
		return true
	}))
	require.Equal(t, n, count)
	seq, err := s.Seq(fmt.Sprintf("e%d", last))
	require.NoError(t, err)
	require.EqualValues(t, last, seq)
	record, err := s.Record(uint64(last))
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("record %d", last), string(record))
}

func scanBack(t *testing.T, s engine.Store, prefix, before string) []string {
	t.Helper()
	var got []string
	require.NoError(t, s.ScanBack(prefix, before, func(key string, value []byte) bool {
		got = append(got, key+"="+string(value))
		return true
	}))
	return got
}

func scan(t *testing.T, s engine.Store, prefix, after string) []string {
	t.Helper()
	var got []string
	require.NoError(t, s.Scan(prefix, after, func(key string, value []byte) bool {
		got = append(got, key+"="+string(value))
		return true
	}))
	return got
}
