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
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// builder makes an engine.Ruleset of records. It first makes every definition that others can name, then compiles what
// they mean, so that order means nothing.
type builder struct {
	*document.Reporter
	root    *document.Record
	rules   *engine.Ruleset
	names   *expression.Names
	written *Written
	zones   *calendar.Zones
	records map[string][]*document.Record // of written
	events  map[string]*engine.EventType

	scopes    map[string]*expression.Scope
	audiences map[string]*audience
	grants    []*boostable
	bySource  map[string][]*boostable // of grants
	causes    map[string][]cause      // for the search of cycles, by definition
	triggers  map[string][]cause
	sources   []string        // of all expressions
	bare      []bareGoal      // goals that give nothing
	used      map[string]bool // challenges that others need
	windows   map[string]*engine.Promotion
	inactive  []Inactive
	givenBy   map[string][]string // who gives badges and rewards
}

func newBuilder(report *document.Reporter, root *document.Node, zones *calendar.Zones) *builder {
	written := newWritten(report.Decode(root, rulesetSection, nil))
	return &builder{
		Reporter: report, root: written.Root, rules: &engine.Ruleset{}, written: written, zones: zones, records: written.Records,
		events: map[string]*engine.EventType{}, scopes: map[string]*expression.Scope{}, audiences: map[string]*audience{},
		causes: map[string][]cause{}, triggers: map[string][]cause{}, windows: map[string]*engine.Promotion{},
		used: map[string]bool{}, givenBy: map[string][]string{},
		names: &expression.Names{
			Points: map[string]*engine.Points{}, Tiers: map[string]*engine.Tier{}, Counters: map[string]*engine.Counter{},
			Streaks: map[string]*engine.Streak{}, Challenges: map[string]*engine.Challenge{}, Badges: map[string]*engine.Badge{},
			Rewards: map[string]*engine.Reward{}, Tables: map[string]map[string]decimal.Decimal{}, Options: map[string][]string{},
			Broken: map[*event.Field]bool{},
		},
	}
}

// maxDefinitions bounds each section (architecture: Bounds).
const maxDefinitions = 20_000

