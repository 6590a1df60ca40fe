package rulesets

import (
	"strings"

	"github.com/laurel-engine/laurel/rulesets/document"
)

// constraint is what fields of a section can be written together.
type constraint struct {
	section *document.Section
	kind    constraintKind
	fields  []string // the first is the one to keep or to add
	advice  string
}

type constraintKind uint8

const (
	atMostOne constraintKind = iota
	exactlyOne
	requires    // the first field needs one of the others
	forbids     // the others make no sense beside the first field
	requiresOne // at least one of the fields
)

var constraints = []constraint{
	{ruleSection, requiresOne, []string{"give", "take"}, "give: {stars: 10}"},
	{boostSection, exactlyOne, []string{"times", "plus"}, "times multiplies, plus adds"},
	{counterSection, atMostOne, foldNames, "a counter has one fold; write a counter for each"},
	{counterSection, atMostOne, []string{"every", "last"}, "every is a calendar period, last a rolling one"},
	{counterSection, exactlyOne, []string{"when", "earned"}, "when counts events, earned counts points given"},
	{counterSection, forbids, []string{"earned", "if", "for", "during", "at_most"}, "earned counts what definitions give; only says which"},
	{counterSection, requires, []string{"only", "earned"}, "only says which definitions' points are counted"},
	{promotionSection, exactlyOne, []string{"during", "cron", "on_call"}, "a promotion is opened by dates, by a schedule or by a call"},
	{promotionSection, requires, []string{"cron", "open_for"}, "open_for: 2 hours"},
	{promotionSection, requires, []string{"on_call", "open_for"}, "open_for: 2 hours"},
	{promotionSection, forbids, []string{"during", "open_for"}, "its dates say how long it is open"},
	{windowSection, requires, []string{"cron", "open_for"}, "open_for: 2 hours"},
	{windowSection, requires, []string{"open_for", "cron"}, "cron: 0 15 * * FRI"},
	{windowSection, forbids, []string{"cron", "hours"}, "the schedule says when it opens"},
	{streakSection, atMostOne, []string{"goal", "goals"}, "one goal, or a list of them"},
	{streakSection, forbids, []string{"goals", "give"}, "each goal has its own give"},
	{challengeSection, atMostOne, []string{"goal", "goals"}, "one goal, or a list of them"},
	{challengeSection, forbids, []string{"goals", "give", "again"}, "each goal has its own"},
	{challengeSection, exactlyOne, []string{"when", "earned", "counter", "steps"}, "a challenge counts events or points given, takes a counter, or has steps"},
	{challengeSection, forbids, []string{"earned", "if", "by", "at_most"}, "earned counts what definitions give; only says which"},
	{challengeSection, requires, []string{"only", "earned"}, "only says which definitions' points are counted"},
	{challengeSection, forbids, append([]string{"counter", "if", "every", "by", "at_most"}, foldNames...),
		"the counter says what counts, for whom and in which period"},
	{challengeSection, forbids, append([]string{"steps", "goal", "goals", "again", "if", "by", "at_most"}, foldNames...), "each step has its own"},
	{challengeSection, atMostOne, foldNames, "a challenge has one fold"},
	{challengeSection, requires, []string{"retry", "within"}, "within: 7 days, after which it is tried again"},
	{challengeSection, requires, []string{"each_needs", "by", "counter"}, "by: member.team; each_needs is what a group's member must bring"},
	{stepSection, atMostOne, foldNames, "a step has one fold"},
	{stepSection, exactlyOne, []string{"when", "earned"}, "when counts events, earned counts points given"},
	{stepSection, forbids, []string{"earned", "if", "at_most"}, "earned counts what definitions give; only says which"},
	{stepSection, requires, []string{"only", "earned"}, "only says which definitions' points are counted"},
	{badgeSection, requires, []string{"levels", "counter"}, "counter: what the levels are on"},
	{badgeSection, requires, []string{"counter", "levels"}, "levels: {bronze: 10, silver: 50}"},
	{tierSection, exactlyOne, []string{"earned", "counter", "counters"}, "a tier has levels on points earned, on a counter, or on several"},
	{tierSection, requires, []string{"only", "earned"}, "only says which definitions' points are counted"},
	{tierSection, atMostOne, []string{"last", "every"}, "every is a calendar period, last a rolling one"},
}

// combinations says which fields of a definition exclude or need one another.
func (b *builder) combinations(rec *document.Record) {
	for i := range constraints {
		if c := &constraints[i]; c.section == rec.Section {
			b.constrain(rec, c)
		}
	}
}

func (b *builder) constrain(rec *document.Record, c *constraint) {
	var present []string
	for _, f := range c.fields {
		if rec.Node.Key(f) != nil {
			present = append(present, f)
		}
	}
	first := len(present) > 0 && present[0] == c.fields[0]
	switch c.kind {
	case atMostOne, exactlyOne:
		if len(present) > 1 {
			b.Node(rec.Node.Key(present[1]), c.advice, "drop %s or %s: they exclude each other", present[0], strings.Join(present[1:], " and "))
		}
		if c.kind == exactlyOne && rec.Lacks(c.fields...) {
			b.Node(rec.Place(), c.advice, "%s needs one of %s", rec, strings.Join(c.fields, ", "))
		}
	case requiresOne:
		if rec.Lacks(c.fields...) {
			b.Node(rec.Place(), c.advice, "%s needs %s", rec, strings.Join(c.fields, " or "))
		}
	case requires:
		if first && rec.Lacks(c.fields[1:]...) {
			b.Node(rec.Node.Key(present[0]), c.advice, "%s needs %s", present[0], strings.Join(c.fields[1:], " or "))
		}
	case forbids:
		if first {
			for _, f := range present[1:] {
				b.Node(rec.Node.Key(f), c.advice, "drop %s: it makes no sense beside %s", f, present[0])
			}
		}
	}
}
