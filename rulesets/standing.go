package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
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

func (b *builder) tiers() {
	for _, rec := range b.records["tiers"] {
		b.tier(rec, b.names.Tiers[rec.ID])
	}
}

func (b *builder) tier(rec *document.Record, t *engine.Tier) {
	metrics := b.metrics(rec, t)
	t.Notices = b.notices(rec, weeksAhead)
	t.Ladder.Levels = nil
	if n := rec.Values["levels"]; n != nil {
		t.Ladder.Levels = b.rungs(n, metrics)
	}
	t.Ladder.OneLevel = rec.Text("falls") == "one level"
	if n := rec.Values["keep"]; n != nil {
		g := document.Keep.Match(n.Text)
		if t.Ladder.Keep = b.reaching(n, g, 4); g.Has(2) {
			t.Ladder.Keep.EndOf, _ = calendar.ParsePeriod(g.Get(3))
			t.Ladder.Keep.Next = g.Get(2) == "next"
		}
	}
	if n := rec.Values["grace"]; n != nil {
		t.Ladder.Grace = b.reaching(n, document.Grace.Match(n.Text), 2)
	}
	t.Perks = b.perks(rec, t)
	b.caused("tiers/"+rec.ID, engine.TierReached, "tier", rec.ID)
	b.caused("tiers/"+rec.ID, engine.TierLost, "tier", rec.ID)
}

// reaching reads a duration, or the end of the period in which one ends that counts from the reaching of a level, from the given
// group on.
func (b *builder) reaching(n *document.Node, g document.Groups, from int) (k challenges.Keep) {
	switch {
	case g.Has(1):
		k.For = b.parseDuration(n, g, 1)
	case g.Has(from + 1):
		k.EndOf, _ = calendar.ParsePeriod(g.Get(from + 1))
		k.Next = g.Get(from) == "next"
		k.For = b.parseDuration(n, g, from+2)
	}
	return k
}

// metrics makes the counters that a tier's levels are on, and returns their names; one nameless for the plain forms.
func (b *builder) metrics(rec *document.Record, t *engine.Tier) []string {
	name := "tiers/" + rec.ID
	every, last := b.every(rec), b.duration(rec, "last")
	switch {
	case rec.Has("earned"):
		c := &engine.Counter{Definition: t.Definition, Name: name, Fold: challenges.Add, Every: every, Last: last}
		if c.Earned, c.Only = b.earned(rec); c.Earned != nil {
			t.Counters = []*engine.Counter{c}
		}
		return []string{""}
	case rec.Has("counter"):
		b.metric(rec, t, rec.Values["counter"], name, every, last)
		return []string{""}
	}
	var names []string
	if n := rec.Values["counters"]; n != nil {
		for _, p := range n.Pairs {
			if p.Value.Kind != document.Scalar || p.Value.Null {
				b.Node(p.Value, "such as {spend: yearly_spend}", "counters is a map of names to counters")
				continue
			}
			names = append(names, p.Key.Text)
			b.metric(rec, t, p.Value, name+"/"+p.Key.Text, every, last)
		}
	}
	return names
}

// metric adds a named counter, or a copy where the tier has a period of its own.
func (b *builder) metric(rec *document.Record, t *engine.Tier, n *document.Node, name string, every calendar.Period, last calendar.Duration) {
	c := named(b, n, "counter", b.names.Counters)
	b.inherit("tiers/"+rec.ID, n)
	switch {
	case c == nil:
		c = &engine.Counter{Name: name}
	case c.By != engine.ByMember:
		b.Node(n, "use a counter of the member", "counter %s does not count by member", c.ID)
	case every == calendar.Always && last.IsZero():
	case c.Every != calendar.Always || isRolling(c):
		b.Node(n, "drop the tier's own, or use another counter", "counter %s has a period of its own", c.ID)
	default:
		c = copyCounter(c, t.Definition, name)
		c.Every, c.Last = every, last
	}
	t.Counters = append(t.Counters, c)
}

