package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/wire"
)

// stateFormat is the format of all encoded subjects.
const stateFormat = 1

func encodeMember(m *Member) []byte { return encoded(m, (*codec).member) }

func decodeMember(state []byte, rules *Ruleset) *Member {
	c := codec{wire.Reading(state, rules.names), rules.zones}
	m := &Member{zones: rules.zones}
	c.member(m)
	c.whole("member", m.ID)
	m.align(rules)
	m.large = slices.ContainsFunc(m.Counts, (*Count).large)
	m.indexed = m.Due
	for _, x := range m.Claims {
		if x.pins() {
			m.pinned++
		}
	}
	m.excuse()
	return m
}

// smallState is what the states of most groups and limits take, in bytes.
const smallState = 96

// encoded is a state as the description of its type writes it.
func encoded[T any](x *T, describe func(*codec, *T)) []byte {
	c := codec{Codec: wire.Writing(make([]byte, 0, smallState))}
	describe(&c, x)
	return c.B
}

// decoded reads a state back. what and name say which one it is, should it be damaged.
func decoded[T any](state []byte, describe func(*codec, *T), what string, name func(*T) string) *T {
	c, x := codec{Codec: wire.Reading(state, nil)}, new(T)
	describe(&c, x)
	c.whole(what, name(x))
	return x
}

// whole ends the process's trust in its store where a state that was written whole does not come back so.
func (c *codec) whole(what, id string) {
	if c.Err != nil {
		panic(fmt.Sprintf("engine: the stored state of %s %q is damaged: %v", what, id, c.Err))
	}
}

// member is a member's state. Declared fields carry their names, so that a state outlives rulesets.
func (c *codec) member(m *Member) {
	c.format()
	c.Uint(&m.Version)
	c.Text(&m.ID)
	c.At(&m.Joined)
	c.Text(&m.Name)
	c.zone(&m.Zone)
	c.profile(m)
	wire.Room(&c.Codec, &m.Seen)
	for i := range m.Seen {
		c.seen(&m.Seen[i])
	}
	c.accounts(&m.Accounts)
	wire.Pointers(&c.Codec, &m.Counts)
	for _, n := range m.Counts {
		c.count(n)
	}
	wire.Pointers(&c.Codec, &m.Streaks)
	for _, s := range m.Streaks {
		c.streak(s)
	}
	wire.Pointers(&c.Codec, &m.Challenges)
	for _, x := range m.Challenges {
		c.challenge(x)
	}
	wire.Room(&c.Codec, &m.Badges)
	for i := range m.Badges {
		b := &m.Badges[i]
		c.Name(&b.ID)
		c.Name(&b.Level)
		c.At(&b.At)
	}
	wire.Pointers(&c.Codec, &m.Tiers)
	for _, t := range m.Tiers {
		c.Name(&t.ID)
		c.tier(&t.TierState)
	}
	c.uses(&m.Uses)
	wire.Room(&c.Codec, &m.Rewards)
	for i := range m.Rewards {
		h := &m.Rewards[i]
		c.Name(&h.Reward)
		c.Uint(&h.Seq)
		c.source(&h.Source)
		c.At(&h.At)
		c.At(&h.Expires)
	}
	c.At(&m.Due)
	c.Count(&m.Events)
	c.gains(m.Tiers)
	c.acquired(m)
	c.travel(&m.Travel)
	c.At(&m.Live)
	wire.Room(&c.Codec, &m.Timers)
	for i := range m.Timers {
		c.Name(&m.Timers[i].Timer)
		c.At(&m.Timers[i].At)
	}
	c.Uint(&m.Notified)
	wire.Room(&c.Codec, &m.Was)
	for i := range m.Was {
		c.Text(&m.Was[i].Name)
		c.At(&m.Was[i].Until)
		c.Value(&m.Was[i].Value)
	}
	merges := m.Into != "" || len(m.Merged) > 0
	uses := m.usesRewards() || merges
	if c.Tail(m.Moved > 0 || uses) {
		c.Count(&m.Moved)
		if c.Tail(uses) {
			c.usesOfRewards(m)
			if c.Tail(merges) {
				c.merges(m)
			}
		}
	}
}

// merges are what merges have made of a member.
func (c *codec) merges(m *Member) {
	c.Text(&m.Into)
	wire.Room(&c.Codec, &m.Merged)
	for i := range m.Merged {
		c.Text(&m.Merged[i])
	}
}

