package engine

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// stateFormat is the format of all encoded subjects.
const stateFormat = 1

func encodeMember(m *Member) []byte {
	var w writer
	w.member(m)
	return w.b
}

// member writes a member's state. Declared fields carry their names, so that a state outlives rulesets.
func (w *writer) member(m *Member) {
	w.uint(stateFormat)
	w.uint(m.Version)
	w.text(m.ID)
	w.at(m.Joined)
	w.text(m.Name)
	if m.Zone == nil {
		w.text("")
	} else {
		w.text(m.Zone.Name())
	}
	w.profile(m)
	w.len(len(m.Seen))
	for i := range m.Seen {
		s := &m.Seen[i]
		w.text(s.Type)
		w.text(s.Of)
		w.len(s.Count)
		w.at(s.First)
		w.at(s.Last)
		w.len(len(s.Recent))
		for _, at := range s.Recent {
			w.at(at)
		}
	}
	w.len(len(m.Accounts))
	for _, a := range m.Accounts {
		w.account(a)
	}
	w.len(len(m.Counts))
	for _, c := range m.Counts {
		w.count(c)
	}
	w.len(len(m.Streaks))
	for _, s := range m.Streaks {
		w.streak(s)
	}
	w.len(len(m.Challenges))
	for _, c := range m.Challenges {
		w.challenge(c)
	}
	w.len(len(m.Badges))
	for _, b := range m.Badges {
		w.text(b.ID)
		w.text(b.Level)
		w.at(b.At)
	}
	w.len(len(m.Tiers))
	for _, t := range m.Tiers {
		w.text(t.ID)
		w.tier(&t.TierState)
	}
	w.uses(m.Uses)
	w.len(len(m.Rewards))
	for _, h := range m.Rewards {
		w.text(h.Reward)
		w.uint(h.Seq)
		w.source(h.Source)
		w.at(h.At)
		w.at(h.Expires)
	}
	w.at(m.Due)
	w.len(m.Events)
	w.gains(m.Tiers)
	w.acquired(m)
	w.travel(&m.Travel)
	w.at(m.Live)
	w.len(len(m.Timers))
	for _, t := range m.Timers {
		w.text(t.Timer)
		w.at(t.At)
	}
	w.uint(m.Notified)
	w.was(m.Was)
	if m.Moved > 0 {
		w.len(m.Moved)
	}
}

func (w *writer) travel(t *Travel) {
	w.at(t.At)
	if t.Left == nil {
		return
	}
	w.text(t.Left.Name())
	w.len(len(t.Excused))
	for _, d := range t.Excused {
		w.key(calendar.Key(d))
	}
}

func (r *reader) travel(zones *calendar.Zones) (t Travel) {
	if t.At = r.at(); t.At == 0 {
		return t
	}
	t.Left = zones.Known(r.text())
	t.Excused = list(r, func(d *calendar.Date) { *d = r.date() })
	return t
}

func (w *writer) tier(t *challenges.TierState) {
	w.int(int64(t.Level))
	w.at(t.Reached)
	w.at(t.Settled)
	w.len(len(t.Held))
	for i := range t.Held {
		h := &t.Held[i]
		w.at(h.From)
		w.at(h.Reached)
		w.at(h.Unmet)
		w.len(len(h.Came))
		for _, d := range h.Came {
			w.num(d)
		}
	}
}

func (r *reader) tier() challenges.TierState {
	t := challenges.TierState{Level: int(r.int()), Reached: r.at(), Settled: r.at()}
	t.Held = list(r, func(h *challenges.Held) {
		*h = challenges.Held{From: r.at(), Reached: r.at(), Unmet: r.at()}
		h.Came = list(r, func(d *decimal.Decimal) { *d = r.num() })
	})
	return t
}

