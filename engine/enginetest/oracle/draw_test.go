package oracle

import (
	"fmt"
	"math/big"
	"math/rand"
	"slices"
)

// drawing makes random choices.
type drawing struct{ *rand.Rand }

func (d drawing) below(n int) int { return d.Intn(n) }

func (d drawing) between(from, to int) int { return from + d.Intn(to-from+1) }

func (d drawing) one(in int) bool { return d.Intn(in) == 0 }

func pick[V any](d drawing, from ...V) V { return from[d.Intn(len(from))] }

// zones are those with the oddest clocks: fourteen hours ahead and twelve behind, half hours, changes at midnight.
var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe",
	"Pacific/Kiritimati", "Etc/GMT+12", "Asia/Beirut", "America/Havana", "Asia/Kathmandu"}

// days at which histories begin: shortly before changes of clocks, month ends, 29 February and New Year.
var beginnings = []string{"2026-03-20", "2026-10-18", "2026-08-30", "2026-03-29", "2028-02-20", "2026-12-20", "2026-01-25", "2026-04-20"}

func (d drawing) span(units ...string) Span {
	unit := pick(d, units...)
	return Span{d.between(1, map[string]int{"hour": 50, "day": 12, "week": 3, "month": 2, "year": 1}[unit]), unit}
}

// mix is the features that a history has.
type mix map[string]bool

// features draws features around a focus, which has them all.
func (d drawing) features(focus [2]int) mix {
	m := mix{}
	for _, f := range features {
		m[f.name] = d.one(2)
	}
	for _, i := range focus {
		name := features[i].name
		m[name] = true
		for of := needed[name]; of != ""; of = needed[of] {
			m[of] = true
		}
	}
	return m
}

// ruleset draws a program.
func (d drawing) ruleset(m mix, begin int) Program {
	p := Program{Zone: pick(d, zones...), MemberClock: m["member clock"], SundayWeeks: m["odd weeks"]}
	if m["calls"] {
		p.OpenFor = pick(d, d.span("hour"), Span{d.between(1, 5), "day"})
	}
	p.Points = []Points{d.stars(m), {ID: "gems", Rounding: "down"}}
	for i := range d.between(1, 3) {
		p.Rules = append(p.Rules, d.rule(fmt.Sprint("r", i), m))
	}
	if m["calls"] && m["limits"] && d.one(2) {
		p.share(d.limit(Rule{When: "visit"}))
	}
	if m["takes"] {
		p.Rules = append(p.Rules, Rule{ID: "use", When: "spend", Points: "stars", Rate: big.NewRat(1, 1), Take: true})
		if d.one(2) {
			p.Rules = append(p.Rules, Rule{ID: "swap", When: "spend", Points: "gems", Fixed: 2, Take: true})
		}
	}
	if m["timers"] {
		p.Timers = []Timer{{ID: "t0", First: pick(d, "visit", "buy"), After: d.span("hour", "day", "week", "month"), Give: 1},
			{ID: "t1", Last: pick(d, "visit", "buy"), After: d.span("hour", "day", "week"), Give: 2}, {ID: "t2", Yearly: true, Give: 4}}
	}
	if m["transfers"] {
		pass := Rule{ID: "pass", When: "spend", Points: "stars", Rate: big.NewRat(1, 1), Take: true, Pass: true, To: true}
		if d.one(2) {
			pass.ID, pass.To, pass.From = "zpass", false, true // after others that could take what it gives
		}
		p.Rules = append(p.Rules, pass)
	}
	if m["boosts"] {
		for i := range d.between(1, 3) {
			p.Boosts = append(p.Boosts, d.boost(fmt.Sprint("b", i), m, p))
		}
	}
	for i := range d.between(1, 3) {
		p.Counters = append(p.Counters, d.counter(fmt.Sprint("c", i), m, p))
	}
	if m["streaks"] {
		p.Streaks = append(p.Streaks, d.streak(m))
	}
	if m["challenges"] {
		p.Challenges = d.challenges(m, begin)
	}
	if m["group challenges"] {
		p.Challenges = append(p.Challenges, d.groupChallenge("j0", begin))
	}
	if m["tiers"] {
		p.Tiers = append(p.Tiers, d.tier(m))
	}
	if m["badges"] {
		p.Badges = d.badges(p.Counters)
	}
	if m["boards"] {
		p.Boards = d.boards(m, p.Counters)
	}
	if m["rewards"] {
		for i := range d.between(1, 2) {
			p.Rewards = append(p.Rewards, d.reward(fmt.Sprint("w", i)))
		}
	}
	return p
}

