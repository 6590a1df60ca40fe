package rulesets

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// builder makes an engine.Ruleset of records. It first makes every definition that others can name, then compiles what
// they mean, so that order means nothing.
type builder struct {
	*reporter
	root    *record
	rules   *engine.Ruleset
	names   *expression.Names
	records map[string][]*record // by section, sorted by id
	events  map[string]*engine.EventType

	scopes    map[string]*expression.Scope
	audiences map[string]*audience
	grants    []*boostable
	causes    map[string][]cause // for the search of cycles, by definition
	triggers  map[string][]cause
	sources   []string                     // of all expressions
	bare      []bareGoal                   // goals that give nothing
	used      map[string]bool              // challenges that others need
	windows   map[string]*engine.Promotion // all promotions, also those that never open
	never     map[*engine.Promotion]bool
	inactive  []Inactive
}

func newBuilder(report *reporter, root *node) *builder {
	return &builder{
		reporter: report, root: report.decode(root, rulesetSection, nil), rules: &engine.Ruleset{}, records: map[string][]*record{},
		events: map[string]*engine.EventType{}, scopes: map[string]*expression.Scope{}, audiences: map[string]*audience{},
		causes: map[string][]cause{}, triggers: map[string][]cause{}, never: map[*engine.Promotion]bool{}, windows: map[string]*engine.Promotion{},
		used: map[string]bool{},
		names: &expression.Names{
			Points: map[string]*engine.Points{}, Tiers: map[string]*engine.Tier{}, Counters: map[string]*engine.Counter{},
			Streaks: map[string]*engine.Streak{}, Challenges: map[string]*engine.Challenge{}, Badges: map[string]*engine.Badge{},
			Rewards: map[string]*engine.Reward{}, Tables: map[string]map[string]decimal.Decimal{}, Options: map[string][]string{},
			Broken: map[*engine.Field]bool{},
		},
	}
}

func (b *builder) build() {
	b.header()
	for i := range rulesetSection.fields {
		f := &rulesetSection.fields[i]
		if f.is.entries != nil && b.root.has(f.name) {
			b.records[f.name] = b.entries(b.root.values[f.name], f.is.entries)
		}
	}
	for _, records := range b.records {
		for _, rec := range records {
			b.combinations(rec)
		}
	}
	b.schemas()
	b.declare()
	b.audienceConditions()
	b.promotions()
	b.points()
	b.counters()
	b.ruleDefinitions()
	b.streaks()
	b.challenges()
	b.badges()
	b.tiers()
	b.leaderboards()
	b.rewards()
	b.boosts()
	b.cycles()
}

// header reads the ruleset's own fields.
func (b *builder) header() {
	r, rec := b.rules, b.root
	r.Program = rec.text("program")
	r.Title = cmp.Or(rec.text("title"), r.Program)
	r.MemberClock = rec.text("clock") == "member"
	r.Currency = rec.text("currency")
	r.Digits = currencyDigits(r.Currency)
	r.Late, _ = calendar.ParseDuration(rec.text("late"))
	r.Calendar.WeekStart = weekday(rec.text("week_starts"))
	zone, err := calendar.LoadZone(rec.text("timezone"))
	if err != nil {
		b.node(rec.values["timezone"], "", "%v", err)
	}
	r.Calendar.Zone = zone
}

// minorDigits are the currencies that do not have two digits (ISO 4217).
var minorDigits = map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
}

func currencyDigits(code string) int {
	for digits, codes := range minorDigits {
		if code != "" && strings.Contains(codes, code) {
			return digits
		}
	}
	return 2
}

func weekday(name string) time.Weekday {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d
		}
	}
	return time.Monday
}

// definition is what every definition has.
func (b *builder) definition(rec *record) engine.Definition {
	return engine.Definition{
		ID: rec.id, Title: cmp.Or(rec.text("title"), rec.id), About: rec.text("about"), Image: rec.text("image"),
		Hidden: rec.text("hidden") == "true", Position: position(rec.place()),
	}
}

func position(n *node) engine.Position {
	return engine.Position{File: n.src.name, Line: n.start.line, Column: n.start.column}
}

