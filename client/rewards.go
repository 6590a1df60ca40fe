package client

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// Claim is how a claim or a use stands.
type Claim struct {
	Claim     string                 `json:"claim"`
	Member    string                 `json:"member"` // in progress it is left out
	Reward    string                 `json:"reward"`
	State     string                 `json:"state"`
	At        time.Time              `json:"at"`
	HeldUntil *time.Time             `json:"held_until"` // nil where it is not open
	SettledAt *time.Time             `json:"settled_at"` // when it was confirmed, cancelled or timed out
	Points    map[string]json.Number `json:"points"`     // held, or spent and not returned
	Code      string                 `json:"code"`
	Holding   string                 `json:"holding"` // what a use takes
	Used      bool                   `json:"used"`
	Where     string                 `json:"where"`
}

// Claim claims a reward for a member: what it costs is held until the claim is confirmed, cancelled, or timed out. The amount is "" but
// where the reward costs `N or more`. The outcome's Claim is the claim's id, which is the Idempotency-Key.
func (c *Client) Claim(ctx context.Context, member, reward string, amount json.Number, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("members", member, "claims"), struct {
		Reward string      `json:"reward"`
		Amount json.Number `json:"amount,omitempty"`
	}{reward, amount}, options...)
}

// Confirmation is how a claim or a use is confirmed; the zero value is all of it.
type Confirmation struct {
	Amount json.Number `json:"amount,omitempty"` // of what is held; the rest is given back
	Used   bool        `json:"used,omitempty"`   // what is bought is handed over at once
	At     string      `json:"at,omitempty"`     // where it is handed over, such as a till
}

// Confirm spends what a claim holds, or uses what a use holds. Doing it again is harmless, as it is for Cancel.
func (c *Client) Confirm(ctx context.Context, claim string, how Confirmation) (*Outcome, error) {
	return c.Command(ctx, Path("claims", claim, "confirm"), how)
}

// Cancel gives back what a claim or a use holds.
func (c *Client) Cancel(ctx context.Context, claim string) (*Outcome, error) {
	return c.Command(ctx, Path("claims", claim, "cancel"), nil)
}

// Return gives back what a confirmed claim has spent: an amount, or with "" all that is left of it. A use's reward is held again.
func (c *Client) Return(ctx context.Context, claim string, amount json.Number, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("claims", claim, "return"), Confirmation{Amount: amount}, options...)
}

// ReadClaim reads a claim or a use.
func (c *Client) ReadClaim(ctx context.Context, claim string, options ...CallOption) (*Claim, error) {
	return get[Claim](ctx, c, Path("claims", claim), options)
}

// Holding is a reward that a member holds, is using, has used, or has let expire.
type Holding struct {
	ID        string     `json:"id"`
	Member    string     `json:"member"` // in a member's list it is left out
	Reward    string     `json:"reward"`
	Title     string     `json:"title"`
	State     string     `json:"state"` // held, in_use, used, expired; of a code also returned, and gone
	At        time.Time  `json:"at"`
	ExpiresAt *time.Time `json:"expires_at"`
	Code      string     `json:"code"`
	Claim     string     `json:"claim"` // that bought it
	Use       string     `json:"use"`   // the claim that uses it, or has used it
	HeldUntil *time.Time `json:"held_until"`
	UsedAt    *time.Time `json:"used_at"`
	Where     string     `json:"where"`
}

// Holdings reads the rewards of a member, the latest first.
func (c *Client) Holdings(ctx context.Context, member string, options ...CallOption) iter.Seq2[Holding, error] {
	return pages[Holding](ctx, c, Path("members", member, "rewards"), options)
}

// Use is how a reward is used; the zero value is at once.
type Use struct {
	At   string `json:"at,omitempty"`   // where, such as a till
	Hold bool   `json:"hold,omitempty"` // it is held first, then confirmed or cancelled by the outcome's Claim
}

// UseReward uses a reward that a member holds, the one that expires first.
func (c *Client) UseReward(ctx context.Context, member, reward string, how Use, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("members", member, "rewards", reward, "use"), how, options...)
}

// FindCode reads what the code of a reward stands for.
func (c *Client) FindCode(ctx context.Context, code string, options ...CallOption) (*Holding, error) {
	return get[Holding](ctx, c, Path("codes", code), options)
}

// UseCode uses what a code stands for. One that was used before is an already_used, whose Problem says when and where.
func (c *Client) UseCode(ctx context.Context, code string, how Use, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("codes", code, "use"), how, options...)
}

// ReleaseCode gives back what a code stands for: a hold is cancelled, a use returned.
func (c *Client) ReleaseCode(ctx context.Context, code string, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("codes", code, "release"), nil, options...)
}

// Firing is how a promotion is opened; the zero value is as the ruleset says.
type Firing struct {
	OpenFor string `json:"open_for,omitempty"` // such as "90 minutes"
	Reason  string `json:"reason,omitempty"`
}

// FirePromotion opens a promotion, or extends one that is open.
func (c *Client) FirePromotion(ctx context.Context, promotion string, how Firing, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("promotions", promotion, "fire"), how, options...)
}

// ClosePromotion closes a promotion that FirePromotion has opened. The reason may be "".
func (c *Client) ClosePromotion(ctx context.Context, promotion, reason string, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("promotions", promotion, "close"), Firing{Reason: reason}, options...)
}
