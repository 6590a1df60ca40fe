package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Card is a member's card: the number by which a till finds the member.
type Card struct {
	Number   string     `json:"number"`
	Shown    string     `json:"shown"` // the number in groups of four
	State    string     `json:"state"` // active, blocked, replaced
	IssuedAt time.Time  `json:"issued_at"`
	EndedAt  *time.Time `json:"ended_at"` // when it was blocked or replaced
}

// CardFound is who shows a card.
type CardFound struct {
	ID          string                 `json:"id"` // of the member
	Name        string                 `json:"name"`
	Balances    map[string]json.Number `json:"balances"`
	Tiers       map[string]string      `json:"tiers"`
	LastEventAt *time.Time             `json:"last_event_at"`
	Card        Card                   `json:"card"`
	Rewards     []Holding              `json:"rewards"` // held
}

// Card reads a member's card, which is issued the first time.
func (c *Client) Card(ctx context.Context, member string, options ...CallOption) (*Card, error) {
	return get[Card](ctx, c, Path("members", member, "card"), options)
}

// RotateCard gives a member a new card in the place of those there are, which are not taken any more.
func (c *Client) RotateCard(ctx context.Context, member string, options ...CallOption) (*Card, error) {
	return send[Card](ctx, c, http.MethodPost, Path("members", member, "card", "rotate"), nil, append([]CallOption{WithKey(NewID())}, options...))
}

// BlockCard blocks a card of a member's, or with "" all that are active. Doing it again is harmless.
func (c *Client) BlockCard(ctx context.Context, member, number string) (*Card, error) {
	return send[Card](ctx, c, http.MethodPost, Path("members", member, "card", "block"), struct {
		Number string `json:"number,omitempty"`
	}{number}, nil)
}

// FindCard finds who shows a card, by its number as it was scanned or typed. One that is not taken any more is a card_blocked or a
// card_replaced.
func (c *Client) FindCard(ctx context.Context, number string, options ...CallOption) (*CardFound, error) {
	return get[CardFound](ctx, c, Path("cards", number), options)
}
