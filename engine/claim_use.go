package engine

import (
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
)

// commandUse hands over a reward that the member holds.
const commandUse = "reward.use"

// Use is how a reward that a member holds is used.
type Use struct {
	Reward  string `json:"reward"`
	Holding string `json:"holding,omitempty"` // which one; "" for the first to expire
	Where   string `json:"at,omitempty"`      // such as a till
	Hold    bool   `json:"hold,omitempty"`    // it is to be confirmed, or cancelled
}

// maxWhere bounds the name of where a reward is used, in bytes.
const maxWhere = 200

// holdOfUse is how long a use is held of a reward that the ruleset does not have any more.
var holdOfUse = calendar.Duration{N: 15, Unit: calendar.Minute}

// NewUse is the event that uses a reward which the member holds. Its id is the one that its confirmation, cancellation or return
// speaks of, as a claim's is.
func NewUse(id, member string, use Use) *event.Event {
	return newKeyed(id, commandUse, member, encodeJSON(use))
}

// Handing is that a reward was handed over, or is to be.
type Handing struct {
	Holding string // the id of what the member held, "" for what was used as it was bought
	Where   string
}

// checkUse refuses a use that could never be accepted. The rest is decided by the state.
func checkUse(rules *Ruleset, m *Member, e *event.Event) *Refusal {
	var data Use
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the use is not well-formed JSON"}
	}
	known := func(h *RewardHeld) bool { return h.Reward == data.Reward }
	if rules.Reward(data.Reward) == nil && !slices.ContainsFunc(m.Rewards, func(h RewardHeld) bool { return known(&h) }) &&
		!slices.ContainsFunc(m.Claims, func(c *Claim) bool { return c.Held != nil && known(c.Held) }) {
		return noReward(rules, data.Reward)
	}
	return checkWhere(data.Where)
}

func checkWhere(where string) *Refusal {
	if len(where) <= maxWhere {
		return nil
	}
	return &Refusal{Code: CodeDoesNotFit, Message: "the name of the place is too long",
		Errors: []event.FieldError{{Location: "at", Code: "wrong_value", Message: "a text of at most 200 bytes is expected"}}}
}

// useCommand takes a reward that the member holds, and hands it over unless it is to be held. Neither its window, whom it is for, its
// limits nor its stock are asked.
func (a *applier) useCommand(e *event.Event) {
	var data Use
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	a.look(e)
	i := a.m.toUse(data.Reward, data.Holding, a.now)
	if i < 0 {
		a.refuseUse(&data)
		return
	}
	h := a.m.dropHeld(i)
	a.takes(&h, e.Key)
	c := &Claim{ID: e.Key, Reward: h.Reward, Seq: a.seq, At: a.now, Code: h.Code, Held: &h, Where: data.Where}
	r := a.current.Reward(h.Reward)
	if r != nil {
		a.trace.fired(e.ID, r.Path, r.Position)
	}
	if data.Hold {
		hold := holdOfUse
		if r != nil {
			hold = r.Hold
		}
		c.Until = a.facts.calendar.EndOfDayAfter(a.since(), hold)
		a.m.pinned++
		a.tellUse(c)
		a.tellClaim(c, c.Until)
	} else {
		a.handOver(c)
		a.tellClaim(c, 0)
		a.raiseUsed(e, c)
	}
	a.addClaim(c)
}

// refuseUse remembers that the member does not hold what is to be used, or not any more.
func (a *applier) refuseUse(data *Use) {
	if data.Holding != "" {
		used := func(c *Claim) bool {
			return c.Held != nil && c.Held.ID() == data.Holding && (c.State == ClaimOpen || c.State == ClaimConfirmed) ||
				c.Used && c.ID == data.Holding && c.State == ClaimConfirmed
		}
		if i := slices.IndexFunc(a.m.Claims, used); i >= 0 {
			a.refuseUsed(a.m.Claims[i])
			return
		}
	}
	a.refuse(CodeNotHeld, "the member does not hold this reward, or it has expired")
}

// refuseUsed remembers that a reward has been used before.
func (a *applier) refuseUsed(c *Claim) {
	message := "this reward is being used"
	if c.State == ClaimConfirmed {
		message = "this reward was used on " + c.Settled.String()
	}
	if c.Where != "" {
		message += " at " + c.Where
	}
	a.refuse(CodeAlreadyUsed, message)
}

// handOver confirms a use, or what is used as it is bought.
func (a *applier) handOver(c *Claim) {
	c.State, c.Settled, c.Confirmed = ClaimConfirmed, a.now, a.seq
	a.tellUse(c)
}

// raiseUsed raises the event that a reward was handed over.
func (a *applier) raiseUsed(e *event.Event, c *Claim) {
	a.leadUsed(e, c.Reward, c.ID, c.Where)
}

func (a *applier) leadUsed(e *event.Event, reward, claim, where string) {
	a.follow(Cause{Event: RewardUsed, ID: reward, Goal: claim, At: e.Time}, e.Depth,
		[]event.Value{event.TextValue(reward), event.TextValue(a.kindOf(reward)), event.TextValue(claim), event.TextValue(where)}, e.ID)
}

// kindOf is the kind of a reward, "" of one that the ruleset does not have any more.
func (a *applier) kindOf(reward string) string {
	if r := a.current.Reward(reward); r != nil {
		return r.Kind
	}
	return ""
}

// raiseUsedAgain raises the event of a recorded command that handed a reward over, as a reversal looks at it again. Of one that was
// returned there was none.
func (a *applier) raiseUsedAgain(e *event.Event, then *Outcome, back map[string]returns) {
	claim := then.claimed()
	if claim == nil || then.Handing == nil || claim.State != ClaimConfirmed.String() || back[claim.Claim].whole {
		return
	}
	a.leadUsed(e, claim.ID, claim.Claim, then.Handing.Where)
}

