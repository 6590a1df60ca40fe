package rulesets

import (
	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
)

// levelNames makes the levels of badges and tiers, which expressions and grants name.
func (b *builder) levelNames() {
	for _, rec := range b.records["badges"] {
		if n := rec.Values["levels"]; n != nil {
			badge := b.names.Badges[rec.ID]
			for _, p := range n.Pairs {
				badge.Levels = append(badge.Levels, challenges.Level{Name: p.Key.Text})
			}
		}
	}
	for _, rec := range b.records["tiers"] {
		if n := rec.Values["levels"]; n != nil {
			ladder := &b.names.Tiers[rec.ID].Ladder
			for _, p := range n.Pairs {
				ladder.Levels = append(ladder.Levels, challenges.Rung{Name: p.Key.Text})
			}
		}
	}
}

func (b *builder) badges() {
	for _, rec := range b.records["badges"] {
		badge := b.names.Badges[rec.ID]
		if rec.Has("counter") {
			badge.Counter = named(b, rec.Values["counter"], "counter", b.names.Counters)
			b.inherit("badges/"+rec.ID, rec.Values["counter"])
			b.caused("badges/"+rec.ID, engine.BadgeEarned, "badge", rec.ID)
		}
		if n := rec.Values["levels"]; n != nil {
			badge.Levels = b.levels(n, badge.Counter != nil && badge.Counter.Fold == challenges.Lowest)
		}
		if c := badge.Counter; c != nil && c.By != engine.ByMember {
			b.Node(rec.Values["counter"], "use a counter of the member", "counter %s does not count by member", c.ID)
		}
	}
}
