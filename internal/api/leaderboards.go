package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/leaderboards"
)

// maxAround is how many rows on each side of a member are shown at most.
const maxAround = 100

// board is a leaderboard as the catalogue shows it.
type board struct {
	Leaderboard string `json:"leaderboard"`
	Title       string `json:"title"`
	About       string `json:"about,omitempty"`
	Image       string `json:"image,omitempty"`
	Ranks       string `json:"ranks"` // members or groups
	Every       string `json:"every"`
	Order       string `json:"order"`
	Ties        string `json:"ties"`
	Split       bool   `json:"split"`
	season
}

// season is one season of a board. One that never ends has no dates.
type season struct {
	Season string            `json:"season"`
	Starts *calendar.Instant `json:"starts_at"`
	Ends   *calendar.Instant `json:"ends_at"`
	Closes *calendar.Instant `json:"closes_at"` // when its table becomes final
}

// row is one line of a ranking: of a member, or of a group where groups are ranked.
type row struct {
	Rank    int64            `json:"rank"`
	Member  string           `json:"member,omitempty"`
	Group   string           `json:"group,omitempty"`
	Score   decimal.Decimal  `json:"score"`
	Reached calendar.Instant `json:"reached_at"`
}

// table is a page of a ranking; Hash is that of a final one. NextRank is where the next page begins, null on the last one. Stale
// tells that it is of a moment ago, from the store, while the board outside this process does not serve it.
type table struct {
	Leaderboard string `json:"leaderboard"`
	season
	Split    string `json:"split,omitempty"`
	Closed   bool   `json:"closed"`
	Stale    bool   `json:"stale,omitempty"`
	Hash     string `json:"hash,omitempty"`
	Total    int64  `json:"total"`
	Data     []row  `json:"data"`
	HasMore  bool   `json:"has_more"`
	NextRank *int64 `json:"next_from_rank"`
}

// standing is where one member is. Rank and score are null without a score.
type standing struct {
	Leaderboard string `json:"leaderboard"`
	season
	Split   string            `json:"split,omitempty"`
	Closed  bool              `json:"closed"`
	Stale   bool              `json:"stale,omitempty"`
	Hash    string            `json:"hash,omitempty"`
	Total   int64             `json:"total"`
	Rank    *int64            `json:"rank"`
	Member  string            `json:"member,omitempty"`
	Group   string            `json:"group,omitempty"`
	Score   *decimal.Decimal  `json:"score"`
	Reached *calendar.Instant `json:"reached_at"`
	Around  []row             `json:"around,omitempty"`
}

func listLeaderboards(c call) error {
	rules := c.program.Rules()
	list := []board{}
	for _, b := range rules.Leaderboards {
		if b.Hidden {
			continue
		}
		ranks := "members"
		if groups(b) {
			ranks = "groups"
		}
		list = append(list, board{Leaderboard: b.ID, Title: b.Title, About: b.About, Image: b.Image, Ranks: ranks,
			Every: b.Counter.Every.String(), Order: b.Rules.Order.String(), Ties: b.Rules.Ties.String(), Split: b.Split,
			season: seasonOf(rules, b, rules.Calendar.Key(b.Counter.Every, c.program.Present()))})
	}
	return c.show(whole(list))
}

// groups reports whether a board ranks groups instead of members.
func groups(b *engine.Leaderboard) bool { return b.Counter.By != engine.ByMember }

func seasonOf(rules *engine.Ruleset, b *engine.Leaderboard, key calendar.Key) season {
	every := b.Counter.Every
	return season{Season: rules.Calendar.Label(every, key), Starts: given(rules.Calendar.Start(every, key)),
		Ends: given(rules.SeasonEnds(b, key)), Closes: given(rules.SeasonCloses(b, key))}
}

// ranking is one ranking of a board, as a request names it.
type ranking struct {
	call   call
	asked  time.Time
	board  *engine.Leaderboard
	key    leaderboards.Key
	season season
	closed bool   // its table is final
	hash   string // of that table
	etag   string
	stale  bool // it is shown from the store
}

