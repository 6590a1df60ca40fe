package program

import (
	"cmp"
	"context"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/spelling"
	"github.com/laurel-engine/laurel/leaderboards"
)

// boardTime is how long boards have for an answer, all that it takes together.
const boardTime = time.Second

// RankingName is which ranking of a board is meant.
type RankingName struct {
	Board  string
	Season string  // current, which "" is too, previous or a label
	Split  *string // of a board that is split, nil for any other
	// At is as of which past instant, 0 for the present. The current season is that of the instant.
	At calendar.Instant
}

// Ranking is one ranking of a board, to be read at once.
type Ranking struct {
	Rules  *engine.Ruleset
	Board  *engine.Leaderboard
	Key    leaderboards.Key
	Season engine.Season
	Closed bool   // its table is final
	Hash   string // of that table
	Stale  bool   // it is shown from the store
	// At is the past instant as of which it is shown, 0 for the present.
	At calendar.Instant

	program *Program
	asked   time.Time
	table   bool // it has a final table, though a past instant before it is asked about
}

// Board is a leaderboard of the ruleset in force. An unknown one is an *engine.Refusal, located at "board".
func (p *Program) Board(id string) (*engine.Ruleset, *engine.Leaderboard, error) {
	rules := p.Rules()
	if b := rules.Leaderboard(id); b != nil {
		return rules, b, nil
	}
	var ids []string
	for _, b := range rules.Leaderboards {
		ids = append(ids, b.ID)
	}
	return nil, nil, &engine.Refusal{Code: engine.CodeNotFound, Message: "there is no such leaderboard", Errors: []event.FieldError{{Location: "board",
		Code: engine.CodeNotFound, Message: "there is no such leaderboard", Suggestion: spelling.Suggest(id, ids)}}}
}

// Ranking finds a ranking. One that there cannot be is an *engine.Refusal, located at "board", "season" or "split".
func (p *Program) Ranking(name RankingName) (*Ranking, error) {
	rules, b, err := p.Board(name.Board)
	if err != nil {
		return nil, err
	}
	at := cmp.Or(name.At, p.Present())
	key, err := p.period(rules, b, name.Season, at)
	if err != nil {
		return nil, err
	}
	switch {
	case name.Split != nil && !b.Split:
		return nil, wrong("split", "this board is not split", "")
	case b.Split && name.Split == nil:
		return nil, wrong("split", "this board is split: say which part of it", "")
	case at > p.Present():
		return nil, wrong("at", "it lies ahead, and nobody knows what the ranking will be like", "")
	case name.At != 0 && b.RanksGroups():
		return nil, wrong("at", "what a leaderboard of groups was like is not kept; the tables of its closed seasons are", "")
	}
	r := p.Running(rules, b, key, time.Now())
	if name.Split != nil {
		r.Key.Split = *name.Split
	}
	if err := r.final(); err != nil {
		return nil, err
	}
	if name.At != 0 && (!r.Closed || r.Season.Closes == nil || name.At < *r.Season.Closes) {
		r.At, r.Closed, r.Hash, r.table = name.At, false, "", r.Closed
	}
	return r, nil
}

// Running is the ranking of a season that has not closed, of a board that is not split, as a part of what was asked at an instant.
func (p *Program) Running(rules *engine.Ruleset, b *engine.Leaderboard, key calendar.Key, asked time.Time) *Ranking {
	season := rules.SeasonOf(b, key)
	return &Ranking{Rules: rules, Board: b, Season: season, program: p, asked: asked,
		Key: leaderboards.Key{Program: rules.Program, Board: b.Key, Season: season.Label}}
}

func wrong(location, message, suggestion string) *engine.Refusal {
	return &engine.Refusal{Code: "wrong_parameter", Message: "a parameter does not fit",
		Errors: []event.FieldError{{Location: location, Code: "wrong_value", Message: message, Suggestion: suggestion}}}
}

