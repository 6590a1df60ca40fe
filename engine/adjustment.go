package engine

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Adjustment is what somebody changes of a balance by hand. It does not count as earned.
type Adjustment struct {
	Points string          `json:"points"`
	Amount decimal.Decimal `json:"amount"` // positive: given, with the normal expiry; negative: taken in spending order
	Reason string          `json:"reason"`
	// BelowZero lets more be taken than there is: the rest is debt. Without it the adjustment is refused.
	BelowZero bool `json:"below_zero,omitempty"`
	// Expires is when what is given expires, whatever the points say: a day, with whose end it does, or an instant. "": as they say.
	Expires string `json:"expires_at,omitempty"`
}

// lastExpiry is where no expiry lies behind: times are written with the years up to it.
const lastExpiry = calendar.Instant(7_258_118_400_000_000) // 2200-01-01T00:00:00Z

// maxReason bounds the reason of an adjustment, which every entry of it carries.
const maxReason = 200

// NewAdjustment is an event that changes a member's balance.
func NewAdjustment(id, member string, c Adjustment) *event.Event {
	return newKeyed(id, commandAdjust, member, encodeJSON(c))
}

func checkAdjustment(rules *Ruleset, m *Member, e *event.Event) *Refusal {
	var c Adjustment
	if json.Unmarshal(e.Data, &c) != nil {
		return &Refusal{Code: "invalid_json", Message: "the adjustment is not well-formed JSON"}
	}
	p := rules.PointsType(c.Points)
	if p == nil {
		return &Refusal{Code: CodePointsUnknown, Message: "the ruleset has no such points"}
	}
	var errs []event.FieldError
	if rounded(c.Amount.Wide(), p) != c.Amount || c.Amount == 0 {
		errs = append(errs, event.FieldError{Location: "amount", Code: "wrong_value",
			Message: "an amount other than 0 is expected, with no more decimals than the points have"})
	}
	if c.Reason == "" || len(c.Reason) > maxReason {
		errs = append(errs, event.FieldError{Location: "reason", Code: "wrong_value", Message: "a reason of 1 to 200 bytes is expected"})
	}
	if c.Expires != "" {
		switch _, end, ok := dated(c.Expires, rules.CalendarOf(m)); {
		case !ok:
			errs = append(errs, undated("expires_at"))
		case c.Amount < 0:
			errs = append(errs, event.FieldError{Location: "expires_at", Code: "wrong_value", Message: "what is taken has no expiry", Suggestion: "leave it out"})
		case end <= e.Time || end > lastExpiry:
			errs = append(errs, event.FieldError{Location: "expires_at", Code: "wrong_time", Message: "a time to come, before the year 2200, is expected"})
		}
	}
	if errs != nil {
		return &Refusal{Code: CodeDoesNotFit, Message: "the adjustment does not fit", Errors: errs}
	}
	if acc := m.account(c.Points); acc != nil && !acc.takesIn(c.Amount) {
		return &Refusal{Code: CodeOverflow, Message: "with this the member's points would be more than can be counted",
			Errors: []event.FieldError{{Location: "amount", Code: CodeOverflow, Message: "this is too much"}}}
	}
	return nil
}

// adjustCommand changes a balance by hand, or remembers that there was too little.
func (a *applier) adjustCommand(e *event.Event) {
	var c Adjustment
	if json.Unmarshal(e.Data, &c) != nil {
		return
	}
	p := a.current.PointsType(c.Points)
	if p == nil {
		return
	}
	a.look(e)
	from := Source{AdjustmentSection, c.Reason}
	if c.Amount > 0 {
		var terms *Terms
		if _, end, ok := dated(c.Expires, a.current.CalendarOf(a.m)); ok {
			terms = &Terms{Granted: a.now, Available: a.now, Expires: end, Fixed: true}
		}
		a.give(p, c.Amount, c.Amount, Pending{Set: true}, terms, from, "", nil)
		return
	}
	short := -c.Amount - a.m.spendable(a.current, p, a.now)
	if short <= 0 {
		a.forfeit(p, -c.Amount, from)
		return
	}
	if !c.BelowZero {
		a.out.Refusal = &Refusal{Code: CodeInsufficient, Message: "the member has fewer points than that"}
		return
	}
	a.overdraw(p, -c.Amount, from)
}

// overdraw takes points in spending order and makes a debt of what is not there.
func (a *applier) overdraw(p *Points, amount decimal.Decimal, from Source) {
	a.forfeit(p, amount, from)
	acc := a.m.needAccount(p.ID)
	told := &a.out.Effects[len(a.out.Effects)-1]
	short := amount + told.Amount
	told.Amount -= short
	acc.Forfeited += short
	acc.Debt += short
	a.entry(acc, Entry{Kind: EntryForfeited, Amount: -short, At: a.now, Source: from})
}
