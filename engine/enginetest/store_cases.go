package enginetest

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// conformBytes holds that keys sort by their bytes, whatever they are, and that values come back as they were.
func conformBytes(t *testing.T, h Harness) {
	s := h.Open(t)
	var rows []engine.Row
	var want []string
	for _, key := range []string{"x/\x00", "x/\x00\x00", "x/\x00\xff", "x/\x01", "x/é", "x/\xff", "x/\xff\x00", "x/\xff\xff"} {
		value := []byte{0, 0xff, '\'', '\\', '\n', key[len(key)-1]}
		rows = append(rows, engine.Row{Key: key, Value: value})
		want = append(want, key+"="+string(value))
	}
	rows = append(rows, engine.Row{Key: "y", Value: []byte("outside")}, engine.Row{Key: "x/empty", Value: []byte{}})
	want = append(want[:4:4], append([]string{"x/empty="}, want[4:]...)...)
	require.NoError(t, s.Commit(&engine.Batch{First: 1, Records: [][]byte{{0, 0xff}}, IDs: []string{"id\x00with \xff"}, Rows: rows}))
	for range 2 {
		require.Equal(t, want, scan(t, s, "x/", ""))
		require.Equal(t, want[2:3], scan(t, s, "x/\x00\xff", ""))
		require.Equal(t, want[7:], scan(t, s, "x/\xff", "x/\xff"))
		value, err := s.Get("x/empty")
		require.NoError(t, err)
		require.NotNil(t, value, "an empty value is one")
		seq, err := s.Seq("id\x00with \xff")
		require.NoError(t, err)
		require.EqualValues(t, 1, seq)
		record, err := s.Record(1)
		require.NoError(t, err)
		require.Equal(t, []byte{0, 0xff}, record)
		s = h.Reopen(t, s)
	}
}

// conformLarge holds that a record, a row and an id may be as large as the engine makes them.
func conformLarge(t *testing.T, h Harness) {
	s := h.Open(t)
	large := bytes.Repeat([]byte("a large one "), 100_000)
	id := strings.Repeat("i", 1000)
	require.NoError(t, s.Commit(&engine.Batch{First: 1, Records: [][]byte{[]byte("small"), large}, IDs: []string{"e1", id},
		Rows: []engine.Row{{Key: "l/large", Value: large}}}))
	for range 2 {
		record, err := s.Record(2)
		require.NoError(t, err)
		require.True(t, bytes.Equal(large, record))
		value, err := s.Get("l/large")
		require.NoError(t, err)
		require.True(t, bytes.Equal(large, value))
		seq, err := s.Seq(id)
		require.NoError(t, err)
		require.EqualValues(t, 2, seq)
		s = h.Reopen(t, s)
	}
}

// conformAllInOne holds that a batch may have all there is: what is rewritten, records, rows, states and their mark.
func conformAllInOne(t *testing.T, h Harness) {
	s := h.Open(t)
	require.NoError(t, s.Commit(batch(1, 3)))
	b := batch(4, 2)
	b.Rows = []engine.Row{{Key: "l/a", Value: []byte("1")}}
	b.States, b.Mark = []engine.Row{{Key: "s/m/ann", Value: []byte("state")}}, 5
	b.Rewritten = []engine.Rewritten{{Seq: 2, Record: []byte("nobody's"), Was: "e2", ID: "x2"}}
	b.Kept = true
	require.NoError(t, s.Commit(b))
	for range 2 {
		last, mark := s.Head()
		require.Equal(t, []uint64{5, 5}, []uint64{last, mark})
		var got []string
		require.NoError(t, s.Records(1, func(_ uint64, record []byte) bool { got = append(got, string(record)); return true }))
		require.Equal(t, []string{"record 1", "nobody's", "record 3", "record 4", "record 5"}, got)
		require.Equal(t, []string{"l/a=1"}, scan(t, s, "l/", ""))
		require.Equal(t, []string{"s/m/ann=state"}, scan(t, s, "s/", ""))
		s = h.Reopen(t, s)
	}
}