// period reads which season is meant.
func (p *Program) period(rules *engine.Ruleset, b *engine.Leaderboard, season string, at calendar.Instant) (calendar.Key, error) {
	every := b.Counter.Every
	current := rules.Calendar.Key(every, at)
	switch season {
	case "", "current":
		return current, nil
	case "previous":
		if every == calendar.Always {
			return 0, wrong("season", "this board has one season, for ever", "")
		}
		return current - 1, nil
	default:
		key, err := rules.Calendar.ParseLabel(every, season)
		if err != nil {
			return 0, wrong("season", "there is no such season", "write it like "+rules.Calendar.Label(every, current))
		}
		if s := rules.SeasonOf(b, key); s.Starts != nil && (*s.Starts < calendar.Earliest || *s.Starts >= calendar.Latest) {
			return 0, wrong("season", "it lies before 1900, or thousands of years ahead", "write it like "+rules.Calendar.Label(every, current))
		}
		return key, nil
	}
}

// final looks whether the table is final; then its hash says what it is.
func (r *Ranking) final() error {
	s, err := engine.ClosedSeasonOf(r.program.store, r.Board.ID, r.Season.Label)
	if err != nil || s == nil {
		return err
	}
	if r.Closed = true; s.ClosesAt != 0 {
		r.Season.Closes = &s.ClosesAt
	}
	t, err := engine.ClosedTableOf(r.program.store, r.Key)
	if t != nil {
		r.Hash = t.Hash
	}
	return err
}

// read asks the board, and where it does not serve the ranking the store.
func (r *Ranking) read(ctx context.Context, ask func(context.Context, leaderboards.Board) error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Until(r.asked.Add(boardTime)))
	defer cancel()
	if r.At != 0 {
		past, err := r.past(ctx)
		if err != nil {
			return err
		}
		return ask(ctx, past)
	}
	if !r.Stale {
		err := ask(ctx, r.program.boards)
		if !Unserved(err) {
			return err
		}
		r.Stale = true
	}
	stored, err := r.program.Copy(ctx, r.Key, r.Board.Rules)
	if err != nil {
		return err
	}
	return ask(ctx, stored)
}

// Told reports whether boards have been told of every score that an event or one before it changed; they are at once, but for those
// outside this process.
func (p *Program) Told(seq uint64) (told bool, err error) {
	if told = true; p.inProcess {
		return told, nil
	}
	if err := p.Flush(); err != nil {
		return false, err
	}
	err = engine.Outbox(p.store, func(_ string, s engine.ScoreChange) bool {
		told = s.Score.Version > seq
		return false // the oldest comes first
	})
	return told, err
}

// Version is that of a ranking that has not closed (leaderboards.Board).
func (r *Ranking) Version(ctx context.Context) (version uint64, err error) {
	err = r.read(ctx, func(ctx context.Context, b leaderboards.Board) (err error) {
		version, err = b.Version(ctx, r.Key)
		return err
	})
	return version, err
}

// Size is how many are ranked in a ranking that has not closed.
func (r *Ranking) Size(ctx context.Context) (size int64, err error) {
	err = r.read(ctx, func(ctx context.Context, b leaderboards.Board) (err error) {
		size, err = b.Size(ctx, r.Key)
		return err
	})
	return size, err
}

// Page is a page of the ranking from a position on, the first of which is 1. It may show what is not durable yet (Settled).
func (r *Ranking) Page(ctx context.Context, from int64, limit int) (engine.Table, error) {
	list, total, err := r.rows(ctx, from, limit)
	if err != nil {
		return engine.Table{}, err
	}
	t := engine.Table{Leaderboard: r.Board.ID, Season: r.Season, Split: r.Key.Split, At: r.at(), Closed: r.Closed, Stale: r.Stale, Hash: r.Hash, Total: total}
	t.Data, err = r.ranked(list)
	if next := from + int64(len(list)); len(list) > 0 && next <= total {
		t.HasMore, t.NextRank = true, &next
	}
	return t, err
}

func (r *Ranking) rows(ctx context.Context, from int64, limit int) (list []leaderboards.Standing, total int64, err error) {
	if r.Closed {
		return r.closedRows(from, limit)
	}
	err = r.read(ctx, func(ctx context.Context, b leaderboards.Board) (err error) {
		list, total, err = b.Page(ctx, r.Key, r.Board.Rules, from, limit)
		return err
	})
	return list, total, err
}

