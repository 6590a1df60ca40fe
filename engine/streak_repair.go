package engine

import (
	"encoding/json"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
)

// Commands about what members buy for their streaks.
const (
	commandFreeze = "streak.freeze"
	commandRepair = "streak.repair"
)

// mending is the data of both.
type mending struct {
	Streak string `json:"streak"`
}

// Mended is a repair as the journal keeps it: the missed periods that it bridges.
type Mended struct {
	Streak string
	challenges.Span
}

// NewFreeze is the event by which a member buys a freeze to be stored for a streak.
func NewFreeze(id, member, streak string) *event.Event {
	return newKeyed(id, commandFreeze, member, encodeJSON(mending{Streak: streak}))
}

// NewRepair is the event by which a member mends the last break of a streak, so that the run goes on.
func NewRepair(id, member, streak string) *event.Event {
	return newKeyed(id, commandRepair, member, encodeJSON(mending{Streak: streak}))
}

func checkMending(rules *Ruleset, e *event.Event) *Refusal {
	var data mending
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the command is not well-formed JSON"}
	}
	s := rules.streak(data.Streak)
	switch {
	case s == nil:
		var ids []string
		for _, s := range rules.Streaks {
			ids = append(ids, s.ID)
		}
		message := "there is no such streak"
		if s := spelling.Suggest(data.Streak, ids); s != "" {
			message += ": " + s
		}
		return &Refusal{Code: CodeNotFound, Message: message}
	case e.Type == commandFreeze && s.FreezeCost == nil:
		return &Refusal{Code: CodeNotForSale, Message: "this streak has no freezes to buy"}
	case e.Type == commandRepair && s.Run.Repair.IsZero():
		return &Refusal{Code: CodeNotForSale, Message: "this streak cannot be repaired"}
	}
	return nil
}

// mended finds the streak of a command with the member's record of it; nil where nothing can be done.
func (a *applier) mended(e *event.Event) (*Streak, *StreakRecord) {
	var data mending
	if json.Unmarshal(e.Data, &data) != nil {
		return nil, nil
	}
	s := a.current.streak(data.Streak)
	if s == nil {
		a.refuse(CodeNotFound, "the present ruleset does not have this streak")
		return nil, nil
	}
	a.look(e)
	return s, a.m.needStreak(s.Key)
}

// freezeCommand buys a freeze.
func (a *applier) freezeCommand(e *event.Event) {
	s, rec := a.mended(e)
	if s == nil {
		return
	}
	if a.m.StreakAt(a.current, s, a.now).Stored >= s.Run.Hold {
		a.refuse(CodeFreezesFull, "no more than "+count(s.Run.Hold)+" freezes can be held")
		return
	}
	if !a.affords(s.FreezeCost) {
		a.refuse(CodeInsufficient, "the member has fewer points than a freeze costs")
		return
	}
	a.pay(s.FreezeCost, s.Source)
	a.freeze(s, rec)
}

// freezeAgain buys a freeze that a recorded command bought, as a reversal looks at it again.
func (a *applier) freezeAgain(e *event.Event) {
	if s, rec := a.mended(e); s != nil {
		a.freeze(s, rec)
	}
}

func (a *applier) freeze(s *Streak, rec *StreakRecord) {
	rec.Bought = append(rec.Bought, a.now)
	a.out.replace(a.streakEffect(s, rec))
}

// repairCommand bridges the periods missed since the last break.
func (a *applier) repairCommand(e *event.Event) {
	s, rec := a.mended(e)
	if s == nil {
		return
	}
	at := a.m.StreakAt(a.current, s, a.now)
	if at.MendableUntil == 0 {
		a.refuse(CodeNotRepairable, "there is no break that could still be repaired")
		return
	}
	if !a.affords(s.RepairCost) {
		a.refuse(CodeInsufficient, "the member has fewer points than a repair costs")
		return
	}
	a.pay(s.RepairCost, s.Source)
	a.provenance.Mended = append(a.provenance.Mended, Mended{s.Key, at.Missed})
	a.mend(s, rec, at.Missed)
}

func (a *applier) mend(s *Streak, rec *StreakRecord, missed challenges.Span) {
	rec.Mended = append(rec.Mended, missed)
	a.streakGoals(s, rec, missed.First-1) // those of a run that began since, if it is one with the other now
	a.out.replace(a.streakEffect(s, rec))
}

// mendAgain mends what a recorded repair mended, as a reversal looks at it again.
func (a *applier) mendAgain(provenance *Provenance) {
	for i := 0; provenance != nil && i < len(provenance.Mended); i++ {
		m := &provenance.Mended[i]
		if s := a.current.streak(idOfKey(m.Streak)); s != nil && s.Key == m.Streak {
			a.mend(s, a.m.needStreak(s.Key), m.Span)
		}
	}
}

// count writes a small number.
func count(n int) string {
	d, _ := decimal.FromInt(int64(n))
	return d.String()
}
