package engine

import (
	"iter"
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/engine/integer"
)

// The questions a member's state answers. Each takes an instant not before the member's last event and counts the time
// since then, whether or not a job has run.

// ChallengeStanding is where a member is in a challenge, in the window that an instant lies in.
type ChallengeStanding struct {
	Progress decimal.Decimal
	Shown    decimal.Decimal // capped at the last goal
	Goal     decimal.Decimal // the next goal, or the last one when all are reached
	Done     bool            // all goals of this window are reached
	Times    int             // completions, over all windows
	Enrolled bool            // true as well where nobody needs to join
	Open     bool            // the window is open for this member
	Start    calendar.Instant
	End      calendar.Instant // calendar.Forever without an end
	Reached  []string         // ids of the goals reached in this window
	Steps    []string         // ids of the steps done
	Group    string
	Mine     decimal.Decimal // what the member brought to the group
}

// Count is a counter's fold in the period of an instant, as far as it is the member's own; what a group or everyone brought
// is in their Group.
func (m *Member) Count(rules *Ruleset, c *Counter, at calendar.Instant) decimal.Decimal {
	if c.By != ByMember {
		return 0
	}
	return c.value(m.count(c.Name), rules.CalendarOf(m), at)
}

// value is a count's fold in the period, or in the rolling time, of an instant.
func (c *Counter) value(count *Count, cal calendar.Calendar, at calendar.Instant) decimal.Decimal {
	switch {
	case c.Last.IsZero():
		if t := count.period(cal.Key(c.Every, at)); t != nil {
			return t.Value
		}
		return 0
	case c.Fold == challenges.Add:
		first, last := c.covered(cal, at)
		return count.sum(first, last)
	default:
		return c.rolled(count, cal, at).Value
	}
}

// rolling are the days of a rolling counter that lie in its window at an instant.
func (c *Counter) rolling(count *Count, cal calendar.Calendar, at calendar.Instant) iter.Seq[*challenges.Tally] {
	return func(yield func(*challenges.Tally) bool) {
		if count == nil {
			return
		}
		first, last := c.covered(cal, at)
		for i := count.from(first); i < len(count.Periods) && count.Periods[i].Key <= last; i++ {
			if !yield(&count.Periods[i].Tally) {
				return
			}
		}
	}
}

// rolled merges those days.
func (c *Counter) rolled(count *Count, cal calendar.Calendar, at calendar.Instant) challenges.Tally {
	var sum challenges.Tally
	for t := range c.rolling(count, cal, at) {
		_ = sum.Merge(c.Fold, t)
	}
	return sum
}

// covered are the first and the last period of which a counter tells at an instant.
func (c *Counter) covered(cal calendar.Calendar, at calendar.Instant) (first, last calendar.Key) {
	if c.Last.IsZero() {
		key := cal.Key(c.Every, at)
		return key, key
	}
	return c.periodKey(cal, cal.WindowStart(at, c.Last)), c.periodKey(cal, at)
}

// groupOf is the value of the member's field by which a counter counts; "" for everyone, and where there is none.
func (m *Member) groupOf(c *Counter) string {
	if c.By != ByField || c.ByField == nil {
		return ""
	}
	// The slots of the profile are those of the ruleset that decided last.
	if f := m.schema.Field(c.ByField.Name); f != nil {
		return m.Profile[f.Slot].Key()
	}
	return ""
}

// CountOf is the count of the counter that a member looks at: the member's own, that of the member's group, or everyone's, for
// which the member may be nil.
func (c *Counter) CountOf(m *Member) CountID {
	id := CountID{Name: c.Name}
	if c.By == ByField {
		id.Group = m.groupOf(c)
	}
	return id
}

// StreakAt is where a streak stands.
func (m *Member) StreakAt(rules *Ruleset, s *Streak, at calendar.Instant) challenges.Standing {
	rec := m.streak(s.Key)
	if rec == nil {
		return challenges.Standing{State: challenges.StreakNone}
	}
	return s.Run.At(rules.CalendarOf(m), m.history(rec), at)
}

// StreakPeriods are the last n periods of a streak up to an instant, for a calendar.
func (m *Member) StreakPeriods(rules *Ruleset, s *Streak, at calendar.Instant, n int) []StreakPeriod {
	rec := m.streak(s.Key)
	if rec == nil {
		rec = &StreakRecord{}
	}
	cal := rules.CalendarOf(m)
	list := make([]StreakPeriod, n)
	for i, p := range s.Run.Periods(cal, m.history(rec), at, n) {
		list[i] = StreakPeriod{cal.Label(s.Run.Every, p.Key), p.State}
	}
	return list
}