// profile writes the declared values that are there, and those that the present ruleset does not declare, by name.
func (w *writer) profile(m *Member) {
	n := len(m.Undeclared)
	for _, v := range m.Profile {
		if v.Kind != event.Absent {
			n++
		}
	}
	w.len(n)
	for i, v := range m.Profile {
		if v.Kind != event.Absent {
			w.text(m.schema.Fields[i].Name)
			w.value(v)
		}
	}
	for _, v := range m.Undeclared {
		w.text(v.Name)
		w.value(v.Value)
	}
}

func (w *writer) account(a *Account) {
	w.text(a.Points)
	w.num(a.Debt)
	w.num(a.Issued)
	w.num(a.Spent)
	w.num(a.Expired)
	w.num(a.Forfeited)
	w.num(a.Reversed)
	w.idleRules(a.Idle)
	w.len(len(a.Lots))
	for i := range a.Lots {
		l := &a.Lots[i]
		w.uint(l.Seq)
		w.source(l.Source)
		w.at(l.Granted)
		w.num(l.Amount)
		w.num(l.Remaining)
		w.num(l.Held)
		w.num(l.Spent)
		w.num(l.Expired)
		w.num(l.Forfeited)
		w.num(l.Reversed)
		w.at(l.Available)
		w.at(l.Expires)
		w.uint(l.Idle)
		w.at(l.Until)
		w.num(l.Forgiven)
	}
	w.missing(a.Missing)
}

func (w *writer) count(c *Count) {
	w.countID(c.CountID)
	w.len(len(c.Periods))
	for i := range c.Periods {
		w.period(&c.Periods[i])
	}
}

func (w *writer) countID(id CountID) {
	w.text(id.Name)
	w.text(id.Split)
	w.text(id.Group)
}

func (r *reader) countID() CountID { return CountID{Name: r.name(), Split: r.text(), Group: r.text()} }

func (w *writer) period(p *PeriodTally) {
	w.key(p.Key)
	w.num(p.Value)
	w.len(p.Count)
	w.len(p.Zeros)
	w.at(p.At)
	w.text(p.ID)
	w.len(len(p.Kept))
	for _, k := range p.Kept {
		w.key(k.Bucket)
		w.at(k.At)
		w.text(k.ID)
		w.num(k.Value)
	}
	w.len(len(p.Keys))
	for _, k := range p.Keys {
		w.text(k.Key)
		w.len(k.Count)
		w.at(k.First)
	}
	w.flag(p.Full)
}

func (w *writer) streak(s *StreakRecord) {
	w.text(s.ID)
	w.len(s.Longest)
	w.at(s.Joined)
	w.at(s.Breaks)
	w.len(len(s.Spans))
	for _, span := range s.Spans {
		w.span(span)
	}
	w.len(len(s.Paid))
	for _, p := range s.Paid {
		w.text(p.Goal)
		w.key(p.In)
		w.len(p.Times)
	}
}

func (w *writer) span(s challenges.Span) {
	w.key(s.First)
	w.key(s.Last - s.First)
}

func (r *reader) span(s *challenges.Span) {
	s.First = r.key()
	s.Last = s.First + r.key()
}

func (w *writer) challenge(c *ChallengeRecord) {
	w.text(c.ID)
	w.at(c.Enrolled)
	w.at(c.Began)
	w.len(c.Joins)
	w.len(c.Times)
	w.len(len(c.Windows))
	for i := range c.Windows {
		win := &c.Windows[i]
		w.key(win.Key)
		w.text(win.Group)
		w.len(len(win.Goals))
		for _, g := range win.Goals {
			w.text(g.ID)
			w.flag(g.Step)
			w.len(g.Times)
			w.at(g.First)
			w.at(g.At)
		}
	}
	w.parts(c.Parts)
}

func (w *writer) uses(list []UsePeriod) {
	w.len(len(list))
	for _, u := range list {
		w.use(u)
	}
}

func (w *writer) use(u UsePeriod) {
	w.b = binary.LittleEndian.AppendUint64(w.b, u.Limit)
	w.key(u.Key)
	w.num(u.Used)
}