// claimed is what an outcome tells of a claim, nil where it tells nothing of one.
func (o *Outcome) claimed() *Effect {
	i := slices.IndexFunc(o.Effects, func(e Effect) bool { return e.Kind == RewardEffect && e.Claim != "" })
	if i < 0 {
		return nil
	}
	return &o.Effects[i]
}

// undoUse takes back what the use led to whose reward has come back.
func (j *recomputation) undoUse() {
	of := &j.r.target.Outcome
	if of.Handing == nil || of.Provenance == nil || !j.returned[of.claimed().Claim].whole {
		return
	}
	for i := range of.Provenance.Causes {
		if of.Provenance.Causes[i].Event == RewardUsed {
			j.undo(CauseRef{j.r.target.Seq, integer.Exact[uint32](i + 1)}, j.r.target)
		}
	}
}

// rewards are those that the member can use without what was reversed.
func (j *recomputation) rewards() []RewardHeld {
	list := slices.Clone(j.a.m.Rewards)
	for i := range j.rev.Clawbacks {
		c := &j.rev.Clawbacks[i]
		if c.Kind != RewardEffect {
			continue
		}
		at := slices.IndexFunc(list, func(h RewardHeld) bool {
			return h.Seq == c.Seq && h.Source == c.Source && h.Reward == c.ID && h.Expires > j.a.now
		})
		if at >= 0 {
			list = slices.Delete(list, at, at+1)
		} else {
			j.voidUse(c)
		}
	}
	return list
}

// voidUse notes that what a use took was given by what is reversed: nothing comes back of it. A use that is not confirmed goes on, as
// points that are held are not touched.
func (j *recomputation) voidUse(c *Clawback) {
	takes := func(x *Claim) bool {
		return x != nil && x.Held != nil && x.Voids == 0 && (x.State == ClaimOpen || x.State == ClaimConfirmed) &&
			x.Held.Seq == c.Seq && x.Held.Source == c.Source && x.Held.Reward == c.ID && !slices.Contains(j.rev.Voided, x.ID)
	}
	m := j.a.m
	if i := slices.IndexFunc(m.Claims, takes); i >= 0 {
		j.rev.Voided = append(j.rev.Voided, m.Claims[i].ID)
		return
	}
	for _, rec := range j.r.records {
		if rec.Event.Type == commandUse && rec.Outcome.Refusal == nil && m.claim(rec.Event.Key) == nil && takes(j.a.subjects.claimOf(m, rec.Event.Key)) {
			j.rev.Voided = append(j.rev.Voided, rec.Event.Key)
			return
		}
	}
}

// voidUses notes it with the claims.
func (a *applier) voidUses(rev *Revision) {
	for _, id := range rev.Voided {
		if c := a.subjects.claimOf(a.m, id); c != nil {
			c.Voids = rev.Seq
			a.keepKept(c)
		}
	}
}

// usedSince reports whether a reward that an event gave, and gives again, is in use: then it gives no second one.
func (a *applier) usedSince(seq uint64, reward string, by Source) bool {
	return slices.ContainsFunc(a.m.Claims, func(c *Claim) bool {
		return c.Held != nil && c.Voids == seq && c.Held.Reward == reward && c.Held.Source == by && (c.State == ClaimOpen || c.State == ClaimConfirmed)
	})
}

// lapsedBy reports whether a reward that the event at hand gives would have expired by now: an amendment does not give it.
func (a *applier) lapsedBy(reward string) bool {
	r := a.current.Reward(reward)
	return r != nil && r.until(a.facts.calendar, a.event.Time) <= a.now
}

// tellUse tells the journal what a claim hands over.
func (a *applier) tellUse(c *Claim) {
	a.out.Handing = &Handing{Where: c.Where}
	if c.Held != nil {
		a.out.Handing.Holding = c.Held.ID()
	}
}

// unpin ends a use that was not confirmed, at an instant: the reward can be used again.
func (a *applier) unpin(c *Claim, at calendar.Instant) {
	if c.Held == nil {
		return
	}
	if a.m.pinned--; !a.bringBack(c, at) {
		a.tellLapsed(c.Held, at)
	}
}

// bringBack gives back what a use took, with its own expiry, unless what gave it was reversed meanwhile. It reports false for what comes
// back after its expiry: that has expired.
func (a *applier) bringBack(c *Claim, at calendar.Instant) bool {
	if c.Held == nil || c.Voids > 0 {
		return true
	}
	a.takes(c.Held, "")
	if c.Held.Expires <= at {
		return false
	}
	a.receive(*c.Held)
	return true
}

// takes notes, with the claim that bought what a use takes, which use that is; "" once it comes back. A claim whose reward has been
// used cannot be returned whole.
func (a *applier) takes(h *RewardHeld, use string) {
	if h.Claim == "" {
		return
	}
	if c := a.subjects.claimOf(a.m, h.Claim); c != nil {
		c.TakenBy = use
		a.keepKept(c)
	}
}

// keepKept keeps a claim that has changed, where its member's state does not hold it any more.
func (a *applier) keepKept(c *Claim) {
	if a.m.claim(c.ID) == nil {
		a.subjects.keepClaim(c, a.seq)
	}
}

func (w *writer) handing(h *Handing) {
	w.text(h.Holding)
	w.text(h.Where)
}

func (r *reader) handing() *Handing { return &Handing{Holding: r.text(), Where: r.text()} }
