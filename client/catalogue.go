package client

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// Gift is one thing that a goal or a level gives.
type Gift struct {
	Points  string      `json:"points"`
	Amount  json.Number `json:"amount"`
	Formula string      `json:"formula"` // of an amount that is computed, as the ruleset writes it
	Badge   string      `json:"badge"`
	Reward  string      `json:"reward"`
	Tier    string      `json:"tier"`
	Level   string      `json:"level"`
}

// Goal is a goal with what it gives.
type Goal struct {
	Goal  string      `json:"goal"`
	At    json.Number `json:"at"`
	Again bool        `json:"again"` // it can be reached again and again
	Give  []Gift      `json:"give"`
}

// Reward is a reward of the catalogue.
type Reward struct {
	Reward   string         `json:"reward"`
	Title    string         `json:"title"`
	About    string         `json:"about"`
	Image    string         `json:"image"`
	Kind     string         `json:"kind"`
	Details  map[string]any `json:"details"`
	Cost     []Price        `json:"cost"`
	Limits   []string       `json:"limits"`
	Valid    string         `json:"valid"`
	Left     *int           `json:"left"` // nil for no end
	Open     bool           `json:"open"`
	OpensAt  *time.Time     `json:"opens_at"`
	ClosesAt *time.Time     `json:"closes_at"`
	Mine     *Availability  `json:"member"` // ForMember
}

// Price is what a reward costs in one kind of points.
type Price struct {
	Points string      `json:"points"`
	Amount json.Number `json:"amount"`
	OrMore bool        `json:"or_more"`
}

// Availability is what a reward is to a member.
type Availability struct {
	Available bool                   `json:"available"` // a claim of it would be accepted now
	Reason    string                 `json:"reason"`    // why not, as the code of the problem
	Missing   map[string]json.Number `json:"missing"`   // points
	Held      int                    `json:"held"`
}

// Rewards reads the rewards that there are.
func (c *Client) Rewards(ctx context.Context, options ...CallOption) iter.Seq2[Reward, error] {
	return pages[Reward](ctx, c, Path("rewards"), options)
}

// Level is a level of a badge or a tier.
type Level struct {
	Level string      `json:"level"`
	At    json.Number `json:"at"` // "" where it asks for several things
	Perks []string    `json:"perks"`
}

// Badge is a badge of the catalogue.
type Badge struct {
	Badge   string         `json:"badge"`
	Title   string         `json:"title"`
	About   string         `json:"about"`
	Image   string         `json:"image"`
	Levels  []Level        `json:"levels"`
	Held    *BadgeProgress `json:"held"`    // ForMember, nil where it is not
	Missing []BadgeMissing `json:"missing"` // ForMember: the ways to it, or to its next level
}

// BadgeMissing is a way to a badge, and what is still to do. One of Counter, Challenge and Streak says what counts.
type BadgeMissing struct {
	Level     string      `json:"level"`
	Counter   string      `json:"counter"`
	Challenge string      `json:"challenge"`
	Streak    string      `json:"streak"`
	Goal      string      `json:"goal"`
	Progress  json.Number `json:"progress"`
	At        json.Number `json:"at"`
	Missing   json.Number `json:"missing"`
}

// Badges reads the badges that there are.
func (c *Client) Badges(ctx context.Context, options ...CallOption) iter.Seq2[Badge, error] {
	return pages[Badge](ctx, c, Path("badges"), options)
}

// Tier is a tier of the catalogue.
type Tier struct {
	Tier     string        `json:"tier"`
	Title    string        `json:"title"`
	Levels   []Level       `json:"levels"`
	Progress *TierProgress `json:"progress"` // ForMember
}

// Tiers reads the tiers that there are.
func (c *Client) Tiers(ctx context.Context, options ...CallOption) iter.Seq2[Tier, error] {
	return pages[Tier](ctx, c, Path("tiers"), options)
}

// Streak is a streak of the catalogue.
type Streak struct {
	Streak   string          `json:"streak"`
	Title    string          `json:"title"`
	About    string          `json:"about"`
	Every    string          `json:"every"`
	AtLeast  json.Number     `json:"at_least"`
	OptIn    bool            `json:"opt_in"`
	Goals    []Goal          `json:"goals"`
	Progress *StreakProgress `json:"progress"` // ForMember
	Periods  []StreakPeriod  `json:"periods"`  // ForMember: the last ones, the present one last
}

// StreakPeriod is a period of a member's streak.
type StreakPeriod struct {
	Period string `json:"period"` // such as 2026-12-02 or 2026-W49
	State  string `json:"state"`  // done, open, missed, frozen, repaired, excused, off, before
}

// Streaks reads the streaks that there are.
func (c *Client) Streaks(ctx context.Context, options ...CallOption) iter.Seq2[Streak, error] {
	return pages[Streak](ctx, c, Path("streaks"), options)
}

// Challenge is a challenge of the catalogue.
type Challenge struct {
	Challenge string             `json:"challenge"`
	Title     string             `json:"title"`
	About     string             `json:"about"`
	Image     string             `json:"image"`
	OptIn     bool               `json:"opt_in"`
	Every     string             `json:"every"`
	Goals     []json.Number      `json:"goals"`
	Gives     []Goal             `json:"gives"`
	Steps     []Step             `json:"steps"`
	Winners   int                `json:"winners"`  // 0: all
	Progress  *ChallengeProgress `json:"progress"` // ForMember
}

// Step is a step of a challenge.
type Step struct {
	Step  string      `json:"step"`
	Title string      `json:"title"`
	Goal  json.Number `json:"goal"`
}

// Challenges reads the challenges that there are.
func (c *Client) Challenges(ctx context.Context, options ...CallOption) iter.Seq2[Challenge, error] {
	return pages[Challenge](ctx, c, Path("challenges"), options)
}

// Promotion is a promotion of the catalogue. Instants that nobody knows are nil.
type Promotion struct {
	Promotion   string     `json:"promotion"`
	Title       string     `json:"title"`
	About       string     `json:"about"`
	OnCall      bool       `json:"on_call"`
	Open        bool       `json:"open"`
	OpenedAt    *time.Time `json:"opened_at"`
	ClosesAt    *time.Time `json:"closes_at"`
	OpensNextAt *time.Time `json:"opens_next_at"`
	Member      *OpenTo    `json:"member"` // ForMember
}

// OpenTo is whether a promotion is open to a member, or why not: window, who or limit.
type OpenTo struct {
	Open   bool   `json:"open"`
	Reason string `json:"reason"`
}

// Promotions reads the promotions that there are.
func (c *Client) Promotions(ctx context.Context, options ...CallOption) iter.Seq2[Promotion, error] {
	return pages[Promotion](ctx, c, Path("promotions"), options)
}
