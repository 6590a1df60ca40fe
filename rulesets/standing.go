package rulesets

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets/expression"
)

// levelNames makes the levels of badges and tiers, which expressions and grants name.
func (b *builder) levelNames() {
	for _, rec := range b.records["badges"] {
		if n := rec.values["levels"]; n != nil {
			badge := b.names.Badges[rec.id]
			for _, p := range n.pairs {
				badge.Levels = append(badge.Levels, challenges.Level{Name: p.key.text})
			}
		}
	}
	for _, rec := range b.records["tiers"] {
		if n := rec.values["levels"]; n != nil {
			ladder := &b.names.Tiers[rec.id].Ladder
			for _, p := range n.pairs {
				ladder.Levels = append(ladder.Levels, challenges.Rung{Name: p.key.text})
			}
		}
	}
}

func (b *builder) badges() {
	for _, rec := range b.records["badges"] {
		badge := b.names.Badges[rec.id]
		if rec.has("counter") {
			badge.Counter = named(b, rec.values["counter"], "counter", b.names.Counters)
			b.inherit("badges/"+rec.id, rec.values["counter"])
			b.caused("badges/"+rec.id, engine.BadgeEarned, "badge", rec.id)
		}
		if n := rec.values["levels"]; n != nil {
			badge.Levels = b.levels(n, badge.Counter != nil && badge.Counter.Fold == challenges.Lowest)
		}
		if c := badge.Counter; c != nil && c.By != engine.ByMember {
			b.node(rec.values["counter"], "use a counter of the member", "counter %s does not count by member", c.ID)
		}
	}
}

func (b *builder) tiers() {
	for _, rec := range b.records["tiers"] {
		b.tier(rec, b.names.Tiers[rec.id])
	}
}

func (b *builder) tier(rec *record, t *engine.Tier) {
	metrics := b.metrics(rec, t)
	t.Ladder.Levels = nil
	if n := rec.values["levels"]; n != nil {
		t.Ladder.Levels = b.rungs(n, metrics)
	}
	t.Ladder.Grace, t.Ladder.AtOnce = b.duration(rec, "grace"), rec.text("falls") == "to what is met"
	if n := rec.values["keep"]; n != nil {
		g := match(aKeep, n.text)
		if g.has(1) {
			t.Ladder.Keep.For = b.parseDuration(n, g, 1)
		} else {
			t.Ladder.Keep.EndOf, _ = calendar.ParsePeriod(g.get(3))
			t.Ladder.Keep.Next = g.get(2) == "next"
		}
	}
	t.Perks = b.perks(rec, t)
	b.caused("tiers/"+rec.id, engine.TierReached, "tier", rec.id)
	b.caused("tiers/"+rec.id, engine.TierLost, "tier", rec.id)
}

// metrics makes the counters that a tier's levels are on, and returns their names; one nameless for the plain forms.
func (b *builder) metrics(rec *record, t *engine.Tier) []string {
	name := "tiers/" + rec.id
	every, last := b.period(rec, "every"), b.duration(rec, "last")
	switch {
	case rec.has("earned"):
		c := &engine.Counter{Definition: t.Definition, Name: name, Fold: challenges.Add, Every: every, Last: last}
		if c.Earned, c.Only = b.earned(rec); c.Earned != nil {
			t.Counters = []*engine.Counter{c}
		}
		return []string{""}
	case rec.has("counter"):
		b.metric(rec, t, rec.values["counter"], name, every, last)
		return []string{""}
	}
	var names []string
	if n := rec.values["counters"]; n != nil {
		for _, p := range n.pairs {
			if p.value.kind != scalarNode || p.value.null {
				b.node(p.value, "such as {spend: yearly_spend}", "counters is a map of names to counters")
				continue
			}
			names = append(names, p.key.text)
			b.metric(rec, t, p.value, name+"/"+p.key.text, every, last)
		}
	}
	return names
}

// metric adds a named counter, or a copy where the tier has a period of its own.
func (b *builder) metric(rec *record, t *engine.Tier, n *node, name string, every calendar.Period, last calendar.Duration) {
	c := named(b, n, "counter", b.names.Counters)
	b.inherit("tiers/"+rec.id, n)
	switch {
	case c == nil:
		c = &engine.Counter{Name: name}
	case c.By != engine.ByMember:
		b.node(n, "use a counter of the member", "counter %s does not count by member", c.ID)
	case every == calendar.Always && last.IsZero():
	case c.Every != calendar.Always || isRolling(c):
		b.node(n, "drop the tier's own, or use another counter", "counter %s has a period of its own", c.ID)
	default:
		c = copyCounter(c, t.Definition, name)
		c.Every, c.Last = every, last
	}
	t.Counters = append(t.Counters, c)
}

