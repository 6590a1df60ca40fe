package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
	"github.com/laurel-engine/laurel/internal/seldom"
	"github.com/laurel-engine/laurel/leaderboards"
)

// A sweep compares what boards show with what the counters count, of all members page by page, round after round, and mends what
// differs. In a round it goes over the members, then over the stored scores, from which boards are rebuilt, then over the rows
// of the boards: so it finds what is missing and what is too much in each of them. Boards are projections and ought never to
// differ; one that does has been damaged, or there is a mistake in Laurel.
//
// What changes while it looks is no difference: a subject that an event has changed since, and a score of which a board outside
// this process is still to be told, are left to the next round. A board is mended by building the ranking again: a single score
// would be refused by a board that holds another one of the same event, or of a later one that never was.

const (
	// sweepPage is how many members or scores are looked at in one go.
	sweepPage = 64
	// sweepTime is how long a tick may take while nobody sends anything; else it looks at one page.
	sweepTime = 100 * time.Millisecond
	// sweepRest is how long after the end of a round the next one begins.
	sweepRest = 10 * time.Minute
	// sweepSave is how often it is written down how far it is.
	sweepSave = time.Minute
)

// swept is the row that says how far a round is.
const swept = "c/sweep"

// Stages of a round.
const (
	sweepMembers = iota
	sweepScores
	sweepRows
	sweepOver
)

// Sweep compares the boards of a program with its counters.
type Sweep struct {
	program *program.Program
	outside Boards // the board if it is outside this process, and told of scores later; else nil
	log     *slog.Logger

	at    sweepAt
	known bool // at was read
	saved time.Time
	next  time.Time // no round begins before

	told   seldom.Log // of rankings that could not be read, by leaderboard
	mu     sync.Mutex
	mended map[string]int64 // by board
}

// sweepAt is how far a round is.
type sweepAt struct {
	Stage int    `json:"stage"`
	After string `json:"after,omitempty"` // the last member, or row of a score
	From  int64  `json:"from,omitempty"`  // of the rows of a board: the next position
}

// NewSweep makes the sweep of a program. outside is its board where that is outside this process, else nil.
func NewSweep(p *program.Program, outside Boards, log *slog.Logger) *Sweep {
	return &Sweep{program: p, outside: outside, log: log, mended: map[string]int64{}}
}

// Mended is how many scores were mended, by leaderboard.
func (s *Sweep) Mended() map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.mended)
}

// tick looks at as many pages as there is time for.
func (s *Sweep) tick(ctx context.Context) (int, error) {
	if err := s.Restore(ctx); err != nil {
		return 0, err
	}
	if time.Now().Before(s.next) {
		return 0, nil
	}
	for start := time.Now(); ; {
		over, err := s.Page(ctx)
		if err != nil {
			return 0, err
		}
		if over {
			s.next = time.Now().Add(sweepRest)
		}
		if over || ctx.Err() != nil || !s.program.Alone() || time.Since(start) > sweepTime {
			return 1, nil
		}
	}
}

// Restore builds again the rankings that readers found damaged.
func (s *Sweep) Restore(ctx context.Context) error {
	if s.outside == nil {
		return nil
	}
	f := newFound()
	for _, key := range s.outside.Lost() {
		told, _, failed := engine.Told(s.program.Store(), key)
		open, err := s.program.Shows(key)
		if err = errors.Join(failed, err); err == nil && open {
			err = s.program.RebuildOne(ctx, key)
		}
		if err != nil {
			return err
		}
		if open && told != engine.ToldMore {
			s.tellDamaged(f, key, leaderboards.ErrDamaged)
		}
	}
	return nil
}

// Page looks at one page and mends what differs. It reports whether that was the last of a round.
func (s *Sweep) Page(ctx context.Context) (over bool, err error) {
	if err := s.resume(); err != nil {
		return false, err
	}
	if busy, err := s.behind(); busy || err != nil {
		return false, err
	}
	f := newFound()
	scores, next, err := s.page(ctx, f)
	if err == nil {
		err = s.compare(ctx, scores, f)
	}
	if err != nil {
		return false, err
	}
	for key := range f.wrong {
		if err := s.inspect(ctx, key, f); err != nil {
			return false, err
		}
		if err := s.program.RebuildOne(ctx, key); err != nil {
			return false, err
		}
	}
	if over = next.Stage == sweepOver; over {
		next = sweepAt{}
	}
	s.at = next
	if over || time.Since(s.saved) > sweepSave {
		return over, s.save()
	}
	return over, nil
}

func (s *Sweep) resume() error {
	if s.known {
		return nil
	}
	value, err := s.program.Store().Get(swept)
	if err != nil {
		return err
	}
	_ = json.Unmarshal(value, &s.at) // one that cannot be read begins again
	s.known, s.saved = true, time.Now()
	return nil
}

