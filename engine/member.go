package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Member is the state of one member: what its events have made of it so far. Questions about it take an instant; time
// that no event has recorded yet is taken into account in the answer.
type Member struct {
	ID      string
	Version uint64 // seq of the last event that changed it
	Joined  calendar.Instant
	Name    string
	Zone    *calendar.Zone // nil: the program's
	Travel  Travel
	Profile []event.Value // declared fields by slot of the ruleset's member schema
	Was     []Was         // what changed of it within the late window, by instant
	// Undeclared are values of fields that the present ruleset does not declare (any more).
	Undeclared []event.NamedValue

	Seen       []EventStats
	Accounts   []*Account
	Counts     []*Count
	Streaks    []*StreakRecord
	Challenges []*ChallengeRecord
	Badges     []BadgeRecord
	Tiers      []*TierRecord
	Uses       []UsePeriod  // of the limits that count this member alone
	Rewards    []RewardHeld // that can be used
	Lapsed     []RewardHeld // that expired within the late window, in order
	Claims     []*Claim     // the last ones, oldest first
	Timers     []TimerMark
	// Live is until when what happened was imported, and starts no timer: calendar.Forever while nothing came after it.
	Live     calendar.Instant
	Notified uint64   // how many messages there have been about the member (Outcome.Notifications)
	Events   int      // how many were accepted, commands among them: a snapshot is kept every SnapshotEvery
	Into     string   // the member that this one was merged into, which is all that is known of it then
	Merged   []string // ids of those that were merged into this one, and into those
	Moved    int      // number of the version whose time zone data the ends of streaks were last set by, 0 for the first

	// Due is the next instant at which time alone changes this state.
	Due calendar.Instant
	// indexed is the instant by which others know that the member is due (dueMoves).
	indexed calendar.Instant
	dirty   bool
	used    bool              // lately (Subjects.cool)
	handed  bool              // to who writes it down (Batch.members), and not to be changed
	large   bool              // a count is
	lapses  calendar.Instant  // when the first reward does; 0 while that is not known
	pinned  int               // how many claims are uses that are not confirmed
	excused []challenges.Span // dates of Travel
	// schema is the one whose slots Profile has, zones the data that Zone is of.
	schema *event.Schema
	zones  *calendar.Zones
}

// EventStats are what is known of a member's events of one type: how many were accepted, the first and the last by event time.
type EventStats struct {
	Type string
	// Of are the points that an event of Laurel's own was about, where points may expire after the last one about them; ""
	// for all events of the type.
	Of          string
	Count       int
	First, Last calendar.Instant
	// Recent are instants within the late window, where points expire soon after events of this type.
	Recent []calendar.Instant
}

// CountID names a count: its counter, and the split value and the group that it is kept for, where there is one for each.
// Everyone's has none.
type CountID struct {
	Name  string // of the counter
	Split string
	Group string
}

func (id CountID) compare(other CountID) int {
	return cmp.Or(strings.Compare(id.Name, other.Name), strings.Compare(id.Split, other.Split), strings.Compare(id.Group, other.Group))
}

// Count is a counter's state of one subject.
type Count struct {
	CountID
	Periods []PeriodTally // ascending
	sums    runningSums
}

// PeriodTally is the fold of one period of a counter, or of one day of a rolling counter.
type PeriodTally struct {
	Key calendar.Key
	challenges.Tally
}

// StreakRecord is a member's streak.
type StreakRecord struct {
	ID string
	challenges.History
	Paid   []PaidMark
	Joined calendar.Instant // opt-in
	Breaks calendar.Instant // when the running run breaks by time alone; 0: it does not run
}

// ChallengeRecord is a member's part in a challenge.
type ChallengeRecord struct {
	ID       string
	Enrolled calendar.Instant // since when it counts; 0: not enrolled
	Began    calendar.Instant // from when the challenge's within counts: the first enrolment, or with retry the last
	Joins    int              // how often the member has joined
	Times    int              // completions, over all windows
	Windows  []ChallengeWindow
	Parts    []Brought // of the late window, by (time, id), where it needs something or is needed
}

