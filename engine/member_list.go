package engine

import (
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Audience is a named condition on members.
type Audience struct {
	ID   string
	Cond Cond
}

// MembersFrom calls yield for the stored members whose ids begin with a text and come after one of them in byte order, with their states,
// until it returns false. States are valid during the call only. Members whom the store does not know yet are among Unwritten.
func MembersFrom(store Store, prefix, after string, yield func(id string, state []byte) bool) error {
	all := subjectRow(memberPrefix, "")
	return store.Scan(all+prefix, scanAfter(all, after), func(key string, state []byte) bool { return yield(restOf(key, all), state) })
}

// Unwritten are the ids, sorted, that begin with a text, of members whose states are on their way to the store.
func (p *Processor) Unwritten(prefix, after string) (ids []string) {
	add := func(list []*Member) {
		for _, m := range list {
			if startsWith(m.ID, prefix) && m.ID > after {
				ids = append(ids, m.ID)
			}
		}
	}
	add(p.subjects.dirtyMembers)
	for _, b := range p.taken {
		add(b.members)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Includes reports whether a member belongs to an audience of the ruleset in force, by its id, at an instant. One whose condition cannot be
// evaluated does not.
func (p *Processor) Includes(audience string, m *Member, at calendar.Instant) bool {
	rules := p.current()
	a := find(rules.Audiences, audience, func(a *Audience) string { return a.ID })
	if a == nil {
		return false
	}
	if m.schema != rules.Member { // there was no event since a new version came in force
		m = rules.ReadMember(encodeMember(m))
	}
	f := &p.probe
	f.spent, f.of = [2]int{}, ofRules
	f.Reset(rules, &event.Event{Member: m.ID, Time: at, Arrived: at}, m)
	f.subjects = p.subjects
	return a.Cond(f) && f.Failed() == nil
}

// StreakState is where a streak of the member stands at an instant, in the words of tests, "" for a streak that there is not.
func (m *Member) StreakState(rules *Ruleset, id string, at calendar.Instant) string {
	s := rules.streak(id)
	if s == nil {
		return ""
	}
	return string(m.StreakAt(rules, s, at).State)
}

// HoldsBadge reports whether the member has a badge, at any level.
func (m *Member) HoldsBadge(id string) bool { return m.badge(id) != nil }

// IdleDays is how many days ago, by the member's calendar, the last event was that somebody sent, or where there was none the day on which
// the member joined.
func (m *Member) IdleDays(rules *Ruleset, at calendar.Instant) int {
	since := m.lastSent(rules)
	if since == 0 {
		since = m.Joined
	}
	zone := rules.CalendarOf(m).Zone
	return int(zone.Date(at) - zone.Date(since))
}