// share limits what the promotion gives by the rules that are for it only, unless one of them gives a badge: such have no limits.
func (p *Program) share(l Limit) {
	if l.Shared = true; slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Called && r.Mark }) {
		return
	}
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Called {
			p.Shared, r.Limits = []Limit{l}, append(r.Limits, l)
		}
	}
}

// sumAmounts lets counters add up amounts: the first, and all that add anything up.
func (p *Program) sumAmounts() {
	for i := range p.Counters {
		if c := &p.Counters[i]; c.Earned == "" && (i == 0 || c.Kind == "add") {
			c.Fold = Fold{When: "buy", Kind: "add", Amount: true, Called: c.Called}
		}
	}
}

// version draws what a later version gives for the same, within the same limits.
func (d drawing) version(p Program, m mix) Version {
	v := Version{}
	for _, r := range p.Rules {
		if !r.Take {
			again := d.rule(r.ID, m)
			if again.When == r.When {
				r.Min, r.Fixed, r.Rate = again.Min, again.Fixed, again.Rate
			}
		}
		v.Rules = append(v.Rules, r)
	}
	for _, b := range p.Boosts {
		if d.one(2) {
			limits := b.Limits
			b = d.boost(b.ID, m, p)
			b.Limits = limits
		}
		v.Boosts = append(v.Boosts, b)
	}
	return v
}

func (d drawing) boost(id string, m mix, p Program) Boost {
	b := Boost{ID: id, Of: "stars", Stacks: d.one(2), Weekend: d.one(3)}
	if m["calls"] && d.one(2) && len(p.Shared) == 0 { // what a boost adds would count twice
		b.Weekend, b.Called = false, true
	}
	if d.one(3) {
		b.Min = int64(d.between(1, 20)) * million
	}
	if d.one(2) {
		b.Plus = big.NewRat(int64(d.between(1, 9)), 2)
	} else {
		b.Times = big.NewRat(int64(d.between(5, 15)), 4)
	}
	for range d.between(1, 2) * map[bool]int{true: 1}[m["capped boosts"]] {
		l := d.limit(Rule{When: "visit"}) // its limits ask no event
		if !slices.ContainsFunc(b.Limits, l.countsLike) {
			b.Limits = append(b.Limits, l)
		}
	}
	return b
}

func (d drawing) counter(id string, m mix, p Program) Counter {
	c := Counter{ID: id, Fold: d.fold("add", "add", "highest", "lowest", "latest", "distinct")}
	switch d.below(3) {
	case 1:
		c.Every = pick(d, "day", "week", "month", "quarter", "year")
	case 2:
		c.Last = d.span("day", "week", "month")
	}
	c.Called = m["calls"] && d.one(2) && len(p.Shared) == 0 // what is counted is no gift
	if m["earned"] && d.one(2) {
		c.Fold, c.Earned = Fold{When: earned, Kind: "add", Amount: true}, pick(d, "stars", "stars", "gems")
		if m["needs"] || m["timers"] {
			c.Earned = "stars" // whether what waited, or what let it count, earned the gems of a goal is nowhere said
		}
		return c
	}
	if m["groups"] && d.one(2) {
		c.By = pick(d, "team", "team", "everyone")
		if c.By == "everyone" && c.Kind == "distinct" {
			c.Kind = "add"
		}
	}
	return c
}

func (d drawing) challenges(m mix, begin int) (list []Challenge) {
	for i := range d.between(1, 3) {
		c := d.challenge(fmt.Sprint("h", i), begin)
		if m["steps"] && d.one(2) {
			d.stepped(&c, m)
		}
		c.OptIn = m["opt in"] && d.one(2)
		c.Retry = c.OptIn && m["leaving"] && d.one(2)
		c.Mark = m["several gifts"] && d.one(2)
		if m["within"] && d.one(2) {
			c.Within = d.span("hour", "day", "week")
		}
		if c.OptIn && c.Within.N == 0 && c.From == 0 {
			c.Within = d.span("day", "week")
		}
		c.Retry = c.Retry && c.Within.N > 0
		if m["winners"] && d.one(2) {
			c.Winners, c.Again, c.Mark = d.between(1, 2), false, false // a place that was taken is a cause of a badge that is held
		}
		if m["needs"] && i > 0 && d.one(2) {
			c.Needs = []string{list[d.below(i)].ID}
		}
		list = append(list, c)
	}
	return list
}

// stepped makes a challenge one of steps.
func (d drawing) stepped(c *Challenge, m mix) {
	c.Goals, c.Again = nil, false
	for i := range d.between(2, 3) {
		s := Step{ID: fmt.Sprint("s", i), Fold: d.fold("add", "highest", "distinct"), Goal: int64(d.between(1, 4))}
		if i > 0 && m["needs"] {
			s.Needs = []string{c.Steps[d.below(i)].ID}
		}
		c.Steps = append(c.Steps, s)
	}
}

