package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
)

// award is a badge of a rank, which in these cases can be earned several times: a reward, of which a member holds several.
type award struct {
	N      int     `json:"n"`
	Value  int     `json:"value"`
	Count  int     `json:"count"`
	Rank   int     `json:"badge_rank"`
	Points *gifted `json:"points"`
}

type gifted struct {
	ID     string `json:"id"`
	Amount int    `json:"amount"`
}

// at is the threshold of an award.
func (a award) at() int { return a.N + a.Value + a.Count }

// gift is what an award gives, in the language.
func (a award) gift() string {
	gift := fmt.Sprintf("reward: rank_%d", a.Rank)
	if a.Points != nil {
		gift += fmt.Sprintf(", %s: %d", eventName(a.Points.ID), a.Points.Amount)
	}
	return "{" + gift + "}"
}

// goals are awards as goals, with the ranks of their badges as ids.
func goals(list []award) string {
	text := "    goals:\n"
	for _, a := range list {
		text += fmt.Sprintf("      - {at: %d, id: rank_%d, give: %s}\n", a.at(), a.Rank, a.gift())
	}
	return text
}

// awards are the sections that awards need: rewards, and points.
func awards(list []award) string {
	text, points := "rewards:\n", []string{}
	for _, a := range list {
		if line := fmt.Sprintf("  rank_%d: {}\n", a.Rank); !strings.Contains(text, line) {
			text += line
		}
		if a.Points != nil {
			points = append(points, "  "+eventName(a.Points.ID)+": {}\n")
		}
	}
	slices.Sort(points)
	if points = slices.Compact(points); len(points) > 0 {
		text += "points:\n" + strings.Join(points, "")
	}
	return text
}

// bucket is how a case's buckets of some milliseconds are translated: each is a day.
type bucket struct{ length int }

func bucketOf(period string) bucket {
	var b bucket
	if !scans(period, "%d", &b.length) {
		cannot("a period of %s is not understood", period)
	}
	return b
}

func (b bucket) unit() time.Duration { return 24 * time.Hour / time.Duration(b.length) }

// start is the first millisecond of the bucket that a day is.
func (b bucket) start(day calendar.Instant) int {
	return int(between(beginning, day)/(24*time.Hour)) * b.length
}

// given are the rows of awards as answers told them, by the columns that a family adds.
type given struct {
	rows []map[string]any
}

// note adds what an answer gave, and drops what it took back.
func (g *given) note(e *peerEvent, a *answer, columns func(x engine.Effect) map[string]any) {
	for _, x := range a.effects("") {
		if x.Kind == engine.RewardEffect && x.Revoked {
			gone := columns(x)
			g.rows = slices.DeleteFunc(g.rows, func(row map[string]any) bool {
				return fmt.Sprintf("rank_%d", row["badge_rank"]) == x.ID && agrees(normal(gone), normal(row))
			})
		}
	}
	for _, x := range rewards(a) {
		var rank int
		if !scans(x.ID, "rank_%d", &rank) {
			continue
		}
		row := map[string]any{"badge_rank": rank, "event_index": e.index, "on_event_at": e.At}
		for _, p := range a.effects("") {
			if p.Kind == engine.PointsEffect && p.Source == x.Source && p.Goal == x.Goal {
				row["points"] = map[string]any{"point_id": strings.Replace(p.ID, "_", ".", 1), "amount": p.Amount}
			}
		}
		for k, v := range columns(x) {
			row[k] = v
		}
		g.rows = append(g.rows, row)
	}
}

func (g *given) look(_ *world, key string, want any) any {
	switch key {
	case "awards", "final_badges", "points":
		return pair(want, g.rows)
	}
	return unknown("expectation", key)
}