// damaged ends the process's trust in its store: a state that was written whole does not come back so.
func damaged(what, id string, r *reader) {
	if r.err != nil {
		panic(fmt.Sprintf("engine: the stored state of %s %q is damaged: %v", what, id, r.err))
	}
}

func decodeMember(state []byte, rules *Ruleset) *Member {
	r := &reader{b: state, names: rules.names}
	m := &Member{zones: rules.zones}
	if format := r.uint(); format != stateFormat {
		panic(fmt.Sprintf("engine: a member's state has format %d; this build reads %d", format, stateFormat))
	}
	m.Version = r.uint()
	m.ID = r.text()
	m.Joined = r.at()
	m.Name = r.text()
	if zone := r.text(); zone != "" {
		m.Zone = rules.zones.Known(zone)
	}
	m.Undeclared = list(r, func(v *event.NamedValue) { v.Name, v.Value = r.text(), r.value() })
	m.align(rules)
	m.Seen = list(r, func(s *EventStats) {
		*s = EventStats{Type: r.name(), Of: r.name(), Count: r.len2(), First: r.at(), Last: r.at()}
		s.Recent = list(r, func(at *calendar.Instant) { *at = r.at() })
	})
	m.Accounts = pointers(r, r.account)
	m.Counts = pointers(r, r.count)
	m.large = slices.ContainsFunc(m.Counts, (*Count).large)
	m.Streaks = pointers(r, r.streak)
	m.Challenges = pointers(r, r.challenge)
	m.Badges = list(r, func(b *BadgeRecord) { *b = BadgeRecord{ID: r.name(), Level: r.name(), At: r.at()} })
	m.Tiers = pointers(r, func(t *TierRecord) { *t = TierRecord{ID: r.name(), TierState: r.tier()} })
	m.Uses = list(r, r.use)
	m.Rewards = list(r, func(h *RewardHeld) {
		*h = RewardHeld{Reward: r.name(), Seq: r.uint(), Source: r.source(), At: r.at(), Expires: r.at()}
	})
	m.Due = r.at()
	m.indexed = m.Due
	m.Events = r.len2()
	r.gains(m.Tiers)
	r.acquired(m)
	m.Travel = r.travel(rules.zones)
	m.excuse()
	m.Live = r.at()
	m.Timers = list(r, func(t *TimerMark) { *t = TimerMark{Timer: r.name(), At: r.at()} })
	m.Notified = r.uint()
	m.Was = r.was()
	if len(r.b) > 0 {
		m.Moved = r.len2()
	}
	damaged("member", m.ID, r)
	return m
}

// len2 reads a number that is not the length of what follows.
func (r *reader) len2() int {
	n := r.uint()
	if n > math.MaxInt {
		r.short()
		return 0
	}
	return int(n)
}

// date reads a day.
func (r *reader) date() calendar.Date {
	n := r.int()
	if n < math.MinInt32 || n > math.MaxInt32 {
		r.short()
		return 0
	}
	return calendar.Date(n)
}

func (r *reader) account(a *Account) {
	*a = Account{Points: r.name(), Debt: r.num(), Issued: r.num(), Spent: r.num(), Expired: r.num(), Forfeited: r.num(), Reversed: r.num()}
	a.Idle = r.idleRules()
	a.Lots = list(r, func(l *Lot) {
		*l = Lot{Seq: r.uint(), Source: r.source(), Granted: r.at(), Amount: r.num(), Remaining: r.num(), Held: r.num(), Spent: r.num(),
			Expired: r.num(), Forfeited: r.num(), Reversed: r.num(), Available: r.at(), Expires: r.at(), Idle: r.uint(), Until: r.at(), Forgiven: r.num()}
	})
	a.Missing = r.missing()
}

func (r *reader) count(c *Count) {
	c.CountID = r.countID()
	c.Periods = list(r, r.period)
}