// StreakPeriod is one period of a streak, as JSON.
type StreakPeriod struct {
	Period string                 `json:"period"` // its label: a day, a week, a month
	State  challenges.PeriodState `json:"state"`
}

// Level is the name of the member's level of a tier, "" below the lowest.
func (m *Member) Level(rules *Ruleset, t *Tier, at calendar.Instant) string {
	state, _ := m.tierState(rules, t, at)
	return t.name(state.Level)
}

// TierStanding is where a member is in a tier.
type TierStanding struct {
	Name  string
	Next  string // the level above, "" on the highest
	Since calendar.Instant
	// Metrics are the tier's counts; for a tier on one count, Needed is what the next level asks of it and Keeps what the
	// present one does.
	Metrics []decimal.Decimal
	Needed  decimal.Decimal
	Keeps   decimal.Decimal
	// Until is when the level falls unless more is done, calendar.Forever when it does not.
	Until calendar.Instant
}

// tierState is the member's place on a tier's ladder, falls by time included.
func (m *Member) tierState(rules *Ruleset, t *Tier, at calendar.Instant) (*challenges.TierState, *tierMetrics) {
	cal, metrics := rules.CalendarOf(m), &tierMetrics{rules: rules, member: m, tier: t}
	state := challenges.NewTierState(m.Joined)
	if rec := m.tier(t.Key); rec != nil {
		state = rec.Clone()
	} else {
		t.Ladder.Rise(cal, &state, metrics, m.Joined, nil)
	}
	t.Ladder.Settle(cal, &state, metrics, at, nil)
	return &state, metrics
}

// TierAt is where the member is in a tier.
func (m *Member) TierAt(rules *Ruleset, t *Tier, at calendar.Instant) TierStanding {
	return m.tierHeld(rules, t, at, at)
}

// tierHeld is TierAt where nothing has fallen since an earlier instant.
func (m *Member) tierHeld(rules *Ruleset, t *Tier, at, taken calendar.Instant) TierStanding {
	state, metrics := m.tierState(rules, t, taken)
	s := TierStanding{Name: t.name(state.Level), Next: t.name(state.Level + 1), Since: state.Reached}
	for i := range t.Counters {
		s.Metrics = append(s.Metrics, metrics.Metric(i, at))
	}
	if len(t.Counters) == 1 {
		s.Needed, s.Keeps = t.threshold(state.Level+1), t.threshold(state.Level)
	}
	s.Until = t.Ladder.FallsAt(rules.CalendarOf(m), state, metrics)
	return s
}

// threshold is what a level of a tier on one count asks for.
func (t *Tier) threshold(level int) decimal.Decimal {
	if level < 0 || level >= len(t.Ladder.Levels) || len(t.Ladder.Levels[level].All) != 1 {
		return 0
	}
	return t.Ladder.Levels[level].All[0].At
}

// Threshold is what a level of the tier asks for; single is false where it asks for several things, or for one of several.
func (t *Tier) Threshold(level int) (at decimal.Decimal, single bool) {
	l := &t.Ladder.Levels[level]
	return t.threshold(level), len(l.All) == 1 && len(t.Counters) == 1
}

// tierMetrics gives a tier's counts for one member.
type tierMetrics struct {
	rules  *Ruleset
	member *Member
	tier   *Tier
	// without are gains that have not happened yet: the last of those that it had when it was first asked.
	without []TierGain
	missing missingGains // their sums, once they were asked for
	counts  [2]*Count    // of the first counters, once they were asked for
}

// count is the member's count of a counter of the tier, nil where nothing was counted.
func (t *tierMetrics) count(i int) *Count {
	if i >= len(t.counts) {
		return t.member.count(t.tier.Counters[i].Name)
	}
	if t.counts[i] == nil {
		t.counts[i] = t.member.count(t.tier.Counters[i].Name)
	}
	return t.counts[i]
}

