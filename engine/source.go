package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-engine/laurel/engine/integer"
	"github.com/laurel-engine/laurel/engine/wire"
)

// Source is what gave something or took it: a definition, an adjustment, an erasure. None is what time did.
type Source struct {
	Section Section
	ID      string // of the definition; an adjustment's is its reason
}

// Section is a section of a ruleset, or what gives and takes beside one.
type Section uint8

// The sections of what gives and takes. Records number them: new ones come at the end.
const (
	NoSection Section = iota
	RuleSection
	StreakSection
	ChallengeSection
	BadgeSection
	TierSection
	LeaderboardSection
	RewardSection
	AdjustmentSection
	ErasureSection
)

// sections are their names, and the words for one of what is in them.
var sections = [...]struct{ name, word string }{{}, {"rules", "rule"}, {"streaks", "streak"}, {"challenges", "challenge"},
	{"badges", "badge"}, {"tiers", "tier"},
	{"leaderboards", "leaderboard"}, {"rewards", "reward"}, {"adjustments", "adjustment"}, {"erasure", "erasure"}}

// rewardSource is what gives a reward, or takes what it costs.
func rewardSource(id string) Source { return Source{RewardSection, id} }

// None reports whether nothing but time was it.
func (s Source) None() bool { return s.Section == NoSection }

// String is the name of the section.
func (s Section) String() string { return sections[s].name }

// Word is the word for one of what is in it: "rule".
func (s Section) Word() string { return sections[s].word }

// String is the source as answers and commands write it: "rules/stars_per_euro".
func (s Source) String() string {
	if s.ID == "" {
		return s.Section.String()
	}
	return s.Section.String() + "/" + s.ID
}

// MarshalText writes the source into a command.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (s *Source) UnmarshalText(text []byte) error {
	name, id, _ := strings.Cut(string(text), "/")
	i := slices.IndexFunc(sections[:], func(s struct{ name, word string }) bool { return s.name == name })
	if i < 0 {
		return fmt.Errorf("%q is no section", name)
	}
	*s = Source{integer.Exact[Section](i), id}
	return nil
}

// source is a source, whose id is probably a name of the ruleset.
func (c *codec) source(s *Source) {
	if wire.Small(&c.Codec, &s.Section); int(s.Section) >= len(sections) {
		c.Damaged()
		*s = Source{}
	}
	if s.Section != NoSection {
		c.Name(&s.ID)
	}
}

// source reads a source.
func (r *reader) source() (s Source) {
	r.codec.source(&s)
	return s
}
