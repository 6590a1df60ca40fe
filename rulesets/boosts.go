package rulesets

import (
	"slices"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// maxBoosts bounds how many boosts are asked for one amount.
const maxBoosts = 100

func (b *builder) boosts() {
	b.bySource = map[string][]*boostable{}
	for _, g := range b.grants {
		b.bySource[g.source] = append(b.bySource[g.source], g)
	}
	for _, rec := range b.records["boosts"] {
		if b.Full() {
			return
		}
		b.boost(rec)
	}
}

// boost attaches a boost to the grants that it applies to (language: boosts).
func (b *builder) boost(rec *document.Record) {
	points := named(b, rec.Values["of"], "points", b.names.Points)
	targets := b.targets(rec, points)
	open := b.during(rec)
	compiled := map[*engine.EventType]*engine.Boost{}
	compileFor := func(t *engine.EventType) *engine.Boost {
		if compiled[t] == nil {
			compiled[t] = b.boostFor(rec, points, t, open)
		}
		return compiled[t]
	}
	if len(targets) == 0 {
		compileFor(b.likelyEvent(rec))
	}
	for _, g := range targets {
		boost := compileFor(g.event)
		if points == nil {
			continue
		}
		if g.grant.Boosts = append(g.grant.Boosts, boost); len(g.grant.Boosts) > maxBoosts {
			b.Node(rec.Place(), "name in only what it is meant for", "more than %d boosts apply to %s", maxBoosts, g.source)
			return
		}
	}
}

// targets are the grants that a boost applies to: those of `only`, else the rules' entries whose amount is computed from
// the event and whose events have every field that its `if` reads.
func (b *builder) targets(rec *document.Record, points *engine.Points) []*boostable {
	if rec.Has("only") {
		var out []*boostable
		for _, n := range rec.List("only") {
			for _, section := range b.givers(n) {
				for _, g := range b.bySource[section.String()+"/"+n.Text] {
					if g.grant.Points == points && !g.transfer {
						out = append(out, g)
					}
				}
			}
			b.checkTarget(n, points)
		}
		return out
	}
	reads := boostReads(rec)
	var out []*boostable
	for _, g := range b.grants {
		if g.grant.Points == points && !g.transfer && g.rule && g.computed && haveFields(g.events, reads) {
			out = append(out, g)
		}
	}
	return out
}

// checkTarget says what makes a definition that `only` names no target.
func (b *builder) checkTarget(n *document.Node, points *engine.Points) {
	if points == nil {
		return
	}
	found, transfer := false, false
	for _, section := range givers {
		for _, g := range b.bySource[section.String()+"/"+n.Text] {
			if g.grant.Points == points {
				found, transfer = true, transfer || g.transfer
			}
		}
	}
	idle := slices.ContainsFunc(b.inactive, func(i Inactive) bool {
		_, id, _ := cutSource(i.Definition)
		return id == n.Text
	})
	switch {
	case transfer:
		b.Node(n, "leave it out of only", "%s takes what it gives: a transfer is never boosted", n.Text)
	case !found && !b.List.HasErrors() && !idle:
		b.Node(n, "name a definition that gives "+points.ID, "%s does not give %s", n.Text, points.ID)
	}
}

// boostReads are the event's fields that a boost reads.
func boostReads(rec *document.Record) []string {
	var reads []string
	for _, name := range []string{"if", "times", "plus"} {
		if n := rec.Values[name]; n != nil {
			reads = append(reads, expression.EventFields(n.Text)...)
		}
	}
	return reads
}

func haveFields(events []*engine.EventType, paths []string) bool {
	for _, t := range events {
		for _, p := range paths {
			if !declares(t, p) {
				return false
			}
		}
	}
	return true
}

// declares reports whether an event has a field, or a list whose items an expression may go on to ask about.
func declares(t *engine.EventType, path string) bool {
	return t.Schema.Field(path) != nil
}

// likelyEvent is the declared event that has most of what a boost reads, to say what is wrong with it.
func (b *builder) likelyEvent(rec *document.Record) *engine.EventType {
	reads := boostReads(rec)
	if len(reads) == 0 {
		return nil
	}
	var best *engine.EventType
	most := -1
	for _, name := range b.declaredEvents() {
		has := 0
		for _, p := range reads {
			if declares(b.events[name], p) {
				has++
			}
		}
		if has > most {
			best, most = b.events[name], has
		}
	}
	return best
}

// boostFor compiles a boost for one event type, or for goals, where there is no event.
func (b *builder) boostFor(rec *document.Record, points *engine.Points, t *engine.EventType, open openness) *engine.Boost {
	r := reader{kept: true, who: "a boost"}
	if t != nil {
		r.events = []*engine.EventType{t}
	}
	condition, who := b.condition(rec.Values["if"], r), b.who(rec.Values["for"], r)
	boost := &engine.Boost{
		Definition: b.definition(rec), Points: points, During: open.during, Stacks: rec.Text("stacks") == "true",
		If: condition.cond, For: who.cond, Parts: engine.Parts{For: who.parts, If: condition.parts},
		Times: b.amount(rec.Values["times"], r), Plus: b.amount(rec.Values["plus"], r),
	}
	gives := []*engine.Points{points}
	if points == nil {
		gives = nil
	}
	boost.Limits = slices.Concat(b.limits(rec, "boosts/"+rec.ID, r, gives), open.limits)
	return boost
}

func (b *builder) amount(n *document.Node, r reader) engine.Amount {
	if n == nil {
		return nil
	}
	e := b.compile(n, r, expression.Amount)
	if e == nil {
		return nil
	}
	if e.Constant != nil && e.Constant.Sign() < 0 {
		b.Node(n, "times: 0.5 halves what is given; take in a rule takes points", "a boost cannot be negative")
	}
	return e.Amount
}
