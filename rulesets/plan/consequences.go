package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/event"
	"github.com/laurel-engine/laurel/rulesets"
)

// consequence says what it means for members in flight when a definition of a section is added, removed or changed.
type consequence struct {
	added, removed string
	changed        func(p *planner, id string, c *Change)
}

const (
	fromNowOn  = "events from the activation on are judged by the new text, an event of before by the text of its time"
	countsAnew = "counts from the activation on: earlier events are not in it"
)

var sections = map[string]consequence{
	"events":        {added: "apps may send it", removed: "events of this type are refused from the activation on", changed: (*planner).event},
	"member":        {changed: (*planner).memberField},
	"client_events": {changed: nil},
	"points":        {changed: (*planner).points},
	"tables":        {changed: judged},
	"audiences":     {changed: judged},
	"counters":      {added: countsAnew, removed: "stops counting; its id stays reserved", changed: (*planner).counter},
	"rules": {added: "gives for events from the activation on",
		removed: "stops giving; what it gave stays; its id stays reserved", changed: (*planner).rule},
	"boosts":     {added: "boosts from the activation on", removed: "stops boosting; what it added stays", changed: (*planner).rule},
	"promotions": {removed: "what names its window never opens again", changed: judged},
	"streaks":    {added: countsAnew, removed: "running streaks stop; what they gave stays; its id stays reserved", changed: (*planner).streak},
	"challenges": {added: countsAnew, removed: "progress that was not completed is lost; what it gave stays; its id stays reserved",
		changed: (*planner).challenge},
	"badges": {added: "members whose count has reached a level earn it at the activation, by a tick",
		removed: "no longer shown; its id stays reserved", changed: (*planner).badge},
	"tiers": {added: "members start on its lowest level; " + countsAnew,
		removed: "levels and their perks are gone; its id stays reserved", changed: (*planner).tier},
	"leaderboards": {added: countsAnew, removed: "its open season never closes and pays nothing; its id stays reserved", changed: (*planner).leaderboard},
	"rewards":      {removed: "cannot be claimed any more; what members hold stays valid; its id stays reserved", changed: judgedReward},
}

func judged(_ *planner, _ string, c *Change) { c.Means = append(c.Means, fromNowOn) }

func judgedReward(_ *planner, _ string, c *Change) {
	if c.has("cost") || c.has("limit") || c.has("for") || c.has("during") {
		c.Means = append(c.Means, "claims from the activation on are judged by the new text; open ones keep what they held")
	}
	if c.has("valid") {
		c.Means = append(c.Means, "what members hold keeps the end of validity it has")
	}
}

// event judges a changed event type: its fields must stay what they were.
func (p *planner) event(id string, c *Change) {
	p.schema(c, p.before.EventType(id).Schema, p.after.EventType(id).Schema, "events", func(u *engine.InUse, field string) bool { return u.Events[id][field] })
}

// memberField judges a changed field of members.
func (p *planner) memberField(_ string, c *Change) {
	p.schema(c, p.before.Member, p.after.Member, "members", func(u *engine.InUse, field string) bool { return u.Member[field] })
}

func (p *planner) schema(c *Change, before, after *event.Schema, of string, used func(*engine.InUse, string) bool) {
	for _, f := range before.Fields {
		g, used := after.Field(f.Name), func(u *engine.InUse) bool { return used(u, f.Name) }
		switch {
		case g == nil:
			p.block(c, used, "%s were accepted with %s: keep the field, as %s? if it is no longer sent", of, f.Name, f.Name)
		case g.Type != f.Type:
			p.block(c, used, "%s was %s and cannot become %s: add a field of another name", f.Name, f.Type, g.Type)
		case f.Optional && !g.Optional:
			c.Means = append(c.Means, fmt.Sprintf("%s without %s are refused from the activation on", of, f.Name))
		}
	}
	for _, f := range after.Fields {
		if before.Field(f.Name) == nil && !f.Optional {
			c.Means = append(c.Means, fmt.Sprintf("%s without %s are refused from the activation on: write %s? until all senders send it", of, f.Name, f.Name))
		}
	}
}

