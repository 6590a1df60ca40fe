package engine

import (
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
)

// Commands about rewards.
const (
	commandClaim   = "reward.claim"
	commandConfirm = "claim.confirm"
	commandCancel  = "claim.cancel"
	commandReturn  = "claim.return"
	commandCodes   = "reward.codes"
)

// ReturnType is the type of the events that NewReturn makes.
const ReturnType = commandReturn

// claiming is the data of a claim.
type claiming struct {
	Reward string `json:"reward"`
	// Amount is how much the member chose to pay of a cost of `N or more`; the least where it is left out.
	Amount *decimal.Decimal `json:"amount,omitempty"`
}

// settling is the data of what is done with a claim.
type settling struct {
	Claim  string           `json:"claim"`
	Amount *decimal.Decimal `json:"amount,omitempty"` // of the points chosen; all of it where it is left out
	Used   bool             `json:"used,omitempty"`   // confirm: it is handed over at once
	Where  string           `json:"at,omitempty"`     // confirm: where it is handed over
}

// filling is the data of codes for a pool.
type filling struct {
	Reward string   `json:"reward"`
	Codes  []string `json:"codes"`
}

// ClaimMade is the id of the claim that a record made; made is false for any other record.
func (rec *Record) ClaimMade() (id string, made bool) {
	return rec.Event.Key, makesClaim(rec.Event.Type) && rec.Outcome.Refusal == nil
}

// makesClaim reports whether a type of event is that of a command that makes a claim under its key.
func makesClaim(eventType string) bool { return eventType == commandClaim || eventType == commandUse }

// Claim is a member's claim, also one that the member's state does not hold any more; nil for one that is not known.
func (p *Processor) Claim(m *Member, id string) *Claim {
	if c := m.claim(id); c != nil {
		return c
	}
	if c := p.subjects.claims[id]; c != nil {
		return c
	}
	if state := p.subjects.load(subjectKey(claimPrefix, id)); state != nil { // and not remembered: an export asks for very many
		return decodeClaim(state)
	}
	return nil
}

// claimNow lets the answer to a repeated claim tell how the claim stands now: what it held may have been given back.
func (p *Processor) claimNow(rec *Record, out *Outcome, now calendar.Instant) {
	m := p.subjects.living(rec.Event.Member)
	if m == nil {
		return
	}
	c := p.Claim(m, rec.Event.Key)
	if c == nil {
		return
	}
	out.Effects = slices.Clone(out.Effects)
	for i := range out.Effects {
		e := &out.Effects[i]
		if e.Kind != RewardEffect || e.Claim != c.ID {
			continue
		}
		state := c.stateAt(max(p.arrived, rec.Event.Arrived, now))
		if e.State = state.String(); state == ClaimOpen {
			continue
		}
		e.Expires = 0
		if state == ClaimConfirmed {
			e.Code = c.Code
			if at := slices.IndexFunc(m.Rewards, func(h RewardHeld) bool { return h.Claim == c.ID }); at >= 0 {
				e.Expires = m.Rewards[at].Expires
			}
		}
	}
}

// NewClaim is the event that claims a reward: what it costs is held until the claim is confirmed or cancelled, or the
// hold is over. The claim's id is the one given. An amount of 0 stands for the reward's price.
func NewClaim(id, member, reward string, amount decimal.Decimal) *event.Event {
	return newKeyed(id, commandClaim, member, encodeJSON(claiming{Reward: reward, Amount: given(amount)}))
}

// NewConfirm is the event that spends what a claim holds: amount of it, or all for 0; the rest is given back. Its Member
// is filled in by Process, as that of the next two. Without an id it is made of the claim and the amount, so that
// repeating it is harmless.
func NewConfirm(id, claim string, amount decimal.Decimal) *event.Event {
	return NewConfirmation(id, claim, amount, false, "")
}

// NewConfirmation is NewConfirm of a claim whose reward is handed over at once, so that the member does not hold it, or of a use; where
// says where, and may be "".
func NewConfirmation(id, claim string, amount decimal.Decimal, used bool, where string) *event.Event {
	names := "confirm"
	if used {
		names = "hand_over"
	}
	return newSettling(commandConfirm, names, id, settling{Claim: claim, Amount: given(amount), Used: used, Where: where})
}

// NewCancel is the event that gives back what a claim holds. Without an id it is made of the claim.
func NewCancel(id, claim string) *event.Event {
	return newSettling(commandCancel, "cancel", id, settling{Claim: claim})
}

