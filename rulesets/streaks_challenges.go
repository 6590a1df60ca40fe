package rulesets

import (
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/rulesets/document"
)

func (b *builder) streaks() {
	for _, rec := range b.records["streaks"] {
		b.streak(rec, b.names.Streaks[rec.ID])
	}
}

func (b *builder) streak(rec *document.Record, s *engine.Streak) {
	name := "streaks/" + rec.ID
	s.OptIn, s.Leave = rec.Text("join") == "opt_in", rec.Text("on_reversal") == "leave"
	s.Run.Every = b.every(rec)
	s.Run.AtLeast = decimal.One
	if n := rec.Values["at_least"]; n != nil {
		s.Run.AtLeast = b.decimal(n)
	}
	s.Counter = &engine.Counter{Definition: s.Definition, Name: name, Every: s.Run.Every}
	b.count(rec, s.Counter, meaning{who: "a streak", definition: name, forField: true})
	for _, n := range rec.List("days") {
		g := document.Day.Match(n.Text)
		if g.Has(1) {
			b.Node(n, "such as days: [monday, tuesday]", "a streak's days are weekdays")
			continue
		}
		s.Run.Days[weekday(g.Get(2))] = true
	}
	if rec.Has("days") && s.Run.Every != calendar.Day && rec.Has("every") {
		b.Node(rec.Values["days"], "drop days, or write every: day", "days go with every: day only")
	}
	b.freeze(rec, s)
	b.repair(rec, s)
	s.Notices = b.notices(rec, hoursAhead)
	s.Goals = b.goals(rec, name, reader{who: "a streak"})
	for _, g := range s.Goals {
		if !g.At.IsInt() {
			b.Node(rec.Place(), "write a whole number, such as goal: 7", "a streak's goals are whole numbers of periods")
		}
	}
	b.caused(name, engine.StreakReached, "streak", rec.ID)
	b.caused(name, engine.StreakBroken, "streak", rec.ID)
}

// freeze reads what bridges a missed period.
func (b *builder) freeze(rec *document.Record, s *engine.Streak) {
	n := rec.Values["freeze"]
	if n == nil {
		return
	}
	free := n
	if n.Kind == document.Map {
		inner := b.Decode(n, freezeSection, nil)
		free = inner.Values["free"]
		s.FreezeCost = b.price(inner.Values["cost"], false)
		s.Run.Hold = atoi(inner.Text("hold"))
		if inner.Has("hold") != inner.Has("cost") {
			b.Node(n, "hold: how many can be held, cost: what one costs", "hold and cost belong together")
		}
	}
	if free != nil {
		s.Run.Free, s.Run.FreePer = allowance(free.Text)
		if s.Run.FreePer < calendar.Week {
			b.Node(free, "such as 1 per month", "freezes are allowed per week, month, quarter or year")
		}
	}
}

// repair reads how a broken run is mended.
func (b *builder) repair(rec *document.Record, s *engine.Streak) {
	n := rec.Values["repair"]
	if n == nil {
		return
	}
	inner := b.Decode(n, repairSection, nil)
	s.Run.Repair, s.RepairCost = b.duration(inner, "within"), b.price(inner.Values["cost"], false)
}

// goals reads goal and give, or goals, sorted by threshold. A goal without an id is known by its rank.
func (b *builder) goals(rec *document.Record, name string, r reader) []*engine.Goal {
	if n := rec.Values["goal"]; n != nil {
		b.goalGives(rec, rec.Values["give"] != nil, n)
		return []*engine.Goal{{ID: "1", At: b.positive(n), Give: b.grantsOf(rec.Values["give"], r, name), Again: rec.Text("again") == "true"}}
	}
	if rec.Has("give") && !rec.Has("goals") && !rec.Has("steps") && !rec.Broken {
		b.Node(rec.Node.Key("give"), "goal: how much is needed", "%s gives but has no goal", rec)
	}
	var goals []*engine.Goal
	at := map[decimal.Decimal]*document.Node{}
	for _, n := range rec.List("goals") {
		g := b.Decode(n, goalSection, nil)
		if !g.Has("at") {
			continue
		}
		goal := &engine.Goal{ID: g.Text("id"), At: b.positive(g.Values["at"]), Give: b.grantsOf(g.Values["give"], r, name),
			Within: b.duration(g, "within"), Again: g.Text("again") == "true"}
		b.goalGives(rec, g.Has("give"), g.Values["at"])
		if first := at[goal.At]; first != nil {
			b.Node(g.Values["at"], "give both in one goal", "there is another goal at %s, in line %d", g.Text("at"), first.Position().Line)
		}
		at[goal.At] = g.Values["at"]
		goals = append(goals, goal)
	}
	slices.SortStableFunc(goals, func(x, y *engine.Goal) int { return int(max(-1, min(1, x.At-y.At))) })
	seen := map[string]bool{}
	for i, g := range goals {
		if g.ID == "" {
			g.ID = strconv.Itoa(i + 1)
		}
		if seen[g.ID] {
			b.Node(rec.Values["goals"], "give each an id of its own", "two goals have the id %s", g.ID)
		}
		seen[g.ID] = true
	}
	return goals
}

