package api

import (
	"encoding/json"

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
	reward, amount, err := c.readClaim(true)
	if err != nil {
		return err
	}
	if !c.program.Known(member) {
		return c.noMember(member)
	}
	return c.once(engine.NewClaim(key, member, reward, amount))
}

// confirmClaim spends what a claim holds, all of it or {"amount"}. Repeating it is harmless, as is cancelClaim.
func confirmClaim(c call) error {
	id, err := c.id("claim")
	if err != nil {
		return err
	}
	_, amount, err := c.readClaim(false)
	if err != nil {
		return err
	}
	return c.carryOut(engine.NewConfirm("", id, amount))
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

// returnClaim gives back what a confirmed claim has spent, all that is left of it or {"amount"}.
func returnClaim(c call) error {
	id, err := c.id("claim")
	if err != nil {
		return err
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	_, amount, err := c.readClaim(false)
	if err != nil {
		return err
	}
	return c.once(engine.NewReturn(key, id, amount))
}

// readClaim reads what is claimed, or how much of a claim is meant. No body means all of it.
func (c call) readClaim(names bool) (reward string, amount decimal.Decimal, err error) {
	if err := c.takes(mediaJSON); err != nil {
		return "", 0, err
	}
	body := c.http.Context().Request.Body()
	if len(body) == 0 && !names {
		return "", 0, nil
	}
	fields := []string{"amount"}
	if names {
		fields = append(fields, "reward")
	}
	var wrong []event.FieldError
	errs := event.ParseObject(body, "", fields, func(name string, value []byte) {
		switch name {
		case "reward":
			if json.Unmarshal(value, &reward) != nil {
				wrong = append(wrong, event.FieldError{Location: name, Code: "wrong_type", Message: "a text is expected"})
			}
		default:
			var failed error
			if amount, failed = decimal.Parse(string(value)); failed != nil || amount <= 0 {
				wrong = append(wrong, event.FieldError{Location: name, Code: "wrong_type", Message: "a number above 0 is expected"})
			}
		}
	})
	if len(errs) == 0 && len(wrong) == 0 && names && reward == "" {
		wrong = append(wrong, event.FieldError{Location: "reward", Code: "missing_field", Message: "this field is required"})
	}
	if errs = append(errs, wrong...); len(errs) > 0 {
		return "", 0, malformed("invalid_body", "the body does not say what is claimed", errs)
	}
	return reward, amount, nil
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
