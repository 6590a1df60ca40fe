package suite

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Expectation is one thing that must be true after a step. What is wanted is kept as the lines in which a report shows it,
// so that comparing is comparing text.
type Expectation struct {
	Position engine.Position
	Member   string
	Key      string   // of expect: points, challenge, gave
	ID       string   // of the definition, "" where the key speaks of all
	Field    string   // of a challenge or streak: progress; of standings: the split
	Season   string   // of standings: previous or a label, "" for the present one
	Want     []string // one value, or the items of a list
	List     bool     // Want is an exact list; of gave, badges and expires sorted
}

// Subject names what is expected: "points.stars", "challenge.star_dash.progress", "gave".
func (e *Expectation) Subject() string {
	out := e.Key
	for _, part := range []string{e.ID, e.Season, e.Field} {
		if part != "" {
			out += "." + part
		}
	}
	return out
}

// expectations are what a test can look at, with an example of each.
var expectations = []document.Field{
	{Name: "points", Example: "{stars: 40}", Doc: "Points that can be spent."},
	{Name: "pending", Example: "{stars: 40}", Doc: "Points that are held back until their time or their confirmation."},
	{Name: "held", Example: "{stars: 150}", Doc: "Points that claims hold."},
	{Name: "debt", Example: "{stars: 0}", Doc: "Points owed after a reversal."},
	{Name: "expires", Example: "[{at: 2027-12-01, stars: 40}]",
		Doc: "An exact list of what expires. A bare date is the last day on which the points can be spent."},
	{Name: "gave", Example: "[{rule: spend, stars: 40, boost: double_tuesday}]",
		Doc: "An exact list of what the step gave: who (`rule`, `challenge`, `streak`, `badge`, `tier`, `leaderboard`), what (points, `badge`, `reward`, " +
			"`level`), `boost` or " +
			"`boosts`, and `wanted` where a cap trimmed it. For other members it lists what the step gave to them."},
	{Name: "why_not", Example: "{spend: limit}", Doc: "Why a rule, boost, counter, streak or challenge did nothing in this step."},
	{Name: "badges", Example: "[dasher]", Doc: "An exact list of all badges, `[]` for none; or the levels of some: `{taster: bronze, dasher: true}`, `true` " +
		"for one that is held, at whatever level."},
	{Name: "tier", Example: "{club: gold}", Doc: "The level that is held, or `none`."},
	{Name: "challenge", Example: "{dash: {progress: 40, done: false, times: 0}}",
		Doc: "The progress of a challenge, what of it is shown (at most the last goal), whether that was reached, and how often."},
	{Name: "streak", Example: "{weekly: {length: 3, longest: 5, state: active}}",
		Doc: "The length of a streak, the longest so far, and its state: `none`, `active`, `at_risk`, `repairable`, `broken`."},
	{Name: "counter", Example: "{visits: 3}", Doc: "A counter's value in its present period, the member's or the group's."},
	{Name: "rewards", Example: "{cake: 1}", Doc: "How many of a reward the member has and can use."},
	{Name: "claim", Example: "{c1: confirmed}",
		Doc: "What has become of a claim or a use by its `id`: `open`, `confirmed`, `returned`, `cancelled`, `timed_out`."},
	{Name: "name", Example: "Ann", Doc: "What boards show of the member (`names`), or `none`."},
	{Name: "rank", Example: "{visitors: 1}", Doc: "The rank on a leaderboard, or `none`."},
	{Name: "standings", Example: "{visitors: [[ann, 5], [bob, 1]]}",
		Doc: "A whole leaderboard, from its first row. Of a split board: `{city_teams: {north: [[ann, 5]]}}`. " +
			"Of another season than the present one: `{visitors: {previous: [[ann, 5]]}}`, or with its label, `{visitors: {2026-W49: [[ann, 5]]}}`."},
	{Name: "error", Example: "does_not_fit", Doc: "The code with which the step is refused. It is the step's, not a member's: write it beside members."},
	{Name: "duplicate", Example: "true", Doc: "The event was known already, and did nothing. It is the step's, too."},
}

var expectKeys = names(expectations)

func names(fields []document.Field) []string {
	all := make([]string, len(fields))
	for i := range fields {
		all[i] = fields[i].Name
	}
	return all
}

// whyNot are the reasons that why_not can name, as engine.Trace gives them.
var whyNot = []engine.Reason{engine.NotThisEvent, engine.WindowClosed, engine.WhoseNot, engine.ConditionNot, engine.LimitReached,
	engine.BalanceShort, engine.OutOfStock, engine.NotJoined, engine.NotActive, engine.Failed}

// watched are the sections whose definitions a trace speaks of.
var watched = []string{"rules", "boosts", "counters", "streaks", "challenges"}

// none is how tests and reports write that there is no rank, level or badge.
const none = "none"

