package rulesets

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Expectation is one thing that must be true after a step. What is wanted is kept as the lines in which a report shows it,
// so that comparing is comparing text; a runner writes what came in the same form.
type Expectation struct {
	Position engine.Position
	Member   string
	Key      string   // of expect: points, challenge, gave
	ID       string   // of the definition, "" where the key speaks of all
	Field    string   // of a challenge or streak: progress
	Want     []string // one value, or the items of a list
	List     bool     // Want is an exact list; of gave, badges and expires sorted
}

// Subject names what is expected: "points.stars", "challenge.star_dash.progress", "gave".
func (e *Expectation) Subject() string {
	out := e.Key
	for _, part := range []string{e.ID, e.Field} {
		if part != "" {
			out += "." + part
		}
	}
	return out
}

// expectKeys are what a test can look at.
var expectKeys = []string{"points", "pending", "held", "debt", "expires", "badges", "tier", "challenge", "streak", "counter",
	"rank", "standings", "rewards", "gave", "why_not", "error", "duplicate"}

// whyNot are the reasons that why_not can name, as engine.Trace gives them.
var whyNot = []engine.Reason{engine.NotThisEvent, engine.WindowClosed, engine.WhoseNot, engine.ConditionNot, engine.LimitReached,
	engine.BalanceShort, engine.NotJoined, engine.NotActive, engine.Failed}

// watched are the sections whose definitions a trace speaks of.
var watched = []string{"rules", "boosts", "counters", "streaks", "challenges"}

// None is how tests and reports write that there is no rank, level or badge.
const None = "none"

// expect reads what must be true after a step: of its member, and under the names of members of each of those.
func (s *suiteReader) expect(n *node, t *TestStep) {
	if len(n.pairs) == 0 && !n.holes {
		s.node(n, "such as expect: {points: {stars: 40}}", "expect is empty")
	}
	for _, p := range n.pairs {
		key := p.key.text
		switch {
		case slices.Contains(expectKeys, key):
			s.expectOne(p, t, t.Member)
		case slices.Contains(s.known, key) && p.value.kind == mapNode:
			for _, inner := range p.value.pairs {
				switch {
				case !slices.Contains(expectKeys, inner.key.text):
					s.notExpected(inner.key)
				case inner.key.text == "error" || inner.key.text == "duplicate":
					s.node(inner.key, "write it beside "+key, "%s is about the step, not about a member", inner.key.text)
				default:
					s.expectOne(inner, t, key)
				}
			}
		default:
			s.notExpected(p.key)
		}
	}
}

func (s *suiteReader) notExpected(key *node) {
	candidates := append(slices.Clone(expectKeys), s.known...)
	suggestion := didYouMean(expression.Nearest(key.text, candidates))
	if suggestion == "" {
		suggestion = "there is: " + strings.Join(candidates, ", ")
	}
	s.node(key, suggestion, "expect knows no %q, and no member of that name is there", key.text)
}

func (s *suiteReader) expectOne(p pair, t *TestStep, member string) {
	e := &Expectation{Position: position(p.key), Member: member, Key: p.key.text}
	if member == "" && e.Key != "standings" && e.Key != "error" && e.Key != "duplicate" {
		s.nobody(p.key, t)
		return
	}
	switch v := p.value; e.Key {
	case "points", "pending", "held", "debt":
		s.each(e, v, "points", t, s.amountOf)
	case "counter", "rewards":
		s.each(e, v, map[string]string{"counter": "counters", "rewards": "rewards"}[e.Key], t, s.amountOf)
	case "tier":
		s.each(e, v, "tiers", t, s.word)
	case "rank":
		s.each(e, v, "leaderboards", t, s.rank)
	case "challenge":
		s.fields(e, v, "challenges", t, map[string]func(*node) (string, bool){"progress": s.amountOf, "done": s.boolean, "times": s.amountOf})
	case "streak":
		s.fields(e, v, "streaks", t, map[string]func(*node) (string, bool){"length": s.amountOf, "longest": s.amountOf, "state": s.state})
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
			s.node(v, "leave it out", "a step that is not a duplicate needs no word about it")
		}
	}
}

