package api

import (
	"encoding/base64"
	"slices"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/internal/program"
)

// memberPage is a page of members, with how many were looked at for it: an empty page with a cursor is not the end.
type memberPage struct {
	page[engine.Summary]
	Scanned int `json:"scanned"`
}

// listMembers answers with members by their ids: those that begin with ?q=, or whose card that is, and that all of the filters fit.
func listMembers(c call) error {
	if err := c.settled(); err != nil {
		return err
	}
	limit, err := c.number("limit", standardPage, 1, maxPage)
	if err != nil {
		return err
	}
	sort := c.query("sort")
	if sort != "" && sort != sortID && sort != sortLast {
		return wrongParameter("query.sort", "members are sorted by id or by last", "")
	}
	q := program.MemberQuery{Limit: int(limit), Prefix: c.query("q")}
	if q.Audiences, err = c.names("in", "audience", idsOf(c.program.Rules().Audiences, func(a *engine.Audience) string { return a.ID })); err != nil {
		return err
	}
	filters, err := c.memberFilters()
	if err != nil {
		return err
	}
	q.Has = func(rules *engine.Ruleset, m *engine.Member) bool {
		return !slices.ContainsFunc(filters, func(has memberFilter) bool { return !has(rules, m) })
	}
	if number, ok := engine.ReadCardNumber(q.Prefix); ok {
		found, err := c.program.FindCard(number)
		if err != nil {
			return err
		}
		if found != nil { // whatever has become of it: who looks is no till
			q.Prefix, filters = found.Card.Member, append(filters, func(_ *engine.Ruleset, m *engine.Member) bool { return m.ID == found.Card.Member })
		}
	}
	if sort == sortLast {
		return c.showLatest(q)
	}
	owner := c.owner("members", false)
	if q.After, err = c.place(owner); err != nil {
		return err
	}
	list, err := c.program.Members(q)
	if err != nil {
		return err
	}
	return c.showMembers(list, base64.RawURLEncoding.EncodeToString([]byte(owner+"."+list.Last)))
}

// How lists of members are sorted, by ?sort=.
const (
	sortID   = "id"   // which is what they are without a word
	sortLast = "last" // by the last event that was sent, the latest first
)

// showLatest answers with members by their last events.
func (c call) showLatest(q program.MemberQuery) error {
	owner := c.owner("members by last", false)
	from, err := c.cursor(owner)
	if err != nil {
		return err
	}
	list, err := c.program.Latest(q, from.seq)
	if err != nil {
		return err
	}
	return c.showMembers(list, ledgerCursor{seq: max(list.Seq, 1), entries: 1}.encode(owner))
}

func (c call) showMembers(list program.MemberList, next string) error {
	out := memberPage{page[engine.Summary]{Data: list.Members, HasMore: list.More}, list.Scanned}
	if list.More {
		out.NextCursor = &next
	}
	return c.show(out)
}

// memberFilter asks whether a list has a member. It is quick.
type memberFilter func(rules *engine.Ruleset, m *engine.Member) bool

// memberFilters reads what a list asks of its members, all of it.
func (c call) memberFilters() (list []memberFilter, err error) {
	for _, read := range []func() ([]memberFilter, error){c.byTier, c.byStreak, c.byBadge, c.byIdleDays} {
		filters, err := read()
		if err != nil {
			return nil, err
		}
		list = append(list, filters...)
	}
	return list, nil
}

// belowLevels is how a level below the lowest is asked for, as tests of rulesets do.
const belowLevels = "none"

// byTier reads ?tier.club=silver,gold.
func (c call) byTier() (list []memberFilter, err error) {
	rules, at := c.program.Rules(), c.program.Now()
	for _, asked := range c.group("tier.") {
		id := asked[0]
		i := slices.IndexFunc(rules.Tiers, func(t *engine.Tier) bool { return t.ID == id })
		if i < 0 {
			return nil, unknownName("tier", id, idsOf(rules.Tiers, func(t *engine.Tier) string { return t.ID }))
		}
		there := []string{belowLevels}
		for _, l := range rules.Tiers[i].Ladder.Levels {
			there = append(there, l.Name)
		}
		levels, err := c.names("tier."+id, "level", there)
		if err != nil {
			return nil, err
		}
		if levels == nil {
			continue
		}
		list = append(list, func(rules *engine.Ruleset, m *engine.Member) bool {
			i := slices.IndexFunc(rules.Tiers, func(t *engine.Tier) bool { return t.ID == id })
			if i < 0 {
				return false
			}
			level := m.Level(rules, rules.Tiers[i], at)
			return slices.Contains(levels, level) || level == "" && slices.Contains(levels, belowLevels)
		})
	}
	return list, nil
}

var streakStates = []string{string(challenges.StreakNone), string(challenges.StreakActive), string(challenges.StreakAtRisk),
	string(challenges.StreakRepairable), string(challenges.StreakBroken)}

// byStreak reads ?streak.weekly=at_risk.
func (c call) byStreak() (list []memberFilter, err error) {
	rules, at := c.program.Rules(), c.program.Present()
	for _, asked := range c.group("streak.") {
		id, ids := asked[0], idsOf(rules.Streaks, func(s *engine.Streak) string { return s.ID })
		if !slices.Contains(ids, id) {
			return nil, unknownName("streak", id, ids)
		}
		states, err := c.names("streak."+id, "state", streakStates)
		if err != nil {
			return nil, err
		}
		if states == nil {
			continue
		}
		list = append(list, func(rules *engine.Ruleset, m *engine.Member) bool {
			return slices.Contains(states, m.StreakState(rules, id, at))
		})
	}
	return list, nil
}

// byBadge reads ?badge=taster,dasher: who has one of them.
func (c call) byBadge() ([]memberFilter, error) {
	badges, err := c.names("badge", "badge", idsOf(c.program.Rules().Badges, func(b *engine.Badge) string { return b.ID }))
	if err != nil || badges == nil {
		return nil, err
	}
	return []memberFilter{func(_ *engine.Ruleset, m *engine.Member) bool { return slices.ContainsFunc(badges, m.HoldsBadge) }}, nil
}

// maxIdleDays bounds ?idle_days=.
const maxIdleDays = 36_500

// byIdleDays reads ?idle_days=: of whom nothing was sent for so many days.
func (c call) byIdleDays() ([]memberFilter, error) {
	days, err := c.number("idle_days", 0, 1, maxIdleDays)
	if err != nil || days == 0 {
		return nil, err
	}
	at := c.program.Present()
	return []memberFilter{func(rules *engine.Ruleset, m *engine.Member) bool { return int64(m.IdleDays(rules, at)) >= days }}, nil
}

// unknownName refuses a parameter that names a definition that there is not.
func unknownName(noun, id string, there []string) *problem {
	return wrongParameter("query."+noun+".{"+noun+"}", "the ruleset has no "+noun+" of this name", oneOf(id, there))
}

// idsOf are the ids of definitions.
func idsOf[D any](list []*D, id func(*D) string) []string {
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = id(d)
	}
	return ids
}
