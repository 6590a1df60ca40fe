package engine

import (
	"hash/fnv"
	"slices"
	"sort"
	"strings"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Link connects the definitions of a ruleset to the event types they look at and to one another, and sorts them by id. A
// ruleset must be linked once, before its first use.
func (r *Ruleset) Link() {
	r.Tag = r.Hash[:min(len(r.Hash), 16)]
	if r.Member == nil {
		r.Member = event.NewSchema(r.Currency, r.Digits)
	}
	r.sort()
	r.paths()
	r.name()
	r.byEvent = make(map[string]*EventType, len(r.Events))
	for _, t := range r.Events {
		r.byEvent[t.Name] = t
		t.rules, t.feeds, t.computed, t.foreseen = index[*Rule]{}, index[*Feed]{}, nil, foreseen{}
	}
	r.earned = make([][]*Counter, len(r.Points))
	for i, p := range r.Points {
		p.Index = i
	}
	for _, rule := range r.Rules {
		rule.When.rules.all = append(rule.When.rules.all, rule)
	}
	for _, c := range r.Counters {
		r.linkCounter(c)
	}
	for _, s := range r.Streaks {
		s.Counter.streak = s
		r.linkCounter(s.Counter)
	}
	for _, c := range r.Challenges {
		r.linkChallenge(c)
	}
	for _, b := range r.Badges {
		if b.Counter != nil {
			b.Counter.badges = append(b.Counter.badges, b)
		}
	}
	for _, t := range r.Tiers {
		r.linkTier(t)
	}
	for _, b := range r.Leaderboards {
		b.Counter.leaderboards = append(b.Counter.leaderboards, b)
		if !r.hasCounter(b.Counter) {
			r.linkCounter(b.Counter)
		}
	}
	r.order()
	r.linkTimers()
	r.byName = map[string]*Counter{}
	for _, c := range r.counters() {
		r.byName[c.Name] = c
		if c.Path == "" { // part of another definition
			c.Path = c.Name
		}
		c.start = calendar.Beginning
	}
	r.foresee()
	for _, t := range r.Events {
		t.rules.build(func(rule *Rule) Clauses { return rule.Clauses.within(rule.During, r.MemberClock) })
		t.feeds.build(func(f *Feed) Clauses { return f.Clauses.within(f.During, r.MemberClock) })
	}
}

// paths gives every definition the name that outcomes call it by.
func (r *Ruleset) paths() {
	r.grants(boostPaths)
	for _, d := range r.Points {
		d.Path = "points/" + d.ID
	}
	for _, d := range r.Promotions {
		d.Path = "promotions/" + d.ID
	}
	for _, d := range r.Rules {
		d.from(RuleSection)
	}
	for _, d := range r.Counters {
		d.Path, d.Key = "counters/"+d.ID, d.key()
	}
	for _, d := range r.Streaks {
		d.from(StreakSection)
		d.Key = d.key()
	}
	for _, d := range r.Challenges {
		d.from(ChallengeSection)
		d.Key = d.key()
	}
	for _, d := range r.Badges {
		d.from(BadgeSection)
	}
	for _, d := range r.Tiers {
		d.from(TierSection)
		d.Key = d.key()
	}
	for _, d := range r.Leaderboards {
		d.from(LeaderboardSection)
		d.Key = boardKey(d.ID, d.Version, d.counted())
	}
	for _, d := range r.Rewards {
		d.from(RewardSection)
	}
}

// grants calls yield for what rules, goals and prizes give.
func (r *Ruleset) grants(yield func([]Grant)) {
	for _, d := range r.Rules {
		yield(d.Give)
	}
	for _, d := range r.Streaks {
		for _, g := range d.Goals {
			yield(g.Give)
		}
	}
	for _, d := range r.Challenges {
		for _, g := range d.Goals {
			yield(g.Give)
		}
	}
	for _, d := range r.Leaderboards {
		for i := range d.Prizes {
			yield(d.Prizes[i].Give)
		}
	}
}

// from names the definition, which gives something, by its section and id.
func (d *Definition) from(s Section) {
	d.Source = Source{s, d.ID}
	d.Path = d.Source.String()
}

// counted is the version of the counter that a board was given.
func (b *Leaderboard) counted() int {
	if of := b.Counter.Of; of != nil { // the board's own copy
		return of.Version
	}
	return b.Counter.Version
}

// key is what states call the definition.
func (d *Definition) key() string { return versionedKey(d.ID, d.Version) }

// name gathers the names under which states know definitions, so that a hundred thousand members share one copy of each;
// limits are known by the hash of their key.
func (r *Ruleset) name() {
	r.names = map[string]string{}
	add := func(names ...string) {
		for _, n := range names {
			r.names[n] = n
		}
	}
	limits := func(list []*Limit) {
		for _, l := range list {
			h := fnv.New64a()
			_, _ = h.Write([]byte(l.Key)) // it never fails
			l.id = h.Sum64()
		}
	}
	grants := func(list []Grant) {
		for i := range list {
			for _, b := range list[i].Boosts {
				limits(b.Limits)
			}
		}
	}
	goals := func(list []*Goal) {
		for _, g := range list {
			add(g.ID)
			grants(g.Give)
		}
	}
	for _, t := range r.Events {
		add(t.Name)
	}
	for _, p := range r.Points {
		add(p.ID)
	}
	for _, d := range r.Rules {
		add(d.ID)
		limits(d.Limits)
		grants(d.Give)
	}
	for _, d := range r.Counters {
		add(d.Name)
	}
	for _, d := range r.Streaks {
		add(d.ID, d.Key, d.Counter.Name)
		goals(d.Goals)
	}
	for _, d := range r.Challenges {
		add(d.ID, d.Key)
		goals(d.Goals)
		if d.Counter != nil {
			add(d.Counter.Name)
		}
		for _, s := range d.Steps {
			add(s.ID, s.Counter.Name)
		}
	}
	for _, d := range r.Badges {
		add(d.ID)
		for _, l := range d.Levels {
			add(l.Name)
		}
	}
	for _, d := range r.Tiers {
		add(d.ID, d.Key)
		for _, c := range d.Counters {
			add(c.Name)
		}
	}
	for _, d := range r.Leaderboards {
		add(d.ID, d.Counter.Name)
		for i := range d.Prizes {
			grants(d.Prizes[i].Give)
		}
	}
	for _, d := range r.Rewards {
		add(d.ID)
		limits(d.Limits)
	}
}

func boostPaths(grants []Grant) {
	for i := range grants {
		for _, b := range grants[i].Boosts {
			b.Path = "boosts/" + b.ID
		}
	}
}

func (r *Ruleset) sort() {
	sort.SliceStable(r.Events, func(i, j int) bool { return r.Events[i].Name < r.Events[j].Name })
	sort.SliceStable(r.Points, func(i, j int) bool { return r.Points[i].ID < r.Points[j].ID })
	sort.SliceStable(r.Rules, func(i, j int) bool { return r.Rules[i].ID < r.Rules[j].ID })
	sort.SliceStable(r.Counters, func(i, j int) bool { return r.Counters[i].ID < r.Counters[j].ID })
	sort.SliceStable(r.Streaks, func(i, j int) bool { return r.Streaks[i].ID < r.Streaks[j].ID })
	sort.SliceStable(r.Challenges, func(i, j int) bool { return r.Challenges[i].ID < r.Challenges[j].ID })
	sort.SliceStable(r.Badges, func(i, j int) bool { return r.Badges[i].ID < r.Badges[j].ID })
	sort.SliceStable(r.Tiers, func(i, j int) bool { return r.Tiers[i].ID < r.Tiers[j].ID })
	sort.SliceStable(r.Leaderboards, func(i, j int) bool { return r.Leaderboards[i].ID < r.Leaderboards[j].ID })
	sort.SliceStable(r.Rewards, func(i, j int) bool { return r.Rewards[i].ID < r.Rewards[j].ID })
	sort.SliceStable(r.Promotions, func(i, j int) bool { return r.Promotions[i].ID < r.Promotions[j].ID })
}

func (r *Ruleset) linkChallenge(c *Challenge) {
	if c.Counter != nil {
		c.Counter.challenge = c
		r.linkCounter(c.Counter)
	}
	for _, step := range c.Steps {
		step.Counter.challenge, step.Counter.step = c, step
		r.linkCounter(step.Counter)
	}
}

func (r *Ruleset) linkTier(t *Tier) {
	for _, c := range t.Counters {
		c.tiers = append(c.tiers, t)
		if !r.hasCounter(c) {
			r.linkCounter(c)
		}
	}
}

func (r *Ruleset) hasCounter(c *Counter) bool {
	for _, other := range r.Counters {
		if other == c {
			return true
		}
	}
	return false
}

func (r *Ruleset) linkCounter(c *Counter) {
	if c.Earned != nil {
		r.earned[c.Earned.Index] = append(r.earned[c.Earned.Index], c)
	}
	for _, f := range c.Feeds {
		f.counter = c
		f.When.feeds.all = append(f.When.feeds.all, f)
		if f.Computed && c.Of == nil {
			f.When.computed = append(f.When.computed, f)
		}
	}
}

// EventType finds a declared or built-in event type, nil when there is none.
func (r *Ruleset) EventType(name string) *EventType { return r.byEvent[name] }

// CalendarOf is the calendar that decides for a member: the program's, or with clock: member one in the member's zone.
func (r *Ruleset) CalendarOf(m *Member) calendar.Calendar {
	if r.MemberClock && m != nil && m.Zone != nil {
		return calendar.Calendar{Zone: m.Zone, WeekStart: r.Calendar.WeekStart}
	}
	return r.Calendar
}

func (r *Ruleset) tier(id string) *Tier {
	return find(r.Tiers, id, func(t *Tier) string { return t.ID })
}

// streakOf finds the streak that a record is of, nil when it is of none, or of a version that has been replaced.
func (r *Ruleset) streakOf(rec *StreakRecord) *Streak {
	if s := r.streak(idOfKey(rec.ID)); s != nil && s.Key == rec.ID {
		return s
	}
	return nil
}

// tierOf finds the tier that a record is of, nil when it is of none, or of a version that has been replaced.
func (r *Ruleset) tierOf(rec *TierRecord) *Tier {
	if t := r.tier(idOfKey(rec.ID)); t != nil && t.Key == rec.ID {
		return t
	}
	return nil
}

func (r *Ruleset) streak(id string) *Streak {
	return find(r.Streaks, id, func(s *Streak) string { return s.ID })
}

// badge finds a badge by id, nil when there is none.
func (r *Ruleset) badge(id string) *Badge {
	return find(r.Badges, id, func(b *Badge) string { return b.ID })
}

// Reward finds a reward by id, nil when there is none.
func (r *Ruleset) Reward(id string) *Reward {
	return find(r.Rewards, id, func(w *Reward) string { return w.ID })
}

// Challenge finds a challenge by id, nil when there is none.
func (r *Ruleset) Challenge(id string) *Challenge {
	return find(r.Challenges, id, func(c *Challenge) string { return c.ID })
}

// Leaderboard finds a board by id, nil when there is none.
func (r *Ruleset) Leaderboard(id string) *Leaderboard {
	return find(r.Leaderboards, id, func(b *Leaderboard) string { return b.ID })
}

// boardOf finds the board whose rows are kept under a key, nil when there is none, or when it has started afresh since.
func (r *Ruleset) boardOf(key string) *Leaderboard {
	if b := r.Leaderboard(idOfKey(key)); b != nil && b.Key == key {
		return b
	}
	return nil
}

// PointsType finds a points type by id, nil when there is none.
func (r *Ruleset) PointsType(id string) *Points {
	return find(r.Points, id, func(p *Points) string { return p.ID })
}

// find looks an id up among definitions sorted by id.
func find[D any](list []*D, id string, idOf func(*D) string) *D {
	i, ok := slices.BinarySearchFunc(list, id, func(d *D, id string) int { return strings.Compare(idOf(d), id) })
	if !ok {
		return nil
	}
	return list[i]
}