// NewReturn is the event that gives back what a confirmed claim has spent: amount of it, or all that is left for 0. Each
// return needs an id of its own.
func NewReturn(id, claim string, amount decimal.Decimal) *event.Event {
	return newSettling(commandReturn, "return", id, settling{Claim: claim, Amount: given(amount)})
}

func newSettling(command, names, id string, data settling) *event.Event {
	of := names + "of/" + data.Claim
	if data.Amount != nil {
		of = names + data.Amount.String() + "/of/" + data.Claim
	}
	e := &event.Event{ID: event.Own + of, Kind: event.Command, Type: command, Data: encodeJSON(data)}
	return e.Keyed(id)
}

// given is an amount, or nil for 0.
func given(amount decimal.Decimal) *decimal.Decimal {
	if amount == 0 {
		return nil
	}
	return &amount
}

// NewCodes is the event that adds codes to the pool of a reward. It is of no member. Codes that the pool has had before
// are refused, all of them together.
func NewCodes(id, reward string, codes []string) *event.Event {
	return &event.Event{ID: event.Own + "codes/" + id, Kind: event.Command, Type: commandCodes, Data: encodeJSON(filling{Reward: reward, Codes: codes})}
}

// settles reports whether a type of event is that of a command about a claim.
func settles(eventType string) bool {
	return eventType == commandConfirm || eventType == commandCancel || eventType == commandReturn
}

// checkClaim refuses a claim that could never be accepted. The rest is decided by the state.
func checkClaim(rules *Ruleset, e *event.Event) *Refusal {
	var data claiming
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the claim is not well-formed JSON"}
	}
	r := rules.Reward(data.Reward)
	switch {
	case r == nil:
		return noReward(rules, data.Reward)
	case len(r.Cost) == 0:
		return &Refusal{Code: CodeNotForSale, Message: "this reward costs nothing: it is given, and cannot be claimed"}
	}
	if _, message := r.price(data.Amount); message != "" {
		return &Refusal{Code: CodeDoesNotFit, Message: "the claim does not fit the reward's cost",
			Errors: []event.FieldError{{Location: "amount", Code: "wrong_amount", Message: message}}}
	}
	return nil
}

func noReward(rules *Ruleset, id string) *Refusal {
	var ids []string
	for _, r := range rules.Rewards {
		ids = append(ids, r.ID)
	}
	message := "there is no such reward"
	if s := spelling.Suggest(id, ids); s != "" {
		message += ": " + s
	}
	return &Refusal{Code: CodeNotFound, Message: message}
}

// chosen is the place in a reward's cost of the points that an amount speaks of: those of `N or more`, else the only ones;
// -1 where there are several of fixed amounts.
func (r *Reward) chosen() int {
	if i := slices.IndexFunc(r.Cost, func(c Cost) bool { return c.OrMore }); i >= 0 || len(r.Cost) != 1 {
		return i
	}
	return 0
}

// price is what a claim costs with the amount chosen, nil for none, or why it cannot be chosen.
func (r *Reward) price(amount *decimal.Decimal) ([]Cost, string) {
	if amount == nil {
		return r.Cost, ""
	}
	i := r.chosen()
	switch {
	case i < 0:
		return nil, "this reward has several fixed costs: leave the amount out"
	case *amount < r.Cost[i].Amount:
		return nil, "this reward costs " + r.Cost[i].Amount.String() + " " + r.Cost[i].Points.ID + " at least"
	case !r.Cost[i].OrMore && *amount > r.Cost[i].Amount:
		return nil, "this reward costs " + r.Cost[i].Amount.String() + " " + r.Cost[i].Points.ID
	case amount.Fraction() > r.Cost[i].Points.Decimals:
		return nil, "the amount has more decimals than the points"
	}
	costs := slices.Clone(r.Cost)
	costs[i].Amount = *amount
	return costs, ""
}

// checkSettling refuses what speaks of no claim, or of no amount.
func checkSettling(rules *Ruleset, subjects *Subjects, e *event.Event) *Refusal {
	var data settling
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the command is not well-formed JSON"}
	}
	var c *Claim
	if m := subjects.Member(e.Member); m != nil {
		c = subjects.claimOf(m, data.Claim)
	}
	if c == nil {
		return &Refusal{Code: CodeUnknownClaim, Message: "there is no such claim"}
	}
	if data.Amount == nil {
		return checkWhere(data.Where)
	}
	message := ""
	switch p := rules.PointsType(c.Chosen); {
	case c.Held != nil:
		message = "a use costs nothing: leave the amount out"
	case c.Chosen == "":
		message = "this claim is of several points: leave the amount out"
	case *data.Amount <= 0:
		message = "an amount is more than 0"
	case p != nil && data.Amount.Fraction() > p.Decimals:
		message = "the amount has more decimals than the points"
	case e.Type == commandConfirm && *data.Amount < c.holding(c.Chosen):
		if r := rules.Reward(c.Reward); r != nil {
			_, message = r.price(data.Amount) // what is kept of a hold is still what the reward costs
		}
	}
	if message != "" {
		return &Refusal{Code: CodeDoesNotFit, Message: "the amount does not fit the claim",
			Errors: []event.FieldError{{Location: "amount", Code: "wrong_amount", Message: message}}}
	}
	return checkWhere(data.Where)
}