// each reads a map of ids to values: an expectation of each.
func (s *suiteReader) each(e *Expectation, n *node, section string, t *TestStep, value func(*node) (string, bool)) {
	if !s.isMap(n, e.Key+": {"+s.example(section)+": …}") {
		return
	}
	for _, p := range n.pairs {
		if !s.named(p.key, section) {
			continue
		}
		if text, ok := value(p.value); ok {
			t.Expect = append(t.Expect, e.of(p, "", text))
		}
	}
}

// of is the same expectation about one definition.
func (e *Expectation) of(p pair, field, want string) *Expectation {
	out := *e
	out.Position, out.Field, out.Want = position(p.key), field, []string{want}
	if field == "" {
		out.ID = p.key.text
	}
	return &out
}

func (s *suiteReader) fields(e *Expectation, n *node, section string, t *TestStep, known map[string]func(*node) (string, bool)) {
	if !s.isMap(n, e.Key+": {"+s.example(section)+": {"+ids(known)[0]+": …}}") {
		return
	}
	for _, p := range n.pairs {
		if !s.named(p.key, section) || !s.isMap(p.value, p.key.text+": {"+strings.Join(ids(known), ": …, ")+": …}") {
			continue
		}
		inner := *e
		inner.ID = p.key.text
		for _, f := range p.value.pairs {
			read := known[f.key.text]
			if read == nil {
				s.node(f.key, expression.DidYouMean(f.key.text, ids(known)), "a %s has no %q to look at", e.Key, f.key.text)
				continue
			}
			if text, ok := read(f.value); ok {
				t.Expect = append(t.Expect, inner.of(f, f.key.text, text))
			}
		}
	}
}

func (s *suiteReader) example(section string) string {
	if len(s.ids[section]) > 0 {
		return s.ids[section][0]
	}
	return "ID"
}

func (s *suiteReader) isMap(n *node, example string) bool {
	if n.kind == mapNode && len(n.pairs) > 0 {
		return true
	}
	if !n.holes {
		s.node(n, "such as "+example, "a map of names to values is expected here")
	}
	return false
}

// exact reads an exact list, sorted.
func (s *suiteReader) exact(e *Expectation, n *node, t *TestStep, item func(*node) (string, bool)) {
	if n.kind != listNode {
		s.node(n, "write [] for nothing", "%s is an exact list", e.Key)
		return
	}
	e.List = true
	for _, i := range n.items {
		if text, ok := item(i); ok {
			e.Want = append(e.Want, text)
		}
	}
	slices.Sort(e.Want)
	t.Expect = append(t.Expect, e)
}

func (s *suiteReader) badges(e *Expectation, n *node, t *TestStep) {
	if n.kind == mapNode {
		s.each(e, n, "badges", t, s.word)
		return
	}
	s.exact(e, n, t, func(i *node) (string, bool) { return i.text, s.named(i, "badges") })
}

// expiring reads {at: 2027-12-01, stars: 40}. A date alone is the last day on which they can be spent.
func (s *suiteReader) expiring(n *node) (string, bool) {
	at, points := n.find("at"), pair{}
	for _, p := range n.pairs {
		if p.key.text != "at" {
			points = p
		}
	}
	if at == nil || points.key == nil || len(n.pairs) != 2 {
		s.node(n, "such as {at: 2027-12-01, "+s.example("points")+": 40}", "an expiry is a date and an amount of points")
		return "", false
	}
	amount, ok := s.amountOf(points.value)
	if !s.fits(at, of(aMoment), &field{name: "at"}) || !s.named(points.key, "points") || !ok {
		return "", false
	}
	when := at.text
	if g := match(aMoment, at.text); g.has(2) {
		i, _ := s.moment(at)
		when = Ending(s.rules.Calendar.Zone, i)
	}
	return fmt.Sprintf("{at: %s, %s: %s}", when, points.key.text, amount), true
}

// Ending writes an instant at which something ends: the day before where it is a midnight, for that is the last day that it
// lasts, else the minute.
func Ending(zone *calendar.Zone, at calendar.Instant) string {
	date := zone.Date(at)
	if zone.Start(date) == at {
		return date.AddDays(-1).String()
	}
	return Moment(zone, at)
}

