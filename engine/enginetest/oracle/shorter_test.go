package oracle

import (
	"slices"
	"strings"
)

// shorter leaves out of a disagreeing history what the disagreement does not need: steps, then definitions.
func shorter(h history, invariants bool) history {
	_, text := play(h, invariants, false)
	wasUnfit := strings.Contains(text, unfit)
	disagree := func(h history) bool {
		_, text := play(h, invariants, false)
		return text != "" && (wasUnfit || !strings.Contains(text, unfit))
	}
	for size := len(h.steps) / 2; size > 0; size /= 2 {
		h.steps = without(h.steps, size, 0, func(steps []step) bool {
			return disagree(history{h.mix, h.program, h.begin, h.zones, h.birthdays, steps})
		})
	}
	p := h.program
	try := func(p Program) bool { return disagree(history{h.mix, p, h.begin, h.zones, h.birthdays, h.steps}) }
	p.Rules = without(p.Rules, 1, 1, func(d []Rule) bool { q := p; q.Rules = d; return try(q) })
	p.Timers = without(p.Timers, 1, 0, func(d []Timer) bool { q := p; q.Timers = d; return try(q) })
	p.Boosts = without(p.Boosts, 1, 0, func(d []Boost) bool { q := p; q.Boosts = d; return try(q) })
	p.Counters = without(p.Counters, 1, 0, func(d []Counter) bool { q := p; q.Counters = d; return try(q) })
	p.Streaks = without(p.Streaks, 1, 0, func(d []Streak) bool { q := p; q.Streaks = d; return try(q) })
	p.Challenges = without(p.Challenges, 1, 0, func(d []Challenge) bool { q := p; q.Challenges = d; return try(q) })
	p.Tiers = without(p.Tiers, 1, 0, func(d []Tier) bool { q := p; q.Tiers = d; return try(q) })
	p.Badges = without(p.Badges, 1, 0, func(d []Badge) bool { q := p; q.Badges = d; return try(q) })
	p.Boards = without(p.Boards, 1, 0, func(d []Board) bool { q := p; q.Boards = d; return try(q) })
	p.Rewards = without(p.Rewards, 1, 0, func(d []Reward) bool { q := p; q.Rewards = d; return try(q) })
	p.Counters = without(p.Counters, 1, 0, func(d []Counter) bool { q := p; q.Counters = d; return try(q) })
	h.program = p
	return h
}

// without leaves out stretches of a list as long as enough is left and still holds.
func without[V any](list []V, size, least int, still func([]V) bool) []V {
	for i := len(list) - size; i >= 0; i -= size {
		if i+size > len(list) || len(list)-size < least {
			continue
		}
		if less := slices.Delete(slices.Clone(list), i, i+size); still(less) {
			list = less
		}
	}
	return list
}