// ChallengeWindow is one window of a challenge: the goals reached in it.
type ChallengeWindow struct {
	Key   calendar.Key
	Group string // of the group challenge, else ""
	Goals []GoalMark
}

// GoalMark is a goal or step reached, how often, and when the first and the last time was, by event time.
type GoalMark struct {
	ID    string
	Step  bool // it is a step's
	Times int
	First calendar.Instant
	At    calendar.Instant
}

// BadgeRecord is a badge held.
type BadgeRecord struct {
	ID    string
	Level string
	At    calendar.Instant
}

// Usage is how much of a shared limit has been used: a subject of its own, named by the limit and what it counts by.
type Usage struct {
	Key     string
	Version uint64
	Periods []UsePeriod
	Held    []HeldUsage // of open claims
	dirty   bool
}

// HeldUsage is a use that ends by itself with the hold of a claim, unless that is confirmed before.
type HeldUsage struct {
	UsePeriod
	Until calendar.Instant
}

// UsePeriod is the use of a limit in one period, or at one instant for a rolling limit. A member has many, which is why
// the limit is told by a hash of its Key and not by the Key itself.
type UsePeriod struct {
	Limit uint64
	Key   calendar.Key
	Used  decimal.Decimal
}

// seen finds what is known of events of a type, nil when there were none.
func (m *Member) seen(eventType string) *EventStats { return m.seenOf(eventType, "") }

// seenOf finds what is known of events of a type about some points.
func (m *Member) seenOf(eventType, points string) *EventStats {
	for i := range m.Seen {
		if s := &m.Seen[i]; s.Type == eventType && s.Of == points {
			return s
		}
	}
	return nil
}

// lastFor finds the events of a type after the last of which some points expire: those about these points, where Laurel's own
// events are about points.
func (m *Member) lastFor(eventType, points string) *EventStats {
	if _, about := pointsField[eventType]; !about {
		points = ""
	}
	return m.seenOf(eventType, points)
}

// hasSent reports whether the member has sent any event; those of Laurel's own do not count.
func (m *Member) hasSent(rules *Ruleset) bool {
	return slices.ContainsFunc(m.Seen, func(s EventStats) bool {
		t := rules.EventType(s.Type)
		return t == nil || !t.Builtin
	})
}

// note records an accepted event of a type, and of what points it was about.
func (m *Member) note(eventType, about string, at calendar.Instant) {
	if about != "" {
		m.note(eventType, "", at)
	}
	if s := m.seenOf(eventType, about); s != nil {
		s.Count++
		s.First, s.Last = min(s.First, at), max(s.Last, at)
		return
	}
	m.Seen = append(m.Seen, EventStats{Type: eventType, Of: about, Count: 1, First: at, Last: at})
}

// count finds the member's own count of a counter by name, nil when nothing was counted yet.
func (m *Member) count(name string) *Count { return m.countOf(CountID{Name: name}) }

// countOf finds a count, nil when nothing was counted yet.
func (m *Member) countOf(id CountID) *Count {
	i, ok := slices.BinarySearchFunc(m.Counts, id, compareCount)
	if !ok {
		return nil
	}
	return m.Counts[i]
}

// needCount finds or opens a count.
func (m *Member) needCount(id CountID) *Count {
	i, ok := slices.BinarySearchFunc(m.Counts, id, compareCount)
	if !ok {
		m.Counts = slices.Insert(m.Counts, i, &Count{CountID: id})
	}
	return m.Counts[i]
}

func compareCount(c *Count, id CountID) int { return c.compare(id) }

// period finds the tally of a period, nil when there is none.
func (c *Count) period(k calendar.Key) *PeriodTally {
	if c == nil {
		return nil
	}
	for i := len(c.Periods) - 1; i >= 0 && c.Periods[i].Key >= k; i-- {
		if c.Periods[i].Key == k {
			return &c.Periods[i]
		}
	}
	return nil
}

