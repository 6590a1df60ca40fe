package client

import (
	"context"
	"net/http"
)

// Join lets a member take part in a challenge that is joined. Doing it again is harmless, as it is for Leave.
func (c *Client) Join(ctx context.Context, member, challenge string) (*Outcome, error) {
	return send[Outcome](ctx, c, http.MethodPost, Path("members", member, "challenges", challenge, "enroll"), nil, nil)
}

// Leave takes a member out of a challenge.
func (c *Client) Leave(ctx context.Context, member, challenge string) (*Outcome, error) {
	return send[Outcome](ctx, c, http.MethodDelete, Path("members", member, "challenges", challenge, "enroll"), nil, nil)
}

// JoinStreak lets a member take part in a streak that is joined.
func (c *Client) JoinStreak(ctx context.Context, member, streak string) (*Outcome, error) {
	return send[Outcome](ctx, c, http.MethodPost, Path("members", member, "streaks", streak, "enroll"), nil, nil)
}

// BuyFreeze buys a freeze of a streak, which bridges a missed period.
func (c *Client) BuyFreeze(ctx context.Context, member, streak string, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("members", member, "streaks", streak, "freeze"), nil, options...)
}

// RepairStreak repairs a broken streak.
func (c *Client) RepairStreak(ctx context.Context, member, streak string, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("members", member, "streaks", streak, "repair"), nil, options...)
}
