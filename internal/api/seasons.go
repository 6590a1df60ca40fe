package api

import (
	"encoding/base64"
	"slices"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// States of a season: it runs; it is over, but late events still count, or its table is being made; its table is final; it
// had closed before the program went live, and what is known of it was imported.
const (
	seasonOpen     = "open"
	seasonClosing  = "closing"
	seasonClosed   = "closed"
	seasonImported = "imported"
)

// listedSeason is a season of a board as a list shows it. How many members it has is not told of a split one that has not
// closed; the hash is that of its final table, of a split board's season that of all its tables.
type listedSeason struct {
	engine.Season
	State   string  `json:"state"`
	Members *int64  `json:"members"`
	Hash    *string `json:"hash"`
}

// listSeasons answers with the seasons of a board in which anybody had a score, the present one first.
func listSeasons(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	id, err := c.id("board")
	if err != nil {
		return err
	}
	rules, b, err := c.program.Board(id)
	if err != nil {
		return noRanking(err)
	}
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	before, err := c.seasonCursor(rules, b)
	if err != nil {
		return err
	}
	list, err := c.seasons(rules, b, before)
	if err != nil {
		return err
	}
	out := whole(list)
	if len(list) > int(limit) {
		next := base64.RawURLEncoding.EncodeToString([]byte(list[limit-1].Label))
		out = page[listedSeason]{Data: list[:limit], HasMore: true, NextCursor: &next}
	}
	return c.show(out)
}

// seasonCursor is the season after which a page begins, "" for the first one.
func (c call) seasonCursor(rules *engine.Ruleset, b *engine.Leaderboard) (string, error) {
	text := c.query("cursor")
	if text == "" {
		return "", nil
	}
	label, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		_, err = rules.Calendar.ParseLabel(b.Counter.Every, string(label))
	}
	if err != nil {
		return "", wrongParameter("query.cursor", "this is not the next_cursor of this list", "")
	}
	return string(label), nil
}

// seasons are the seasons of a board before one, the last one first. Labels of one period sort like their seasons.
func (c call) seasons(rules *engine.Ruleset, b *engine.Leaderboard, before string) ([]listedSeason, error) {
	known := map[string]engine.ClosedSeason{}
	err := engine.ClosedSeasons(c.program.Store(), b.ID, "", func(s engine.ClosedSeason) bool {
		known[s.Season] = s
		return true
	})
	if err != nil {
		return nil, err
	}
	labels, err := c.program.ScoredSeasons(b.Key)
	if err != nil {
		return nil, err
	}
	now := c.program.Present()
	for key := rules.Calendar.Key(b.Counter.Every, now); ; key-- { // those that run, though nobody has a score yet
		labels = append(labels, rules.Calendar.Label(b.Counter.Every, key))
		if b.Counter.Every == calendar.Always || rules.SeasonCloses(b, key-1) <= now {
			break
		}
	}
	slices.Sort(labels)
	list, asked := []listedSeason{}, time.Now()
	for _, label := range slices.Backward(slices.Compact(labels)) {
		key, err := rules.Calendar.ParseLabel(b.Counter.Every, label)
		if err != nil || before != "" && label >= before { // of another period that the board has had, or on another page
			continue
		}
		row, some, err := c.listed(rules, b, key, known, asked)
		if err != nil {
			return nil, err
		}
		if some {
			list = append(list, row)
		}
	}
	return list, nil
}

// listed is a season of a board; some is false where it is over and nobody has a score.
func (c call) listed(rules *engine.Ruleset, b *engine.Leaderboard, key calendar.Key, known map[string]engine.ClosedSeason,
	asked time.Time) (row listedSeason, some bool, err error) {
	row = listedSeason{Season: rules.SeasonOf(b, key), State: seasonOpen}
	if s, closed := known[row.Label]; closed {
		row.State, row.Members, row.Hash, row.Closes = seasonClosed, &s.Members, &s.Hash, given(s.ClosesAt)
		return row, true, nil
	}
	now := c.program.Present()
	if now >= rules.SeasonEnds(b, key) {
		row.State = seasonClosing
	}
	if _, live := c.program.Clock(); rules.SeasonCloses(b, key) <= now && (live == 0 || rules.SeasonCloses(b, key) <= live) {
		row.State = seasonImported
	}
	if b.Split {
		return row, true, nil
	}
	r := ranking{Ranking: c.program.Running(rules, b, key, asked), call: c}
	members, err := r.Size(c.http.UserContext())
	row.Members = &members
	return row, members > 0 || row.State == seasonOpen, r.durable(err)
}
