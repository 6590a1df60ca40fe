package engine

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// foldPlanned adds a planned contribution to its counter and to what reads it.
func (a *applier) foldPlanned(p *plannedFeed) {
	a.fold(p.feed.counter, p.contribution, p.group, p.split)
}

// foldEarned adds points just given to the counters that count them, at the time of the event that earned them.
//
// What that completes may give points that are counted again: such a chain is cut as one of events is.
func (a *applier) foldEarned(p *Points, given decimal.Decimal, source Source) {
	if a.earnings >= MaxDepth {
		a.out.note("depth", source.String(), "points that earn points, "+strconv.Itoa(MaxDepth)+" times over: these were given, and not counted as earned")
		return
	}
	a.earnings++
	defer func() { a.earnings-- }()
	for _, c := range a.earning(p) {
		if a.event.Time < c.start || c.Only != nil && !c.Only[source] {
			continue
		}
		now := a.goBack()
		who := a.ask(c.Earner.For, c.Path)
		group, split, counts := a.placed(c.Earner.By, c.Earner.Split, c.Path)
		if a.m.Profile = now; who && counts {
			a.fold(c, challenges.Contribution{At: a.event.Time, ID: a.event.ID, Value: given}, group, split)
		}
	}
}

// placed asks for which group a contribution counts, and under which split value of a board: for none that is absent.
func (a *applier) placed(byField, splitBy Pick, name string) (group, split string, counts bool) {
	if byField != nil {
		if group = a.pick(byField, name).Key(); group == "" {
			return "", "", false
		}
	}
	if splitBy != nil {
		if split = a.pick(splitBy, name).Key(); split == "" {
			return "", "", false
		}
	}
	return group, split, true
}

func (a *applier) fold(c *Counter, con challenges.Contribution, group, split string) {
	switch {
	case c.challenge != nil:
		a.foldChallenge(c, con, group)
	case c.streak != nil:
		a.foldStreak(c.streak, con)
	default:
		a.foldCounter(c, con, group, split)
	}
}

// periodKey is the period in which a counter counts an instant.
func (c *Counter) periodKey(cal calendar.Calendar, at calendar.Instant) calendar.Key {
	return periodKey(cal, c.Every, c.Last, at)
}

// periodKey is the period in which something counts an instant, for each period or in rolling time: then the day, or where hours
// are counted the instant.
func periodKey(cal calendar.Calendar, every calendar.Period, last calendar.Duration, at calendar.Instant) calendar.Key {
	switch {
	case last.IsZero():
		return cal.Key(every, at)
	case last.IsExact():
		return calendar.Key(at)
	default:
		return cal.Key(calendar.Day, at)
	}
}

// tally folds one contribution and notes what cannot be counted.
func (a *applier) tally(c *Counter, t *challenges.Tally, con challenges.Contribution) bool {
	full := t.Full
	var err error
	if c.AtMost.N > 0 && c.Fold != challenges.Distinct {
		err = t.AddAtMost(c.Fold, con, a.facts.calendar.Key(c.AtMost.Per, con.At), c.AtMost.N)
		t.Forget(c.Fold, a.current.lastCalendar().Key(c.AtMost.Per, a.current.Calendar.Before(a.now, a.current.Late)))
	} else {
		err = t.Add(c.Fold, con)
	}
	if err != nil {
		a.overflows(c)
		return false
	}
	a.m.large = a.m.large || isLarge(t.Value)
	if t.Full && !full {
		a.out.note("distinct_full", c.Path, "the limit of distinct values is reached; further ones do not count")
	}
	return true
}

// overflows notes that a count would leave the range of numbers: nothing is counted. The event that asks for it is refused where
// that could be foreseen (Processor.outOfRange).
func (a *applier) overflows(c *Counter) {
	a.out.overflow = c.Path
	a.out.note("overflow", c.Path, overflowing)
}

const overflowing = "with this the sum would be more than can be counted: it was left out"

// large is what a count, or a number of an event, may have before it is looked whether an event would take a sum out of the range
// of numbers. It leaves room for amounts that are a multiple of what the event says.
const large = 1_000_000_000 * decimal.One

func isLarge(v decimal.Decimal) bool { return v > large || v < -large }

// outOfRange reports whether an event would take a count out of the range of numbers, and which. It is asked of large numbers
// only: of the event, of what the ruleset computes of it, or of what was counted.
func (p *Processor) outOfRange(e *event.Event, v Version, r *reversal) *Refusal {
	large := func(f event.Value) bool { return f.Kind == event.Number && isLarge(f.Number()) }
	asked := r != nil && r.command == commandAmend || p.mergesLarge(e) || slices.ContainsFunc(e.Fields, large)
	m := p.subjects.Member(e.Member)
	if !asked && (m == nil || !m.large) && !p.subjects.large && !p.computesLarge(e, m, v.Rules) {
		return nil
	}
	again := *e // applying an event changes it
	out := p.imagine(&again, v, r, nil)
	path := cmp.Or(out.overflow, out.uncounted)
	if path == "" {
		return nil
	}
	return &Refusal{Code: CodeOverflow, Message: "with this " + path + " would be more than can be counted"}
}

