package tasks

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/leaderboards"
)

// Bounds of closing a season.
const (
	// ToldPlaces is how many of the best are told of a closed season where there is nothing to win and no definition that
	// looks at season_closed; those who win, and with such a definition everyone in the table, are told in any case.
	ToldPlaces = 1000
)

// closing is how far the closing of a season has come. Every step of it can be done again: tables are made of scores that
// nothing changes any more, and places are given under ids of their own.
type closing struct {
	Board  string           `json:"board"`
	Key    calendar.Key     `json:"key"`
	Season string           `json:"season"`
	Closes calendar.Instant `json:"closes"`
	Tabled bool             `json:"tabled"` // all tables are written; places are being told
	// After is how far the step has come: the last ranking of which the table is written, or the last place told. Member is
	// the last of a group that has a place, while some of its members are not yet told.
	After  []byte `json:"after,omitempty"`
	Member []byte `json:"member,omitempty"`
}

// CloseSeasons does one bounded piece of what is to be done for seasons that have closed by now, and returns how many events
// and rows that took: 0 when nothing is left. It may be stopped at any point and called again, by whoever runs the program
// next: tables and prizes give the same result, once (semantics: Leaderboards; reliability: P7, P9).
//
// A season is closed by the acceptance of an event at or after its close: contributions accepted from then on do not count.
// So an event of its own makes sure of that first; then the stored scores are final, their tables are written, and only then
// is anybody told.
func CloseSeasons(h Runtime) (done int, err error) {
	value, err := h.Store().Get(closingRow)
	if err != nil {
		return 0, err
	}
	if value == nil {
		return beginClosing(h)
	}
	c := &closer{Runtime: h}
	if err := json.Unmarshal(value, &c.closing); err != nil {
		return 0, fmt.Errorf("the row of a season that is being closed is damaged: %w", err)
	}
	// What a season wins is what the version in force at its close says.
	if c.version = versionAt(h.Versions(), c.Closes); c.version.Rules.Leaderboard(c.Board) == nil {
		return 1, c.finish(nil)
	}
	c.board = c.version.Rules.Leaderboard(c.Board)
	if c.Tabled {
		return c.tellPlaces()
	}
	return c.writeTable()
}

func versionAt(versions []engine.Version, at calendar.Instant) engine.Version {
	for _, v := range slices.Backward(versions) {
		if v.From <= at {
			return v
		}
	}
	return versions[0]
}

// NextClose is when the next season with stored scores closes that has not been closed yet; Forever where none will, and
// Beginning while one is being closed.
func NextClose(h Runtime) (calendar.Instant, error) {
	next := calendar.Forever
	value, err := h.Store().Get(closingRow)
	if err != nil || value != nil {
		return calendar.Beginning, err
	}
	for _, b := range current(h).Leaderboards {
		key, ok, err := nextSeason(h, b)
		if ok && err == nil {
			key, ok, err = nextScored(h, b, key)
		}
		if err != nil {
			return 0, err
		}
		if ok {
			next = min(next, current(h).SeasonCloses(b, key))
		}
	}
	return next, nil
}

func current(h Runtime) *engine.Ruleset {
	versions := h.Versions()
	return versions[len(versions)-1].Rules
}

// nextSeason is the first season of a board that is not closed. Those that had closed before the program went live, or the
// board was added, are history: what was imported of them is shown, and nobody wins. ok is false while nothing is live.
func nextSeason(h Runtime, b *engine.Leaderboard) (key calendar.Key, ok bool, err error) {
	every := b.Counter.Every
	_, live := h.Clock()
	if every == calendar.Always || live == 0 {
		return 0, false, nil
	}
	value, err := h.Store().Get(closedRow + b.ID)
	if err != nil {
		return 0, false, err
	}
	rules := current(h)
	if value != nil {
		if key, err = rules.Calendar.ParseLabel(every, string(value)); err == nil {
			return key + 1, true, nil
		}
		// The board has another period than it had.
	}
	start := max(live, added(h.Versions(), b))
	key = rules.Calendar.Key(every, start) + 1
	for rules.SeasonCloses(b, key-1) > start {
		key--
	}
	return key, true, nil
}

