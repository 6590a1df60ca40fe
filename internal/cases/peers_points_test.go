package cases

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// pointsRule translates a rule that gives points.
type pointsRule struct {
	*peerCase
	rule struct {
		Kind   string `json:"kind"`
		Event  string `json:"event"`
		Filter string `json:"filter"`
		Amount any    `json:"amount"`
		Cap    *struct {
			Period string      `json:"period"`
			Limit  json.Number `json:"limit"`
		} `json:"cap"`
	}
	rows []map[string]any
}

func newPointsRule(c *peerCase) peerFamily {
	f := &pointsRule{peerCase: c}
	c.decode(&f.rule)
	return f
}

func (f *pointsRule) play(w *world) {
	r := &f.rule
	amount := fmt.Sprint(r.Amount)
	if whole, ok := strings.CutSuffix(amount, " (integer division)"); ok {
		amount = "floor(" + whole + ")"
	}
	limit := ""
	if r.Cap != nil {
		limit = fmt.Sprintf("    limit: %s stars per %s", r.Cap.Limit, map[string]string{"daily": "day", "weekly": "week", "monthly": "month"}[r.Cap.Period])
	}
	w.publish(f.header("value: number", eventName(r.Event)) + lines("points: {stars: {}}", "rules:", "  award:", "    when: "+eventName(r.Event),
		line(r.Filter != "", "    if: %s", condition(r.Filter)), "    give:", "      stars: "+condition(amount), limit))
	f.feed(w, time.Second, valued, func(e *peerEvent, a *answer) {
		if n := a.points(""); n != 0 {
			f.rows = append(f.rows, map[string]any{"amount": n, "event_index": e.index})
		}
	})
}

func (f *pointsRule) look(_ *world, key string, want any) any {
	switch key {
	case "points", "awards":
		return pair(want, f.rows)
	}
	return unknown("expectation", key)
}

// milestone translates levels on a running sum, which fall with it: a tier that nothing keeps.
type milestone struct {
	*peerCase
	rule struct {
		Kind    string           `json:"kind"`
		Sources []string         `json:"sources"`
		Filter  *string          `json:"filter"`
		Value   *string          `json:"value"`
		Flags   []string         `json:"flags"`
		Levels  [][2]json.Number `json:"levels"`
	}
	changes []map[string]any
}

func newMilestone(c *peerCase) peerFamily {
	f := &milestone{peerCase: c}
	c.decode(&f.rule)
	return f
}

