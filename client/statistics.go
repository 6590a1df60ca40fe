package client

import (
	"context"
	"encoding/json"
	"time"
)

// InDays is a range of statistics: from a day to another, both included, such as 2026-12-01.
func InDays(from, to string) CallOption {
	first, last := parameter("from", from), parameter("to", to)
	return func(c *call) {
		first(c)
		last(c)
	}
}

// Per cuts a range of statistics into days, weeks, months or years.
func Per(period string) CallOption { return parameter("by", period) }

// AsOf says what figures are of.
type AsOf struct {
	Seq uint64    `json:"as_of_seq"` // the last event that is counted
	At  time.Time `json:"as_of"`     // when it was asked
	// MovesFrom is the first day of which figures may still move, by what arrives late.
	MovesFrom string `json:"moves_from"`
}

// MemberCounts is how many members there are.
type MemberCounts struct {
	Total int64 `json:"total"`
	New   int64 `json:"new"`  // who joined in the range
	Left  int64 `json:"left"` // who were erased or merged into another
}

// ActiveCounts is how many members were active, to the day that it is.
type ActiveCounts struct {
	Today  int64 `json:"today"`
	Days7  int64 `json:"days_7"`
	Days30 int64 `json:"days_30"`
}

// EventCounts is what became of the events of a range.
type EventCounts struct {
	Accepted int64 `json:"accepted"` // all of them; the others are some of these
	Late     int64 `json:"late"`
	Refused  int64 `json:"refused"`
	Noted    int64 `json:"noted"`
	Voided   int64 `json:"voided"`
}

// TypeCounts are the events of a type.
type TypeCounts struct {
	Type string `json:"type"`
	EventCounts
}

// PointsFlows are what became of points in a period. Each is signed as it changes what members have.
type PointsFlows struct {
	Issued    json.Number `json:"issued"`
	Imported  json.Number `json:"imported"`
	Reversed  json.Number `json:"reversed"`
	Returned  json.Number `json:"returned"`
	Spent     json.Number `json:"spent"`
	Expired   json.Number `json:"expired"`
	Restored  json.Number `json:"restored"`
	Forfeited json.Number `json:"forfeited"`
	Adjusted  json.Number `json:"adjusted"`
}

// PointsNumbers is what became of some points in a range, and what there is of them now.
type PointsNumbers struct {
	Points string `json:"points"`
	PointsFlows
	Outstanding json.Number `json:"outstanding"`
	Worth       *Money      `json:"worth"`
	Redemption  json.Number `json:"redemption"` // spent, less what came back, of what was issued
}

// Money is an amount of a currency.
type Money struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency"`
}

// ClaimCounts is how many claims came to a state in a range.
type ClaimCounts struct {
	Claimed   int64 `json:"claimed"`
	Confirmed int64 `json:"confirmed"`
	Cancelled int64 `json:"cancelled"`
	Returned  int64 `json:"returned"`
	TimedOut  int64 `json:"timed_out"`
}

// RewardCounts are the claims of a reward.
type RewardCounts struct {
	Reward string `json:"reward"`
	Kind   string `json:"kind"`
	ClaimCounts
	Points []GivenPoints `json:"points"` // that were spent on it
}

// PartnerNumbers is what the events of a partner did.
type PartnerNumbers struct {
	Partner string          `json:"partner"`
	Events  int64           `json:"events"`
	Points  []PartnerPoints `json:"points"`
}

// PartnerPoints is what they amount to in some points: given less taken back.
type PartnerPoints struct {
	Points string      `json:"points"`
	Amount json.Number `json:"amount"`
	Worth  *Money      `json:"worth"`
}

// SeriesPeriod is a period of the overview's series.
type SeriesPeriod struct {
	Period string                 `json:"period"`
	Active int64                  `json:"active"`
	New    int64                  `json:"new"`
	Events int64                  `json:"events"`
	Points map[string]PointsFlows `json:"points"`
}

// Overview are the numbers of a program on one page.
type Overview struct {
	AsOf
	From     string           `json:"from"`
	To       string           `json:"to"`
	By       string           `json:"by"`
	Members  MemberCounts     `json:"members"`
	Active   ActiveCounts     `json:"active"`
	Events   []TypeCounts     `json:"events"`
	Points   []PointsNumbers  `json:"points"`
	Claims   []RewardCounts   `json:"claims"`
	Partners []PartnerNumbers `json:"partners"` // of whom there were events in the range
	Series   []SeriesPeriod   `json:"series"`
}

// PointsPeriod is a row of a roll-forward.
type PointsPeriod struct {
	Period  string      `json:"period"`
	Opening json.Number `json:"opening"`
	PointsFlows
	Closing json.Number `json:"closing"`
	// MovesUntil is until when what arrives late may move the row, and those after it by as much.
	MovesUntil time.Time `json:"moves_until"`
	Balanced   bool      `json:"balanced"`
}

// RollForward is the roll-forward of some points.
type RollForward struct {
	AsOf
	Points   string         `json:"points"`
	By       string         `json:"by"`
	Rows     []PointsPeriod `json:"rows"`
	Balanced bool           `json:"balanced"`
}