// mergesLarge reports whether an event merges a member of whom a count is large.
func (p *Processor) mergesLarge(e *event.Event) bool {
	from := fromOf(e)
	if from == "" {
		return false
	}
	m := p.subjects.see(from)
	return m != nil && m.large
}

// computesLarge reports whether a counter adds a large number that it computes of an event, whatever its conditions say. A plain
// number of the event needs no such look.
func (p *Processor) computesLarge(e *event.Event, m *Member, rules *Ruleset) bool {
	t := rules.EventType(e.Type)
	if t == nil || len(t.computed) == 0 {
		return false
	}
	if rules != p.current() {
		return true // the member is kept by another schema
	}
	if m == nil {
		m = &Member{ID: e.Member, Joined: e.Time}
		m.align(rules)
	}
	p.probe.Reset(rules, e, m)
	p.probe.subjects, p.probe.spent = p.subjects, [2]int{}
	for _, f := range t.computed {
		v := f.Value(&p.probe)
		err := p.probe.Failed()
		if err == nil {
			var d decimal.Decimal
			if d, err = v.Decimal(); isLarge(d) {
				return true
			}
		}
		if errors.Is(err, decimal.ErrOverflow) {
			return true
		}
	}
	return false
}

// foldCounter counts for the member, a group or everyone, and brings badges, tiers and boards up to date.
func (a *applier) foldCounter(c *Counter, con challenges.Contribution, group, split string) {
	key := c.periodKey(a.facts.calendar, con.At)
	if c.By != ByMember {
		a.foldGroup(c, con, key, group, split)
		return
	}
	count := a.m.needCount(CountID{Name: c.Name, Split: split})
	t := count.need(key)
	before, at := t.Value, t.At
	known := t.Count > 0
	if !a.tally(c, &t.Tally, con) {
		return
	}
	if known && before == t.Value && at == t.At {
		return // nothing that anyone looks at has changed
	}
	for _, b := range c.leaderboards {
		a.score(b, key, split, a.m.ID, &t.Tally)
	}
	for _, b := range c.badges {
		a.levels(b, c, &t.Tally)
	}
	a.gained(c, con.At, t.Value-before)
	a.forgetPeriods(c, count)
}

// foldGroup counts for a group or everyone. Boards on such a counter rank the groups.
func (a *applier) foldGroup(c *Counter, con challenges.Contribution, key calendar.Key, group, split string) {
	var before challenges.Tally
	id := CountID{Name: c.Name, Split: split, Group: group}
	if mine := a.m.countOf(id).period(key); mine != nil {
		before = mine.Tally
	}
	mine := a.foldShare(c, con, id, key, c.reread())
	g := a.awarding.group(a, id)
	if mine == nil || g == nil {
		return
	}
	t := g.Count.need(key)
	if !a.tallyGroup(c, &t.Tally, con, &before, &mine.Tally) {
		return
	}
	a.subjects.touchGroup(g, a.seq)
	a.subjects.large = a.subjects.large || isLarge(t.Value)
	for _, b := range c.leaderboards {
		if b.Average {
			a.scoreAverage(b, g, before, mine.Tally, key, group, split)
		} else {
			a.score(b, key, split, group, &t.Tally)
		}
	}
	a.forgetPeriods(c, a.m.countOf(id))
	a.forgetPeriods(c, &g.Count)
}

// tallyGroup counts for a group, or for everyone, what its member brought. Under at_most that is what counts of the member's
// own events, so that a group's sum changes by what the member's share did.
func (a *applier) tallyGroup(c *Counter, t *challenges.Tally, con challenges.Contribution, before, after *challenges.Tally) bool {
	if c.AtMost.N == 0 {
		return a.tally(c, t, con)
	}
	if err := t.Exchange(before, after); err != nil {
		a.overflows(c)
		return false
	}
	return true
}

// foldShare counts what the member brought to a group: a group keeps the sum, its members keep their shares, so that a
// reversal can take one out (semantics: Bounds on state). indexed shares can be found from the group.
func (a *applier) foldShare(c *Counter, con challenges.Contribution, id CountID, key calendar.Key, indexed bool) *PeriodTally {
	mine := a.m.needCount(id).need(key)
	if mine.Count == 0 && indexed {
		a.out.shares = append(a.out.shares, share{count: id, window: key, member: a.m.ID})
	}
	if !a.tally(c, &mine.Tally, con) {
		return nil
	}
	return mine
}

// reread reports whether a group's value can depend on which of its members' shares is the greatest, or the last.
func (c *Counter) reread() bool { return c.Fold != challenges.Add || len(c.leaderboards) > 0 }

