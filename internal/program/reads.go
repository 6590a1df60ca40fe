package program

import (
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/event"
)

// Enrollment tells how often a member has joined a challenge, and whether to join now is to ask for one time more.
func (p *Program) Enrollment(member, challenge string) (joins int, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, rules := p.processor.Member(member), p.processor.Rules()
	c := rules.Challenge(challenge)
	if m == nil || c == nil {
		return 0, true
	}
	return m.Enrollment(rules, c, p.Present())
}

// Profile is what a member told of themselves.
type Profile struct {
	ID       string           `json:"id"`
	Joined   calendar.Instant `json:"joined"`
	Name     string           `json:"name,omitempty"`
	Timezone string           `json:"timezone,omitempty"`
	Fields   map[string]any   `json:"fields"`
	Seq      uint64           `json:"seq"`
}

// Member is a member's profile; found is false for an unknown one.
func (p *Program) Member(id string) (profile Profile, found bool, err error) {
	p.mu.Lock()
	m := p.processor.Member(id)
	if m == nil {
		p.mu.Unlock()
		return profile, false, p.Failed()
	}
	profile = profileOf(m)
	p.mu.Unlock()
	return profile, true, p.Wait(profile.Seq)
}

func profileOf(m *engine.Member) Profile {
	profile := Profile{ID: m.ID, Joined: m.Joined, Name: m.Name, Fields: m.Fields(), Seq: m.Version}
	if m.Zone != nil {
		profile.Timezone = m.Zone.Name()
	}
	return profile
}

// StreakPeriods are the last n periods of a member's streaks, by the ids of the streaks; nil for an unknown member.
func (p *Program) StreakPeriods(member string, n int) map[string][]engine.StreakPeriod {
	present := p.Present()
	p.mu.Lock()
	defer p.mu.Unlock()
	m, rules := p.processor.Member(member), p.processor.Rules()
	if m == nil {
		return nil
	}
	list := map[string][]engine.StreakPeriod{}
	for _, s := range rules.Streaks {
		list[s.ID] = m.StreakPeriods(rules, s, present, n)
	}
	return list
}

// Appointments are what the ruleset in force brings from one instant up to another, in order.
func (p *Program) Appointments(from, to calendar.Instant) []engine.Appointment {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Appointments(from, to)
}

// Known reports whether a member exists.
func (p *Program) Known(member string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Member(member) != nil
}

// DryRun computes what an event would mean now, and stores nothing. trace may be nil.
func (p *Program) DryRun(e *event.Event, trace *engine.Trace) (Result, error) {
	now, present := p.times()
	arrive(e, now, present)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.neverBefore(e)
	out, refusal, err := p.processor.DryRun(e, trace)
	return Result{Outcome: out, Refusal: refusal}, err
}

// Settled waits until everything decided so far is durable, so that what a board shows is.
func (p *Program) Settled() error {
	p.mu.Lock()
	last := p.processor.Last()
	p.mu.Unlock()
	return p.Wait(last)
}

// News are what all members are to be told of.
func (p *Program) News() engine.News {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.News()
}

// Due are the first events that settle what time has done to members by an instant, at most so many.
func (p *Program) Due(by calendar.Instant, most int) ([]*event.Event, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Due(by, most)
}

// Turns are the openings and closings of promotions after one instant up to another, and how far they go.
func (p *Program) Turns(after, by calendar.Instant) ([]*event.Event, calendar.Instant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.Turns(after, by)
}

// PromotionAt is the status of a promotion at an instant.
func (p *Program) PromotionAt(of *engine.Promotion, at calendar.Instant) engine.PromotionStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.processor.PromotionAt(of, at)
}

// Explain says why each definition did or did not do something for a recorded event; nil for an unknown id.
func (p *Program) Explain(event string) (*engine.Explanation, error) {
	p.mu.Lock()
	versions := p.processor.Versions()
	p.mu.Unlock()
	return engine.Explain(p.store, versions, event)
}
