package rulesets

import (
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
)

func (b *builder) streaks() {
	for _, rec := range b.records["streaks"] {
		b.streak(rec, b.names.Streaks[rec.id])
	}
}

func (b *builder) streak(rec *record, s *engine.Streak) {
	name := "streaks/" + rec.id
	s.OptIn, s.Leave = rec.text("join") == "opt_in", rec.text("on_reversal") == "leave"
	s.Run.Every = b.period(rec, "every")
	s.Run.AtLeast = decimal.One
	if n := rec.values["at_least"]; n != nil {
		s.Run.AtLeast = b.decimal(n)
	}
	s.Counter = &engine.Counter{Definition: s.Definition, Name: name, Every: s.Run.Every}
	b.count(rec, s.Counter, meaning{who: "a streak", definition: name, forField: true})
	for _, n := range rec.list("days") {
		g := match(aDay, n.text)
		if g.has(1) {
			b.node(n, "such as days: [monday, tuesday]", "a streak's days are weekdays")
			continue
		}
		s.Run.Days[weekday(g.get(2))] = true
	}
	if rec.has("days") && s.Run.Every != calendar.Day && rec.has("every") {
		b.node(rec.values["days"], "drop days, or write every: day", "days go with every: day only")
	}
	b.freeze(rec, s)
	b.repair(rec)
	s.Goals = b.goals(rec, name, reader{who: "a streak"})
	for _, g := range s.Goals {
		if !g.At.IsInt() {
			b.node(rec.place(), "", "a streak's goals are whole numbers of periods")
		}
	}
	b.caused(name, engine.StreakReached, "streak", rec.id)
	b.caused(name, engine.StreakBroken, "streak", rec.id)
}

// freeze reads what bridges a missed period. Freezes that are bought need claims, which do not run yet.
func (b *builder) freeze(rec *record, s *engine.Streak) {
	n := rec.values["freeze"]
	if n == nil {
		return
	}
	free := n
	if n.kind == mapNode {
		inner := b.decode(n, freezeSection, nil)
		free = inner.values["free"]
		b.price(inner.values["cost"])
		if inner.has("hold") != inner.has("cost") {
			b.node(n, "hold: how many can be held, cost: what one costs", "hold and cost belong together")
		} else if inner.has("hold") {
			b.idle("streaks/"+rec.id+".freeze", n, "freezes cannot be bought yet")
		}
	}
	if free != nil {
		s.Run.Free, s.Run.FreePer = allowance(free.text)
		if s.Run.FreePer < calendar.Week {
			b.node(free, "such as 1 per month", "freezes are allowed per week, month, quarter or year")
		}
	}
}

func (b *builder) repair(rec *record) {
	n := rec.values["repair"]
	if n == nil {
		return
	}
	inner := b.decode(n, repairSection, nil)
	b.duration(inner, "within")
	b.price(inner.values["cost"])
	b.idle("streaks/"+rec.id+".repair", n, "streaks cannot be repaired yet")
}

// goals reads goal and give, or goals, sorted by threshold. A goal without an id is known by its rank.
func (b *builder) goals(rec *record, name string, r reader) []*engine.Goal {
	if n := rec.values["goal"]; n != nil {
		b.goalGives(rec, rec.values["give"] != nil, n)
		return []*engine.Goal{{ID: "1", At: b.positive(n), Give: b.grantsOf(rec.values["give"], r, name), Again: rec.text("again") == "true"}}
	}
	if rec.has("give") && !rec.has("goals") && !rec.has("steps") && !rec.broken {
		b.node(keyOf(rec.node, "give"), "goal: how much is needed", "%s gives but has no goal", describe(rec))
	}
	var goals []*engine.Goal
	at := map[decimal.Decimal]*node{}
	for _, n := range rec.list("goals") {
		g := b.decode(n, goalSection, nil)
		if !g.has("at") {
			continue
		}
		goal := &engine.Goal{ID: g.text("id"), At: b.positive(g.values["at"]), Give: b.grantsOf(g.values["give"], r, name),
			Within: b.duration(g, "within"), Again: g.text("again") == "true"}
		b.goalGives(rec, g.has("give"), g.values["at"])
		if first := at[goal.At]; first != nil {
			b.node(g.values["at"], "give both in one goal", "there is another goal at %s, in line %d", g.text("at"), first.start.line)
		}
		at[goal.At] = g.values["at"]
		goals = append(goals, goal)
	}
	slices.SortStableFunc(goals, func(x, y *engine.Goal) int { return int(max(-1, min(1, x.At-y.At))) })
	seen := map[string]bool{}
	for i, g := range goals {
		if g.ID == "" {
			g.ID = strconv.Itoa(i + 1)
		}
		if seen[g.ID] {
			b.node(rec.values["goals"], "give each an id of its own", "two goals have the id %s", g.ID)
		}
		seen[g.ID] = true
	}
	return goals
}

