package engine

import (
	"errors"
	"strconv"
	"time"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Facts is all that a compiled expression may look at: one event and its member as they were before the event. Every
// calendar question is answered for the event's time. It is reused from event to event and never kept.
type Facts struct {
	Rules  *Ruleset
	Event  *event.Event
	Member *Member
	// Item is the stack of list rows that predicates of sum, any, all, none and count look at, outermost first.
	Item [2]Item

	calendar calendar.Calendar // of the program, or of the member with clock: member
	date     calendar.Date
	dated    bool
	err      error
	subjects *Subjects // where groups are found

	// known are the balances that were asked for while rules are planned, when none changes.
	known    []knownBalance
	planning bool

	// spent are the steps that one event of a sender and all that it causes have taken: of rules and gifts, and of what counts.
	// Each has a bound of its own, as what counts is asked again without the rules when a reversal looks back.
	spent [2]int
	of    int // which of them is spent from
}

// MaxSteps bounds what the expressions of a ruleset may do for one event and all that it causes: in rules, boosts and gifts
// together, and in all that counts together. A step is about as much work as a comparison of two fields. What would take more
// gives nothing, is noted once, and ends the asking: a ruleset that somebody has made expensive costs no other program its time.
const MaxSteps = 100_000

// The two that steps are counted for.
const (
	ofRules = iota
	ofCounts
)

// ErrTooMuchWork is why an expression was not evaluated: the event has used up its steps.
var ErrTooMuchWork = errors.New("the event asks for more work than one event may: " + strconv.Itoa(MaxSteps) + " steps")

// Spend counts steps before they are done, and reports whether they may be.
func (f *Facts) Spend(steps int) bool {
	if steps <= MaxSteps-f.spent[f.of] {
		f.spent[f.of] += steps
		return true
	}
	f.spent[f.of] = MaxSteps + 1
	f.Fail(ErrTooMuchWork)
	return false
}

// Steps are those that were spent so far, in rules and in what counts.
func (f *Facts) Steps() (rules, counts int) { return f.spent[ofRules], f.spent[ofCounts] }

// exhausted reports whether nothing more may be asked.
func (f *Facts) exhausted() bool { return f.spent[f.of] > MaxSteps }

// Item is the row of a list that a predicate is asked about.
type Item struct {
	List *event.List
	Row  int
}

// Reset points f at another event and member, at the calendar that decides for them.
func (f *Facts) Reset(rules *Ruleset, event *event.Event, member *Member) {
	*f = Facts{Rules: rules, Event: event, Member: member, calendar: rules.CalendarOf(member), spent: f.spent, of: f.of, known: f.known[:0]}
}

// Fail records an evaluation error, such as decimal.ErrOverflow. The first one stays.
func (f *Facts) Fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// Failed returns the evaluation error left since the last call and clears it.
func (f *Facts) Failed() error {
	err := f.err
	f.err = nil
	return err
}

// Field is the event's value in slot.
func (f *Facts) Field(slot int) event.Value { return f.Event.Fields[slot] }

// Profile is the member's declared field in slot.
func (f *Facts) Profile(slot int) event.Value {
	v := f.Member.Profile[slot]
	if v.Kind == event.Absent && len(f.Member.Was) > 0 && !f.Member.schema.Fields[slot].Optional {
		f.Fail(errNotToldYet)
	}
	return v
}

// errNotToldYet is why nothing is known of a required field: the event is from before the member was made known.
var errNotToldYet = errors.New("the member's profile did not say so yet")

// Calendar is the calendar that decides for this event: the program's, or the member's own.
func (f *Facts) Calendar() calendar.Calendar { return f.calendar }

// Date is the event's local date, `event.date`.
func (f *Facts) Date() calendar.Date {
	if !f.dated {
		f.date, f.dated = f.calendar.Zone.Date(f.Event.Time), true
	}
	return f.date
}

var weekdayNames = [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// Weekday is the event's local weekday in lower case, `event.day`.
func (f *Facts) Weekday() string { return weekdayNames[f.Date().Weekday()] }

// Hour is the event's local hour, 0 to 23, `event.hour`.
func (f *Facts) Hour() int { return int(f.calendar.Zone.Clock(f.Event.Time) / time.Hour) }

// Month is the event's local month, 1 to 12, `event.month`.
func (f *Facts) Month() int {
	_, m, _ := f.Date().Civil()
	return m
}

// IsFirst reports whether this is the first event of its type accepted for the member, `event.is_first`.
func (f *Facts) IsFirst() bool { return f.Member.seen(f.Event.Type) == nil }

// DaysSinceLast is the number of local days since the member's last event of this type, `event.days_since_last`; ok is
// false when there was none. It is never negative: a late event is no day after one that is already known.
func (f *Facts) DaysSinceLast() (days int, ok bool) {
	last := f.Member.seen(f.Event.Type)
	if last == nil {
		return 0, false
	}
	return max(0, int(f.Date()-f.calendar.Zone.Date(last.Last))), true
}

// Balance is what the member can spend of p, `member.points.X`.
func (f *Facts) Balance(p *Points) decimal.Decimal {
	for i := range f.known {
		if f.planning && f.known[i].of == p {
			return f.known[i].spendable
		}
	}
	if acc := f.Member.account(p.ID); acc != nil {
		f.Spend(acc.lots.n)
	}
	spendable := f.Member.spendable(f.Rules, p, f.Event.Time)
	if f.planning {
		f.known = append(f.known, knownBalance{p, spendable})
	}
	return spendable
}

type knownBalance struct {
	of        *Points
	spendable decimal.Decimal
}

// plan says that no balance changes until it is told otherwise.
func (f *Facts) plan(begins bool) { f.planning, f.known = begins, f.known[:0] }

// Level is the member's level of t, "" below the lowest, `member.tier.X`.
func (f *Facts) Level(t *Tier) string {
	if f.planning && f.subjects != nil && f.Rules == f.subjects.rules { // nothing was counted since time was settled
		if rec := f.Member.tier(t.Key); rec != nil && t.Ladder.Settled(f.calendar, &rec.TierState, f.Event.Time) {
			return t.name(rec.Level)
		}
	}
	return f.Member.Level(f.Rules, t, f.Event.Time)
}

// Count is the value of c for the member, the member's group or everyone, `member.counter.X`.
func (f *Facts) Count(c *Counter) decimal.Decimal {
	if c.By != ByMember && f.subjects != nil {
		return c.value(&f.subjects.Group(c.CountOf(f.Member)).Count, f.calendar, f.Event.Time)
	}
	return f.Member.Count(f.Rules, c, f.Event.Time)
}

// StreakLength is the member's current run of s in periods, `member.streak.X`.
func (f *Facts) StreakLength(s *Streak) int {
	return f.Member.StreakAt(f.Rules, s, f.Event.Time).Length
}

// ChallengeProgress is the progress of c in its current window, `member.challenge.X.progress`.
func (f *Facts) ChallengeProgress(c *Challenge) decimal.Decimal {
	return f.Member.ChallengeAt(f.Rules, c, f.Event.Time).Progress
}

// ChallengeDone reports whether all goals of c are reached in its current window, `member.challenge.X.done`.
func (f *Facts) ChallengeDone(c *Challenge) bool {
	return f.Member.ChallengeAt(f.Rules, c, f.Event.Time).Done
}

// ChallengeTimes is how often c was completed, over all windows, `member.challenge.X.times`.
func (f *Facts) ChallengeTimes(c *Challenge) int {
	return f.Member.ChallengeAt(f.Rules, c, f.Event.Time).Times
}

// HasBadge reports whether the member holds b at any level, `member.has_badge.X`.
func (f *Facts) HasBadge(b *Badge) bool { return f.Member.badge(b.ID) != nil }

// RewardCount is how many of r the member holds, `member.rewards.X`.
func (f *Facts) RewardCount(r *Reward) int { return f.Member.RewardCount(r, f.Event.Time) }
