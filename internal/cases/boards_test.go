package cases

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
)

// board translates a leaderboard of sums.
type board struct {
	config struct {
		SeasonEnd *calendar.Instant `json:"season_end"`
		LateHours int               `json:"late_hours"`
		Ties      string            `json:"ties"`
		Prizes    []json.Number     `json:"prizes"`
	}
	first calendar.Instant // event time of the first score: it lies in the season that is looked at
}

func newBoard(c *semanticCase, _ func() *world) family {
	f := &board{}
	c.configure(&f.config)
	return f
}

func (f *board) ruleset() string {
	ties := map[string]string{"": "earliest", "earliest": "earliest", "shared": "share", "share": "share", "dense": "dense"}[f.config.Ties]
	if ties == "" {
		unknown("ties", f.config.Ties)
	}
	text := lines("program: worked_case", "events: {score: {points: number}}", "points: {stars: {}}",
		"counters:", "  scored: {when: score, add: event.points"+f.every()+"}",
		"leaderboards:", "  board:", "    counter: scored", "    ties: "+ties,
		line(f.config.LateHours > 0, "    closes: %d hours", f.config.LateHours))
	for i, points := range f.config.Prizes {
		text += line(i == 0, "    prizes:\n") + fmt.Sprintf("      - {ranks: %d, give: {stars: %s}}\n", i+1, points)
	}
	return text
}

// every is the period whose end the season's is. A board with prizes but without an end has a season of a month, so that
// they are paid at all.
func (f *board) every() string {
	switch end := f.config.SeasonEnd; {
	case end == nil && len(f.config.Prizes) == 0:
		return ""
	case end == nil:
		return ", every: month"
	default:
		cal := plain
		for _, p := range []calendar.Period{calendar.Month, calendar.Week, calendar.Day} { // the longest that ends then
			if cal.End(p, cal.Key(p, *end-1)) == *end {
				return ", every: " + p.String()
			}
		}
		cannot("the season ends at %s, when no period of the calendar ends", *end)
		return ""
	}
}

func (f *board) begin(*world, []*step) {}

func (f *board) step(w *world, s *step) {
	switch s.Action {
	case "score":
		if f.first == 0 {
			f.first = s.At
		}
		w.join(s.member(), "")
		w.happen(s.name(), "score", s.member(), s.Occurred, map[string]any{"points": s.Points})
	case "redis_flushall":
		key, _ := w.season("board", "", f.first)
		must(w.boards.Reset(context.Background(), key))
	case "rebuild":
		w.commit(true) // scores are stored with a checkpoint
		key, rules := w.season("board", "", f.first)
		stored := key
		stored.Program = ""
		must(w.boards.Rebuild(context.Background(), key, rules, engine.ScoresOf(w.store, stored)))
	case "remove_member":
		cannot("there is no command that takes a member off a board")
	default:
		unknown("action", s.Action)
	}
}

func (f *board) look(w *world, key string, want any) any {
	switch key {
	case "order":
		list := []string{}
		for _, row := range w.rows("board", "", f.first) {
			list = append(list, row.Member)
		}
		return list
	case "ranks":
		out := map[string]any{}
		for _, row := range w.rows("board", "", f.first) {
			out[row.Member] = row.Rank
		}
		return out
	case "scores":
		out := map[string]any{}
		for _, row := range w.rows("board", "", f.first) {
			out[row.Member] = row.Value
		}
		return out
	case "prizes":
		return f.prizes(w, want)
	}
	return unknown("expectation", key)
}

// prizes are what members were paid once the season has closed.
func (f *board) prizes(w *world, want any) any {
	b := w.rules.Leaderboard("board")
	cal := w.rules.Calendar
	w.closeSeasons(w.rules.SeasonCloses(b, cal.Key(b.Counter.Every, f.first)))
	out := map[string]any{}
	for member := range asObject(want) {
		out[member] = w.balance(member, "stars").Spendable
	}
	return out
}

// rows are a board's, all of them, in the season of an instant.
func (w *world) rows(board, split string, at calendar.Instant) []leaderboards.Standing {
	key, rules := w.season(board, split, at)
	var all []leaderboards.Standing
	for {
		rows, total, err := w.boards.Page(context.Background(), key, rules, int64(len(all))+1, leaderboards.MaxPage)
		must(err)
		if all = append(all, rows...); len(rows) == 0 || int64(len(all)) >= total {
			return all
		}
	}
}