func (c *codec) seen(s *EventStats) {
	c.Name(&s.Type)
	c.Name(&s.Of)
	c.Count(&s.Count)
	c.At(&s.First)
	c.At(&s.Last)
	wire.Room(&c.Codec, &s.Recent)
	for i := range s.Recent {
		c.At(&s.Recent[i])
	}
}

// zone is a time zone by its name, "" for none.
func (c *codec) zone(z **calendar.Zone) {
	name := ""
	if *z != nil {
		name = (*z).Name()
	}
	if c.Text(&name); c.Reads() && name != "" {
		*z = c.zones.Known(name)
	}
}

func (c *codec) travel(t *Travel) {
	if c.At(&t.At); t.At == 0 {
		return
	}
	c.zone(&t.Left)
	wire.Room(&c.Codec, &t.Excused)
	for i := range t.Excused {
		c.Date(&t.Excused[i])
	}
}

func (c *codec) tier(t *challenges.TierState) {
	c.Level(&t.Level)
	c.At(&t.Reached)
	c.At(&t.Settled)
	wire.Room(&c.Codec, &t.Held)
	for i := range t.Held {
		h := &t.Held[i]
		c.At(&h.From)
		c.At(&h.Reached)
		c.At(&h.Unmet)
		wire.Room(&c.Codec, &h.Came)
		for k := range h.Came {
			c.Num(&h.Came[k])
		}
	}
}

// profile is the declared values that are there, and those that the present ruleset does not declare, by name. All are read as
// undeclared: align finds their places.
func (c *codec) profile(m *Member) {
	named := func(v *event.NamedValue) {
		c.Text(&v.Name)
		c.Value(&v.Value)
	}
	if c.Reads() {
		wire.Room(&c.Codec, &m.Undeclared)
		for i := range m.Undeclared {
			named(&m.Undeclared[i])
		}
		return
	}
	n := len(m.Undeclared)
	for _, v := range m.Profile {
		if v.Kind != event.Absent {
			n++
		}
	}
	c.PutLen(n)
	for i, v := range m.Profile {
		if v.Kind != event.Absent {
			c.PutText(m.schema.Fields[i].Name)
			c.PutValue(v)
		}
	}
	for i := range m.Undeclared {
		named(&m.Undeclared[i])
	}
}

func (c *codec) accounts(list *[]*Account) {
	wire.Pointers(&c.Codec, list)
	for _, a := range *list {
		c.account(a)
	}
}

func (c *codec) account(a *Account) {
	c.Name(&a.Points)
	c.Num(&a.Debt)
	c.Num(&a.Issued)
	c.Num(&a.Spent)
	c.Num(&a.Expired)
	c.Num(&a.Forfeited)
	c.Num(&a.Reversed)
	c.idleRules(&a.Idle)
	c.lots(&a.lots)
	wire.Room(&c.Codec, &a.Missing)
	for i := range a.Missing {
		c.missing(&a.Missing[i])
	}
}

func (c *codec) count(n *Count) {
	c.countID(&n.CountID)
	wire.Room(&c.Codec, &n.Periods)
	for i := range n.Periods {
		c.period(&n.Periods[i])
	}
}

// large reports whether any period's value is.
func (c *Count) large() bool {
	return slices.ContainsFunc(c.Periods, func(p PeriodTally) bool { return isLarge(p.Value) })
}

func (c *codec) countID(id *CountID) {
	c.Name(&id.Name)
	c.Text(&id.Split)
	c.Text(&id.Group)
}

func (c *codec) period(p *PeriodTally) {
	c.Key(&p.Key)
	c.Num(&p.Value)
	c.Count(&p.Count)
	c.Count(&p.Zeros)
	c.At(&p.At)
	c.Text(&p.ID)
	wire.Room(&c.Codec, &p.Kept)
	for i := range p.Kept {
		k := &p.Kept[i]
		c.Key(&k.Bucket)
		c.At(&k.At)
		c.Text(&k.ID)
		c.Num(&k.Value)
	}
	wire.Room(&c.Codec, &p.Keys)
	for i := range p.Keys {
		k := &p.Keys[i]
		c.Text(&k.Key)
		c.Count(&k.Count)
		c.At(&k.First)
	}
	c.Flag(&p.Full)
}

func (c *codec) streak(s *StreakRecord) {
	c.Name(&s.ID)
	c.Count(&s.Longest)
	c.At(&s.Joined)
	c.At(&s.Breaks)
	c.spans(&s.Spans)
	wire.Room(&c.Codec, &s.Paid)
	for i := range s.Paid {
		p := &s.Paid[i]
		c.Name(&p.Goal)
		c.Key(&p.In)
		c.Count(&p.Times)
	}
}

