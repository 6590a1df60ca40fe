package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Suite is the tests of one ruleset, as a file of tests holds them.
type Suite struct {
	File    string
	Ruleset string // path of the ruleset; File where the ruleset is in it
	Program *rulesets.Program
	Tests   []*Test // in the order written
}

// Test is one story about a program: who is there, what happens when, and what must be true then.
type Test struct {
	Name     string
	Position engine.Position
	Members  []Member // who joined silently before the story begins
	Steps    []*Step
}

// Member is a member who is there from the start.
type Member struct {
	ID      string
	Joined  calendar.Instant
	Profile engine.Profile
}

// The fields of a test file. Steps and tests are read by the same table-driven decoder as definitions.
var (
	suiteSection = &document.Section{Name: "test file", Doc: "Tests of a ruleset.", Fields: []document.Field{
		{Name: "ruleset", Phrase: document.Text, Free: true, Required: true, Example: "ruleset.yaml",
			Doc: "Path of the ruleset, a file or a directory, from this file's directory; or the ruleset itself."},
		{Name: "tests", Free: true, Required: true, Example: "{tuesday_doubles: {timeline: […]}}",
			Doc: "The tests by name. A name says what is true, in words with `_` between them."},
	}}
	testSection = &document.Section{Name: "test", Doc: "One story.", Fields: []document.Field{
		{Name: "members", Free: true, Example: "{ann: {country: DE}, bob: {joined: 2026-01-01}}",
			Doc: "Who is there from the start, with the fields of their profiles. They joined silently at the first step, or when `joined` says."},
		{Name: "timeline", Record: stepSection, Many: true, Required: true, Doc: "Steps, in the order in which they happen.",
			Example: "[{at: 2026-12-01 09:00, event: purchase, expect: {points: {stars: 40}}}]"},
	}}
	stepSection = &document.Section{Name: "step", Doc: "One thing that happens, or is looked at.", Fields: []document.Field{
		{Name: "at", Phrase: document.Moment, Example: "2026-12-01 09:00", Doc: "When it happens, in the program's time zone. The first step needs it."},
		{Name: "after", Phrase: document.Duration, Example: "1 hour", Doc: "How long after the step before it happens. Days and longer keep the clock time."},
		{Name: "as", Phrase: document.Text, Example: "ann", Doc: "Whose step it is, and who is looked at. It can be left out while there is one member."},
		{Name: "event", Phrase: document.ID, Example: "purchase", Doc: "An event arrives. A member who is not there yet joins first."},
		{Name: "with", Free: true, Example: "{order_id: o1, amount: 10.00}", Doc: "The fields of the event."},
		{Name: "id", Phrase: document.Text, Example: "till-7-0001", Doc: "An id of its own, to send the same again or to name it later."},
		{Name: "time", Phrase: document.Moment, Example: "2026-11-30 20:00", Doc: "When the event happened, where that is not when it arrived."},
		{Name: "enroll", Phrase: document.ID, Example: "star_dash", Doc: "The member joins a challenge, or a streak."},
		{Name: "leave", Phrase: document.ID, Example: "star_dash", Doc: "The member leaves a challenge that they joined."},
		{Name: "set", Free: true, Example: "{country: FR}", Doc: "Fields of the member change."},
		{Name: "void", Phrase: document.Text, Example: "till-7-0001", Doc: "An event is voided: as if it had never been."},
		{Name: "amend", Phrase: document.Text, Example: "till-7-0001", Doc: "An event is amended to what `with` says is kept of it."},
		{Name: "release", Phrase: document.Text, Example: "till-7-0001", Doc: "The pending points of an event are confirmed."},
		{Name: "refuse", Phrase: document.Text, Example: "till-7-0001", Doc: "The pending points of an event are refused."},
		{Name: "merge", Phrase: document.Text, Example: "guest-7", Doc: "Another member is merged into this one: what they have and did is this one's from then on."},
		{Name: "adjust", Free: true, Example: "{stars: -50}", Doc: "Points are adjusted by hand."},
		{Name: "reason", Phrase: document.Text, Example: "goodwill", Doc: "Why points are adjusted, or a promotion is opened or closed."},
		{Name: "claim", Phrase: document.ID, Example: "free_drink", Doc: "The member claims a reward; its points are held."},
		{Name: "use", Phrase: document.ID, Example: "free_drink", Doc: "The member uses a reward that they hold, the first to expire of several."},
		{Name: "hold", Phrase: document.Boolean, Example: "true", Doc: "With `use`: it is held, to be confirmed or cancelled."},
		{Name: "till", Phrase: document.Text, Example: "till-7", Doc: "With `use` and `confirm`: where the reward is handed over."},
		{Name: "confirm", Phrase: document.Text, Example: "c1", Doc: "A claim is confirmed, whole or by `amount`; its points are spent. Or a use that was held."},
		{Name: "used", Phrase: document.Boolean, Example: "true", Doc: "With `confirm`: what was claimed is handed over at once."},
		{Name: "cancel", Phrase: document.Text, Example: "c1", Doc: "A claim is cancelled; its points are given back."},
		{Name: "return", Phrase: document.Text, Example: "c1", Doc: "A confirmed claim is returned, whole or by `amount`."},
		{Name: "amount", Phrase: document.Number, Example: "100", Doc: "How many points a claim, its confirmation or its return is about."},
		{Name: "freeze", Phrase: document.ID, Example: "daily_run", Doc: "The member buys a freeze for a streak."},
		{Name: "repair", Phrase: document.ID, Example: "daily_run", Doc: "The member mends a streak."},
		{Name: "fire", Phrase: document.ID, Example: "rainy_day", Doc: "A promotion is opened by a call."},
		{Name: "open_for", Phrase: document.Duration, Example: "90 minutes", Doc: "With `fire`: how long it is open, instead of the promotion's own `open_for`."},
		{Name: "close", Phrase: document.ID, Example: "rainy_day", Doc: "A promotion is closed by a call."},
		{Name: "repeat", Phrase: document.Whole, Example: "7", Doc: "How often it happens. `expect` is looked at after the last."},
		{Name: "every", Phrase: document.Duration, Example: "1 day", Doc: "With `repeat`: how far apart."},
		{Name: "expect", Free: true, Example: "{points: {stars: 40}}", Doc: "What must be true after it, and after all that follows from it."},
	}}
)