func (s *Sweep) save() error {
	value, err := json.Marshal(s.at)
	if err != nil {
		return err
	}
	s.saved = time.Now()
	return s.program.Put(engine.Row{Key: swept, Value: value})
}

// behind reports whether a board outside this process has so much to be told that there is nothing to compare.
func (s *Sweep) behind() (bool, error) {
	if s.outside == nil {
		return false, nil
	}
	n, err := waitingScores(s.program)
	return n >= maxBacklog, err
}

// page names the scores to look at, and where the next page begins.
func (s *Sweep) page(ctx context.Context, f *found) (scores []engine.Score, next sweepAt, err error) {
	next, store := s.at, s.program.Store()
	switch s.at.Stage {
	case sweepMembers:
		ids, err := engine.StoredMembers(store, s.at.After, sweepPage)
		if err != nil || len(ids) < sweepPage {
			return s.program.Scores(ids), sweepAt{Stage: sweepScores}, err
		}
		next.After = ids[len(ids)-1]
		return s.program.Scores(ids), next, nil
	case sweepScores:
		id := s.program.Rules().Program
		err = engine.StoredScores(store, s.at.After, func(row string, c engine.ScoreChange) bool {
			c.Key.Program = id
			scores, next.After = append(scores, engine.Score{Key: c.Key, Subject: c.Score.Member}), row
			return len(scores) < sweepPage
		})
		if len(scores) < sweepPage {
			next = sweepAt{Stage: sweepRows}
		}
		return scores, next, err
	}
	return s.rows(ctx, f)
}

// rows names a page of what a board shows.
func (s *Sweep) rows(ctx context.Context, f *found) (scores []engine.Score, next sweepAt, err error) {
	key, after, err := s.ranking()
	if err != nil || after == "" {
		return nil, sweepAt{Stage: sweepOver}, err
	}
	next = s.at
	var shown []leaderboards.Standing
	open, err := s.program.Shows(key)
	if err == nil && open {
		rules := s.program.Rules().Leaderboard(engine.BoardID(key)).Rules
		shown, _, err = s.program.Boards().Page(ctx, key, rules, next.From+1, sweepPage)
	}
	if unreadable(err) {
		s.tellDamaged(f, key, err)
		err = nil
	}
	for _, row := range shown {
		scores = append(scores, engine.Score{Key: key, Subject: row.Member})
	}
	if next.From += int64(len(shown)); len(shown) < sweepPage {
		next.After, next.From = after, 0
	}
	return scores, next, err
}

// ranking is the next one that a board shows, and the row after which the one behind it is sought: empty where there is none. A
// board outside this process may show one of which the store has no score.
func (s *Sweep) ranking() (key leaderboards.Key, after string, err error) {
	if s.outside != nil {
		err = engine.ToldRankings(s.program.Store(), s.at.After, func(row string, told leaderboards.Key) bool {
			key, after = told, row
			return false
		})
	} else {
		err = engine.StoredScores(s.program.Store(), s.at.After, func(_ string, c engine.ScoreChange) bool {
			key, after = c.Key, engine.AfterRanking(c.Key)
			return false
		})
	}
	key.Program = s.program.Rules().Program
	return key, after, err
}

// found are the scores of a page that differ, and the rankings that have to be rebuilt for them.
type found struct {
	told  map[engine.Score]bool
	wrong map[leaderboards.Key]bool
}

func newFound() *found {
	return &found{told: map[engine.Score]bool{}, wrong: map[leaderboards.Key]bool{}}
}

// compare finds the scores that differ from what the counters count, and tells of each once.
func (s *Sweep) compare(ctx context.Context, scores []engine.Score, f *found) error {
	owed, seq, err := s.program.Owed(scores)
	if err != nil {
		return err
	}
	untold, err := s.untold(seq)
	if err != nil {
		return err
	}
	var differs []engine.Owed
	shown := map[engine.Score]leaderboards.Score{}
	for _, o := range owed {
		of := engine.Score{Key: o.Key, Subject: o.Score.Member}
		if o.Unstored {
			s.tell(f, "the store", o.ScoreChange, o.Was.Score)
		}
		if untold[of] || f.told[of] {
			continue
		}
		row, ranked, err := s.program.Boards().Standing(ctx, o.Key, o.Rules, of.Subject)
		if unreadable(err) {
			s.tellDamaged(f, o.Key, err)
			continue
		} else if err != nil && !errors.Is(err, leaderboards.ErrUntold) { // what waits to be told is left out already
			return err
		}
		is := leaderboards.Score{Member: of.Subject, Value: row.Value, Rest: row.Rest, Reached: row.Reached, Removed: !ranked}
		if !engine.SameScore(is, o.Score) {
			differs, shown[of] = append(differs, o), is
		}
	}
	return s.confirm(differs, func(of engine.Score, o engine.Owed) { s.tell(f, "the board", o.ScoreChange, shown[of]) })
}

