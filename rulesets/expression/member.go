package expression

import (
	"fmt"
	"maps"
	"slices"

	"github.com/expr-lang/expr/file"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/calendar"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// memberID is the member's id; facts without a member still have the event's.
func memberID(f *engine.Facts) string {
	if f.Member == nil {
		return f.Event.Member
	}
	return f.Member.ID
}

// ownFields are the built-in fields of a member.
var ownFields = map[string]operand{
	"id": textReference(memberID),
	"name": textReference(func(f *engine.Facts) string {
		if f.Member == nil {
			return ""
		}
		return f.Member.Name
	}),
	"joined": dateReference(func(f *engine.Facts) calendar.Date {
		if f.Member == nil {
			return f.Date()
		}
		return f.Calendar().Zone.Date(f.Member.Joined)
	}),
	"timezone": textReference(func(f *engine.Facts) string {
		if f.Member == nil || f.Member.Zone == nil {
			return f.Rules.Calendar.Zone.Name()
		}
		return f.Member.Zone.Name()
	}),
}

// keptGroup is a group of state kept for a member: member.points.X and its like.
type keptGroup struct {
	noun string
	ids  func(*Names) []string
	has  func(*Names, string) bool
	read func(*Names, string) operand
	// fields of one entry, for member.challenge.X.FIELD; read is nil then.
	fields map[string]func(*Names, string) operand
}

// named is a group of what one map of Names holds.
func named[T any](noun string, of func(*Names) map[string]T, read func(*Names, string) operand) keptGroup {
	return keptGroup{
		noun: noun, read: read,
		ids: func(n *Names) []string { return slices.Collect(maps.Keys(of(n))) },
		has: func(n *Names, id string) bool { _, ok := of(n)[id]; return ok },
	}
}

func decimalOperand(read func(*engine.Facts) decimal.Decimal) operand {
	return reference(Number, func(f *engine.Facts) event.Value { return event.NumberValue(read(f)) }, nil)
}

var keptGroups = map[string]keptGroup{
	"points": named("points", func(n *Names) map[string]*engine.Points { return n.Points },
		func(n *Names, id string) operand {
			p := n.Points[id]
			return decimalOperand(func(f *engine.Facts) decimal.Decimal { return f.Balance(p) })
		}),
	"tier": named("tier", func(n *Names) map[string]*engine.Tier { return n.Tiers }, tierLevel),
	"counter": named("counter", func(n *Names) map[string]*engine.Counter { return n.Counters },
		func(n *Names, id string) operand {
			c := n.Counters[id]
			return decimalOperand(func(f *engine.Facts) decimal.Decimal { return f.Count(c) })
		}),
	"streak": named("streak", func(n *Names) map[string]*engine.Streak { return n.Streaks },
		func(n *Names, id string) operand {
			s := n.Streaks[id]
			return whole(func(f *engine.Facts) int { return f.StreakLength(s) })
		}),
	"has_badge": named("badge", func(n *Names) map[string]*engine.Badge { return n.Badges },
		func(n *Names, id string) operand {
			b := n.Badges[id]
			return condReference(func(f *engine.Facts) bool { return f.HasBadge(b) })
		}),
	"rewards": named("reward", func(n *Names) map[string]*engine.Reward { return n.Rewards },
		func(n *Names, id string) operand {
			r := n.Rewards[id]
			return whole(func(f *engine.Facts) int { return f.RewardCount(r) })
		}),
	"challenge": challengeGroup(),
}

func challengeGroup() keptGroup {
	g := named("challenge", func(n *Names) map[string]*engine.Challenge { return n.Challenges }, nil)
	g.fields = map[string]func(*Names, string) operand{
		"progress": func(n *Names, id string) operand {
			c := n.Challenges[id]
			return decimalOperand(func(f *engine.Facts) decimal.Decimal { return f.ChallengeProgress(c) })
		},
		"done": func(n *Names, id string) operand {
			c := n.Challenges[id]
			return condReference(func(f *engine.Facts) bool { return f.ChallengeDone(c) })
		},
		"times": func(n *Names, id string) operand {
			c := n.Challenges[id]
			return whole(func(f *engine.Facts) int { return f.ChallengeTimes(c) })
		},
	}
	return g
}

func tierLevel(n *Names, id string) operand {
	t := n.Tiers[id]
	o := textReference(func(f *engine.Facts) string { return f.Level(t) })
	o.options, o.optionsOf = []string{""}, "level of "+id
	for _, l := range t.Ladder.Levels {
		o.options = append(o.options, l.Name)
	}
	return o
}

// MemberNames are the names below `member` that a program cannot declare, sorted.
func MemberNames() []string {
	names := slices.Concat(slices.Collect(maps.Keys(ownFields)), slices.Collect(maps.Keys(keptGroups)), []string{"in"})
	slices.Sort(names)
	return names
}

func (c *compiler) member(segs []segment) operand {
	if len(segs) == 1 {
		return c.fail(segs[0].at, "member is a group of fields", "such as member.id")
	}
	name := segs[1]
	if o, ok := ownFields[name.name]; ok && len(segs) == 2 {
		return o
	}
	if name.name == "in" {
		return c.inAudience(segs)
	}
	if g, ok := keptGroups[name.name]; ok {
		return c.keptEntry(g, segs)
	}
	f, o := c.declared(c.scope.Member, "member", segs[1:], MemberNames(), segs[0].at)
	if f == nil {
		return o
	}
	slot := f.Slot
	return fieldOperand(f, func(f *engine.Facts) event.Value { return f.Profile(slot) })
}

func (c *compiler) keptEntry(g keptGroup, segs []segment) operand {
	group := "member." + segs[1].name
	if len(segs) == 2 {
		return c.fail(segs[1].at, "write which "+g.noun+": "+group+".ID", DidYouMean("", g.ids(c.scope.Names)))
	}
	id := segs[2]
	if !g.has(c.scope.Names, id.name) {
		return c.fail(id.at, fmt.Sprintf("there is no %s %q", g.noun, id.name), DidYouMean(id.name, g.ids(c.scope.Names)))
	}
	at := file.Location{From: segs[0].at.From, To: segs[len(segs)-1].at.To}
	read, rest := g.read, segs[3:]
	if g.fields != nil {
		fields := slices.Collect(maps.Keys(g.fields))
		if len(rest) == 0 {
			return c.fail(id.at, "write what of the "+g.noun, DidYouMean("", fields))
		}
		if read = g.fields[rest[0].name]; read == nil {
			return c.fail(rest[0].at, fmt.Sprintf("a %s has no %q", g.noun, rest[0].name), DidYouMean(rest[0].name, fields))
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return c.fail(rest[0].at, joined(segs[:len(segs)-len(rest)])+" has no fields", "leave out what follows it")
	}
	if !c.keptState(at, joined(segs)) {
		return operand{}
	}
	return read(c.scope.Names, id.name)
}

// inAudience is member.in.NAME, the audience's own condition.
func (c *compiler) inAudience(segs []segment) operand {
	names := c.scope.Names
	if len(segs) != 3 {
		return c.fail(segs[1].at, "write which audience: member.in.NAME", DidYouMean("", names.AudienceIDs))
	}
	id := segs[2]
	if !slices.Contains(names.AudienceIDs, id.name) {
		return c.fail(id.at, fmt.Sprintf("there is no audience %q", id.name), DidYouMean(id.name, names.AudienceIDs))
	}
	a := names.Audience(id.name)
	if a == nil {
		return operand{} // its own errors have been said
	}
	if a.Kept && !c.keptState(id.at, "the audience "+id.name) {
		return operand{}
	}
	o := condOperand(a.Cond)
	o.safe, o.clauses = a.Safe, a.Clauses
	return o
}