func (c *codec) spans(list *[]challenges.Span) {
	wire.Room(&c.Codec, list)
	for i := range *list {
		c.span(&(*list)[i])
	}
}

// span is the first period of a span and how many follow it.
func (c *codec) span(s *challenges.Span) {
	c.Key(&s.First)
	more := s.Last - s.First
	if c.Key(&more); c.Reads() {
		s.Last = s.First + more
	}
}

func (c *codec) challenge(x *ChallengeRecord) {
	c.Name(&x.ID)
	c.At(&x.Enrolled)
	c.At(&x.Began)
	c.Count(&x.Joins)
	c.Count(&x.Times)
	wire.Room(&c.Codec, &x.Windows)
	for i := range x.Windows {
		w := &x.Windows[i]
		c.Key(&w.Key)
		c.Text(&w.Group)
		wire.Room(&c.Codec, &w.Goals)
		for k := range w.Goals {
			g := &w.Goals[k]
			c.Name(&g.ID)
			c.Flag(&g.Step)
			c.Count(&g.Times)
			c.At(&g.First)
			c.At(&g.At)
		}
	}
	wire.Room(&c.Codec, &x.Parts)
	for i := range x.Parts {
		c.brought(&x.Parts[i])
	}
}

func (c *codec) brought(p *Brought) {
	c.Name(&p.Counter)
	c.Key(&p.Window)
	c.Text(&p.Group)
	c.At(&p.At)
	c.Text(&p.ID)
	c.Num(&p.Value)
	wire.Room(&c.Codec, &p.Keys)
	for i := range p.Keys {
		c.Text(&p.Keys[i])
	}
	c.Flag(&p.Counted)
	c.Text(&p.Zone)
}

func (c *codec) uses(list *[]UsePeriod) {
	wire.Room(&c.Codec, list)
	for i := range *list {
		c.use(&(*list)[i])
	}
}

func (c *codec) use(u *UsePeriod) {
	c.Fixed(&u.Limit)
	c.Key(&u.Key)
	c.Num(&u.Used)
}

func encodeGroup(g *Group) []byte { return encoded(g, (*codec).group) }

func decodeGroup(state []byte) *Group {
	return decoded(state, (*codec).group, "group", func(g *Group) string { return g.Count.Name + " " + g.Count.Split + " " + g.Count.Group })
}

func (c *codec) group(g *Group) {
	c.format()
	c.Uint(&g.Version)
	c.count(&g.Count)
	wire.Room(&c.Codec, &g.Goals)
	for i := range g.Goals {
		goal := &g.Goals[i]
		c.Key(&goal.Window)
		c.Text(&goal.Goal)
		c.At(&goal.At)
	}
	wire.Room(&c.Codec, &g.Average)
	for i := range g.Average {
		a := &g.Average[i]
		c.Key(&a.Key)
		c.Num(&a.Sum)
		c.Count(&a.Members)
	}
}

func encodeUsage(u *Usage) []byte { return encoded(u, (*codec).usage) }

func decodeUsage(state []byte) *Usage {
	return decoded(state, (*codec).usage, "limit", func(u *Usage) string { return u.Key })
}

func (c *codec) usage(u *Usage) {
	c.format()
	c.Uint(&u.Version)
	c.Text(&u.Key)
	c.uses(&u.Periods)
	if c.Tail(len(u.Held) > 0) {
		wire.Room(&c.Codec, &u.Held)
		for i := range u.Held {
			c.use(&u.Held[i].UsePeriod)
			c.At(&u.Held[i].Until)
		}
	}
}

// align lets a version look at the member: the profile goes into the slots of its schema, by name, and the zones are those of
// its data.
func (m *Member) align(rules *Ruleset) {
	m.locate(rules.zones)
	s := rules.Member
	if m.schema == s {
		return
	}
	values := m.Undeclared
	for i, v := range m.Profile {
		if v.Kind != event.Absent {
			values = append(values, event.NamedValue{Name: m.schema.Fields[i].Name, Value: v})
		}
	}
	m.schema, m.Undeclared = s, nil
	m.Profile = make([]event.Value, len(s.Fields))
	for _, v := range values {
		if f := s.Field(v.Name); f != nil && f.Type.Kind() == v.Value.Kind {
			m.Profile[f.Slot] = v.Value
		} else {
			m.Undeclared = append(m.Undeclared, v)
		}
	}
	slices.SortStableFunc(m.Undeclared, func(a, b event.NamedValue) int { return strings.Compare(a.Name, b.Name) })
}
