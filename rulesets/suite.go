package rulesets

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// Suite is the tests of one ruleset, as a file of tests holds them (language: Tests of a ruleset). Package suite runs it.
type Suite struct {
	File    string // its base name
	Program *Program
	Tests   []*Test // in the order written
}

// Test is one story about a program: who is there, what happens when, and what must be true then.
type Test struct {
	Name     string
	Position engine.Position
	Members  []TestMember // who joined silently before the story begins
	Steps    []*TestStep
}

// TestMember is a member who is there from the start.
type TestMember struct {
	ID      string
	Joined  calendar.Instant
	Profile engine.Profile
}

// The fields of a test file. Steps and tests are read by the same table-driven decoder as definitions.
var (
	suiteSection = &section{name: "test file", doc: "Tests of a ruleset.", fields: []field{
		{name: "ruleset", is: shape{phrase: aText, free: true}, required: true, doc: "path of the ruleset, relative to this file, or the ruleset itself"},
		{name: "tests", is: freeMap, required: true, doc: "name: {members: …, timeline: […]}"},
	}}
	testSection = &section{name: "test", doc: "One story.", fields: []field{
		{name: "members", is: freeMap, doc: "Who is there from the start: {ann: {country: DE}}."},
		{name: "timeline", is: recordsOf(momentSection), required: true, doc: "a list of steps: [{at: 2026-12-01 09:00, event: purchase, expect: {…}}]"},
	}}
	momentSection = &section{name: "step", doc: "One thing that happens, or is looked at.", fields: []field{
		{name: "at", is: of(aMoment), doc: "When, in the program's time zone."},
		{name: "after", is: of(aDuration), doc: "How long after the step before."},
		{name: "as", is: of(aText), doc: "Who; left out while there is one member."},
		{name: "event", is: of(anID), doc: "An event arrives."},
		{name: "with", is: freeMap, doc: "The event's fields."},
		{name: "id", is: of(aText), doc: "The event's or claim's id."},
		{name: "time", is: of(aMoment), doc: "When the event happened, where that is not when it arrived."},
		{name: "enroll", is: of(anID), doc: "Joins a challenge."},
		{name: "set", is: freeMap, doc: "Changes fields of the member."},
		{name: "void", is: of(aText)}, {name: "amend", is: of(aText)}, {name: "claim", is: of(anID)}, {name: "confirm", is: of(aText)},
		{name: "cancel", is: of(aText)}, {name: "return", is: of(aText)}, {name: "freeze", is: of(anID)}, {name: "repair", is: of(anID)},
		{name: "fire", is: of(anID)}, {name: "close", is: of(anID)}, {name: "release", is: of(aText)}, {name: "refuse", is: of(aText)},
		{name: "adjust", is: freeMap}, {name: "amount", is: of(aNumber)}, {name: "reason", is: of(aText)},
		{name: "repeat", is: of(aWhole), doc: "How often."},
		{name: "every", is: of(aDuration), doc: "With repeat: how far apart."},
		{name: "expect", is: freeMap, doc: "What must be true after it."},
	}}
)

// LoadSuite reads a file of tests and compiles its ruleset. The suite is nil when there are errors in either; Diagnostics
// holds all of them.
func LoadSuite(name string) (*Suite, Diagnostics) {
	text, err := readBounded(os.Open(name))
	if err != nil {
		return nil, unreadable(name, err)
	}
	return ParseSuite(filepath.Base(name), text, func(path string) (*Program, Diagnostics) {
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(name), path)
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			return LoadDir(path)
		}
		return LoadFile(path)
	})
}

// ParseSuite reads the text of a file of tests. open compiles the ruleset at a path that the text names.
func ParseSuite(name string, text []byte, open func(path string) (*Program, Diagnostics)) (*Suite, Diagnostics) {
	s := &suiteReader{reporter: &reporter{}, suite: &Suite{File: name}}
	root := parseYAML(newSource(name, text), s.reporter)
	if root == nil {
		return nil, s.list.sorted()
	}
	rec := s.decode(root, suiteSection, nil)
	s.ruleset(rec.values["ruleset"], open)
	if s.suite.Program != nil {
		s.catalogue()
		s.tests(rec.values["tests"])
	}
	diagnostics := s.list.sorted()
	if diagnostics.HasErrors() {
		return nil, diagnostics
	}
	return s.suite, diagnostics
}

// suiteReader makes a Suite of nodes. Its embedded reporter collects what is wrong.
type suiteReader struct {
	*reporter
	suite *Suite
	rules *engine.Ruleset
	ids   map[string][]string // of all definitions, by section
	test  *Test
	known []string // members of the test so far
	now   calendar.Instant
	begun bool // a step has said when it is
}

// ruleset compiles the ruleset that the tests are about.
func (s *suiteReader) ruleset(n *node, open func(string) (*Program, Diagnostics)) {
	switch {
	case n == nil:
	case n.kind == mapNode:
		s.suite.Program = compile(n, s.reporter)
	default:
		program, diagnostics := open(n.text)
		if diagnostics.HasErrors() {
			s.node(n, "correct it first: laurel check "+n.text, "this ruleset cannot be tested")
			s.list = append(s.list, diagnostics...)
		}
		s.suite.Program = program
	}
	if s.suite.Program != nil {
		s.rules = s.suite.Program.Ruleset
	}
}