func (t *tierMetrics) Metric(i int, at calendar.Instant) decimal.Decimal {
	c := t.tier.Counters[i]
	cal := t.rules.CalendarOf(t.member)
	value := c.value(t.count(i), cal, at)
	if len(t.without) == 0 {
		return value
	}
	first, last := c.covered(cal, at)
	t.missing.follow(t, cal)
	for _, s := range t.missing.sums {
		if s.counter == i && first <= s.key && s.key <= last {
			value -= s.value
		}
	}
	return value
}

// missingGains adds up gains by the periods in which they count, so that going through the gains one after another does not go
// through all of the rest for each.
type missingGains struct {
	sums []missingGain // by period
	all  []TierGain    // when they were added up
	left int           // how many of the last of them are still missing
}

type missingGain struct {
	counter int
	key     calendar.Key
	value   decimal.Decimal
	gains   int
}

// follow brings the sums to what is missing now.
func (m *missingGains) follow(t *tierMetrics, cal calendar.Calendar) {
	if m.all == nil {
		m.all, m.left = t.without, len(t.without)
		for i := range m.all {
			m.add(t, cal, &m.all[i])
		}
		return
	}
	for ; m.left > len(t.without); m.left-- {
		m.drop(t, cal, &m.all[len(m.all)-m.left])
	}
}

func (m *missingGains) add(t *tierMetrics, cal calendar.Calendar, g *TierGain) {
	if g.Level != challenges.NoLevel {
		return
	}
	key := t.tier.Counters[g.Counter].periodKey(cal, g.At)
	for i := len(m.sums) - 1; i >= 0 && m.sums[i].key >= key; i-- {
		if s := &m.sums[i]; s.key == key && s.counter == g.Counter {
			s.value += g.Value
			s.gains++
			return
		}
	}
	m.sums = append(m.sums, missingGain{g.Counter, key, g.Value, 1})
}

// drop takes one of the earliest gains out.
func (m *missingGains) drop(t *tierMetrics, cal calendar.Calendar, g *TierGain) {
	if g.Level != challenges.NoLevel {
		return
	}
	key := t.tier.Counters[g.Counter].periodKey(cal, g.At)
	for i := range m.sums {
		if s := &m.sums[i]; s.key == key && s.counter == g.Counter && s.gains > 0 {
			s.value -= g.Value
			s.gains--
			break
		}
	}
	for len(m.sums) > 0 && m.sums[0].gains == 0 {
		m.sums = m.sums[1:]
	}
}

// Falls is the first instant after one at which a period ends or a day leaves a rolling window.
func (t *tierMetrics) Falls(after calendar.Instant) calendar.Instant {
	cal := t.rules.CalendarOf(t.member)
	next := calendar.Forever
	for i, c := range t.tier.Counters {
		count := t.count(i)
		if count == nil {
			continue
		}
		switch {
		case !c.Last.IsZero():
			next = min(next, leaves(cal, c, count, after))
		case c.Every != calendar.Always:
			if key := cal.Key(c.Every, after); count.period(key) != nil {
				next = min(next, cal.End(c.Every, key))
			}
		}
	}
	return next
}

// OnlyFalls reports whether nothing but the fall of rolling sums can change the counts after an instant.
func (t *tierMetrics) OnlyFalls(after calendar.Instant) bool {
	if len(t.without) > 0 {
		return false
	}
	cal := t.rules.CalendarOf(t.member)
	for i, c := range t.tier.Counters {
		count := t.count(i)
		if c.Last.IsZero() || c.Fold != challenges.Add || count != nil && !count.onlyFalls(c.periodKey(cal, after)) {
			return false
		}
	}
	return true
}

// Periodic reports whether a counter counts in calendar periods.
func (t *tierMetrics) Periodic() bool {
	return slices.ContainsFunc(t.tier.Counters, func(c *Counter) bool { return c.Every != calendar.Always })
}

// Since is how much came after an instant: of sums what was counted since, of other folds by whole days after it.
func (t *tierMetrics) Since(i int, came decimal.Decimal, since, at calendar.Instant) decimal.Decimal {
	c, cal := t.tier.Counters[i], t.rules.CalendarOf(t.member)
	switch {
	case c.Last.IsZero():
		return 0
	case cal.WindowStart(at, c.Last) > since:
		return t.Metric(i, at)
	case c.Fold == challenges.Add:
		return came
	}
	var after challenges.Tally
	if count := t.member.count(c.Name); count != nil {
		first, last := c.periodKey(cal, since), c.periodKey(cal, at)
		for i := range count.Periods {
			if k := count.Periods[i].Key; k > first && k <= last {
				_ = after.Merge(c.Fold, &count.Periods[i].Tally)
			}
		}
	}
	return after.Value
}

