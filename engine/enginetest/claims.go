package enginetest

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// checkHolds: what lots hold is what open claims hold of them, and what a member can use is not in use.
func checkHolds(t TB, m *engine.Member) {
	t.Helper()
	free := map[string]bool{}
	for i := range m.Rewards {
		id := m.Rewards[i].ID()
		require.False(t, free[id], "%s has %s twice", m.ID, id)
		free[id] = true
	}
	for _, c := range m.Claims {
		if c.Held != nil && (c.State == engine.ClaimOpen || c.State == engine.ClaimConfirmed) {
			require.False(t, free[c.Held.ID()], "%s can use %s, which claim %s takes", m.ID, c.Held.ID(), c.ID)
			free[c.Held.ID()] = true
		}
	}
	held := map[string]decimal.Decimal{}
	for _, c := range m.Claims {
		for i := range c.Parts {
			p := &c.Parts[i]
			require.LessOrEqual(t, p.Returned, p.Amount, "claim %s returns no more than it spent", c.ID)
			if c.State == engine.ClaimOpen {
				held[p.Points] += p.Amount
			}
		}
	}
	for _, a := range m.Accounts {
		var sum decimal.Decimal
		for _, l := range a.Lots() {
			sum += l.Held
		}
		require.Equal(t, held[a.Points], sum, "what %s holds of %s", m.ID, a.Points)
	}
}

// claimed is a claim as the journal tells it.
type claimed struct {
	reward string
	state  string
	until  calendar.Instant
}

// checkClaims: a hold is resolved at most once and never after its end, no code is handed out twice, and neither the stock
// of a reward nor its limit for everyone is ever exceeded.
func checkClaims(t TB, store engine.Store, versions []engine.Version) {
	t.Helper()
	claims := map[string]*claimed{}
	given := map[string]int{} // gifts that were not taken back, by reward
	codes := map[string]bool{}
	require.NoError(t, store.Records(1, func(seq uint64, b []byte) bool {
		rec, err := engine.DecodeRecord(b)
		require.NoError(t, err)
		for i := range rec.Outcome.Effects {
			e := &rec.Outcome.Effects[i]
			if e.Kind != engine.RewardEffect {
				continue
			}
			use := rec.Outcome.Handing != nil && rec.Outcome.Handing.Holding != ""
			if c := claims[e.Claim]; e.Code != "" && !use && (c == nil || c.state == "open") { // a partial return tells it again
				require.False(t, codes[e.ID+" "+e.Code], "record %d hands out a code again", seq)
				codes[e.ID+" "+e.Code] = true
			}
			switch {
			case e.Claim != "" && use && claims[e.Claim] == nil:
				claims[e.Claim] = &claimed{state: e.State, until: e.Expires} // which takes nothing of the stock
			case e.Claim != "":
				settle(t, claims, rec, e)
			case e.Revoked:
				given[e.ID]--
			default:
				given[e.ID]++
			}
		}
		for _, v := range versions {
			if v.Number == rec.Present {
				checkStock(t, rec, v.Rules, claims, given)
			}
		}
		return true
	}))
}

// settle follows a claim from state to state.
func settle(t TB, claims map[string]*claimed, rec *engine.Record, e *engine.Effect) {
	t.Helper()
	c := claims[e.Claim]
	switch e.State {
	case "open":
		require.Nil(t, c, "record %d makes claim %s again", rec.Seq, e.Claim)
		claims[e.Claim] = &claimed{reward: e.ID, state: e.State, until: e.Expires}
		return
	case "confirmed":
		require.NotNil(t, c)
		var returned struct {
			Amount *decimal.Decimal `json:"amount"`
		}
		require.NoError(t, json.Unmarshal(rec.Event.Data, &returned))
		part := c.state == "confirmed" && returned.Amount != nil // of which a part was returned
		require.True(t, part || c.state == "open" && rec.Event.Arrived < c.until, "record %d confirms a claim that is %s", rec.Seq, c.state)
	case "cancelled":
		require.Equal(t, "open", c.state)
		require.Less(t, rec.Event.Arrived, c.until)
	case "returned":
		require.Equal(t, "confirmed", c.state)
	}
	c.state = e.State
}

func checkStock(t TB, rec *engine.Record, rules *engine.Ruleset, claims map[string]*claimed, given map[string]int) {
	t.Helper()
	for _, r := range rules.Rewards {
		n := 0
		for _, c := range claims {
			if c.reward == r.ID && (c.state == "confirmed" || c.state == "open" && rec.Event.Arrived < c.until) {
				n++
			}
		}
		if r.Scarce {
			require.LessOrEqual(t, n+given[r.ID], r.Stock, "record %d: the stock of %s", rec.Seq, r.ID)
		}
		for _, l := range r.Limits {
			if l.Everyone && l.Points == nil && l.Per == calendar.Always && l.Last.IsZero() {
				most := int(l.N / decimal.One)
				require.LessOrEqual(t, n, most, "record %d: %s of %s", rec.Seq, l.Text, r.ID)
			}
		}
	}
}
