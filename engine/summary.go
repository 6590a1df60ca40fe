package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Summary is a member on one line.
type Summary struct {
	ID       string                     `json:"id"`
	Name     string                     `json:"name,omitempty"` // as the ruleset lets boards show members
	Balances map[string]decimal.Decimal `json:"balances"`       // what can be spent, by points
	Tiers    map[string]string          `json:"tiers"`          // the level of each tier, "" below the lowest
	// LastEvent is the time of the last event that was sent about the member, null where there was none. What Laurel raised does not count.
	LastEvent *calendar.Instant `json:"last_event_at"`
}

// Summary gathers a member's line at an instant not before its last event.
func (m *Member) Summary(rules *Ruleset, at calendar.Instant) Summary {
	s := Summary{ID: m.ID, Name: rules.ShownName(m), LastEvent: instantOrNil(m.lastSent(rules)),
		Balances: map[string]decimal.Decimal{}, Tiers: map[string]string{}}
	for _, p := range rules.Points {
		s.Balances[p.ID] = m.Balance(rules, p, at).Spendable
	}
	for _, t := range rules.Tiers {
		s.Tiers[t.ID] = m.Level(rules, t, at)
	}
	return s
}

// lastSent is when the last event that somebody sent about the member was, 0 for never.
func (m *Member) lastSent(rules *Ruleset) (at calendar.Instant) {
	for i := range m.Seen {
		if t := rules.EventType(m.Seen[i].Type); t == nil || !t.Builtin {
			at = max(at, m.Seen[i].Last)
		}
	}
	return at
}
