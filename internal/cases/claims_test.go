package cases

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// claim translates spending and holds: a claim of a reward that costs as many points as one likes, confirmed at once when the
// points are spent.
func (l *ledger) claim(w *world, s *step) {
	w.join(s.member(), l.zone(s))
	amount := amountOf(s.Points)
	switch s.Action {
	case "spend":
		l.again(w, s, func() func() *event.Event { return always(engine.NewClaim(s.name(), s.member(), "spend", amount)) })
		if a := l.delivery(s.name(), len(l.answers[s.name()])-1); a.refusal == nil && !a.duplicate() {
			w.accepted(w.send(engine.NewConfirm("", s.name(), 0)))
		}
	case "hold":
		l.again(w, s, func() func() *event.Event {
			return always(engine.NewClaim(s.name(), s.member(), holdName(s.timeout()), amount))
		})
	case "capture":
		l.again(w, s, func() func() *event.Event { return always(engine.NewConfirm(s.name(), s.Hold, amount)) })
	case "void":
		l.again(w, s, func() func() *event.Event { return always(engine.NewCancel(s.name(), s.Hold)) })
	case "reverse_spend":
		l.again(w, s, func() func() *event.Event { return always(engine.NewReturn(s.name(), s.Spend, amount)) })
	}
}

// amountOf is a number of a case, 0 for none.
func amountOf(n *json.Number) decimal.Decimal {
	if n == nil {
		return 0
	}
	d, err := decimal.Parse(n.String())
	if err != nil {
		cannot("%s is no amount: %v", *n, err)
	}
	return d
}