// Parse reads the text of a file of tests. open compiles the ruleset at a path that the text names, relative to the file's own
// directory. The suite is nil when there are errors in either; Diagnostics holds all of them.
func Parse(name string, text []byte, open func(path string) (*rulesets.Program, rulesets.Diagnostics)) (*Suite, rulesets.Diagnostics) {
	s := &reader{Reporter: &document.Reporter{}, suite: &Suite{File: name, Ruleset: name}}
	root := document.Parse(name, text, s.Reporter)
	if root == nil {
		return nil, s.List.Sorted()
	}
	rec := s.Decode(root, suiteSection, nil)
	s.ruleset(rec.Values["ruleset"], open)
	if s.suite.Program != nil {
		s.catalogue()
		s.tests(rec.Values["tests"])
	}
	diagnostics := s.List.Sorted()
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	return s.suite, diagnostics
}

// reader makes a Suite of nodes. Its embedded reporter collects what is wrong.
type reader struct {
	*document.Reporter
	suite *Suite
	rules *engine.Ruleset
	ids   map[string][]string // of all definitions, by section
	test  *Test
	known []string          // members of the test so far
	sent  map[string]string // types of the events that its steps send, by id
	// claims are the ids of those that its steps make.
	claims   []string
	claiming string // the one of the step at hand
	now      calendar.Instant
	begun    bool // a step has said when it is
}

// ruleset compiles the ruleset that the tests are about.
func (s *reader) ruleset(n *document.Node, open func(string) (*rulesets.Program, rulesets.Diagnostics)) {
	switch {
	case n == nil:
	case n.Kind == document.Map:
		s.suite.Program = rulesets.Compile(n, s.Reporter)
	default:
		path := relative(s.suite.File, n.Text)
		program, diagnostics := open(path)
		if program == nil {
			s.Node(n, "correct it first: laurel check "+path, "this ruleset cannot be tested")
			s.List = append(s.List, diagnostics...)
		}
		s.suite.Ruleset, s.suite.Program = path, program
	}
	if s.suite.Program != nil {
		s.rules = s.suite.Program.Ruleset
	}
}

// catalogue gathers the ids that tests can name.
func (s *reader) catalogue() {
	s.ids = map[string][]string{}
	for _, d := range s.suite.Program.Definitions {
		section, id, _ := strings.Cut(d.Path, "/")
		s.ids[section] = append(s.ids[section], id)
	}
}

// named reports whether n names a definition of a section, and says so where it does not.
func (s *reader) named(n *document.Node, section string) bool {
	if slices.Contains(s.ids[section], n.Text) {
		return true
	}
	noun := strings.TrimSuffix(section, "s")
	if section == "points" {
		noun = section
	}
	s.Node(n, expression.DidYouMean(n.Text, s.ids[section]), "the ruleset has no %s %q", noun, n.Text)
	return false
}

