package api

import (
	"cmp"
	"slices"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/internal/stats"
)

// Bounds of what statistics are asked for.
const (
	standardDays = 30    // of a range that is left out
	maxDays      = 3_660 // of a range
	standardRows = 12    // months of a roll-forward
	maxPeriods   = 750   // that a range is cut into
)

// figures are the numbers of the program, with what was accepted up to now.
func (c call) figures() (*stats.Figures, error) {
	if c.local.Statistics == nil {
		return nil, errNoStatistics
	}
	x := c.local.Statistics.Figures(c.http.UserContext())
	return x, numbersOf(x)
}

// numbersOf is the answer where numbers cannot be read.
func numbersOf(x *stats.Figures) error {
	if x.Err() != nil {
		return errNoStatistics
	}
	return nil
}

// errNoStatistics tells nothing of why: that is in the log.
var errNoStatistics = &problem{code: "unavailable", retry: retryStopped,
	detail: "no statistics are kept of this program at present; those who run the server find out why in its log"}

// tell answers with figures, unless they could not be read.
func (c call) tell(x *stats.Figures, answer any) error {
	if err := numbersOf(x); err != nil {
		return err
	}
	return c.show(answer)
}

// days reads ?from= and ?to=, days that are both included; without them the last ones, to today.
func (c call) days(x *stats.Figures, last calendar.Key) (r stats.Range, err error) {
	if r.To, err = c.day("to", x.Today()); err != nil {
		return r, err
	}
	if r.From, err = c.day("from", r.To-last+1); err != nil {
		return r, err
	}
	if r.From > r.To || r.To-r.From >= maxDays {
		return r, wrongParameter("query.to", "it lies before from, or more than ten years after it", "")
	}
	return r, nil
}

func (c call) day(name string, standard calendar.Key) (calendar.Key, error) {
	text := c.query(name)
	if text == "" {
		return standard, nil
	}
	d, err := calendar.ParseDate(text)
	if err != nil {
		return 0, wrongParameter("query."+name, "a day is expected", "write it like 2026-12-01")
	}
	return calendar.Key(d), nil
}

// periods reads ?by=, a period that a range is cut into.
func (c call) periods(standard calendar.Period, r stats.Range) (calendar.Period, error) {
	there := []string{"day", "week", "month", "year"}
	text := cmp.Or(c.query("by"), standard.String())
	p, known := calendar.ParsePeriod(text)
	if !known || !slices.Contains(there, text) {
		return 0, wrongParameter("query.by", "there is no such period", oneOf(text, there))
	}
	if days := map[calendar.Period]calendar.Key{calendar.Day: 1, calendar.Week: 7, calendar.Month: 28, calendar.Year: 365}[p]; (r.To-r.From)/days > maxPeriods {
		return 0, wrongParameter("query.by", "the range is too long for it", "ask for fewer days, or by a longer period")
	}
	return p, nil
}

// showOverview answers with the numbers of a range on one page.
func showOverview(c call) error {
	x, err := c.figures()
	if err != nil {
		return err
	}
	r, err := c.days(x, standardDays)
	if err != nil {
		return err
	}
	by, err := c.periods(r.By(), r)
	if err != nil {
		return err
	}
	return c.tell(x, x.Overview(r, by))
}

// points reads ?points=, which may be left out where there are no others.
func (c call) points() (string, error) {
	id, rules := c.query("points"), c.program.Rules()
	if id == "" && len(rules.Points) == 1 {
		return rules.Points[0].ID, nil
	}
	var there []string
	for _, p := range rules.Points {
		there = append(there, p.ID)
	}
	if !slices.Contains(there, id) {
		return "", wrongParameter("query.points", "there are no points of this name", oneOf(id, there))
	}
	return id, nil
}

// showPointsStatistics answers with a roll-forward.
func showPointsStatistics(c call) error {
	x, err := c.figures()
	if err != nil {
		return err
	}
	id, err := c.points()
	if err != nil {
		return err
	}
	r, err := c.days(x, standardRows*30)
	if err != nil {
		return err
	}
	by, err := c.periods(calendar.Month, r)
	if err != nil {
		return err
	}
	return c.tell(x, x.Points(id, by, r))
}

// showLiability answers with what is owed to members.
func showLiability(c call) error {
	x, err := c.figures()
	if err != nil {
		return err
	}
	id, err := c.points()
	if err != nil {
		return err
	}
	return c.tell(x, x.Liability(id))
}