// refuse remembers that the state decided against a command.
func (a *applier) refuse(code, message string) {
	a.out.Refusal = &Refusal{Code: code, Message: message}
}

// claimCommand holds what a reward costs.
func (a *applier) claimCommand(e *event.Event) {
	var data claiming
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	r := a.current.Reward(data.Reward)
	if r == nil {
		a.refuse(CodeNotFound, "the present ruleset does not have this reward")
		return
	}
	costs, message := r.price(data.Amount)
	if message != "" {
		a.refuse(CodeDoesNotFit, message)
		return
	}
	a.look(e)
	if !a.decides.claimable(a, r, costs) {
		return
	}
	c := &Claim{ID: e.Key, Reward: r.ID, Seq: a.seq, At: a.now,
		Until: a.facts.calendar.EndOfDayAfter(a.since(), r.Hold)}
	if i := r.chosen(); i >= 0 {
		c.Chosen = r.Cost[i].Points.ID
	}
	for _, cost := range costs {
		a.hold(c, cost.Points, cost.Amount, r.Source)
	}
	a.reserve(c, r, costs)
	a.addClaim(c)
	a.trace.fired(e.ID, r.Path, r.Position)
	a.tellClaim(c, c.Until)
	a.raiseClaim(RewardClaimed, e, r.ID, r.Kind, c.ID, EntryHeld, a.out.Entries, returns{})
}

// claimable reports whether a member may claim a reward now and can pay for it, and remembers why not.
func (a *applier) claimable(r *Reward, costs []Cost) bool {
	not := func(reason Reason, code, message string) bool {
		a.trace.not(a.event.ID, r.Path, r.Position, reason, message)
		a.refuse(code, message)
		return false
	}
	if !a.ask(r.For, r.Path) {
		return not(WhoseNot, CodeWho, "this reward is not for this member")
	}
	if !a.open(r.During, r.Path) {
		return not(WindowClosed, CodeWindow, "this reward cannot be claimed at this time")
	}
	if l := a.claimLimit(r, costs); l != nil {
		return not(LimitReached, CodeLimit, "the reward's limit of "+l.Text+" is used up")
	}
	if a.soldOut(r) {
		return not(LimitReached, CodeStock, "nothing is left of this reward")
	}
	if !a.affords(costs) {
		return not(BalanceShort, CodeInsufficient, "the member has fewer points than the reward costs")
	}
	return true
}

// tellClaim tells how a claim stands now. until is when its hold is over, or until when the reward is valid.
func (a *applier) tellClaim(c *Claim, until calendar.Instant) {
	e := Effect{Kind: RewardEffect, ID: c.Reward, Source: rewardSource(c.Reward), Claim: c.ID, State: c.State.String(), Expires: until}
	if c.State == ClaimConfirmed {
		e.Code = c.Code
	}
	a.out.Effects = append(a.out.Effects, e)
}

// raiseClaim raises an event for each of the points that a claim is about, as the ledger has them.
//
// What costs nothing raises one event all the same, with amount 0. What has been returned counts no more.
func (a *applier) raiseClaim(name string, e *event.Event, reward, kind, claim string, entries EntryKind, from []Entry, back returns) {
	raise := func(points string, amount decimal.Decimal) {
		if amount -= back.points[points]; amount > 0 || !back.whole {
			a.follow(Cause{Event: name, ID: reward, Goal: points, At: e.Time}, e.Depth,
				[]event.Value{event.TextValue(reward), event.TextValue(kind), event.TextValue(claim), event.TextValue(points), event.NumberValue(amount)}, e.ID, points)
		}
	}
	some := false
	for i := 0; i < len(from); {
		entry, amount := &from[i], decimal.Decimal(0)
		for ; i < len(from) && from[i].Kind == entry.Kind && from[i].Points == entry.Points; i++ { // one a lot
			amount += max(from[i].Amount, -from[i].Amount)
		}
		if entry.Kind == entries {
			some = true
			raise(entry.Points, amount)
		}
	}
	if !some {
		raise("", 0)
	}
}