// rungs reads a tier's levels, lowest first.
func (b *builder) rungs(n *document.Node, metrics []string) []challenges.Rung {
	if len(metrics) == 1 && metrics[0] == "" {
		var out []challenges.Rung
		for _, l := range b.levels(n, false) {
			out = append(out, rungAt(l))
		}
		return out
	}
	var out []challenges.Rung
	for i, p := range n.Pairs {
		rung := challenges.Rung{Name: p.Key.Text}
		switch {
		case p.Value.Kind == document.Scalar && p.Value.Text == "0" && i == 0:
		case p.Value.Kind == document.Map && len(p.Value.Pairs) == 1 && p.Value.Pairs[0].Key.Text == "all":
			rung.All = b.thresholds(p.Value.Pairs[0].Value, metrics)
		case p.Value.Kind == document.Map && len(p.Value.Pairs) == 1 && p.Value.Pairs[0].Key.Text == "any":
			rung.Any = b.thresholds(p.Value.Pairs[0].Value, metrics)
		default:
			b.Node(p.Value, "such as {any: {spend: 500, visits: 20}}; a bare 0 is the lowest level", "with `counters`, a level is {any: {…}} or {all: {…}}")
		}
		out = append(out, rung)
	}
	return out
}

// rungAt is a level on one metric. A level at 0 is held by everybody.
func rungAt(l challenges.Level) challenges.Rung {
	if l.At == 0 {
		return challenges.Rung{Name: l.Name}
	}
	return challenges.Rung{Name: l.Name, All: []challenges.Need{{At: l.At}}}
}

func (b *builder) thresholds(n *document.Node, metrics []string) []challenges.Need {
	var out []challenges.Need
	if n.Kind != document.Map || len(n.Pairs) == 0 {
		b.Node(n, "such as {spend: 500, visits: 20}", "this is a map of counters to thresholds")
	}
	for _, p := range n.Pairs {
		i := slices.Index(metrics, p.Key.Text)
		if i < 0 {
			b.unknown(p.Key, 0, len(p.Key.Text), "name in counters", p.Key.Text, metrics)
			continue
		}
		if b.Fits(p.Value, &document.Field{Name: p.Key.Text, Phrase: document.Number}) {
			out = append(out, challenges.Need{Metric: i, At: b.decimal(p.Value)})
		}
	}
	return out
}

func (b *builder) perks(rec *document.Record, t *engine.Tier) map[string][]string {
	n := rec.Values["perks"]
	if n == nil {
		return nil
	}
	out := map[string][]string{}
	for _, p := range n.Pairs {
		if !slices.ContainsFunc(t.Ladder.Levels, func(r challenges.Rung) bool { return r.Name == p.Key.Text }) {
			var levels []string
			for _, r := range t.Ladder.Levels {
				levels = append(levels, r.Name)
			}
			b.unknown(p.Key, 0, len(p.Key.Text), "level", p.Key.Text, levels)
			continue
		}
		if p.Value.Kind != document.List {
			b.Node(p.Value, "such as [Free syrup]", "perks are a list of texts")
			continue
		}
		for _, item := range p.Value.Items {
			out[p.Key.Text] = append(out[p.Key.Text], item.Text)
		}
	}
	return out
}

var (
	orders = map[string]leaderboards.Order{"highest": leaderboards.HighestFirst, "lowest": leaderboards.LowestFirst}
	ties   = map[string]leaderboards.Ties{"earliest": leaderboards.Earliest, "share": leaderboards.Share, "dense": leaderboards.Dense}
)

func (b *builder) leaderboards() {
	for _, rec := range b.records["leaderboards"] {
		b.leaderboard(rec)
	}
}