// expect reads what must be true after a step: of its member, and under the names of members of each of those.
func (s *reader) expect(n *document.Node, t *Step) {
	if len(n.Pairs) == 0 && !n.Holes {
		s.Node(n, "such as expect: {points: {stars: 40}}", "expect is empty")
	}
	for _, p := range n.Pairs {
		key := p.Key.Text
		switch {
		case slices.Contains(expectKeys, key):
			s.expectOne(p, t, t.Member)
		case slices.Contains(s.known, key) && p.Value.Kind == document.Map:
			for _, inner := range p.Value.Pairs {
				switch {
				case !slices.Contains(expectKeys, inner.Key.Text):
					s.notExpected(inner.Key)
				case inner.Key.Text == "error" || inner.Key.Text == "duplicate":
					s.Node(inner.Key, "write it beside "+key, "%s is about the step, not about a member", inner.Key.Text)
				default:
					s.expectOne(inner, t, key)
				}
			}
		default:
			s.notExpected(p.Key)
		}
	}
}

func (s *reader) notExpected(key *document.Node) {
	candidates := append(slices.Clone(expectKeys), s.known...)
	suggestion := "there is: " + strings.Join(candidates, ", ")
	if near := expression.Nearest(key.Text, candidates); near != "" {
		suggestion = "did you mean " + near + "?"
	}
	s.Node(key, suggestion, "expect knows no %q, and no member of that name is there", key.Text)
}

func (s *reader) expectOne(p document.Pair, t *Step, member string) {
	e := &Expectation{Position: engine.Position(p.Key.Position()), Member: member, Key: p.Key.Text}
	if member == "" && e.Key != "standings" && e.Key != "error" && e.Key != "duplicate" {
		s.nobody(p.Key, t)
		return
	}
	switch v := p.Value; e.Key {
	case "points", "pending", "held", "debt":
		s.each(e, v, "points", t, s.amountOf)
	case "counter", "rewards":
		s.each(e, v, map[string]string{"counter": "counters", "rewards": "rewards"}[e.Key], t, s.amountOf)
	case "claim":
		s.claimed(e, v, t)
	case "tier":
		s.each(e, v, "tiers", t, s.word)
	case "name":
		if text, ok := s.word(v); ok {
			e.Want = []string{text}
			t.Expect = append(t.Expect, e)
		}
	case "rank":
		s.each(e, v, "leaderboards", t, s.rank)
	case "challenge":
		s.fields(e, v, "challenges", t, map[string]func(*document.Node) (string, bool){"progress": s.amountOf, "shown": s.amountOf,
			"done": s.boolean, "times": s.amountOf})
	case "streak":
		s.fields(e, v, "streaks", t, map[string]func(*document.Node) (string, bool){"length": s.amountOf, "longest": s.amountOf, "state": s.state})
	case "badges":
		s.badges(e, v, t)
	case "expires":
		s.exact(e, v, t, s.expiring)
	case "gave":
		s.exact(e, v, t, s.gift)
	case "standings":
		s.standings(e, v, t)
	case "why_not":
		s.whyNot(e, v, t)
	case "error":
		t.Error, _ = s.word(v)
	case "duplicate":
		text, ok := s.boolean(v)
		if t.Duplicate = text == "true"; ok && !t.Duplicate {
			s.Node(v, "leave it out", "a step that is not a duplicate needs no word about it")
		}
	}
}

// each reads a map of ids to values: an expectation of each.
func (s *reader) each(e *Expectation, n *document.Node, section string, t *Step, value func(*document.Node) (string, bool)) {
	if !s.isMap(n, e.Key+": {"+s.example(section)+": …}") {
		return
	}
	for _, p := range n.Pairs {
		if !s.named(p.Key, section) {
			continue
		}
		if text, ok := value(p.Value); ok {
			t.Expect = append(t.Expect, e.of(p, "", text))
		}
	}
}

var claimStates = []string{"open", "confirmed", "returned", "cancelled", "timed_out"}

// claimed reads the states of claims that earlier steps, or this one, have made.
func (s *reader) claimed(e *Expectation, n *document.Node, t *Step) {
	if !s.isMap(n, "claim: {c1: confirmed}") {
		return
	}
	for _, p := range n.Pairs {
		if !slices.Contains(s.claims, p.Key.Text) && p.Key.Text != s.claiming && t.Error == "" {
			s.Node(p.Key, expression.DidYouMean(p.Key.Text, s.claims), "no step so far makes a claim with the id %q", p.Key.Text)
		} else if s.Fits(p.Value, &document.Field{Name: "claim", Words: claimStates}) {
			t.Expect = append(t.Expect, e.of(p, "", p.Value.Text))
		}
	}
}

