package cases

import (
	"fmt"

	"github.com/laurel-engine/laurel/engine"
)

// claim translates spending and holds: a claim of a reward that costs as many points as one likes, confirmed at once when the
// points are spent.
func (l *ledger) claim(w *world, s *step) {
	switch s.Action {
	case "spend":
		l.again(w, s, func() func() *engine.Event { return always(claim(s.name(), s.member(), "spend", s.Points)) })
		if a := l.delivery(s.name(), len(l.answers[s.name()])-1); a.refusal == nil && !a.duplicate() {
			w.accepted(w.send(settle("claim.confirm", s.name()+"/confirm", s.member(), s.name(), nil)))
		}
	case "hold":
		l.again(w, s, func() func() *engine.Event { return always(claim(s.name(), s.member(), holdName(s.timeout()), s.Points)) })
	case "capture":
		l.again(w, s, func() func() *engine.Event { return always(settle("claim.confirm", s.name(), s.member(), s.Hold, s.Points)) })
	case "void":
		l.again(w, s, func() func() *engine.Event { return always(settle("claim.cancel", s.name(), s.member(), s.Hold, nil)) })
	case "reverse_spend":
		l.again(w, s, func() func() *engine.Event { return always(settle("claim.return", s.name(), s.member(), s.Spend, s.Points)) })
	}
}

// claim is a member's claim of a reward, under the id of the step.
func claim(id, member, reward string, amount any) *engine.Event {
	return command("reward.claim", id, member, map[string]any{"reward": reward, "amount": amount})
}

// settle confirms, cancels or returns a claim, all of it where amount is nil.
func settle(what, id, member, claim string, amount any) *engine.Event {
	data := map[string]any{"claim": claim}
	if fmt.Sprint(amount) != "<nil>" {
		data["amount"] = amount
	}
	return command(what, id, member, data)
}

func command(what, id, member string, data map[string]any) *engine.Event {
	return &engine.Event{ID: "laurel:" + id, Type: what, Member: member, Data: []byte(written(data))}
}