func (b *builder) leaderboard(rec *document.Record) {
	name := "leaderboards/" + rec.ID
	l := &engine.Leaderboard{Definition: b.definition(rec), Average: rec.Text("score") == "average", AtLeast: 1}
	l.Rules = leaderboards.Rules{Order: orders[rec.Text("order")], Ties: ties[rec.Text("ties")]}
	if l.Closes = b.rules.Late; rec.Has("closes") {
		l.Closes = b.duration(rec, "closes")
	}
	l.AtLeast = atoi(rec.Text("at_least"))
	who := b.who(rec.Values["for"], reader{who: "a leaderboard"}).cond
	if n := rec.Values["leagues"]; n != nil {
		b.leagues(b.Decode(n, leaguesSection, nil))
		b.idle(name+".leagues", n, "leagues do not run yet")
	}
	if n := rec.Values["prizes"]; n != nil {
		first := len(b.grants)
		if l.Prizes = b.prizes(rec, name); rec.Has("leagues") { // those of a board with leagues are won in each of them
			l.Prizes, b.grants = nil, b.grants[:first]
			b.idle(name+".prizes", n, "leagues do not run yet")
		}
		if counter := b.names.Counters[rec.Text("counter")]; counter != nil && counter.Every == calendar.Always && !isRolling(counter) {
			b.Node(n, "give the counter a period, such as every: week", "counter %s has no period, so that no season of the board ever closes", counter.ID)
		}
	}
	n := rec.Values["counter"]
	counter := named(b, n, "counter", b.names.Counters)
	if counter == nil {
		return
	}
	if isRolling(counter) {
		b.Node(n, "use a counter with `every`", "counter %s is rolling, a leaderboard has seasons", counter.ID)
	}
	l.Counter = counter
	if rec.Has("for") || rec.Has("by") || rec.Has("split") || l.Average {
		l.Counter = b.boardCounter(rec, l, who, counter, name)
	}
	if l.Average && l.Counter.By != engine.ByField {
		b.Node(rec.Values["score"], "such as by: member.team", "an average is of a group's members")
	}
	if l.Counter.By == engine.ByEveryone {
		b.Node(n, "use a counter by member or by a field", "counter %s has one count for everyone: there is nothing to rank", counter.ID)
	}
	b.rules.Leaderboards = append(b.rules.Leaderboards, l)
}

// boardCounter is the board's own count of the same events, for its own members, by its own groups and splits.
func (b *builder) boardCounter(rec *document.Record, l *engine.Leaderboard, who engine.Cond, counter *engine.Counter, name string) *engine.Counter {
	c := copyCounter(counter, l.Definition, name)
	l.Split = rec.Has("split")
	if c.Earned != nil {
		b.boardFeed(rec, c, &c.Earner, who, reader{who: "a leaderboard of points earned"})
		return c
	}
	quiet := b.Quiet
	var events []*engine.EventType
	for _, f := range c.Feeds {
		events = append(events, f.When)
	}
	for i, f := range c.Feeds {
		b.boardFeed(rec, c, f, who, reader{events: events, who: "a leaderboard"}.first(i))
		b.Quiet = true
	}
	b.Quiet = quiet
	return c
}

// boardFeed lets what a board counts be of its own members, by its own groups and splits.
func (b *builder) boardFeed(rec *document.Record, c *engine.Counter, f *engine.Feed, who engine.Cond, r reader) {
	b.by(rec.Values["by"], c, f, r)
	if split := rec.Values["split"]; split != nil {
		if e := b.compile(split, r, expression.Key); e != nil {
			f.Split = e.Pick
		}
	}
	f.For, f.Clauses = both(f.For, who), nil
}

func (b *builder) leagues(rec *document.Record) {
	seen := map[string]bool{}
	for _, n := range rec.List("names") {
		if seen[n.Text] {
			b.Node(n, "give each a name of its own", "league %s is named twice", n.Text)
		}
		seen[n.Text] = true
	}
	size, up, down := atoi(rec.Text("size")), atoi(rec.Text("up")), atoi(rec.Text("down"))
	if up+down > size {
		b.Node(rec.Node, "lower up and down, or raise size", "%d rise and %d fall, but a cohort has %d members", up, down, size)
	}
}

// prizes reads what a board's ranks win. Their amounts are fixed, because places that are tied divide them.
func (b *builder) prizes(rec *document.Record, name string) []engine.Prize {
	var out []engine.Prize
	for _, n := range rec.List("prizes") {
		p := b.Decode(n, prizeSection, nil)
		prize := engine.Prize{}
		if ranks := p.Values["ranks"]; ranks != nil {
			g := document.Rank.Match(ranks.Text)
			if g.Has(2) && atoi(g.Get(2)) <= atoi(g.Get(1)) {
				b.Node(ranks, "such as 2-3", "%s is not a range of ranks", ranks.Text)
			}
			prize.Places = placesOf(g)
		}
		prize.Give = b.grantsOf(p.Values["give"], reader{who: "a prize"}, name)
		b.fixed(p.Values["give"])
		out = append(out, prize)
	}
	return out
}