// rungs reads a tier's levels, lowest first.
func (b *builder) rungs(n *node, metrics []string) []challenges.Rung {
	if len(metrics) == 1 && metrics[0] == "" {
		var out []challenges.Rung
		for _, l := range b.levels(n, false) {
			out = append(out, rungAt(l))
		}
		return out
	}
	var out []challenges.Rung
	for i, p := range n.pairs {
		rung := challenges.Rung{Name: p.key.text}
		switch {
		case p.value.kind == scalarNode && p.value.text == "0" && i == 0:
		case p.value.kind == mapNode && len(p.value.pairs) == 1 && p.value.pairs[0].key.text == "all":
			rung.All = b.thresholds(p.value.pairs[0].value, metrics)
		case p.value.kind == mapNode && len(p.value.pairs) == 1 && p.value.pairs[0].key.text == "any":
			rung.Any = b.thresholds(p.value.pairs[0].value, metrics)
		default:
			b.node(p.value, "such as {any: {spend: 500, visits: 20}}; a bare 0 is the lowest level", "with `counters`, a level is {any: {…}} or {all: {…}}")
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

func (b *builder) thresholds(n *node, metrics []string) []challenges.Need {
	var out []challenges.Need
	if n.kind != mapNode || len(n.pairs) == 0 {
		b.node(n, "such as {spend: 500, visits: 20}", "this is a map of counters to thresholds")
	}
	for _, p := range n.pairs {
		i := slices.Index(metrics, p.key.text)
		if i < 0 {
			b.unknown(p.key, 0, len(p.key.text), "name in counters", p.key.text, metrics)
			continue
		}
		if b.fits(p.value, of(aNumber), &field{name: p.key.text}) {
			out = append(out, challenges.Need{Metric: i, At: b.decimal(p.value)})
		}
	}
	return out
}

func (b *builder) perks(rec *record, t *engine.Tier) map[string][]string {
	n := rec.values["perks"]
	if n == nil {
		return nil
	}
	out := map[string][]string{}
	for _, p := range n.pairs {
		if !slices.ContainsFunc(t.Ladder.Levels, func(r challenges.Rung) bool { return r.Name == p.key.text }) {
			var levels []string
			for _, r := range t.Ladder.Levels {
				levels = append(levels, r.Name)
			}
			b.unknown(p.key, 0, len(p.key.text), "level", p.key.text, levels)
			continue
		}
		if p.value.kind != listNode {
			b.node(p.value, "such as [Free syrup]", "perks are a list of texts")
			continue
		}
		for _, item := range p.value.items {
			out[p.key.text] = append(out[p.key.text], item.text)
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

func (b *builder) leaderboard(rec *record) {
	name := "leaderboards/" + rec.id
	l := &engine.Leaderboard{Definition: b.definition(rec), Average: rec.text("score") == "average", AtLeast: 1}
	l.Rules = leaderboards.Rules{Order: orders[rec.text("order")], Ties: ties[rec.text("ties")]}
	if l.Closes = b.rules.Late; rec.has("closes") {
		l.Closes = b.duration(rec, "closes")
	}
	l.AtLeast = atoi(rec.text("at_least"))
	l.For = b.who(rec.values["for"], reader{who: "a leaderboard"})
	if n := rec.values["leagues"]; n != nil {
		b.leagues(b.decode(n, leaguesSection, nil))
		b.idle(name+".leagues", n, "leagues do not run yet")
	}
	if n := rec.values["prizes"]; n != nil {
		b.prizes(rec, name)
		b.idle(name+".prizes", n, "seasons do not close yet")
	}
	n := rec.values["counter"]
	counter := named(b, n, "counter", b.names.Counters)
	if counter == nil {
		return
	}
	if isRolling(counter) {
		b.node(n, "use a counter with `every`", "counter %s is rolling, a leaderboard has seasons", counter.ID)
	}
	l.Counter = counter
	if rec.has("for") || rec.has("by") || rec.has("split") {
		l.Counter = b.boardCounter(rec, l, counter, name)
	}
	if l.Average && l.Counter.By != engine.ByField {
		b.node(rec.values["score"], "such as by: member.team", "an average is of a group's members")
	}
	if l.Counter.By == engine.ByEveryone {
		b.node(n, "use a counter by member or by a field", "counter %s has one count for everyone: there is nothing to rank", counter.ID)
	}
	b.rules.Leaderboards = append(b.rules.Leaderboards, l)
}

// boardCounter is the board's own count of the same events, for its own members, by its own groups and splits.
func (b *builder) boardCounter(rec *record, l *engine.Leaderboard, counter *engine.Counter, name string) *engine.Counter {
	c := copyCounter(counter, l.Definition, name)
	if c.Earned != nil && (rec.has("by") || rec.has("split")) {
		b.node(rec.values["counter"], "count the events themselves: when and add", "a counter of points earned has no by and no split")
	}
	quiet := b.quiet
	split := rec.values["split"]
	l.Split = split != nil
	var events []*engine.EventType
	for _, f := range c.Feeds {
		events = append(events, f.When)
	}
	for i, f := range c.Feeds {
		r := reader{events: events, who: "a leaderboard"}.first(i)
		b.by(rec.values["by"], c, f, r)
		if split != nil {
			if e := b.compile(split, r, expression.Key); e != nil {
				f.Split = e.Pick
			}
		}
		f.For = both(f.For, l.For)
		b.quiet = true
	}
	b.quiet = quiet
	return c
}

func (b *builder) leagues(rec *record) {
	seen := map[string]bool{}
	for _, n := range rec.list("names") {
		if seen[n.text] {
			b.node(n, "", "league %s is named twice", n.text)
		}
		seen[n.text] = true
	}
	size, up, down := atoi(rec.text("size")), atoi(rec.text("up")), atoi(rec.text("down"))
	if up+down > size {
		b.node(rec.node, "", "%d rise and %d fall, but a cohort has %d members", up, down, size)
	}
}

// prizes checks what a board's ranks win. Prizes do not run yet.
func (b *builder) prizes(rec *record, name string) {
	first := len(b.grants)
	for _, n := range rec.list("prizes") {
		p := b.decode(n, prizeSection, nil)
		if ranks := p.values["ranks"]; ranks != nil {
			if g := match(aRank, ranks.text); g.has(2) && atoi(g.get(2)) <= atoi(g.get(1)) {
				b.node(ranks, "such as 2-3", "%s is not a range of ranks", ranks.text)
			}
		}
		b.grantsOf(p.values["give"], reader{who: "a prize"}, name)
	}
	b.grants = b.grants[:first]
}

func (b *builder) rewards() {
	for _, rec := range b.records["rewards"] {
		r := b.names.Rewards[rec.id]
		r.Kind, r.Valid, r.Hold = rec.text("kind"), b.duration(rec, "valid"), b.duration(rec, "hold")
		r.For = b.who(rec.values["for"], reader{kept: true})
		open := b.during(rec)
		if r.During = open.during; open.never != "" {
			r.During = &engine.During{}
			b.idle("rewards/"+rec.id, rec.place(), open.never)
		}
		r.Limits = b.limits(rec, "rewards/"+rec.id, reader{kept: true}, nil)
		r.Details = b.details(rec.values["details"])
		if n := rec.values["cost"]; n != nil {
			b.price(n)
			b.idle("rewards/"+rec.id+".cost", n, "rewards cannot be claimed yet")
		}
		for _, name := range []string{"codes", "stock"} {
			if n := rec.values[name]; n != nil {
				b.idle("rewards/"+rec.id+"."+name, n, name+" of rewards are not kept yet")
			}
		}
	}
}

// price reads POINTS: AMOUNT, or `N or more`.
func (b *builder) price(n *node) []engine.Cost {
	if n == nil {
		return nil
	}
	var out []engine.Cost
	if len(n.pairs) == 0 && !n.null {
		b.node(n, "such as {stars: 150}", "a cost is a map of points to amounts")
	}
	for _, p := range n.pairs {
		points := named(b, p.key, "points", b.names.Points)
		if !b.fits(p.value, of(aCost), &field{name: p.key.text}) || points == nil {
			continue
		}
		g := match(aCost, p.value.text)
		amount, _ := decimal.Parse(g.get(1))
		switch {
		case amount <= 0:
			b.node(p.value, "without cost a reward can only be given", "a cost is more than 0")
		case amount.Fraction() > b.decimalsOf(points):
			b.node(p.value, "", "%s has %d decimals", points.ID, b.decimalsOf(points))
		}
		out = append(out, engine.Cost{Points: points, Amount: amount, OrMore: g.has(2)})
	}
	return out
}

// details are texts, numbers and booleans for apps; numbers are decimals.
func (b *builder) details(n *node) map[string]any {
	if n == nil {
		return nil
	}
	out := map[string]any{}
	for _, p := range n.pairs {
		if p.value.kind != scalarNode || p.value.null {
			b.node(p.value, "such as {percent: 10}", "details are texts, numbers and booleans")
			continue
		}
		out[p.key.text] = detail(p.value)
	}
	return out
}

func detail(n *node) any {
	if n.style != plain {
		return n.text
	}
	if d, err := decimal.Parse(n.text); err == nil {
		return d
	}
	switch n.text {
	case "true":
		return true
	case "false":
		return false
	}
	return strings.TrimSpace(n.text)
}

// atoi reads a whole number whose form has been checked.
func atoi(s string) int {
	n := 0
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}
