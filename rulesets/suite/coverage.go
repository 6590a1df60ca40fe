package suite

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets"
)

// coverage is the set of definitions that some test made fire, by section and id.
type coverage map[string]bool

// Coverage tells which definitions of a ruleset no test made fire.
type Coverage struct {
	Ruleset      string    `json:"ruleset"`
	Definitions  int       `json:"definitions"` // how many there are
	NeverFired   []Unfired `json:"never_fired"`
	NotYetActive []Unfired `json:"not_yet_active"` // that cannot fire in this version of the engine
}

// Unfired is a definition that no test made fire.
type Unfired struct {
	Definition string `json:"definition"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Why        string `json:"why,omitempty"` // it cannot
}

// trace counts rules, boosts and counters. Of streaks and challenges a trace tells of counting, too: outcomes tell more.
func (c coverage) trace(t *engine.Trace) {
	for _, s := range t.Steps {
		section, _, _ := strings.Cut(s.Definition, "/")
		if s.Fired && section != "streaks" && section != "challenges" {
			c[s.Definition] = true
		}
	}
}

// outcome counts what gave something, what was given, and windows that were open.
func (c coverage) outcome(rules *engine.Ruleset, rec *engine.Record) {
	for _, e := range rec.Outcome.Effects {
		if !e.Source.None() {
			c[e.Source.String()] = true
		}
		switch e.Kind {
		case engine.PointsEffect:
			c["points/"+e.ID] = true
			c.earned(rules, &e)
		case engine.ChallengeEffect:
			c["challenges/"+e.ID] = c["challenges/"+e.ID] || e.Done
		case engine.StreakEffect:
			k := slices.IndexFunc(rules.Streaks, func(k *engine.Streak) bool { return k.ID == e.ID })
			if k >= 0 && len(rules.Streaks[k].Goals) == 0 { // being lived is all it does
				c["streaks/"+e.ID] = true
			}
		case engine.QueuedEffect:
		default:
			c[e.Kind.String()+"s/"+e.ID] = true
		}
	}
	for _, p := range rules.Promotions {
		if p.Window != nil && p.Window.Contains(rules.Calendar, rec.Event.Time) {
			c["promotions/"+p.ID] = true
		}
	}
}

// earned counts the counters that count the points given.
func (c coverage) earned(rules *engine.Ruleset, e *engine.Effect) {
	for _, k := range rules.Counters {
		if e.Amount > 0 && k.Earned != nil && k.Earned.ID == e.ID && (k.Only == nil || k.Only[e.Source]) {
			c[k.Path] = true
		}
	}
}

// of is the coverage of a suite's ruleset: what did not fire, in the order of sections and ids.
func (c coverage) of(s *Suite) *Coverage {
	out := &Coverage{Ruleset: s.Ruleset, Definitions: len(s.Program.Definitions), NeverFired: []Unfired{}, NotYetActive: []Unfired{}}
	for _, d := range s.Program.Definitions {
		if c[d.Path] {
			continue
		}
		u := Unfired{Definition: d.Path, File: d.Position.File, Line: d.Position.Line}
		i := slices.IndexFunc(s.Program.Inactive, func(i rulesets.Inactive) bool {
			return i.Definition == d.Path || i.Definition == d.Path+".cost" // a reward that points cannot buy yet
		})
		if i < 0 {
			out.NeverFired = append(out.NeverFired, u)
			continue
		}
		u.Why = s.Program.Inactive[i].Why
		out.NotYetActive = append(out.NotYetActive, u)
	}
	return out
}