// catalogue gathers the ids that tests can name.
func (s *suiteReader) catalogue() {
	s.ids = map[string][]string{}
	for _, d := range s.suite.Program.Definitions {
		section, id, _ := strings.Cut(d.Path, "/")
		s.ids[section] = append(s.ids[section], id)
	}
}

// named reports whether n names a definition of a section, and says so where it does not.
func (s *suiteReader) named(n *node, section string) bool {
	if slices.Contains(s.ids[section], n.text) {
		return true
	}
	noun := strings.TrimSuffix(section, "s")
	if section == "points" {
		noun = section
	}
	s.node(n, expression.DidYouMean(n.text, s.ids[section]), "the ruleset has no %s %q", noun, n.text)
	return false
}

// maxTestName is how long the name of a test may be: a sentence in words_with_underscores.
const maxTestName = 100

func (s *suiteReader) tests(n *node) {
	if n == nil {
		return
	}
	if len(n.pairs) == 0 {
		s.node(n, "such as tuesday_doubles: {timeline: […]}", "there is no test in this file")
	}
	for _, p := range n.pairs {
		name := p.key.text
		if len(name) > maxTestName || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			s.node(p.key, "such as tuesday_doubles_once_per_order", "a test is named by a sentence of small letters, digits and _, at most %d long", maxTestName)
			continue
		}
		s.oneTest(p)
	}
}

func (s *suiteReader) oneTest(p pair) {
	rec := s.decode(p.value, testSection, p.key)
	s.test = &Test{Name: rec.id, Position: position(p.key)}
	s.known, s.begun = nil, false
	s.suite.Tests = append(s.suite.Tests, s.test)
	steps := s.records(rec.values["timeline"])
	s.members(rec.values["members"], s.opening(steps))
	asserts := rec.broken
	for _, step := range steps {
		before := len(s.list)
		out := s.step(step)
		s.test.Steps = append(s.test.Steps, out)
		asserts = asserts || out.asserts() || len(s.list) > before
	}
	if !asserts {
		s.node(p.key, "say what must be true: expect: {points: {…}}", "this test asserts nothing")
	}
}

func (s *suiteReader) records(n *node) []*record {
	if n == nil {
		return nil
	}
	items := n.items
	if n.kind == mapNode {
		items = []*node{n}
	}
	steps := make([]*record, len(items))
	for i, item := range items {
		steps[i] = s.decode(item, momentSection, nil)
	}
	return steps
}

// opening is the instant of the first step, at which members are there unless they joined before.
func (s *suiteReader) opening(steps []*record) calendar.Instant {
	if len(steps) == 0 || !steps[0].has("at") {
		return 0
	}
	quiet := s.quiet
	s.quiet = true // the step itself will be read, and its errors told, in its turn
	at, _ := s.moment(steps[0].values["at"])
	s.quiet = quiet
	return at
}

func (s *suiteReader) members(n *node, opening calendar.Instant) {
	if n == nil {
		return
	}
	for _, p := range n.pairs {
		id := p.key.text
		switch why := engine.CheckID(id); {
		case why != "":
			s.node(p.key, "", "%s", why)
			continue
		case slices.Contains(expectKeys, id):
			s.node(p.key, "give the member another name", "%s is a key of expect, so that a member cannot be named like it", id)
			continue
		case p.value.kind != mapNode && !p.value.null:
			s.node(p.value, "such as {country: DE}, or {}", "a member is a map of fields, but this is %s", nodeKindNames[p.value.kind])
			continue
		}
		m := TestMember{ID: id, Joined: opening}
		fields := &node{kind: mapNode, src: p.value.src, start: p.value.start}
		for _, f := range p.value.pairs {
			if f.key.text != "joined" || s.rules.Member.Field("joined") != nil {
				fields.pairs = append(fields.pairs, f)
				continue
			}
			if s.fits(f.value, of(aMoment), &field{name: "joined"}) {
				m.Joined, _ = s.moment(f.value)
			}
			if opening != 0 && m.Joined > opening {
				s.node(f.value, "let them join in a step: as: "+id, "%s joins after the first step", id)
			}
		}
		m.Profile = s.profile(fields, p.key, true)
		s.known = append(s.known, id)
		s.test.Members = append(s.test.Members, m)
	}
}

// moment reads an instant in the program's zone, or with an offset of its own.
func (s *suiteReader) moment(n *node) (calendar.Instant, bool) {
	at, err := parseMoment(s.rules.Calendar.Zone, n.text)
	if err != nil {
		s.node(n, "such as "+phrases[aMoment].example, "%v", err)
		return 0, false
	}
	return at, true
}

func parseMoment(zone *calendar.Zone, text string) (calendar.Instant, error) {
	g := match(aMoment, text)
	if g.index == nil {
		return 0, fmt.Errorf("%q is not a moment", text)
	}
	date, err := calendar.ParseDate(g.get(1))
	if err != nil {
		return 0, err
	}
	hours, minutes, seconds := number(g.get(2)), number(g.get(3)), number(g.get(4))
	if offset := g.get(5); offset != "" {
		return calendar.ParseInstant(fmt.Sprintf("%sT%02d:%02d:%02d%s", date, hours, minutes, seconds, offset))
	}
	return zone.At(date, clock(hours, minutes, seconds)), nil
}