// added is when a board with its period came into the program.
func added(versions []engine.Version, b *engine.Leaderboard) calendar.Instant {
	from := calendar.Beginning
	for i, v := range slices.Backward(versions) {
		if old := v.Rules.Leaderboard(b.ID); old == nil || old.Counter.Every != b.Counter.Every {
			break
		}
		if from = v.From; i == 0 {
			from = calendar.Beginning
		}
	}
	return from
}

// ended is the first season of a board that is not closed and may have closed.
type ended struct {
	board *engine.Leaderboard
	key   calendar.Key
}

// beginClosing closes the season that closed first, of whichever board: what it wins may count in the next one.
func beginClosing(h Runtime) (done int, err error) {
	over, err := over(h)
	if err != nil || len(over) == 0 {
		return 0, err
	}
	if err := h.Flush(); err != nil { // scores lately are in memory alone
		return 0, err
	}
	rules := current(h)
	var first ended
	closes := h.Now() + 1
	for _, t := range over {
		scored, ok, err := nextScored(h, t.board, t.key)
		if err != nil {
			return 0, err
		}
		if at := rules.SeasonCloses(t.board, scored); ok && at < closes {
			first, closes = ended{t.board, scored}, at
		}
	}
	if first.board == nil {
		return passOver(h, over)
	}
	if due, err := nextDue(h); err != nil || due < closes {
		return 0, err
	}
	c := &closer{Runtime: h, closing: closing{Board: first.board.ID, Key: first.key, Closes: closes,
		Season: rules.Calendar.Label(first.board.Counter.Every, first.key)}}
	return 1, c.begin()
}

// over are the seasons that may have closed by now.
func over(h Runtime) (list []ended, err error) {
	rules := current(h)
	for _, b := range rules.Leaderboards {
		key, ok, err := nextSeason(h, b)
		if err != nil {
			return nil, err
		}
		if !ok || rules.SeasonCloses(b, key) > h.Now() {
			continue
		}
		due, err := nextDue(h)
		if err != nil {
			return nil, err
		}
		if due >= rules.SeasonCloses(b, key) { // else what time has done by then still counts
			list = append(list, ended{b, key})
		}
	}
	return list, nil
}

// passOver leaves seasons behind in which nobody has a score.
func passOver(h Runtime, over []ended) (done int, err error) {
	rules := current(h)
	last, _ := h.Clock()
	for _, t := range over {
		if rules.SeasonCloses(t.board, t.key) > last {
			continue // what is on its way may still count
		}
		every := t.board.Counter.Every
		passed := rules.Calendar.Key(every, last)
		for rules.SeasonCloses(t.board, passed) > last {
			passed--
		}
		if err := h.Put(engine.Row{Key: closedRow + t.board.ID, Value: []byte(rules.Calendar.Label(every, passed))}); err != nil {
			return 0, err
		}
		done++
	}
	return done, nil
}

// nextScored is the first season of a board from one on that has stored scores: of those that a board keeps under another key
// since it started afresh, one that had closed before, or closes after.
func nextScored(h Runtime, b *engine.Leaderboard, from calendar.Key) (key calendar.Key, ok bool, err error) {
	seen := map[string]bool{}
	for _, v := range slices.Backward(h.Versions()) {
		old := v.Rules.Leaderboard(b.ID)
		if old == nil || seen[old.Key] {
			continue
		}
		seen[old.Key] = true
		for at := from; ; at++ {
			scored, found, err := scoredUnder(h, b, old.Key, at)
			if err != nil {
				return 0, false, err
			}
			if !found || ok && scored >= key {
				break
			}
			at = scored
			closing := versionAt(h.Versions(), current(h).SeasonCloses(b, scored)).Rules.Leaderboard(b.ID)
			if closing == nil || closing.Key == old.Key {
				key, ok = scored, true
				break
			}
		}
	}
	return key, ok, nil
}

// scoredUnder is the first season from one on that has stored scores under a board's key. Labels of one period sort like their
// seasons.
func scoredUnder(h Runtime, b *engine.Leaderboard, under string, from calendar.Key) (key calendar.Key, ok bool, err error) {
	cal, every := current(h).Calendar, b.Counter.Every
	after := cal.Label(every, from-1)
	for {
		season, err := engine.NextScoredSeason(h.Store(), under, after)
		if err != nil || season == "" {
			return 0, false, err
		}
		if key, err = cal.ParseLabel(every, season); err == nil && key >= from {
			return key, true, nil
		}
		after = season // of another period that the board has had
	}
}

