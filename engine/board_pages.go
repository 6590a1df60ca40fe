package engine

import (
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// Season is one season of a leaderboard, as JSON. One that never ends has no dates.
type Season struct {
	Label  string            `json:"season"`
	Starts *calendar.Instant `json:"starts_at"`
	Ends   *calendar.Instant `json:"ends_at"`
	Closes *calendar.Instant `json:"closes_at"` // when its table becomes final
}

// SeasonOf is a season of a board by its period.
func (r *Ruleset) SeasonOf(b *Leaderboard, key calendar.Key) Season {
	every := b.Counter.Every
	return Season{Label: r.Calendar.Label(every, key), Starts: instantOrNil(r.Calendar.Start(every, key)),
		Ends: instantOrNil(r.SeasonEnds(b, key)), Closes: instantOrNil(r.SeasonCloses(b, key))}
}

// RanksGroups reports whether a board ranks groups instead of members.
func (b *Leaderboard) RanksGroups() bool { return b.Counter.By != ByMember }

// Ranked is one row of a ranking, as JSON: of a member, or of a group where groups are ranked.
type Ranked struct {
	Rank    int64            `json:"rank"` // from 1
	Member  string           `json:"member,omitempty"`
	Name    string           `json:"name,omitempty"` // as the ruleset lets boards show members
	Group   string           `json:"group,omitempty"`
	Score   decimal.Decimal  `json:"score"`
	Reached calendar.Instant `json:"reached_at"`
}

// Table is a page of a ranking, as JSON.
type Table struct {
	Leaderboard string `json:"leaderboard"`
	Season
	Split    string            `json:"split,omitempty"`
	At       *calendar.Instant `json:"at,omitempty"`    // the past instant as of which it is
	Closed   bool              `json:"closed"`          // it is final
	Stale    bool              `json:"stale,omitempty"` // it is of a moment ago, while a board outside the process does not serve it
	Hash     string            `json:"hash,omitempty"`  // of a final table, the whole of it
	Total    int64             `json:"total"`           // how many are ranked
	Data     []Ranked          `json:"data"`
	HasMore  bool              `json:"has_more"`
	NextRank *int64            `json:"next_from_rank"` // where the next page begins, nil on the last one
}

// Standing is where one member or group is in a ranking, as JSON. Rank, Score and Reached are nil without a score.
type Standing struct {
	Leaderboard string `json:"leaderboard"`
	Season
	Split   string            `json:"split,omitempty"`
	At      *calendar.Instant `json:"at,omitempty"` // the past instant as of which it is
	Closed  bool              `json:"closed"`
	Stale   bool              `json:"stale,omitempty"`
	Hash    string            `json:"hash,omitempty"`
	Total   int64             `json:"total"`
	Rank    *int64            `json:"rank"`
	Member  string            `json:"member,omitempty"`
	Name    string            `json:"name,omitempty"`
	Group   string            `json:"group,omitempty"`
	Score   *decimal.Decimal  `json:"score"`
	Reached *calendar.Instant `json:"reached_at"`
	Around  []Ranked          `json:"around,omitempty"` // the rows around it, itself among them
}
