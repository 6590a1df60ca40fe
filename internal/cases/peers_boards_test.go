package cases

import (
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

// ranking translates the operations of a sorted set: scores that are set, added to or kept when better, and members that are
// taken off. A board ranks a counter, so what is set is the latest value; where scores are also added to, a sum, to which
// setting adds the difference. Taking a member off is the void of the events that brought the score.
type ranking struct {
	*peerCase
	fold   string
	second bool // scores have a second one that decides among equals
	ties   string
	scores []decimal.Decimal // after each event
	ranks  []map[string]any  // told in the answer of each event
	sent   map[string][]string
	before int64 // members before the first removal
	gone   int64 // members removed
	paid   []row // whom the prize was paid to
}

func newRanking(c *peerCase) peerFamily {
	f := &ranking{peerCase: c, fold: "latest", ties: "earliest", sent: map[string][]string{}}
	switch {
	case strings.Contains(c.Rules, "Competition"):
		f.ties = "share"
	case strings.Contains(c.Rules, "Dense"):
		f.ties = "dense"
	}
	for _, e := range c.Events {
		f.second = f.second || e.Subscore != nil && *e.Subscore != "0"
		switch {
		case e.Type == "score.incr" || e.Type == "score.decr" || len(e.Boards) > 0 || !strings.HasPrefix(e.Type, "score.") && e.Value != nil && !f.removes(e):
			f.fold = "add"
		case e.Type == "score.best" && f.ascending():
			f.fold = "lowest"
		case e.Type == "score.best":
			f.fold = "highest"
		case e.TTL > 0:
			cannot("a score does not expire by itself: the language has periods, and rolling counters cannot be ranked")
		case e.Batch > 0:
			cannot("each event has an answer of its own: ranks are told as of that event, not of a batch")
		}
	}
	return f
}

func (f *ranking) removes(e *peerEvent) bool {
	return strings.HasPrefix(e.Type, "remove") || strings.HasPrefix(e.Type, "trim")
}

// ascending is whether the lowest score is first.
func (f *ranking) ascending() bool { return f.find(`Ascending`) != nil }

// board is the board that a case speaks of, where it does not say which way round.
func (f *ranking) board() string {
	if f.ascending() {
		return "up"
	}
	return "down"
}

func (f *ranking) play(w *world) {
	if f.find(`ranks disabled`) != nil {
		cannot("ranks cannot be left out of a board")
	}
	if f.find(`floor`) != nil {
		cannot("the language has no counter that stops at zero")
	}
	text := lines("program: worked_case", "late: 20 years", "events: {score: {value: number, board: text}}",
		"counters:", "  score: {when: score, "+f.fold+": event.value, every: year, public: true}",
		line(f.share() != "", "badges: {top: {}}"))
	w.publish(text + lines("leaderboards:",
		"  down: {counter: score, split: event.board, ties: "+f.ties+line(f.share() != "", ", prizes: [{ranks: top %s%%, give: {badge: top}}]", f.share())+"}",
		"  up: {counter: score, split: event.board, order: lowest, ties: "+f.ties+"}"))
	for _, e := range f.Events {
		at := f.at(e)
		w.reach(at)
		switch {
		case e.Type == "board.remove":
			w.publish(text) // the version without boards
		case f.removes(e):
			f.remove(w, e)
		case strings.HasPrefix(e.Type, "score.") || e.Value != nil:
			f.score(w, e, at)
		default:
			cannot("there is no command %s for a board", e.Type)
		}
	}
}

// at is an event's time: seconds, in the year of its season.
func (f *ranking) at(e *peerEvent) calendar.Instant {
	if e.Season > 0 && e.Board == "" {
		cannot("closed seasons are kept")
	}
	return moment(e.At, time.Second).Add(time.Duration(e.Season) * 366 * 24 * time.Hour)
}

func (f *ranking) score(w *world, e *peerEvent, at calendar.Instant) {
	value, err := decimal.Parse(e.number().String())
	if err != nil {
		cannot("a score of %s is out of the range of numbers", e.number())
	}
	if f.second {
		value += f.fraction(e)
	}
	w.join(e.member(), "")
	if f.fold == "add" {
		switch e.Type {
		case "score.decr":
			value = -value
		case "score.set":
			if len(e.Boards) == 0 {
				value -= f.counter(w, e.member())
			}
		}
	}
	a := w.happen(e.name(), "score", e.member(), &at, map[string]any{"value": value, "board": boardName(e.Board)})
	w.accepted(a)
	f.sent[e.member()] = append(f.sent[e.member()], e.name())
	f.scores = append(f.scores, f.counter(w, e.member()))
	for _, x := range a.effects("") {
		if x.Kind == engine.LeaderboardEffect && x.ID == f.board() {
			previous := x.Moved.Previous
			if previous == 0 {
				previous = -1 // who had no rank is written so in these cases
			}
			f.ranks = append(f.ranks, map[string]any{"member": e.member(), "rank": x.Moved.Rank, "prev_rank": previous})
		}
	}
}

// seconds is how many second scores there are to one of the first: what decides among equals is written as their fraction.
const seconds = 1000

// fraction is an event's second score as the fraction of a first one.
func (f *ranking) fraction(e *peerEvent) decimal.Decimal {
	if e.Subscore == nil {
		return 0
	}
	n, err := e.Subscore.Int64()
	must(err)
	if n < 0 || n >= seconds || strings.Contains(e.number().String(), ".") {
		cannot("a second score of %s cannot be written as a fraction", *e.Subscore)
	}
	return decimal.Decimal(n) * decimal.One / seconds
}

// both are a score's first and second one.
func both(d decimal.Decimal) [2]int64 {
	return [2]int64{int64(d / decimal.One), int64(d % decimal.One * seconds / decimal.One)}
}

// boardName is the value by which the board is split: a case without names has one board.
func boardName(name string) string {
	if name == "" {
		return "main"
	}
	return name
}

func (f *ranking) counter(w *world, member string) decimal.Decimal {
	return w.progress(member).Counters["score"]
}

// remove takes members off: one, those with scores in a range, or all but the first.
func (f *ranking) remove(w *world, e *peerEvent) {
	rows := f.rows(w)
	f.before = int64(len(rows))
	for _, row := range rows {
		gone := row.Member == e.member()
		switch e.Type {
		case "remove.score_range":
			limits := e.Value.([]any)
			gone = !row.Value.less(limits[0]) && !row.Value.more(limits[1])
		case "trim.keep_top":
			gone = row.Rank > int64(number(e.number()))
		}
		if !gone {
			continue
		}
		f.gone++
		for _, id := range f.sent[row.Member] {
			w.accepted(w.send(engine.NewVoid(id)))
		}
	}
}