// declare makes the definitions that expressions and other definitions can name.
func (b *builder) declare() {
	for i, rec := range b.records["points"] {
		if slices.Contains([]string{"badge", "reward", "tier"}, rec.id) || rulesetSection.field(rec.id) != nil {
			b.node(rec.key, "call them by a name of their own, such as stars", "%s cannot name points", rec.id)
		}
		p := &engine.Points{Definition: b.definition(rec), Index: i}
		b.names.Points[rec.id], b.rules.Points = p, append(b.rules.Points, p)
	}
	for _, rec := range b.records["counters"] {
		c := &engine.Counter{Definition: b.definition(rec), Name: "counters/" + rec.id}
		b.names.Counters[rec.id], b.rules.Counters = c, append(b.rules.Counters, c)
	}
	for _, rec := range b.records["streaks"] {
		s := &engine.Streak{Definition: b.definition(rec)}
		b.names.Streaks[rec.id], b.rules.Streaks = s, append(b.rules.Streaks, s)
	}
	for _, rec := range b.records["challenges"] {
		c := &engine.Challenge{Definition: b.definition(rec)}
		b.names.Challenges[rec.id], b.rules.Challenges = c, append(b.rules.Challenges, c)
	}
	for _, rec := range b.records["badges"] {
		badge := &engine.Badge{Definition: b.definition(rec), Leave: rec.text("on_reversal") == "leave"}
		b.names.Badges[rec.id], b.rules.Badges = badge, append(b.rules.Badges, badge)
	}
	for i, rec := range b.records["tiers"] {
		t := &engine.Tier{Definition: b.definition(rec), Index: i}
		b.names.Tiers[rec.id], b.rules.Tiers = t, append(b.rules.Tiers, t)
	}
	for i, rec := range b.records["rewards"] {
		r := &engine.Reward{Definition: b.definition(rec), Index: i}
		b.names.Rewards[rec.id], b.rules.Rewards = r, append(b.rules.Rewards, r)
	}
	for _, rec := range b.records["promotions"] {
		p := &engine.Promotion{Definition: b.definition(rec)}
		b.windows[rec.id], b.rules.Promotions = p, append(b.rules.Promotions, p)
	}
	b.levelNames()
	b.tables()
	b.options()
}

// options are the texts that fields of built-in events can hold: the ids of what is defined.
func (b *builder) options() {
	o := b.names.Options
	o["challenge"], o["streak"], o["badge"] = ids(b.names.Challenges), ids(b.names.Streaks), ids(b.names.Badges)
	o["tier"], o["points"], o["reward"] = ids(b.names.Tiers), ids(b.names.Points), ids(b.names.Rewards)
	o["kind"] = rewardSection.field("kind").is.words
	for _, rec := range b.records["promotions"] {
		o["promotion"] = append(o["promotion"], rec.id)
	}
	for _, rec := range b.records["leaderboards"] {
		o["leaderboard"] = append(o["leaderboard"], rec.id)
	}
}

func ids[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// recordOf finds a definition's record, nil without one.
func (b *builder) recordOf(section, id string) *record {
	for _, rec := range b.records[section] {
		if rec.id == id {
			return rec
		}
	}
	return nil
}

// named finds what a field names in a section, and says so where there is none.
func named[T any](b *builder, n *node, noun string, all map[string]*T) *T {
	if n == nil {
		return nil
	}
	found := all[n.text]
	if found == nil {
		b.unknown(n, 0, len(n.text), noun, n.text, ids(all))
	}
	return found
}

func (b *builder) unknown(n *node, from, to int, noun, word string, candidates []string) {
	is := "is"
	if noun == "points" {
		is = "are"
	}
	b.span(n, from, to, expression.DidYouMean(word, candidates), "there %s no %s %q", is, noun, word)
}

// idle leaves a definition, or a part of one, out of the linked ruleset.
func (b *builder) idle(definition string, n *node, why string) {
	if !b.quiet {
		b.inactive = append(b.inactive, Inactive{definition, position(n), why})
	}
}

func (b *builder) sortedInactive() []Inactive {
	slices.SortStableFunc(b.inactive, func(x, y Inactive) int { return cmp.Compare(x.Definition, y.Definition) })
	return slices.Compact(b.inactive)
}

// definitions are all definitions of the sections, sorted by section and id.
func (b *builder) definitions() []engine.Definition {
	var all []engine.Definition
	for _, section := range ids(b.records) {
		for _, rec := range b.records[section] {
			d := b.definition(rec)
			d.Path = section + "/" + rec.id
			all = append(all, d)
		}
	}
	return all
}

// decimal reads a number field exactly.
func (b *builder) decimal(n *node) decimal.Decimal {
	d, err := decimal.Parse(n.text)
	if err != nil {
		b.node(n, "at most 9223372036854 and six digits after the point", "%s: %v", n.text, err)
	}
	return d
}

// duration reads a duration field; zero where it is left out.
func (b *builder) duration(rec *record, name string) calendar.Duration {
	text := rec.text(name)
	if text == "" || text == "none" || text == "forever" {
		return calendar.Duration{}
	}
	d, err := calendar.ParseDuration(text)
	if err != nil {
		b.node(rec.values[name], "", "%v", err)
	}
	return d
}

func (b *builder) period(rec *record, name string) calendar.Period {
	p, _ := calendar.ParsePeriod(rec.text(name))
	return p
}
