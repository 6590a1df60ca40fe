package cases

import (
	"encoding/json"
	"fmt"

	"github.com/laurel-engine/laurel/engine"
)

// referral translates bonuses for bringing somebody in: a member's field says who that was, and a challenge is the friend's
// first purchase that is large enough.
type referral struct {
	config struct {
		Referrer json.Number `json:"referrer_points"`
		Referee  json.Number `json:"referee_points"`
		Minor    int64       `json:"min_minor"`
		Days     int         `json:"within_days"`
		Cap      int         `json:"cap_per_referrer_year"`
	}
}

func newReferral(c *semanticCase, _ func() *world) family {
	f := &referral{}
	c.configure(&f.config)
	return f
}

func (f *referral) ruleset() string {
	return lines("program: worked_case", "currency: EUR", "member: {referred_by?: member}", "events: {purchase: {order: text, amount: money}}",
		"points: {stars: {}}",
		"challenges:", "  first_order:", "    when: purchase", fmt.Sprintf("    if: event.amount >= %d.%02d", f.config.Minor/100, f.config.Minor%100),
		"    for: has(member.referred_by)", fmt.Sprintf("    within: %d days", f.config.Days), "    goal: 1",
		fmt.Sprintf("    give: {stars: %s}", f.config.Referee),
		"rules:", "  thanks:", "    when: challenge_completed", `    if: event.challenge == "first_order"`, "    to: member.referred_by",
		fmt.Sprintf("    give: {stars: %s}", f.config.Referrer), line(f.config.Cap > 0, "    limit: %d per year", f.config.Cap))
}

func (f *referral) begin(*world, []*step) {}

func (f *referral) step(w *world, s *step) {
	switch s.Action {
	case "refer":
		if s.Fingerprint != "" {
			cannot("who shares an address or a device is not known to the engine")
		}
		w.join(s.Referrer, "")
		by, err := json.Marshal(s.Referrer)
		must(err)
		w.send(engine.NewProfile(s.name(), s.Referee, engine.Profile{Fields: map[string]json.RawMessage{"referred_by": by}}))
	case "purchase":
		w.join(s.member(), "")
		w.happen(s.name(), "purchase", s.member(), s.Occurred,
			map[string]any{"order": s.Order, "amount": json.Number(fmt.Sprintf("%d.%02d", *s.Minor/100, *s.Minor%100))})
	default:
		unknown("action", s.Action)
	}
}

func (f *referral) look(w *world, key string, _ any) any {
	switch key {
	case "refused", "error":
		cannot("any member can be named in a member's field: the language has no rule for who may refer whom")
	}
	return w.balance(key, "stars").Spendable
}
