package plan

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/rulesets"
)

// Plan is what a new version of a program changes, what each change means for members in flight, and what forbids it
// (operations: A new version of a ruleset).
type Plan struct {
	From    string   `json:"from"` // the hashes of the two versions
	To      string   `json:"to"`
	Changes []Change `json:"changes"`
}

// Kinds of a Change.
const (
	Added   = "added"
	Paused  = "paused"
	Resumed = "resumed"
	Changed = "changed"
	Removed = "removed"
)

// Change is one definition, or one field of the program itself, that differs.
type Change struct {
	Definition string        `json:"definition"` // "rules/stars_per_euro", "events/purchase", "timezone"
	Kind       string        `json:"kind"`
	Fields     []FieldChange `json:"fields,omitempty"`  // of what changed
	Means      []string      `json:"means,omitempty"`   // for members in flight
	Blocked    []string      `json:"blocked,omitempty"` // why it must not be activated
}

// FieldChange is one field before and after, as the canonical expansion writes it; nil where it is not there.
type FieldChange struct {
	Name   string `json:"name"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// Blocked reports whether any change forbids the activation.
func (p *Plan) Blocked() bool { return slices.ContainsFunc(p.Changes, Change.IsBlocked) }

// IsBlocked reports whether the change forbids the activation.
func (c Change) IsBlocked() bool { return len(c.Blocked) > 0 }

// Only is the plan with the changes that which picks.
func (p *Plan) Only(which func(Change) bool) *Plan {
	return &Plan{From: p.From, To: p.To, Changes: slices.DeleteFunc(slices.Clone(p.Changes), func(c Change) bool { return !which(c) })}
}

// Compare plans the step from one version of a program to another. Names that were never used may go or change: used are
// those that were, nil where nobody knows, which forbids the same as if all had been.
func Compare(before, after *rulesets.Program, used *engine.InUse) *Plan {
	p := &planner{before: counting(before.Ruleset), after: counting(after.Ruleset), used: used}
	all := &Plan{From: before.Ruleset.Hash, To: after.Ruleset.Hash, Changes: []Change{}}
	for _, f := range rulesets.Root().Fields {
		if f.Cosmetic {
			continue
		}
		old, new := before.Expansion()[f.Name], after.Expansion()[f.Name]
		if f.Entries == nil && !f.Free {
			if !reflect.DeepEqual(old, new) {
				all.Changes = append(all.Changes, p.setting(f.Name, old, new))
			}
			continue
		}
		olds, _ := old.(map[string]any)
		news, _ := new.(map[string]any)
		for _, id := range union(olds, news) {
			if !reflect.DeepEqual(olds[id], news[id]) || p.countsOtherwise(f.Name, id) {
				all.Changes = append(all.Changes, p.definition(f.Name, id, olds[id], news[id]))
			}
		}
	}
	all.Changes = append(all.Changes, pauses(before.Ruleset, after.Ruleset)...)
	return all
}

// pauses are what is paused by the step, and what is resumed.
func pauses(before, after *engine.Ruleset) (list []Change) {
	was := map[string]bool{}
	for _, d := range before.Definitions() {
		was[d.Path] = d.Paused
	}
	for _, d := range after.Definitions() {
		switch paused, known := was[d.Path]; {
		case d.Paused && !paused:
			list = append(list, Change{Definition: d.Path, Kind: Paused, Means: []string{"it gives nothing until it is resumed; what counts goes on counting"}})
		case known && paused && !d.Paused:
			list = append(list, Change{Definition: d.Path, Kind: Resumed, Means: []string{fromNowOn}})
		}
	}
	return list
}

// union are the keys of both, sorted.
func union(a, b map[string]any) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(all)
	return slices.Compact(all)
}

// planner says what changes mean.
type planner struct {
	before, after version
	used          *engine.InUse
}

// unasked ends what is forbidden only because nobody knows whether a name was used.
const unasked = " (unless none were: laurel plan --url asks a running server)"

// inUse reports whether a name was used, and what to add to the reason where that is not known.
func (p *planner) inUse(of func(*engine.InUse) bool) (used bool, unless string) {
	if p.used == nil {
		return true, unasked
	}
	return of(p.used), ""
}

// block forbids a change of a name that was used.
func (p *planner) block(c *Change, of func(*engine.InUse) bool, format string, args ...any) {
	if used, unless := p.inUse(of); used {
		c.Blocked = append(c.Blocked, fmt.Sprintf(format, args...)+unless)
	}
}

// version is a ruleset with those of its definitions that count, by section and id.
type version struct {
	*engine.Ruleset
	counting map[string]*engine.Definition
}

func counting(r *engine.Ruleset) version {
	v := version{r, map[string]*engine.Definition{}}
	for _, d := range r.Counters {
		v.counting["counters/"+d.ID] = &d.Definition
	}
	for _, d := range r.Streaks {
		v.counting["streaks/"+d.ID] = &d.Definition
	}
	for _, d := range r.Challenges {
		v.counting["challenges/"+d.ID] = &d.Definition
	}
	for _, d := range r.Tiers {
		v.counting["tiers/"+d.ID] = &d.Definition
	}
	for _, d := range r.Leaderboards {
		v.counting["leaderboards/"+d.ID] = &d.Definition
	}
	return v
}

// countsOtherwise reports whether a definition counts something else than before, if only by an audience or a counter that
// it names.
func (p *planner) countsOtherwise(section, id string) bool {
	before, after := p.before.counting[section+"/"+id], p.after.counting[section+"/"+id]
	return before != nil && after != nil && before.Meaning != after.Meaning
}

// setting is a changed field of the program itself.
func (p *planner) setting(name string, old, new any) Change {
	c := Change{Definition: name, Kind: Changed, Fields: []FieldChange{{name, old, new}}}
	switch name {
	case "program":
		c.Blocked = append(c.Blocked, "this is another program: serve it beside the old one")
	case "currency":
		if p.before.Digits != p.after.Digits {
			c.Blocked = append(c.Blocked, "amounts of money would be read with another number of digits")
		} else {
			c.Means = append(c.Means, "amounts are taken as they are, nothing is converted")
		}
	case "timezone", "clock", "week_starts":
		c.Means = append(c.Means, "days, weeks and months begin at other instants from the activation on; what was counted stays in the period it was counted in")
	case "names":
		c.Means = append(c.Means, "boards show members so at once, closed ones too")
	case "activity":
		c.Means = append(c.Means, "statistics call members active by these events from the activation on; days that are counted stay as they were")
	case "late":
		c.Means = append(c.Means, "how late an event may arrive changes from the activation on")
	}
	return c
}

// definition is an entry of a section that was added, removed or changed.
func (p *planner) definition(section, id string, old, new any) Change {
	c := Change{Definition: section + "/" + id}
	say := sections[section]
	switch {
	case old == nil:
		c.Kind = Added
		c.Means = append(c.Means, say.added)
	case new == nil:
		c.Kind = Removed
		c.Means = append(c.Means, say.removed)
		if section == "events" {
			p.block(&c, func(u *engine.InUse) bool { return u.Events[id] != nil },
				"events of this type were accepted: keep the type, or what they gave could not be explained any more")
		}
		if section == "member" {
			p.block(&c, func(u *engine.InUse) bool { return u.Member[strings.TrimSuffix(id, "?")] }, "members have this field: keep it")
		}
		if section == "points" {
			p.block(&c, func(u *engine.InUse) bool { return u.Points[id] }, "members were given these points: keep them, and remove what gives them")
		}
	default:
		c.Kind = Changed
		if !reflect.DeepEqual(old, new) {
			c.Fields = fieldChanges(old, new)
		}
		if say.changed != nil {
			say.changed(p, id, &c)
		}
	}
	c.Means = slices.DeleteFunc(c.Means, func(s string) bool { return s == "" })
	return c
}

// fieldChanges are the fields of a definition that differ, sorted by name.
func fieldChanges(old, new any) []FieldChange {
	olds, a := old.(map[string]any)
	news, b := new.(map[string]any)
	if !a || !b {
		return []FieldChange{{"", old, new}}
	}
	var out []FieldChange
	for _, name := range union(olds, news) {
		if !reflect.DeepEqual(olds[name], news[name]) {
			out = append(out, FieldChange{name, olds[name], news[name]})
		}
	}
	return out
}

func (c *Change) has(name string) bool {
	return slices.ContainsFunc(c.Fields, func(f FieldChange) bool { return f.Name == name })
}

// String shows the plan as text: what is added (+), changed (~) and removed (-), what it means, and what forbids it (!).
func (p *Plan) String() string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%s %s\n", map[string]string{Added: "+", Changed: "~", Removed: "-", Paused: "paused", Resumed: "resumed"}[c.Kind], c.Definition)
		for _, f := range c.Fields {
			name := f.Name
			if name != "" && name != c.Definition {
				name += ": "
			} else {
				name = ""
			}
			fmt.Fprintf(&b, "    %s%s -> %s\n", name, rulesets.Shown(f.Before), rulesets.Shown(f.After))
		}
		for _, m := range c.Means {
			fmt.Fprintf(&b, "    %s\n", m)
		}
		for _, m := range c.Blocked {
			fmt.Fprintf(&b, "  ! %s\n", m)
		}
	}
	return b.String()
}