func (f *milestone) play(w *world) {
	r, sources := &f.rule, []string{}
	for _, s := range r.Sources {
		sources = append(sources, eventName(s))
	}
	counted := "[" + strings.Join(sources, ", ") + "]"
	levels := []string{}
	for _, l := range r.Levels {
		levels = append(levels, fmt.Sprintf("l%s: %s", l[0], l[1]))
	}
	w.publish(f.header("value: number", sources...) + lines("counters:", "  total:", "    when: "+counted,
		line(r.Value != nil, "    add: event.value"), line(r.Filter != nil, "    if: %s", condition(deref(r.Filter))), "    public: true",
		"tiers:", "  level: {counter: total, levels: {"+strings.Join(levels, ", ")+"}, falls: to what is kept}"))
	f.feed(w, time.Second, valued, func(e *peerEvent, a *answer) {
		for _, x := range a.effects("") {
			if x.Kind == engine.TierEffect {
				f.changes = append(f.changes, map[string]any{"from": levelNumber(x.From), "to": levelNumber(x.Level),
					"total": w.progress(e.member()).Counters["total"], "event_index": e.index})
			}
		}
	})
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// levelNumber is the number in the name of a level, 0 for none.
func levelNumber(name string) int {
	var n int
	if name != "" && !scans(name[1:], "%d", &n) {
		cannot("%s is no level of a number", name)
	}
	return n
}

func (f *milestone) look(_ *world, key string, want any) any {
	switch key {
	case "level_changes", "awards":
		return pair(want, f.changes)
	}
	return unknown("expectation", key)
}

// runningTotal translates the milestones that are told in words.
type runningTotal struct {
	*peerCase
	levels [][]string // number, threshold
}

func newRunningTotal(c *peerCase) peerFamily {
	return &runningTotal{peerCase: c, levels: thresholds(c)}
}

// thresholds reads levels in words: 1@100 2@200.
func thresholds(c *peerCase) (list [][]string) {
	for _, word := range strings.FieldsFunc(c.Rules, func(r rune) bool { return strings.ContainsRune(" ;,.", r) }) {
		if level, at, ok := strings.Cut(word, "@"); ok {
			list = append(list, []string{level, at})
		}
	}
	return list
}

// ladder writes such levels.
func ladder(list [][]string) string {
	var levels []string
	for _, l := range list {
		levels = append(levels, "l"+strings.ToLower(l[0])+": "+l[1])
	}
	return "{" + strings.Join(levels, ", ") + "}"
}

func (f *runningTotal) play(w *world) {
	skipped := line(f.find(`negatives skipped`) != nil, ", if: event.value > 0")
	w.publish(f.header("value: number") + lines("counters:", "  total: {when: event_a, add: event.value, public: true"+skipped+"}",
		"  penalties: {when: event_a, if: event.value < 0, add: event.value, public: true}",
		"tiers:", "  level: {counter: total, levels: "+ladder(f.levels)+", falls: to what is kept}"))
	f.feed(w, time.Second, valued, nil)
}

func (f *runningTotal) look(w *world, key string, _ any) any {
	member := f.Events[0].member()
	p := w.progress(member)
	level := p.Tiers["level"]
	switch key {
	case "total", "penalties":
		return p.Counters[key]
	case "level":
		return levelNumber(level.Level)
	case "level_changed_at":
		return int(between(beginning, *level.Since) / time.Second)
	case "total_at_level_change":
		m, err := engine.MemberAt(w.store, w.processor.Versions(), member, *level.Since)
		must(err)
		return m.Count(w.rules, w.rules.Counters[slices.IndexFunc(w.rules.Counters, func(c *engine.Counter) bool { return c.ID == "total" })], *level.Since)
	case "completed":
		return level.Next == ""
	case "next_level", "next_value": // of the last level, where there is no next one
		name := level.Next
		if name == "" {
			name = level.Level
		}
		if key == "next_level" {
			return levelNumber(name)
		}
		ladder := w.rules.Tiers[0].Ladder.Levels
		for _, rung := range ladder {
			if rung.Name == name {
				return rung.All[0].At
			}
		}
	}
	return unknown("expectation", key)
}

// rating translates a status by the latest value, with points for each change of it.
type rating struct {
	*peerCase
	grades [][2]string // rating and the least value, best first
	counts string      // the type of event
	rows   struct{ changes, points []map[string]any }
}

func newRating(c *peerCase) peerFamily {
	var rule struct {
		Kind    string      `json:"kind"`
		Event   string      `json:"event"`
		Default json.Number `json:"default"`
		Ratings [][2]any    `json:"ratings"`
		Points  string      `json:"points"`
	}
	c.decode(&rule)
	f := &rating{peerCase: c, counts: eventName(rule.Event)}
	for _, r := range rule.Ratings {
		f.grades = append(f.grades, [2]string{fmt.Sprint(r[0]), strings.TrimPrefix(fmt.Sprint(r[1]), "value>=")})
	}
	return f
}

func newLatest(c *peerCase) peerFamily {
	f := &rating{peerCase: c, counts: "event_a"}
	for _, word := range strings.Split(c.Rules, ", ") {
		var least, grade int
		if i := strings.Index(word, ">="); i >= 0 && scans(word[i:], ">=%d -> %d", &least, &grade) {
			f.grades = append(f.grades, [2]string{fmt.Sprint(grade), fmt.Sprint(least)})
		}
	}
	return f
}

// play: the lowest rating is what everybody has. Values that no rating is for leave it as it is.
func (f *rating) play(w *world) {
	lowest := f.grades[len(f.grades)-1]
	levels, numbers := []string{"r" + lowest[0] + ": 0"}, []string{"r" + lowest[0] + ": " + lowest[0]}
	for _, g := range slices.Backward(f.grades[:len(f.grades)-1]) {
		levels, numbers = append(levels, "r"+g[0]+": "+g[1]), append(numbers, "r"+g[0]+": "+g[0])
	}
	w.publish(f.header("value: number", f.counts) + lines("points: {stars: {}}", "tables: {rating: {"+strings.Join(numbers, ", ")+"}}",
		"counters:", "  average: {when: "+f.counts+", if: event.value >= "+lowest[1]+", latest: event.value}",
		"tiers:", "  rating: {counter: average, levels: {"+strings.Join(levels, ", ")+"}, falls: to what is kept}",
		"rules:",
		"  up:", "    when: tier_reached", `    if: (event.from ?? "") != ""`, "    give:",
		`      stars: ((table.rating[event.level] ?? 0) - (table.rating[event.from ?? ""] ?? 0)) * 10`,
		"  down:", "    when: tier_lost", "    take:",
		`      stars: ((table.rating[event.level] ?? 0) - (table.rating[event.to ?? ""] ?? 0)) * 10`))
	f.feed(w, time.Second, valued, func(e *peerEvent, a *answer) {
		for _, x := range a.effects("") {
			if x.Kind == engine.TierEffect {
				f.rows.changes = append(f.rows.changes, map[string]any{"from": levelNumber(x.From), "to": levelNumber(x.Level), "event_index": e.index})
			}
		}
		if n := a.points(""); n != 0 {
			f.rows.points = append(f.rows.points, map[string]any{"amount": n, "event_index": e.index,
				"rating": levelNumber(w.progress(e.member()).Tiers["rating"].Level)})
		}
	})
}

func (f *rating) look(w *world, key string, want any) any {
	switch key {
	case "rating_changes":
		return pair(want, f.rows.changes)
	case "points":
		return pair(want, f.rows.points)
	case "transitions":
		list := []any{}
		for _, c := range f.rows.changes {
			list = append(list, []any{c["from"], c["to"]})
		}
		return list
	case "points_total":
		return w.balance(f.Events[0].member(), "stars").Spendable
	}
	return unknown("expectation", key)
}

// periods translates points that are counted in the calendar's periods, and ranked in each.
type periods struct {
	*peerCase
	answers map[int]*answer
}

func newPeriods(c *peerCase) peerFamily { return &periods{peerCase: c, answers: map[int]*answer{}} }

// everyPeriod are the periods of the calendar by the letter that begins their keys; "all" is no period.
var everyPeriod = map[byte]calendar.Period{'D': calendar.Day, 'W': calendar.Week, 'M': calendar.Month, 'Q': calendar.Quarter, 'Y': calendar.Year}

func (f *periods) play(w *world) {
	amount, limit := "event.value - 50", "    if: event.value >= 50"
	if m := f.find(`at most (\d+) per member per day`); m != nil {
		amount, limit = "event.value", "    limit: "+m[1]+" stars per day"
	}
	text := f.header("value: number") + lines("points: {stars: {}}", "rules:", "  award:", "    when: event_a", "    give: {stars: "+amount+"}", limit,
		"counters:", "  all: {earned: stars, public: true}")
	for _, p := range everyPeriod {
		text += fmt.Sprintf("  of_%s: {earned: stars, every: %s}\n", p, p)
	}
	text += lines("leaderboards:", "  all: {counter: all}")
	for _, p := range everyPeriod {
		text += fmt.Sprintf("  of_%s: {counter: of_%s}\n", p, p)
	}
	w.publish(text)
	f.feed(w, time.Second, valued, func(e *peerEvent, a *answer) { f.answers[e.index] = a })
}

func (f *periods) look(w *world, key string, want any) any {
	switch key {
	case "totals":
		out := map[string]any{}
		for member := range asObject(want) {
			out[member] = w.progress(member).Counters["all"]
		}
		return out
	case "granted":
		list := []any{}
		for _, e := range f.Events {
			list = append(list, f.answers[e.index].points(""))
		}
		return list
	case "by_period":
		out := map[string]any{}
		for member, keys := range asObject(want) {
			of := map[string]any{}
			for key := range asObject(keys) {
				c := w.rules.Counters[slices.IndexFunc(w.rules.Counters, func(c *engine.Counter) bool { return c.ID == "of_"+everyPeriod[key[0]].String() })]
				of[key] = w.member(member).Count(w.rules, c, instantOf(key))
			}
			out[member] = of
		}
		return out
	case "by_team":
		return f.byTeam()
	case "member", "date":
		return want // what is asked
	case "ranks":
		out := map[string]any{}
		for key := range asObject(want) {
			out[key] = f.rank(w, key)
		}
		return out
	case "absent":
		list := []any{}
		for _, key := range want.([]any) {
			if f.rank(w, key.(string)) == nil {
				list = append(list, key)
			}
		}
		return list
	}
	return unknown("expectation", key)
}

// rank is the rank and score of the member asked about on the board of a period, nil without a score.
func (f *periods) rank(w *world, key string) any {
	board, at := "all", w.now
	if key != "all" {
		board, at = "of_"+everyPeriod[key[0]].String(), instantOf(key)
	}
	for _, r := range w.rows(board, "", at) {
		if r.Member == f.Expected["member"] {
			return map[string]any{"rank": r.Rank, "score": r.Value}
		}
	}
	return nil
}

// byTeam is what members were given on events of each team.
func (f *periods) byTeam() any {
	out := map[string]map[string]decimal.Decimal{}
	for _, e := range f.Events {
		if out[e.member()] == nil {
			out[e.member()] = map[string]decimal.Decimal{}
		}
		out[e.member()][fmt.Sprint(e.Team)] += f.answers[e.index].points("")
	}
	return out
}

// plain is the calendar of a ruleset that says nothing of one.
var plain = calendar.Calendar{WeekStart: time.Monday}

// periodKey writes the key of a period in the form of these cases: D20200325, W202013.
func periodKey(p calendar.Period, at calendar.Instant) string {
	label := plain.Label(p, plain.Key(p, at))
	letter := strings.ToUpper(p.String()[:1])
	if p == calendar.Quarter {
		label = strings.Replace(label, "Q", "0", 1)
	}
	return letter + strings.NewReplacer("-", "", "W", "").Replace(label)
}

// instantOf is the first instant of the period that a key names.
func instantOf(key string) calendar.Instant {
	p := everyPeriod[key[0]]
	digits, label := key[1:], ""
	switch key[0] {
	case 'D':
		label = digits[:4] + "-" + digits[4:6] + "-" + digits[6:]
	case 'M':
		label = digits[:4] + "-" + digits[4:]
	case 'W':
		label = digits[:4] + "-W" + digits[4:]
	case 'Q':
		label = digits[:4] + "-Q" + strings.TrimPrefix(digits[4:], "0")
	default:
		label = digits
	}
	k, err := plain.ParseLabel(p, label)
	must(err)
	return plain.Start(p, k)
}

// teamBoard translates a board for each team, looked at from both ends.
type teamBoard struct{ *peerCase }

func newTeamBoard(c *peerCase) peerFamily { return &teamBoard{c} }

func (f *teamBoard) play(w *world) {
	w.publish(f.header("value: number, team: text") + lines("counters:", "  scored: {when: event_a, if: event.value >= 50, add: event.value - 50}",
		"leaderboards:", "  down: {counter: scored, split: event.team}", "  up: {counter: scored, split: event.team, order: lowest}"))
	f.feed(w, time.Second, func(e *peerEvent) map[string]any {
		return map[string]any{"value": e.number(), "team": fmt.Sprint(e.Team)}
	}, nil)
}

func (f *teamBoard) look(w *world, key string, _ any) any {
	team := f.find(`team (\w+)`)[1]
	switch key {
	case "desc":
		return rowsOf(w.rows("down", team, w.now))
	case "asc":
		return rowsOf(w.rows("up", team, w.now))
	case "asc_offset_2":
		rows := w.rows("up", team, w.now)
		return rowsOf(slices.DeleteFunc(rows, func(r leaderboards.Standing) bool { return r.Rank < 2 }))
	}
	return unknown("expectation", key)
}

// groupBoard translates boards of groups that members are in at once: a board is split by one field, so there is a board for
// cities and one for countries.
type groupBoard struct{ *peerCase }

func newGroupBoard(c *peerCase) peerFamily { return &groupBoard{c} }

func (f *groupBoard) play(w *world) {
	w.publish(f.header("value: number, city?: text, country: text") +
		lines("counters:", "  km: {when: "+eventName(f.Events[0].Type)+", add: event.value, every: month}",
			"leaderboards:", "  city: {counter: km, split: event.city}", "  country: {counter: km, split: event.country}"))
	f.feed(w, time.Second, func(e *peerEvent) map[string]any {
		fields := map[string]any{"value": e.number(), "country": e.Groups[len(e.Groups)-1]}
		if len(e.Groups) == 2 {
			fields["city"] = e.Groups[0]
		}
		return fields
	}, nil)
}

// look is where members are in groups, in a month where the group's name says which; the first one has position 0.
func (f *groupBoard) look(w *world, key string, want any) any {
	if key != "position0" {
		return unknown("expectation", key)
	}
	out := map[string]any{}
	for name, members := range asObject(want) {
		group, month, past := strings.Cut(name, "@")
		at := w.now
		if past {
			at = moment(month+"-01T00:00:00Z", 0)
		}
		positions := map[string]any{}
		for member := range asObject(members) {
			positions[member] = nil
		}
		for _, board := range []string{"city", "country"} {
			for _, r := range w.rows(board, group, at) {
				positions[r.Member] = r.Rank - 1
			}
		}
		out[name] = positions
	}
	return out
}