// inspect compares all of a ranking that is to be rebuilt, so that of every score in it that differs is told.
func (s *Sweep) inspect(ctx context.Context, key leaderboards.Key, f *found) error {
	var page []engine.Score
	look := func() error {
		err := s.compare(ctx, page, f)
		page = page[:0]
		return errors.Join(err, ctx.Err())
	}
	for score, err := range engine.ScoresOf(s.program.Store(), key) {
		if err != nil {
			return err
		}
		if page = append(page, engine.Score{Key: key, Subject: score.Member}); len(page) == sweepPage {
			if err := look(); err != nil {
				return err
			}
		}
	}
	board := s.program.Rules().Leaderboard(engine.BoardID(key))
	for from := int64(1); board != nil; from += sweepPage {
		rows, _, err := s.program.Boards().Page(ctx, key, board.Rules, from, sweepPage)
		if err != nil && !unreadable(err) && !errors.Is(err, leaderboards.ErrUntold) {
			return err
		}
		for _, row := range rows {
			page = append(page, engine.Score{Key: key, Subject: row.Member})
		}
		if err := look(); err != nil || len(rows) < sweepPage {
			return err
		}
	}
	return nil
}

func unreadable(err error) bool {
	return errors.Is(err, leaderboards.ErrRules) || errors.Is(err, leaderboards.ErrDamaged)
}

// confirm calls yield for the differences of which the counters still say the same: nothing has changed since they were asked.
func (s *Sweep) confirm(differs []engine.Owed, yield func(engine.Score, engine.Owed)) error {
	if len(differs) == 0 {
		return nil
	}
	var again []engine.Score
	for _, o := range differs {
		again = append(again, engine.Score{Key: o.Key, Subject: o.Score.Member})
	}
	now, _, err := s.program.Owed(again)
	if err != nil {
		return err
	}
	still := map[engine.Score]leaderboards.Score{}
	for _, o := range now {
		still[engine.Score{Key: o.Key, Subject: o.Score.Member}] = o.Score
	}
	for i, o := range differs {
		if still[again[i]] == o.Score {
			yield(again[i], o)
		}
	}
	return nil
}

// untold waits until the events up to one are durable, by when boards in this process have been told of them; what it returns are the
// scores that a board outside of it has not been told of.
func (s *Sweep) untold(seq uint64) (map[engine.Score]bool, error) {
	if err := s.program.Wait(seq); err != nil || s.outside == nil {
		return nil, err
	}
	list, id := map[engine.Score]bool{}, s.program.Rules().Program
	err := engine.Outbox(s.program.Store(), func(_ string, c engine.ScoreChange) bool {
		c.Key.Program = id
		list[engine.Score{Key: c.Key, Subject: c.Score.Member}] = true
		return true
	})
	return list, err
}

// tell counts a score that is mended, and says what it was.
func (s *Sweep) tell(f *found, where string, c engine.ScoreChange, was leaderboards.Score) {
	f.told[engine.Score{Key: c.Key, Subject: c.Score.Member}], f.wrong[c.Key] = true, true
	s.count(engine.BoardID(c.Key))
	at := []any{"program", c.Key.Program, "leaderboard", engine.BoardID(c.Key), "season", c.Key.Season, "split", c.Key.Split, "where", where,
		"was", scoreText(was), "is", scoreText(c.Score)}
	s.log.Warn("a leaderboard differed from what its counter counts, and is mended", at...)
	s.log.Debug("whose score differed", append(at, "member", c.Score.Member)...)
}

// tellDamaged counts a ranking that cannot be read, once.
func (s *Sweep) tellDamaged(f *found, key leaderboards.Key, err error) {
	if f.told[engine.Score{Key: key}] {
		return
	}
	f.told[engine.Score{Key: key}], f.wrong[key] = true, true
	if told, _, failed := engine.Told(s.program.Store(), key); failed == nil && told == engine.ToldMore {
		return // it was to be rebuilt
	}
	s.count(engine.BoardID(key))
	if again, may := s.told.May(engine.BoardID(key)); may {
		s.log.Warn("a ranking could not be read, and is built anew", append(again, "program", key.Program, "leaderboard", engine.BoardID(key),
			"season", key.Season, "split", key.Split, "error", err)...)
	}
}

func (s *Sweep) count(board string) {
	s.mu.Lock()
	s.mended[board]++
	s.mu.Unlock()
}

func scoreText(s leaderboards.Score) string {
	if s.Removed {
		return "none"
	}
	return s.Value.String() + " reached " + s.Reached.String()
}