// goalGives remembers goals that give nothing: they make sense only where something else looks at them.
func (b *builder) goalGives(rec *document.Record, gives bool, at *document.Node) {
	if !gives && rec.Text("by") != "everyone" {
		b.bare = append(b.bare, bareGoal{rec, at})
	}
}

// bareGoal is a goal without give.
type bareGoal struct {
	rec *document.Record
	at  *document.Node
}

func (b *builder) positive(n *document.Node) decimal.Decimal {
	d := b.decimal(n)
	if d <= 0 {
		b.Node(n, "such as goal: 10", "a goal is more than 0")
	}
	return d
}

func (b *builder) challenges() {
	for _, rec := range b.records["challenges"] {
		b.challenge(rec, b.names.Challenges[rec.ID])
	}
	b.needsOrder()
}

func (b *builder) challenge(rec *document.Record, c *engine.Challenge) {
	name := "challenges/" + rec.ID
	r := reader{who: "a challenge"}
	c.OptIn, c.Leave = rec.Text("join") == "opt_in", rec.Text("on_reversal") == "leave"
	if c.Retry = rec.Text("retry") == "true"; c.Retry && !c.OptIn {
		b.Node(rec.Values["retry"], "join: opt_in", "only a challenge that members join can be tried again")
	}
	c.For = b.who(rec.Values["for"], r).cond
	c.Every, c.Within = b.every(rec), b.duration(rec, "within")
	b.challengeWindow(rec, c)
	if n := rec.Values["winners"]; n != nil && n.Text != "all" {
		if c.Winners, _ = strconv.Atoi(n.Text); c.Winners == 0 {
			b.Node(n, "leave it out for all", "a challenge without winners gives nothing")
		}
	}
	if n := rec.Values["each_needs"]; n != nil {
		c.EachNeeds = b.decimal(n)
	}
	for _, n := range rec.List("needs") {
		if other := named(b, n, "challenge", b.names.Challenges); other != nil {
			c.Needs = append(c.Needs, other.ID)
			b.used[other.ID] = true
		}
	}
	switch {
	case rec.Has("steps"):
		b.steps(rec, c)
	case rec.Has("counter"):
		b.challengeOfCounter(rec, c)
	default:
		c.Counter = &engine.Counter{Definition: c.Definition, Name: name}
		b.count(rec, c.Counter, meaning{who: "a challenge", definition: name})
	}
	if rec.Has("steps") {
		n, _ := decimal.FromInt(int64(len(c.Steps)))
		c.Goals = []*engine.Goal{{ID: "1", At: n, Give: b.grantsOf(rec.Values["give"], r, name)}}
		b.goalGives(rec, rec.Has("give"), rec.Place())
	} else {
		c.Goals = b.goals(rec, name, r)
		if len(c.Goals) == 0 && !rec.Has("goal") && !rec.Has("goals") && !rec.Has("give") && !rec.Broken {
			b.Node(rec.Place(), "goal: how much is needed", "%s has no goal", rec)
		}
	}
	b.feedsItself(rec, c)
	b.caused(name, engine.ChallengeCompleted, "challenge", rec.ID)
}

// feedsItself refuses a goal that repeats and gives as many points as it takes to reach it again, of those that are counted.
func (b *builder) feedsItself(rec *document.Record, c *engine.Challenge) {
	if c.Counter == nil || c.Counter.Earned == nil || c.Counter.Only != nil && !c.Counter.Only[engine.Source{Section: engine.ChallengeSection, ID: rec.ID}] {
		return
	}
	nodes := rec.List("goals")
	if len(nodes) == 0 {
		nodes = []*document.Node{rec.Node}
	}
	for _, n := range nodes {
		at, again, give := n.Find("goal"), n.Find("again"), n.Find("give")
		if rec.Has("goals") {
			at = n.Find("at")
		}
		if at == nil || again == nil || again.Text != "true" || give == nil {
			continue
		}
		amount := give.Find(c.Counter.Earned.ID)
		e := b.written.Expressions[amount]
		if goal, err := decimal.Parse(at.Text); err == nil && e != nil && e.Constant != nil && e.Constant.Cmp(goal.Wide()) >= 0 {
			b.Node(amount, "give other points or fewer, or count with only", "%s gives the points that it counts, enough to be completed again without end", rec)
		}
	}
}