// buckets translates thresholds on a sum or count in each bucket: a challenge that repeats every day.
type buckets struct {
	given
	*peerCase
	rule struct {
		Kind       string  `json:"kind"`
		Event      string  `json:"event"`
		Period     string  `json:"period"`
		Condition  string  `json:"condition"`
		Filter     string  `json:"filter"`
		SumOf      string  `json:"sum_of"`
		Thresholds []award `json:"thresholds"`
	}
}

func newBuckets(c *peerCase) peerFamily {
	f := &buckets{peerCase: c}
	c.decode(&f.rule)
	return f
}

func (f *buckets) look(w *world, key string, want any) any { return f.given.look(w, key, want) }

func (f *buckets) play(w *world) {
	r := &f.rule
	w.publish(f.header("value: number", eventName(r.Event)) + awards(r.Thresholds) + lines("challenges:", "  bucket:",
		"    when: "+eventName(r.Event), "    every: day",
		line(r.SumOf != "", "    add: %s", condition(strings.TrimPrefix(r.SumOf, "e."))),
		line(r.Condition+r.Filter != "", "    if: %s", condition(r.Condition+r.Filter))) + goals(r.Thresholds))
	b := bucketOf(r.Period)
	f.feed(w, b.unit(), valued, func(e *peerEvent, a *answer) {
		f.note(e, a, func(engine.Effect) map[string]any {
			window := b.start(w.rules.Calendar.Zone.Start(w.rules.Calendar.Zone.Date(moment(e.At, b.unit()))))
			return map[string]any{"window_from": window, "window_to": window + b.length}
		})
	})
}

// bucketRuns translates buckets in a row that reach a threshold, a streak of days; and buckets in all, a count of the days on
// which a challenge was completed.
type bucketRuns struct {
	given
	*peerCase
	rule struct {
		Kind        string  `json:"kind"`
		Event       string  `json:"event"`
		Period      string  `json:"period"`
		Condition   string  `json:"condition"`
		Threshold   int     `json:"threshold"`
		Consecutive bool    `json:"consecutive"`
		Streaks     []award `json:"streaks"`
	}
}

func newBucketRuns(c *peerCase) peerFamily {
	f := &bucketRuns{peerCase: c}
	c.decode(&f.rule)
	return f
}

func (f *bucketRuns) look(w *world, key string, want any) any { return f.given.look(w, key, want) }

func (f *bucketRuns) play(w *world) {
	r := &f.rule
	counted := lines("    when: "+eventName(r.Event), line(r.Condition == "", "    add: event.value"),
		line(r.Condition != "", "    if: %s", condition(r.Condition)), "    every: day")
	text := f.header("value: number", eventName(r.Event)) + awards(r.Streaks)
	if r.Consecutive {
		text += lines("streaks:", "  run:") + counted + lines(fmt.Sprintf("    at_least: %d", r.Threshold)) + goals(r.Streaks)
	} else {
		text += lines("challenges:", "  bucket:") + counted + lines(fmt.Sprintf("    goal: %d", r.Threshold), "  run:",
			"    when: challenge_completed", `    if: event.challenge == "bucket"`) + goals(r.Streaks)
	}
	w.publish(text)
	b := bucketOf(r.Period)
	f.feed(w, b.unit(), valued, nil)
	if len(f.Events) == 0 {
		return
	}
	if r.Consecutive {
		f.rows = runRows(w, f.Events[0].member(), r.Streaks, func(day calendar.Instant) any { return b.start(day) }, "first_bucket", "last_bucket")
		return
	}
	f.counted(w, b)
}

// counted are the awards for buckets in all, by the days on which the completions that they count were.
func (f *bucketRuns) counted(w *world, b bucket) {
	var days []calendar.Instant
	for _, rec := range w.records {
		for _, x := range rec.Outcome.Effects {
			if x.Kind == engine.ChallengeEffect && x.ID == "bucket" && x.Done {
				days = append(days, w.rules.Calendar.Zone.Start(w.rules.Calendar.Zone.Date(rec.Event.Time)))
			}
			var rank int
			if x.Kind != engine.RewardEffect || !scans(x.ID, "rank_%d", &rank) {
				continue
			}
			for _, s := range f.rule.Streaks {
				if s.Rank == rank {
					f.rows = append(f.rows, map[string]any{"streak": s.at(), "badge_rank": rank, "first_bucket": b.start(days[0]),
						"last_bucket": b.start(w.rules.Calendar.Zone.Start(w.rules.Calendar.Zone.Date(rec.Event.Time)))})
				}
			}
		}
	}
}

