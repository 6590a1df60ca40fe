package rulesets

import (
	"cmp"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

var (
	roundings = map[string]decimal.Rounding{"down": decimal.Down, "nearest": decimal.Nearest, "up": decimal.Up}
	negatives = map[string]engine.NegativePolicy{"debt": engine.NegativeDebt, "floor": engine.NegativeFloor, "refuse": engine.NegativeRefuse}
)

func (b *builder) points() {
	for _, rec := range b.records["points"] {
		p := b.names.Points[rec.id]
		p.Decimals = b.decimalsOf(p)
		p.Rounding, p.Negative = roundings[rec.text("rounding")], negatives[rec.text("negative")]
		p.Oldest = rec.text("spend") == "oldest"
		p.Pending = pending(rec.values["pending"])
		for _, n := range rec.list("expire") {
			if e := b.expiry(n); e != nil {
				p.Expire = append(p.Expire, *e)
			}
		}
	}
}

func pending(n *node) engine.Pending {
	if n == nil {
		return engine.Pending{}
	}
	g := match(aPending, n.text)
	p := engine.Pending{Set: true, UntilConfirmed: g.has(2)}
	if g.has(1) {
		p.For, _ = calendar.ParseDuration(g.get(1))
	}
	return p
}

// expiry reads one phrase of `expire`; nil for never.
func (b *builder) expiry(n *node) *engine.Expiry {
	g := match(anExpiry, n.text)
	e := &engine.Expiry{}
	switch {
	case g.has(1):
		return nil
	case g.has(2):
		e.After = b.parseDuration(n, g, 2)
		if g.has(4) {
			if b.eventNamed(n, g, 4) == nil {
				return nil
			}
			e.Event = g.get(4)
		}
	default:
		e.EndOf, _ = calendar.ParsePeriod(g.get(6))
		e.Next = g.get(5) == "next"
		if g.has(7) {
			e.After = b.parseDuration(n, g, 7)
		}
	}
	return e
}

// parseDuration reads the duration in a group of a phrase.
func (b *builder) parseDuration(n *node, g groups, i int) calendar.Duration {
	d, err := calendar.ParseDuration(g.get(i))
	if err != nil {
		from, to := g.at(i)
		b.span(n, from, to, "", "%v", err)
	}
	return d
}

func (b *builder) ruleDefinitions() {
	for _, rec := range b.records["rules"] {
		b.rule(rec)
	}
}

// rule makes one engine.Rule for each event of `when`.
func (b *builder) rule(rec *record) {
	name := "rules/" + rec.id
	t := b.when(rec)
	open := b.during(rec)
	idle := cmp.Or(t.idle, open.never)
	if idle != "" {
		b.idle(name, rec.place(), idle)
	}
	if t.events == nil { // to find what else is wrong
		first := len(b.grants)
		b.ruleFor(rec, name, reader{any: true, kept: true}, open)
		b.grants = b.grants[:first]
	}
	quiet := b.quiet
	for i := range t.events {
		first := len(b.grants)
		rule := b.ruleFor(rec, name, reader{events: t.events, kept: true, who: "a rule"}.first(i), open)
		for _, g := range b.grants[first:] {
			g.rule, g.events, g.event = true, t.events, t.events[i]
			g.transfer = len(rule.Take) > 0
		}
		if idle == "" {
			b.rules.Rules = append(b.rules.Rules, rule)
			b.triggered(name, rec, t.events[i])
		} else {
			b.grants = b.grants[:first]
		}
		b.quiet = true
	}
	b.quiet = quiet
}

func (b *builder) ruleFor(rec *record, name string, r reader, open openness) *engine.Rule {
	rule := &engine.Rule{
		Definition: b.definition(rec), During: open.during,
		If: b.condition(rec.values["if"], r), For: b.who(rec.values["for"], r),
		Give: b.grantsOf(rec.values["give"], r, name),
		To:   b.pickMember(rec.values["to"], r), From: b.pickMember(rec.values["from"], r),
		Pending: pending(rec.values["pending"]), Leave: rec.text("on_reversal") == "leave",
	}
	if !r.any {
		rule.When = r.events[0]
	}
	given := len(b.grants)
	rule.Take = b.grantsOf(rec.values["take"], r, name)
	b.grants = b.grants[:given] // what is taken is never boosted
	for _, g := range rule.Take {
		if g.Points == nil {
			b.node(rec.values["take"], "take: {stars: 10}", "only points can be taken")
		}
	}
	rule.Limits = b.limits(rec, name, r, b.pointsNamed(rec))
	return rule
}

// pickMember compiles `to` or `from`: a field that holds a member's id.
func (b *builder) pickMember(n *node, r reader) engine.Pick {
	if n == nil {
		return nil
	}
	e := b.compile(n, r, expression.Key)
	if e == nil {
		return nil
	}
	if f := e.Field; f != nil && f.Type != engine.TypeMember && f.Type != engine.TypeText {
		b.node(n, "declare the field as member", "this is %s, not a member", f.Type)
	}
	return e.Pick
}