// need finds or opens the tally of a period, to be changed.
func (c *Count) need(k calendar.Key) *PeriodTally {
	i := len(c.Periods)
	for i > 0 && c.Periods[i-1].Key > k {
		i--
	}
	if i > 0 && c.Periods[i-1].Key == k {
		c.sums.upTo(c.Periods, i-1)
		return &c.Periods[i-1]
	}
	c.sums.upTo(c.Periods, i)
	c.Periods = slices.Insert(c.Periods, i, PeriodTally{Key: k})
	return &c.Periods[i]
}

func (m *Member) badge(id string) *BadgeRecord {
	for i := range m.Badges {
		if m.Badges[i].ID == id {
			return &m.Badges[i]
		}
	}
	return nil
}

func (m *Member) tier(id string) *TierRecord {
	for _, t := range m.Tiers {
		if t.ID == id {
			return t
		}
	}
	return nil
}

func (m *Member) streak(id string) *StreakRecord {
	for _, s := range m.Streaks {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func (m *Member) needStreak(id string) *StreakRecord {
	if s := m.streak(id); s != nil {
		return s
	}
	s := &StreakRecord{ID: id}
	m.Streaks = append(m.Streaks, s)
	return s
}

func (m *Member) challenge(id string) *ChallengeRecord {
	for _, c := range m.Challenges {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (m *Member) needChallenge(id string) *ChallengeRecord {
	if c := m.challenge(id); c != nil {
		return c
	}
	c := &ChallengeRecord{ID: id}
	m.Challenges = append(m.Challenges, c)
	return c
}

func (c *ChallengeRecord) window(k calendar.Key, group string) *ChallengeWindow {
	if c == nil {
		return nil
	}
	for i := len(c.Windows) - 1; i >= 0; i-- {
		if c.Windows[i].Key == k && c.Windows[i].Group == group {
			return &c.Windows[i]
		}
	}
	return nil
}

func (c *ChallengeRecord) needWindow(k calendar.Key, group string) *ChallengeWindow {
	if w := c.window(k, group); w != nil {
		return w
	}
	c.Windows = append(c.Windows, ChallengeWindow{Key: k, Group: group})
	return &c.Windows[len(c.Windows)-1]
}

// goal finds a goal's mark, step that of a step; nil when it was not reached.
func (w *ChallengeWindow) goal(id string) *GoalMark { return w.mark(id, false) }
func (w *ChallengeWindow) step(id string) *GoalMark { return w.mark(id, true) }

func (w *ChallengeWindow) mark(id string, step bool) *GoalMark {
	if w == nil {
		return nil
	}
	for i := range w.Goals {
		if w.Goals[i].ID == id && w.Goals[i].Step == step {
			return &w.Goals[i]
		}
	}
	return nil
}

func (w *ChallengeWindow) needMark(id string, step bool) *GoalMark {
	if g := w.mark(id, step); g != nil {
		return g
	}
	w.Goals = append(w.Goals, GoalMark{ID: id, Step: step})
	return &w.Goals[len(w.Goals)-1]
}

// Group is the state of a group's or everyone's counter, and of what hangs on it.
type Group struct {
	Version uint64
	Count   Count // whose name is the group's
	Goals   []GroupGoal
	Average []AverageTally
	dirty   bool
}

// GroupGoal is a goal that a group reached, for good, in a window.
type GroupGoal struct {
	Window calendar.Key
	Goal   string
	At     calendar.Instant
}

// AverageTally is what the average of a board needs in a season: the sum and number of members with enough contributions.
type AverageTally struct {
	Key     calendar.Key
	Sum     decimal.Decimal
	Members int
}

func (g *Group) reached(window calendar.Key, goal string) bool {
	for i := range g.Goals {
		if g.Goals[i].Window == window && g.Goals[i].Goal == goal {
			return true
		}
	}
	return false
}

func (g *Group) average(k calendar.Key) *AverageTally {
	for i := range g.Average {
		if g.Average[i].Key == k {
			return &g.Average[i]
		}
	}
	g.Average = append(g.Average, AverageTally{Key: k})
	return &g.Average[len(g.Average)-1]
}