// runRows are the awards of streak "run" as the member's state has them: for each goal paid the periods from the first to the
// one in which it was reached.
func runRows(w *world, member string, streaks []award, place func(day calendar.Instant) any, first, last string) (rows []map[string]any) {
	m, cal := w.member(member), w.rules.Calendar
	if m == nil {
		return nil
	}
	for _, s := range streaks {
		paid := 0
		for _, rec := range m.Streaks {
			for _, mark := range rec.Paid {
				if mark.Goal != fmt.Sprintf("rank_%d", s.Rank) {
					continue
				}
				paid++
				row := map[string]any{"streak": s.at(), "badge_rank": s.Rank, first: place(cal.Start(calendar.Day, mark.In-calendar.Key(s.at()-1))),
					last: place(cal.Start(calendar.Day, mark.In))}
				if s.Points != nil {
					row["points"] = map[string]any{"point_id": s.Points.ID, "amount": s.Points.Amount}
				}
				rows = append(rows, row)
			}
		}
		held := m.RewardCount(w.rules.Reward(fmt.Sprintf("rank_%d", s.Rank)), w.now)
		if held != paid {
			cannot("%d badges of rank %d are held, and %d were earned", held, s.Rank, paid)
		}
	}
	return rows
}

// inARow translates events in a row: the language has days in a row, so each event has a day of its own, in the order of the
// events' times. An event that is missing, or that does not qualify, is a day that breaks the run.
type inARow struct {
	given
	*peerCase
	rule struct {
		Kind        string  `json:"kind"`
		Event       string  `json:"event"`
		Condition   string  `json:"condition"`
		Streaks     []award `json:"streaks"`
		Retain      string  `json:"retain"`
		Within      string  `json:"within"`
		Consecutive bool    `json:"consecutive"`
	}
}

func newInARow(c *peerCase) peerFamily {
	f := &inARow{peerCase: c}
	c.decode(&f.rule)
	return f
}

func (f *inARow) look(w *world, key string, want any) any { return f.given.look(w, key, want) }

func (f *inARow) play(w *world) {
	r := &f.rule
	w.publish(f.header("value: number", eventName(r.Event)) + awards(r.Streaks) + lines("streaks:", "  run:", "    when: "+eventName(r.Event),
		"    if: "+condition(r.Condition), "    every: day") + goals(r.Streaks))
	oneADay(f.peerCase, w, r.Event)
	f.rows = runRows(w, f.Events[0].member(), r.Streaks, func(day calendar.Instant) any {
		return f.Events[slices.IndexFunc(f.Events, func(e *peerEvent) bool { return e.day == day })].At
	}, "from_at", "to_at")
}

// oneADay sends each event of a type on a day of its own, in the order of their times, and in the order in which they arrived.
func oneADay(c *peerCase, w *world, eventType string) {
	var times []calendar.Instant
	for _, e := range c.Events {
		if e.Type == eventType {
			times = append(times, moment(e.At, time.Millisecond))
		}
	}
	slices.Sort(times)
	for _, e := range c.Events {
		at := moment(e.At, time.Millisecond)
		if e.Type == eventType {
			e.day = beginning.Add(time.Duration(slices.Index(times, at)) * 24 * time.Hour)
			at = e.day
		}
		w.reach(at)
		w.join(e.member(), "")
		w.accepted(w.happen(e.name(), eventName(e.Type), e.member(), &at, valued(e)))
	}
}