// conformDeletingScan holds that rows may be deleted, and read, by who scans them.
func conformDeletingScan(t *testing.T, h Harness) {
	s := h.Open(t)
	b := batch(1, 3)
	for i := range 200 {
		b.Rows = append(b.Rows, engine.Row{Key: fmt.Sprintf("o/%03d", i), Value: []byte("v")})
	}
	require.NoError(t, s.Commit(b))
	seen := 0
	require.NoError(t, s.Scan("o/", "", func(key string, _ []byte) bool {
		require.Equal(t, fmt.Sprintf("o/%03d", seen), key)
		seen++
		record, err := s.Record(2)
		require.NoError(t, err)
		require.Equal(t, "record 2", string(record))
		require.NoError(t, s.Commit(&engine.Batch{Rows: []engine.Row{{Key: strings.Clone(key)}}}))
		return true
	}))
	require.Equal(t, 200, seen)
	require.Empty(t, scan(t, s, "o/", ""))
}

// conformReadsBesideCommits holds that what a Commit that has returned has written is seen from then on by all.
func conformReadsBesideCommits(t *testing.T, h Harness) {
	s := h.Open(t)
	var wait sync.WaitGroup
	stop := make(chan struct{})
	var mu sync.Mutex
	committed := uint64(0)
	failed := make(chan error, 4)
	read := func() error {
		mu.Lock()
		at := committed
		mu.Unlock()
		if last, _ := s.Head(); last < at {
			return fmt.Errorf("the journal ends at %d, and %d was committed", last, at)
		}
		if at == 0 {
			return nil
		}
		seq, err := s.Seq(fmt.Sprintf("e%d", at))
		if err != nil || seq != at {
			return fmt.Errorf("event %d is found at %d: %w", at, seq, err)
		}
		record, err := s.Record(at)
		if err != nil || string(record) != fmt.Sprintf("record %d", at) {
			return fmt.Errorf("record %d is %q: %w", at, record, err)
		}
		value, err := s.Get(fmt.Sprintf("l/%d", at))
		if err != nil || value == nil {
			return fmt.Errorf("the row of %d is not there: %w", at, err)
		}
		n := uint64(0)
		if err := s.Scan("l/", "", func(string, []byte) bool { n++; return true }); err != nil || n < at {
			return fmt.Errorf("a scan finds %d rows of %d: %w", n, at, err)
		}
		return nil
	}
	for range 3 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := read(); err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	for seq := uint64(1); seq <= 300; seq++ {
		b := batch(seq, 1)
		b.Rows = []engine.Row{{Key: fmt.Sprintf("l/%d", seq), Value: []byte("v")}}
		require.NoError(t, s.Commit(b))
		mu.Lock()
		committed = seq
		mu.Unlock()
	}
	close(stop)
	wait.Wait()
	close(failed)
	require.NoError(t, <-failed)
}

// conformLoad holds that much that is read at once is what is read one by one.
func conformLoad(t *testing.T, h Harness) {
	s := h.Open(t)
	b := batch(1, 5)
	b.Rows = []engine.Row{{Key: "s/m/ann", Value: []byte("a\x00nn")}, {Key: "s/m/bob", Value: []byte{}}}
	require.NoError(t, s.Commit(b))
	require.NoError(t, s.Commit(&engine.Batch{Rewritten: []engine.Rewritten{{Seq: 3, Record: []byte("less"), Was: "e3", ID: "x3"}}}))
	for range 2 {
		l := engine.Lookup{IDs: []string{"e2", "", "nobody's", "e5", "e3", "x3", "e2"}, Keys: []string{"s/m/ann", "s/m/nobody", "s/m/bob", "s/m/ann"}}
		require.NoError(t, engine.Load(s, &l))
		require.Equal(t, []uint64{2, 0, 0, 5, 0, 3, 2}, l.Seqs)
		texts := func(list [][]byte) (texts []string) {
			for _, b := range list {
				texts = append(texts, string(b))
			}
			return texts
		}
		require.Equal(t, []string{"record 2", "", "", "record 5", "", "less", "record 2"}, texts(l.Records))
		require.Equal(t, []string{"a\x00nn", "", "", "a\x00nn"}, texts(l.Values))
		require.Nil(t, l.Values[1])
		require.NotNil(t, l.Values[2])
		s = h.Reopen(t, s)
	}
}

