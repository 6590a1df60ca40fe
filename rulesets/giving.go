package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// boostable is a grant of points that a boost may apply to, and where it stands.
type boostable struct {
	grant    *engine.Grant
	source   string // "rules/spend"
	rule     bool
	transfer bool
	events   []*engine.EventType // of the rule; empty for goals
	event    *engine.EventType   // of them, the one that this grant is for
	computed bool                // from the event
}

// grants reads `give` or `take`. It registers amounts of points under source for boosts.
func (b *builder) grantsOf(n *node, r reader, source string) []engine.Grant {
	if n == nil {
		return nil
	}
	if len(n.pairs) == 0 && !n.holes {
		b.node(n, "such as give: {stars: 10}", "nothing is given")
	}
	var out []engine.Grant
	var computed []bool
	for _, p := range n.pairs {
		before := len(out)
		switch p.key.text {
		case "badge", "tier":
			out = append(out, b.levelGrant(p, source)...)
		case "reward":
			if p.value.kind != scalarNode || p.value.null {
				b.node(p.value, "write its id", "a reward is given by its id")
			} else if reward := named(b, p.value, "reward", b.names.Rewards); reward != nil {
				out = append(out, engine.Grant{Reward: reward})
			}
		default:
			if g, fromEvent := b.pointsGrant(p, r); g != nil {
				out = append(out, *g)
				computed = append(computed, fromEvent)
				continue
			}
		}
		for range len(out) - before {
			computed = append(computed, false)
		}
	}
	for i := range out {
		if out[i].Points != nil {
			b.grants = append(b.grants, &boostable{grant: &out[i], source: source, computed: computed[i]})
		}
	}
	return out
}

// pointsGrant is POINTS: AMOUNT.
func (b *builder) pointsGrant(p pair, r reader) (g *engine.Grant, fromEvent bool) {
	points := b.names.Points[p.key.text]
	if points == nil {
		b.unknown(p.key, 0, len(p.key.text), "points", p.key.text, append(ids(b.names.Points), "badge", "reward", "tier"))
	}
	if p.value.kind != scalarNode || strings.TrimSpace(p.value.text) == "" {
		b.node(p.value, "such as "+p.key.text+": 10", "an amount is a number or an expression")
		return nil, false
	}
	e := b.compile(p.value, r, expression.Amount)
	if e == nil || points == nil {
		return nil, false
	}
	if e.Constant != nil && e.Constant.Sign() < 0 {
		b.node(p.value, "take: {"+p.key.text+": …} takes points", "a negative amount cannot be given")
		return nil, false
	}
	return &engine.Grant{Points: points, Amount: e.Amount}, readsEvent(e)
}

// readsEvent reports whether an amount is computed from the event.
func readsEvent(e *expression.Expression) bool {
	return len(e.EventFields) > 0 || strings.Contains(e.Canonical, "event.")
}

// levelGrant is badge: ID, badge: {ID: LEVEL} or tier: {ID: LEVEL}.
func (b *builder) levelGrant(p pair, source string) []engine.Grant {
	noun := p.key.text
	if p.value.kind == scalarNode && noun == "badge" && !p.value.null {
		badge := named(b, p.value, noun, b.names.Badges)
		if badge == nil {
			return nil
		}
		if rec := b.recordOf("badges", badge.ID); rec.has("levels") {
			b.node(p.value, "name one: badge: {"+badge.ID+": "+badge.Levels[0].Name+"}", "badge %s has levels", badge.ID)
			return nil
		}
		b.caused(source, engine.BadgeEarned, "badge", badge.ID)
		return []engine.Grant{{Badge: badge}}
	}
	if p.value.kind != mapNode || len(p.value.pairs) == 0 {
		b.node(p.value, "such as "+noun+": {club: gold}", "a %s is given as ID: LEVEL", noun)
		return nil
	}
	var out []engine.Grant
	for _, entry := range p.value.pairs {
		g := engine.Grant{Level: entry.value.text}
		var levels []string
		if noun == "badge" {
			if g.Badge = named(b, entry.key, noun, b.names.Badges); g.Badge == nil {
				continue
			}
			for _, l := range g.Badge.Levels {
				levels = append(levels, l.Name)
			}
			b.caused(source, engine.BadgeEarned, "badge", g.Badge.ID)
		} else {
			if g.Tier = named(b, entry.key, noun, b.names.Tiers); g.Tier == nil {
				continue
			}
			for _, l := range g.Tier.Ladder.Levels {
				levels = append(levels, l.Name)
			}
			b.caused(source, engine.TierReached, "tier", g.Tier.ID)
		}
		if !slices.Contains(levels, g.Level) {
			b.unknown(entry.value, 0, len(g.Level), "level", g.Level, levels)
			continue
		}
		out = append(out, g)
	}
	return out
}

// pointsNamed are the points that a rule gives or takes; nil where that cannot be known.
func (b *builder) pointsNamed(rec *record) []*engine.Points {
	out := []*engine.Points{}
	for _, name := range []string{"give", "take"} {
		n := rec.values[name]
		if n == nil {
			continue
		}
		for _, p := range n.pairs {
			if points := b.names.Points[p.key.text]; points != nil {
				out = append(out, points)
			} else if !slices.Contains([]string{"badge", "reward", "tier"}, p.key.text) {
				return nil
			}
		}
	}
	if rec.broken {
		return nil
	}
	return out
}
