package suite

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-engine/laurel/challenges"
	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/leaderboards"
)

// answer is what is true of an expectation's subject now, in the form in which tests write it.
func (w *world) answer(x *Expectation, m *engine.Member, out *engine.Outcome) []string {
	switch x.Key {
	case "points", "pending", "held", "debt":
		return []string{w.balance(x, m).String()}
	case "expires":
		return w.expiries(m)
	case "badges":
		return badges(x, m)
	case "tier":
		t := byID(w.rules.Tiers, x.ID, func(t *engine.Tier) string { return t.ID })
		return []string{orNone(m.Level(w.rules, t, w.now))}
	case "challenge":
		return []string{w.challenge(x, m)}
	case "streak":
		return []string{w.streak(x, m)}
	case "counter":
		return []string{w.count(x.ID, m).String()}
	case "name":
		return []string{orNone(w.rules.ShownName(m))}
	case "rank":
		return []string{w.rank(x.ID, m)}
	case "standings":
		return w.standings(x)
	case "rewards":
		r := byID(w.rules.Rewards, x.ID, func(r *engine.Reward) string { return r.ID })
		return []string{strconv.Itoa(m.RewardCount(r, w.now))}
	case "claim":
		c := w.processor.Claim(m, x.ID)
		if c == nil {
			return []string{none}
		}
		return []string{c.ProgressAt(w.now).State}
	case "gave":
		return w.gave(m, out)
	case "why_not":
		return []string{w.reason(x.ID)}
	}
	panic("suite: an expectation of " + x.Key + " was parsed but is not answered")
}