// ExpiryMonth is what expires in a month unless it is spent.
type ExpiryMonth struct {
	Month  string      `json:"month"` // "" for what does not expire
	Amount json.Number `json:"amount"`
	Worth  *Money      `json:"worth"`
}

// BreakageMonth is what has become of the points that were issued in a month.
type BreakageMonth struct {
	Month   string        `json:"month"`
	Issued  json.Number   `json:"issued"`
	Spent   json.Number   `json:"spent"`
	Expired json.Number   `json:"expired"`
	Rate    json.Number   `json:"rate"`   // expired / (expired + spent)
	ByAge   []json.Number `json:"by_age"` // the rate after 0, 1, 2 … months
}

// Breakage is what becomes of points, by the month in which they were issued, and how many that are left may be expected to expire.
type Breakage struct {
	Months []BreakageMonth `json:"months"`
	Rate   json.Number     `json:"rate"`
	// Expected is how many of what is outstanding would expire if it did as those did that were spent or have expired.
	Expected json.Number `json:"expected"`
}

// Liability is what is owed to members in some points.
type Liability struct {
	AsOf
	Points      string        `json:"points"`
	Outstanding json.Number   `json:"outstanding"` // live, pending and held, less debt
	Live        json.Number   `json:"live"`        // can be spent
	Pending     json.Number   `json:"pending"`
	Held        json.Number   `json:"held"` // by claims
	Debt        json.Number   `json:"debt"`
	Worth       *Money        `json:"worth"`           // of what is outstanding
	ByMonth     []ExpiryMonth `json:"by_expiry_month"` // of what is live
	Breakage    Breakage      `json:"breakage"`
}

// Cohort are the members who joined in a week.
type Cohort struct {
	Week    string  `json:"week"`
	Members int64   `json:"members"`
	Active  []int64 `json:"active"` // in the week of joining, the next one, and so on
}

// ActivePeriod is who was active in a month, against the month before.
type ActivePeriod struct {
	Month    string      `json:"month"`
	Active   int64       `json:"active"`
	New      int64       `json:"new"`      // joined in it
	Kept     int64       `json:"kept"`     // were active in the month before as well
	Returned int64       `json:"returned"` // neither
	Lost     int64       `json:"lost"`     // were active in the month before, and not in it
	Churn    json.Number `json:"churn"`    // lost, of those who were active in the month before
}

// Retention is who comes back.
type Retention struct {
	AsOf
	Kind    string         `json:"kind"`
	Of      string         `json:"of"` // a type of event; what the ruleset calls activity where it is left out
	Cohorts []Cohort       `json:"cohorts"`
	Months  []ActivePeriod `json:"months"`
}

// GivenPoints are points that a definition gave, and what became of them by reversals.
type GivenPoints struct {
	Points   string      `json:"points"`
	Given    json.Number `json:"given"`
	Reversed json.Number `json:"reversed"` // taken back by reversals, less what they gave back
	Taken    json.Number `json:"taken"`    // spent on it, or taken by it, less what was returned
	Cut      json.Number `json:"cut"`      // that caps have cut off
	Cuts     int64       `json:"cuts"`     // how often
	Worth    *Money      `json:"worth"`
}

// ChallengeStep is how many members have come so far with a challenge.
type ChallengeStep struct {
	Step       string `json:"step"` // joined, 25, 50, 75 or done
	Members    int64  `json:"members"`
	MedianDays *int64 `json:"median_days"` // since they joined, null where nobody has come so far
}

// StepDay is who joined and who was done on a day.
type StepDay struct {
	Day    string `json:"day"`
	Joined int64  `json:"joined"`
	Done   int64  `json:"done"`
}

// ChallengeNumbers is how members do in a challenge.
type ChallengeNumbers struct {
	AsOf
	Challenge string          `json:"challenge"`
	Steps     []ChallengeStep `json:"steps"` // of all time; in each round of a challenge that repeats a member counts again
	Given     []GivenPoints   `json:"given"`
	Series    []StepDay       `json:"series"`
}

// StateCount is how many members are in a state.
type StateCount struct {
	State   string `json:"state"`
	Members int64  `json:"members"`
}

// LengthCount are the runs of a length.
type LengthCount struct {
	Length   int         `json:"length"`
	Running  int64       `json:"running"`
	Broken   int64       `json:"broken"`
	Survival json.Number `json:"survival"` // of all runs, those that came so far
}

// StreakNumbers is how long members' streaks are.
type StreakNumbers struct {
	AsOf
	Streak  string        `json:"streak"`
	States  []StateCount  `json:"states"`  // members, now
	Lengths []LengthCount `json:"lengths"` // of runs that go on, and of those that broke
}

// LevelCount is how many members are on a level now.
type LevelCount struct {
	Level   string `json:"level"` // "" below the lowest
	Members int64  `json:"members"`
}

// MoveCount is how often members moved from a level to another.
type MoveCount struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Moves int64  `json:"moves"`
}

