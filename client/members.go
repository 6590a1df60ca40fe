package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// Profile is what is known of a member. PutMember takes Name, Timezone and Fields.
type Profile struct {
	ID       string         `json:"id,omitempty"`
	Joined   time.Time      `json:"joined,omitzero"`
	Name     string         `json:"name,omitempty"`
	Timezone string         `json:"timezone,omitempty"`
	Fields   map[string]any `json:"fields,omitempty"` // numbers are json.Number
	Seq      uint64         `json:"seq,omitempty"`
}

// Changed is a member's profile after a change. Event is what was written, nil when nothing was.
type Changed struct {
	Member Profile  `json:"member"`
	Event  *Outcome `json:"event"`
}

// PutMember states a member's whole profile: what is left out is cleared. The member becomes known.
func (c *Client) PutMember(ctx context.Context, member string, p Profile) (*Changed, error) {
	return send[Changed](ctx, c, http.MethodPut, Path("members", member), Profile{Name: p.Name, Timezone: p.Timezone, Fields: p.Fields}, nil)
}

// PatchMember changes what it names of a profile, such as {"fields": {"country": "DE"}}; nil clears.
func (c *Client) PatchMember(ctx context.Context, member string, change map[string]any) (*Changed, error) {
	return send[Changed](ctx, c, http.MethodPatch, Path("members", member), change, nil)
}

// EraseMember erases a member for ever.
func (c *Client) EraseMember(ctx context.Context, member string) (*Outcome, error) {
	return send[Outcome](ctx, c, http.MethodDelete, Path("members", member), nil, nil)
}

// MergeMember makes what another member has and did this one's. From then on the other's id is a Problem merged, whose Member is this one.
// It cannot be undone.
func (c *Client) MergeMember(ctx context.Context, member, from string, options ...CallOption) (*Outcome, error) {
	return c.Command(ctx, Path("members", member, "merge"), struct {
		From string `json:"from"`
	}{from}, options...)
}

// Member reads a member's profile.
func (c *Client) Member(ctx context.Context, member string, options ...CallOption) (*Profile, error) {
	return get[Profile](ctx, c, Path("members", member), options)
}

// MemberSummary is a member on one line.
type MemberSummary struct {
	ID          string                 `json:"id"`
	Name        string                 `json:"name"`
	Balances    map[string]json.Number `json:"balances"`
	Tiers       map[string]string      `json:"tiers"`
	LastEventAt *time.Time             `json:"last_event_at"`
}

// Where is a filter of Members, such as Where("tier.club", "gold"), Where("in", "AUDIENCE") or Where("q", "an"). All of them must fit.
func Where(filter, value string) CallOption { return parameter(filter, value) }

// Members reads members in the order of their ids, a page at a time for as long as you go on.
func (c *Client) Members(ctx context.Context, options ...CallOption) iter.Seq2[MemberSummary, error] {
	return pages[MemberSummary](ctx, c, Path("members"), options)
}

// Progress is where a member stands in everything.
type Progress struct {
	Member     string                       `json:"member"`
	At         time.Time                    `json:"at"`
	Seq        uint64                       `json:"seq"`
	Points     map[string]PointsProgress    `json:"points"`
	Tiers      map[string]TierProgress      `json:"tiers"`
	Badges     []BadgeProgress              `json:"badges"`
	Streaks    map[string]StreakProgress    `json:"streaks"`
	Challenges map[string]ChallengeProgress `json:"challenges"`
	Rewards    []Holding                    `json:"rewards"` // held
	Claims     []Claim                      `json:"claims"`  // open
	Counters   map[string]json.Number       `json:"counters"`
}

// PointsProgress is a balance.
type PointsProgress struct {
	Title     string      `json:"title"`
	Spendable json.Number `json:"spendable"`
	Pending   json.Number `json:"pending"`
	Held      json.Number `json:"held"`
	Debt      json.Number `json:"debt"`
	Issued    json.Number `json:"issued"`
	Spent     json.Number `json:"spent"`
	Expired   json.Number `json:"expired"`
	Expiring  []Expiring  `json:"expiring"`
}

