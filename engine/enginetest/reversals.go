package enginetest

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// gift is one thing given: by which event, for which cause, by which definition.
type gift struct {
	seq      uint64
	cause    uint32
	kind     engine.EffectKind
	source   engine.Source
	id, goal string
}

// award is a goal reached by a member: its key is free again only after it was undone.
type award struct {
	member  string
	version int // of the ruleset: a raised version of a challenge starts afresh
	cause   engine.Cause
}

// checkAwards: no more is taken back than was given, a void takes back all of it, and no award is held twice.
func checkAwards(t TB, store engine.Store) {
	t.Helper()
	given, back := map[gift]decimal.Decimal{}, map[gift]decimal.Decimal{}
	held, of := map[award]bool{}, map[engine.CauseRef]award{}
	require.NoError(t, store.Records(1, func(seq uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		for _, e := range rec.Outcome.Effects {
			if e.Kind == engine.PointsEffect && e.Amount > 0 && (rec.Outcome.Revision == nil || e.Cause > 0) {
				given[gift{seq, e.Cause, e.Kind, e.Source, e.ID, e.Goal}] += e.Amount
			}
		}
		if rev := rec.Outcome.Revision; rev != nil {
			for _, r := range rev.Raises {
				if r.Kind != engine.PointsEffect || r.Take {
					continue
				}
				g := gift{rev.Seq, 0, r.Kind, r.Source, r.ID, ""}
				if r.Lifted {
					back[g] -= r.Amount
				} else {
					given[g] += r.Amount
				}
			}
			for _, c := range rev.Clawbacks {
				if c.Kind == engine.PointsEffect {
					require.LessOrEqual(t, c.Forgiven+c.Debt, c.Amount, "record %d", seq)
					back[gift{c.Seq, c.Cause, c.Kind, c.Source, c.ID, c.Goal}] += c.Amount
				}
			}
			for _, ref := range rev.Undone {
				if a, ok := of[ref]; ok {
					require.True(t, held[a], "record %d undoes what is not held: %+v", seq, a)
					delete(held, a)
				}
			}
		}
		if rec.Outcome.Provenance != nil {
			for i, c := range rec.Outcome.Provenance.Causes {
				if c.Event != engine.ChallengeCompleted && c.Event != engine.StreakReached {
					continue
				}
				a := award{rec.Event.Member, rec.Version, c}
				a.cause.At = 0
				require.False(t, held[a], "record %d reaches again what is held: %+v", seq, a)
				held[a], of[engine.CauseRef{Seq: seq, Cause: uint32(i + 1)}] = true, a
			}
		}
		return true
	}))
	for g, amount := range back {
		require.LessOrEqual(t, amount, given[g], "no more is taken back than was given: %+v", g)
	}
}

// checkTotals: over the whole program, what was issued is what is outstanding and what became of the rest (P10), and the
// journal's entries say the same as the members' books.
func checkTotals(t TB, store engine.Store, p *engine.Processor) {
	t.Helper()
	type books struct{ issued, outstanding, spent, expired, forfeited, reversed, debt decimal.Decimal }
	totals, entries := map[string]books{}, map[string]books{}
	add := func(accounts []*engine.Account) {
		for _, a := range accounts {
			b := totals[a.Points]
			b.issued, b.spent, b.expired = b.issued+a.Issued, b.spent+a.Spent, b.expired+a.Expired
			b.forfeited, b.reversed, b.debt = b.forfeited+a.Forfeited, b.reversed+a.Reversed, b.debt+a.Debt
			for _, l := range a.Lots() {
				b.outstanding += l.Remaining + l.Held
			}
			totals[a.Points] = b
		}
	}
	require.NoError(t, store.Scan("s/m/", "", func(key string, _ []byte) bool {
		if m := p.Member(strings.TrimPrefix(key, "s/m/")); m != nil { // else it was merged into another
			add(m.Accounts)
		}
		return true
	}))
	require.NoError(t, store.Scan("s/e/", "", func(_ string, state []byte) bool {
		add(engine.DecodeErased(state).Accounts)
		return true
	}))
	require.NoError(t, store.Records(1, func(_ uint64, record []byte) bool {
		rec, err := engine.DecodeRecord(record)
		require.NoError(t, err)
		for _, e := range rec.Outcome.Entries {
			b := entries[e.Points]
			switch e.Kind {
			case engine.EntryIssued:
				b.issued += e.Amount
			case engine.EntryExpired, engine.EntryRestored:
				b.expired -= e.Amount
			case engine.EntryForfeited, engine.EntryReturned:
				b.forfeited -= e.Amount
			case engine.EntryReversed, engine.EntryMadeGood:
				b.reversed -= e.Amount
			case engine.EntrySpent, engine.EntryRefunded:
				b.spent -= e.Amount
			}
			entries[e.Points] = b
		}
		return true
	}))
	for points, b := range totals {
		require.Equal(t, b.issued, b.outstanding+b.spent+b.expired+b.forfeited+b.reversed-b.debt, "%s: %+v", points, b)
		e := entries[points]
		e.outstanding, e.debt = b.outstanding, b.debt
		require.Equal(t, b, e, "the entries of %s say what the books say", points)
	}
}

// checkDebt: nothing is spendable while there is debt.
func checkDebt(t TB, p *engine.Processor, m *engine.Member) {
	t.Helper()
	now := calendar.Instant(0)
	for _, a := range m.Accounts {
		for _, l := range a.Lots() {
			if l.Available != calendar.Forever {
				now = max(now, l.Granted)
			}
		}
	}
	for _, points := range p.Rules().Points {
		b := m.Balance(p.Rules(), points, now)
		require.GreaterOrEqual(t, b.Spendable, decimal.Decimal(0))
		require.True(t, b.Debt == 0 || b.Spendable == 0, "%s owes %s and has %s of %s", m.ID, b.Debt, b.Spendable, points.ID)
	}
}