// Standing finds where a member or a group is, and so many rows on each side of it. It may show what is not durable yet (Settled).
func (r *Ranking) Standing(ctx context.Context, member string, around int) (engine.Standing, error) {
	if r.Closed {
		return r.closedStanding(member, int64(around))
	}
	var out engine.Standing
	var rows []leaderboards.Standing
	err := r.read(ctx, func(ctx context.Context, b leaderboards.Board) (err error) {
		out, rows, err = r.standing(ctx, b, member, around)
		return err
	})
	if err != nil {
		return out, err
	}
	return r.named(out, rows)
}

// named adds the rows around a standing, and what is shown of members.
func (r *Ranking) named(out engine.Standing, rows []leaderboards.Standing) (engine.Standing, error) {
	mine, err := r.ranked([]leaderboards.Standing{{Member: cmp.Or(out.Member, out.Group)}})
	if err != nil {
		return out, err
	}
	out.Name = mine[0].Name
	if len(rows) > 0 {
		out.Around, err = r.ranked(rows)
	}
	return out, err
}

func (r *Ranking) standing(ctx context.Context, boards leaderboards.Board, member string, around int) (engine.Standing, []leaderboards.Standing, error) {
	out := r.standingOf(member)
	s, ranked, err := boards.Standing(ctx, r.Key, r.Board.Rules, member)
	if err != nil {
		return out, nil, err
	}
	if out.Total, err = boards.Size(ctx, r.Key); err != nil || !ranked {
		return out, nil, err
	}
	out.Rank, out.Score, out.Reached = &s.Rank, &s.Value, &s.Reached
	if around == 0 {
		return out, nil, nil
	}
	rows, err := boards.Around(ctx, r.Key, r.Board.Rules, member, around)
	return out, rows, err
}

// standingOf says whose standing it is.
func (r *Ranking) standingOf(member string) engine.Standing {
	mine := r.row(leaderboards.Standing{Member: member})
	return engine.Standing{Leaderboard: r.Board.ID, Season: r.Season, Split: r.Key.Split, At: r.at(), Closed: r.Closed, Stale: r.Stale, Hash: r.Hash,
		Member: mine.Member, Group: mine.Group}
}

func (r *Ranking) row(s leaderboards.Standing) engine.Ranked {
	out := engine.Ranked{Rank: s.Rank, Score: s.Value, Reached: s.Reached}
	if r.Board.RanksGroups() {
		out.Group = s.Member
	} else if r.At == 0 || !r.program.Erased(s.Member) { // a past ranking may have been gathered before
		out.Member = s.Member
	}
	return out
}

// ranked are rows as they are shown, with the names of their members, all read together.
func (r *Ranking) ranked(list []leaderboards.Standing) ([]engine.Ranked, error) {
	out := make([]engine.Ranked, len(list))
	var members []string
	for i, s := range list {
		if out[i] = r.row(s); out[i].Member != "" {
			members = append(members, s.Member)
		}
	}
	names, err := r.program.names(r.Rules, members)
	for i := range out {
		out[i].Name = names[out[i].Member]
	}
	return out, err
}

// closedRows are rows of a final table, without the names of members who were erased.
func (r *Ranking) closedRows(from int64, limit int) ([]leaderboards.Standing, int64, error) {
	t, err := engine.ClosedTableOf(r.program.store, r.Key)
	if err != nil || t == nil {
		return nil, 0, err
	}
	list, err := engine.ClosedPage(r.program.store, r.Key, from, limit)
	for i := range list {
		if !r.Board.RanksGroups() && r.program.Erased(list[i].Member) {
			list[i].Member = ""
		}
	}
	return list, t.Members, err
}

// closedStanding finds where a member is in a final table, and the rows around it.
func (r *Ranking) closedStanding(member string, around int64) (engine.Standing, error) {
	out := r.standingOf(member)
	at, err := engine.ClosedPosition(r.program.store, r.Key, member)
	if err != nil {
		return out, err
	}
	rows, total, err := r.closedRows(max(at, 1), 1)
	out.Total = total
	if err != nil {
		return out, err
	}
	if at == 0 || len(rows) == 0 {
		return r.named(out, nil)
	}
	out.Rank, out.Score, out.Reached = &rows[0].Rank, &rows[0].Value, &rows[0].Reached
	if around == 0 {
		return r.named(out, nil)
	}
	page := 2*around + 1
	if rows, _, err = r.closedRows(max(1, min(at-around, total-page+1)), int(page)); err != nil {
		return out, err
	}
	return r.named(out, rows)
}
