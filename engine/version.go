package engine

import (
	"maps"
	"slices"
	"sync"

	"github.com/laurel-engine/laurel/engine/calendar"
)

// Version is a ruleset in force from an instant on, with the time zone data that it is judged by; nil is the embedded data.
// Number counts a program's versions from 1.
type Version struct {
	Number int
	From   calendar.Instant
	Rules  *Ruleset
	Zones  *calendar.Zones
}

// placing is where a ruleset stands among the versions of a program. It is put there once: a ruleset that several processors
// have in force does not change while one of them reads it.
type placing struct {
	mu sync.Mutex
	at *place
}

type place struct {
	number int
	from   calendar.Instant
	zones  *calendar.Zones
	before *Ruleset // nil for the first
	behind *place   // where before stood then
}

// once calls put unless the ruleset stands there already.
func (v Version) once(before *Ruleset, put func()) {
	at := place{number: v.Number, from: v.From, zones: v.Zones, before: before}
	if before != nil {
		before.placing.mu.Lock()
		at.behind = before.placing.at
		before.placing.mu.Unlock()
	}
	p := &v.Rules.placing
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil || *p.at != at {
		put()
		p.at = &at
	}
}

// first is succeed for the first version of a program.
func (v Version) first() { v.once(nil, v.zoned) }

// succeed links a version to the one before it: counters, timers, boards and goals go on, or start afresh.
func (v Version) succeed(before Version) { v.once(before.Rules, func() { v.follow(before) }) }

// follow lets the counters of a version begin: those that the version before it has too go on, the others count from
// the version's activation (operations: A new version of a ruleset).
func (v Version) follow(before Version) {
	v.succeedZones(before.Rules)
	v.begins(before)
	v.succeedBoards(before.Rules)
	v.succeedGoals(before.Rules)
	starts := map[string]*Counter{}
	for _, c := range before.Rules.counters() {
		starts[c.Name] = c
	}
	for _, c := range v.Rules.counters() {
		if old := starts[c.Name]; old != nil && old.Meaning == c.Meaning {
			c.start = old.start
		} else {
			c.start = v.From
		}
	}
}

// begins lets the timers of a version go on from those of the one before it: only instants after a definition's activation fire.
func (v Version) begins(before Version) {
	starts := map[string]calendar.Instant{}
	for _, t := range before.Rules.timers {
		starts[t.key] = t.start
	}
	for _, t := range v.Rules.timers {
		if start, known := starts[t.key]; known {
			t.start = start
		} else {
			t.start = v.From
		}
	}
}

// EventTypes are the types that events of a journal may have, sorted: those that the versions let apps send, and the commands'.
func EventTypes(versions []Version) []string {
	list := slices.Collect(maps.Keys(commands))
	for _, v := range versions {
		for _, t := range v.Rules.Events {
			if !t.Builtin {
				list = append(list, t.Name)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// counters are all counters: those of section counters and those that other definitions own.
func (r *Ruleset) counters() []*Counter {
	var all []*Counter
	seen := map[*Counter]bool{}
	add := func(c *Counter) {
		if c != nil && !seen[c] {
			seen[c] = true
			all = append(all, c)
		}
	}
	for _, c := range r.Counters {
		add(c)
	}
	for _, s := range r.Streaks {
		add(s.Counter)
	}
	for _, c := range r.Challenges {
		add(c.Counter)
		for _, s := range c.Steps {
			add(s.Counter)
		}
	}
	for _, b := range r.Badges {
		add(b.Counter)
	}
	for _, t := range r.Tiers {
		for _, c := range t.Counters {
			add(c)
		}
	}
	for _, b := range r.Leaderboards {
		add(b.Counter)
	}
	return all
}