func ptr[T any](v T) *T { return &v }

// conditional translates a badge whose rank depends on a condition, the first that is true in order of priority: a rule for
// each, which excludes those before it.
type conditional struct {
	given
	*peerCase
	rule struct {
		Kind       string `json:"kind"`
		Event      string `json:"event"`
		Conditions []struct {
			Priority  int    `json:"priority"`
			Condition string `json:"condition"`
			Rank      int    `json:"badge_rank"`
			Times     *int   `json:"max_award_times"`
		} `json:"conditions"`
		Times *int `json:"max_award_times"`
	}
}

func newConditional(c *peerCase) peerFamily {
	f := &conditional{peerCase: c}
	c.decode(&f.rule)
	return f
}

func (f *conditional) look(w *world, key string, want any) any { return f.given.look(w, key, want) }

func (f *conditional) play(w *world) {
	list := slices.Clone(f.rule.Conditions)
	slices.SortStableFunc(list, func(a, b struct {
		Priority  int    `json:"priority"`
		Condition string `json:"condition"`
		Rank      int    `json:"badge_rank"`
		Times     *int   `json:"max_award_times"`
	}) int {
		return a.Priority - b.Priority
	})
	text, before, ranks := "rules:\n", "", []award{}
	for _, x := range list {
		times := x.Times
		if times == nil {
			times = f.rule.Times
		}
		text += lines(fmt.Sprintf("  rank_%d:", x.Rank), "    when: "+eventName(f.rule.Event), "    if: "+before+condition(x.Condition),
			fmt.Sprintf("    give: {reward: rank_%d}", x.Rank))
		if times != nil {
			text += fmt.Sprintf("    limit: %d ever\n", *times)
		}
		before += "not (" + condition(x.Condition) + ") and "
		ranks = append(ranks, award{Rank: x.Rank})
	}
	w.publish(f.header("value: number", eventName(f.rule.Event)) + awards(ranks) + text)
	f.feed(w, time.Second, valued, func(e *peerEvent, a *answer) { f.note(e, a, func(engine.Effect) map[string]any { return nil }) })
}

// first translates a badge for the first event: a rule that gives once.
type first struct {
	given
	*peerCase
	rule struct {
		Kind   string         `json:"kind"`
		Event  string         `json:"event"`
		Filter string         `json:"filter"`
		Rank   int            `json:"badge_rank"`
		Points map[string]any `json:"points"`
	}
}

func newFirst(c *peerCase) peerFamily {
	f := &first{peerCase: c}
	c.decode(&f.rule)
	return f
}

func (f *first) look(w *world, key string, want any) any { return f.given.look(w, key, want) }

func (f *first) play(w *world) {
	r := &f.rule
	w.publish(f.header("value: number", eventName(r.Event)) + awards([]award{{Rank: r.Rank}}) + lines("rules:", "  first:",
		"    when: "+eventName(r.Event), line(r.Filter != "", "    if: %s", condition(r.Filter)),
		fmt.Sprintf("    give: {reward: rank_%d}", r.Rank), "    limit: 1 ever"))
	f.feed(w, time.Second, valued, func(e *peerEvent, a *answer) {
		f.note(e, a, func(engine.Effect) map[string]any { return map[string]any{"from_at": e.At, "to_at": e.At} })
	})
}

// badgeRuns translates the cases about runs that are told in words only: so many events, or days with a sum, in a row.
type badgeRuns struct {
	*peerCase
	daily  bool
	least  int
	grades [2]award
}

