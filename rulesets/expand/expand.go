package expand

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets"
)

// YAML prints the primitives that a program amounts to: the events it takes, the counters it keeps, the rules that
// give and take, what modifies them, the windows and the holdings. Every default is filled in, audiences are
// written out, and every definition that is short for others is spelt out as them.
func YAML(p *rulesets.Program) string {
	x := &expander{program: p, root: p.Expansion()}
	x.events()
	x.windows()
	x.counters()
	x.rules()
	x.modifiers()
	x.holdings()
	var text bytes.Buffer
	fmt.Fprintf(&text, "# %s, version %s: the primitives that it comes to.\n", p.Ruleset.Program, p.Ruleset.Tag)
	e := yaml.NewEncoder(&text)
	e.SetIndent(2)
	if err := errors.Join(e.Encode(x.out.node()), e.Close()); err != nil {
		panic("expand: an expansion is not YAML: " + err.Error())
	}
	return text.String()
}

// entry is one key of an expansion with its value: text, a list, a map or further entries.
type entry struct {
	key   string
	value any
}

type entries []entry

// add appends a key unless there is nothing to say.
func (e *entries) add(key string, value any) {
	if value != nil && value != "" {
		*e = append(*e, entry{key, value})
	}
}

// take appends fields of a definition that say something, under their own names.
func (e *entries) take(from map[string]any, names ...string) {
	for _, name := range names {
		if v := from[name]; v != nil && v != "none" && v != "always" && v != "false" {
			e.add(name, v)
		}
	}
}

func (e entries) node() *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, x := range e {
		n.Content = append(n.Content, scalar(x.key), valueNode(x.value))
	}
	return n
}

func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	if decimalText(text) {
		n.Tag, n.Style = "", 0 // a number is written without quotes
	}
	return n
}

func decimalText(text string) bool {
	return text != "" && strings.Trim(text, "0123456789.") == "" && text[0] != '.'
}