// Expiring is what expires next, and when.
type Expiring struct {
	At     time.Time   `json:"at"`
	Amount json.Number `json:"amount"`
}

// TierProgress is a level, what is missing to the next one, and what to stay. Amounts that there are not are "".
type TierProgress struct {
	Title   string      `json:"title"`
	Level   string      `json:"level"`
	Since   *time.Time  `json:"since"`
	Until   *time.Time  `json:"until"` // when it falls unless more is done
	Value   json.Number `json:"value"`
	Next    string      `json:"next"`
	Missing json.Number `json:"missing"`
	ToStay  json.Number `json:"to_stay"`
	Perks   []string    `json:"perks"`
}

// BadgeProgress is a badge that the member has.
type BadgeProgress struct {
	Badge string    `json:"badge"`
	Title string    `json:"title"`
	About string    `json:"about"`
	Image string    `json:"image"`
	Level string    `json:"level"`
	At    time.Time `json:"at"`
}

// StreakProgress is where a streak stands.
type StreakProgress struct {
	Title           string     `json:"title"`
	About           string     `json:"about"`
	State           string     `json:"state"`
	Length          int        `json:"length"`
	Longest         int        `json:"longest"`
	Frozen          int        `json:"frozen"`
	Stored          int        `json:"stored"`
	AtRiskAt        *time.Time `json:"at_risk_at"`
	BreaksAt        *time.Time `json:"breaks_at"`
	RepairableUntil *time.Time `json:"repairable_until"`
}

// ChallengeProgress is where a challenge stands.
type ChallengeProgress struct {
	Title    string      `json:"title"`
	About    string      `json:"about"`
	Progress json.Number `json:"progress"`
	Shown    json.Number `json:"shown"` // at most the last goal
	Goal     json.Number `json:"goal"`
	Done     bool        `json:"done"`
	Times    int         `json:"times"`
	Joined   bool        `json:"joined"`
	Open     bool        `json:"open"`
	StartsAt *time.Time  `json:"starts_at"`
	EndsAt   *time.Time  `json:"ends_at"`
	Steps    []string    `json:"steps"`
	Group    string      `json:"group"`
	Mine     json.Number `json:"mine"` // the member's own part in what a group does
}

// Progress reads where a member stands.
func (c *Client) Progress(ctx context.Context, member string, options ...CallOption) (*Progress, error) {
	return get[Progress](ctx, c, Path("members", member, "progress"), options)
}

// LedgerEntry is one line of a member's ledger.
type LedgerEntry struct {
	Seq         uint64      `json:"seq"`
	Event       string      `json:"event"`
	Points      string      `json:"points"`
	Kind        string      `json:"kind"`
	Amount      json.Number `json:"amount"`
	At          time.Time   `json:"at"`
	Balance     json.Number `json:"balance"` // after it
	Lot         uint64      `json:"lot"`
	Source      string      `json:"source"`
	AvailableAt *time.Time  `json:"available_at"`
	ExpiresAt   *time.Time  `json:"expires_at"`
	From        string      `json:"from"` // the member that it was then, or that a merge is about, where members were merged
}

// Ledger reads a member's ledger, the latest entry first, a page at a time for as long as you go on.
func (c *Client) Ledger(ctx context.Context, member string, options ...CallOption) iter.Seq2[LedgerEntry, error] {
	return pages[LedgerEntry](ctx, c, Path("members", member, "ledger"), options)
}

// Token is what a member's own device calls /v1/me with, instead of a key.
type Token struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// MintToken makes a token for a member who has signed in with you, good for some minutes, an hour at most; 0 for the standard 15.
func (c *Client) MintToken(ctx context.Context, member string, lasts time.Duration) (*Token, error) {
	body := map[string]string{}
	if lasts > 0 {
		body["ttl"] = strconv.FormatInt(int64(lasts/time.Minute), 10) + " minutes"
	}
	return send[Token](ctx, c, http.MethodPost, Path("members", member, "tokens"), body, nil)
}