func newBadgeRuns(c *peerCase) peerFamily {
	f := &badgeRuns{peerCase: c}
	f.daily = c.find(`per UTC day`) != nil
	least := c.find(`(?:value|sum) ?>= ?(\d+)`)
	ranks := c.find(`(\d+) (?:in a row|consecutive).*?badge (?:rank )?(\d+).*?(\d+) .*?badge (?:rank )?(\d+)`)
	if least == nil || ranks == nil {
		least, ranks = []string{"", "50"}, []string{"", "3", "10", "5", "20"} // "as above": the case before it
	}
	n := func(s string) int { return number(json.Number(s)) }
	f.least = n(least[1])
	f.grades = [2]award{{N: n(ranks[1]), Rank: n(ranks[2])}, {N: n(ranks[3]), Rank: n(ranks[4])}}
	if strings.Contains(c.Area, "points") || strings.Contains(c.Area, "revoked") {
		f.grades[0].Points, f.grades[1].Points = &gifted{"stars", 50}, &gifted{"stars", 100}
	}
	return f
}

func (f *badgeRuns) play(w *world) {
	counted := line(f.daily, "    add: event.value\n    at_least: %d", f.least) + line(!f.daily, "    if: event.value >= %d", f.least)
	w.publish(f.header("value: number") + awards(f.grades[:]) + lines("streaks:", "  run:", "    when: event_a", "    every: day", counted) + goals(f.grades[:]))
	if f.daily {
		f.feed(w, time.Second, valued, nil)
		return
	}
	oneADay(f.peerCase, w, f.Events[0].Type)
}

func (f *badgeRuns) look(w *world, key string, want any) any {
	member := f.Events[0].member()
	m, cal := w.member(member), w.rules.Calendar
	rows := runRows(w, member, f.grades[:], func(day calendar.Instant) any { return f.dated(cal, day) }, "first", "day")
	switch key {
	case "awards":
		return pair(want, rows)
	case "final_badges":
		out := map[string]any{}
		for _, g := range f.grades {
			if n := m.RewardCount(w.rules.Reward(fmt.Sprintf("rank_%d", g.Rank)), w.now); n > 0 {
				out[fmt.Sprint(g.Rank)] = n
			}
		}
		return out
	case "counts":
		return f.counts(rows)
	case "points_total":
		return w.balance(member, "stars").Spendable
	case "points_by_day":
		return f.byDay(rows, want)
	case "progress":
		standing := w.progress(member).Streaks["run"]
		return map[string]any{"current_streak": standing.Length, "current_sum": m.Count(w.rules, w.rules.Streaks[0].Counter, w.now)}
	case "streak_members":
		var list []any
		run := m.StreakAt(w.rules, w.rules.Streaks[0], w.now).Last
		for k := run.First; k <= run.Last; k++ {
			list = append(list, f.dated(cal, cal.Start(calendar.Day, k)))
		}
		return list
	}
	return unknown("expectation", key)
}

// dated is the date of the event that a day stands for.
func (f *badgeRuns) dated(cal calendar.Calendar, day calendar.Instant) any {
	if !f.daily {
		for _, e := range f.Events {
			if e.day == day {
				day = moment(e.At, time.Second)
			}
		}
	}
	return cal.Zone.Date(day).String()
}

// counts are the awards in all, of each rank, and of calendar weeks and months.
func (f *badgeRuns) counts(rows []map[string]any) any {
	out := map[string]any{"all": len(rows)}
	add := func(key string) {
		n, _ := out[key].(int)
		out[key] = n + 1
	}
	for _, r := range rows {
		add(fmt.Sprint(r["badge_rank"]))
		day, err := calendar.ParseDate(r["day"].(string))
		must(err)
		at := plain.Zone.Start(day)
		for _, p := range []calendar.Period{calendar.Week, calendar.Month} {
			add(periodKey(p, at))
		}
	}
	return out
}

func (f *badgeRuns) byDay(rows []map[string]any, want any) any {
	out := map[string]any{}
	for key := range asObject(want) {
		sum := 0
		for _, r := range rows {
			day, err := calendar.ParseDate(r["day"].(string))
			must(err)
			if periodKey(calendar.Day, plain.Zone.Start(day)) == key {
				sum += r["points"].(map[string]any)["amount"].(int)
			}
		}
		out[key] = sum
	}
	return out
}
