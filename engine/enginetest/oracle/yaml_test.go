package oracle

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// yaml is the program as a ruleset.
func (p Program) yaml() string {
	b := &strings.Builder{}
	clock, weeks := "program", "monday"
	if p.MemberClock {
		clock = "member"
	}
	if p.SundayWeeks {
		weeks = "sunday"
	}
	fmt.Fprintf(b, "program: drawn\ntimezone: %s\nclock: %s\nweek_starts: %s\n", p.Zone, clock, weeks)
	b.WriteString("member: {team?: text, birthday?: date}\nevents:\n  buy: {amount: number, key: text, friend?: member}\n  visit: {}\n" +
		"  spend: {amount: number, friend?: member}\n  log: {amount: number}\n")
	section(b, "points", p.Points, Points.yaml)
	if p.uses() {
		b.WriteString("  thanks: {}\n")
	}
	if p.OpenFor.N > 0 {
		f := fields{"on_call: true", "open_for: " + p.OpenFor.String()}
		f.limits(p.Shared)
		fmt.Fprintf(b, "promotions:\n  rain:\n    %s\n", strings.Join(f, "\n    "))
	}
	section(b, "rules", p.Rules, Rule.yaml)
	if p.uses() {
		b.WriteString(map[bool]string{true: "rules:\n"}[len(p.Rules) == 0] + "  used: {when: reward_used, give: {thanks: 1}}\n")
	}
	if p.Present.N > 0 {
		fmt.Fprintf(b, "  present: {when: buy, if: event.amount >= %d, give: {reward: present}}\n", presentFrom/million)
	}
	for _, t := range p.Timers {
		id, lines := t.yaml()
		fmt.Fprintf(b, "  %s:\n    %s\n", id, strings.Join(lines, "\n    "))
	}
	section(b, "boosts", p.Boosts, Boost.yaml)
	section(b, "counters", p.Counters, Counter.yaml)
	if p.uses() {
		b.WriteString(map[bool]string{true: "counters:\n"}[len(p.Counters) == 0] + "  used: {when: reward_used, public: true}\n" +
			"  back: {when: reward_returned, public: true}\n  presents: {when: reward_given, public: true}\n")
	}
	section(b, "streaks", p.Streaks, Streak.yaml)
	section(b, "challenges", p.Challenges, Challenge.yaml)
	section(b, "tiers", p.Tiers, Tier.yaml)
	section(b, "badges", p.Badges, Badge.yaml)
	if p.marks() {
		b.WriteString(map[bool]string{true: "badges:\n"}[len(p.Badges) == 0] + "  mark: {title: Mark}\n")
	}
	section(b, "leaderboards", p.Boards, Board.yaml)
	section(b, "rewards", p.Rewards, Reward.yaml)
	if p.Present.N > 0 {
		fmt.Fprintf(b, "%s  present: {valid: %s, hold: 1 hour}\n", map[bool]string{true: "rewards:\n"}[len(p.Rewards) == 0], p.Present)
	}
	return b.String()
}

// rewards are the ids of all of them.
func (p Program) rewards() (list []string) {
	for _, r := range p.Rewards {
		list = append(list, r.ID)
	}
	if p.Present.N > 0 {
		list = append(list, "present")
	}
	return list
}

func (p Program) has(reward string) bool { return slices.Contains(p.rewards(), reward) }

// uses reports whether rewards are used.
func (p Program) uses() bool { return len(p.Rewards) > 0 || p.Present.N > 0 }

// marks reports whether anything gives the badge mark.
func (p Program) marks() bool {
	return slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.Mark }) ||
		slices.ContainsFunc(p.Challenges, func(c Challenge) bool { return c.Mark })
}

// fields collects the lines of one definition.
type fields []string

func (f *fields) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

func section[D any](b *strings.Builder, name string, definitions []D, lines func(D) (string, fields)) {
	if len(definitions) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n", name)
	for _, d := range definitions {
		id, f := lines(d)
		fmt.Fprintf(b, "  %s:%s\n", id, map[bool]string{true: " {}"}[len(f) == 0])
		for _, line := range f {
			fmt.Fprintf(b, "    %s\n", line)
		}
	}
}

func (s Span) String() string { return fmt.Sprintf("%d %ss", s.N, s.Unit) }

func number(millionths int64) string { return rational(big.NewRat(millionths, million)) }

func rational(r *big.Rat) string {
	s := strings.TrimRight(r.FloatString(6), "0")
	return strings.TrimSuffix(s, ".")
}

func (e Expiry) yaml() string {
	switch {
	case e.Idle != "":
		return fmt.Sprintf("%s after last %s", e.After, e.Idle)
	case e.After.N > 0:
		return fmt.Sprintf("%s after earning", e.After)
	case e.Next:
		return "end of next " + e.Period
	}
	return "end of this " + e.Period
}