// of is the same expectation about one definition.
func (e *Expectation) of(p document.Pair, field, want string) *Expectation {
	out := *e
	out.Position, out.Field, out.Want = engine.Position(p.Key.Position()), field, []string{want}
	if field == "" {
		out.ID = p.Key.Text
	}
	return &out
}

func (s *reader) fields(e *Expectation, n *document.Node, section string, t *Step, known map[string]func(*document.Node) (string, bool)) {
	names := slices.Sorted(maps.Keys(known))
	if !s.isMap(n, e.Key+": {"+s.example(section)+": {"+names[0]+": …}}") {
		return
	}
	for _, p := range n.Pairs {
		if !s.named(p.Key, section) || !s.isMap(p.Value, p.Key.Text+": {"+strings.Join(names, ": …, ")+": …}") {
			continue
		}
		inner := *e
		inner.ID = p.Key.Text
		for _, f := range p.Value.Pairs {
			read := known[f.Key.Text]
			if read == nil {
				s.Node(f.Key, expression.DidYouMean(f.Key.Text, names), "a %s has no %q to look at", e.Key, f.Key.Text)
				continue
			}
			if text, ok := read(f.Value); ok {
				t.Expect = append(t.Expect, inner.of(f, f.Key.Text, text))
			}
		}
	}
}

func (s *reader) example(section string) string {
	if len(s.ids[section]) > 0 {
		return s.ids[section][0]
	}
	return "ID"
}

func (s *reader) isMap(n *document.Node, example string) bool {
	if n.Kind == document.Map && len(n.Pairs) > 0 {
		return true
	}
	switch {
	case n.Holes: // it has been said what is wrong with them
	case n.Kind == document.Map:
		s.Node(n, "leave it out, or write such as "+example, "this looks at nothing")
	default:
		s.Node(n, "such as "+example, "a map of names to values is expected here")
	}
	return false
}

// exact reads an exact list, sorted.
func (s *reader) exact(e *Expectation, n *document.Node, t *Step, item func(*document.Node) (string, bool)) {
	if n.Kind != document.List {
		s.Node(n, "write [] for nothing", "%s is an exact list", e.Key)
		return
	}
	e.List = true
	for _, i := range n.Items {
		if text, ok := item(i); ok {
			e.Want = append(e.Want, text)
		}
	}
	slices.Sort(e.Want)
	t.Expect = append(t.Expect, e)
}

// badges reads the levels of some badges, or an exact list of all. Nothing of either kind is no badge at all.
func (s *reader) badges(e *Expectation, n *document.Node, t *Step) {
	if n.Kind == document.Map && len(n.Pairs) == 0 && !n.Holes {
		e.List = true
		t.Expect = append(t.Expect, e)
		return
	}
	if n.Kind == document.Map {
		s.each(e, n, "badges", t, s.word)
		return
	}
	s.exact(e, n, t, func(i *document.Node) (string, bool) { return i.Text, s.named(i, "badges") })
}

// expiring reads {at: 2027-12-01, stars: 40}. A date alone is the last day on which they can be spent.
func (s *reader) expiring(n *document.Node) (string, bool) {
	at, points := n.Find("at"), document.Pair{}
	for _, p := range n.Pairs {
		if p.Key.Text != "at" {
			points = p
		}
	}
	if at == nil || points.Key == nil || len(n.Pairs) != 2 {
		s.Node(n, "such as {at: 2027-12-01, "+s.example("points")+": 40}", "an expiry is a date and an amount of points")
		return "", false
	}
	amount, ok := s.amountOf(points.Value)
	if !s.Fits(at, &document.Field{Name: "at", Phrase: document.Moment}) || !s.named(points.Key, "points") || !ok {
		return "", false
	}
	when := at.Text
	if g := document.Moment.Match(at.Text); g.Has(2) {
		i, _ := s.moment(at)
		when = ending(s.rules.Calendar.Zone, i)
	}
	return fmt.Sprintf("{at: %s, %s: %s}", when, points.Key.Text, amount), true
}

// ending writes an instant at which something ends: the day before where it is a midnight, for that is the last day that it
// lasts, else the minute.
func ending(zone *calendar.Zone, at calendar.Instant) string {
	date := zone.Date(at)
	if zone.Start(date) == at {
		return date.AddDays(-1).String()
	}
	return moment(zone, at)
}

// moment writes an instant as tests do: 2026-12-01 09:00.
func moment(zone *calendar.Zone, at calendar.Instant) string {
	clock := zone.Clock(at)
	text := fmt.Sprintf("%s %02d:%02d", zone.Date(at), int(clock.Hours()), int(clock.Minutes())%60)
	if seconds := int(clock.Seconds()) % 60; seconds != 0 {
		text += fmt.Sprintf(":%02d", seconds)
	}
	return text
}

