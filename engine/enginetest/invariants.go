package enginetest

import (
	"fmt"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// TB is the part of testing.TB that the checker needs, so that property tests of other libraries can use it as well.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
}

// CheckInvariants fails the test unless everything that must hold of a program after any sequence of events holds now
// (reliability: Invariants). It commits what the processor has
// gathered, with a checkpoint.
func CheckInvariants(t TB, store engine.Store, p *engine.Processor, versions []engine.Version) {
	t.Helper()
	b := p.Take(true)
	b.Complete()
	require.NoError(t, store.Commit(b))
	p.Committed(b)

	checkJournal(t, store, versions)
	checkAwards(t, store)
	checkTotals(t, store, p)
	checkClaims(t, store, versions)
	members := 0
	require.NoError(t, store.Scan("s/m/", "", func(key string, _ []byte) bool {
		members++
		m := p.Member(strings.TrimPrefix(key, "s/m/"))
		if m == nil && p.Merged(strings.TrimPrefix(key, "s/m/")) != "" {
			return true
		}
		checkMember(t, store, m)
		checkDebt(t, p, m)
		checkHolds(t, m)
		return true
	}))
	replayed, err := engine.Replay(store, versions)
	require.NoError(t, err)
	require.Empty(t, replayed.Differs, "a full replay of the journal must give the states that are stored")
	require.Equal(t, replayed.Stored, replayed.Hash)
}

// checkJournal: sequence numbers without gaps, acceptance that never goes back, outcomes of versions that existed, no two
// gifts with one cause, and ids that lead back to their records.
func checkJournal(t TB, store engine.Store, versions []engine.Version) {
	t.Helper()
	last, _ := store.Head()
	next := uint64(1)
	var arrived int64
	require.NoError(t, store.Records(1, func(seq uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		require.Equal(t, next, seq, "sequence numbers have no gap")
		require.Equal(t, seq, rec.Seq)
		next++
		if !rec.Event.Past {
			require.GreaterOrEqual(t, int64(rec.Event.Arrived), arrived, "acceptance time never goes back")
			arrived = int64(rec.Event.Arrived)
		}
		known, err := store.Seq(rec.Event.ID)
		require.NoError(t, err)
		require.Equal(t, seq, known, "event %s leads to its record", rec.Event.ID)
		existed := false
		for _, v := range versions {
			existed = existed || v.Number == rec.Version && v.Rules.Tag == rec.Outcome.Ruleset
		}
		require.True(t, existed, "record %d names a version that existed", seq)
		checkCauses(t, rec)
		return true
	}))
	require.Equal(t, last+1, next)
}

func checkCauses(t TB, rec *engine.Record) {
	t.Helper()
	seen := map[string]bool{}
	for _, e := range rec.Outcome.Effects {
		if e.Kind != engine.PointsEffect || e.Amount < 0 || rec.Outcome.Revision != nil {
			continue
		}
		cause := fmt.Sprint(e.ID, e.Source, e.Goal, e.Cause)
		require.False(t, seen[cause], "record %d gives %s twice for one cause", rec.Seq, cause)
		seen[cause] = true
		require.LessOrEqual(t, e.Amount, e.Wanted, "record %d: never more than wanted", rec.Seq)
	}
}

// checkMember: books that balance, and a ledger whose entries sum to them.
func checkMember(t TB, store engine.Store, m *engine.Member) {
	t.Helper()
	require.NotNil(t, m)
	sums := map[string]decimal.Decimal{}
	balances := map[string]decimal.Decimal{}
	require.NoError(t, engine.Ledger(store, m.ID, 0, func(seq uint64, _ calendar.Instant, entries []engine.Entry) bool {
		for _, e := range entries {
			if !e.Kind.Moves() {
				sums[e.Points] += e.Amount
			}
			balances[e.Points] = e.Balance
		}
		return true
	}))
	for _, a := range m.Accounts {
		require.True(t, a.Proved(), "the books of %s in %s must balance: %+v", m.ID, a.Points, a)
		var live decimal.Decimal
		for _, l := range a.Lots() {
			live += l.Remaining + l.Held
		}
		require.Equal(t, live-a.Debt, sums[a.Points], "the entries of %s in %s sum to the balance", m.ID, a.Points)
		require.Equal(t, sums[a.Points], balances[a.Points], "the last entry of %s tells the balance", m.ID)
	}
}