// goalGives remembers goals that give nothing: they make sense only where something else looks at them.
func (b *builder) goalGives(rec *record, gives bool, at *node) {
	if !gives && rec.text("by") != "everyone" {
		b.bare = append(b.bare, bareGoal{rec, at})
	}
}

// bareGoal is a goal without give.
type bareGoal struct {
	rec *record
	at  *node
}

func (b *builder) positive(n *node) decimal.Decimal {
	d := b.decimal(n)
	if d <= 0 {
		b.node(n, "", "a goal is more than 0")
	}
	return d
}

func (b *builder) challenges() {
	for _, rec := range b.records["challenges"] {
		b.challenge(rec, b.names.Challenges[rec.id])
	}
	b.needsOrder()
}

func (b *builder) challenge(rec *record, c *engine.Challenge) {
	name := "challenges/" + rec.id
	r := reader{who: "a challenge"}
	c.OptIn, c.Leave = rec.text("join") == "opt_in", rec.text("on_reversal") == "leave"
	c.For = b.who(rec.values["for"], r)
	c.Every, c.Within = b.period(rec, "every"), b.duration(rec, "within")
	b.challengeWindow(rec, c)
	if n := rec.values["winners"]; n != nil && n.text != "all" {
		if c.Winners, _ = strconv.Atoi(n.text); c.Winners == 0 {
			b.node(n, "leave it out for all", "a challenge without winners gives nothing")
		}
	}
	if n := rec.values["each_needs"]; n != nil {
		c.EachNeeds = b.decimal(n)
	}
	for _, n := range rec.list("needs") {
		if other := named(b, n, "challenge", b.names.Challenges); other != nil {
			c.Needs = append(c.Needs, other.ID)
			b.used[other.ID] = true
		}
	}
	switch {
	case rec.has("steps"):
		b.steps(rec, c)
	case rec.has("counter"):
		b.challengeOfCounter(rec, c)
	default:
		c.Counter = &engine.Counter{Definition: c.Definition, Name: name}
		b.count(rec, c.Counter, meaning{who: "a challenge", definition: name})
	}
	if rec.has("steps") {
		n, _ := decimal.FromInt(int64(len(c.Steps)))
		c.Goals = []*engine.Goal{{ID: "1", At: n, Give: b.grantsOf(rec.values["give"], r, name)}}
		b.goalGives(rec, rec.has("give"), rec.place())
	} else {
		c.Goals = b.goals(rec, name, r)
		if len(c.Goals) == 0 && !rec.has("goal") && !rec.has("goals") && !rec.has("give") && !rec.broken {
			b.node(rec.place(), "goal: how much is needed", "%s has no goal", describe(rec))
		}
	}
	b.caused(name, engine.ChallengeCompleted, "challenge", rec.id)
}

// challengeWindow reads `during`: dates, because a challenge has a start and an end.
func (b *builder) challengeWindow(rec *record, c *engine.Challenge) {
	open := b.during(rec)
	if open.never != "" {
		b.idle("challenges/"+rec.id, rec.place(), open.never)
		c.For = func(*engine.Facts) bool { return false }
	}
	c.During = open.during
	if c.During == nil {
		return
	}
	for i, w := range c.During.Any {
		switch {
		case w.Promotion != nil:
			c.During.Any[i] = engine.Window{Calendar: w.Promotion.Window}
		case w.Calendar == nil:
			b.node(rec.values["during"], "a time of its own for each member is within: 30 days", "a challenge's window is the same for all members")
		}
	}
}