// Turned reports whether a counter's calendar period ended between two instants.
func (t *tierMetrics) Turned(since, at calendar.Instant) bool {
	cal := t.rules.CalendarOf(t.member)
	return slices.ContainsFunc(t.tier.Counters, func(c *Counter) bool {
		return c.Every != calendar.Always && cal.Key(c.Every, since) != cal.Key(c.Every, at)
	})
}

// leaves is the first instant after one at which a counted day (or moment) leaves the rolling window.
func leaves(cal calendar.Calendar, c *Counter, count *Count, after calendar.Instant) calendar.Instant {
	first := c.periodKey(cal, cal.WindowStart(after, c.Last))
	if i := count.from(first); i < len(count.Periods) {
		if c.Last.IsExact() {
			return cal.After(calendar.Instant(count.Periods[i].Key), c.Last) + 1
		}
		day := integer.Exact[calendar.Date](count.Periods[i].Key)
		at := cal.After(cal.Zone.Start(day), c.Last)
		for date := cal.Zone.Date(at).AddDays(-2); ; date = date.AddDays(1) {
			if start := cal.Zone.Start(date); start > after && c.periodKey(cal, cal.WindowStart(start, c.Last)) > count.Periods[i].Key {
				return start
			}
		}
	}
	return calendar.Forever
}

// ChallengeAt is where the member is in a challenge. For a group's challenge Progress is the member's own part; the
// group's is GroupProgress.
func (m *Member) ChallengeAt(rules *Ruleset, c *Challenge, at calendar.Instant) ChallengeStanding {
	cal := rules.CalendarOf(m)
	rec := m.challenge(c.Key)
	w := m.window(c, rec, cal, at)
	s := ChallengeStanding{Open: w.open, Start: w.start, End: w.end, Enrolled: !c.OptIn}
	if rec != nil {
		s.Times, s.Enrolled = rec.Times, s.Enrolled || rec.Enrolled != 0
	}
	window, group := m.challengeWindow(c, rec, w)
	s.Group = group
	next, last := c.goals(window)
	s.Goal = next
	if window != nil {
		for _, g := range window.Goals {
			if !g.Step {
				s.Reached = append(s.Reached, g.ID)
			}
		}
		for _, step := range c.Steps {
			if window.step(step.ID) != nil {
				s.Steps = append(s.Steps, step.ID)
			}
		}
		s.Done = len(s.Reached) >= len(c.Goals)
	}
	switch {
	case len(c.Steps) > 0:
		s.Progress = stepsDone(c, window)
	case c.Counter.By == ByMember:
		if t := m.count(c.Counter.Name).period(w.key); t != nil {
			s.Progress = c.towards(t.Value, last)
		}
	default:
		if t := m.countOf(CountID{Name: c.Counter.Name, Group: group}).period(w.key); t != nil {
			s.Mine = t.Value
		}
	}
	s.Shown = c.shown(s.Progress, last)
	return s
}

// challengeWindow finds the record of a window, and for a group's challenge the group the member is in or last was in.
func (m *Member) challengeWindow(c *Challenge, rec *ChallengeRecord, w challengeWindow) (*ChallengeWindow, string) {
	if c.Counter == nil || c.Counter.By == ByMember {
		return rec.window(w.key, ""), ""
	}
	group := m.groupOf(c.Counter)
	return rec.window(w.key, group), group
}

// GroupValue is the value of a group's or everyone's counter in the period of an instant.
func (g *Group) GroupValue(c *Counter, key calendar.Key) decimal.Decimal {
	if t := g.Count.period(key); t != nil {
		return t.Value
	}
	return 0
}

// WindowKey is the period key of a challenge's window at an instant for the member.
func (m *Member) WindowKey(rules *Ruleset, c *Challenge, at calendar.Instant) calendar.Key {
	return m.window(c, m.challenge(c.Key), rules.CalendarOf(m), at).key
}

// Fields are the declared fields of the profile that have a value, as JSON values.
func (m *Member) Fields() map[string]any {
	fields := map[string]any{}
	for i, v := range m.Profile {
		if v.Kind != event.Absent {
			fields[m.schema.Fields[i].Name] = v.JSON()
		}
	}
	return fields
}