func valueNode(v any) *yaml.Node {
	switch v := v.(type) {
	case entries:
		return v.node()
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
		for _, k := range sortedKeys(v) {
			n.Content = append(n.Content, scalar(k), valueNode(v[k]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range v {
			n.Content = append(n.Content, valueNode(item))
		}
		return n
	case []string:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range v {
			n.Content = append(n.Content, scalar(item))
		}
		return n
	default:
		return scalar(fmt.Sprint(v))
	}
}

// expander spells a program out.
type expander struct {
	program *rulesets.Program
	root    map[string]any // the canonical expansion
	out     entries
}

// each visits the definitions of a section, sorted by id.
func (x *expander) each(section string, visit func(id string, d map[string]any)) {
	all, _ := x.root[section].(map[string]any)
	for _, id := range sortedKeys(all) {
		d, _ := all[id].(map[string]any)
		visit(id, d)
	}
}

func (x *expander) section(name string, list entries) {
	if len(list) > 0 {
		x.out.add(name, list)
	}
}

func (x *expander) events() {
	var list entries
	x.each("events", func(id string, d map[string]any) { list.add(id, d) })
	x.section("events", list)
}

func (x *expander) windows() {
	var list entries
	x.each("promotions", func(id string, d map[string]any) {
		var w entries
		if d["on_call"] == "true" {
			w.add("opens", "by a call")
		}
		w.take(d, "during", "cron", "open_for")
		w.add("for", x.who(d))
		w.take(d, "limit")
		w.add("then", []string{"promotion_opened {promotion: " + id + "}", "promotion_closed {promotion: " + id + "}"})
		list.add("promotions/"+id, w)
	})
	x.section("windows", list)
}

// who is a `for` with the audience written out.
func (x *expander) who(d map[string]any) any {
	text, _ := d["for"].(string)
	if text == "" {
		return nil
	}
	audiences, _ := x.root["audiences"].(map[string]any)
	if condition, ok := audiences[text]; ok {
		return condition
	}
	return text
}

// counter is what a definition counts.
func (x *expander) counter(d map[string]any) entries {
	var c entries
	c.take(d, "when", "if")
	c.add("for", x.who(d))
	c.take(d, "during", "earned", "only", "add", "highest", "lowest", "latest", "distinct", "at_most", "by", "split", "every", "last")
	counted := []string{"add", "highest", "lowest", "latest", "distinct", "earned"}
	if !slices.ContainsFunc(c, func(e entry) bool { return slices.Contains(counted, e.key) }) {
		c.add("add", "1")
	}
	return c
}

// named is the definition of a counter that another definition names.
func (x *expander) named(id any) map[string]any {
	all, _ := x.root["counters"].(map[string]any)
	c, _ := all[fmt.Sprint(id)].(map[string]any)
	return c
}

// over is a definition with what the counter that it names says, where it says nothing itself.
func (x *expander) over(d map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range x.named(d["counter"]) {
		out[k] = v
	}
	for k, v := range d {
		if _, known := out[k]; !known || k == "by" && v != "member" || k != "by" && k != "during" || v != "always" && k == "during" {
			out[k] = v
		}
	}
	return out
}

func (x *expander) counters() {
	var list entries
	x.each("counters", func(id string, d map[string]any) { list.add("counters/"+id, x.counter(d)) })
	x.each("challenges", func(id string, d map[string]any) {
		steps, _ := d["steps"].(map[string]any)
		for _, step := range sortedKeys(steps) {
			s, _ := steps[step].(map[string]any)
			c := x.counter(s)
			if who := x.who(d); who != nil {
				c.add("for", who)
			}
			c.take(d, "during", "every", "within")
			list.add("challenges/"+id+"/"+step, c)
		}
		if steps == nil {
			c := x.counter(x.over(d))
			c.take(d, "within")
			if d["join"] == "opt_in" {
				c.add("from", "enrolment")
			}
			list.add("challenges/"+id, c)
		}
	})
	x.each("streaks", func(id string, d map[string]any) {
		c := x.counter(d)
		c.take(d, "at_least", "days", "freeze", "repair")
		list.add("streaks/"+id, c)
	})
	x.each("tiers", func(id string, d map[string]any) {
		if d["earned"] != nil || d["counter"] != nil && (d["last"] != nil || d["every"] != nil) {
			list.add("tiers/"+id, x.counter(x.over(d)))
		}
	})
	x.each("leaderboards", func(id string, d map[string]any) {
		if d["by"] != nil || d["split"] != nil || d["for"] != nil {
			list.add("leaderboards/"+id, x.counter(x.over(d)))
		}
	})
	x.section("counters", list)
}

func (x *expander) rules() {
	var list entries
	x.each("rules", func(id string, d map[string]any) {
		var r entries
		r.take(d, "when", "if")
		r.add("for", x.who(d))
		r.take(d, "during", "from", "take", "to", "give", "pending", "limit", "on_reversal")
		if by := x.boosted("rules/" + id); by != nil {
			r.add("boosted by", by)
		}
		list.add("rules/"+id, r)
	})
	x.each("challenges", func(id string, d map[string]any) { x.challenge(&list, id, d) })
	x.each("streaks", func(id string, d map[string]any) { x.streak(&list, id, d) })
	x.each("badges", func(id string, d map[string]any) {
		levels, _ := d["levels"].(map[string]any)
		for _, level := range ascending(levels) {
			var r entries
			r.add("when", fmt.Sprintf("counters/%s reaches %s", d["counter"], rulesets.Shown(levels[level])))
			r.add("give", map[string]any{"badge": map[string]any{id: level}})
			r.add("limit", "1 ever")
			r.take(d, "on_reversal")
			r.add("then", fmt.Sprintf("badge_earned {badge: %s, level: %s}", id, level))
			list.add("badges/"+id+"/"+level, r)
		}
	})
	x.each("tiers", func(id string, d map[string]any) { x.tier(&list, id, d) })
	x.each("leaderboards", func(id string, d map[string]any) { x.prizes(&list, id, d) })
	x.section("rules", list)
}

func (x *expander) challenge(list *entries, id string, d map[string]any) {
	steps, _ := d["steps"].(map[string]any)
	for i, g := range goalsOf(d) {
		var r entries
		at := rulesets.Shown(g["at"])
		switch {
		case steps != nil:
			r.add("when", "all are reached: "+strings.Join(stepsReached(id, steps), ", "))
		case g["again"] == "true" || d["again"] == "true":
			r.add("when", fmt.Sprintf("challenges/%s reaches %s, and every %s more", id, at, at))
		default:
			r.add("when", fmt.Sprintf("challenges/%s reaches %s", id, at))
		}
		r.take(d, "needs")
		r.take(g, "within", "give")
		if d["winners"] != "all" {
			r.take(d, "winners")
		}
		r.take(d, "each_needs")
		r.add("limit", map[bool]string{true: "1 a window", false: "1 ever"}[d["every"] != nil])
		r.take(d, "on_reversal")
		if by := x.boosted("challenges/" + id); by != nil {
			r.add("boosted by", by)
		}
		goal := goalID(g, i)
		r.add("then", fmt.Sprintf("challenge_completed {challenge: %s, goal: %s}", id, goal))
		list.add("challenges/"+id+"/goal "+goal, r)
	}
}

func stepsReached(id string, steps map[string]any) []string {
	var reached []string
	for _, step := range sortedKeys(steps) {
		s, _ := steps[step].(map[string]any)
		text := fmt.Sprintf("challenges/%s/%s %s", id, step, rulesets.Shown(s["goal"]))
		if s["needs"] != nil {
			text += " after " + rulesets.Shown(s["needs"])
		}
		reached = append(reached, text)
	}
	return reached
}

// goalsOf are a definition's goals: the list, or the one that it writes itself.
func goalsOf(d map[string]any) []map[string]any {
	switch goals := d["goals"].(type) {
	case []any:
		out := make([]map[string]any, len(goals))
		for i := range goals {
			out[i], _ = goals[i].(map[string]any)
		}
		return out
	case map[string]any:
		return []map[string]any{goals}
	}
	if d["give"] == nil && d["goal"] == nil {
		return nil
	}
	return []map[string]any{{"at": d["goal"], "give": d["give"]}}
}

func goalID(g map[string]any, i int) string {
	if id, ok := g["id"].(string); ok {
		return id
	}
	return fmt.Sprint(i + 1)
}

func (x *expander) streak(list *entries, id string, d map[string]any) {
	for i, g := range goalsOf(d) {
		var r entries
		r.add("when", fmt.Sprintf("streaks/%s has run for %s", id, plural(rulesets.Shown(g["at"]), fmt.Sprint(d["every"]))))
		r.take(g, "give")
		r.add("limit", "1 a run")
		r.take(d, "on_reversal")
		if by := x.boosted("streaks/" + id); by != nil {
			r.add("boosted by", by)
		}
		r.add("then", fmt.Sprintf("streak_reached {streak: %s, length: %s}", id, rulesets.Shown(g["at"])))
		list.add("streaks/"+id+"/goal "+goalID(g, i), r)
	}
	list.add("streaks/"+id+"/end", entries{{"when", fmt.Sprintf("a %s ends below %s and nothing bridges it", d["every"], d["at_least"])},
		{"then", "streak_broken {streak: " + id + "}"}})
}

func plural(n, noun string) string {
	if n == "1" {
		return n + " " + noun
	}
	return n + " " + noun + "s"
}

func (x *expander) tier(list *entries, id string, d map[string]any) {
	levels, _ := d["levels"].(map[string]any)
	on := "tiers/" + id
	if d["earned"] == nil && d["last"] == nil && d["every"] == nil {
		on = "counters/" + rulesets.Shown(d["counter"])
	}
	for _, level := range ascending(levels) {
		var r entries
		if named, several := d["counters"].(map[string]any); several {
			r.add("when", fmt.Sprintf("%s of %s", rulesets.Shown(levels[level]), rulesets.Shown(named)))
		} else {
			r.add("when", fmt.Sprintf("%s reaches %s", on, rulesets.Shown(levels[level])))
		}
		r.add("give", map[string]any{"tier": map[string]any{id: level}})
		r.take(d, "keep", "grace", "falls")
		r.add("then", []string{fmt.Sprintf("tier_reached {tier: %s, level: %s}", id, level), fmt.Sprintf("tier_lost {tier: %s, level: %s}", id, level)})
		list.add("tiers/"+id+"/"+level, r)
	}
}

// ascending are the names of levels by their thresholds; those without a plain one come last.
func ascending(levels map[string]any) []string {
	at := func(name string) decimal.Decimal {
		d, err := decimal.Parse(fmt.Sprint(levels[name]))
		if err != nil {
			return math.MaxInt64
		}
		return d
	}
	names := sortedKeys(levels)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(at(a), at(b)) })
	return names
}

func (x *expander) prizes(list *entries, id string, d map[string]any) {
	rows, _ := d["prizes"].([]any)
	if row, one := d["prizes"].(map[string]any); one {
		rows = []any{row}
	}
	for i, row := range rows {
		prize, _ := row.(map[string]any)
		var r entries
		r.add("when", fmt.Sprintf("a season of leaderboards/%s closes", id))
		r.take(prize, "ranks", "give")
		r.add("limit", "1 a season")
		r.add("then", "season_closed {leaderboard: "+id+"}")
		list.add(fmt.Sprintf("leaderboards/%s/prize %d", id, i+1), r)
	}
}

// boosted are the boosts that can apply to what a definition gives, sorted.
func (x *expander) boosted(path string) []string {
	var found []string
	look := func(grants []engine.Grant) {
		for _, g := range grants {
			for _, b := range g.Boosts {
				found = append(found, "boosts/"+b.ID)
			}
		}
	}
	rules := x.program.Ruleset
	for _, r := range rules.Rules {
		if r.Path == path {
			look(r.Give)
		}
	}
	for _, s := range rules.Streaks {
		if s.Path == path {
			for _, g := range s.Goals {
				look(g.Give)
			}
		}
	}
	for _, c := range rules.Challenges {
		if c.Path == path {
			for _, g := range c.Goals {
				look(g.Give)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (x *expander) modifiers() {
	var list entries
	x.each("boosts", func(id string, d map[string]any) {
		var m entries
		m.take(d, "of", "times", "plus", "only", "if")
		m.add("for", x.who(d))
		m.take(d, "during", "stacks", "limit")
		list.add("boosts/"+id, m)
	})
	x.section("modifiers", list)
}

func (x *expander) holdings() {
	var list entries
	x.each("points", func(id string, d map[string]any) {
		var h entries
		h.take(d, "decimals", "rounding", "expire", "pending", "negative", "spend", "worth")
		list.add("points/"+id, h)
	})
	x.each("badges", func(id string, d map[string]any) {
		levels, _ := d["levels"].(map[string]any)
		h := entries{{"falls", "never, but by reversal"}}
		if len(levels) > 0 {
			h.add("levels", ascending(levels))
		}
		list.add("badges/"+id, h)
	})
	x.each("rewards", func(id string, d map[string]any) {
		var h entries
		h.take(d, "kind")
		if d["cost"] != nil {
			h.add("on claim", fmt.Sprintf("hold %s for %s", rulesets.Shown(d["cost"]), d["hold"]))
			h.add("on confirmation", "spend what is held")
		}
		h.add("for", x.who(d))
		h.take(d, "during", "limit", "valid", "codes", "stock")
		list.add("rewards/"+id, h)
	})
	x.section("holdings", list)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
