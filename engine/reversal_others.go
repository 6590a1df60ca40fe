package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/decimal"
)

// undoQueued undoes at another member what an event had given to, or taken from, them. What several events were queued of one
// line for keeps what is wanted of it, the first of them first: spread is what they keep so far.
func (j *recomputation) undoQueued(rec *Record, e *Effect, whole bool, spread map[line]decimal.Decimal) {
	l, g := j.queued(e)
	if j.undoneAtOther(e) {
		return
	}
	c := Clawback{All: whole || j.lines == nil || j.unfired(e.Source) || l.member != j.lines.other(l)}
	if !c.All {
		if g.Points == "" {
			return // a badge or a reward, of a rule that still fires
		}
		c.Amount = min(j.left(e), j.wants(l)-spread[l])
		spread[l] += c.Amount
		if c.Amount == j.left(e) {
			return
		}
	}
	j.claw(rec, e, c)
}

// other is the other member that a rule gives to, or takes from.
func (x *estimate) other(l line) string {
	p := x.fired[l.source]
	if p == nil {
		return ""
	}
	if l.take {
		return p.from
	}
	return p.to
}

// left is what another member still has of what was queued for them, or has had taken.
func (j *recomputation) left(e *Effect) decimal.Decimal {
	_, g := j.queued(e)
	left := g.Amount
	for _, rec := range j.r.records {
		if rec.Outcome.Revision == nil {
			continue
		}
		for i := range rec.Outcome.Revision.Clawbacks {
			switch c := &rec.Outcome.Revision.Clawbacks[i]; {
			case c.Kind != QueuedEffect || c.ID != e.ID || rec.Event.Type == commandRelease:
			case c.All:
				left = 0
			default:
				left = min(left, c.Amount)
			}
		}
	}
	return left
}

// undoneAtOther reports whether all of what was queued for another member has been undone.
func (j *recomputation) undoneAtOther(e *Effect) bool {
	return slices.ContainsFunc(j.r.records, func(rec *Record) bool {
		return rec.Outcome.Revision != nil && rec.Event.Type != commandRelease && rec.Event.Type != commandRefuse &&
			slices.ContainsFunc(rec.Outcome.Revision.Clawbacks, func(c Clawback) bool { return c.Kind == QueuedEffect && c.ID == e.ID && c.All })
	})
}
