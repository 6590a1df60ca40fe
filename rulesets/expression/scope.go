package expression

import (
	"slices"

	"github.com/expr-lang/expr/conf"

	"github.com/laurel-engine/laurel/engine"
	"github.com/laurel-engine/laurel/engine/decimal"
	"github.com/laurel-engine/laurel/engine/event"
)

// Scope is what an expression may look at.
type Scope struct {
	// Events are the types of event it is asked about: it is compiled for the first, and may use only fields that all of
	// them declare alike. Empty where there is no event, as in `for`.
	Events []*engine.EventType
	// AnyEvent takes every field of the event for known: the trigger is wrong, and that has been said.
	AnyEvent bool
	Member   *event.Schema
	Names    *Names
	// Kept allows state that depends on the order of arrival. Where it is false, Reader says for whom: "a challenge".
	Kept   bool
	Reader string

	checking *conf.Config // for expr, made on first use
}

// Names are the definitions that an expression can name.
type Names struct {
	Points     map[string]*engine.Points
	Tiers      map[string]*engine.Tier
	Counters   map[string]*engine.Counter
	Streaks    map[string]*engine.Streak
	Challenges map[string]*engine.Challenge
	Badges     map[string]*engine.Badge
	Rewards    map[string]*engine.Reward
	Tables     map[string]map[string]decimal.Decimal
	// Audience compiles an audience on first use; nil when there is none of that name. AudienceIDs are all of them.
	Audience    func(id string) *Audience
	AudienceIDs []string
	// Options are the texts that a field of a built-in event can hold, by its name: "tier", "reward".
	Options map[string][]string
	// Broken are fields whose type could not be read. Nothing is said about what is done with them.
	Broken map[*event.Field]bool
}

// Audience is a compiled condition on members.
type Audience struct {
	Cond engine.Cond
	Kept bool // it reads kept state
	// What it asks at least, and whether asking cannot fail.
	Clauses engine.Clauses
	Safe    bool
	Parts   []engine.Part
}

// event is the type of event compiled for, nil without one.
func (s *Scope) event() *engine.EventType {
	if len(s.Events) == 0 {
		return nil
	}
	return s.Events[0]
}

// lacking is the first of the other event types that does not declare f alike, nil when all do.
func (s *Scope) lacking(f *event.Field) *engine.EventType {
	for _, t := range s.Events[1:] {
		if other := t.Schema.Field(f.Name); other == nil || !alike(f, other) {
			return t
		}
	}
	return nil
}

func alike(a, b *event.Field) bool {
	if a.Type != b.Type || a.Optional != b.Optional || (a.Items == nil) != (b.Items == nil) {
		return false
	}
	return a.Items == nil || slices.EqualFunc(a.Items.Fields, b.Items.Fields, func(x, y *event.Field) bool {
		return x.Name == y.Name && alike(x, y)
	})
}