func (p Points) yaml() (string, fields) {
	var f fields
	f.add("decimals: %d", p.Decimals)
	f.add("rounding: %s", p.Rounding)
	if p.Expire != (Expiry{}) {
		f.add("expire: %s", p.Expire.yaml())
	}
	if p.Pending.N > 0 {
		f.add("pending: %s", p.Pending)
	}
	if p.ByHand {
		f.add("pending: until confirmed")
	}
	if p.Floor {
		f.add("negative: floor")
	}
	if p.Oldest {
		f.add("spend: oldest")
	}
	return p.ID, f
}

func (l Limit) yaml() string {
	s := fmt.Sprint(l.N)
	if l.Points {
		s += " stars"
	}
	switch l.Period {
	case "":
		s += fmt.Sprintf(" in last %s", l.Last)
	case "ever":
		s += " ever"
	default:
		s += " per " + l.Period
	}
	s += map[string]string{"everyone": " by everyone", "key": " by event.key", "member and key": " by member, event.key"}[l.By]
	if l.OrNothing {
		s += " or nothing"
	}
	return s
}

func (r Rule) yaml() (string, fields) {
	var f fields
	f.add("when: %s", r.When)
	if r.Min > 0 {
		f.add("if: event.amount >= %s", number(r.Min))
	}
	amount, verb := fmt.Sprint(r.Fixed), "give"
	if r.Rate != nil {
		amount = "event.amount * " + rational(r.Rate)
	}
	if r.Take {
		verb = "take"
	}
	f.during(r.Called)
	if r.To {
		f.add("to: event.friend")
	}
	if r.From {
		f.add("from: event.friend")
	}
	if r.Pass {
		f.add("give: {%s: %s}", r.Points, amount)
	}
	f.add("%s:", verb)
	f.add("  %s: %s", r.Points, amount)
	if r.Gems > 0 {
		f.add("  gems: %d", r.Gems)
	}
	if r.Mark {
		f.add("  badge: mark")
	}
	f.limits(slices.DeleteFunc(slices.Clone(r.Limits), func(l Limit) bool { return l.Shared }))
	return r.ID, f
}

func (f *fields) during(called bool) {
	if called {
		f.add("during: rain")
	}
}

func (f *fields) limits(list []Limit) {
	if len(list) > 0 {
		f.add("limit:")
	}
	for _, l := range list {
		f.add("  - %s", l.yaml())
	}
}

func (t Timer) yaml() (string, fields) {
	var f fields
	switch {
	case t.Yearly:
		f.add("when: every year on member.birthday")
	case t.First != "":
		f.add("when: %s after first %s", t.After, t.First)
	default:
		f.add("when: %s after last %s", t.After, t.Last)
	}
	f.add("give: {gems: %d}", t.Give)
	return t.ID, f
}

func (b Boost) yaml() (string, fields) {
	var f fields
	f.add("of: %s", b.Of)
	if b.Times != nil {
		f.add("times: %s", rational(b.Times))
	} else {
		f.add("plus: %s", rational(b.Plus))
	}
	if b.Min > 0 {
		f.add("if: event.amount >= %s", number(b.Min))
	}
	if b.Weekend {
		f.add("during: {days: [saturday, sunday]}")
	}
	f.during(b.Called)
	f.add("stacks: %t", b.Stacks)
	f.limits(b.Limits)
	return b.ID, f
}

func (c Fold) lines(f *fields) {
	f.add("when: %s", c.When)
	if c.Min > 0 {
		f.add("if: event.amount >= %s", number(c.Min))
	}
	switch {
	case c.Kind == "add" && c.Amount:
		f.add("add: event.amount")
	case c.Kind == "add":
		f.add("add: 1")
	case c.Kind == "distinct":
		f.add("distinct: event.key")
	default:
		f.add("%s: event.amount", c.Kind)
	}
	f.during(c.Called)
	if c.AtMost > 0 {
		f.add("at_most: %d per day", c.AtMost)
	}
}

func (c Counter) yaml() (string, fields) {
	var f fields
	if c.Earned != "" {
		f.add("earned: %s", c.Earned)
	} else {
		c.lines(&f)
	}
	f.by(c.By)
	f.add("public: true")
	if c.Every != "" {
		f.add("every: %s", c.Every)
	}
	if c.Last.N > 0 {
		f.add("last: %s", c.Last)
	}
	return c.ID, f
}

func (s Streak) yaml() (string, fields) {
	var f fields
	f.add("when: %s", s.when())
	if s.Sum {
		f.add("add: event.amount")
	}
	f.add("every: %s", s.Every)
	f.add("at_least: %d", s.AtLeast)
	switch {
	case s.Hold > 0 && s.Free > 0:
		f.add("freeze: {free: %d per month, hold: %d, cost: {gems: %d}}", s.Free, s.Hold, s.Cost)
	case s.Hold > 0:
		f.add("freeze: {hold: %d, cost: {gems: %d}}", s.Hold, s.Cost)
	case s.Free > 0:
		f.add("freeze: %d per month", s.Free)
	}
	if s.Repair.N > 0 {
		f.add("repair: {within: %s, cost: {gems: %d}}", s.Repair, s.Cost)
	}
	if len(s.Goals) > 0 {
		f.add("goals:")
	}
	for _, g := range s.Goals {
		within := ""
		if g.Within.N > 0 {
			within = fmt.Sprintf(", within: %s", g.Within)
		}
		f.add("  - {at: %d, again: %t%s, give: {gems: %d}}", g.At, g.Again, within, g.Give)
	}
	return s.ID, f
}

