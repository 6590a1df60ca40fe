package api

import (
	"encoding/json"
	"errors"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// claimReward claims a reward for a member: {"reward", "amount"}, the amount only where the reward costs `N or more`. What it
// costs is held until the claim is confirmed or cancelled. The Idempotency-Key is the claim's id.
func claimReward(c call) error {
	member, err := c.id("member")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	q, err := c.readClaim("reward", "amount")
	if err != nil {
		return err
	}
	if q.Reward == "" {
		return malformed("invalid_body", wrongClaim, []event.FieldError{{Location: "reward", Code: "missing_field", Message: "this field is required"}})
	}
	if !c.program.Known(member) {
		return c.noMember(member)
	}
	return c.once(engine.NewClaim(key, member, q.Reward, q.amount))
}

// useReward uses a reward that a member holds, the first to expire: {"at", "hold"}, where it is used, and whether it is to be confirmed.
// The Idempotency-Key is the use's id, by which it is confirmed, cancelled or returned as a claim is.
func useReward(c call) error {
	member, err := c.id("member")
	if err != nil {
		return err
	}
	reward, err := c.id("reward")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	q, err := c.readClaim("at", "hold")
	if err != nil {
		return err
	}
	if !c.program.Known(member) {
		return c.noMember(member)
	}
	q.Reward = reward
	return c.once(engine.NewUse(key, member, q.Use))
}

// confirmClaim spends what a claim holds, all of it or {"amount"}; with {"used": true} the reward is handed over at once. A use that is
// held is confirmed with nothing, or {"at"}. Repeating it is harmless, as is cancelClaim.
func confirmClaim(c call) error {
	id, err := c.id("claim")
	if err != nil {
		return err
	}
	q, err := c.readClaim("amount", "used", "at")
	if err != nil {
		return err
	}
	return c.carryOut(engine.NewConfirmation("", id, q.amount, q.used, q.Where))
}

// cancelClaim gives back what a claim holds.
func cancelClaim(c call) error {
	id, err := c.id("claim")
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	return c.carryOut(engine.NewCancel("", id))
}

// returnClaim gives back what a confirmed claim has spent, all that is left of it or {"amount"}; of a use, what it has used.
func returnClaim(c call) error {
	id, err := c.id("claim")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	q, err := c.readClaim("amount")
	if err != nil {
		return err
	}
	return c.once(engine.NewReturn(key, id, q.amount))
}

// claimRequest is what bodies about rewards say.
type claimRequest struct {
	engine.Use
	amount decimal.Decimal
	used   bool
}

const wrongClaim = "the body does not say what is meant"

// readClaim reads the body of a call about a reward, which has some of the fields. No body is an empty one.
func (c call) readClaim(fields ...string) (q claimRequest, err error) {
	if err := c.takes(mediaJSON); err != nil || len(c.http.Context().Request.Body()) == 0 {
		return q, err
	}
	err = c.fields(fields, wrongClaim, func(name string, value []byte) (expected string, failed error) {
		switch name {
		case "reward":
			return "a text is expected", json.Unmarshal(value, &q.Reward)
		case "at":
			return "a text is expected", json.Unmarshal(value, &q.Where)
		case "hold":
			return "true or false is expected", json.Unmarshal(value, &q.Hold)
		case "used":
			return "true or false is expected", json.Unmarshal(value, &q.used)
		default:
			if q.amount, failed = decimal.Parse(string(value)); failed == nil && q.amount <= 0 {
				failed = errors.New("not above 0")
			}
			return "a number above 0 is expected", failed
		}
	})
	return q, err
}

// buyFreeze buys a freeze to be stored for a streak; repairStreak mends its last break.
func buyFreeze(c call) error    { return c.mend(engine.NewFreeze) }
func repairStreak(c call) error { return c.mend(engine.NewRepair) }

func (c call) mend(command func(id, member, streak string) *event.Event) error {
	member, err := c.id("member")
	if err != nil {
		return err
	}
	streak, err := c.id("streak")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	if err := c.noBody(); err != nil {
		return err
	}
	if !c.program.Known(member) {
		return c.noMember(member)
	}
	return c.once(command(key, member, streak))
}