// Moment writes an instant as tests do: 2026-12-01 09:00.
func Moment(zone *calendar.Zone, at calendar.Instant) string {
	clock := zone.Clock(at)
	text := fmt.Sprintf("%s %02d:%02d", zone.Date(at), int(clock.Hours()), int(clock.Minutes())%60)
	if seconds := int(clock.Seconds()) % 60; seconds != 0 {
		text += fmt.Sprintf(":%02d", seconds)
	}
	return text
}

// standings reads {board: [[ann, 50], [bob, 40]]}, and of a split board {board: {north: [[ann, 50]]}}.
func (s *suiteReader) standings(e *Expectation, n *node, t *TestStep) {
	if !s.isMap(n, "standings: {"+s.example("leaderboards")+": [[ann, 50], [bob, 40]]}") {
		return
	}
	for _, p := range n.pairs {
		if !s.named(p.key, "leaderboards") {
			continue
		}
		if p.value.kind == mapNode {
			for _, split := range p.value.pairs {
				s.table(e.of(p, "", ""), split.value, split.key.text, t)
			}
			continue
		}
		s.table(e.of(p, "", ""), p.value, "", t)
	}
}

func (s *suiteReader) table(e *Expectation, n *node, split string, t *TestStep) {
	if n.kind != listNode {
		s.node(n, "such as [[ann, 50], [bob, 40]]", "standings are a list of members with their scores, the first one first")
		return
	}
	e.Field, e.Want, e.List = split, nil, true
	for _, row := range n.items {
		if row.kind != listNode || len(row.items) != 2 {
			s.node(row, "such as [ann, 50]", "a row is a member and a score")
			continue
		}
		if score, ok := s.amountOf(row.items[1]); ok {
			e.Want = append(e.Want, Standing(row.items[0].text, score))
		}
	}
	t.Expect = append(t.Expect, e)
}

// Standing is a row of a table as tests write it.
func Standing(subject, score string) string { return "[" + subject + ", " + score + "]" }

func (s *suiteReader) whyNot(e *Expectation, n *node, t *TestStep) {
	var candidates []string
	for _, section := range watched {
		candidates = append(candidates, s.ids[section]...)
	}
	if !s.isMap(n, "why_not: {"+s.example("rules")+": limit}") {
		return
	}
	for _, p := range n.pairs {
		section, id, cut := strings.Cut(p.key.text, "/")
		if cut && slices.Contains(watched, section) && slices.Contains(s.ids[section], id) || slices.Contains(candidates, p.key.text) {
			if slices.Contains(whyNot, engine.Reason(p.value.text)) {
				t.Expect = append(t.Expect, e.of(p, "", p.value.text))
				continue
			}
			s.node(p.value, expression.DidYouMean(p.value.text, reasons()), "%q is no reason", p.value.text)
			continue
		}
		s.node(p.key, expression.DidYouMean(p.key.text, candidates), "the ruleset has no rule, boost, counter, streak or challenge %q", p.key.text)
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
func (s *suiteReader) amountOf(n *node) (string, bool) {
	if !s.fits(n, of(aNumber), &field{name: "this"}) {
		return "", false
	}
	d, err := decimal.Parse(n.text)
	if err != nil {
		s.node(n, "", "%s: %v", n.text, err)
		return "", false
	}
	return d.String(), true
}

func (s *suiteReader) rank(n *node) (string, bool) {
	if n.text == None {
		return None, true
	}
	return n.text, s.fits(n, shape{phrase: aWhole, words: []string{None}}, &field{name: "rank"})
}

func (s *suiteReader) boolean(n *node) (string, bool) {
	return n.text, s.fits(n, of(aBoolean), &field{name: "this"})
}

var streakStates = []string{"none", "active", "at_risk", "repairable", "broken"}

func (s *suiteReader) state(n *node) (string, bool) {
	return n.text, s.fits(n, oneOf(streakStates...), &field{name: "state"})
}

// word reads a level or a code; an empty one is none.
func (s *suiteReader) word(n *node) (string, bool) {
	if n.kind != scalarNode {
		s.node(n, "", "a word is expected here, but this is %s", nodeKindNames[n.kind])
		return "", false
	}
	if n.text == "" {
		return None, true
	}
	return n.text, true
}
