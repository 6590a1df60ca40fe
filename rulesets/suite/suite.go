package suite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
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
		{Name: "ruleset", Phrase: document.Text, Free: true, Required: true, Doc: "path of the ruleset, relative to this file, or the ruleset itself"},
		{Name: "tests", Free: true, Required: true, Doc: "name: {members: …, timeline: […]}"},
	}}
	testSection = &document.Section{Name: "test", Doc: "One story.", Fields: []document.Field{
		{Name: "members", Free: true, Doc: "Who is there from the start: {ann: {country: DE}}."},
		{Name: "timeline", Record: momentSection, Many: true, Required: true, Doc: "a list of steps: [{at: 2026-12-01 09:00, event: purchase, expect: {…}}]"},
	}}
	momentSection = &document.Section{Name: "step", Doc: "One thing that happens, or is looked at.", Fields: []document.Field{
		{Name: "at", Phrase: document.Moment, Doc: "When, in the program's time zone."},
		{Name: "after", Phrase: document.Duration, Doc: "How long after the step before."},
		{Name: "as", Phrase: document.Text, Doc: "Who; left out while there is one member."},
		{Name: "event", Phrase: document.ID, Doc: "An event arrives."},
		{Name: "with", Free: true, Doc: "The event's fields."},
		{Name: "id", Phrase: document.Text, Doc: "The event's or claim's id."},
		{Name: "time", Phrase: document.Moment, Doc: "When the event happened, where that is not when it arrived."},
		{Name: "enroll", Phrase: document.ID, Doc: "Joins a challenge."},
		{Name: "set", Free: true, Doc: "Changes fields of the member."},
		{Name: "void", Phrase: document.Text}, {Name: "amend", Phrase: document.Text}, {Name: "claim", Phrase: document.ID}, {Name: "confirm", Phrase: document.Text},
		{Name: "cancel", Phrase: document.Text}, {Name: "return", Phrase: document.Text}, {Name: "freeze", Phrase: document.ID}, {Name: "repair", Phrase: document.ID},
		{Name: "fire", Phrase: document.ID}, {Name: "close", Phrase: document.ID}, {Name: "release", Phrase: document.Text}, {Name: "refuse", Phrase: document.Text},
		{Name: "adjust", Free: true}, {Name: "amount", Phrase: document.Number}, {Name: "reason", Phrase: document.Text},
		{Name: "repeat", Phrase: document.Whole, Doc: "How often."},
		{Name: "every", Phrase: document.Duration, Doc: "With repeat: how far apart."},
		{Name: "expect", Free: true, Doc: "What must be true after it."},
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
	known []string // members of the test so far
	now   calendar.Instant
	begun bool // a step has said when it is
}

// ruleset compiles the ruleset that the tests are about.
func (s *reader) ruleset(n *document.Node, open func(string) (*rulesets.Program, rulesets.Diagnostics)) {
	switch {
	case n == nil:
	case n.Kind == document.Map:
		s.suite.Program = rulesets.Compile(n, s.Reporter)
	default:
		path := n.Text
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(s.suite.File), path)
		}
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
	s.known, s.begun = nil, false
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
		steps[i] = s.Decode(item, momentSection, nil)
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
		switch why := engine.CheckID(id); {
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
		s.Node(n, "such as "+document.Moment.Example, "%v", err)
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