// challengeWindow reads `during`: dates, because a challenge has a start and an end.
func (b *builder) challengeWindow(rec *document.Record, c *engine.Challenge) {
	c.During = b.during(rec).during
	if c.During == nil {
		return
	}
	for i, w := range c.During.Any {
		switch {
		case w.Promotion != nil:
			c.During.Any[i] = engine.Window{Calendar: w.Promotion.Window}
		case w.Calendar == nil:
			b.Node(rec.Values["during"], "a time of its own for each member is within: 30 days", "a challenge's window is the same for all members")
		}
	}
}

// challengeOfCounter copies the meaning and the period of the counter that a challenge names.
func (b *builder) challengeOfCounter(rec *document.Record, c *engine.Challenge) {
	n := rec.Values["counter"]
	counter := named(b, n, "counter", b.names.Counters)
	if counter == nil {
		c.Counter = &engine.Counter{Definition: c.Definition, Name: "challenges/" + rec.ID}
		return
	}
	if isRolling(counter) {
		b.Node(n, "use a counter with `every`, or write when and add here", "counter %s is rolling, a challenge counts from its start", counter.ID)
	}
	c.Counter = copyCounter(counter, c.Definition, "challenges/"+rec.ID)
	c.Every, c.Counter.Every, c.Counter.Last = counter.Every, calendar.Always, calendar.Duration{}
	b.inherit("challenges/"+rec.ID, n)
}

func (b *builder) steps(rec *document.Record, c *engine.Challenge) {
	records := b.Entries(rec.Values["steps"], stepSection)
	for _, srec := range records {
		b.combinations(srec)
		s := &engine.Step{Definition: b.definition(srec)}
		s.Meaning = b.meaning(srec)
		name := "challenges/" + rec.ID + "/" + srec.ID
		s.Counter = &engine.Counter{Definition: s.Definition, Name: name}
		s.Counter.ID = rec.ID + "/" + srec.ID
		b.count(srec, s.Counter, meaning{who: "a challenge", definition: "challenges/" + rec.ID})
		if n := srec.Values["goal"]; n != nil {
			s.Goal = b.positive(n)
		}
		for _, n := range srec.List("needs") {
			if !slices.ContainsFunc(records, func(r *document.Record) bool { return r.ID == n.Text }) {
				var all []string
				for _, r := range records {
					all = append(all, r.ID)
				}
				b.unknown(n, 0, len(n.Text), "step", n.Text, all)
				continue
			}
			s.Needs = append(s.Needs, n.Text)
		}
		c.Steps = append(c.Steps, s)
	}
	if len(records) == 0 {
		b.Node(rec.Values["steps"], "such as steps: {first_sale: {when: sale, goal: 1}}", "%s has no steps", rec)
	}
	needs := map[string][]string{}
	for _, s := range c.Steps {
		needs[s.ID] = s.Needs
	}
	if loop := findLoop(needs); loop != nil {
		b.Node(rec.Values["steps"], "drop needs in one of them", "the steps %s need one another, so that none can begin", arrows(loop))
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
		b.Node(rec.Values["needs"], "drop needs in one of them", "the challenges %s need one another, so that none can begin", arrows(loop))
	}
}

// levels reads NAME: THRESHOLD, in the order written, which must rise (or fall, where the lowest value counts).
func (b *builder) levels(n *document.Node, descending bool) []challenges.Level {
	var out []challenges.Level
	for _, p := range n.Pairs {
		if !b.IsID(p.Key) {
			continue
		}
		if !b.Fits(p.Value, &document.Field{Name: p.Key.Text, Phrase: document.Number}) {
			continue
		}
		l := challenges.Level{Name: p.Key.Text, At: b.decimal(p.Value)}
		if len(out) > 0 && (out[len(out)-1].At >= l.At) != descending {
			b.Node(p.Value, "write the levels from the lowest to the highest", "level %s does not come after %s", l.Name, out[len(out)-1].Name)
		}
		out = append(out, l)
	}
	if len(out) == 0 && len(n.Pairs) == 0 {
		b.Node(n, "such as {bronze: 50, silver: 250}", "there are no levels")
	}
	return out
}