// closer is at work on one season.
type closer struct {
	Runtime
	closing
	version engine.Version // in force at the close
	board   *engine.Leaderboard
}

// begin makes sure that nothing more can count, and writes what does.
func (c *closer) begin() error {
	if err := c.Submit(engine.NewSeasonEnd(c.Board, c.Season, c.Closes)); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	return c.Put(c.row())
}

// row is the row that says how far the season is.
func (c *closer) row() engine.Row {
	value, err := json.Marshal(c.closing)
	if err != nil {
		panic("tasks: how far a season is closed must be writable as JSON: " + err.Error())
	}
	return engine.Row{Key: closingRow, Value: value}
}

// writeTable writes the table of the next ranking of the season, and closes the season after the last one.
func (c *closer) writeTable() (done int, err error) {
	key, next, err := engine.NextRanking(c.Store(), c.board.Key, c.Season, string(c.After))
	if err != nil {
		return 0, err
	}
	if key.Board == "" {
		return 1, c.seal()
	}
	var scores []leaderboards.Score
	for s, err := range engine.ScoresOf(c.Store(), key) { // in one scan, so that it is all of one moment
		if err != nil {
			return 0, err
		}
		scores = append(scores, s)
	}
	rows := leaderboards.Rank(c.board.Rules, scores)
	table := engine.ClosedTable{Members: int64(len(rows)), Order: c.board.Rules.Order.String(), Ties: c.board.Rules.Ties.String()}
	if table.Hash, err = c.writePlaces(key, rows); err != nil {
		return 0, err
	}
	c.After = []byte(next)
	if table.Members == 0 {
		return 1, c.Put(c.row())
	}
	return len(rows), c.Put(table.Row(key), c.row())
}

// writePlaces writes the rows of a table and returns its hash. A member that is erased meanwhile leaves no name: those who
// are erased before a row is written are asked for after it, and a redaction finds the rows of all later ones.
func (c *closer) writePlaces(key leaderboards.Key, rows []leaderboards.Final) (string, error) {
	sum := engine.NewTableHash()
	for from := 0; from < len(rows); from += pageSize {
		page := rows[from:min(from+pageSize, len(rows))]
		var put, again []engine.Row
		for i, f := range page {
			put = append(put, engine.PlaceRows(key, int64(from+i+1), f)...)
		}
		if err := c.Put(put...); err != nil {
			return "", err
		}
		for i := range page {
			f := page[i]
			if c.board.Counter.By == engine.ByMember && c.Erased(f.Member) {
				again = append(again, engine.UnnamedPlaceRows(key, int64(from+i+1), f)...)
				f.Member = ""
			}
			sum.Add(f.Standing)
		}
		if len(again) > 0 {
			if err := c.Put(again...); err != nil {
				return "", err
			}
		}
	}
	return sum.String(), nil
}

// seal closes the season for readers, and keeps the hash of its tables in the journal.
func (c *closer) seal() error {
	s := &engine.ClosedSeason{Season: c.Season, ClosesAt: c.Closes}
	sum := engine.NewTableHash()
	err := engine.ClosedTables(c.Store(), c.Board, c.Season, func(split string, t engine.ClosedTable) bool {
		s.Members += t.Members
		s.Hash = t.Hash
		sum.AddTable(split, t)
		return true
	})
	if err != nil {
		return err
	}
	if s.Members == 0 { // all of them were taken back
		return c.finish(nil)
	}
	if c.board.Split {
		s.Hash = sum.String()
	}
	if err := c.Submit(engine.NewSeasonTable(c.Board, s)); err != nil {
		return err
	}
	c.Tabled, c.After = true, nil
	return c.Put(s.Row(c.Board), c.row())
}

