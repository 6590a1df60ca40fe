package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

var (
	roundings = map[string]decimal.Rounding{"down": decimal.Down, "nearest": decimal.Nearest, "up": decimal.Up}
	negatives = map[string]engine.NegativePolicy{"debt": engine.NegativeDebt, "floor": engine.NegativeFloor, "refuse": engine.NegativeRefuse}
)

func (b *builder) points() {
	for _, rec := range b.records["points"] {
		p := b.names.Points[rec.ID]
		p.Decimals = b.decimalsOf(p)
		p.Rounding, p.Negative = roundings[rec.Text("rounding")], negatives[rec.Text("negative")]
		p.Oldest = rec.Text("spend") == "oldest"
		p.Worth = b.worth(rec.Values["worth"])
		p.Pending, p.Notices = pending(rec.Values["pending"]), b.notices(rec, weeksAhead)
		for _, n := range rec.List("expire") {
			if e := b.expiry(n); e != nil {
				p.Expire = append(p.Expire, *e)
			}
		}
	}
}

func pending(n *document.Node) engine.Pending {
	if n == nil {
		return engine.Pending{}
	}
	g := document.Pending.Match(n.Text)
	p := engine.Pending{Set: true, UntilConfirmed: g.Has(2)}
	if g.Has(1) {
		p.For, _ = calendar.ParseDuration(g.Get(1))
	}
	return p
}

// expiry reads one phrase of `expire`; nil for never.
func (b *builder) expiry(n *document.Node) *engine.Expiry {
	g := document.Expiry.Match(n.Text)
	e := &engine.Expiry{}
	switch {
	case g.Has(1):
		return nil
	case g.Has(2):
		e.After = b.parseDuration(n, g, 2)
		if g.Has(4) {
			if b.eventNamed(n, g, 4) == nil {
				return nil
			}
			e.Event = g.Get(4)
		}
	default:
		e.EndOf, _ = calendar.ParsePeriod(g.Get(6))
		e.Next = g.Get(5) == "next"
		if g.Has(7) {
			e.After = b.parseDuration(n, g, 7)
		}
	}
	return e
}

// parseDuration reads the duration in a group of a phrase.
func (b *builder) parseDuration(n *document.Node, g document.Groups, i int) calendar.Duration {
	d, err := calendar.ParseDuration(g.Get(i))
	if err != nil {
		from, to := g.At(i)
		b.Span(n, from, to, "", "%v", err)
	}
	return d
}

func (b *builder) ruleDefinitions() {
	for _, rec := range b.records["rules"] {
		b.rule(rec)
	}
}

// rule makes one engine.Rule for each event of `when`.
func (b *builder) rule(rec *document.Record) {
	name := "rules/" + rec.ID
	t := b.when(rec)
	open := b.during(rec)
	if t.events == nil { // to find what else is wrong
		first := len(b.grants)
		b.ruleFor(rec, name, reader{any: true, kept: true}, open)
		b.grants = b.grants[:first]
	}
	quiet := b.Quiet
	for i := range t.events {
		first := len(b.grants)
		rule := b.ruleFor(rec, name, reader{events: t.events, kept: true, who: "a rule"}.first(i), open)
		for _, g := range b.grants[first:] {
			g.rule, g.events, g.event = true, t.events, t.events[i]
			g.transfer = len(rule.Take) > 0
		}
		rule.Timer = b.timerOf(rec.Values["when"])
		b.rules.Rules = append(b.rules.Rules, rule)
		b.triggered(name, rec, t.events[i])
		b.Quiet = true
	}
	b.Quiet = quiet
}

func (b *builder) ruleFor(rec *document.Record, name string, r reader, open openness) *engine.Rule {
	condition, who := b.condition(rec.Values["if"], r), b.who(rec.Values["for"], r)
	rule := &engine.Rule{
		Definition: b.definition(rec), During: open.during,
		If: condition.cond, For: who.cond, Clauses: clauses(who, condition), Parts: engine.Parts{For: who.parts, If: condition.parts},
		Give:    b.grantsOf(rec.Values["give"], r, name),
		From:    b.pickMember(rec.Values["from"], r).pick,
		Pending: pending(rec.Values["pending"]), Leave: rec.Text("on_reversal") == "leave",
	}
	to := b.pickMember(rec.Values["to"], r)
	if rule.To = to.pick; to.ofMember {
		rule.ToField = to.field
	}
	if !r.any {
		rule.When = r.events[0]
	}
	given := len(b.grants)
	rule.Take = b.grantsOf(rec.Values["take"], r, name)
	b.grants = b.grants[:given] // what is taken is never boosted
	for _, g := range rule.Take {
		if g.Points == nil {
			b.Node(rec.Values["take"], "take: {stars: 10}", "only points can be taken")
		}
	}
	rule.Limits = slices.Concat(b.limits(rec, name, r, b.pointsNamed(rec)), open.limits)
	return rule
}

// pickMember compiles `to` or `from`: a field that holds a member's id.
func (b *builder) pickMember(n *document.Node, r reader) (to pickedMember) {
	if n == nil {
		return to
	}
	e := b.compile(n, r, expression.Key)
	if e == nil {
		return to
	}
	if f := e.Field; f != nil && f.Type != event.TypeMember && f.Type != event.TypeText {
		b.Node(n, "declare the field as member", "this is %s, not a member", f.Type)
	}
	return pickedMember{e.Pick, e.Field, strings.HasPrefix(strings.TrimSpace(n.Text), "member.")}
}

// pickedMember is a field that names a member.
type pickedMember struct {
	pick     engine.Pick
	field    *event.Field
	ofMember bool // it is the member's, not the event's
}