func (b *builder) build() {
	b.header()
	for i := range rulesetSection.Fields {
		f := &rulesetSection.Fields[i]
		if n := b.root.Values[f.Name]; n != nil && len(n.Pairs) > maxDefinitions {
			b.Node(b.root.Node.Key(f.Name), "split the program into several programs", "%s has %d definitions, more than %d", f.Name, len(n.Pairs), maxDefinitions)
			return
		}
		if f.Entries != nil && b.root.Has(f.Name) {
			b.records[f.Name] = b.Entries(b.root.Values[f.Name], f.Entries)
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
	b.versions()
	b.cycles()
	b.idleHoldings()
}

// header reads the ruleset's own fields.
func (b *builder) header() {
	r, rec := b.rules, b.root
	r.Program = rec.Text("program")
	r.Title = cmp.Or(rec.Text("title"), r.Program)
	r.MemberClock = rec.Text("clock") == "member"
	r.Currency = rec.Text("currency")
	r.Digits = b.currencyDigits()
	r.Late, _ = calendar.ParseDuration(rec.Text("late"))
	r.Names = shownNames[rec.Text("names")]
	r.Calendar.WeekStart = weekday(rec.Text("week_starts"))
	zone, err := b.zones.Load(rec.Text("timezone"))
	if err != nil {
		b.Node(rec.Values["timezone"], "", "%v", err)
	}
	r.Calendar.Zone = zone
}

var shownNames = map[string]engine.Names{"alias": engine.NamesAlias, "first": engine.NamesFirst, "id": engine.NamesID}

func weekday(name string) time.Weekday {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(d.String(), name) {
			return d
		}
	}
	return time.Monday
}

// definition is what every definition has.
func (b *builder) definition(rec *document.Record) engine.Definition {
	return engine.Definition{
		ID: rec.ID, Title: cmp.Or(rec.Text("title"), rec.ID), About: rec.Text("about"), Image: rec.Text("image"),
		Hidden: rec.Text("hidden") == "true", Position: engine.Position(rec.Place().Position()),
	}
}

// declare makes the definitions that expressions and other definitions can name.
func (b *builder) declare() {
	for i, rec := range b.records["points"] {
		if slices.Contains([]string{"badge", "reward", "tier"}, rec.ID) || rulesetSection.Field(rec.ID) != nil {
			b.Node(rec.Key, "call them by a name of their own, such as stars", "points cannot be called %s: it has another meaning", rec.ID)
		}
		p := &engine.Points{Definition: b.definition(rec), Index: i}
		b.names.Points[rec.ID], b.rules.Points = p, append(b.rules.Points, p)
	}
	for _, rec := range b.records["counters"] {
		c := &engine.Counter{Definition: b.definition(rec), Name: "counters/" + rec.ID}
		b.names.Counters[rec.ID], b.rules.Counters = c, append(b.rules.Counters, c)
	}
	for _, rec := range b.records["streaks"] {
		s := &engine.Streak{Definition: b.definition(rec)}
		b.names.Streaks[rec.ID], b.rules.Streaks = s, append(b.rules.Streaks, s)
	}
	for _, rec := range b.records["challenges"] {
		c := &engine.Challenge{Definition: b.definition(rec)}
		b.names.Challenges[rec.ID], b.rules.Challenges = c, append(b.rules.Challenges, c)
	}
	for _, rec := range b.records["badges"] {
		badge := &engine.Badge{Definition: b.definition(rec), Leave: rec.Text("on_reversal") == "leave"}
		b.names.Badges[rec.ID], b.rules.Badges = badge, append(b.rules.Badges, badge)
	}
	for i, rec := range b.records["tiers"] {
		t := &engine.Tier{Definition: b.definition(rec), Index: i}
		b.names.Tiers[rec.ID], b.rules.Tiers = t, append(b.rules.Tiers, t)
	}
	for i, rec := range b.records["rewards"] {
		r := &engine.Reward{Definition: b.definition(rec), Index: i}
		b.names.Rewards[rec.ID], b.rules.Rewards = r, append(b.rules.Rewards, r)
	}
	for _, rec := range b.records["promotions"] {
		p := &engine.Promotion{Definition: b.definition(rec)}
		b.windows[rec.ID], b.rules.Promotions = p, append(b.rules.Promotions, p)
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
	o["kind"] = rewardSection.Field("kind").Words
	for _, rec := range b.records["promotions"] {
		o["promotion"] = append(o["promotion"], rec.ID)
	}
	for _, rec := range b.records["leaderboards"] {
		o["leaderboard"] = append(o["leaderboard"], rec.ID)
	}
}

func ids[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// recordOf finds a definition's record, nil without one.
func (b *builder) recordOf(section, id string) *document.Record { return b.written.Record(section, id) }

// named finds what a field names in a section, and says so where there is none.
func named[T any](b *builder, n *document.Node, noun string, all map[string]*T) *T {
	if n == nil {
		return nil
	}
	found := all[n.Text]
	if found == nil && !b.Full() {
		b.unknown(n, 0, len(n.Text), noun, n.Text, ids(all))
	}
	return found
}

// sectionOf is where what a noun names is defined.
var sectionOf = map[string]string{"points": "points", "counter": "counters", "challenge": "challenges", "badge": "badges", "reward": "rewards",
	"tier": "tiers", "promotion": "promotions", "audience": "audiences", "event": "events"}

func (b *builder) unknown(n *document.Node, from, to int, noun, word string, candidates []string) {
	is := "is"
	if noun == "points" {
		is = "are"
	}
	if section := b.root.Values[sectionOf[noun]]; section != nil && section.Holes {
		return // it may be among what could not be read
	}
	if b.Full() {
		return
	}
	advice := expression.DidYouMean(word, candidates)
	if len(candidates) == 0 {
		advice = "none is defined yet"
	}
	b.Span(n, from, to, advice, "there %s no %s %q", is, noun, word)
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
			d.Path = section + "/" + rec.ID
			all = append(all, d)
		}
	}
	return all
}

// decimal reads a number field exactly.
func (b *builder) decimal(n *document.Node) decimal.Decimal {
	d, err := decimal.Parse(n.Text)
	if err != nil {
		b.Node(n, "at most 9223372036854 and six digits after the point", "%s: %v", n.Text, err)
	}
	return d
}

// duration reads a duration field; zero where it is left out.
func (b *builder) duration(rec *document.Record, name string) calendar.Duration {
	text := rec.Text(name)
	if text == "" || text == "none" || text == "forever" {
		return calendar.Duration{}
	}
	d, err := calendar.ParseDuration(text)
	if err != nil {
		b.Node(rec.Values[name], "", "%v", err)
	}
	return d
}

// The notices of definitions that say nothing of them (api: Webhooks).
var (
	weeksAhead = []calendar.Duration{{N: 30, Unit: calendar.Day}, {N: 7, Unit: calendar.Day}}
	hoursAhead = []calendar.Duration{{N: 6, Unit: calendar.Hour}}
)

// maxNotices bounds how often one thing is told ahead.
const maxNotices = 5

// notices are how long ahead something is told, the longest first.
func (b *builder) notices(rec *document.Record, usual []calendar.Duration) []calendar.Duration {
	if !rec.Has("notice") {
		return usual
	}
	items := rec.List("notice")
	if len(items) > maxNotices {
		b.Node(rec.Values["notice"], "keep the most useful ones", "%d notices of one thing are more than %d", len(items), maxNotices)
	}
	var all []calendar.Duration
	for _, n := range items {
		if n.Text == "none" {
			if len(items) > 1 {
				b.Node(n, "leave it out, or the others", "none stands alone")
			}
			return nil
		}
		d, err := calendar.ParseDuration(n.Text)
		switch {
		case err != nil:
			b.Node(n, "", "%v", err)
		case slices.Contains(all, d):
			b.Node(n, "keep one of them", "%s is in the list twice", n.Text)
		default:
			all = append(all, d)
		}
	}
	return all
}

func (b *builder) every(rec *document.Record) calendar.Period {
	p, _ := calendar.ParsePeriod(rec.Text("every"))
	return p
}