func placesOf(g document.Groups) leaderboards.Places {
	if g.Has(3) {
		return leaderboards.Places{Percent: int64(atoi(g.Get(3)))}
	}
	places := leaderboards.Places{First: int64(atoi(g.Get(1)))}
	if places.Last = places.First; g.Has(2) {
		places.Last = int64(atoi(g.Get(2)))
	}
	return places
}

// fixed says where an amount of points that has to be a number is computed.
func (b *builder) fixed(give *document.Node) {
	if give == nil {
		return
	}
	for _, p := range give.Pairs {
		if e := b.written.Expressions[p.Value]; e != nil && b.names.Points[p.Key.Text] != nil && e.Constant == nil {
			b.Node(p.Value, "such as "+p.Key.Text+": 100", "what a rank wins is a fixed number of points")
		}
	}
}

func (b *builder) rewards() {
	for _, rec := range b.records["rewards"] {
		r := b.names.Rewards[rec.ID]
		r.Kind, r.Valid, r.Hold = rec.Text("kind"), b.duration(rec, "valid"), b.duration(rec, "hold")
		r.For = b.who(rec.Values["for"], reader{kept: true}).cond
		open := b.during(rec)
		r.During = open.during
		r.Details = b.details(rec.Values["details"])
		r.Cost = b.price(rec.Values["cost"], true)
		var paid []*engine.Points
		for _, c := range r.Cost {
			paid = append(paid, c.Points)
		}
		r.Limits = slices.Concat(b.limits(rec, "rewards/"+rec.ID, reader{kept: true}, paid), open.limits)
		if rec.Has("stock") {
			r.Scarce, r.Stock = true, atoi(rec.Text("stock"))
		}
		switch rec.Text("codes") {
		case "generated":
			r.Codes = engine.GeneratedCodes
		case "pool":
			r.Codes = engine.PoolCodes
		}
	}
}

// price reads POINTS: AMOUNT, or `N or more` for one of the points where the member may choose.
func (b *builder) price(n *document.Node, chosen bool) []engine.Cost {
	if n == nil {
		return nil
	}
	var out []engine.Cost
	if len(n.Pairs) == 0 && !n.Null {
		b.Node(n, "such as {stars: 150}", "a cost is a map of points to amounts")
	}
	for _, p := range n.Pairs {
		points := named(b, p.Key, "points", b.names.Points)
		if !b.Fits(p.Value, &document.Field{Name: p.Key.Text, Phrase: document.Cost}) || points == nil {
			continue
		}
		g := document.Cost.Match(p.Value.Text)
		amount, _ := decimal.Parse(g.Get(1))
		switch {
		case amount < 0, amount == 0 && !chosen: // a reward that costs 0 is there to be claimed; one without cost can only be given
			b.Node(p.Value, "such as 100", "a cost is more than 0")
		case amount.Fraction() > b.decimalsOf(points):
			b.Node(p.Value, "round it, or declare decimals in points", "%s have %d decimals", points.ID, b.decimalsOf(points))
		case g.Has(2) && !chosen:
			b.Node(p.Value, "write the amount alone", "only what a reward costs can be chosen")
		case g.Has(2) && slices.ContainsFunc(out, func(c engine.Cost) bool { return c.OrMore }):
			b.Node(p.Value, "write the amount alone", "only one of the points that a reward costs can be chosen")
		}
		out = append(out, engine.Cost{Points: points, Amount: amount, OrMore: g.Has(2)})
	}
	return out
}

// details are texts, numbers and booleans for apps; numbers are decimals.
func (b *builder) details(n *document.Node) map[string]any {
	if n == nil {
		return nil
	}
	out := map[string]any{}
	for _, p := range n.Pairs {
		if p.Value.Kind != document.Scalar || p.Value.Null {
			b.Node(p.Value, "such as {percent: 10}", "details are texts, numbers and booleans")
			continue
		}
		out[p.Key.Text] = detail(p.Value)
	}
	return out
}

func detail(n *document.Node) any {
	if !n.Plain() {
		return n.Text
	}
	if d, err := decimal.Parse(n.Text); err == nil {
		return d
	}
	switch n.Text {
	case "true":
		return true
	case "false":
		return false
	}
	return strings.TrimSpace(n.Text)
}

// atoi reads a whole number whose form has been checked.
func atoi(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}