// challengeOfCounter copies the meaning and the period of the counter that a challenge names.
func (b *builder) challengeOfCounter(rec *record, c *engine.Challenge) {
	n := rec.values["counter"]
	counter := named(b, n, "counter", b.names.Counters)
	if counter == nil {
		c.Counter = &engine.Counter{Definition: c.Definition, Name: "challenges/" + rec.id}
		return
	}
	if isRolling(counter) {
		b.node(n, "use a counter with `every`, or write when and add here", "counter %s is rolling, a challenge counts from its start", counter.ID)
	}
	c.Counter = copyCounter(counter, c.Definition, "challenges/"+rec.id)
	c.Every, c.Counter.Every, c.Counter.Last = counter.Every, calendar.Always, calendar.Duration{}
	b.inherit("challenges/"+rec.id, n)
}

func (b *builder) steps(rec *record, c *engine.Challenge) {
	records := b.entries(rec.values["steps"], stepSection)
	for _, srec := range records {
		b.combinations(srec)
		s := &engine.Step{Definition: b.definition(srec)}
		name := "challenges/" + rec.id + "/" + srec.id
		s.Counter = &engine.Counter{Definition: s.Definition, Name: name}
		s.Counter.ID = rec.id + "/" + srec.id
		b.count(srec, s.Counter, meaning{who: "a challenge", definition: "challenges/" + rec.id})
		if n := srec.values["goal"]; n != nil {
			s.Goal = b.positive(n)
		}
		for _, n := range srec.list("needs") {
			if !slices.ContainsFunc(records, func(r *record) bool { return r.id == n.text }) {
				var all []string
				for _, r := range records {
					all = append(all, r.id)
				}
				b.unknown(n, 0, len(n.text), "step", n.text, all)
				continue
			}
			s.Needs = append(s.Needs, n.text)
		}
		c.Steps = append(c.Steps, s)
	}
	if len(records) == 0 {
		b.node(rec.values["steps"], "", "%s has no steps", describe(rec))
	}
	needs := map[string][]string{}
	for _, s := range c.Steps {
		needs[s.ID] = s.Needs
	}
	if loop := findLoop(needs); loop != nil {
		b.node(rec.values["steps"], "", "the steps %s need one another, so that none can begin", arrows(loop))
	}
}

// needsOrder refuses challenges that need one another.
func (b *builder) needsOrder() {
	needs := map[string][]string{}
	for _, c := range b.rules.Challenges {
		needs[c.ID] = c.Needs
	}
	if loop := findLoop(needs); loop != nil {
		rec := b.recordOf("challenges", loop[0])
		b.node(rec.values["needs"], "", "the challenges %s need one another, so that none can begin", arrows(loop))
	}
}

// levels reads NAME: THRESHOLD, in the order written, which must rise (or fall, where the lowest value counts).
func (b *builder) levels(n *node, descending bool) []challenges.Level {
	var out []challenges.Level
	for _, p := range n.pairs {
		if !phrases[anID].pattern.MatchString(p.key.text) {
			b.node(p.key, "such as "+phrases[anID].example, "%q is not an id", p.key.text)
			continue
		}
		if !b.fits(p.value, of(aNumber), &field{name: p.key.text}) {
			continue
		}
		l := challenges.Level{Name: p.key.text, At: b.decimal(p.value)}
		if len(out) > 0 && (out[len(out)-1].At >= l.At) != descending {
			b.node(p.value, "write the levels from the lowest to the highest", "level %s does not come after %s", l.Name, out[len(out)-1].Name)
		}
		out = append(out, l)
	}
	if len(out) == 0 && len(n.pairs) == 0 {
		b.node(n, "such as {bronze: 50, silver: 250}", "there are no levels")
	}
	return out
}