// finish says that nothing is left to be done for the season.
func (c *closer) finish(s *engine.ClosedSeason) error {
	rows := []engine.Row{{Key: closedRow + c.Board, Value: []byte(c.Season)}, {Key: closingRow}}
	if s != nil {
		s.Paid = true
		rows = append(rows, s.Row(c.Board))
	}
	return c.Put(rows...)
}

// tellPlaces tells one page of places, and pays what they win.
func (c *closer) tellPlaces() (done int, err error) {
	page := &places{closer: c, tables: map[string]*engine.ClosedTable{}}
	for !page.over && len(page.events) < pageSize {
		if err := page.read(); err != nil {
			return 0, err
		}
	}
	if len(page.events) > 0 {
		if err := c.Submit(page.events...); err != nil {
			return 0, err
		}
	}
	if !page.over {
		return len(page.events), c.Put(c.row())
	}
	s, err := engine.ClosedSeasonOf(c.Store(), c.Board, c.Season)
	if err != nil {
		return 0, err
	}
	return len(page.events) + 1, c.finish(s)
}

// places gathers a page of events from the tables of a season.
type places struct {
	*closer
	tables map[string]*engine.ClosedTable // by split
	events []*event.Event
	over   bool
	// pool is what the last rank looked at is paid from.
	pool     []int64
	poolOf   string
	poolRank int64
}

// read reads rows of tables from where the closer stands, until the page is full, a table is done with, or nothing is left.
func (p *places) read() error {
	var failed error
	skip := ""
	p.over = true
	err := engine.ClosedPlaces(p.Store(), p.Board, p.Season, string(p.After), func(at engine.ClosedPlace) bool {
		p.over = false
		var table *engine.ClosedTable
		if table, failed = p.table(at.Split); failed != nil {
			return false
		}
		if p.past(at.Final, table) {
			skip = at.AfterTable
			return false
		}
		if failed = p.tell(at, table); failed != nil {
			return false
		}
		if p.Member == nil {
			p.After = []byte(at.Key)
		}
		return len(p.events) < pageSize
	})
	if skip != "" {
		p.After = []byte(skip)
	}
	return errors.Join(err, failed)
}

func (p *places) table(split string) (t *engine.ClosedTable, err error) {
	if t = p.tables[split]; t == nil {
		if t, err = engine.ClosedTableOf(p.Store(), leaderboards.Key{Board: p.Board, Season: p.Season, Split: split}); err == nil && t == nil {
			panic("tasks: a place in a closed season has no table")
		}
		p.tables[split] = t
	}
	return t, err
}

// past reports whether nobody from a place on needs to be told.
func (p *places) past(f leaderboards.Final, table *engine.ClosedTable) bool {
	t := p.version.Rules.EventType(engine.SeasonClosed)
	if t != nil && t.Named {
		return false
	}
	return f.Rank > max(ToldPlaces, leaderboards.LastPaid(p.board.PrizePlaces(), table.Members))
}

// tell adds the events of one place to the page: its member's, or those of the members of a group.
func (p *places) tell(at engine.ClosedPlace, table *engine.ClosedTable) error {
	if p.pool == nil || p.poolOf != at.Split || p.poolRank != at.Rank {
		p.pool, p.poolOf, p.poolRank = at.Pool(p.board.Rules.Ties, p.board.PrizePlaces(), table.Members), at.Split, at.Rank
	}
	won := p.board.Winnings(p.Season, at, p.pool, table.Members)
	if p.board.Counter.By == engine.ByMember {
		if at.Member != "" {
			p.events = append(p.events, engine.NewPlace(at.Member, p.Closes, won))
		}
		return nil
	}
	return p.tellGroup(at, won)
}

// tellGroup adds the events of those members who had brought something to a group when the season closed. Each of them wins
// what the group's place wins.
func (p *places) tellGroup(at engine.ClosedPlace, won engine.Winnings) error {
	start := string(p.Member)
	p.Member = nil
	count := engine.CountID{Name: p.board.Counter.Name, Split: at.Split, Group: at.Member}
	return engine.SharersBy(p.Store(), count, p.Key, p.Closes, start, func(member string, brought bool) bool {
		if brought {
			p.events = append(p.events, engine.NewPlace(member, p.Closes, won))
		}
		if len(p.events) < pageSize {
			return true
		}
		p.Member = []byte(member)
		return false
	})
}
