package rulesets

import (
	"regexp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets/document"
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
func (b *builder) grantsOf(n *document.Node, r reader, source string) []engine.Grant {
	if n == nil {
		return nil
	}
	if len(n.Pairs) == 0 && !n.Holes {
		b.Node(n, "such as give: {stars: 10}", "nothing is given")
	}
	var out []engine.Grant
	var computed []bool
	for _, p := range n.Pairs {
		before := len(out)
		switch p.Key.Text {
		case "badge", "tier":
			out = append(out, b.levelGrant(p, source)...)
		case "reward":
			if p.Value.Kind != document.Scalar || p.Value.Null {
				b.Node(p.Value, "write its id", "a reward is given by its id")
			} else if reward := named(b, p.Value, "reward", b.names.Rewards); reward != nil {
				out = append(out, engine.Grant{Reward: reward})
				b.caused(source, engine.RewardGiven, "reward", reward.ID)
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
	b.given(out, source)
	for i := range out {
		if out[i].Points != nil {
			b.grants = append(b.grants, &boostable{grant: &out[i], source: source, computed: computed[i]})
		}
	}
	return out
}

var wordAfterNumber = regexp.MustCompile(`^([0-9.]+) *[a-z_]+$`)

// pointsGrant is POINTS: AMOUNT.
func (b *builder) pointsGrant(p document.Pair, r reader) (g *engine.Grant, fromEvent bool) {
	points := b.names.Points[p.Key.Text]
	if points == nil {
		b.unknown(p.Key, 0, len(p.Key.Text), "points", p.Key.Text, append(ids(b.names.Points), "badge", "reward", "tier"))
	}
	if p.Value.Kind != document.Scalar || strings.TrimSpace(p.Value.Text) == "" {
		b.Node(p.Value, "such as "+p.Key.Text+": 10", "an amount is a number or an expression")
		return nil, false
	}
	if m := wordAfterNumber.FindStringSubmatch(p.Value.Text); m != nil {
		b.Node(p.Value, "write "+p.Key.Text+": "+m[1], "an amount is a number or an expression")
		return nil, false
	}
	e := b.compile(p.Value, r, expression.Amount)
	if e == nil || points == nil {
		return nil, false
	}
	if e.Constant != nil && e.Constant.Sign() < 0 {
		b.Node(p.Value, "take: {"+p.Key.Text+": …} takes points", "a negative amount cannot be given")
		return nil, false
	}
	return &engine.Grant{Points: points, Amount: e.Amount, Text: strings.TrimSpace(p.Value.Text)}, readsEvent(e)
}

// readsEvent reports whether an amount is computed from the event.
func readsEvent(e *expression.Expression) bool {
	return len(e.EventFields) > 0 || strings.Contains(e.Canonical, "event.")
}

// levelForms are how badges and tiers are given.
var levelForms = map[string]string{"badge": "such as badge: regular, or badge: {distance: gold}", "tier": "such as tier: {club: gold}"}

// levelGrant is badge: ID, badge: {ID: LEVEL} or tier: {ID: LEVEL}.
func (b *builder) levelGrant(p document.Pair, source string) []engine.Grant {
	noun := p.Key.Text
	if p.Value.Kind == document.Scalar && noun == "badge" && !p.Value.Null {
		badge := named(b, p.Value, noun, b.names.Badges)
		if badge == nil {
			return nil
		}
		if rec := b.recordOf("badges", badge.ID); rec.Has("levels") {
			b.Node(p.Value, "name one: badge: {"+badge.ID+": "+badge.Levels[0].Name+"}", "badge %s has levels", badge.ID)
			return nil
		}
		b.caused(source, engine.BadgeEarned, "badge", badge.ID)
		return []engine.Grant{{Badge: badge}}
	}
	if p.Value.Kind != document.Map || len(p.Value.Pairs) == 0 {
		b.Node(p.Value, levelForms[noun], "a %s is given %s", noun,
			map[string]string{"badge": "by its id, one with levels as ID: LEVEL", "tier": "as ID: LEVEL"}[noun])
		return nil
	}
	var out []engine.Grant
	for _, entry := range p.Value.Pairs {
		g := engine.Grant{Level: entry.Value.Text}
		var levels []string
		if noun == "badge" {
			if g.Badge = named(b, entry.Key, noun, b.names.Badges); g.Badge == nil {
				continue
			}
			for _, l := range g.Badge.Levels {
				levels = append(levels, l.Name)
			}
			b.caused(source, engine.BadgeEarned, "badge", g.Badge.ID)
		} else {
			if g.Tier = named(b, entry.Key, noun, b.names.Tiers); g.Tier == nil {
				continue
			}
			for _, l := range g.Tier.Ladder.Levels {
				levels = append(levels, l.Name)
			}
			b.caused(source, engine.TierReached, "tier", g.Tier.ID)
		}
		if !slices.Contains(levels, g.Level) {
			b.unknown(entry.Value, 0, len(g.Level), "level", g.Level, levels)
			continue
		}
		if rec := b.recordOf("tiers", entry.Key.Text); g.Tier != nil && g.Level != levels[0] && !rec.Has("keep") && !rec.Has("grace") {
			b.Node(entry.Value, "give the tier keep: 12 months", "a level that is given falls at once: tier %s has no keep", g.Tier.ID)
			continue
		}
		out = append(out, g)
	}
	return out
}

// pointsNamed are the points that a rule gives or takes; nil where that cannot be known.
func (b *builder) pointsNamed(rec *document.Record) []*engine.Points {
	out := []*engine.Points{}
	for _, name := range []string{"give", "take"} {
		n := rec.Values[name]
		if n == nil {
			continue
		}
		for _, p := range n.Pairs {
			if points := b.names.Points[p.Key.Text]; points != nil {
				out = append(out, points)
			} else if !slices.Contains([]string{"badge", "reward", "tier"}, p.Key.Text) {
				return nil
			}
		}
	}
	if rec.Broken {
		return nil
	}
	return out
}