// boardTime is how long boards have for an answer, all that it takes together.
const boardTime = time.Second

// read asks the board, and where it does not serve the ranking the store.
func (r *ranking) read(ask func(context.Context, leaderboards.Board) error) error {
	ctx, cancel := context.WithTimeout(r.call.http.UserContext(), time.Until(r.asked.Add(boardTime)))
	defer cancel()
	if !r.stale {
		err := ask(ctx, r.call.program.Boards())
		if !program.Unserved(err) {
			return err
		}
		r.stale, r.etag = true, ""
	}
	stored, err := r.call.program.Copy(ctx, r.key, r.board.Rules)
	if err != nil {
		return err
	}
	return ask(ctx, stored)
}

// ranking reads which ranking a request is about.
func (c call) ranking() (*ranking, error) {
	if err := c.settled(); err != nil {
		return nil, err
	}
	id, err := c.id("board")
	if err != nil {
		return nil, err
	}
	rules := c.program.Rules()
	b := rules.Leaderboard(id)
	if b == nil {
		return nil, unknownBoard(rules, id)
	}
	key, err := c.season(rules, b)
	if err != nil {
		return nil, err
	}
	split, given := c.query("split"), c.http.Context().QueryArgs().Has("split")
	switch {
	case given && !b.Split:
		return nil, wrongParameter("query.split", "this board is not split", "")
	case b.Split && !given:
		return nil, wrongParameter("query.split", "this board is split: say which part of it", "")
	}
	r := &ranking{call: c, asked: time.Now(), board: b, season: seasonOf(rules, b, key)}
	r.key = leaderboards.Key{Program: rules.Program, Board: b.Key, Season: r.season.Season, Split: split}
	if err := r.final(); err != nil || r.closed {
		return r, err
	}
	var version uint64
	if err := r.read(func(ctx context.Context, b leaderboards.Board) (err error) {
		version, err = b.Version(ctx, r.key)
		return err
	}); err != nil {
		return nil, r.durable(err)
	}
	if r.stale {
		return r, nil
	}
	// Versions begin anew with the process, and titles and rules change with the ruleset.
	r.etag = `"` + c.server.start + "." + rules.Hash[:min(12, len(rules.Hash))] + "." + r.season.Season + "." +
		strconv.FormatUint(version, 10) + `"`
	return r, nil
}

// final looks whether the table is final; then its hash says what it is.
func (r *ranking) final() error {
	c, rules := r.call, r.call.program.Rules()
	s, err := engine.ClosedSeasonOf(c.program.Store(), r.board.ID, r.season.Season)
	if err != nil || s == nil {
		return err
	}
	r.closed, r.season.Closes = true, given(s.ClosesAt)
	t, err := engine.ClosedTableOf(c.program.Store(), r.key)
	if t != nil {
		r.hash = t.Hash
	}
	r.etag = `"` + r.hash[:min(12, len(r.hash))] + "." + rules.Hash[:min(12, len(rules.Hash))] + "." + r.season.Season + ".closed\""
	return err
}

func unknownBoard(rules *engine.Ruleset, id string) *problem {
	var ids []string
	for _, b := range rules.Leaderboards {
		ids = append(ids, b.ID)
	}
	return refuse("not_found", "there is no such leaderboard", engine.FieldError{Location: "path.board", Code: "not_found",
		Message: "there is no such leaderboard", Suggestion: spelling.Suggest(id, ids)})
}

// season reads ?season=: current, previous or a label.
func (c call) season(rules *engine.Ruleset, b *engine.Leaderboard) (calendar.Key, error) {
	every := b.Counter.Every
	current := rules.Calendar.Key(every, c.program.Present())
	switch label := c.query("season"); label {
	case "", "current":
		return current, nil
	case "previous":
		if every == calendar.Always {
			return 0, wrongParameter("query.season", "this board has one season, for ever", "")
		}
		return current - 1, nil
	default:
		key, err := rules.Calendar.ParseLabel(every, label)
		if err != nil {
			return 0, wrongParameter("query.season", "there is no such season", "write it like "+rules.Calendar.Label(every, current))
		}
		return key, nil
	}
}

