package stats

import (
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// States of claims.
const (
	claimed   = 'o'
	confirmed = 'c'
	cancelled = 'x'
	taken     = 'r' // returned, wholly or in part
	timedOut  = 't'
)

// Steps of a challenge besides 1 to 3, the quarters of it.
const (
	joinedStep = 0
	doneStep   = 4
)

// effects counts what an event did, by the definitions that did it.
func (c *counter) effects(e *event.Event, o *engine.Outcome, day calendar.Key) {
	c.seen, c.reversing = c.seen[:0], o.Revision != nil
	for i := range o.Effects {
		x := &o.Effects[i]
		if x.Revoked {
			continue
		}
		if !x.Source.None() {
			c.fired(x.Source, day)
			c.responds(e.Member, x, day)
		}
		switch x.Kind {
		case engine.PointsEffect:
			c.points(x, day)
		case engine.BadgeEffect:
			c.fired(engine.Source{Section: engine.BadgeSection, ID: x.ID}, day)
		case engine.StreakEffect:
			c.fired(engine.Source{Section: engine.StreakSection, ID: x.ID}, day)
		case engine.ChallengeEffect:
			if o.Revision == nil { // what a reversal takes back is not another round
				c.challenge(e.Member, x, day)
			}
		case engine.TierEffect:
			c.fired(engine.Source{Section: engine.TierSection, ID: x.ID}, day)
			c.add(c.key.of(ofMoves).text(x.ID).number(day).text(x.From).text(x.Level), 0, 1)
		case engine.RewardEffect:
			c.fired(engine.Source{Section: engine.RewardSection, ID: x.ID}, day)
			c.claim(e, x, day)
		case engine.PromotionEffect:
			state := byte('c')
			if x.State == "open" {
				state = 'o'
			}
			c.add(c.key.of(ofOpenings).text(x.ID).number(day).char(state), 0, 1)
		}
	}
	for i := range o.Notes {
		if n := &o.Notes[i]; n.Definition != "" {
			c.add(c.key.of(ofNotes).text(n.Definition).number(day).text(n.Code), 0, 1)
		}
	}
}

// fired counts a definition once an event. What a reversal takes or gives is not counted: that is told in points.
func (c *counter) fired(s engine.Source, day calendar.Key) {
	if c.reversing || slices.Contains(c.seen, s) || s.Section == engine.AdjustmentSection || s.Section == engine.ErasureSection {
		return
	}
	c.seen = append(c.seen, s)
	c.add(c.key.of(ofFired).source(s).number(day), 0, 1)
}

// responds counts a member once for each promotion that has brought them something.
func (c *counter) responds(member string, x *engine.Effect, day calendar.Key) {
	promotions := c.promotions()
	if len(promotions) == 0 || c.reversing {
		return
	}
	respond := func(definition string) {
		for _, id := range promotions[definition] {
			if m := c.look(member); m != nil && m.run(id) == nil {
				c.touch(m)
				m.Runs = append(m.Runs, Run{Challenge: id, Since: day})
				_, name, _ := strings.Cut(id, "/")
				c.add(c.key.of(ofResponse).text(name).number(day), 0, 1)
			}
		}
	}
	respond(x.Source.String())
	for _, b := range x.Boosts {
		respond("boosts/" + b.Boost)
	}
}

// promotions are those of the ruleset by the definitions that share their windows, each by section and id.
func (c *counter) promotions() map[string][]string {
	found, known := c.shared[c.rules]
	if !known {
		found = map[string][]string{}
		for _, p := range c.rules.Promotions {
			for _, path := range c.rules.SharingWindow(p) {
				found[path] = append(found[path], p.Path)
			}
		}
		clear(c.shared) // versions come one after another
		c.shared[c.rules] = found
	}
	return found
}

// points counts boosts, and what was cut off a grant.
func (c *counter) points(x *engine.Effect, day calendar.Key) {
	if c.reversing {
		return
	}
	for _, b := range x.Boosts {
		c.add(append(c.key.of(ofFired), "boosts/"...).text(b.Boost).number(day), 0, 1)
		c.add(append(c.key.of(ofBoosted), "boosts/"...).text(b.Boost).number(day).text(x.ID), b.Added, 1)
	}
	if cut := x.Wanted - x.Amount; x.Amount >= 0 && cut > 0 {
		c.add(c.key.of(ofWanted).source(x.Source).number(day).text(x.ID), cut, 1)
	}
}

// challenge counts how far a member has come.
func (c *counter) challenge(member string, x *engine.Effect, day calendar.Key) {
	m := c.look(member)
	if m == nil {
		return
	}
	goal, quarter := x.Wanted, 0
	if ch := c.rules.Challenge(x.ID); ch != nil && len(ch.Goals) > 0 {
		goal = ch.Goals[len(ch.Goals)-1].At
	}
	for quarter < doneStep-1 && goal > 0 && x.Amount >= goal/4*decimal.Decimal(quarter+1) {
		quarter++
	}
	if x.Done {
		quarter = doneStep
		c.fired(engine.Source{Section: engine.ChallengeSection, ID: x.ID}, day)
	}
	r := m.run(x.ID)
	if r != nil && quarter == r.Quarter {
		return
	}
	c.touch(m)
	if r == nil || r.Quarter == doneStep || quarter < r.Quarter { // another round
		if r == nil {
			m.Runs = append(m.Runs, Run{Challenge: x.ID})
			r = &m.Runs[len(m.Runs)-1]
		}
		r.Since, r.Quarter = day, 0
		c.step(r, joinedStep, day)
	}
	for r.Quarter < quarter {
		r.Quarter++
		c.step(r, byte(r.Quarter), day) //nolint:gosec // 1 to 4
	}
}

func (c *counter) step(r *Run, step byte, day calendar.Key) {
	c.add(c.key.of(ofSteps).text(r.Challenge).number(day).char(step), 0, 1)
	c.add(c.key.of(ofStepDays).text(r.Challenge).char(step).number(max(0, day-r.Since)), 0, 1)
}

// claim counts what a call has made of a claim.
func (c *counter) claim(e *event.Event, x *engine.Effect, day calendar.Key) {
	if x.Claim == "" {
		return
	}
	switch e.Type {
	case claimType:
		c.claims(x.ID, claimed, day)
		if x.State == "confirmed" {
			c.claims(x.ID, confirmed, day)
		}
	case confirmType:
		c.claims(x.ID, confirmed, day)
	case cancelType:
		c.claims(x.ID, cancelled, day)
	case returnType:
		c.claims(x.ID, taken, day)
	}
}

func (c *counter) claims(reward string, state byte, day calendar.Key) {
	c.add(c.key.of(ofClaims).text(reward).number(day).char(state), 0, 1)
	c.add(c.key.of(ofTotals).char('c').char(state).text(""), 0, 1)
}

// notifications counts what no effect tells: runs that broke, and holds that were over.
func (c *counter) notifications(o *engine.Outcome) {
	for i := range o.Notifications {
		switch n := &o.Notifications[i]; {
		case n.Type == engine.StreakBroken && len(n.Fields) > 1:
			length := calendar.Key(n.Fields[1].Number() / decimal.One)
			c.add(c.key.of(ofBroken).text(n.Fields[0].Text()).number(length), 0, 1)
		case n.Type == engine.HoldReleased && len(n.Fields) > 3 && n.Fields[3].Text() == "timed_out":
			c.claims(n.Fields[0].Text(), timedOut, c.on(n.At))
		}
	}
}