func (d drawing) groupChallenge(id string, begin int) Challenge {
	c := d.challenge(id, begin)
	c.Fold, c.Again = d.fold("add"), false
	c.Goals = []int64{int64(d.between(3, 30))}
	if c.Amount {
		c.Goals[0] *= 10
	}
	c.By = pick(d, "team", "everyone")
	if d.one(2) {
		c.EachNeeds = int64(d.between(1, 10))
	}
	return c
}

func (d drawing) badges(counters []Counter) (list []Badge) {
	for _, c := range counters {
		if c.By != "" || c.Kind == "lowest" || c.Kind == "latest" || c.AtMost > 0 {
			continue
		}
		b := Badge{ID: "b" + c.ID, Counter: c.ID}
		at := int64(0)
		for range d.between(1, 3) {
			at += int64(d.between(1, 15))
			b.Levels = append(b.Levels, at)
		}
		list = append(list, b)
	}
	return list
}

// prizes draws what a board's seasons win, and when they close.
func (d drawing) prizes(b *Board) {
	if d.one(2) {
		b.Closes = d.span("hour", "day")
	}
	for range d.between(1, 3) {
		p := Prize{Gems: int64(d.below(8)), Stars: int64(d.between(1, 20)), From: d.between(1, 3)}
		p.To = p.From + d.below(2)
		if d.one(3) {
			p.Percent = 10 * d.between(1, 10)
		}
		b.Prizes = append(b.Prizes, p)
	}
}

func (d drawing) boards(m mix, counters []Counter) (list []Board) {
	for _, c := range counters {
		if c.By == "team" && c.AtMost > 0 {
			continue // when a late event takes the place of a later one, since when the team's score stands is not moved back
		}
		if c.By != "everyone" && c.Last.N == 0 {
			b := Board{ID: "l" + c.ID, Counter: c.ID, Lowest: d.one(3), Ties: pick(d, "earliest", "share", "dense"),
				Split: c.When == "buy" && d.one(3)}
			if m["seasons"] && c.Every != "" && (c.Earned == "" || c.Every != "day") { // a prize that wins the next day, and so on
				d.prizes(&b)
			}
			list = append(list, b)
			if m["averages"] && c.Earned == "" && c.AtMost == 0 {
				b.ID, b.Average, b.AtLeast = "a"+c.ID, true, d.between(1, 3)
				list = append(list, b)
			}
		}
	}
	return list
}

func (d drawing) reward(id string) Reward {
	r := Reward{ID: id, Points: pick(d, "stars", "stars", "gems"), Cost: int64(d.between(1, 40)), OrMore: d.one(3), Hold: d.span("hour", "day")}
	if d.one(3) {
		r.Stock = d.between(1, 4)
	}
	return r
}

func (d drawing) stars(m mix) Points {
	p := Points{ID: "stars", Decimals: pick(d, 0, 0, 1, 2), Rounding: pick(d, "down", "nearest", "up"), Floor: d.one(4), Oldest: d.one(4)}
	switch d.below(4) * map[bool]int{true: 1}[m["expiry"]] {
	case 1:
		p.Expire.After = d.span("hour", "day", "week", "month")
	case 2:
		p.Expire.After, p.Expire.Idle = d.span("day", "week", "month"), pick(d, "visit", "buy")
		if d.one(2) { // so short that what is late may find points expired, and bring them back
			p.Expire.After = pick(d, Span{d.between(6, 40), "hour"}, Span{d.between(1, 2), "day"})
		}
		if m["travel"] {
			p.Expire.After = Span{d.between(6, 200), "hour"} // by whose days who has travelled is idle is nowhere said
		}
	case 3:
		p.Expire = Expiry{Period: pick(d, "month", "quarter", "year"), Next: d.one(2)}
	}
	if m["pending"] {
		p.Pending = d.span("hour", "day")
		if p.ByHand = d.one(3); p.ByHand {
			p.Pending = Span{}
		}
	}
	return p
}

func (d drawing) rule(id string, m mix) Rule {
	r := Rule{ID: id, When: pick(d, "buy", "buy", "visit"), Points: "stars", Fixed: int64(d.between(1, 20))}
	if r.When == "buy" {
		if d.one(3) {
			r.Min = int64(d.between(1, 20)) * million
		}
		if !d.one(4) {
			r.Rate, r.Fixed = big.NewRat(int64(d.between(1, 30)), 8), 0
		}
	}
	r.Called = m["calls"] && d.one(3)
	if m["several gifts"] {
		r.Gems = int64(d.below(3))
		r.Mark = d.one(2)
	}
	if m["gifts"] && r.When == "buy" {
		r.To = d.one(2)
		r.Mark = r.Mark && !r.To
	}
	if r.Mark {
		return r // what a limit stops is a cause of a badge that is held: by the order of arrival
	}
	for range d.below(3) * map[bool]int{true: 1}[m["limits"]] {
		l := d.limit(r)
		if !slices.ContainsFunc(r.Limits, l.countsLike) {
			r.Limits = append(r.Limits, l)
		}
	}
	return r
}

