package rulesets

import (
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets/document"
)

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
