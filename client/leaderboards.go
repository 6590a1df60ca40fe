package client

import (
	"context"
	"encoding/json"
	"strconv"
	"time"
)

// InSeason reads another season than the present one: previous, or a label such as 2026-W49.
func InSeason(season string) CallOption { return parameter("season", season) }

// InSplit reads one part of a leaderboard that is split.
func InSplit(split string) CallOption { return parameter("split", split) }

// FromRank is where a page of a leaderboard begins.
func FromRank(rank int64) CallOption { return parameter("from_rank", strconv.FormatInt(rank, 10)) }

// Around asks for so many rows before and behind a standing.
func Around(n int) CallOption { return parameter("around", strconv.Itoa(n)) }

// Season is one season of a leaderboard. One that never ends has no dates.
type Season struct {
	Label    string     `json:"season"`
	StartsAt *time.Time `json:"starts_at"`
	EndsAt   *time.Time `json:"ends_at"`
	ClosesAt *time.Time `json:"closes_at"` // when its table becomes final
}

// Row is a place of a leaderboard: of a member, or of a group.
type Row struct {
	Rank      int64       `json:"rank"`
	Member    string      `json:"member"`
	Name      string      `json:"name"` // as the ruleset lets boards show members
	Group     string      `json:"group"`
	Score     json.Number `json:"score"`
	ReachedAt time.Time   `json:"reached_at"`
}

// Ranking is which ranking an answer is about.
type Ranking struct {
	Leaderboard string `json:"leaderboard"`
	Season
	Split  string     `json:"split"`
	At     *time.Time `json:"at"`     // the past instant as of which it is
	Closed bool       `json:"closed"` // it is final
	Stale  bool       `json:"stale"`  // it is of a moment ago
	Hash   string     `json:"hash"`   // of a final table
	Total  int64      `json:"total"`  // how many are ranked
}

// Table is a page of a leaderboard.
type Table struct {
	Ranking
	Data     []Row  `json:"data"`
	HasMore  bool   `json:"has_more"`
	NextRank *int64 `json:"next_from_rank"` // for FromRank, nil on the last page
}

// Standing is where one member or group stands. Rank, Score and ReachedAt are nil or "" where there is no score.
type Standing struct {
	Ranking
	Rank      *int64      `json:"rank"`
	Member    string      `json:"member"`
	Name      string      `json:"name"`
	Group     string      `json:"group"`
	Score     json.Number `json:"score"`
	ReachedAt *time.Time  `json:"reached_at"`
	Around    []Row       `json:"around"`
}

// Leaderboard reads a page of a leaderboard.
func (c *Client) Leaderboard(ctx context.Context, board string, options ...CallOption) (*Table, error) {
	return get[Table](ctx, c, Path("leaderboards", board), options)
}

// Standing reads where a member, or a group, stands.
func (c *Client) Standing(ctx context.Context, board, member string, options ...CallOption) (*Standing, error) {
	return get[Standing](ctx, c, Path("leaderboards", board, "standings", member), options)
}
