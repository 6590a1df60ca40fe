package rulesets

import (
	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

var folds = map[string]challenges.Fold{
	"add": challenges.Add, "highest": challenges.Highest, "lowest": challenges.Lowest, "latest": challenges.Latest,
	"distinct": challenges.Distinct, "earned": challenges.Add,
}

// foldNames are the fields that say what a counter folds.
var foldNames = []string{"add", "highest", "lowest", "latest", "distinct", "earned"}

func (b *builder) counters() {
	for _, rec := range b.records["counters"] {
		c := b.names.Counters[rec.ID]
		c.Every, c.Last, c.Public = b.every(rec), b.duration(rec, "last"), rec.Text("public") == "true"
		b.count(rec, c, meaning{who: "a counter", definition: "counters/" + rec.ID, forField: true, during: true})
	}
}

// meaning says what of a record belongs to its count.
type meaning struct {
	who        string // "a challenge", for errors
	definition string
	forField   bool // `for` is part of the count; a challenge asks it itself
	during     bool // so with `during`
}

// count fills in what a counter counts, from the fields of the definition that it is written in.
func (b *builder) count(rec *document.Record, c *engine.Counter, m meaning) {
	fold := "add"
	for _, name := range foldNames {
		if rec.Has(name) {
			fold = name
		}
	}
	c.Fold = folds[fold]
	if n := rec.Values["at_most"]; n != nil {
		c.AtMost.N, c.AtMost.Per = allowance(n.Text)
	}
	if fold == "earned" {
		c.Earned, c.Only = b.earned(rec)
		b.by(rec.Values["by"], c, &c.Earner, reader{who: m.who})
		return
	}
	t := b.when(rec)
	if t.events == nil { // to find what else is wrong
		b.feed(rec, c, fold, reader{any: true, who: m.who}, m)
	}
	quiet := b.Quiet
	for i := range t.events {
		c.Feeds = append(c.Feeds, b.feed(rec, c, fold, reader{events: t.events, who: m.who}.first(i), m))
		b.triggered(m.definition, rec, t.events[i])
		b.Quiet = true // the other events are alike, or it has been said
	}
	b.Quiet = quiet
}

func (b *builder) feed(rec *document.Record, c *engine.Counter, fold string, r reader, m meaning) *engine.Feed {
	condition, who := b.condition(rec.Values["if"], r), compiledCondition{}
	if m.forField {
		who = b.who(rec.Values["for"], r)
	}
	f := &engine.Feed{If: condition.cond, For: who.cond, Clauses: clauses(who, condition), Parts: engine.Parts{For: who.parts, If: condition.parts}}
	if !r.any {
		f.When = r.events[0]
	}
	if m.during {
		f.During = b.during(rec).during
	}
	switch n := rec.Values[fold]; {
	case n == nil:
	case fold == "distinct":
		if e := b.compile(n, r, expression.Keys); e != nil {
			f.Values = e.Collect
		}
	default:
		if e := b.compile(n, r, expression.Amount); e != nil {
			f.Value, f.Computed = e.Amount, e.Constant == nil && !e.IsField()
		}
	}
	b.by(rec.Values["by"], c, f, r)
	if c.By == engine.ByEveryone && fold == "distinct" {
		b.Node(rec.Values["distinct"], "count it by member, or by a field", "distinct cannot be counted by everyone: it keeps each value")
	}
	if n := rec.Values["at_most"]; n != nil && c.By != engine.ByMember && fold != "add" {
		b.Node(n, "drop at_most, or count it by member",
			"at_most goes with sums where a group or everyone counts: the %s of a group is not made of its members'", fold)
	}
	return f
}

// by reads whose count something is.
func (b *builder) by(n *document.Node, c *engine.Counter, f *engine.Feed, r reader) {
	if n == nil {
		return
	}
	c.By, c.ByField, f.By = engine.ByMember, nil, nil
	switch g := document.Subject.Match(n.Text); {
	case g.Has(2):
		c.By = engine.ByEveryone
	case g.Has(3):
		c.By = engine.ByField
		if e := b.compile(n, r.memberOnly(), expression.Key); e != nil {
			c.ByField, f.By = e.Field, e.Pick
		}
	}
}

// earned reads `earned: POINTS` and the definitions of `only`.
func (b *builder) earned(rec *document.Record) (*engine.Points, map[engine.Source]bool) {
	p := named(b, rec.Values["earned"], "points", b.names.Points)
	var only map[engine.Source]bool
	for _, n := range rec.List("only") {
		for _, section := range b.givers(n) {
			if only == nil {
				only = map[engine.Source]bool{}
			}
			only[engine.Source{Section: section, ID: n.Text}] = true
		}
	}
	return p, only
}

// givers are the sections whose definitions give points.
var givers = []engine.Section{engine.RuleSection, engine.ChallengeSection, engine.StreakSection, engine.LeaderboardSection}

// givers are the sections that define n as something that gives points.
func (b *builder) givers(n *document.Node) []engine.Section {
	var found []engine.Section
	for _, section := range givers {
		if b.recordOf(section.String(), n.Text) != nil {
			found = append(found, section)
		}
	}
	if found == nil && !b.Full() {
		var all []string
		for _, section := range givers {
			for _, rec := range b.records[section.String()] {
				all = append(all, rec.ID)
			}
		}
		b.unknown(n, 0, len(n.Text), "definition that gives points named", n.Text, all)
	}
	return found
}

// copyCounter is a counter of the same meaning under another name.
func copyCounter(c *engine.Counter, d engine.Definition, name string) *engine.Counter {
	out := &engine.Counter{Definition: d, Name: name, Fold: c.Fold, Every: c.Every, Last: c.Last, AtMost: c.AtMost, By: c.By, ByField: c.ByField,
		Earned: c.Earned, Only: c.Only, Earner: c.Earner, Of: c}
	for _, f := range c.Feeds {
		feed := &engine.Feed{When: f.When, If: f.If, For: f.For, During: f.During, Clauses: f.Clauses, Parts: f.Parts, Value: f.Value, Computed: f.Computed,
			Values: f.Values, By: f.By, Split: f.Split}
		out.Feeds = append(out.Feeds, feed)
	}
	return out
}

func both(a, b engine.Cond) engine.Cond {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	default:
		return func(f *engine.Facts) bool { return a(f) && b(f) }
	}
}

func isRolling(c *engine.Counter) bool { return c.Last != calendar.Duration{} }