// returns are what has come back of a confirmed claim.
type returns struct {
	points map[string]decimal.Decimal
	whole  bool // nothing of it is left
}

// raiseClaimAgain raises the events of a recorded command about a claim, as a reversal looks at it again.
func (a *applier) raiseClaimAgain(name string, e *event.Event, entries EntryKind, then *Outcome, back map[string]returns) {
	of := then.claimed()
	if of == nil {
		return
	}
	a.raiseClaim(name, e, of.ID, a.kindOf(of.ID), of.Claim, entries, then.Entries, back[of.Claim])
}

// settling finds the claim that a command is about. It is nil where nothing can be done, which has been remembered.
func (a *applier) settling(e *event.Event) (c *Claim, data settling) {
	if json.Unmarshal(e.Data, &data) != nil {
		return nil, data
	}
	a.look(e)
	c = a.subjects.claimOf(a.m, data.Claim)
	if c == nil {
		return nil, data
	}
	wanted := ClaimOpen
	if e.Type == commandReturn {
		wanted = ClaimConfirmed
	}
	if c.State == wanted {
		return c, data
	}
	switch c.State {
	case ClaimOpen:
		a.refuse(CodeNotConfirmed, "this claim has not been confirmed: cancel it instead")
	case ClaimConfirmed:
		a.refuse(CodeHoldCaptured, "this claim has been confirmed: return it instead")
	case ClaimReturned:
		if e.Type == commandReturn {
			a.refuse(CodeReturnTooLarge, "all of this claim has been returned")
		} else {
			a.refuse(CodeHoldCaptured, "this claim has been confirmed, and returned")
		}
	case ClaimCancelled:
		a.refuse(CodeHoldReleased, "this claim has been cancelled")
	case ClaimTimedOut:
		a.refuse(CodeHoldReleased, "the hold of this claim is over")
	}
	return nil, data
}

// confirmCommand spends what a claim holds, all of it or less, and hands out the reward.
func (a *applier) confirmCommand(e *event.Event) {
	c, data := a.settling(e)
	if c == nil {
		return
	}
	if c.Held != nil {
		if data.Where != "" {
			c.Where = data.Where
		}
		a.m.pinned--
		a.handOver(c)
		a.tellClaim(c, 0)
		a.raiseUsed(e, c)
		return
	}
	amount := data.Amount
	if amount != nil && *amount > c.holding(c.Chosen) {
		a.refuse(CodeExceedsHold, "the claim holds fewer points than that")
		return
	}
	from := rewardSource(c.Reward)
	c.State, c.Settled, c.Confirmed = ClaimConfirmed, a.now, a.seq
	for _, points := range c.points() {
		held := c.holding(points)
		spent := held
		if amount != nil && points == c.Chosen {
			spent = *amount
		}
		a.spend(c, points, spent, from)
		a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: points, Source: from, Amount: -spent, Wanted: -held,
			Available: a.now, Expires: calendar.Forever})
	}
	expires, kind := calendar.Forever, ""
	if r := a.current.Reward(c.Reward); r != nil {
		expires, kind = r.until(a.facts.calendar, e.Time), r.Kind
		c.Code = a.code(r, c.ID, c.ID, from)
	}
	a.useUp(c)
	if c.Used = data.Used; c.Used {
		c.Where, expires = data.Where, 0
		a.handOver(c)
	} else {
		a.receive(RewardHeld{Reward: c.Reward, Seq: a.seq, Source: from, At: e.Time, Expires: expires, Claim: c.ID, Code: c.Code})
	}
	a.tellClaim(c, expires)
	a.raiseClaim(RewardConfirmed, e, c.Reward, kind, c.ID, EntrySpent, a.out.Entries, returns{})
	if c.Used {
		a.raiseUsed(e, c)
	}
}

// until is until when a reward received at an instant is valid.
func (r *Reward) until(cal calendar.Calendar, at calendar.Instant) calendar.Instant {
	if r.Valid.IsZero() {
		return calendar.Forever
	}
	return cal.EndOfDayAfter(at, r.Valid)
}

// cancelCommand gives back what a claim holds.
func (a *applier) cancelCommand(e *event.Event) {
	c, _ := a.settling(e)
	if c == nil {
		return
	}
	a.cancel(c)
	a.tellClaim(c, 0)
	a.raiseCancelled(c, e.Time)
}

