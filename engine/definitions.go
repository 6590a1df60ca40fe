package engine

import (
	"cmp"
	"slices"
)

// Definitions are the definitions of a ruleset, section by section in the order of the reference. A rule of several events is told
// once; boosts that nothing uses are not told.
func (r *Ruleset) Definitions() (list []*Definition) {
	for _, d := range r.Points {
		list = append(list, &d.Definition)
	}
	for i, d := range r.Rules {
		if i == 0 || r.Rules[i-1].ID != d.ID {
			list = append(list, &d.Definition)
		}
	}
	list = append(list, r.boosts()...)
	for _, d := range r.Counters {
		list = append(list, &d.Definition)
	}
	for _, d := range r.Streaks {
		list = append(list, &d.Definition)
	}
	for _, d := range r.Challenges {
		list = append(list, &d.Definition)
	}
	for _, d := range r.Badges {
		list = append(list, &d.Definition)
	}
	for _, d := range r.Tiers {
		list = append(list, &d.Definition)
	}
	for _, d := range r.Leaderboards {
		list = append(list, &d.Definition)
	}
	for _, d := range r.Promotions {
		list = append(list, &d.Definition)
	}
	for _, d := range r.Rewards {
		list = append(list, &d.Definition)
	}
	return list
}

// boosts are those that something uses, by id.
func (r *Ruleset) boosts() (list []*Definition) {
	known := map[string]bool{}
	r.grants(func(grants []Grant) {
		for i := range grants {
			for _, b := range grants[i].Boosts {
				if !known[b.ID] {
					known[b.ID] = true
					list = append(list, &b.Definition)
				}
			}
		}
	})
	slices.SortFunc(list, func(a, b *Definition) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