// large reports whether any period's value is.
func (c *Count) large() bool {
	return slices.ContainsFunc(c.Periods, func(p PeriodTally) bool { return isLarge(p.Value) })
}

func (r *reader) period(p *PeriodTally) {
	p.Key, p.Value, p.Count, p.Zeros, p.At, p.ID = r.key(), r.num(), r.len2(), r.len2(), r.at(), r.text()
	p.Kept = list(r, func(k *challenges.Kept) {
		*k = challenges.Kept{Bucket: r.key(), At: r.at(), ID: r.text(), Value: r.num()}
	})
	p.Keys = list(r, func(k *challenges.KeyCount) { *k = challenges.KeyCount{Key: r.text(), Count: r.len2(), First: r.at()} })
	p.Full = r.flag()
}

func (r *reader) streak(s *StreakRecord) {
	*s = StreakRecord{ID: r.name(), History: challenges.History{Longest: r.len2()}, Joined: r.at(), Breaks: r.at()}
	s.Spans = list(r, r.span)
	s.Paid = list(r, func(p *PaidMark) { *p = PaidMark{Goal: r.name(), In: r.key(), Times: r.len2()} })
}

func (r *reader) challenge(c *ChallengeRecord) {
	*c = ChallengeRecord{ID: r.name(), Enrolled: r.at(), Began: r.at(), Joins: r.len2(), Times: r.len2()}
	c.Windows = list(r, func(w *ChallengeWindow) {
		*w = ChallengeWindow{Key: r.key(), Group: r.text()}
		w.Goals = list(r, func(g *GoalMark) {
			*g = GoalMark{ID: r.name(), Step: r.flag(), Times: r.len2(), First: r.at(), At: r.at()}
		})
	})
	c.Parts = r.parts()
}

func (r *reader) use(u *UsePeriod) { *u = UsePeriod{Limit: r.fixed(), Key: r.key(), Used: r.num()} }

func encodeGroup(g *Group) []byte {
	var w writer
	w.uint(stateFormat)
	w.uint(g.Version)
	w.count(&g.Count)
	w.len(len(g.Goals))
	for _, goal := range g.Goals {
		w.key(goal.Window)
		w.text(goal.Goal)
		w.at(goal.At)
	}
	w.len(len(g.Average))
	for _, a := range g.Average {
		w.key(a.Key)
		w.num(a.Sum)
		w.len(a.Members)
	}
	return w.b
}

func decodeGroup(state []byte) *Group {
	r := &reader{b: state}
	g := &Group{}
	r.uint()
	g.Version = r.uint()
	r.count(&g.Count)
	g.Goals = list(r, func(goal *GroupGoal) { *goal = GroupGoal{Window: r.key(), Goal: r.text(), At: r.at()} })
	g.Average = list(r, func(a *AverageTally) { *a = AverageTally{Key: r.key(), Sum: r.num(), Members: r.len2()} })
	damaged("group", g.Count.Name+" "+g.Count.Split+" "+g.Count.Group, r)
	return g
}

func encodeUsage(u *Usage) []byte {
	var w writer
	w.uint(stateFormat)
	w.uint(u.Version)
	w.text(u.Key)
	w.uses(u.Periods)
	if len(u.Held) > 0 {
		w.len(len(u.Held))
		for _, h := range u.Held {
			w.use(h.UsePeriod)
			w.at(h.Until)
		}
	}
	return w.b
}

func decodeUsage(state []byte) *Usage {
	r := &reader{b: state}
	r.uint()
	u := &Usage{Version: r.uint(), Key: r.text()}
	u.Periods = list(r, r.use)
	if len(r.b) > 0 {
		u.Held = list(r, func(h *HeldUsage) {
			r.use(&h.UsePeriod)
			h.Until = r.at()
		})
	}
	damaged("limit", u.Key, r)
	return u
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