// showRetention answers with who comes back.
func showRetention(c call) error {
	x, err := c.figures()
	if err != nil {
		return err
	}
	r, err := c.days(x, 12*7)
	if err != nil {
		return err
	}
	if by := c.query("by"); by != "" && by != "week" {
		return wrongParameter("query.by", "cohorts are those of a week", "week")
	}
	kind := c.query("kind")
	if kind != "" && kind != "classic" && kind != "rolling" {
		return wrongParameter("query.kind", "there is no such kind", oneOf(kind, []string{"classic", "rolling"}))
	}
	of, err := c.sentType()
	if err != nil {
		return err
	}
	return c.tell(x, x.Retention(of, kind == "rolling", r))
}

// sentType reads ?of=, a type of event that apps send; "" for what the ruleset calls activity.
func (c call) sentType() (string, error) {
	of := c.query("of")
	if of == "" {
		return "", nil
	}
	var there []string
	for _, t := range c.program.Rules().Events {
		if !t.Builtin {
			there = append(there, t.Name)
		}
	}
	if !slices.Contains(there, of) {
		return "", wrongParameter("query.of", "there is no event of this type", oneOf(of, there))
	}
	return of, nil
}

// defined reads a part of the path that names a definition of a section.
func (c call) defined(name, section string) (string, error) {
	id, err := c.id(name)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(c.program.Rules().Definitions(), func(d *engine.Definition) bool { return d.Path == section+"/"+id }) {
		return "", notFound(name)
	}
	return id, nil
}

// ofOne answers with what a function tells of a definition in a range.
func (c call) ofOne(name, section string, tell func(x *stats.Figures, id string, r stats.Range) any) error {
	id, err := c.defined(name, section)
	if err != nil {
		return err
	}
	x, err := c.figures()
	if err != nil {
		return err
	}
	r, err := c.days(x, standardDays)
	if err != nil {
		return err
	}
	return c.tell(x, tell(x, id, r))
}

func showChallengeStatistics(c call) error {
	return c.ofOne("challenge", "challenges", func(x *stats.Figures, id string, r stats.Range) any { return x.Challenge(id, r) })
}

func showStreakStatistics(c call) error {
	return c.ofOne("streak", "streaks", func(x *stats.Figures, id string, _ stats.Range) any { return x.Streak(id) })
}

func showTierStatistics(c call) error {
	return c.ofOne("tier", "tiers", func(x *stats.Figures, id string, r stats.Range) any { return x.Tier(id, r) })
}

func showPromotionStatistics(c call) error {
	return c.ofOne("promotion", "promotions", func(x *stats.Figures, id string, r stats.Range) any {
		return x.Promotion(c.program.Rules().Promotion(id), r)
	})
}

// boardStatistics is how scores are spread over a ranking.
type boardStatistics struct {
	Leaderboard string `json:"leaderboard"`
	Season      string `json:"season"`
	Split       string `json:"split,omitempty"`
	Ranked      int64  `json:"ranked"`
	// Deciles are the scores that a tenth, two tenths and so on of those who are ranked have at least; none where nobody is.
	Deciles []decile `json:"deciles"`
}

// decile is the score that some of those who are ranked have at least.
type decile struct {
	Percent int64           `json:"percent"`
	Rank    int64           `json:"rank"`
	Score   decimal.Decimal `json:"score"`
}

// showBoardStatistics answers with how scores are spread over a ranking.
func showBoardStatistics(c call) error {
	r, err := c.ranking()
	if err != nil {
		return err
	}
	table, err := r.Page(c.http.UserContext(), 1, 1)
	if err != nil {
		return r.durable(err)
	}
	out := boardStatistics{Leaderboard: table.Leaderboard, Season: table.Label, Split: table.Split, Ranked: table.Total, Deciles: []decile{}}
	for tenth := int64(1); tenth <= 10 && out.Ranked > 0; tenth++ {
		table, err := r.Page(c.http.UserContext(), max(1, (out.Ranked*tenth+9)/10), 1)
		if err != nil {
			return r.durable(err)
		}
		for _, row := range table.Data {
			out.Deciles = append(out.Deciles, decile{10 * tenth, row.Rank, row.Score})
		}
	}
	if err := r.durable(nil); err != nil {
		return err
	}
	return c.show(out)
}