func (p *planner) points(id string, c *Change) {
	if c.has("decimals") {
		p.block(c, func(u *engine.InUse) bool { return u.Points[id] }, "members were given these points: their decimals cannot change; define other points")
	}
	if c.has("expire") {
		c.Means = append(c.Means, "points given from the activation on expire by the new phrase; those given before keep theirs")
	}
	if c.has("pending") {
		c.Means = append(c.Means, "what is pending stays pending as it was given")
	}
	if c.has("worth") {
		c.Means = append(c.Means, "statistics tell what is owed by it at once; members are shown nothing of it")
	}
	if c.has("rounding") || c.has("spend") || c.has("negative") {
		c.Means = append(c.Means, "holds from the activation on")
	}
}

func (p *planner) rule(_ string, c *Change) {
	c.Means = append(c.Means, fromNowOn)
	if c.has("limit") {
		c.Means = append(c.Means, "what was used so far counts towards a limit that differs in its number only; a limit by another key or period "+
			"starts with nothing used")
	}
}

// judgeMeaning blocks a change of what is counted under the same version. It reports whether counting starts afresh.
func (p *planner) judgeMeaning(c *Change) (fresh bool) {
	before, after := p.before.counting[c.Definition], p.after.counting[c.Definition]
	if before == nil || after == nil {
		return false
	}
	switch old, now := max(1, before.Version), max(1, after.Version); {
	case now < old:
		c.Blocked = append(c.Blocked, fmt.Sprintf("version %d comes after %d: a version is only raised", now, old))
	case now > old:
		c.Means = append(c.Means, "starts afresh at the activation; what was counted so far is kept, but no longer shown")
		return true
	case before.Meaning != after.Meaning:
		c.Blocked = append(c.Blocked, fmt.Sprintf("what it counts changes (%s): write version: %d to start afresh, or give it another id", meaningFields(c), old+1))
	}
	return false
}

// meaningFields names the changed fields that are part of the meaning, or that it comes from a name it uses.
func meaningFields(c *Change) string {
	section, _, _ := strings.Cut(c.Definition, "/")
	var names []string
	for _, f := range c.Fields {
		if s := rulesets.Root().Field(section); s != nil && (rulesets.SaysWhatCounts(s.Entries, f.Name) || f.Name == "steps") {
			names = append(names, f.Name)
		}
	}
	if names == nil {
		return "an audience or counter that it names"
	}
	return strings.Join(names, ", ")
}

func (p *planner) counter(_ string, c *Change) {
	if p.judgeMeaning(c) {
		c.Means = append(c.Means, "boards on it start afresh with it; levels and badges that members have stay, levels of tiers until keep and grace end (a tick "+
			"completes that), and are not given again")
	}
}

func (p *planner) streak(id string, c *Change) {
	by := func(r version) *engine.Streak {
		i := slices.IndexFunc(r.Streaks, func(s *engine.Streak) bool { return s.ID == id })
		if i < 0 {
			return nil
		}
		return r.Streaks[i]
	}
	before, after := by(p.before), by(p.after)
	if before == nil || after == nil {
		return
	}
	if !p.judgeMeaning(c) {
		goals(c, before.Goals, after.Goals)
	}
	if c.has("freeze") {
		c.Means = append(c.Means, "which missed periods are bridged is asked anew for running and past streaks; nothing is paid twice")
	}
}

