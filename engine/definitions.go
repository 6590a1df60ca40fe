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

// SharingWindow are the rules, boosts, challenges and rewards that hold while a promotion is open, by section and id.
func (r *Ruleset) SharingWindow(p *Promotion) (paths []string) {
	add := func(path string, d *During) {
		if d != nil && !slices.Contains(paths, path) && slices.ContainsFunc(d.Any, func(w Window) bool { return w.Promotion != nil && w.Promotion.ID == p.ID }) {
			paths = append(paths, path)
		}
	}
	for _, d := range r.Rules {
		add(d.Path, d.During)
	}
	r.grants(func(grants []Grant) {
		for i := range grants {
			for _, b := range grants[i].Boosts {
				add("boosts/"+b.ID, b.During)
			}
		}
	})
	for _, d := range r.Challenges {
		add(d.Path, d.During)
	}
	for _, d := range r.Rewards {
		add(d.Path, d.During)
	}
	return paths
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

// Pausable are the sections whose definitions can be paused.
var Pausable = []string{"rules", "boosts", "challenges", "rewards", "promotions"}

// Pause lets definitions give nothing: rules and boosts do not apply, goals of challenges are not reached, rewards cannot be claimed and
// promotions are open for nobody. What counts goes on counting. The definitions are named by section and id, and those that are not
// there are left out. It is called before Link, once.
func (r *Ruleset) Pause(paths []string) {
	paused := func(section string, d *Definition) bool {
		d.Paused = d.Paused || slices.Contains(paths, section+"/"+d.ID)
		return d.Paused
	}
	closed, nobody := &During{}, func(*Facts) bool { return false }
	for _, d := range r.Rules {
		if paused("rules", &d.Definition) {
			d.During = closed
		}
	}
	r.grants(func(grants []Grant) {
		for i := range grants {
			for _, b := range grants[i].Boosts {
				if paused("boosts", &b.Definition) {
					b.During = closed
				}
			}
		}
	})
	for _, d := range r.Challenges {
		if paused("challenges", &d.Definition) {
			d.For = nobody
		}
	}
	for _, d := range r.Rewards {
		if paused("rewards", &d.Definition) {
			d.During = closed
		}
	}
	for _, d := range r.Promotions {
		if paused("promotions", &d.Definition) {
			d.For = nobody
		}
	}
}