// TierNumbers is who is on which level, and who moved.
type TierNumbers struct {
	AsOf
	Tier   string       `json:"tier"`
	Levels []LevelCount `json:"levels"`
	Moves  []MoveCount  `json:"moves"`
}

// FiredCount is how often a definition fired.
type FiredCount struct {
	Definition string `json:"definition"`
	Fired      int64  `json:"fired"`
}

// PromotionNumbers is what a promotion did in a range.
type PromotionNumbers struct {
	AsOf
	Promotion   string        `json:"promotion"`
	From        string        `json:"from"`
	To          string        `json:"to"`
	Openings    int64         `json:"openings"`    // by calls
	Members     int64         `json:"members"`     // whom it brought something for the first time
	Definitions []FiredCount  `json:"definitions"` // that share its window
	Cost        []GivenPoints `json:"cost"`        // what they did to points
}

// StoppedCount is how often a definition applied and did nothing, for a reason.
type StoppedCount struct {
	Reason string `json:"reason"`
	Times  int64  `json:"times"`
}

// DefinitionNumbers is what a definition did in a range.
type DefinitionNumbers struct {
	AsOf
	From      string         `json:"from"`
	To        string         `json:"to"`
	Fired     int64          `json:"fired"`      // events in which it gave, took or was reached
	LastFired string         `json:"last_fired"` // the last day of the range on which it did, "" for none
	Stopped   []StoppedCount `json:"stopped"`
	Points    []GivenPoints  `json:"points"`
	Claims    *ClaimCounts   `json:"claims"` // of a reward
}

// BoardNumbers is how scores are spread over a leaderboard.
type BoardNumbers struct {
	Leaderboard string   `json:"leaderboard"`
	Season      string   `json:"season"`
	Split       string   `json:"split"`
	Ranked      int64    `json:"ranked"` // how many
	Deciles     []Decile `json:"deciles"`
}

// Decile is the score that some of those who are ranked have at least.
type Decile struct {
	Percent int64       `json:"percent"`
	Rank    int64       `json:"rank"`
	Score   json.Number `json:"score"`
}

// Overview reads the numbers of a range (InDays) on one page, with a series (Per).
func (c *Client) Overview(ctx context.Context, options ...CallOption) (*Overview, error) {
	return get[Overview](ctx, c, Path("stats", "overview"), options)
}

// RollForward reads what became of some points, period by period (InDays, Per).
func (c *Client) RollForward(ctx context.Context, points string, options ...CallOption) (*RollForward, error) {
	return get[RollForward](ctx, c, Path("stats", "points"), append(options, parameter("points", points)))
}

// Liability reads what is owed to members in some points.
func (c *Client) Liability(ctx context.Context, points string, options ...CallOption) (*Liability, error) {
	return get[Liability](ctx, c, Path("stats", "liability"), append(options, parameter("points", points)))
}

// Retention reads who comes back of those who joined in a range (InDays); Where("kind", "rolling") and Where("of", type) choose what counts.
func (c *Client) Retention(ctx context.Context, options ...CallOption) (*Retention, error) {
	return get[Retention](ctx, c, Path("stats", "retention"), options)
}

// ChallengeNumbers reads how members do in a challenge.
func (c *Client) ChallengeNumbers(ctx context.Context, challenge string, options ...CallOption) (*ChallengeNumbers, error) {
	return get[ChallengeNumbers](ctx, c, Path("stats", "challenges", challenge), options)
}

// StreakNumbers reads how long the runs of a streak are.
func (c *Client) StreakNumbers(ctx context.Context, streak string, options ...CallOption) (*StreakNumbers, error) {
	return get[StreakNumbers](ctx, c, Path("stats", "streaks", streak), options)
}

// TierNumbers reads who is on which level of a tier, and who moved in a range.
func (c *Client) TierNumbers(ctx context.Context, tier string, options ...CallOption) (*TierNumbers, error) {
	return get[TierNumbers](ctx, c, Path("stats", "tiers", tier), options)
}

// BoardNumbers reads how scores are spread over a leaderboard (InSeason, InSplit).
func (c *Client) BoardNumbers(ctx context.Context, board string, options ...CallOption) (*BoardNumbers, error) {
	return get[BoardNumbers](ctx, c, Path("stats", "boards", board), options)
}

// PromotionNumbers reads what a promotion did in a range.
func (c *Client) PromotionNumbers(ctx context.Context, promotion string, options ...CallOption) (*PromotionNumbers, error) {
	return get[PromotionNumbers](ctx, c, Path("stats", "promotions", promotion), options)
}

// DefinitionNumbers reads what a definition did from a day to another, both included.
func (c *Client) DefinitionNumbers(ctx context.Context, section, id, from, to string, options ...CallOption) (*DefinitionNumbers, error) {
	var of struct {
		Statistics DefinitionNumbers `json:"statistics"`
	}
	err := c.Get(ctx, Path("definitions", section, id), &of, append(options, InDays(from, to))...)
	return &of.Statistics, err
}