// raiseCancelled raises the event that a claim was cancelled, or that its hold is over.
func (a *applier) raiseCancelled(c *Claim, at calendar.Instant) {
	a.tellHeld(Cause{Event: HoldReleased, ID: c.Reward, Goal: c.ID, At: at},
		event.TextValue(c.Reward), event.TextValue(a.kindOf(c.Reward)), event.TextValue(c.ID), event.TextValue(c.State.String()))
}

func (a *applier) cancel(c *Claim) {
	a.freeAll(c)
	c.State, c.Settled = ClaimCancelled, a.now
	a.giveUpUses(c)
	a.unpin(c, a.now)
}

// returnCommand gives back what a confirmed claim has spent, all that is left of it or less. Who returns all of it no longer
// holds the reward.
func (a *applier) returnCommand(e *event.Event) {
	c, data := a.settling(e)
	if c == nil {
		return
	}
	amount := data.Amount
	if amount != nil && *amount > c.holding(c.Chosen) {
		a.refuse(CodeReturnTooLarge, "less than that is left of what the claim has spent")
		return
	}
	if c.TakenBy != "" && (amount == nil || *amount == c.holdingInAll()) {
		if use := a.subjects.claimOf(a.m, c.TakenBy); use != nil {
			a.refuseUsed(use)
			return
		}
	}
	from := rewardSource(c.Reward)
	left, lapsed := decimal.Decimal(0), false
	for _, points := range c.points() {
		n := c.holding(points)
		if amount != nil {
			if points != c.Chosen {
				left += n
				continue
			}
			left += n - *amount
			n = *amount
		}
		if n > 0 {
			restored := a.refund(c, points, n, from)
			a.out.Effects = append(a.out.Effects, Effect{Kind: PointsEffect, ID: points, Source: from, Amount: restored, Wanted: n, Available: a.now})
		}
	}
	if left == 0 {
		c.State = ClaimReturned
		a.returnUses(c)
		if i := slices.IndexFunc(a.m.Rewards, func(h RewardHeld) bool { return h.Claim == c.ID }); i >= 0 {
			a.m.dropHeld(i)
		}
		lapsed = !a.bringBack(c, a.now)
	}
	a.keepKept(c)
	a.tellClaim(c, 0)
	// What the confirmation counted is undone: the amounts of reward_confirmed fall by what came back, and once all has, there
	// was no such event. What rules gave for it stays.
	a.decides.reverse(a)
	if lapsed { // what the reversal looks at is over by now
		a.tellLapsed(c.Held, a.now)
	}
	if c.State == ClaimReturned {
		a.tellHeld(Cause{Event: RewardReturned, ID: c.Reward, Goal: c.ID, At: e.Time},
			event.TextValue(c.Reward), event.TextValue(a.kindOf(c.Reward)), event.TextValue(c.ID))
	}
}

// readCodes reads codes for the pool of a reward, nil when there is no such pool.
func readCodes(rules *Ruleset, e *event.Event) (filling, *Reward) {
	var data filling
	if json.Unmarshal(e.Data, &data) != nil {
		return data, nil
	}
	return data, rules.Reward(data.Reward)
}

// maxCode bounds a code of a pool, in bytes.
const maxCode = 200

func checkCodes(rules *Ruleset, subjects *Subjects, e *event.Event) *Refusal {
	data, r := readCodes(rules, e)
	switch {
	case r == nil:
		return noReward(rules, data.Reward)
	case r.Codes != PoolCodes:
		return &Refusal{Code: CodeDoesNotFit, Message: "this reward has no pool of codes"}
	case len(data.Codes) == 0:
		return &Refusal{Code: CodeDoesNotFit, Message: "there are no codes"}
	}
	var errs []event.FieldError
	seen := map[string]bool{}
	for i, code := range data.Codes {
		at := event.FieldError{Location: "codes[" + decimal.Decimal(i*int(decimal.One)).String() + "]"}
		switch {
		case !fitsCode(code):
			at.Code, at.Message = "wrong_code", "a code of 1 to 200 bytes is expected"
		case seen[code] || subjects.code(knownCode(r.ID, code)) != "":
			at.Code, at.Message = CodeKnownCode, "the pool has had this code before"
		}
		seen[code] = true
		if at.Code != "" {
			errs = append(errs, at)
		}
	}
	if errs == nil {
		return nil
	}
	code := CodeDoesNotFit
	if !slices.ContainsFunc(errs, func(e event.FieldError) bool { return e.Code != CodeKnownCode }) {
		code = CodeKnownCode
	}
	return &Refusal{Code: code, Message: "none of these codes was added", Errors: errs}
}