// standings reads {board: [[ann, 50], [bob, 40]]}, and of a split board {board: {north: [[ann, 50]]}}.
func (s *reader) standings(e *Expectation, n *document.Node, t *Step) {
	if !s.isMap(n, "standings: {"+s.example("leaderboards")+": [[ann, 50], [bob, 40]]}") {
		return
	}
	for _, p := range n.Pairs {
		if !s.named(p.Key, "leaderboards") {
			continue
		}
		s.parts(e.of(p, "", ""), p.Value, t)
	}
}

// parts reads a table, or tables by split, by season, or by season and split.
func (s *reader) parts(e *Expectation, n *document.Node, t *Step) {
	if n.Kind != document.Map {
		s.table(e, n, "", t)
		return
	}
	b := s.rules.Leaderboard(e.ID)
	for _, p := range n.Pairs {
		if e.Season == "" && b != nil && (!b.Split || p.Value.Kind == document.Map) {
			if _, err := s.rules.Calendar.ParseLabel(b.Counter.Every, p.Key.Text); err != nil && p.Key.Text != previous {
				s.Node(p.Key, "such as previous, or "+s.rules.Season(b, s.now), "%s has no season %q", e.ID, p.Key.Text)
				continue
			}
			season := *e
			season.Season = p.Key.Text
			s.parts(&season, p.Value, t)
			continue
		}
		s.table(e, p.Value, p.Key.Text, t)
	}
}

// previous is how tests write the season before the present one.
const previous = "previous"

func (s *reader) table(e *Expectation, n *document.Node, split string, t *Step) {
	if n.Kind != document.List {
		s.Node(n, "such as [[ann, 50], [bob, 40]]", "standings are a list of members with their scores, the first one first")
		return
	}
	part := *e
	e = &part
	e.Field, e.Want, e.List = split, nil, true
	for _, row := range n.Items {
		if row.Kind != document.List || len(row.Items) != 2 {
			s.Node(row, "such as [ann, 50]", "a row is a member and a score")
			continue
		}
		if score, ok := s.amountOf(row.Items[1]); ok {
			e.Want = append(e.Want, standing(row.Items[0].Text, score))
		}
	}
	t.Expect = append(t.Expect, e)
}

// standing is a row of a table as tests write it.
func standing(subject, score string) string { return "[" + subject + ", " + score + "]" }

func (s *reader) whyNot(e *Expectation, n *document.Node, t *Step) {
	var candidates []string
	for _, section := range watched {
		candidates = append(candidates, s.ids[section]...)
	}
	if !s.isMap(n, "why_not: {"+s.example("rules")+": limit}") {
		return
	}
	for _, p := range n.Pairs {
		section, id, cut := strings.Cut(p.Key.Text, "/")
		if cut && slices.Contains(watched, section) && slices.Contains(s.ids[section], id) || slices.Contains(candidates, p.Key.Text) {
			if slices.Contains(whyNot, engine.Reason(p.Value.Text)) {
				t.Expect = append(t.Expect, e.of(p, "", p.Value.Text))
				continue
			}
			s.Node(p.Value, expression.DidYouMean(p.Value.Text, reasons()), "%q is no reason", p.Value.Text)
			continue
		}
		s.Node(p.Key, expression.DidYouMean(p.Key.Text, candidates), "the ruleset has no rule, boost, counter, streak or challenge %q", p.Key.Text)
	}
}

func reasons() []string {
	out := make([]string, len(whyNot))
	for i, r := range whyNot {
		out[i] = string(r)
	}
	return out
}

// amountOf reads a number and writes it as reports do.
func (s *reader) amountOf(n *document.Node) (string, bool) {
	if !s.Fits(n, &document.Field{Name: "this", Phrase: document.Number}) {
		return "", false
	}
	d, err := decimal.Parse(n.Text)
	if err != nil {
		s.Node(n, "", "%s: %v", n.Text, err)
		return "", false
	}
	return d.String(), true
}

func (s *reader) rank(n *document.Node) (string, bool) {
	if n.Text == none {
		return none, true
	}
	return n.Text, s.Fits(n, &document.Field{Name: "rank", Phrase: document.Whole, Words: []string{none}})
}

func (s *reader) boolean(n *document.Node) (string, bool) {
	return n.Text, s.Fits(n, &document.Field{Name: "this", Phrase: document.Boolean})
}

var streakStates = []string{"none", "active", "at_risk", "repairable", "broken"}

func (s *reader) state(n *document.Node) (string, bool) {
	return n.Text, s.Fits(n, &document.Field{Name: "state", Words: streakStates})
}

// word reads a level or a code; an empty one is none.
func (s *reader) word(n *document.Node) (string, bool) {
	if n.Kind != document.Scalar {
		s.Node(n, "", "a word is expected here, but this is %s", n.Kind)
		return "", false
	}
	if n.Text == "" {
		return none, true
	}
	return n.Text, true
}
