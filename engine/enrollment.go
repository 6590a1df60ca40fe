package engine

import (
	"encoding/json"
	"slices"

	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// commandLeave is a member's own way out of a challenge that they joined.
const commandLeave = "member.leave"

// NewLeave is an event by which a member leaves a challenge that they joined.
func NewLeave(id, member, challenge string) *event.Event {
	return &event.Event{ID: event.Own + "leave/" + id, Kind: event.Command, Type: commandLeave, Member: member, Data: encodeJSON(enrollment{Challenge: challenge})}
}

// Enrollment tells how often the member has joined a challenge, and whether to join now is to ask for one time more.
func (m *Member) Enrollment(rules *Ruleset, c *Challenge, at calendar.Instant) (joins int, again bool) {
	rec := m.challenge(c.Key)
	if rec == nil {
		return 0, true
	}
	return rec.Joins, rec.Enrolled == 0 || m.ranOut(c, rec, rules.CalendarOf(m), at)
}

// triedInVain reports whether the time within which a member had to complete a challenge is over, and its last goal was not
// reached in it.
func (m *Member) triedInVain(c *Challenge, rec *ChallengeRecord, cal calendar.Calendar, at calendar.Instant) bool {
	return m.ranOut(c, rec, cal, at) && !m.completedIn(c, rec, cal, at)
}

// ranOut reports whether the time that began with joining is over.
func (m *Member) ranOut(c *Challenge, rec *ChallengeRecord, cal calendar.Calendar, at calendar.Instant) bool {
	if c.Within.IsZero() || rec.Began == 0 {
		return false
	}
	joined := *rec
	joined.Enrolled = rec.Began // who has left is asked as if they had not
	w := m.window(c, &joined, cal, at)
	return w.from != 0 && at >= cal.EndOfDayAfter(w.from, c.Within)
}

func (m *Member) completedIn(c *Challenge, rec *ChallengeRecord, cal calendar.Calendar, at calendar.Instant) bool {
	key, group := m.window(c, rec, cal, at).key, ""
	if c.Counter != nil {
		group = m.groupOf(c.Counter)
	}
	return len(c.Goals) > 0 && rec.window(key, group).goal(c.Goals[len(c.Goals)-1].ID) != nil
}

// checkJoining refuses to join a challenge whose time is over for the member.
func checkJoining(rules *Ruleset, m *Member, c *Challenge, at calendar.Instant) *Refusal {
	cal, rec := rules.CalendarOf(m), m.challenge(c.Key)
	over := c.over(cal, at)
	if rec != nil && !over {
		over = m.ranOut(c, rec, cal, at) && (!c.Retry || m.completedIn(c, rec, cal, at))
	}
	if over {
		return &Refusal{Code: CodeChallengeOver, Message: "this challenge is over"}
	}
	return nil
}

// checkLeaving refuses to leave what was never joined.
func checkLeaving(rules *Ruleset, m *Member, e *event.Event) *Refusal {
	var data enrollment
	if json.Unmarshal(e.Data, &data) != nil {
		return &Refusal{Code: "invalid_json", Message: "the enrollment is not well-formed JSON"}
	}
	c := rules.Challenge(data.Challenge)
	if c == nil {
		return unknownID("challenge", data.Challenge, challengeIDs(rules))
	}
	if !c.OptIn {
		return &Refusal{Code: CodeNotOptIn, Message: "everybody takes part in this challenge without joining"}
	}
	if rec := m.challenge(c.Key); rec == nil || rec.Joins == 0 {
		return &Refusal{Code: CodeNotJoined, Message: "the member has not joined this challenge"}
	}
	return nil
}

func challengeIDs(rules *Ruleset) (ids []string) {
	for _, c := range rules.Challenges {
		ids = append(ids, c.ID)
	}
	return ids
}

// enroll opts the member in, from an instant on: for the first time, again after leaving, or to try again what was not reached
// in time.
func (a *applier) enroll(ch *Challenge, at calendar.Instant) {
	rec := a.m.needChallenge(ch.Key)
	again := ch.Retry && rec.Enrolled != 0 && a.m.triedInVain(ch, rec, a.current.CalendarOf(a.m), at)
	if again {
		a.dropProgress(ch, rec)
	}
	if rec.Enrolled == 0 || again {
		rec.Enrolled = at
		rec.Joins++
		if rec.Began == 0 || ch.Retry {
			rec.Began = at
		}
	}
	a.tellEnrolled(ch, rec, at)
}

// leaveCommand takes the member out of a challenge. Awards stay, and so do the marks of goals that were paid; progress goes. What
// a group was brought is the group's.
func (a *applier) leaveCommand(e *event.Event) {
	var data enrollment
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	a.look(e)
	ch := a.current.Challenge(data.Challenge)
	if ch == nil {
		return
	}
	rec := a.m.needChallenge(ch.Key)
	rec.Enrolled = 0
	a.dropProgress(ch, rec)
	a.tellEnrolled(ch, rec, e.Time)
}

func (a *applier) tellEnrolled(ch *Challenge, rec *ChallengeRecord, at calendar.Instant) {
	next, _ := ch.goals(nil)
	s := a.m.ChallengeAt(a.current, ch, at)
	a.out.replace(Effect{Kind: ChallengeEffect, ID: ch.ID, Amount: s.Progress, Shown: s.Shown, Wanted: next, Hidden: ch.hiddenFrom(rec)})
}

// dropProgress forgets what the member has counted in a challenge, and the steps done.
func (a *applier) dropProgress(ch *Challenge, rec *ChallengeRecord) {
	for i := range rec.Windows {
		w := &rec.Windows[i]
		w.Goals = slices.DeleteFunc(w.Goals, func(g GoalMark) bool { return g.Step })
	}
	rec.Parts = nil
	if ch.Counter == nil || ch.Counter.By == ByMember {
		a.m.Counts = slices.DeleteFunc(a.m.Counts, func(c *Count) bool { return ch.owns(c.Name) })
	}
}

// NewEnrollment is an event that opts a member in to a challenge.
func NewEnrollment(id, member, challenge string) *event.Event {
	data := encodeJSON(enrollment{Challenge: challenge})
	return &event.Event{ID: event.Own + "enroll/" + id, Kind: event.Command, Type: commandEnroll, Member: member, Data: data}
}

// NewStreakEnrollment is an event that opts a member in to a streak.
func NewStreakEnrollment(id, member, streak string) *event.Event {
	return &event.Event{ID: event.Own + "enroll/" + id, Kind: event.Command, Type: commandEnroll, Member: member, Data: encodeJSON(enrollment{Streak: streak})}
}

// enrollment names one of the two.
type enrollment struct {
	Challenge string `json:"challenge,omitempty"`
	Streak    string `json:"streak,omitempty"`
}

func (a *applier) enrollCommand(e *event.Event) {
	var data enrollment
	if json.Unmarshal(e.Data, &data) != nil {
		return
	}
	a.look(e)
	if ch := a.current.Challenge(data.Challenge); ch != nil {
		a.enroll(ch, e.Time)
	}
	if s := a.current.streak(data.Streak); s != nil {
		rec := a.m.needStreak(s.Key)
		if rec.Joined == 0 {
			rec.Joined = e.Time
		}
		a.out.replace(a.streakEffect(s, rec))
	}
}
