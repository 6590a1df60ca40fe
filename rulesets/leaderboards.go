package rulesets

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/leaderboards"
	"github.com/laurel-engine/laurel/rulesets/document"
	"github.com/laurel-engine/laurel/rulesets/expression"
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
