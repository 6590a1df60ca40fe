package boardtest

import (
	"cmp"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// model is a ranking by definition: all scores in a map, sorted and counted again for each question.
type model map[string]leaderboards.Score

func (m model) put(s leaderboards.Score) {
	if old, known := m[s.Member]; !known || s.Version > old.Version {
		m[s.Member] = s
	}
}

func (m model) rows(rules leaderboards.Rules) []leaderboards.Standing {
	better := func(a, b leaderboards.Score) int {
		if rules.Order == leaderboards.HighestFirst {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Rest, b.Rest))
	}
	var ranked []leaderboards.Score
	for _, s := range m {
		if !s.Removed {
			ranked = append(ranked, s)
		}
	}
	slices.SortFunc(ranked, func(a, b leaderboards.Score) int {
		return cmp.Or(better(a, b), cmp.Compare(a.Reached, b.Reached), strings.Compare(a.Member, b.Member))
	})
	var rows []leaderboards.Standing
	for i, s := range ranked {
		rank, values := i+1, map[exact]bool{}
		if rules.Ties != leaderboards.Earliest {
			rank = 1
			for _, other := range ranked {
				if better(other, s) < 0 && (rules.Ties != leaderboards.Dense || !values[exact{other.Value, other.Rest}]) {
					values[exact{other.Value, other.Rest}] = true
					rank++
				}
			}
		}
		rows = append(rows, leaderboards.Standing{Rank: int64(rank), Member: s.Member, Value: s.Value, Rest: s.Rest, Reached: s.Reached})
	}
	return rows
}

// exact is a score with what its six digits leave out.
type exact struct {
	value decimal.Decimal
	rest  int64
}

func testRandom(t *testing.T, board leaderboards.Board) {
	for _, rules := range allRules() {
		t.Run(rules.Order.String()+" "+rules.Ties.String(), func(t *testing.T) {
			r := &randomTest{fixture: newFixture(t, board, rules), Rand: rand.New(rand.NewPCG(drawSeed(t), 0)), model: model{}}
			for step := range uint64(300) {
				before, version := r.model.rows(rules), r.version()
				r.step(step)
				after := r.model.rows(rules)
				if !slices.Equal(before, after) && len(r.model) > 0 {
					require.Greater(t, r.version(), version)
				}
				r.check(after)
			}
		})
	}
}

// drawSeed returns the seed of a random test: LAUREL_SEED, or one drawn and printed.
func drawSeed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("LAUREL_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, "LAUREL_SEED")
	}
	t.Logf("LAUREL_SEED=%d", seed)
	return seed
}

type randomTest struct {
	*fixture
	*rand.Rand
	model model
}

// step writes a few scores, some of them stale, or now and then resets or rebuilds.
func (r *randomTest) step(step uint64) {
	switch r.IntN(40) {
	case 0:
		require.NoError(r, r.board.Reset(r.ctx, r.key))
		clear(r.model)
	case 1:
		var scores []leaderboards.Score
		for _, s := range r.model {
			scores = append(scores, s)
		}
		require.NoError(r, r.rebuild(sequence(scores...)))
	default:
		var scores []leaderboards.Score
		for range 1 + r.IntN(8) {
			s := r.score(step)
			scores = append(scores, s)
			r.model.put(s)
		}
		r.put(scores...)
	}
}

func (r *randomTest) score(step uint64) leaderboards.Score {
	s := leaderboards.Score{
		Member:  strconv.Itoa(r.IntN(40)),
		Value:   decimal.Decimal(r.IntN(12) - 6),
		Reached: calendar.Instant(r.IntN(5) - 2),
		Version: step + r.Uint64N(20),
		Removed: r.IntN(6) == 0,
	}
	if r.IntN(3) == 0 {
		s.Rest = []int64{1, -1, 1 << 62, -1 << 62}[r.IntN(4)]
	}
	if r.IntN(10) == 0 {
		s.Value = decimal.Decimal(math.MinInt64 + r.Int64N(3))
	}
	if r.IntN(10) == 0 {
		s.Value = decimal.Decimal(math.MaxInt64 - r.Int64N(3))
	}
	return s
}

// check asks for everything that can be asked, partly at random.
func (r *randomTest) check(want []leaderboards.Standing) {
	rows, total, err := r.board.Page(r.ctx, r.key, r.rules, 1, leaderboards.MaxPage)
	require.NoError(r, err)
	require.Equal(r, want, rows)
	require.EqualValues(r, len(want), total)
	require.EqualValues(r, len(want), r.size())

	from, limit := r.IntN(len(want)+3), r.IntN(8)
	rows, _, err = r.board.Page(r.ctx, r.key, r.rules, int64(from), limit)
	require.NoError(r, err)
	first := min(max(from-1, 0), len(want))
	require.Equal(r, text(want[first:min(first+limit, len(want))]), text(rows))

	member := strconv.Itoa(r.IntN(40))
	row, ranked, err := r.board.Standing(r.ctx, r.key, r.rules, member)
	require.NoError(r, err)
	at := slices.IndexFunc(want, func(s leaderboards.Standing) bool { return s.Member == member })
	require.Equal(r, at >= 0, ranked)
	n := r.IntN(10)
	around, err := r.board.Around(r.ctx, r.key, r.rules, member, n)
	require.NoError(r, err)
	if at < 0 {
		require.Empty(r, around)
		return
	}
	require.Equal(r, want[at], row)
	low := max(0, min(at-n, len(want)-2*n-1))
	require.Equal(r, want[low:min(low+2*n+1, len(want))], around)
}

// testConcurrency has one writer let members overtake one another while readers check each page by itself.
func testConcurrency(t *testing.T, board leaderboards.Board) {
	f := newFixture(t, board, leaderboards.Rules{Ties: leaderboards.Share})
	f.put(ladder(60)...)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					checkOnePage(t, f)
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(drawSeed(t), 0))
	for version := range uint64(300) {
		var scores []leaderboards.Score
		for range 5 {
			member := "m" + strconv.Itoa(1+random.IntN(60))
			scores = append(scores, score(member, strconv.Itoa(random.IntN(20)), 1, 1000+version))
		}
		f.put(scores...)
	}
	close(done)
	readers.Wait()
}

func checkOnePage(t *testing.T, f *fixture) {
	rows, total, err := f.board.Page(f.ctx, f.key, f.rules, 1, 100)
	if err != nil || total != 60 || len(rows) != 60 {
		t.Errorf("a page of %d rows, total %d: %v", len(rows), total, err)
		return
	}
	members := map[string]bool{}
	for i, row := range rows {
		members[row.Member] = true
		if i > 0 && (row.Value > rows[i-1].Value || (row.Value == rows[i-1].Value) != (row.Rank == rows[i-1].Rank)) {
			t.Errorf("rows out of order: %v, %v", rows[i-1], row)
		}
	}
	if len(members) != 60 {
		t.Errorf("a page with %d different members", len(members))
	}
}