func byID[D any](list []*D, id string, idOf func(*D) string) *D {
	i := slices.IndexFunc(list, func(d *D) bool { return idOf(d) == id })
	return list[i]
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

func (w *world) balance(x *Expectation, m *engine.Member) decimal.Decimal {
	b := m.Balance(w.rules, w.rules.PointsType(x.ID), w.now)
	switch x.Key {
	case "pending":
		return b.Pending
	case "held":
		return b.Held
	case "debt":
		return b.Debt
	default:
		return b.Spendable
	}
}

func (w *world) expiries(m *engine.Member) []string {
	var out []string
	zone := w.rules.CalendarOf(m).Zone
	for _, p := range w.rules.Points {
		for _, e := range m.Balance(w.rules, p, w.now).Expires {
			out = append(out, "{at: "+ending(zone, e.At)+", "+p.ID+": "+e.Amount.String()+"}")
		}
	}
	slices.Sort(out)
	return out
}

// badges are all badges of the member, or the level of the one that is asked for.
func badges(x *Expectation, m *engine.Member) []string {
	var held []string
	for _, b := range m.Badges {
		if b.ID == x.ID {
			if x.Want[0] == "true" { // held at whatever level
				return x.Want
			}
			return []string{orNone(b.Level)}
		}
		held = append(held, b.ID)
	}
	if x.ID != "" {
		return []string{none}
	}
	slices.Sort(held)
	return held
}

func (w *world) challenge(x *Expectation, m *engine.Member) string {
	p := m.ChallengeProgress(w.rules, w.rules.Challenge(x.ID), w.now, w.processor.Group) // what is hidden from members is not from tests
	switch x.Field {
	case "shown":
		return p.Shown.String()
	case "done":
		return strconv.FormatBool(p.Done)
	case "times":
		return strconv.Itoa(p.Times)
	default:
		return p.Progress.String()
	}
}

func (w *world) streak(x *Expectation, m *engine.Member) string {
	s := byID(w.rules.Streaks, x.ID, func(s *engine.Streak) string { return s.ID })
	standing := m.StreakAt(w.rules, s, w.now)
	switch x.Field {
	case "longest":
		return strconv.Itoa(standing.Longest)
	case "state":
		return string(orState(standing.State))
	default:
		return strconv.Itoa(standing.Length)
	}
}

func orState(s challenges.StreakState) challenges.StreakState {
	if s == "" {
		return challenges.StreakNone
	}
	return s
}

// count is a counter's value in the present period: the member's, or that of everyone or the member's group.
func (w *world) count(id string, m *engine.Member) decimal.Decimal {
	c := byID(w.rules.Counters, id, func(c *engine.Counter) string { return c.ID })
	if c.By == engine.ByMember {
		return m.Count(w.rules, c, w.now)
	}
	cal := w.rules.CalendarOf(m)
	return w.processor.Group(c.CountOf(m)).GroupValue(c, cal.Key(c.Every, w.now))
}

// group is the group whose count a member adds to, "" for everyone's.
// season is a board's ranking of the present season under a split value.
func (w *world) season(b *engine.Leaderboard, split string) leaderboards.Key {
	cal := w.rules.Calendar
	return leaderboards.Key{Program: w.rules.Program, Board: b.Key, Split: split,
		Season: cal.Label(b.Counter.Every, cal.Key(b.Counter.Every, w.now))}
}

// rank is a member's rank, or that of the member's group; of a split board, on the part where a score came last.
func (w *world) rank(id string, m *engine.Member) string {
	b := w.rules.Leaderboard(id)
	subject := m.ID
	if b.Counter.By != engine.ByMember {
		subject = b.Counter.CountOf(m).Group
	}
	for _, key := range slices.Backward(w.rankings) {
		if key != w.season(b, key.Split) {
			continue
		}
		row, ranked, err := w.boards.Standing(context.Background(), key, b.Rules, subject)
		must(err)
		if ranked {
			return strconv.FormatInt(row.Rank, 10)
		}
	}
	return none
}

func (w *world) standings(x *Expectation) []string {
	b := w.rules.Leaderboard(x.ID)
	key := w.season(b, x.Field)
	cal, every := w.rules.Calendar, b.Counter.Every
	switch x.Season {
	case "":
	case previous:
		key.Season = cal.Label(every, cal.Key(every, w.now)-1)
	default:
		key.Season = x.Season
	}
	rows, _, err := w.boards.Page(context.Background(), key, b.Rules, 1, leaderboards.MaxPage)
	must(err)
	if closed, err := engine.ClosedTableOf(w.store, key); closed != nil || err != nil { // by the rules of its close
		must(err)
		rows, err = engine.ClosedPage(w.store, key, 1, leaderboards.MaxPage)
		must(err)
	}
	var out []string
	for _, row := range rows {
		out = append(out, standing(row.Member, row.Value.String()))
	}
	return out
}

// gave is what the step's event gave: to its member with all that followed, to others by what it queued for them.
func (w *world) gave(m *engine.Member, out *engine.Outcome) []string {
	var gifts []string
	for _, rec := range w.records {
		if rec.Event.Member != m.ID || rec.Seq < w.first {
			continue
		}
		for i := range rec.Outcome.Effects {
			e := &rec.Outcome.Effects[i]
			if used := rec.Outcome.Handing; used != nil && used.Holding != "" && e.Claim != "" {
				continue // what is used was given before
			}
			if g, ok := giftOf(e); ok {
				gifts = append(gifts, g.String())
			}
		}
	}
	if out != nil && out.Duplicate {
		gifts = nil // what a duplicate gave, it gave before
	}
	slices.Sort(gifts)
	return gifts
}

// giftOf is an effect as `gave` lists it; ok is false for those that give nothing.
func giftOf(e *engine.Effect) (g gift, ok bool) {
	g = gift{Source: e.Source.Section.Word(), ID: e.Source.ID, What: e.ID, Of: e.ID, Level: e.Level}
	switch e.Kind {
	case engine.PointsEffect:
		g.Of, g.Wanted = e.Amount.String(), trimmed(e.Amount, e.Wanted)
		for _, b := range e.Boosts {
			g.Boosts = append(g.Boosts, b.Boost)
		}
	case engine.BadgeEffect, engine.RewardEffect:
		g.What = e.Kind.String()
	case engine.TierEffect:
		g.Source, g.ID, g.What, g.Level = "tier", e.ID, "tier", orNone(e.Level)
	default:
		return g, false
	}
	return g, true
}

// reason is why a definition did nothing in this step, "fired" where it did something.
func (w *world) reason(id string) string {
	found := string(engine.NotThisEvent)
	for _, i := range w.program.Inactive {
		if named(i.Definition, id) {
			found = string(engine.NotActive)
		}
	}
	for _, s := range w.trace.Steps {
		switch {
		case !named(s.Definition, id):
		case s.Fired:
			found = "fired"
		default:
			found = string(s.Reason)
		}
	}
	return found
}

// named reports whether a definition's path is, or lies below, what a test calls it by: an id, or a section and an id.
func named(path, id string) bool {
	section, rest, _ := strings.Cut(path, "/")
	name, _, _ := strings.Cut(rest, "/")
	return name == id || section+"/"+name == id
}