// conformKill holds that what a commit has acknowledged is there when the process dies, and that no row is older than the mark says:
// what follows the mark comes back from the journal.
func conformKill(t *testing.T, h Harness) {
	seed := rand.Int63()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	s, last := h.Open(t), uint64(0)
	p := newSender(t)
	written := map[string][]uint64{} // by row, the events that have written it
	for range 6 {
		for range r.Intn(30) {
			b := p.batch(t, 1+r.Intn(4))
			last += uint64(len(b.Records))
			key := fmt.Sprintf("l/%d", r.Intn(20))
			b.Rows = []engine.Row{{Key: key, Value: fmt.Append(nil, last)}}
			written[key] = append(written[key], last)
			if r.Intn(4) == 0 {
				key := fmt.Sprintf("s/m/%d", r.Intn(5))
				b.States, b.Mark = []engine.Row{{Key: key, Value: fmt.Append(nil, last)}}, last
				written[key] = append(written[key], last)
			}
			require.NoError(t, s.Commit(b))
		}
		s = h.Kill(t, s)
		head, mark := s.Head()
		require.Equal(t, last, head, "seed %d", seed)
		require.LessOrEqual(t, mark, last, "seed %d", seed)
		for key, by := range written {
			value, err := s.Get(key)
			require.NoError(t, err)
			at := uint64(0)
			if value != nil {
				_, err = fmt.Sscan(string(value), &at)
				require.NoError(t, err)
				require.Contains(t, by, at)
			}
			for _, seq := range by {
				if seq <= mark {
					require.GreaterOrEqual(t, at, seq, "seed %d: %s is older than mark %d", seed, key, mark)
				}
			}
		}
		for seq := uint64(1); seq <= last; seq++ {
			found, err := s.Seq(fmt.Sprintf("e%d", seq))
			require.NoError(t, err)
			require.Equal(t, seq, found, "seed %d", seed)
		}
		// The engine applies the tail again, which writes its rows again.
		for key, by := range written {
			seq := by[len(by)-1]
			require.NoError(t, s.Commit(&engine.Batch{Rows: []engine.Row{{Key: key, Value: fmt.Append(nil, seq)}}}))
		}
	}
}

// sender makes batches of records as the engine writes them, which a store reads ids from.
type sender struct {
	p *engine.Processor
	n int
}

func newSender(t *testing.T) *sender {
	rules := &engine.Ruleset{Program: "acme", Calendar: calendar.Calendar{Zone: calendar.UTC},
		Events: []*engine.EventType{{Name: "visit", Schema: event.NewSchema("", 0)}}}
	rules.Link()
	p, err := engine.NewProcessor(engine.NewMemory(), []engine.Version{{Number: 1, From: calendar.Beginning, Rules: rules}}, nil)
	require.NoError(t, err)
	return &sender{p: p}
}

// batch has records and ids, "e1" and so on, and nothing else.
func (s *sender) batch(t *testing.T, n int) *engine.Batch {
	for range n {
		s.n++
		_, refusal, err := s.p.Process(&event.Event{ID: fmt.Sprintf("e%d", s.n), Type: "visit", Member: "ann", Data: []byte("{}")})
		require.NoError(t, err)
		require.Nil(t, refusal)
	}
	b := s.p.Take(false)
	b.Complete()
	s.p.Committed(b)
	return &engine.Batch{First: b.First, Records: b.Records, IDs: b.IDs}
}

// conformTakeOver holds that who has lost a program writes nothing, and can read what was.
func conformTakeOver(t *testing.T, h Harness) {
	first := h.Open(t)
	require.NoError(t, first.Commit(batch(1, 2)))
	second := h.TakeOver(t, first)
	requireBatches(t, second, 2, 2)
	lost := batch(3, 1)
	lost.Rows = []engine.Row{{Key: "l/lost", Value: []byte("v")}}
	require.ErrorIs(t, first.Commit(lost), engine.ErrFenced)
	requireBatches(t, first, 2, 2)
	require.NoError(t, second.Commit(batch(3, 2)))
	require.ErrorIs(t, first.Commit(lost), engine.ErrFenced)
	require.ErrorIs(t, first.Commit(&engine.Batch{Rows: lost.Rows}), engine.ErrFenced, "rows alone are no exception")
	requireBatches(t, second, 4, 4)
	require.Empty(t, scan(t, second, "l/", ""))
	third := h.TakeOver(t, second)
	require.ErrorIs(t, second.Commit(batch(5, 1)), engine.ErrFenced)
	require.NoError(t, third.Commit(batch(5, 1)))
	requireBatches(t, third, 5, 5)
}