// maxTestName is how long the name of a test may be: a sentence in words_with_underscores.
const maxTestName = 100

func (s *reader) tests(n *document.Node) {
	if n == nil {
		return
	}
	if len(n.Pairs) == 0 {
		s.Node(n, "such as tuesday_doubles: {timeline: […]}", "there is no test in this file")
	}
	for _, p := range n.Pairs {
		name := p.Key.Text
		if len(name) > maxTestName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			s.Node(p.Key, "such as tuesday_doubles_once_per_order", "a test is named by a sentence of small letters, digits and _, at most %d long", maxTestName)
			continue
		}
		s.oneTest(p)
	}
}

func (s *reader) oneTest(p document.Pair) {
	rec := s.Decode(p.Value, testSection, p.Key)
	s.test = &Test{Name: rec.ID, Position: engine.Position(p.Key.Position())}
	s.known, s.sent, s.claims, s.begun = nil, map[string]string{}, nil, false
	s.suite.Tests = append(s.suite.Tests, s.test)
	steps := s.records(rec.Values["timeline"])
	s.members(rec.Values["members"], s.opening(steps))
	asserts := rec.Broken
	for _, step := range steps {
		before := len(s.List)
		out := s.step(step)
		s.test.Steps = append(s.test.Steps, out)
		asserts = asserts || out.asserts() || len(s.List) > before
	}
	if !asserts {
		s.Node(p.Key, "say what must be true: expect: {points: {…}}", "this test asserts nothing")
	}
}

func (s *reader) records(n *document.Node) []*document.Record {
	if n == nil {
		return nil
	}
	items := n.Items
	if n.Kind == document.Map {
		items = []*document.Node{n}
	}
	steps := make([]*document.Record, len(items))
	for i, item := range items {
		steps[i] = s.Decode(item, stepSection, nil)
	}
	return steps
}

// opening is the instant of the first step, at which members are there unless they joined before.
func (s *reader) opening(steps []*document.Record) calendar.Instant {
	if len(steps) == 0 || !steps[0].Has("at") {
		return 0
	}
	quiet := s.Quiet
	s.Quiet = true // the step itself will be read, and its errors told, in its turn
	at, _ := s.moment(steps[0].Values["at"])
	s.Quiet = quiet
	return at
}

func (s *reader) members(n *document.Node, opening calendar.Instant) {
	if n == nil {
		return
	}
	for _, p := range n.Pairs {
		id := p.Key.Text
		switch why := event.CheckID(id); {
		case why != "":
			s.Node(p.Key, "", "%s", why)
			continue
		case slices.Contains(expectKeys, id):
			s.Node(p.Key, "give the member another name", "%s is a key of expect, so that a member cannot be named like it", id)
			continue
		case p.Value.Kind != document.Map && !p.Value.Null:
			s.Node(p.Value, "such as {country: DE}, or {}", "a member is a map of fields, but this is %s", p.Value.Kind)
			continue
		}
		m := Member{ID: id, Joined: opening}
		fields := document.NewMap(p.Value)
		for _, f := range p.Value.Pairs {
			if f.Key.Text != "joined" || s.rules.Member.Field("joined") != nil {
				fields.Pairs = append(fields.Pairs, f)
				continue
			}
			if s.Fits(f.Value, &document.Field{Name: "joined", Phrase: document.Moment}) {
				m.Joined, _ = s.moment(f.Value)
			}
			if opening != 0 && m.Joined > opening {
				s.Node(f.Value, "let them join in a step: as: "+id, "%s joins after the first step", id)
			}
		}
		m.Profile = s.profile(fields, p.Key, true)
		s.known = append(s.known, id)
		s.test.Members = append(s.test.Members, m)
	}
}

// moment reads an instant in the program's zone, or with an offset of its own.
func (s *reader) moment(n *document.Node) (calendar.Instant, bool) {
	at, err := parseMoment(s.rules.Calendar.Zone, n.Text)
	if err != nil {
		s.Node(n, "such as "+document.Moment.Example(), "%v", err)
		return 0, false
	}
	return at, true
}

func parseMoment(zone *calendar.Zone, text string) (calendar.Instant, error) {
	g := document.Moment.Match(text)
	date, err := calendar.ParseDate(g.Get(1))
	if err != nil {
		return 0, err
	}
	hours, minutes, seconds := number(g.Get(2)), number(g.Get(3)), number(g.Get(4))
	if offset := g.Get(5); offset != "" {
		return calendar.ParseInstant(fmt.Sprintf("%sT%02d:%02d:%02d%s", date, hours, minutes, seconds, offset))
	}
	return zone.At(date, clock(hours, minutes, seconds)), nil
}