func dated(day int) string {
	y, m, d := civil(day)
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}

func (f *fields) by(by string) {
	switch by {
	case "team":
		f.add("by: member.team")
	case "everyone":
		f.add("by: everyone")
	}
}

func (c Challenge) yaml() (string, fields) {
	var f fields
	if len(c.Steps) == 0 {
		c.lines(&f)
	}
	f.by(c.By)
	if c.EachNeeds > 0 {
		f.add("each_needs: %d", c.EachNeeds)
	}
	if c.From != 0 {
		f.add("during: %s to %s", dated(c.From), dated(c.Until))
	}
	if c.Every != "" {
		f.add("every: %s", c.Every)
	}
	if c.OptIn {
		f.add("join: opt_in")
		if c.Retry {
			f.add("retry: true")
		}
	}
	if c.Within.N > 0 {
		f.add("within: %s", c.Within)
	}
	if c.Winners > 0 {
		f.add("winners: %d", c.Winners)
	}
	if len(c.Needs) > 0 {
		f.add("needs: [%s]", strings.Join(c.Needs, ", "))
	}
	c.goals(&f)
	return c.ID, f
}

func (c Challenge) gives() string {
	if c.Mark {
		return fmt.Sprintf("{gems: %d, badge: mark}", c.Give)
	}
	return fmt.Sprintf("{gems: %d}", c.Give)
}

func (c Challenge) goals(f *fields) {
	switch {
	case len(c.Steps) > 0:
		f.add("give: %s", c.gives())
		f.add("steps:")
		for _, s := range c.Steps {
			var lines fields
			s.lines(&lines)
			lines.add("goal: %d", s.Goal)
			if len(s.Needs) > 0 {
				lines.add("needs: [%s]", strings.Join(s.Needs, ", "))
			}
			f.add("  %s: {%s}", s.ID, strings.Join(lines, ", "))
		}
	case c.Again || c.By != "":
		f.add("goal: %d", c.Goals[0])
		f.add("give: %s", c.gives())
		if c.Again {
			f.add("again: true")
		}
	default:
		f.add("goals:")
		for _, g := range c.Goals {
			f.add("  - {at: %d, give: %s}", g, c.gives())
		}
	}
}

func levels(f *fields, thresholds []int64) {
	f.add("levels:")
	for i, at := range thresholds {
		f.add("  l%d: %d", i, at)
	}
}

func (b Badge) yaml() (string, fields) {
	var f fields
	f.add("counter: %s", b.Counter)
	levels(&f, b.Levels)
	return b.ID, f
}

func (b Board) yaml() (string, fields) {
	var f fields
	f.add("counter: %s", b.Counter)
	f.add("ties: %s", b.Ties)
	if b.Lowest {
		f.add("order: lowest")
	}
	if b.Split {
		f.add("split: event.key")
	}
	if b.Average {
		f.add("by: member.team")
		f.add("score: average")
		f.add("at_least: %d", b.AtLeast)
	}
	if b.Closes.N > 0 {
		f.add("closes: %s", b.Closes)
	}
	if len(b.Prizes) > 0 {
		f.add("prizes:")
	}
	for _, p := range b.Prizes {
		ranks := fmt.Sprintf("%d-%d", p.From, p.To)
		if p.Percent > 0 {
			ranks = fmt.Sprintf("top %d%%", p.Percent)
		} else if p.From == p.To {
			ranks = fmt.Sprint(p.From)
		}
		f.add("  - {ranks: %s, give: {gems: %d, stars: %d}}", ranks, p.Gems, p.Stars)
	}
	return b.ID, f
}

func (r Reward) yaml() (string, fields) {
	var f fields
	cost := fmt.Sprint(r.Cost)
	if r.OrMore {
		cost += " or more"
	}
	f.add("cost: {%s: %s}", r.Points, cost)
	f.add("hold: %s", r.Hold)
	if r.Valid.N > 0 {
		f.add("valid: %s", r.Valid)
	}
	if r.Stock > 0 {
		f.add("stock: %d", r.Stock)
	}
	return r.ID, f
}

func (t Tier) yaml() (string, fields) {
	var f fields
	f.add("earned: %s", t.Points)
	if t.Every != "" {
		f.add("every: %s", t.Every)
	}
	if t.Last.N > 0 {
		f.add("last: %s", t.Last)
	}
	levels(&f, t.Levels)
	if t.Keep.N > 0 {
		f.add("keep: %s", t.Keep)
	}
	if t.KeepEnd != "" {
		f.add("keep: to the end of next %s", t.KeepEnd)
	}
	if t.Grace.N > 0 {
		f.add("grace: %s", t.Grace)
	}
	if t.OneLevel {
		f.add("falls: one level")
	}
	return t.ID, f
}