// levels gives every level of a badge that a count has reached, lowest first.
func (a *applier) levels(b *Badge, c *Counter, t *challenges.Tally) {
	if c.Last.IsZero() {
		a.levelsMet(b, c.Fold, t, a.event)
		return
	}
	cal, count := a.facts.calendar, a.m.count(c.Name)
	rolled := c.rolled(count, cal, a.event.Time)
	a.levelsMet(b, c.Fold, &rolled, a.event)
	// A late event counts in what was rolled up after it, too.
	mine := c.periodKey(cal, a.event.Time)
	for i := range count.Periods {
		key, at := count.Periods[i].Key, count.Periods[i].At
		if !c.Last.IsExact() { // the label may be that of a zone further east, which the member has left
			at = min(max(at, cal.Start(calendar.Day, key)), max(at, a.now))
		}
		if key <= mine || c.periodKey(cal, cal.WindowStart(at, c.Last)) > mine {
			continue
		}
		later := *a.event
		later.Time = at
		rolled := c.rolled(count, cal, at)
		a.levelsMet(b, c.Fold, &rolled, &later)
	}
}

// levelsMet gives the levels that a tally reaches, as of an event's time.
func (a *applier) levelsMet(b *Badge, fold challenges.Fold, t *challenges.Tally, e *event.Event) {
	for _, level := range b.Levels {
		if t.Reached(fold, level.At) {
			a.earnBadge(b, level.Name, b.Source, e)
		}
	}
}

// forgetPeriods drops periods that no event can reach any more and nothing reads.
func (a *applier) forgetPeriods(c *Counter, count *Count) {
	if !a.forgets || c.Every == calendar.Always && c.Last.IsZero() || len(count.Periods) < 2 {
		return
	}
	oldest := a.oldestPeriod(c)
	i := 0
	for i < len(count.Periods)-1 && count.Periods[i].Key < oldest && a.seasonsOver(c, count.Periods[i].Key) {
		i++
	}
	if i > 0 {
		count.Periods = slices.Delete(count.Periods, 0, i)
		count.sums.forget(i)
	}
}

// oldestPeriod is the first period of a counter that an event can still reach.
func (a *applier) oldestPeriod(c *Counter) calendar.Key {
	horizon, cal := a.current.Calendar.Before(a.now, a.current.Late), a.current.lastCalendar()
	if !c.Last.IsZero() {
		horizon = cal.WindowStart(horizon, c.Last)
	}
	return c.periodKey(cal, horizon)
}

// foldStreak counts an event for a streak's period, and when that qualifies the period, finds the goals its run reached.
func (a *applier) foldStreak(s *Streak, con challenges.Contribution) {
	cal := a.facts.calendar
	key := cal.Key(s.Run.Every, con.At)
	if s.Run.Every == calendar.Day && !s.Run.Counts(cal.FirstDate(calendar.Day, key).Weekday()) {
		return
	}
	rec := a.m.needStreak(s.Key)
	if s.OptIn && (rec.Joined == 0 || con.At < rec.Joined) {
		if s.hiddenFrom(rec) {
			a.trace.not(a.event.ID, s.Path, s.Position, NotJoined, "")
			return
		}
		a.stopped(s.Path, s.Position, NotJoined)
		return
	}
	count := a.m.needCount(CountID{Name: s.Counter.Name})
	t := count.need(key)
	if !a.tally(s.Counter, &t.Tally, con) {
		return
	}
	reached := t.Reached(s.Counter.Fold, s.Run.AtLeast)
	a.forgetPeriods(s.Counter, count)
	var qualified bool
	if !reached { // a negative contribution may have taken back what qualified the period; goals paid stay paid
		if rec.Spans, qualified = challenges.Disqualify(rec.Spans, key); qualified {
			s.Run.Remember(cal, a.m.history(rec), key)
			a.out.replace(a.streakEffect(s, rec))
		}
		return
	}
	rec.Spans, qualified = challenges.Qualify(rec.Spans, key)
	if s.Run.Remember(cal, a.m.history(rec), key); !qualified {
		return
	}
	a.streakGoals(s, rec, key)
	a.out.replace(a.streakEffect(s, rec))
	if a.forgets {
		rec.forget(&s.Run, cal)
	}
}

// hiddenFrom reports whether a member is not to be told of the streak: it is hidden, and none of its goals was reached.
func (s *Streak) hiddenFrom(rec *StreakRecord) bool {
	return s.Hidden && (rec == nil || len(rec.Paid) == 0)
}

// maxSpans bounds what a streak remembers; older runs live on in Longest alone.
const maxSpans = 256

// forget drops the oldest spans and marks beyond the bound.
func (r *StreakRecord) forget(s *challenges.Streak, cal calendar.Calendar) {
	if len(r.Spans) <= maxSpans {
		return
	}
	s.Forget(cal, &r.History, len(r.Spans)-len(r.Spans)/2)
	first := r.Spans[0].First
	r.Paid = slices.DeleteFunc(r.Paid, func(p PaidMark) bool { return p.In < first })
}

// streakEffect tells where a streak stands now, and remembers when it breaks.
func (a *applier) streakEffect(s *Streak, rec *StreakRecord) Effect {
	st := s.Run.At(a.current.CalendarOf(a.m), a.m.history(rec), a.now)
	rec.Breaks = st.BreaksAt
	return Effect{Kind: StreakEffect, ID: s.ID, Length: st.Length, Longest: st.Longest, State: string(st.State),
		AtRiskAt: st.AtRiskAt, BreaksAt: st.BreaksAt, Hidden: s.hiddenFrom(rec)}
}