// countsLike reports whether two limits differ in nothing but their number, of which a ruleset keeps the lower one.
func (l Limit) countsLike(o Limit) bool {
	l.N, l.OrNothing = o.N, o.OrNothing
	return l == o
}

func (d drawing) limit(r Rule) Limit {
	l := Limit{N: int64(d.between(1, 4)), By: pick(d, "member", "member", "everyone", "key", "member and key")}
	if r.When != "buy" && l.By != "everyone" {
		l.By = "member"
	}
	if l.Points = d.one(2); l.Points {
		l.N *= 20
		l.OrNothing = d.one(3)
	}
	if l.Period = pick(d, "day", "week", "month", "quarter", "year", "ever", ""); l.Period == "" {
		l.Last = d.span("day", "week")
	}
	return l
}

func (d drawing) fold(kinds ...string) Fold {
	f := Fold{When: pick(d, "buy", "buy", "visit"), Kind: pick(d, kinds...)}
	if f.When == "visit" {
		f.Kind = "add"
	} else {
		f.Amount = d.one(2)
		if d.one(4) {
			f.Min = int64(d.between(1, 20)) * million
		}
	}
	if d.one(4) && f.Kind == "add" && !f.Amount {
		f.AtMost = d.between(1, 2)
	}
	return f
}

func (d drawing) streak(m mix) Streak {
	s := Streak{ID: "s", Every: pick(d, "day", "day", "week", "month"), AtLeast: pick(d, 1, 1, 2), Free: d.below(4), Cost: int64(d.between(1, 3))}
	if m["freezes"] {
		s.Hold = d.between(1, 3)
		s.Free = d.below(2)
	}
	if m["repairs"] {
		s.Repair = d.span("hour", "day")
	}
	if d.one(3) { // late events that join runs are rare enough to be helped along
		s.Every, s.AtLeast, s.Free = "day", 1, 0
		s.Goals = []StreakGoal{{At: 2, Give: 3}}
	}
	if m["streak goals"] {
		s.Free = d.below(2)
		s.Goals = nil
		for range d.between(1, 2) {
			g := StreakGoal{At: d.between(len(s.Goals)+2, 4), Again: d.one(2), Give: int64(d.between(1, 4))}
			if d.one(3) {
				g.Within = Span{g.At + d.below(3), s.Every}
			}
			if !slices.ContainsFunc(s.Goals, func(o StreakGoal) bool { return o.At >= g.At }) {
				s.Goals = append(s.Goals, g)
			}
		}
	}
	if s.Sum = m["below zero"]; s.Sum {
		s.AtLeast = d.between(1, 4)
	}
	return s
}

func (d drawing) challenge(id string, begin int) Challenge {
	c := Challenge{ID: id, Fold: d.fold("add", "add", "highest", "distinct"), Give: int64(d.between(1, 5))}
	switch d.below(3) {
	case 1:
		c.From = begin + d.between(3, 12)
		c.Until = c.From + d.between(0, 15)
	case 2:
		c.Every = pick(d, "day", "week", "month")
	}
	goal := int64(0)
	for range d.between(1, 3) {
		goal += int64(d.between(1, 6))
		if c.Kind == "add" && c.Amount {
			goal += int64(d.between(1, 50))
		}
		c.Goals = append(c.Goals, goal)
	}
	if c.Kind == "add" && d.one(3) {
		c.Again, c.Goals = true, c.Goals[:1]
	}
	return c
}

func (d drawing) tier(m mix) Tier {
	t := Tier{ID: "t", Points: "stars", Levels: []int64{0}, OneLevel: d.one(2)}
	switch d.below(3) * map[bool]int{false: 1}[m["travel"]] { // of who has travelled, all that was earned: no midnight takes any of it
	case 1:
		t.Every = pick(d, "month", "quarter", "year")
	case 2:
		t.Last = d.span("day", "week", "month")
	}
	for range d.between(1, 3) {
		t.Levels = append(t.Levels, t.Levels[len(t.Levels)-1]+int64(d.between(5, 60)))
	}
	switch d.below(3) {
	case 0:
		t.KeepEnd = pick(d, "month", "quarter", "year")
	case 1:
		t.Keep = d.span("day", "month")
	}
	if d.one(2) {
		t.Grace = d.span("day", "week")
	}
	return t
}