func (p *planner) challenge(id string, c *Change) {
	before, after := p.before.Challenge(id), p.after.Challenge(id)
	if before == nil || after == nil {
		return
	}
	fresh := p.judgeMeaning(c)
	if fresh {
		return
	}
	goals(c, before.Goals, after.Goals)
	for _, step := range before.Steps {
		i := slices.IndexFunc(after.Steps, func(s *engine.Step) bool { return s.ID == step.ID })
		switch {
		case i < 0:
			c.Means = append(c.Means, fmt.Sprintf("step %s goes: whoever has done the others completes with the next step", step.ID))
		case after.Steps[i].Meaning != step.Meaning:
			c.Blocked = append(c.Blocked, fmt.Sprintf("what step %s counts changes: raise the version of the challenge, or give the step another id", step.ID))
		}
	}
	if c.has("during") {
		c.Means = append(c.Means, "progress so far stays; what falls outside the new window no longer counts")
	}
	if c.has("winners") {
		c.Means = append(c.Means, "winners so far keep their places and count towards the new number")
	}
}

// goals says what changed goals mean. A goal's identity is its id, or its rank by ascending threshold.
func goals(c *Change, before, after []*engine.Goal) {
	find := func(list []*engine.Goal, id string) *engine.Goal {
		i := slices.IndexFunc(list, func(g *engine.Goal) bool { return g.ID == id })
		if i < 0 {
			return nil
		}
		return list[i]
	}
	for _, g := range before {
		now := find(after, g.ID)
		switch {
		case now == nil:
			c.Means = append(c.Means, fmt.Sprintf("goal %s (at %s) goes; who reached it keeps what it gave", g.ID, g.At))
		case now.At < g.At:
			c.Means = append(c.Means, fmt.Sprintf("goal %s falls from %s to %s: who has that much completes it at the activation, by a tick", g.ID, g.At, now.At))
		case now.At > g.At:
			c.Means = append(c.Means, fmt.Sprintf("goal %s rises from %s to %s: who completed it stays done, it applies to the rest", g.ID, g.At, now.At))
		}
	}
	for _, g := range after {
		if find(before, g.ID) == nil {
			c.Means = append(c.Means, fmt.Sprintf("goal %s (at %s) is new: who has that much completes it at the activation, by a tick", g.ID, g.At))
		}
	}
	if c.has("give") {
		c.Means = append(c.Means, "who reached the goal before keeps what it gave then")
	}
}

func (p *planner) badge(_ string, c *Change) {
	if c.has("levels") || c.has("counter") {
		c.Means = append(c.Means, "levels that members have stay; who has what a lower or a new one asks for earns it at the activation, by a tick")
	}
}

func (p *planner) tier(id string, c *Change) {
	by := func(r version) *engine.Tier {
		i := slices.IndexFunc(r.Tiers, func(t *engine.Tier) bool { return t.ID == id })
		if i < 0 {
			return nil
		}
		return r.Tiers[i]
	}
	before, after := by(p.before), by(p.after)
	if before == nil || after == nil {
		return
	}
	fresh := p.judgeMeaning(c)
	for _, l := range before.Ladder.Levels {
		if !slices.ContainsFunc(after.Ladder.Levels, func(m challenges.Rung) bool { return m.Name == l.Name }) {
			c.Blocked = append(c.Blocked, fmt.Sprintf("members may be on level %s: keep it, or define another tier", l.Name))
		}
	}
	if !fresh && (c.has("levels") || c.has("keep") || c.has("grace")) {
		c.Means = append(c.Means, "a level that is now met is reached with the member's next event; one that is no longer met is held for its keep and grace")
	}
}

func (p *planner) leaderboard(id string, c *Change) {
	before, after := p.before.Leaderboard(id), p.after.Leaderboard(id)
	if before == nil || after == nil {
		return
	}
	p.judgeMeaning(c)
	if c.has("ties") || c.has("order") || c.has("score") {
		c.Means = append(c.Means, "open seasons are ranked by the new text; closed ones stay as they are")
	}
	if c.has("closes") {
		c.Means = append(c.Means, "open seasons close by the new text, none of them before the activation; closed ones stay closed")
	}
	if c.has("prizes") {
		c.Means = append(c.Means, "seasons that close after the activation pay the new prizes")
	}
}