// durable waits for what a page shows: ranks move when an event is decided, and an event counts when it is durable.
func (r *ranking) durable(err error) error {
	if program.Unserved(err) {
		return &problem{code: "unavailable", detail: "the leaderboard cannot be read for a moment", retry: 1, because: err}
	}
	if err != nil {
		return err
	}
	return r.call.program.Settled()
}

func (r *ranking) row(s leaderboards.Standing) row {
	out := row{Rank: s.Rank, Score: s.Value, Reached: s.Reached}
	if groups(r.board) {
		out.Group = s.Member
	} else {
		out.Member = s.Member
	}
	return out
}

func (r *ranking) rows(list []leaderboards.Standing) []row {
	out := make([]row, len(list))
	for i, s := range list {
		out[i] = r.row(s)
	}
	return out
}

func showLeaderboard(c call) error {
	r, err := c.ranking()
	if err != nil {
		return err
	}
	from, err := c.number("from_rank", 1, 1, 1<<62)
	if err != nil {
		return err
	}
	limit, err := c.number("limit", standardPage, 1, leaderboards.MaxPage)
	if err != nil {
		return err
	}
	if c.unchanged(r.etag) {
		return c.notModified(r.etag)
	}
	if r.closed {
		return r.closedTable(from, limit)
	}
	var list []leaderboards.Standing
	var total int64
	err = r.read(func(ctx context.Context, b leaderboards.Board) (err error) {
		list, total, err = b.Page(ctx, r.key, r.board.Rules, from, int(limit))
		return err
	})
	if err := r.durable(err); err != nil {
		return err
	}
	t := table{Leaderboard: r.board.ID, season: r.season, Split: r.key.Split, Stale: r.stale, Total: total, Data: r.rows(list)}
	if next := from + int64(len(list)); len(list) > 0 && next <= total {
		t.HasMore, t.NextRank = true, &next
	}
	return r.show(t)
}

func (r *ranking) show(answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	if r.stale {
		r.etag = tagOf(b)
	}
	return r.call.showTagged(b, r.etag)
}

func showStanding(c call) error {
	r, err := c.ranking()
	if err != nil {
		return err
	}
	member, err := c.id("member")
	if err != nil {
		return err
	}
	around, err := c.number("around", 0, 0, maxAround)
	if err != nil {
		return err
	}
	if !groups(r.board) && !c.program.Known(member) {
		return c.noMember(member)
	}
	if c.unchanged(r.etag) {
		return c.notModified(r.etag)
	}
	if r.closed {
		answer, err := r.closedStanding(member, around)
		if err != nil {
			return err
		}
		return r.show(answer)
	}
	var answer *standing
	err = r.read(func(ctx context.Context, b leaderboards.Board) (err error) {
		answer, err = r.standing(ctx, b, member, int(around))
		return err
	})
	if err := r.durable(err); err != nil {
		return err
	}
	return r.show(answer)
}

// named says whose standing it is.
func (r *ranking) named(s *standing, member string) {
	mine := r.row(leaderboards.Standing{Member: member})
	s.Member, s.Group = mine.Member, mine.Group
}

// standing finds where a member is, and the rows around it.
func (r *ranking) standing(ctx context.Context, boards leaderboards.Board, member string, around int) (*standing, error) {
	s, ranked, err := boards.Standing(ctx, r.key, r.board.Rules, member)
	if err != nil {
		return nil, err
	}
	out := &standing{Leaderboard: r.board.ID, season: r.season, Split: r.key.Split, Stale: r.stale}
	if out.Total, err = boards.Size(ctx, r.key); err != nil {
		return nil, err
	}
	r.named(out, member)
	if !ranked {
		return out, nil
	}
	out.Rank, out.Score, out.Reached = &s.Rank, &s.Value, &s.Reached
	if around > 0 {
		rows, err := boards.Around(ctx, r.key, r.board.Rules, member, around)
		if err != nil {
			return nil, err
		}
		out.Around = r.rows(rows)
	}
	return out, nil
}
